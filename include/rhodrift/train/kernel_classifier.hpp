#pragma once

#include <armadillo>
#include <vector>

namespace rhodrift {

/// A support vector machine on a kernel, a vote of one for every pair of classes. It is all that
/// predictions need: the samples trained on enter through the kernel only.
struct KernelClassifier {
  int n_classes;
  /// Samples trained on that matter, ascending: the others' kernels with new samples need not be
  /// measured.
  arma::uvec support;
  /// support.n_elem x n_classes (n_classes - 1)/2, a column for each pair of classes (0, 1),
  /// (0, 2), …, (1, 2), …: α of a sample of the first class, -α of one of the second, 0 of others.
  arma::mat coefficients;
  arma::vec bias;  ///< one a pair

  /// One a pair for each of n_new samples, > 0 for its first class: coefficientsᵀ K + bias, K being
  /// the kernel between the support, in its order, and the new samples, support.n_elem x n_new
  /// (kernel.rows(support) of that with all samples trained on). Throws InputError when the shapes
  /// do not fit or a number is not finite.
  arma::mat decisions(const arma::mat& kernel) const;
  /// The class that most of its pairs decide for, of equal ones the lowest. Throws as decisions().
  std::vector<int> predict(const arma::mat& kernel) const;
};

/// For each pair of classes, with y = 1 for the first and -1 for the second and α in [0, c],
///   min_α  Σ_ij α_i α_j y_i y_j K(i, j)/2 - Σ_i α_i,  Σ_i α_i y_i = 0,
/// by LIBSVM (C.-C. Chang, C.-J. Lin, ACM Trans. Intell. Syst. Technol. 2, 27 (2011)), until the
/// gradient fulfils the conditions of optimality to 1e-6, with K in single precision. `kernel` is
/// that of n samples with themselves; one that is not positive semidefinite is taken as it is, and
/// what is found then is a stationary point only (see KernelMitigation). The larger c, the more an
/// error counts. Deterministic. Throws InputError when the kernel is not square, finite and
/// symmetric, there is not one label 0 .. n_classes-1 a sample, a class has none, there is one
/// class only or c is not > 0; RunError when the conditions do not hold to 1e-3 after LIBSVM's 10^7
/// steps, as may happen from c = 10^5 on where the classes overlap. (LIBSVM itself then writes a
/// line to stderr.)
KernelClassifier train_kernel_classifier(const arma::mat& kernel, const std::vector<int>& labels,
                                         double c);

}  // namespace rhodrift
