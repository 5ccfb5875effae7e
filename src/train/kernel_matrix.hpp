#pragma once

#include <armadillo>
#include <vector>

namespace rhodrift {

/// Throws InputError from `source` unless the matrix has samples and is square, finite and
/// symmetric.
void require_kernel(const arma::mat& kernel, const char* source);

/// The same, and that there is one label a sample, 0, 1, … n_classes-1, and each of them, at least
/// two, has a sample. Returns n_classes.
int require_labelled_kernel(const arma::mat& kernel, const std::vector<int>& labels,
                            const char* source);

}  // namespace rhodrift
