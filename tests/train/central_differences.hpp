#pragma once

#include <armadillo>

/// The gradient of f at `at` from (f(x + h) - f(x - h))/(2h), entry by entry.
template <typename Function>
arma::vec central_differences(const Function& f, const arma::vec& at, double h = 1e-5) {
  arma::vec differences(at.n_elem);
  for (arma::uword i = 0; i < at.n_elem; ++i) {
    arma::vec up = at, down = at;
    up(i) += h;
    down(i) -= h;
    differences(i) = (f(up) - f(down)) / (2 * h);
  }
  return differences;
}
