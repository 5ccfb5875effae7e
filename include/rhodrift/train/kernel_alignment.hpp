#pragma once

#include <armadillo>
#include <vector>

namespace rhodrift {

// How well a kernel tells classes apart, before anything is trained on it: the cosine of the angle
// between the kernel K and T as matrices, <K, T>/(|K| |T|) with <A, B> = Σ_ij A(i, j) B(i, j),
// where T(i, j) is 1 for samples of the same of C classes and -1/(C - 1) for others. In [-1, 1].
// Both throw InputError when K is not square, finite and symmetric, there is not one label
// 0 .. C-1 a sample, or a class has none.

/// N. Cristianini et al., NIPS 14, 367 (2001), who have C = 2. It also depends on how many samples
/// each class has. Throws InputError when K is 0.
double kernel_target_alignment(const arma::mat& kernel, const std::vector<int>& labels);

/// The same after the mean was taken from every row and then every column of K and T, which adding
/// a constant to K, or other numbers in T, does not change. C. Cortes, M. Mohri, A. Rostamizadeh,
/// J. Mach. Learn. Res. 13, 795 (2012). Throws InputError when nothing is left of K.
double centred_kernel_target_alignment(const arma::mat& kernel, const std::vector<int>& labels);

}  // namespace rhodrift
