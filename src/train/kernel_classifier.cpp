#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>
#include <svm.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/kernel_classifier.hpp>

#include "core/one_blas_thread.hpp"
#include "train/kernel_matrix.hpp"

namespace rhodrift {

namespace {

constexpr double optimality_tolerance = 1e-6;
constexpr double worst_violation = 1e-3;
constexpr double cache_MiB = 100;

/// Its model points into the problem it was made of, which must live as long.
struct FreeModel {
  void operator()(svm_model* model) const { svm_free_and_destroy_model(&model); }
};
using Model = std::unique_ptr<svm_model, FreeModel>;

/// A kernel as LIBSVM reads it: each sample is its number, from 1, its row of the kernel, and an
/// end. The samples come class by class, so that LIBSVM, which takes classes as they come, has them
/// in our order.
struct Problem {
  arma::uvec order;  ///< sample order(k) is LIBSVM's k
  std::vector<double> classes;
  std::vector<svm_node> nodes;
  std::vector<svm_node*> samples;

  Problem(const arma::mat& kernel, const std::vector<int>& labels)
      : order(arma::stable_sort_index(arma::conv_to<arma::ivec>::from(labels))) {
    const arma::uword n = kernel.n_cols;
    nodes.reserve(n * (n + 2));
    for (const arma::uword sample : order) {
      classes.push_back(labels[sample]);
      nodes.push_back({0, static_cast<double>(sample + 1)});
      for (arma::uword i = 0; i < n; ++i)
        nodes.push_back({static_cast<int>(i + 1), kernel(i, sample)});
      nodes.push_back({-1, 0.0});
    }
    for (arma::uword k = 0; k < n; ++k) samples.push_back(&nodes[k * (n + 2)]);
  }
};

Model solve(Problem& problem, double c) {
  // Once: it is a global of LIBSVM's.
  [[maybe_unused]] static const bool silent = [] {
    svm_set_print_string_function([](const char*) {});
    return true;
  }();
  svm_parameter parameter{};
  parameter.svm_type = C_SVC;
  parameter.kernel_type = PRECOMPUTED;
  parameter.C = c;
  parameter.eps = optimality_tolerance;
  parameter.cache_size = cache_MiB;
  parameter.shrinking = 1;
  const svm_problem all{static_cast<int>(problem.samples.size()), problem.classes.data(),
                        problem.samples.data()};
  return Model(svm_train(&all, &parameter));
}

/// Column of the pair (a, b), a < b: after the pairs of the classes before a.
arma::uword pair_index(int a, int b, int n_classes) {
  return static_cast<arma::uword>(a * n_classes - a * (a + 1) / 2 + b - a - 1);
}

/// How much the conditions of optimality are violated by v = α y: with r = y - K v, no entry of v
/// that may grow has a larger r than one that may shrink. R.-E. Fan, P.-H. Chen, C.-J. Lin, J.
/// Mach. Learn. Res. 6, 1889 (2005).
double violation(const arma::mat& kernel, const arma::vec& y, const arma::vec& v, double c) {
  const arma::vec r = y - kernel * v;
  double growing = -arma::datum::inf, shrinking = arma::datum::inf;
  for (arma::uword i = 0; i < y.n_elem; ++i) {
    if (y(i) == 0) continue;  // of another class
    if (v(i) < (y(i) > 0 ? c : 0)) growing = std::max(growing, r(i));
    if (v(i) > (y(i) > 0 ? 0 : -c)) shrinking = std::min(shrinking, r(i));
  }
  return growing - shrinking;
}

/// Of the kernel in single precision, which is the one that LIBSVM works on.
void require_optimal(const arma::mat& kernel, const std::vector<int>& labels,
                     const arma::mat& coefficients, int n_classes, double c) {
  const auto single = arma::conv_to<arma::mat>::from(arma::conv_to<arma::fmat>::from(kernel));
  for (int a = 0; a < n_classes; ++a)
    for (int b = a + 1; b < n_classes; ++b) {
      arma::vec y(labels.size());
      for (std::size_t i = 0; i < labels.size(); ++i)
        y(i) = labels[i] == a ? 1 : labels[i] == b ? -1 : 0;
      const arma::uword pair = pair_index(a, b, n_classes);
      const double violated = violation(single, y, coefficients.col(pair), c);
      if (violated > worst_violation)
        throw RunError(
            fmt::format("kernel classifier: classes {} and {}: no optimum found with c = {}, the "
                        "gradient is off by {:.2g}; take a smaller c",
                        a, b, c, violated));
    }
}

}  // namespace

arma::mat KernelClassifier::decisions(const arma::mat& kernel) const {
  if (kernel.n_rows != support.n_elem)
    throw InputError("kernel classifier", "kernel",
                     fmt::format("of {} samples, {} are the classifier's support", kernel.n_rows,
                                 support.n_elem));
  if (!kernel.is_finite()) throw InputError("kernel classifier", "kernel", "is not finite");
  const OneBlasThread one_blas_thread;  // the same bits on any number of cores
  arma::mat values = coefficients.t() * kernel;
  values.each_col() += bias;
  return values;
}

std::vector<int> KernelClassifier::predict(const arma::mat& kernel) const {
  const arma::mat decided = decisions(kernel);
  std::vector<int> predictions;
  for (arma::uword s = 0; s < decided.n_cols; ++s) {
    arma::uvec votes(static_cast<arma::uword>(n_classes));
    for (int a = 0; a < n_classes; ++a)
      for (int b = a + 1; b < n_classes; ++b)
        ++votes(static_cast<arma::uword>(decided(pair_index(a, b, n_classes), s) > 0 ? a : b));
    predictions.push_back(static_cast<int>(votes.index_max()));
  }
  return predictions;
}

KernelClassifier train_kernel_classifier(const arma::mat& kernel, const std::vector<int>& labels,
                                         double c) {
  constexpr const char* source = "kernel classifier";
  const int n_classes = require_labelled_kernel(kernel, labels, source);
  if (!(c > 0 && std::isfinite(c))) throw InputError(source, "c", fmt::format("{} is not > 0", c));
  Problem problem(kernel, labels);
  const Model model = solve(problem, c);

  const auto n_pairs = static_cast<arma::uword>(n_classes * (n_classes - 1) / 2);
  arma::mat coefficients(labels.size(), n_pairs);
  for (int s = 0; s < model->l; ++s) {
    const arma::uword sample = problem.order(static_cast<arma::uword>(model->sv_indices[s] - 1));
    // LIBSVM has a sample's coefficients against the other classes, in their order.
    const int own = labels[sample];
    for (int other = 0; other < n_classes; ++other)
      if (other != own)
        coefficients(sample, pair_index(std::min(own, other), std::max(own, other), n_classes)) =
            model->sv_coef[other < own ? other : other - 1][s];
  }
  const OneBlasThread one_blas_thread;
  require_optimal(kernel, labels, coefficients, n_classes, c);
  const arma::uvec support = arma::find(arma::any(coefficients, 1));
  return {n_classes, support, coefficients.rows(support), -arma::vec(model->rho, n_pairs)};
}

}  // namespace rhodrift
