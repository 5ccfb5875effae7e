#include "mitigation/readout/norm_estimate.hpp"

#include <algorithm>

namespace rhodrift {

namespace {

constexpr int max_steps = 5;

arma::vec signs(const arma::vec& v) {
  return arma::vec(v).transform([](double value) { return value >= 0.0 ? 1.0 : -1.0; });
}

}  // namespace

// |B x|₁ is convex in x and has its maximum over |x|₁ = 1 at a unit vector: from the gradient
// Bᵀ sign(B x), the one that promises most comes next.
double estimated_norm_1(const LinearMap& times, const LinearMap& transposed_times, arma::uword n) {
  const double size = static_cast<double>(n);
  arma::vec product = times(arma::vec(n).fill(1.0 / size));
  double norm = arma::norm(product, 1);
  if (n == 1) return norm;
  arma::uword last = n;
  for (int step = 0; step < max_steps; ++step) {
    const arma::vec gradient = transposed_times(signs(product));
    const arma::uword best = arma::index_max(arma::abs(gradient));
    if (best == last) break;
    last = best;
    arma::vec unit(n, arma::fill::zeros);
    unit(best) = 1.0;
    const arma::vec next = times(unit);
    if (arma::norm(next, 1) <= norm) break;
    product = next;
    norm = arma::norm(product, 1);
  }
  // A vector that finds what cancelled in all of these.
  arma::vec alternating(n);
  for (arma::uword i = 0; i < n; ++i)
    alternating(i) = (i % 2 == 0 ? 1.0 : -1.0) * (1.0 + static_cast<double>(i) / (size - 1.0));
  return std::max(norm, 2.0 * arma::norm(times(alternating), 1) / (3.0 * size));
}

}  // namespace rhodrift
