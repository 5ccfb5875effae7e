#include "mitigation/zne/linear_fit.hpp"

namespace rhodrift::zne {

LinearFit fit_polynomial(const FitPoints& points, int degree) {
  const arma::uword n = points.size(), k = static_cast<arma::uword>(degree) + 1;
  if (k == n) return {lagrange_at_zero(points.x()), 0.0};
  // In x/max x: powers of large factors would spoil the condition.
  const arma::vec scaled = points.x() / points.x().max();
  arma::mat powers(n, k, arma::fill::ones);
  for (arma::uword i = 1; i < k; ++i) powers.col(i) = powers.col(i - 1) % scaled;
  arma::mat q, r;
  arma::qr_econ(q, r, points.whitened(powers));
  // β = R^-1 Qᵀ W y, and the value at 0 is β_0.
  arma::vec first(k, arma::fill::zeros);
  first(0) = 1.0;
  const arma::vec row = arma::solve(arma::trimatl(r.t()), first);  // R^-T e_0
  const arma::vec whitened = points.whitened(points.y());
  const arma::vec residuals = whitened - q * (q.t() * whitened);
  return {points.whitening().t() * (q * row), arma::dot(residuals, residuals)};
}

arma::vec lagrange_at_zero(const arma::vec& x) {
  arma::vec coefficients(x.n_elem, arma::fill::ones);
  for (arma::uword j = 0; j < x.n_elem; ++j)
    for (arma::uword k = 0; k < x.n_elem; ++k)
      if (k != j) coefficients(j) *= x(k) / (x(k) - x(j));
  return coefficients;
}

}  // namespace rhodrift::zne
