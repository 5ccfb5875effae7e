#pragma once

#include <vector>

#include <boost/math/distributions/chi_squared.hpp>

#include <rhodrift/core/outcomes.hpp>

/// The probability that counts drawn from `probabilities` fit them worse than these shots do, by
/// Pearson's test. Outcomes that are expected fewer than 5 times are one class; an outcome of
/// probability 0 that was seen gives 0.
inline double chi_square_p_value(const rhodrift::ShotTable& table,
                                 const std::vector<double>& probabilities) {
  std::vector<double> counts(probabilities.size(), 0.0);
  for (std::uint64_t s = 0; s < table.size(); ++s) ++counts[table.at(s)];
  double statistic = 0.0, rare_count = 0.0, rare_expected = 0.0;
  int n_classes = 0;
  const auto add_class = [&](double count, double expected) {
    statistic += (count - expected) * (count - expected) / expected;
    ++n_classes;
  };
  for (std::size_t b = 0; b < counts.size(); ++b) {
    const double expected = probabilities[b] * static_cast<double>(table.size());
    if (expected == 0.0 && counts[b] > 0.0) return 0.0;
    if (expected >= 5.0) {
      add_class(counts[b], expected);
    } else {
      rare_count += counts[b];
      rare_expected += expected;
    }
  }
  if (rare_expected > 0.0) add_class(rare_count, rare_expected);
  if (n_classes < 2) return 1.0;
  const boost::math::chi_squared distribution(n_classes - 1);
  return boost::math::cdf(boost::math::complement(distribution, statistic));
}
