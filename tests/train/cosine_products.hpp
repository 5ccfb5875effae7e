#pragma once

#include <cmath>

#include <rhodrift/circuit/expectation_function.hpp>

/// A stand-in for a circuit, with everything known in closed form:
///   f_k(w, x) = Π_j cos(w_j + (k + 1) x_(j mod n_features) + j / 2).
class CosineProducts : public rhodrift::ExpectationFunction {
 public:
  CosineProducts(std::size_t n_weights, std::size_t n_features, std::size_t n_observables)
      : n_weights_(n_weights), n_features_(n_features), n_observables_(n_observables) {}

  std::size_t n_weights() const override { return n_weights_; }
  std::size_t n_features() const override { return n_features_; }
  std::size_t n_observables() const override { return n_observables_; }

  arma::mat values(const arma::vec& weights, const arma::mat& features) const override {
    arma::mat f(n_observables_, features.n_cols);
    for (arma::uword b = 0; b < features.n_cols; ++b)
      for (std::size_t k = 0; k < n_observables_; ++k)
        f(k, b) = product(weights, features.col(b), k, n_weights_);
    return f;
  }

  Gradient gradient(const arma::vec& weights, const arma::mat& features,
                    const LossDerivative& loss_derivative) const override {
    Gradient result{values(weights, features), arma::zeros(n_weights_)};
    for (arma::uword b = 0; b < features.n_cols; ++b) {
      const arma::vec outer = loss_derivative(b, result.values.col(b));
      for (std::size_t k = 0; k < n_observables_; ++k)
        for (std::size_t j = 0; j < n_weights_; ++j)
          result.weights(j) -= outer(k) * std::sin(angle(weights, features.col(b), k, j)) *
                               product(weights, features.col(b), k, j);
    }
    return result;
  }

 private:
  double angle(const arma::vec& weights, const arma::vec& x, std::size_t k, std::size_t j) const {
    return weights(j) + static_cast<double>(k + 1) * x(j % n_features_) +
           static_cast<double>(j) / 2;
  }
  /// Over all factors but the one numbered `left_out`.
  double product(const arma::vec& weights, const arma::vec& x, std::size_t k,
                 std::size_t left_out) const {
    double result = 1;
    for (std::size_t j = 0; j < n_weights_; ++j)
      if (j != left_out) result *= std::cos(angle(weights, x, k, j));
    return result;
  }

  std::size_t n_weights_;
  std::size_t n_features_;
  std::size_t n_observables_;
};
