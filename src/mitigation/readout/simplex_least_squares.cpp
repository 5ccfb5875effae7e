#include "mitigation/readout/simplex_least_squares.hpp"

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/distribution.hpp>

#include "mitigation/readout/conditioning.hpp"

namespace rhodrift {

namespace {

// Everything is of order 1 here: p and f are distributions and |Aᵀr|_∞ <= |r|_∞, since A's columns
// sum to 1. So absolute tolerances will do.
constexpr double multiplier_tolerance = 1e-12;
constexpr int settled_after = 4;  // steps of gradient projection with the same support
constexpr int max_gradient_steps = 1000;
constexpr int max_faces = 1000;

arma::vec on_support(const arma::vec& values, const arma::uvec& support) {
  return values.elem(support);
}

}  // namespace

SimplexFace::SimplexFace(const ProductMatrix& gram, arma::uvec support)
    : support_(std::move(support)) {
  if (!arma::chol(cholesky_, gram.submatrix(numbered_outcomes(support_))))
    throw RunError("least squares readout mitigation: a confusion matrix is singular on a face");
  to_ones_ = solve_gram(arma::ones(support_.n_elem));
}

arma::vec SimplexFace::solve_gram(const arma::vec& right) const {
  return arma::solve(arma::trimatu(cholesky_),
                     arma::vec(arma::solve(arma::trimatl(cholesky_.t()), right)));
}

arma::vec SimplexFace::solve(const arma::vec& right, double sum) const {
  const arma::vec unconstrained = solve_gram(right);
  const double multiplier = (sum - arma::accu(unconstrained)) / arma::accu(to_ones_);
  return unconstrained + multiplier * to_ones_;
}

SimplexLeastSquares::SimplexLeastSquares(const ReadoutError& error)
    : confusion_(require_conditioned(error), [](const arma::mat& a) { return a; }),
      transposed_(error, [](const arma::mat& a) { return arma::mat(a.t()); }),
      inverse_(error, [](const arma::mat& a) { return arma::mat(arma::inv(a)); }),
      gram_(error, [](const arma::mat& a) { return arma::mat(a.t() * a); }) {
  for (const ProductMatrix::Factor& factor : gram_.factors()) step_ /= arma::norm(factor.matrix, 2);
}

SimplexLeastSquares::Minimum SimplexLeastSquares::minimise(const arma::vec& frequencies) const {
  const arma::vec linear = transposed_ * frequencies;
  arma::vec p = readout::closest_distribution(inverse_ * frequencies);
  // Each round ends at the optimum of a face and the next goes down from there, so no face comes
  // twice and the rounds end.
  for (int round = 0; round < max_faces; ++round) {
    Minimum minimum = minimise_on_face(descend_until_face_settles(std::move(p), linear), linear);
    if (is_optimal(minimum, linear)) return minimum;
    p = std::move(minimum.distribution);
  }
  throw RunError("least squares readout mitigation: no optimum within " +
                 std::to_string(max_faces) + " faces of the simplex");
}

arma::vec SimplexLeastSquares::descend_until_face_settles(arma::vec p,
                                                          const arma::vec& linear) const {
  int settled = 0;
  for (int i = 0; i < max_gradient_steps && settled < settled_after; ++i) {
    const arma::vec next = readout::closest_distribution(p - step_ * (gram_ * p - linear));
    const bool same_support = arma::all((next > 0.0) == (p > 0.0));
    settled = same_support ? settled + 1 : 0;
    p = next;
  }
  return p;
}

SimplexLeastSquares::Minimum SimplexLeastSquares::minimise_on_face(arma::vec p,
                                                                   const arma::vec& linear) const {
  for (;;) {
    SimplexFace face(gram_, arma::find(p > 0.0));
    const arma::uvec& support = face.support();
    const arma::vec here = p.elem(support);
    const arma::vec target = face.solve(on_support(linear, support), 1.0);
    if (target.min() > 0.0) {
      p.elem(support) = target;
      return {std::move(p), std::move(face)};
    }
    // Go towards the face's optimum until the first probability reaches 0; it stays there.
    const arma::uvec falling = arma::find(target <= 0.0);
    const arma::vec share = here.elem(falling) / (here.elem(falling) - target.elem(falling));
    p.elem(support) = arma::clamp(here + share.min() * (target - here), 0.0, 1.0);
    p(support(falling(share.index_min()))) = 0.0;
  }
}

bool SimplexLeastSquares::is_optimal(const Minimum& minimum, const arma::vec& linear) const {
  // On the face the gradient is the multiplier λ of Σp = 1; elsewhere it must not be below.
  const arma::vec gradient = gram_ * minimum.distribution - linear;
  const double multiplier = arma::mean(on_support(gradient, minimum.face.support()));
  return gradient.min() >= multiplier - multiplier_tolerance;
}

SimplexLeastSquares::Response SimplexLeastSquares::response(const Minimum& minimum,
                                                            const arma::vec& on_face) const {
  arma::vec direction(minimum.distribution.n_elem, arma::fill::zeros);
  direction.elem(minimum.face.support()) = minimum.face.solve(on_face, 0.0);
  arma::vec influence = confusion_ * direction;
  return {std::move(direction), std::move(influence)};
}

}  // namespace rhodrift
