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
  const arma::vec found(problem.distribution());
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
  CHECK(problem.inverse_norm() <= norm * (1 + 1e-3));
  CHECK(problem.inverse_norm() >= norm * 0.9);
}

}  // namespace

TEST_CASE("The subspace's equations are solved as they are defined") {
  for (const int n_bits : {5, 64, 70, 127, 200})
    for (const std::size_t shots : {60u, 600u}) {
      const Outcomes outcomes = random_outcomes(n_bits, shots, 1);
      for (const auto& error :
           {random_error(n_bits, 0.03, 2), n_bits > 65 ? grouped_error(n_bits, 3) : ReadoutError{}})
        for (const std::optional<int> distance : {std::optional<int>(3), std::optional<int>()})
          check_against_definition(error, outcomes, {distance});
    }
}
