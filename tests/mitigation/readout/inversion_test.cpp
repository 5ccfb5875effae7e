#include <numeric>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>

#include "mitigation/readout/calibrated.hpp"
#include "mitigation/sampling.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;
using calibrated::misread;

namespace {

/// Groups of one or two bits in random order that leave some bits out.
ReadoutError random_error(int n_bits, RandomStream& random) {
  ReadoutError error;
  const std::vector<int> bits = oracle::random_operands(n_bits, n_bits, random);
  std::size_t next = 0;
  while (next < bits.size()) {
    const auto begin = bits.begin() + static_cast<std::ptrdiff_t>(next);
    const auto size = static_cast<std::ptrdiff_t>(1 + random.below(2));
    if (bits.end() - begin < size) break;
    error.push_back(oracle::random_confusion({begin, begin + size}, random));
    next += static_cast<std::size_t>(size) + random.below(5) / 4;
  }
  return error;
}

arma::vec dense(const Outcomes& outcomes) {
  arma::vec f(arma::uword{1} << outcomes.n_bits, arma::fill::zeros);
  for (std::size_t r = 0; r < outcomes.size(); ++r) f(outcomes.number(r)) = outcomes.frequency[r];
  return f;
}

arma::vec diagonal(const Observable& observable, int n_bits) {
  arma::vec o(arma::uword{1} << n_bits, arma::fill::zeros);
  for (const Observable::Term& term : observable.terms())
    for (arma::uword b = 0; b < o.n_elem; ++b) {
      double sign = 1.0;
      for (const auto& factor : term.pauli.factors())
        if ((b >> factor.qubit & 1) != 0) sign = -sign;
      o(b) += term.coefficient * sign;
    }
  return o;
}

/// How far p is from satisfying the Karush-Kuhn-Tucker conditions of min |A p - f|² on the simplex:
/// p >= 0, Σp = 1, gradient = λ where p > 0 and >= λ elsewhere.
double kkt_violation(const arma::mat& a, const arma::vec& f, const arma::vec& p) {
  const arma::vec gradient = a.t() * (a * p - f);
  const arma::uvec support = arma::find(p > 0.0);
  const double lambda = arma::mean(gradient.elem(support));
  const double stationarity = arma::abs(gradient.elem(support) - lambda).max();
  return std::max({-p.min(), std::abs(arma::accu(p) - 1.0), stationarity, lambda - gradient.min()});
}

}  // namespace

TEST_CASE("Readout mitigation plans the circuit as it is") {
  const auto circuit = std::make_shared<const Circuit>(2);
  const Plan plan = readout::construct(circuit, 4096);
  REQUIRE(plan.jobs.size() == 1);
  CHECK(plan.jobs[0].circuit == circuit);
  CHECK(plan.jobs[0].shots == 4096);
}

TEST_CASE("A stale readout calibration leaves the bias it must") {
  // True <Z> = 1 reads 1 - 2·0.03; the old calibration makes (0.94 - (0.05 - 0.02))/(1 - 0.07) of
  // it.
  const ReadoutError device{ConfusionMatrix::single(0, 0.03, 0.08)};
  const ReadoutError stale{ConfusionMatrix::single(0, 0.02, 0.05)};
  const auto outcomes = Outcomes::from_probabilities(misread(device, {1.0, 0.0}));
  const auto z = parse_observables({"Z0"});
  CHECK(raw_expectations(outcomes, z).values(0) == Approx(0.94).epsilon(1e-14));
  CHECK(readout::inversion(stale)(outcomes, z).values(0) == Approx(0.91 / 0.93).epsilon(1e-14));
  CHECK(0.91 / 0.93 == Approx(0.9785).margin(5e-5));
  CHECK(readout::inversion(device)(outcomes, z).values(0) == Approx(1.0).epsilon(1e-14));
}

TEST_CASE("Inversion and least squares undo the error of exact outcomes") {
  RandomStream random(21);
  for (int n_bits = 1; n_bits <= 6; ++n_bits) {
    const ReadoutError error = random_error(n_bits, random);
    const std::vector<double> truth = sampling::random_distribution(n_bits, random);
    const auto outcomes = Outcomes::from_probabilities(misread(error, truth));
    const std::vector<double> inverted = readout::inverted_distribution(error, outcomes);
    const std::vector<double> fitted = readout::least_squares_distribution(error, outcomes);
    REQUIRE(inverted.size() == truth.size());
    REQUIRE(fitted.size() == truth.size());
    for (std::size_t b = 0; b < truth.size(); ++b) {
      CHECK(inverted[b] == Approx(truth[b]).margin(1e-12));
      CHECK(fitted[b] == Approx(truth[b]).margin(1e-12));
    }
  }
}

TEST_CASE("Inversion equals the inverse of the whole confusion matrix") {
  RandomStream random(22);
  const int n_bits = 5;
  const ReadoutError error = random_error(n_bits, random);
  const auto outcomes = sampling::draw(sampling::random_distribution(n_bits, random), 50, random);
  const auto observables =
      parse_observables({"Z0", "Z4", "Z0 Z3", "Z0 Z1 Z2 Z3 Z4", "0.25*I - 2*Z1 Z2 + 0.5*Z4"});
  const JointEstimate joint = readout::inversion(error)(outcomes, observables);

  const arma::mat inverse = arma::inv(oracle::confusion(error, n_bits));
  const arma::vec f = dense(outcomes);
  arma::mat g(f.n_elem, observables.size());
  for (std::size_t k = 0; k < observables.size(); ++k)
    g.col(k) = inverse.t() * diagonal(observables[k], n_bits);
  const arma::mat covariance =
      g.t() * (arma::diagmat(f) - f * f.t()) * g / static_cast<double>(outcomes.shots - 1);
  CHECK(arma::abs(joint.values - g.t() * f).max() < 1e-12);
  CHECK(arma::abs(joint.covariance - covariance).max() < 1e-12);

  const std::vector<double> quasi = readout::inverted_distribution(error, outcomes);
  CHECK(arma::abs(arma::vec(quasi) - inverse * f).max() < 1e-12);
  CHECK(std::accumulate(quasi.begin(), quasi.end(), 0.0) == Approx(1.0).margin(1e-12));
}

TEST_CASE("Inversion speaks of up to 64 bits") {
  ReadoutError error;
  for (int bit = 0; bit < 64; ++bit) error.push_back(ConfusionMatrix::single(bit, 0.02, 0.05));
  const Bitstring top = Bitstring{1} << 63;
  const auto outcomes = Outcomes::from_counts(64, {{0, 600}, {top, 400}});
  const JointEstimate joint =
      readout::inversion(error)(outcomes, parse_observables({"Z63", "Z0", "Z0 Z63"}));
  const double z63 = (0.2 - 0.03) / 0.93, z0 = (1.0 - 0.03) / 0.93;
  CHECK(joint.values(0) == Approx(z63).epsilon(1e-13));
  CHECK(joint.values(1) == Approx(z0).epsilon(1e-13));
  CHECK(joint.values(2) == Approx(z0 * z63).epsilon(1e-13));
  CHECK(joint.covariance(0, 0) == Approx((1 - 0.04) / 999 / (0.93 * 0.93)).epsilon(1e-12));
}

TEST_CASE("Inversion's 95% intervals cover 95%") {
  RandomStream seed(23);
  const ReadoutError error{ConfusionMatrix::single(2, 0.03, 0.08),
                           oracle::random_confusion({1, 0}, seed)};
  const std::vector<double> truth_distribution = sampling::random_distribution(3, seed);
  const std::vector<double> seen = misread(error, truth_distribution);
  const auto observables = parse_observables({"Z0 Z2 + 0.5*Z1"});
  const double truth =
      raw_expectations(Outcomes::from_probabilities(truth_distribution), observables).values(0);
  const Plan plan = readout::construct(std::make_shared<const Circuit>(3), 1000);
  const ExpectationEstimator inversion = readout::inversion(error);
  const double covered = sampling::coverage(truth, 24, [&](RandomStream& random) {
    const std::vector<Outcomes> outcomes{sampling::draw(seen, 1000, random)};
    return readout::combine(plan, outcomes, observables, inversion)[0];
  });
  CHECK(covered == Approx(0.95).margin(0.015));
}

TEST_CASE("Inversion's calibration error is the derivative in the matrices, propagated") {
  RandomStream random(41);
  const int n_bits = 5;
  const auto observables = parse_observables({"Z0", "Z1 Z3 + 0.5*Z4", "Z0 Z1 Z2 Z3 Z4 - 2*Z2"});
  for (int repetition = 0; repetition < 5; ++repetition) {
    const ReadoutError error = random_error(n_bits, random);
    std::vector<Outcomes> outcomes;
    for (int circuit = 0; circuit < 2; ++circuit)
      outcomes.push_back(
          sampling::draw(sampling::random_distribution(n_bits, random), 100, random));
    const std::vector<Reading> readings{{outcomes[0], observables}, {outcomes[1], observables}};
    // So many shots that the pseudo-count does not matter.
    readout::MeasuredReadout measured{error, {}};
    for (const ConfusionMatrix& group : error)
      measured.shots.push_back(arma::vec(group.matrix.n_cols).fill(1e8));
    const arma::mat shared = readout::inversion(measured).estimate(readings).shared;

    const arma::mat expected = calibrated::shared_covariance(measured, [&](const auto& moved) {
      return readout::inversion(moved).estimate(readings).joint().values;
    });
    CHECK(arma::abs(shared * shared.t() - expected).max() < 1e-5 * arma::abs(expected).max());
  }
}

TEST_CASE("Inversion of 127 bits with their calibration errors") {
  RandomStream random(42);
  readout::MeasuredReadout measured;
  std::map<std::string, std::uint64_t> counts;
  for (int bit = 0; bit < 127; ++bit) {
    measured.error.push_back(ConfusionMatrix::single(bit, 0.02, 0.05));
    measured.shots.push_back({1000.0, 1000.0});
  }
  for (int shot = 0; shot < 1000; ++shot) {
    std::string text(127, '0');
    for (char& c : text) c = random.uniform() < 0.02 ? '1' : '0';
    ++counts[text];
  }
  const Outcomes outcomes = Outcomes::from_counts(counts);
  std::vector<Observable> observables;
  for (int bit = 0; bit < 127; ++bit) observables.push_back(Observable::z(bit));
  observables.push_back(Observable::parse("Z3 Z70 Z126"));
  const Reading reading{outcomes, observables};
  const ReadExpectations read = readout::inversion(measured).estimate({&reading, 1});
  CHECK(read.shared.n_cols == 128);
  const arma::mat calibration = read.shared * read.shared.t();
  // z = (r + p10 - p01)/(1 - p10 - p01): dz/dp10 = (1 + z)/0.93, dz/dp01 = -(1 - z)/0.93.
  const double z = read.readings[0].values(5);
  const double p10 = (20 + 0.5) / 1001, p01 = (50 + 0.5) / 1001;
  const double expected =
      (std::pow(1 + z, 2) * p10 * (1 - p10) + std::pow(1 - z, 2) * p01 * (1 - p01)) /
      (1000 * 0.93 * 0.93);
  CHECK(calibration(5, 5) == Approx(expected).epsilon(1e-10));
  CHECK(std::abs(calibration(5, 6)) < 1e-15);
  CHECK(calibration(3, 127) > 0.0);
}

TEST_CASE("Inversion's shot overhead is the square of the inverse's 1-norm") {
  // |A^-1|_1 of one bit: (1 + |p10 - p01|)/(1 - p10 - p01).
  CHECK(readout::inversion_overhead({ConfusionMatrix::single(0, 0.02, 0.05)}) ==
        Approx(std::pow(1.03 / 0.93, 2)).epsilon(1e-13));
  CHECK(readout::inversion_overhead(
            {ConfusionMatrix::single(0, 0.02, 0.05), ConfusionMatrix::single(4, 0.1, 0.1)}) ==
        Approx(std::pow(1.03 / 0.93 / 0.8, 2)).epsilon(1e-13));
  CHECK(readout::inversion_overhead({}) == 1.0);
}

TEST_CASE("Intervals of inversion with a sampled calibration cover 95%") {
  struct Cell {
    std::uint64_t calibration_shots;
    std::uint64_t shots;
  };
  RandomStream seed(43);
  const ReadoutError device{ConfusionMatrix::single(2, 0.03, 0.08),
                            oracle::random_confusion({1, 0}, seed)};
  const std::vector<double> truth_distribution = sampling::random_distribution(3, seed);
  const auto seen = Outcomes::from_probabilities(misread(device, truth_distribution));
  const auto observables = parse_observables({"Z0 Z2 + 0.5*Z1"});
  const double truth =
      raw_expectations(Outcomes::from_probabilities(truth_distribution), observables).values(0);
  for (const Cell cell :
       {Cell{0, 1000}, Cell{100, 1000}, Cell{1000, 1000}, Cell{1000, 10000}, Cell{1000, 100000}}) {
    const auto plan = readout::construct_calibration(
        Circuit(3), readout::CalibrationScheme::grouped, {{2}, {1, 0}}, cell.calibration_shots);
    const auto exact = calibrated::exact_outcomes(plan, device, 3);
    const double covered = sampling::coverage(truth, 44, [&](RandomStream& random) {
      const auto measured = readout::combine_calibration(
          plan, cell.calibration_shots == 0
                    ? exact
                    : calibrated::draw_each(exact, cell.calibration_shots, random));
      const Outcomes outcomes = draw(seen, cell.shots, random);
      return calibrated::estimate(readout::inversion(measured)(outcomes, observables));
    });
    CAPTURE(cell.calibration_shots, cell.shots);
    CHECK(covered == Approx(0.95).margin(0.015));
  }
}

TEST_CASE("What two circuits share through one calibration is in their covariance") {
  // The difference of two equal circuits knows the calibration much better than either.
  const ReadoutError device{ConfusionMatrix::single(0, 0.03, 0.08)};
  const auto plan =
      readout::construct_calibration(Circuit(1), readout::CalibrationScheme::marginal, {{0}}, 300);
  const auto calibration = calibrated::exact_outcomes(plan, device, 1);
  const auto z = parse_observables({"Z0"});
  const auto high = Outcomes::from_probabilities(misread(device, sampling::with_expectation(0.8)));
  const auto low = Outcomes::from_probabilities(misread(device, sampling::with_expectation(0.5)));
  const double covered = sampling::coverage(0.3, 45, [&](RandomStream& random) {
    const auto measured =
        readout::combine_calibration(plan, calibrated::draw_each(calibration, 300, random));
    const Outcomes a = draw(high, 20000, random), b = draw(low, 20000, random);
    const std::vector<Reading> readings{{a, z}, {b, z}};
    const JointEstimate joint = readout::inversion(measured).estimate(readings).joint();
    const arma::vec difference{1.0, -1.0};
    return normal_estimate(
        joint.values(0) - joint.values(1),
        std::sqrt(arma::as_scalar(difference.t() * joint.covariance * difference)), "");
  });
  CHECK(covered == Approx(0.95).margin(0.015));
}

TEST_CASE("Least squares finds the optimum: Karush-Kuhn-Tucker conditions") {
  RandomStream random(25);
  double worst = 0.0;
  int on_boundary = 0;
  for (int problem = 0; problem < 300; ++problem) {
    const int n_bits = 1 + problem % 6;
    const ReadoutError error = random_error(n_bits, random);
    // Few shots, so that many outcomes are missing; every third problem has none missing.
    const auto shots = problem % 3 == 0 ? 0 : 5 + random.below(200);
    const std::vector<double> p = sampling::random_distribution(n_bits, random);
    const auto outcomes =
        shots == 0 ? Outcomes::from_probabilities(p) : sampling::draw(p, shots, random);
    const arma::vec fitted(readout::least_squares_distribution(error, outcomes));
    worst =
        std::max(worst, kkt_violation(oracle::confusion(error, n_bits), dense(outcomes), fitted));
    on_boundary += fitted.min() == 0.0 ? 1 : 0;
  }
  CHECK(worst < 1e-10);
  CHECK(on_boundary > 100);
}

TEST_CASE("Least squares finds the optimum near the limits: strong errors, one outcome") {
  RandomStream random(26);
  // Condition number (1 - 2p)^-4 = 6e5 for four bits misread at p = 0.482.
  ReadoutError strong;
  for (int bit = 0; bit < 4; ++bit) strong.push_back(ConfusionMatrix::single(bit, 0.482, 0.482));
  for (int repetition = 0; repetition < 20; ++repetition) {
    const auto outcomes = sampling::draw(sampling::random_distribution(4, random), 100, random);
    const arma::vec fitted(readout::least_squares_distribution(strong, outcomes));
    CHECK(kkt_violation(oracle::confusion(strong, 4), dense(outcomes), fitted) < 1e-10);
  }
  const ReadoutError mild{ConfusionMatrix::single(0, 0.02, 0.05),
                          ConfusionMatrix::single(1, 0.02, 0.05)};
  const auto certain = Outcomes::from_counts(2, {{0, 1000}});
  CHECK(readout::least_squares_distribution(mild, certain) == std::vector<double>{1, 0, 0, 0});
}

TEST_CASE("Least squares is the best of all faces of the simplex") {
  // Brute force: the constrained optimum is the smallest of the optima of the faces that lie in the
  // simplex.
  RandomStream random(27);
  for (int repetition = 0; repetition < 30; ++repetition) {
    const ReadoutError error = random_error(3, random);
    const auto outcomes = sampling::draw(sampling::random_distribution(3, random), 20, random);
    const arma::mat a = oracle::confusion(error, 3);
    const arma::vec f = dense(outcomes);
    double best = arma::datum::inf;
    arma::vec best_p;
    for (arma::uword face = 1; face < 256; ++face) {
      arma::uvec support;
      for (arma::uword b = 0; b < 8; ++b)
        if ((face >> b & 1) != 0) support = arma::join_cols(support, arma::uvec{b});
      const arma::uword k = support.n_elem;
      arma::mat kkt(k + 1, k + 1, arma::fill::ones);
      kkt(k, k) = 0.0;
      kkt.submat(0, 0, k - 1, k - 1) = a.cols(support).t() * a.cols(support);
      arma::vec right(k + 1, arma::fill::ones);
      right.head(k) = a.cols(support).t() * f;
      const arma::vec solution = arma::solve(kkt, right);
      if (solution.head(k).min() < 0.0) continue;
      arma::vec p(8, arma::fill::zeros);
      p.elem(support) = solution.head(k);
      const double distance = arma::norm(a * p - f);
      if (distance < best) best = distance, best_p = p;
    }
    const arma::vec fitted(readout::least_squares_distribution(error, outcomes));
    CHECK(arma::abs(fitted - best_p).max() < 1e-12);
  }
}

TEST_CASE("Least squares equals inversion where the inverse is a distribution") {
  RandomStream random(28);
  const auto observables = parse_observables({"Z0", "Z1 Z3", "Z0 Z1 Z2 Z3 - 0.5*Z2"});
  for (int repetition = 0; repetition < 10; ++repetition) {
    const ReadoutError error = random_error(4, random);
    std::vector<double> even(16);
    for (double& p : even) p = 1.0 / 16.0;
    const auto outcomes = sampling::draw(misread(error, even), 20000, random);
    const std::vector<double> quasi = readout::inverted_distribution(error, outcomes);
    REQUIRE(*std::min_element(quasi.begin(), quasi.end()) > 0.0);
    const JointEstimate inverted = readout::inversion(error)(outcomes, observables);
    const JointEstimate fitted = readout::least_squares(error)(outcomes, observables);
    CHECK(arma::abs(arma::vec(readout::least_squares_distribution(error, outcomes)) -
                    arma::vec(quasi))
              .max() < 1e-12);
    CHECK(arma::abs(inverted.values - fitted.values).max() < 1e-12);
    CHECK(arma::abs(inverted.covariance - fitted.covariance).max() < 1e-15);
  }
}

TEST_CASE("Least squares errors are the derivative on the face, propagated") {
  RandomStream random(29);
  const int n_bits = 3;
  const auto observables = parse_observables({"Z0", "Z1 Z2"});
  int on_boundary = 0;
  for (int repetition = 0; repetition < 10; ++repetition) {
    const ReadoutError error = random_error(n_bits, random);
    const ExpectationEstimator estimator = readout::least_squares(error);
    const auto outcomes = sampling::draw(sampling::random_distribution(n_bits, random), 30, random);
    const std::vector<double> p = readout::least_squares_distribution(error, outcomes);
    on_boundary += *std::min_element(p.begin(), p.end()) == 0.0 ? 1 : 0;

    // The optimum is piecewise linear in f, so differences are exact up to rounding as long as they
    // stay on the face.
    const double step = 1e-7;
    const arma::vec f(outcomes.frequency);
    arma::mat derivative(outcomes.size(), observables.size());
    for (std::size_t r = 0; r < outcomes.size(); ++r) {
      Outcomes up = outcomes, down = outcomes;
      up.frequency[r] += step;
      down.frequency[r] -= step;
      derivative.row(r) =
          (estimator(up, observables).values - estimator(down, observables).values).t() /
          (2 * step);
    }
    const arma::mat expected = derivative.t() * (arma::diagmat(f) - f * f.t()) * derivative / 29.0;
    const JointEstimate joint = estimator(outcomes, observables);
    CHECK(arma::abs(joint.covariance - expected).max() < 1e-8);
    for (arma::uword k = 0; k < observables.size(); ++k)
      CHECK(joint.values(k) ==
            Approx(arma::dot(diagonal(observables[k], n_bits), arma::vec(p))).margin(1e-13));
  }
  CHECK(on_boundary >= 5);
}

TEST_CASE("Least squares' calibration error is the derivative on the face, propagated") {
  RandomStream random(46);
  const int n_bits = 3;
  const auto observables = parse_observables({"Z0", "Z1 Z2 - 0.5*Z0 Z1 Z2"});
  int on_boundary = 0;
  for (int repetition = 0; repetition < 6; ++repetition) {
    readout::MeasuredReadout measured{random_error(n_bits, random), {}};
    for (const ConfusionMatrix& group : measured.error)
      measured.shots.push_back(arma::vec(group.matrix.n_cols).fill(1e8));
    const auto outcomes = sampling::draw(sampling::random_distribution(n_bits, random), 30, random);
    const std::vector<double> p = readout::least_squares_distribution(measured.error, outcomes);
    on_boundary += *std::min_element(p.begin(), p.end()) == 0.0 ? 1 : 0;
    const Reading reading{outcomes, observables};
    const auto values = [&](const auto& moved) {
      return readout::least_squares(moved).estimate({&reading, 1}).joint().values;
    };
    const arma::mat shared = readout::least_squares(measured).estimate({&reading, 1}).shared;
    const arma::mat expected = calibrated::shared_covariance(measured, values);
    CHECK(arma::abs(shared * shared.t() - expected).max() < 1e-4 * arma::abs(expected).max());
  }
  CHECK(on_boundary >= 2);
}

TEST_CASE("Intervals of least squares with a sampled calibration cover 95% inside the simplex") {
  const ReadoutError device{ConfusionMatrix::single(0, 0.03, 0.08),
                            ConfusionMatrix::single(1, 0.02, 0.05)};
  const std::vector<double> truth_distribution{0.4, 0.15, 0.2, 0.25};
  const auto seen = Outcomes::from_probabilities(misread(device, truth_distribution));
  const auto plan = readout::construct_calibration(Circuit(2), readout::CalibrationScheme::balanced,
                                                   readout::single_bits(2), 200);
  const auto exact = calibrated::exact_outcomes(plan, device, 2);
  const auto observables = parse_observables({"Z0 Z1 + 0.5*Z1"});
  const double truth = 0.65 - 0.35 + 0.5 * (0.55 - 0.45);
  const double covered = sampling::coverage(truth, 47, [&](RandomStream& random) {
    const auto measured =
        readout::combine_calibration(plan, calibrated::draw_each(exact, 200, random));
    return calibrated::estimate(
        readout::least_squares(measured)(draw(seen, 4000, random), observables));
  });
  CHECK(covered == Approx(0.95).margin(0.015));
}

TEST_CASE("Least squares at its limit of bits") {
  RandomStream random(30);
  const int n_bits = readout::max_least_squares_bits;
  ReadoutError error;
  for (int bit = 0; bit < n_bits; ++bit)
    error.push_back(ConfusionMatrix::single(bit, 0.01 + 0.02 * random.uniform(),
                                            0.03 + 0.04 * random.uniform()));
  std::vector<double> ghz(std::size_t{1} << n_bits, 0.0);
  ghz.front() = ghz.back() = 0.5;
  const auto outcomes = sampling::draw(misread(error, ghz), 4096, random);
  const auto observables = parse_observables({"Z0", "Z0 Z11"});
  const JointEstimate fitted = readout::least_squares(error)(outcomes, observables);
  const double sampling_error = 1.0 / std::sqrt(4096.0);
  CHECK(std::abs(fitted.values(0)) < 4 * sampling_error);
  CHECK(fitted.values(1) == Approx(1.0).margin(4 * sampling_error));
  CHECK(std::sqrt(fitted.covariance(0, 0)) == Approx(sampling_error).epsilon(0.5));
}

TEST_CASE("Combined estimates carry method, shots and interval") {
  const ReadoutError error{ConfusionMatrix::single(0, 0.02, 0.05)};
  const Plan plan = readout::construct(std::make_shared<const Circuit>(1), 1000);
  const std::vector<Outcomes> outcomes{Outcomes::from_counts(1, {{0, 600}, {1, 400}})};
  const auto z = parse_observables({"Z0"});
  const auto estimates = readout::combine(plan, outcomes, z, readout::inversion(error));
  REQUIRE(estimates.size() == 1);
  const Estimate& e = estimates[0];
  CHECK(e.value == Approx((0.2 - 0.03) / 0.93).epsilon(1e-13));
  CHECK(e.std_error == Approx(std::sqrt(0.96 / 999) / 0.93).epsilon(1e-13));
  CHECK(e.ci.high - e.value == Approx(1.959963984540054 * e.std_error).epsilon(1e-12));
  CHECK(e.shots == 1000);
  CHECK(e.circuits == 1);
  CHECK(e.method == "readout/inversion");
  CHECK(readout::combine(plan, outcomes, z, readout::least_squares(error))[0].method ==
        "readout/least-squares");
  CHECK(readout::combine(plan, outcomes, z, raw_estimator())[0].method == "raw");
}

TEST_CASE("Readout errors that cannot be undone are refused") {
  const ReadoutError coin{ConfusionMatrix::single(3, 0.5, 0.5)};
  CHECK_THROWS_AS(readout::inversion(coin), InputError);
  CHECK_THROWS_WITH(readout::inversion(coin), ContainsSubstring("bits 3: ") &&
                                                  ContainsSubstring("condition number") &&
                                                  ContainsSubstring("1e+06"));
  CHECK_THROWS_WITH(readout::least_squares(coin), ContainsSubstring("condition number"));

  // Each matrix is fine, the product of them is not: only least squares needs that one.
  ReadoutError weak;
  for (int bit = 0; bit < 4; ++bit) weak.push_back(ConfusionMatrix::single(bit, 0.49, 0.49));
  CHECK_NOTHROW(readout::inversion(weak));
  CHECK_THROWS_WITH(readout::least_squares(weak),
                    ContainsSubstring("all bits") && ContainsSubstring("6.25e+06"));

  ReadoutError twice{ConfusionMatrix::single(0, 0.1, 0.1), ConfusionMatrix::single(0, 0.1, 0.1)};
  CHECK_THROWS_WITH(readout::inversion(twice), ContainsSubstring("readout error"));
  CHECK_THROWS_WITH(readout::least_squares(twice), ContainsSubstring("readout error"));
}

TEST_CASE("Readout mitigation refuses outcomes that do not fit") {
  const auto z = parse_observables({"Z0"});
  const ReadoutError past{ConfusionMatrix::single(2, 0.1, 0.1)};
  const auto two_bits = Outcomes::from_counts(2, {{0, 1}});
  for (const auto& estimator : {readout::inversion(past), readout::least_squares(past)})
    CHECK_THROWS_WITH(estimator(two_bits, z), ContainsSubstring("bit 2 is outside 0..1"));
  CHECK_THROWS_WITH(readout::inverted_distribution(past, two_bits),
                    ContainsSubstring("bit 2 is outside 0..1"));
  CHECK_THROWS_WITH(readout::least_squares(ReadoutError{})(Outcomes::from_counts(13, {{0, 1}}), z),
                    ContainsSubstring("13 bits are more than the 12"));
  CHECK_THROWS_WITH(readout::inverted_distribution({}, Outcomes::from_counts(25, {{0, 1}})),
                    ContainsSubstring("25 bits are more than the 24"));

  const auto circuit = std::make_shared<const Circuit>(2);
  Plan plan = readout::construct(circuit, 10);
  CHECK_THROWS_WITH(
      readout::combine(plan, std::vector<Outcomes>{two_bits, two_bits}, z, raw_estimator()),
      ContainsSubstring("2 given for 1 circuits"));
  plan.jobs.push_back(plan.jobs[0]);
  CHECK_THROWS_WITH(
      readout::combine(plan, std::vector<Outcomes>{two_bits, two_bits}, z, raw_estimator()),
      ContainsSubstring("2 circuits; readout mitigation runs one"));
}
