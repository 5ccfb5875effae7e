#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/subspace.hpp>

#include "mitigation/readout/calibrated.hpp"
#include "mitigation/sampling.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;
using readout::Subspace;

namespace {

/// Random counts of `n_bits` bits around 0…0, each bit 1 with a probability of 0.15.
Outcomes random_outcomes(int n_bits, std::size_t shots, std::uint64_t seed) {
  RandomStream random(seed);
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t shot = 0; shot < shots; ++shot) {
    std::string text(static_cast<std::size_t>(n_bits), '0');
    for (char& c : text)
      if (random.uniform() < 0.15) c = '1';
    ++counts[text];
  }
  return Outcomes::from_counts(counts);
}

ReadoutError random_error(int n_bits, double strength, std::uint64_t seed) {
  RandomStream random(seed);
  ReadoutError error;
  for (int bit = 0; bit < n_bits; ++bit)
    error.push_back(ConfusionMatrix::single(bit, strength * (0.5 + random.uniform()),
                                            strength * (1.0 + random.uniform())));
  return error;
}

/// Bits 0, 3 and 65 are misread together, the others one by one; bit 2 is read perfectly.
ReadoutError grouped_error(int n_bits, std::uint64_t seed) {
  RandomStream random(seed);
  arma::mat joint(8, 8);
  for (double& entry : joint) entry = 0.01 * random.uniform();
  for (arma::uword p = 0; p < 8; ++p) joint(p, p) += 1.0 - arma::accu(joint.col(p));
  ReadoutError error{{{65, 0, 3}, joint}};
  for (const ConfusionMatrix& single : random_error(n_bits, 0.02, seed + 1))
    if (const int bit = single.bits[0]; bit != 0 && bit != 2 && bit != 3 && bit != 65)
      error.push_back(single);
  return error;
}

readout::MeasuredReadout with_shots(const ReadoutError& error, double shots) {
  readout::MeasuredReadout measured{error, {}};
  for (const ConfusionMatrix& group : error)
    measured.shots.push_back(arma::vec(group.matrix.n_cols).fill(shots));
  return measured;
}

/// The definition, entry by entry: rows and columns are the seen outcomes.
arma::mat reduced_matrix(const ReadoutError& error, const Outcomes& outcomes, int distance) {
  const std::size_t n = outcomes.size();
  arma::mat matrix(n, n, arma::fill::zeros);
  for (std::size_t c = 0; c < n; ++c)
    for (std::size_t r = 0; r < n; ++r) {
      const std::string measured = outcomes.text(r), prepared = outcomes.text(c);
      std::vector<bool> grouped(measured.size(), false);
      const auto digit = [](const std::string& text, int bit) {
        return text[text.size() - 1 - static_cast<std::size_t>(bit)] == '1' ? 1u : 0u;
      };
      double entry = 1.0;
      for (const ConfusionMatrix& group : error) {
        arma::uword m = 0, p = 0;
        for (std::size_t i = 0; i < group.bits.size(); ++i) {
          m |= arma::uword{digit(measured, group.bits[i])} << i;
          p |= arma::uword{digit(prepared, group.bits[i])} << i;
          grouped[static_cast<std::size_t>(group.bits[i])] = true;
        }
        entry *= group.matrix(m, p);
      }
      int differing = 0;
      for (int bit = 0; bit < outcomes.n_bits; ++bit)
        if (digit(measured, bit) != digit(prepared, bit)) {
          ++differing;
          if (!grouped[static_cast<std::size_t>(bit)]) entry = 0.0;
        }
      if (differing <= distance) matrix(r, c) = entry;
    }
  return matrix.each_row() / arma::sum(matrix, 0);
}

void check_against_definition(const ReadoutError& error, const Outcomes& outcomes,
                              readout::SubspaceOptions options) {
  const arma::mat reduced =
      reduced_matrix(error, outcomes, options.distance.value_or(outcomes.n_bits));
  const arma::vec frequency(outcomes.frequency);
  const arma::vec expected = arma::solve(reduced, frequency);
  const Subspace problem(error, outcomes, options);
  const arma::vec found(problem.distribution().frequency);
  INFO(outcomes.size() << " outcomes of " << outcomes.n_bits << " bits");
  CHECK(arma::abs(found - expected).max() < 1e-9);
  CHECK(arma::accu(found) == Approx(1.0).epsilon(1e-9));

  const std::vector<Observable> observables{Observable::z(0), Observable::parse("Z1 Z3 - 0.5*Z2"),
                                            Observable::z(outcomes.n_bits - 1),
                                            Observable::parse("I")};
  const JointEstimate joint = problem.expectations(observables);
  arma::mat diagonal(outcomes.size(), observables.size(), arma::fill::zeros);
  for (std::size_t k = 0; k < observables.size(); ++k)
    for (std::size_t r = 0; r < outcomes.size(); ++r)
      for (const Observable::Term& term : observables[k].terms()) {
        double sign = 1.0;
        for (const auto& factor : term.pauli.factors())
          if (bit_of(outcomes.outcome(r), factor.qubit)) sign = -sign;
        diagonal(r, k) += term.coefficient * sign;
      }
  const arma::mat weights = arma::solve(reduced.t(), diagonal);
  const arma::vec values = weights.t() * frequency;
  const arma::mat covariance =
      (weights.t() * arma::diagmat(frequency) * weights - values * values.t()) /
      static_cast<double>(outcomes.shots - 1);
  CHECK(arma::abs(joint.values - values).max() < 1e-8);
  CHECK(arma::abs(joint.covariance - covariance).max() <
        1e-7 / static_cast<double>(outcomes.shots));
  CHECK(joint.values(3) == Approx(1.0).epsilon(1e-9));

  const double norm = arma::norm(arma::inv(reduced), 1);
  CHECK(problem.overhead() <= norm * norm * (1 + 1e-3));
  CHECK(problem.overhead() >= norm * norm * 0.8);
}

}  // namespace

TEST_CASE("The subspace's equations are solved as they are defined") {
  for (const int n_bits : {5, 64, 70, 127, 200})
    for (const std::size_t shots : {60u, 180u}) {
      const Outcomes outcomes = random_outcomes(n_bits, shots, 1);
      for (const auto& error :
           {random_error(n_bits, 0.03, 2), n_bits > 65 ? grouped_error(n_bits, 3) : ReadoutError{}})
        for (const std::optional<int> distance : {std::optional<int>(3), std::optional<int>()})
          check_against_definition(error, outcomes, {distance});
    }
}

namespace {

/// As a device would read `true_texts`, one of them at random a shot.
Outcomes read_with(const ReadoutError& error, const std::vector<std::string>& true_texts,
                   std::size_t shots, std::uint64_t seed) {
  RandomStream random(seed);
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t shot = 0; shot < shots; ++shot) {
    std::string text = true_texts[random.below(true_texts.size())];
    for (const ConfusionMatrix& single : error) {
      char& c = text[text.size() - 1 - static_cast<std::size_t>(single.bits[0])];
      const arma::uword prepared = c == '1' ? 1 : 0;
      if (random.uniform() < single.matrix(1 - prepared, prepared)) c = prepared == 1 ? '0' : '1';
    }
    ++counts[text];
  }
  return Outcomes::from_counts(counts);
}

}  // namespace

TEST_CASE("A GHZ state of 127 qubits comes back as far as the subspace holds it") {
  const ReadoutError error = random_error(127, 0.01, 11);
  const Outcomes outcomes =
      read_with(error, {std::string(127, '0'), std::string(127, '1')}, 6000, 12);
  REQUIRE(outcomes.size() > 3000);
  const std::vector<Observable> observables{Observable::parse("Z0 Z126"), Observable::z(64)};
  const Subspace problem(error, outcomes, {3});
  const JointEstimate mitigated = problem.expectations(observables);
  const JointEstimate raw = raw_expectations(outcomes, observables);
  CHECK(std::abs(mitigated.values(0) - 1.0) < 0.9 * std::abs(raw.values(0) - 1.0));
  // Half of it: the rest of the shots hold errors that no other shot is near to.
  CHECK(problem.captured() > 0.3);
  CHECK(problem.captured() < 0.7);
  const JointEstimate inverted = readout::inversion(error)(outcomes, observables);
  CHECK(std::abs(inverted.values(0) - 1.0) < 4 * std::sqrt(inverted.covariance(0, 0)));
  CHECK(std::abs(mitigated.values(1)) < 4 * std::sqrt(mitigated.covariance(1, 1)));

  // By way of T instead of Tᵀ.
  const std::vector<double> quasi = problem.distribution().frequency;
  double parity = 0.0, sum = 0.0;
  for (std::size_t r = 0; r < outcomes.size(); ++r) {
    const auto bits = outcomes.outcome(r);
    parity += quasi[r] * (bit_of(bits, 0) == bit_of(bits, 126) ? 1.0 : -1.0);
    sum += quasi[r];
  }
  CHECK(parity == Approx(mitigated.values(0)).epsilon(1e-8));
  CHECK(sum == Approx(1.0).epsilon(1e-9));
  // All zeros, then all ones: the first and the last outcome.
  CHECK(quasi.front() + quasi.back() > 0.5);
  CHECK(problem.overhead() > 1.0);
}

TEST_CASE("Neither memory nor threads change a bit of the subspace's solution") {
  const ReadoutError error = random_error(127, 0.02, 13);
  const Outcomes outcomes = read_with(error, {std::string(127, '0')}, 4000, 14);
  REQUIRE(outcomes.size() > 2048);  // more than one section
  const std::vector<double> kept = Subspace(error, outcomes, {4}).distribution().frequency;
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1} << 14, std::size_t{1} << 18})
    for (const int threads : {1, 3}) {
      const ThreadCount limited(threads);
      readout::SubspaceOptions options{4};
      options.matrix_bytes = bytes;
      CHECK(Subspace(error, outcomes, options).distribution().frequency == kept);
    }

  // What a calibration brings in neither.
  const readout::MeasuredReadout measured = with_shots(error, 1000);
  const std::vector<Observable> observables{Observable::parse("Z0 Z126")};
  const std::vector<Reading> readings{{outcomes, observables}};
  const arma::mat shared = readout::subspace(measured, {4}).estimate(readings).shared;
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1} << 18}) {
    const ThreadCount limited(3);
    readout::SubspaceOptions options{4};
    options.matrix_bytes = bytes;
    CHECK(arma::all(
        arma::vectorise(readout::subspace(measured, options).estimate(readings).shared == shared)));
  }
}

TEST_CASE("What the tolerance asks for is reached, without a distance too") {
  const ReadoutError error = random_error(100, 0.02, 15);
  const Outcomes outcomes = read_with(error, {std::string(100, '0')}, 600, 16);
  REQUIRE(outcomes.size() > readout::max_direct_outcomes);
  const arma::mat reduced = reduced_matrix(error, outcomes, 100);
  const arma::vec frequency(outcomes.frequency);
  for (const double tolerance : {1e-3, 1e-6, 1e-12}) {
    readout::SubspaceOptions options;
    options.distance.reset();
    options.tolerance = tolerance;
    const arma::vec quasi(Subspace(error, outcomes, options).distribution().frequency);
    CHECK(arma::norm(reduced * quasi - frequency) <=
          tolerance * arma::norm(frequency) + 1e-12 * arma::norm(quasi));
  }
}

TEST_CASE("Where every outcome was seen the subspace is all there is") {
  const ReadoutError error = random_error(4, 0.05, 17);
  std::map<Bitstring, std::uint64_t> counts;
  for (Bitstring bits = 0; bits < 16; ++bits) counts[bits] = 10 + 7 * bits % 5 + (bits == 3) * 900;
  const Outcomes outcomes = Outcomes::from_counts(4, counts);
  const std::vector<Observable> observables{Observable::z(1), Observable::parse("Z0 Z3")};
  const JointEstimate whole = readout::inversion(error)(outcomes, observables);
  const readout::SubspaceOptions all{std::nullopt};
  const ExpectationEstimator estimator = readout::subspace(error, all);
  CHECK(estimator.method == "readout/subspace");
  const JointEstimate reduced = estimator(outcomes, observables);
  CHECK(arma::approx_equal(reduced.values, whole.values, "absdiff", 1e-10));
  CHECK(arma::approx_equal(reduced.covariance, whole.covariance, "absdiff", 1e-13));
  const std::vector<double> quasi = readout::inverted_distribution(error, outcomes);
  CHECK(arma::approx_equal(arma::vec(Subspace(error, outcomes, all).distribution().frequency),
                           arma::vec(quasi), "absdiff", 1e-10));
  CHECK(Subspace(error, outcomes, all).overhead() ==
        Approx(readout::inversion_overhead(error)).epsilon(1e-9));
  CHECK(Subspace(error, outcomes, all).captured() == Approx(1.0).epsilon(1e-12));
}

TEST_CASE("Distance 0 leaves the frequencies, one outcome is certain") {
  const ReadoutError error = random_error(6, 0.05, 18);
  const Outcomes outcomes = random_outcomes(6, 100, 19);
  CHECK(Subspace(error, outcomes, {0}).distribution().frequency == outcomes.frequency);
  const Outcomes single = Outcomes::from_counts(6, {{5, 10}});
  CHECK(Subspace(error, single).distribution().frequency == std::vector<double>{1.0});
  CHECK(Subspace(error, single).overhead() == 1.0);
}

TEST_CASE("Intervals of the subspace's estimates cover where all outcomes are seen") {
  const ReadoutError error = random_error(3, 0.04, 20);
  std::vector<double> read{0.45, 0.05, 0.1, 0.0, 0.0, 0.1, 0.0, 0.3};
  const std::vector<Observable> observables{Observable::parse("Z0 Z1 Z2")};
  const double truth = 0.45 - 0.05 - 0.1 + 0.1 - 0.3;
  apply_readout_error(error, read);
  const Outcomes exact = Outcomes::from_probabilities(read);
  int covered = 0;
  constexpr int repetitions = 2000;
  for (int i = 0; i < repetitions; ++i) {
    RandomStream random(21, static_cast<std::uint64_t>(i));
    const JointEstimate joint = readout::subspace(error)(draw(exact, 4000, random), observables);
    if (std::abs(joint.values(0) - truth) < 1.959964 * std::sqrt(joint.covariance(0, 0))) ++covered;
  }
  CHECK(covered > repetitions * 0.935);
  CHECK(covered < repetitions * 0.965);
}

TEST_CASE("The subspace's calibration error is the derivative in the matrices, propagated") {
  RandomStream random(22);
  const ReadoutError correlated{oracle::random_confusion({4, 0}, random),
                                ConfusionMatrix::single(1, 0.02, 0.05),
                                oracle::random_confusion({2, 5, 6}, random)};  // bit 3 in none
  // Few outcomes and more than are solved directly.
  struct Setting {
    ReadoutError error;
    std::vector<Outcomes> outcomes;
  };
  const std::string zeros(70, '0');
  const ReadoutError wide = random_error(70, 0.01, 25);
  for (const auto& [error, outcomes] :
       {Setting{random_error(4, 0.05, 23), {random_outcomes(4, 30, 26), random_outcomes(4, 9, 27)}},
        Setting{correlated, {random_outcomes(7, 60, 26), random_outcomes(7, 30, 27)}},
        Setting{correlated, {random_outcomes(7, 2000, 26), random_outcomes(7, 1000, 27)}},
        Setting{grouped_error(70, 24), {read_with(wide, {zeros}, 600, 26)}}})
    for (const std::optional<int> distance : {std::optional<int>(2), std::optional<int>()}) {
      const int last = outcomes[0].n_bits - 1;
      const std::vector<Observable> observables{
          Observable::z(0), Observable::parse("Z1 Z3 - 0.5*Z2"), Observable::z(last)};
      if (last == 69) REQUIRE(outcomes[0].size() > readout::max_direct_outcomes);
      std::vector<Reading> readings;
      for (const Outcomes& read : outcomes) readings.push_back({read, observables});
      // So many shots that the pseudo-count does not matter.
      const readout::MeasuredReadout measured = with_shots(error, 1e9);
      readout::SubspaceOptions options{distance};
      options.tolerance = 1e-13;
      INFO(last + 1 << " bits, " << outcomes[0].size() << " outcomes");
      const arma::mat shared = readout::subspace(measured, options).estimate(readings).shared;
      const arma::mat expected = calibrated::shared_covariance(measured, [&](const auto& moved) {
        return readout::subspace(moved.error, options).estimate(readings).joint().values;
      });
      CHECK(arma::abs(shared * shared.t() - expected).max() < 1e-5 * arma::abs(expected).max());
    }
}

TEST_CASE("Where every outcome was seen the subspace's calibration error is inversion's") {
  RandomStream random(28);
  // Bit 3 was never misread as 1: its error is in what the pseudo-count says, and its derivative
  // there has an entry of 0 to be divided by.
  const ReadoutError error{oracle::random_confusion({2, 0}, random),
                           ConfusionMatrix::single(1, 0.02, 0.05),
                           ConfusionMatrix::single(3, 0.0, 0.04)};
  readout::MeasuredReadout measured = with_shots(error, 300);
  measured.shots[1] = {};  // known exactly
  std::vector<Outcomes> outcomes;
  for (std::uint64_t scale : {7u, 11u}) {
    std::map<Bitstring, std::uint64_t> counts;
    for (Bitstring bits = 0; bits < 16; ++bits) counts[bits] = 10 + scale * bits % 5;
    outcomes.push_back(Outcomes::from_counts(4, counts));
  }
  const auto observables = parse_observables({"Z1 Z3", "Z0 Z3", "Z2 Z3 - 0.5*Z0"});
  const std::vector<Reading> readings{{outcomes[0], observables}, {outcomes[1], observables}};
  const ReadExpectations whole = readout::inversion(measured).estimate(readings);
  const ReadExpectations reduced = readout::subspace(measured, {std::nullopt}).estimate(readings);
  CHECK(arma::approx_equal(reduced.joint().values, whole.joint().values, "absdiff", 1e-12));
  CHECK(arma::approx_equal(reduced.shared, whole.shared, "absdiff", 1e-12));
  CHECK(arma::approx_equal(reduced.joint().covariance, whole.joint().covariance, "absdiff", 1e-12));
  CHECK(reduced.shared.n_cols == 6);
  CHECK(arma::norm(reduced.shared.row(0)) > 0.0);
}

TEST_CASE("A flip that was never seen moves the subspace's values as a very rare one does") {
  // Where nothing is ever misread, nothing would be near enough to matter by the matrices alone.
  const Outcomes outcomes = read_with(random_error(70, 0.005, 25), {std::string(70, '0')}, 300, 29);
  const std::vector<Observable> observables{Observable::parse("Z0 Z69"), Observable::z(3)};
  const std::vector<Reading> readings{{outcomes, observables}};
  for (const std::optional<int> distance : {std::optional<int>(), std::optional<int>(3)}) {
    const auto shared = [&](double flip) {
      ReadoutError error;
      for (int bit = 0; bit < 70; ++bit) error.push_back(ConfusionMatrix::single(bit, flip, flip));
      const auto read = readout::subspace(with_shots(error, 1000), {distance}).estimate(readings);
      return arma::mat(read.shared * read.shared.t());
    };
    const arma::mat never = shared(0.0), rarely = shared(1e-9);
    CHECK(never(0, 0) > 0.0);
    CHECK(arma::abs(never - rarely).max() < 1e-5 * arma::abs(never).max());
  }
}

TEST_CASE("A calibration of 127 bits is carried through thousands of outcomes") {
  const ReadoutError error = random_error(127, 0.01, 30);
  const Outcomes outcomes =
      read_with(error, {std::string(127, '0'), std::string(127, '1')}, 8000, 31);
  REQUIRE(outcomes.size() > 3000);
  const std::vector<Observable> observables{Observable::parse("Z0 Z126")};
  const std::vector<Reading> readings{{outcomes, observables}};
  // Of one bit, so that differences are few: Var = Σ_p (dv/dε_p)² ε_p (1 - ε_p)/N.
  readout::MeasuredReadout measured{error, std::vector<arma::vec>(error.size())};
  measured.shots[126] = arma::vec(2).fill(1e9);
  const arma::mat shared = readout::subspace(measured, {3}).estimate(readings).shared;
  double variance = 0.0;
  for (arma::uword p = 0; p < 2; ++p) {
    const double flip = error[126].matrix(1 - p, p), step = 1e-5;
    const auto value = [&](double moved) {
      ReadoutError changed = error;
      changed[126].matrix(1 - p, p) = moved;
      changed[126].matrix(p, p) = 1 - moved;
      return readout::subspace(changed, {3})(outcomes, observables).values(0);
    };
    const double slope = (value(flip + step) - value(flip - step)) / (2 * step);
    variance += slope * slope * flip * (1 - flip) / 1e9;
  }
  CHECK(arma::accu(arma::square(shared)) == Approx(variance).epsilon(1e-4));
}

TEST_CASE("Intervals of the subspace's estimates cover with a calibration drawn anew") {
  RandomStream made(32);
  const ReadoutError device{oracle::random_confusion({2, 0}, made),
                            ConfusionMatrix::single(1, 0.03, 0.08)};
  const std::vector<double> truth{0.2, 0.1, 0.15, 0.05, 0.1, 0.1, 0.2, 0.1};
  const auto observables = parse_observables({"Z0 Z2 + 0.5*Z1"});
  const Outcomes seen = Outcomes::from_probabilities(calibrated::misread(device, truth));
  const auto plan = readout::construct_calibration(Circuit(3), readout::CalibrationScheme::grouped,
                                                   {{2, 0}, {1}}, 500);
  const auto calibration = calibrated::exact_outcomes(plan, device, 3);
  // Within a distance estimates are biased; they cover what they tend to.
  for (const std::optional<int> distance : {std::optional<int>(), std::optional<int>(1)}) {
    const double tends_to = readout::subspace(device, {distance})(seen, observables).values(0);
    if (!distance)
      CHECK(tends_to ==
            Approx(raw_expectations(Outcomes::from_probabilities(truth), observables).values(0)));
    const double covered = sampling::coverage(tends_to, 33, [&](RandomStream& random) {
      const auto measured =
          readout::combine_calibration(plan, calibrated::draw_each(calibration, 500, random));
      return calibrated::estimate(
          readout::subspace(measured, {distance})(draw(seen, 4000, random), observables));
    });
    CHECK(covered == Approx(0.95).margin(0.015));
  }
}

TEST_CASE("Subspaces that cannot be solved are refused") {
  const Outcomes two_bits = Outcomes::from_counts(2, {{0, 3}, {1, 1}, {2, 1}});
  CHECK_THROWS_WITH(Subspace({ConfusionMatrix::single(2, 0.1, 0.1)}, two_bits),
                    ContainsSubstring("bit 2 is outside 0..1"));
  CHECK_THROWS_WITH(Subspace({ConfusionMatrix::single(0, 0.5, 0.5)}, two_bits),
                    ContainsSubstring("condition number") && ContainsSubstring("1e+06"));
  CHECK_THROWS_WITH(readout::subspace({ConfusionMatrix::single(0, 0.5, 0.5)}),
                    ContainsSubstring("condition number"));
  CHECK_THROWS_WITH(Subspace(ReadoutError{ConfusionMatrix::single(1, 0.2, 1.0)}, two_bits),
                    ContainsSubstring("bits 1: value 1 is never read as itself"));
  CHECK_THROWS_WITH(Subspace(ReadoutError{}, two_bits, {-1}), ContainsSubstring("-1 is negative"));
  readout::SubspaceOptions loose;
  loose.tolerance = 0.5;
  CHECK_THROWS_WITH(Subspace(ReadoutError{}, two_bits, loose),
                    ContainsSubstring("0.5 is outside 1e-14..0.1"));
  CHECK_THROWS_WITH(Subspace(ReadoutError{}, Outcomes{}),
                    ContainsSubstring("outcomes: there are none"));
  CHECK_THROWS_WITH(Subspace(ReadoutError{}, two_bits).expectations(std::vector{Observable::z(2)}),
                    ContainsSubstring("bit 2 is outside 0..1"));

  readout::MeasuredReadout without_shots = with_shots({ConfusionMatrix::single(0, 0.1, 0.1)}, 10);
  without_shots.shots[0](1) = 0.0;
  CHECK_THROWS_WITH(readout::subspace(without_shots),
                    ContainsSubstring("shots of group 0: are not 2 finite numbers > 0"));

  // Each matrix is invertible; cut off at distance 1 they are not: 1 - 2 ρ = 0.
  const double p = 1.0 / 3.0;
  const Outcomes all = Outcomes::from_counts(2, {{0, 3}, {1, 1}, {2, 1}, {3, 1}});
  CHECK_THROWS_WITH(
      Subspace({ConfusionMatrix::single(0, p, p), ConfusionMatrix::single(1, p, p)}, all, {1}),
      ContainsSubstring("the confusion matrix of the 4 seen outcomes has condition number"));
}
