#pragma once

#include <armadillo>

#include "mitigation/readout/product_matrix.hpp"

namespace rhodrift {

/// The face of the probability simplex where only the outcomes of `support` may have probability,
/// with the quadratic form H = AᵀA restricted to it.
class SimplexFace {
 public:
  SimplexFace(const ProductMatrix& gram, arma::uvec support);

  const arma::uvec& support() const { return support_; }
  /// The x of the KKT system  H_F x - λ 1 = right, 1ᵀx = sum.
  arma::vec solve(const arma::vec& right, double sum) const;

 private:
  arma::vec solve_gram(const arma::vec& right) const;

  arma::uvec support_;
  arma::mat cholesky_;  // upper triangular R, H_F = RᵀR
  arma::vec to_ones_;   // H_F^-1 1
};

/// minimise |A p - f|² over p >= 0, Σp = 1, for a confusion matrix A of full rank: a strictly
/// convex quadratic program. Gradient projection finds the face, an exact KKT solve the optimum on
/// it (J. J. Moré, G. Toraldo, SIAM J. Optim. 1, 93 (1991)); A stays a product of small matrices.
class SimplexLeastSquares {
 public:
  /// Throws InputError when the error is invalid or too badly conditioned.
  explicit SimplexLeastSquares(const ReadoutError& error);

  struct Minimum {
    arma::vec distribution;
    SimplexFace face;  ///< holds the support of the distribution
  };
  /// `frequencies`: 2^n entries. Throws RunError when no optimum is found.
  Minimum minimise(const arma::vec& frequencies) const;

  /// How oᵀp answers to changes of f and A as long as the support stays. With M the inverse of the
  /// face's KKT matrix and u = M o_F: d(oᵀp) = uᵀ (dAᵀ (f - A p) - Aᵀ dA p + Aᵀ df), entries of u
  /// outside the face being 0.
  struct Response {
    arma::vec direction;  ///< u
    arma::vec influence;  ///< A u, the derivative in f
  };
  /// `on_face` is o_F.
  Response response(const Minimum& minimum, const arma::vec& on_face) const;

  const ProductMatrix& confusion() const { return confusion_; }

 private:
  arma::vec descend_until_face_settles(arma::vec p, const arma::vec& linear) const;
  Minimum minimise_on_face(arma::vec p, const arma::vec& linear) const;
  bool is_optimal(const Minimum& minimum, const arma::vec& linear) const;

  ProductMatrix confusion_;   // A
  ProductMatrix transposed_;  // Aᵀ
  ProductMatrix inverse_;     // A^-1
  ProductMatrix gram_;        // H = AᵀA
  double step_ = 1.0;         // 1/|H|, the longest step that gradient projection may take
};

}  // namespace rhodrift
