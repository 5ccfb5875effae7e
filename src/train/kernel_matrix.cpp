#include "train/kernel_matrix.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

void require_kernel(const arma::mat& kernel, const char* source) {
  if (kernel.empty() || kernel.n_rows != kernel.n_cols)
    throw InputError(source, "kernel",
                     fmt::format("is {} x {}, not square", kernel.n_rows, kernel.n_cols));
  for (arma::uword j = 0; j < kernel.n_cols; ++j)
    for (arma::uword i = 0; i <= j; ++i)
      if (!std::isfinite(kernel(i, j)) || kernel(i, j) != kernel(j, i))
        throw InputError(source, fmt::format("kernel ({}, {})", i, j),
                         fmt::format("{} is not finite or not {}, as at ({}, {})", kernel(i, j),
                                     kernel(j, i), j, i));
}

int require_labelled_kernel(const arma::mat& kernel, const std::vector<int>& labels,
                            const char* source) {
  require_kernel(kernel, source);
  if (labels.size() != kernel.n_rows)
    throw InputError(source, "labels",
                     fmt::format("{} for {} samples", labels.size(), kernel.n_rows));
  const auto [least, greatest] = std::ranges::minmax(labels);
  if (least < 0) throw InputError(source, "labels", fmt::format("{} is negative", least));
  for (int label = 0; label <= greatest; ++label)
    if (std::ranges::find(labels, label) == labels.end())
      throw InputError(source, "labels", fmt::format("class {} has no sample", label));
  if (greatest == 0) throw InputError(source, "labels", "all samples are of one class");
  return greatest + 1;
}

}  // namespace rhodrift
