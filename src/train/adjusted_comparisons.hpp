#pragma once

#include <vector>

#include <rhodrift/core/multiple_tests.hpp>
#include <rhodrift/train/model_comparison.hpp>

namespace rhodrift {

/// Fills in what depends on all comparisons that are made together.
inline void adjust(std::vector<ModelComparison>& comparisons) {
  std::vector<double> p_values;
  for (const ModelComparison& comparison : comparisons) p_values.push_back(comparison.p_value);
  const std::vector<double> adjusted = holm_adjusted(p_values);
  for (std::size_t i = 0; i < comparisons.size(); ++i) {
    comparisons[i].adjusted_p_value = adjusted[i];
    comparisons[i].significant = adjusted[i] < significance;
  }
}

}  // namespace rhodrift
