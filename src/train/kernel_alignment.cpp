#include <limits>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/kernel_alignment.hpp>

#include "train/kernel_matrix.hpp"

namespace rhodrift {

namespace {

constexpr const char* source = "kernel-target alignment";

arma::mat target_of(const arma::mat& kernel, const std::vector<int>& labels) {
  const double other = -1.0 / (require_labelled_kernel(kernel, labels, source) - 1);
  arma::mat target(labels.size(), labels.size());
  for (std::size_t j = 0; j < labels.size(); ++j)
    for (std::size_t i = 0; i < labels.size(); ++i)
      target(i, j) = labels[i] == labels[j] ? 1.0 : other;
  return target;
}

double cosine(const arma::mat& a, const arma::mat& b) {
  return arma::accu(a % b) / (arma::norm(a, "fro") * arma::norm(b, "fro"));
}

arma::mat centred(arma::mat matrix) {
  matrix.each_col() -= arma::vec(arma::mean(matrix, 1));
  matrix.each_row() -= arma::rowvec(arma::mean(matrix, 0));
  return matrix;
}

}  // namespace

double kernel_target_alignment(const arma::mat& kernel, const std::vector<int>& labels) {
  const arma::mat target = target_of(kernel, labels);
  if (kernel.is_zero()) throw InputError(source, "kernel", "is 0 everywhere");
  return cosine(kernel, target);
}

double centred_kernel_target_alignment(const arma::mat& kernel, const std::vector<int>& labels) {
  const arma::mat target = target_of(kernel, labels);
  const arma::mat rest = centred(kernel);
  const double rounding =
      std::numeric_limits<double>::epsilon() * static_cast<double>(labels.size());
  if (arma::norm(rest, "fro") <= rounding * arma::norm(kernel, "fro"))
    throw InputError(source, "kernel", "has nothing but the means of its rows and columns");
  return cosine(rest, centred(target));
}

}  // namespace rhodrift
