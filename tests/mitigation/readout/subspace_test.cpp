#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/subspace.hpp>

#include "support/catch.hpp"
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
      static_cast<double>(outcomes.shots);
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
}

TEST_CASE("What the tolerance asks for is reached, without a distance too") {
  const ReadoutError error = random_error(100, 0.02, 15);
  const Outcomes outcomes = read_with(error, {std::string(100, '0')}, 600, 16);
  REQUIRE(outcomes.size() > readout::max_direct_outcomes);
  const arma::mat reduced = reduced_matrix(error, outcomes, 100);
  const arma::vec frequency(outcomes.frequency);
  for (const double tolerance : {1e-3, 1e-6, 1e-12}) {
    readout::SubspaceOptions options;
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
  const ExpectationEstimator estimator = readout::subspace(error);
  CHECK(estimator.method == "readout/subspace");
  const JointEstimate reduced = estimator(outcomes, observables);
  CHECK(arma::approx_equal(reduced.values, whole.values, "absdiff", 1e-10));
  CHECK(arma::approx_equal(reduced.covariance, whole.covariance, "absdiff", 1e-13));
  const std::vector<double> quasi = readout::inverted_distribution(error, outcomes);
  CHECK(arma::approx_equal(arma::vec(Subspace(error, outcomes).distribution().frequency),
                           arma::vec(quasi), "absdiff", 1e-10));
  CHECK(Subspace(error, outcomes).overhead() ==
        Approx(readout::inversion_overhead(error)).epsilon(1e-9));
  CHECK(Subspace(error, outcomes).captured() == Approx(1.0).epsilon(1e-12));
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

TEST_CASE("Subspaces that cannot be solved are refused") {
  const Outcomes two_bits = Outcomes::from_counts(2, {{0, 3}, {1, 1}, {2, 1}});
  CHECK_THROWS_WITH(Subspace({ConfusionMatrix::single(2, 0.1, 0.1)}, two_bits),
                    ContainsSubstring("bit 2 is outside 0..1"));
  CHECK_THROWS_WITH(Subspace({ConfusionMatrix::single(0, 0.5, 0.5)}, two_bits),
                    ContainsSubstring("condition number") && ContainsSubstring("1e+06"));
  CHECK_THROWS_WITH(readout::subspace({ConfusionMatrix::single(0, 0.5, 0.5)}),
                    ContainsSubstring("condition number"));
  CHECK_THROWS_WITH(Subspace({ConfusionMatrix::single(1, 0.2, 1.0)}, two_bits),
                    ContainsSubstring("bits 1: value 1 is never read as itself"));
  CHECK_THROWS_WITH(Subspace({}, two_bits, {-1}), ContainsSubstring("-1 is negative"));
  readout::SubspaceOptions loose;
  loose.tolerance = 0.5;
  CHECK_THROWS_WITH(Subspace({}, two_bits, loose), ContainsSubstring("0.5 is outside 1e-14..0.1"));
  CHECK_THROWS_WITH(Subspace({}, Outcomes{}), ContainsSubstring("outcomes: there are none"));
  CHECK_THROWS_WITH(Subspace({}, two_bits).expectations(std::vector{Observable::z(2)}),
                    ContainsSubstring("bit 2 is outside 0..1"));

  // Each matrix is invertible; cut off at distance 1 they are not: 1 - 2 ρ = 0.
  const double p = 1.0 / 3.0;
  const Outcomes all = Outcomes::from_counts(2, {{0, 3}, {1, 1}, {2, 1}, {3, 1}});
  CHECK_THROWS_WITH(
      Subspace({ConfusionMatrix::single(0, p, p), ConfusionMatrix::single(1, p, p)}, all, {1}),
      ContainsSubstring("the confusion matrix of the 4 seen outcomes has condition number"));
}
