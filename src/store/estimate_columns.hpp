#pragma once

#include <span>
#include <vector>

#include <rhodrift/core/estimate.hpp>

#include "store/hdf5_data.hpp"

/// Estimates as one dataset a column, all of the same shape: value, std_error, ci_low, ci_high,
/// level, shots, circuits, method. Diagnostics, of which every method has its own, are a list of
/// (estimate, name, value), the estimate counted row-major.
namespace rhodrift::hdf5 {

void write_estimates(const Handle& group, const std::vector<Axis>& axes,
                     std::span<const Estimate> estimates);
std::vector<Estimate> read_estimates(const Handle& group, const Shape& shape);

}  // namespace rhodrift::hdf5
