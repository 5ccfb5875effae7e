#pragma once

#include <cmath>
#include <map>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/core/random.hpp>

/// Shots from known distributions, for tests of what estimators make of them.
namespace sampling {

/// A probability vector over n bits, every entry positive.
inline std::vector<double> random_distribution(int n_bits, rhodrift::RandomStream& random) {
  std::vector<double> p(std::size_t{1} << n_bits);
  double sum = 0.0;
  for (double& entry : p) sum += entry = -std::log(1.0 - random.uniform());
  for (double& entry : p) entry /= sum;
  return p;
}

/// `shots` independent draws from `probabilities`.
inline rhodrift::Outcomes draw(const std::vector<double>& probabilities, std::uint64_t shots,
                               rhodrift::RandomStream& random) {
  std::map<rhodrift::Bitstring, std::uint64_t> counts;
  for (std::uint64_t s = 0; s < shots; ++s) {
    double rest = random.uniform();
    std::size_t outcome = 0;
    while (outcome + 1 < probabilities.size() && rest >= probabilities[outcome])
      rest -= probabilities[outcome++];
    ++counts[outcome];
  }
  int n_bits = 0;
  while ((std::size_t{1} << n_bits) < probabilities.size()) ++n_bits;
  return rhodrift::Outcomes::from_counts(n_bits, counts);
}

/// One bit that is 1 with the probability that makes <Z> = z.
inline std::vector<double> with_expectation(double z) {
  return {(1 + z) / 2, (1 - z) / 2};
}

inline constexpr int coverage_repetitions = 2000;

/// The share of repetitions whose interval holds `truth`;
/// `repetition(random)` gives the estimate.
template <typename Repetition>
double coverage(double truth, std::uint64_t seed, Repetition&& repetition,
                int repetitions = coverage_repetitions) {
  int covered = 0;
  for (int r = 0; r < repetitions; ++r) {
    rhodrift::RandomStream random(seed, static_cast<std::uint64_t>(r));
    const rhodrift::Estimate estimate = repetition(random);
    covered += estimate.ci.low <= truth && truth <= estimate.ci.high ? 1 : 0;
  }
  return static_cast<double>(covered) / repetitions;
}

}  // namespace sampling
