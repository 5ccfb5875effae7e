#include "mitigation/readout/gmres.hpp"

#include <cmath>
#include <vector>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

#include "core/parallel.hpp"

namespace rhodrift {

namespace {

constexpr int max_products = 1000;
constexpr arma::uword restart = 40;
constexpr arma::uword chunk = 32768;

/// Calls body(first, last, index of the chunk), in parallel. BLAS would choose how to cut a sum by
/// the number of its threads.
template <typename Body>
void for_each_chunk(arma::uword n, Body body) {
  parallel_for((n + chunk - 1) / chunk, [&](std::size_t k) {
    body(k * chunk, std::min<arma::uword>((k + 1) * chunk, n), k);
  });
}

/// basisᵀ w
arma::vec components(const std::vector<arma::vec>& basis, const arma::vec& w) {
  arma::mat partial(basis.size(), (w.n_elem + chunk - 1) / chunk, arma::fill::zeros);
  for_each_chunk(w.n_elem, [&](arma::uword first, arma::uword last, std::size_t k) {
    for (std::size_t j = 0; j < basis.size(); ++j)
      for (arma::uword i = first; i < last; ++i) partial(j, k) += basis[j](i) * w(i);
  });
  return arma::sum(partial, 1);
}

/// w += basis coefficients
void add_combination(const std::vector<arma::vec>& basis, const arma::vec& coefficients,
                     arma::vec& w) {
  for_each_chunk(w.n_elem, [&](arma::uword first, arma::uword last, std::size_t) {
    for (arma::uword j = 0; j < coefficients.n_elem; ++j)
      for (arma::uword i = first; i < last; ++i) w(i) += coefficients(j) * basis[j](i);
  });
}

/// Takes from w its components, which it returns: twice, which makes it orthogonal to rounding.
arma::vec make_orthogonal(const std::vector<arma::vec>& basis, arma::vec& w) {
  const arma::vec first = components(basis, w);
  add_combination(basis, -first, w);
  const arma::vec second = components(basis, w);
  add_combination(basis, -second, w);
  return first + second;
}

double length(const arma::vec& w) {
  arma::vec partial((w.n_elem + chunk - 1) / chunk, arma::fill::zeros);
  for_each_chunk(w.n_elem, [&](arma::uword first, arma::uword last, std::size_t k) {
    for (arma::uword i = first; i < last; ++i) partial(k) += w(i) * w(i);
  });
  return std::sqrt(arma::sum(partial));
}

/// The least-squares problem |β e_1 - H y| of the Hessenberg matrix H, a column at a time: Givens
/// rotations keep it triangular, so that the residual is known at once.
class Hessenberg {
 public:
  explicit Hessenberg(double beta) : right_(restart + 1, arma::fill::zeros) { right_(0) = beta; }

  /// `column`: k + 2 entries for column k. Returns the residual.
  double append(arma::vec column) {
    const arma::uword k = size_++;
    for (arma::uword j = 0; j < k; ++j) rotate(j, column(j), column(j + 1));
    const double radius = std::hypot(column(k), column(k + 1));
    cosine_(k) = column(k) / radius;
    sine_(k) = column(k + 1) / radius;
    rotate(k, column(k), column(k + 1));
    rotate(k, right_(k), right_(k + 1));
    triangle_(arma::span(0, k), k) = column.head(k + 1);
    return std::abs(right_(k + 1));
  }
  arma::vec solution() const {
    arma::vec y = right_.head(size_);
    for (arma::uword k = size_; k-- > 0;) {
      for (arma::uword j = k + 1; j < size_; ++j) y(k) -= triangle_(k, j) * y(j);
      y(k) /= triangle_(k, k);
    }
    return y;
  }

 private:
  void rotate(arma::uword j, double& upper, double& lower) const {
    const double old_upper = upper;
    upper = cosine_(j) * old_upper + sine_(j) * lower;
    lower = cosine_(j) * lower - sine_(j) * old_upper;
  }

  arma::uword size_ = 0;
  arma::vec right_;
  arma::vec cosine_ = arma::vec(restart), sine_ = arma::vec(restart);
  arma::mat triangle_ = arma::mat(restart, restart, arma::fill::zeros);
};

}  // namespace

arma::vec gmres(const LinearMap& map, const arma::vec& right, double tolerance) {
  const double target = tolerance * length(right);
  arma::vec x(right.n_elem, arma::fill::zeros);
  arma::vec residual = right;
  double distance = length(residual);
  int products = 0;
  while (!(distance <= target)) {  // negated, so that NaN does not pass
    if (products >= max_products || !std::isfinite(distance))
      throw RunError(
          fmt::format("GMRES: a relative residual of {:.3g} after {} products, {:.3g} "
                      "was asked for; the matrix may be singular",
                      distance / length(right), products, tolerance));
    std::vector<arma::vec> basis{residual / distance};
    Hessenberg hessenberg(distance);
    for (double estimate = distance; estimate > target && basis.size() <= restart; ++products) {
      arma::vec next = map(basis.back());
      arma::vec column = make_orthogonal(basis, next);
      const double norm = length(next);
      column.resize(column.n_elem + 1);
      column(column.n_elem - 1) = norm;
      estimate = hessenberg.append(column);
      basis.push_back(next / norm);
    }
    add_combination(basis, hessenberg.solution(), x);
    residual = right - map(x);
    ++products;
    distance = length(residual);
  }
  return x;
}

}  // namespace rhodrift
