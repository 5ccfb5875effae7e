#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/ctmp.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>

#include "mitigation/readout/calibrated.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;
using readout::CalibrationScheme;
using readout::CtmpModel;
using readout::MeasuredCtmp;

namespace {

/// Independent flips of every bit, and two pairs that flip together.
CtmpModel crosstalk(int n_bits) {
  CtmpModel model{n_bits, {}};
  for (int bit = 0; bit < n_bits; ++bit) {
    model.generators.push_back({{bit}, 0, 0.01 + 0.003 * (bit % 4)});
    model.generators.push_back({{bit}, 1, 0.05 - 0.004 * (bit % 5)});
  }
  model.generators.push_back({{0, 1}, 3, 0.03});
  model.generators.push_back({{n_bits - 1, 0}, 1, 0.02});
  model.generators.push_back({{n_bits - 1, 0}, 2, 0.015});
  return model;
}

/// exp(G) as a 2^n x 2^n matrix, from the definition.
arma::mat confusion(const CtmpModel& model) {
  const arma::uword size = arma::uword{1} << model.n_bits;
  arma::mat g(size, size, arma::fill::zeros);
  for (const CtmpModel::Generator& generator : model.generators)
    for (arma::uword x = 0; x < size; ++x) {
      arma::uword y = x, state = 0;
      for (std::size_t b = 0; b < generator.bits.size(); ++b) {
        y ^= arma::uword{1} << generator.bits[b];
        state |= (x >> generator.bits[b] & 1) << b;
      }
      if (state != generator.from) continue;
      g(y, x) += generator.rate;
      g(x, x) -= generator.rate;
    }
  return arma::expmat(g);
}

Outcomes misread(const arma::mat& confusion, const std::vector<double>& p) {
  return Outcomes::from_probabilities(
      arma::conv_to<std::vector<double>>::from(confusion * arma::vec(p)));
}

std::vector<Outcomes> calibrate_exactly(const readout::CalibrationPlan& plan,
                                        const arma::mat& confusion) {
  std::vector<Outcomes> outcomes;
  for (const auto& pattern : plan.patterns)
    outcomes.push_back(Outcomes::from_probabilities(
        arma::conv_to<std::vector<double>>::from(confusion.col(pattern[0]))));
  return outcomes;
}

readout::CalibrationPlan balanced(int n_bits) {
  return readout::construct_calibration(Circuit(n_bits), CalibrationScheme::balanced,
                                        readout::single_bits(n_bits), 0);
}

/// A shot of `model` from `x`, event by event.
Bitstring read(const CtmpModel& model, Bitstring x, RandomStream& random) {
  double time = 0.0;
  for (;;) {
    std::vector<double> rates;
    double total = 0.0;
    for (const CtmpModel::Generator& generator : model.generators) {
      unsigned state = 0;
      for (std::size_t b = 0; b < generator.bits.size(); ++b)
        state |= static_cast<unsigned>(x >> generator.bits[b] & 1) << b;
      rates.push_back(state == generator.from ? generator.rate : 0.0);
      total += rates.back();
    }
    time += -std::log(1.0 - random.uniform()) / total;
    if (time > 1.0) return x;
    double rest = random.uniform() * total;
    std::size_t i = 0;
    while (i + 1 < rates.size() && rest >= rates[i]) rest -= rates[i++];
    for (const int bit : model.generators[i].bits) x ^= Bitstring{1} << bit;
  }
}

}  // namespace

TEST_CASE("CTMP undoes exp(G)") {
  RandomStream random(81);
  const CtmpModel model = crosstalk(5);
  const std::vector<double> truth = sampling::random_distribution(5, random);
  const auto observables =
      parse_observables({"Z0", "Z0 Z4", "Z0 Z1 Z2 Z3 Z4 - 0.5*Z2 + 2*I", "Z3"});
  const arma::vec expected =
      raw_expectations(Outcomes::from_probabilities(truth), observables).values;
  const Outcomes seen = misread(confusion(model), truth);
  const JointEstimate joint = readout::ctmp({model, {}})(seen, observables);
  CHECK(arma::abs(joint.values - expected).max() < 1e-6);  // what is left out, see the cutoff
  CHECK(arma::abs(joint.covariance).max() == 0.0);
}

TEST_CASE("Learned from exact outcomes, CTMP is inversion for independent errors") {
  RandomStream random(82);
  const int n_bits = 4;
  ReadoutError device;
  for (int bit = 0; bit < n_bits; ++bit)
    device.push_back(ConfusionMatrix::single(bit, 0.02 + 0.01 * bit, 0.08 - 0.01 * bit));
  const auto plan = balanced(n_bits);
  const MeasuredCtmp learned =
      readout::learn_ctmp(plan, calibrated::exact_outcomes(plan, device, n_bits), 1);
  CHECK(learned.errors.n_cols == 0);
  const Outcomes outcomes =
      sampling::draw(sampling::random_distribution(n_bits, random), 500, random);
  const auto observables = parse_observables({"Z0", "Z1 Z3", "Z0 Z1 Z2 Z3"});
  const JointEstimate a = readout::ctmp(learned)(outcomes, observables);
  const JointEstimate b = readout::inversion(device)(outcomes, observables);
  CHECK(arma::abs(a.values - b.values).max() < 1e-6);
  CHECK(arma::abs(a.covariance - b.covariance).max() < 1e-7);
}

TEST_CASE("Learned CTMP knows crosstalk that independent bits do not") {
  RandomStream random(83);
  const int n_bits = 4;
  const CtmpModel model = crosstalk(n_bits);
  const arma::mat a = confusion(model);
  const auto plan = balanced(n_bits);
  const auto calibration = calibrate_exactly(plan, a);
  const std::vector<double> truth = sampling::random_distribution(n_bits, random);
  const auto observables = parse_observables({"Z0 Z1", "Z0 Z3", "Z0 Z1 Z3"});
  const arma::vec expected =
      raw_expectations(Outcomes::from_probabilities(truth), observables).values;
  const Outcomes seen = misread(a, truth);
  const auto learned = readout::ctmp(readout::learn_ctmp(plan, calibration, 1));
  const auto independent = readout::inversion(readout::combine_calibration(plan, calibration));
  const double ctmp_bias = arma::abs(learned(seen, observables).values - expected).max();
  const double independent_bias = arma::abs(independent(seen, observables).values - expected).max();
  CAPTURE(ctmp_bias, independent_bias);
  CHECK(ctmp_bias < 0.0025);
  CHECK(independent_bias > 10 * ctmp_bias);
}

TEST_CASE("CTMP's shared error is the derivative in the rates, propagated") {
  RandomStream random(84);
  const CtmpModel model = crosstalk(4);
  const Outcomes outcomes = sampling::draw(sampling::random_distribution(4, random), 50, random);
  const auto observables = parse_observables({"Z0", "Z1 Z3 - 0.5*Z0 Z2"});
  const Reading reading{outcomes, observables};
  const std::size_t n = model.generators.size();
  const MeasuredCtmp measured{model, 1e-3 * arma::eye(n, n)};
  const arma::mat shared = readout::ctmp(measured).estimate({&reading, 1}).shared;
  arma::mat derivative(2, n);
  const double step = 1e-4;
  for (std::size_t i = 0; i < n; ++i) {
    CtmpModel up = model, down = model;
    up.generators[i].rate += step;
    down.generators[i].rate -= step;
    derivative.col(i) = (readout::ctmp({up, {}})(outcomes, observables).values -
                         readout::ctmp({down, {}})(outcomes, observables).values) /
                        (2 * step);
  }
  const arma::mat expected = 1e-6 * derivative * derivative.t();
  CHECK(arma::abs(shared * shared.t() - expected).max() < 1e-3 * expected.max());
}

TEST_CASE("CTMP's intervals cover 95% with the calibration's error in them", "[long]") {
  RandomStream seed(85);
  const int n_bits = 3;
  const arma::mat a = confusion(crosstalk(n_bits));
  const auto plan = balanced(n_bits);
  const auto calibration = calibrate_exactly(plan, a);
  const std::vector<double> truth = sampling::random_distribution(n_bits, seed);
  const auto observables = parse_observables({"Z0 Z1 + 0.5*Z2"});
  const Outcomes seen = misread(a, truth);
  // The model learned from exact outcomes is right to first order; what it tends to is covered.
  const double limit =
      readout::ctmp(readout::learn_ctmp(plan, calibration, 1))(seen, observables).values(0);
  const double true_value =
      raw_expectations(Outcomes::from_probabilities(truth), observables).values(0);
  CHECK(limit == Approx(true_value).margin(0.002));
  const double covered = sampling::coverage(limit, 86, [&](RandomStream& random) {
    const auto learned =
        readout::learn_ctmp(plan, calibrated::draw_each(calibration, 500, random), random());
    return calibrated::estimate(readout::ctmp(learned)(draw(seen, 4000, random), observables));
  });
  CHECK(covered == Approx(0.95).margin(0.015));
}

TEST_CASE("Flips that a calibration has not seen have an error") {
  // Each pair's state in two of 8 circuits, so 100 shots; each entry of a column counts as seen
  // 1/4 times more.
  const int n_bits = 3;
  const auto plan = balanced(n_bits);
  REQUIRE(plan.patterns.size() == 8);
  std::vector<Outcomes> all_right;
  for (const auto& pattern : plan.patterns)
    all_right.push_back(Outcomes::from_counts(n_bits, {{pattern[0], 50}}));
  const MeasuredCtmp learned = readout::learn_ctmp(plan, all_right, 4);
  const double unseen = std::sqrt(0.25 / 101 / 100);
  for (std::size_t i = 0; i < learned.model.generators.size(); ++i) {
    CHECK(learned.model.generators[i].rate == 0.0);
    // Single flips: twice as many shots, and two entries; a variance of 200 draws of a Poisson
    // variable of mean 1/4 is known to 17 % (its kurtosis is 3 + 4), a deviation to 9 %.
    const double expected =
        learned.model.generators[i].bits.size() == 2 ? unseen : unseen / std::sqrt(2.0);
    CHECK(arma::norm(learned.errors.row(i)) == Approx(expected).epsilon(4 * 0.09));
  }
  const JointEstimate joint =
      readout::ctmp(learned)(Outcomes::from_counts(n_bits, {{0, 1000}}), parse_observables({"Z0"}));
  CHECK(joint.covariance(0, 0) > 0.0);
}

TEST_CASE("Draws of a calibration in which a pair is never right do not end it") {
  // Bits 0 and 1 are both 1 in two circuits, in which two of 10 shots are right and all bits of the
  // others wrong: a few draws have no right one, or a matrix without a logarithm.
  const int n_bits = 3;
  const auto plan = balanced(n_bits);
  std::vector<Outcomes> outcomes;
  for (const auto& pattern : plan.patterns) {
    const Bitstring right = pattern[0], wrong = right ^ 7;
    outcomes.push_back((right & 3) == 3 ? Outcomes::from_counts(n_bits, {{right, 2}, {wrong, 8}})
                                        : Outcomes::from_counts(n_bits, {{right, 10}}));
  }
  const MeasuredCtmp learned = readout::learn_ctmp(plan, outcomes, 5);
  CHECK(learned.errors.n_cols < 200);
  CHECK(learned.errors.n_cols >= 180);
}

TEST_CASE("A calibration whose draws mostly have no rates is refused for that") {
  const int n_bits = 3;
  const auto plan = balanced(n_bits);
  std::vector<Outcomes> outcomes;
  for (const auto& pattern : plan.patterns) {
    const Bitstring right = pattern[0], wrong = right ^ 7;
    outcomes.push_back(Outcomes::from_counts(n_bits, {{right, 1}, {wrong, 9}}));
  }
  CHECK_THROWS_WITH(readout::learn_ctmp(plan, outcomes, 5),
                    ContainsSubstring("of 200 bootstrap draws of the calibration only"));
}

TEST_CASE("CTMP of 20 bits, calibrated and read by shots") {
  const int n_bits = 20;
  const CtmpModel model = crosstalk(n_bits);
  RandomStream random(87);
  const auto plan = balanced(n_bits);
  std::vector<Outcomes> calibration;
  for (const auto& pattern : plan.patterns) {
    ShotTable table(n_bits);
    for (int shot = 0; shot < 500; ++shot) table.append(read(model, pattern[0], random));
    calibration.push_back(table.outcomes());
  }
  // GHZ: <Z_i Z_j> = 1, <Z_i> = 0.
  ShotTable table(n_bits);
  for (int shot = 0; shot < 4000; ++shot)
    table.append(read(model, random.below(2) == 0 ? 0 : (Bitstring{1} << n_bits) - 1, random));
  const MeasuredCtmp learned = readout::learn_ctmp(plan, calibration, 3);
  const auto observables = parse_observables({"Z0", "Z0 Z1", "Z0 Z19", "Z7 Z12"});
  const JointEstimate joint = readout::ctmp(learned)(table.outcomes(), observables);
  const arma::vec expected{0.0, 1.0, 1.0, 1.0};
  for (arma::uword k = 0; k < 4; ++k) {
    const double std_error = std::sqrt(joint.covariance(k, k));
    CAPTURE(k, joint.values(k), std_error);
    CHECK(std::abs(joint.values(k) - expected(k)) < 3.5 * std_error);
    CHECK(std_error < 0.03);
  }
}

TEST_CASE("CTMP's γ is at least the highest rate out of a state") {
  const CtmpModel model = crosstalk(4);
  double highest = 0.0;
  for (unsigned x = 0; x < 16; ++x) {
    double out = 0.0;
    for (const auto& g : model.generators) {
      unsigned state = 0;
      for (std::size_t b = 0; b < g.bits.size(); ++b) state |= (x >> g.bits[b] & 1) << b;
      out += state == g.from ? g.rate : 0.0;
    }
    highest = std::max(highest, out);
  }
  CHECK(readout::ctmp_gamma(model) >= highest);
  CHECK(readout::ctmp_gamma(model) < 1.2 * highest);
}

TEST_CASE("CTMP refuses what it cannot do") {
  CHECK_THROWS_WITH(readout::ctmp({CtmpModel{2, {{{0, 0}, 1, 0.1}}}, {}}),
                    ContainsSubstring("generator 0: bit 0 is repeated"));
  CHECK_THROWS_WITH(readout::ctmp({CtmpModel{2, {{{2}, 1, 0.1}}}, {}}),
                    ContainsSubstring("bit 2 is outside 0..1"));
  CHECK_THROWS_WITH(readout::ctmp({CtmpModel{2, {{{1}, 2, 0.1}}}, {}}),
                    ContainsSubstring("state 2 is not of 1 bits"));
  CHECK_THROWS_WITH(readout::ctmp({CtmpModel{2, {{{1}, 1, arma::datum::nan}}}, {}}),
                    ContainsSubstring("rate nan"));
  CHECK_THROWS_WITH(readout::ctmp({crosstalk(3), {}})(Outcomes::from_counts(2, {{0, 1}}), {}),
                    ContainsSubstring("2 bits given, the Markov model has 3"));
  const auto marginal = readout::construct_calibration(Circuit(2), CalibrationScheme::marginal,
                                                       readout::single_bits(2), 10);
  CHECK_THROWS_WITH(readout::learn_ctmp(marginal,
                                        std::vector<Outcomes>{Outcomes::from_counts(2, {{0, 10}}),
                                                              Outcomes::from_counts(2, {{3, 10}})},
                                        1),
                    ContainsSubstring("bits 0,1: prepared in 01 they were never seen"));
}
