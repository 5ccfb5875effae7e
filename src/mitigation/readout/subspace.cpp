#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/distribution.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/subspace.hpp>

#include "mitigation/outcome_average.hpp"
#include "mitigation/readout/calibration_error.hpp"
#include "mitigation/readout/conditioning.hpp"
#include "mitigation/readout/gmres.hpp"
#include "mitigation/readout/norm_estimate.hpp"
#include "mitigation/readout/read_bits.hpp"
#include "mitigation/readout/subspace_matrix.hpp"

namespace rhodrift::readout {

namespace {

constexpr double left_out_mass = 1e-12;
constexpr double norm_tolerance = 1e-4;

const SubspaceOptions& checked(const SubspaceOptions& options) {
  if (options.distance && *options.distance < 0)
    throw InputError("distance", "", fmt::format("{} is negative", *options.distance));
  if (!(options.tolerance >= 1e-14 && options.tolerance <= 0.1))
    throw InputError("tolerance", "", fmt::format("{} is outside 1e-14..0.1", options.tolerance));
  return options;
}

const Outcomes& checked(const Outcomes& outcomes, const ReadoutError& error) {
  require_averageable(outcomes, {});
  require_bits_read(error, outcomes);
  return outcomes;
}

/// A flip that the calibration has never seen is in the error of what it says all the same.
int distance_of(const SubspaceOptions& options, const MeasuredReadout& measured,
                const Outcomes& outcomes) {
  const Misreading misreading(smoothed_error(measured), outcomes.n_bits);
  const int reach = misreading.reach(outcomes.size(), left_out_mass);
  return options.distance ? std::min(*options.distance, reach) : reach;
}

/// From the derivative in ρ(m,p) = a(m,p)/a(p,p), m ≠ p, that in the entries of a.
arma::mat in_entries(const arma::mat& in_ratios, const arma::mat& a) {
  const arma::vec itself = a.diag();
  arma::mat derivative = in_ratios.each_row() / itself.t();
  const arma::rowvec moved = arma::sum(derivative % a, 0);  // its diagonal is 0
  derivative.diag() = -moved.t() / itself;
  return derivative;
}

}  // namespace

/// With T = Ã diag(n), n = Tᵀ1 (see SubspaceMatrix): p = n ∘ q with q = T^-1 f, and
/// w = T^-T (n ∘ o). From v = (n ∘ o)ᵀ q and dq = -T^-1 dT q, the value depends on A by
///   dv = Σ_rc (o_c - w_r) q_c dT(r,c).
class Subspace::Implementation {
 public:
  Implementation(const MeasuredReadout& measured, const Outcomes& outcomes,
                 const SubspaceOptions& options)
      : measured_(measured),
        outcomes_(checked(outcomes, measured.error)),
        tolerance_(options.tolerance),
        misreading_(measured.error, outcomes.n_bits),
        matrix_(outcomes, misreading_, distance_of(options, measured, outcomes),
                options.matrix_bytes),
        column_sums_(matrix_.transposed_times(arma::ones(matrix_.size()))) {
    if (matrix_.size() <= max_direct_outcomes) invert();
  }

  Outcomes distribution() const { return quasi_distribution(outcomes_, weights()); }

  CalibratedEstimate expectations(std::span<const Observable> observables) const {
    require_averageable(outcomes_, observables);
    const arma::mat diagonals = tabulate(outcomes_, observables);
    arma::mat functions(arma::size(diagonals));
    for (arma::uword k = 0; k < functions.n_cols; ++k)
      functions.col(k) = transposed_inverse_times(diagonals.col(k), tolerance_);
    CalibratedEstimate result{multinomial_average(outcomes_, functions), {}};
    if (measured_.exact()) return result;
    const arma::vec q = weights() / column_sums_;
    for (arma::uword k = 0; k < functions.n_cols; ++k)
      result.derivatives.push_back(derivative(functions.col(k), diagonals.col(k), q));
    return result;
  }

  JointEstimate joint(std::span<const Observable> observables) const {
    const CalibratedEstimate estimate = expectations(observables);
    if (estimate.derivatives.empty()) return estimate.own;
    ReadExpectations read{{estimate.own}, {}};
    for (const ConfusionDerivative& derivative : estimate.derivatives)
      read.shared = arma::join_cols(read.shared, calibration_error(measured_, derivative));
    return read.joint();
  }

  double captured() const {
    const arma::vec p = weights();
    double sum = 0.0;
    for (std::size_t c = 0; c < outcomes_.size(); ++c)
      sum += p(c) * column_sums_(c) * misreading_.read_as_itself(outcomes_.outcome(c));
    return sum;
  }

  double overhead() const {
    const auto times = [this](const arma::vec& v) { return inverse_times(v, norm_tolerance); };
    const auto transposed_times = [this](const arma::vec& v) {
      return transposed_inverse_times(v, norm_tolerance);
    };
    const double norm = inverse_.empty() ? estimated_norm_1(times, transposed_times, matrix_.size())
                                         : arma::norm(inverse_, 1);
    return norm * norm;
  }

 private:
  arma::vec weights() const { return inverse_times(arma::vec(outcomes_.frequency), tolerance_); }
  ConfusionDerivative derivative(const arma::vec& w, const arma::vec& o, const arma::vec& q) const {
    ConfusionDerivative result = matrix_.derivative(-w, -o, q);
    for (std::size_t g = 0; g < result.size(); ++g)
      result[g] = in_entries(result[g], measured_.error[g].matrix);
    return result;
  }
  void invert() {
    const arma::mat reduced = matrix_.dense().each_row() / column_sums_.t();
    const bool regular = arma::inv(inverse_, reduced);
    const double condition_number =
        regular ? arma::norm(reduced, 1) * arma::norm(inverse_, 1) : arma::datum::inf;
    if (!(condition_number <= max_condition_number))
      throw InputError("readout error", "",
                       fmt::format("the confusion matrix of the {} seen outcomes has condition "
                                   "number {:.3g}, the limit is {:.3g}",
                                   matrix_.size(), condition_number, max_condition_number));
  }
  arma::vec inverse_times(const arma::vec& v, double tolerance) const {
    if (!inverse_.empty()) return inverse_ * v;
    const auto times = [this](const arma::vec& x) { return matrix_.times(x); };
    return column_sums_ % gmres(times, v, tolerance);
  }
  arma::vec transposed_inverse_times(const arma::vec& v, double tolerance) const {
    if (!inverse_.empty()) return inverse_.t() * v;
    const auto times = [this](const arma::vec& x) { return matrix_.transposed_times(x); };
    return gmres(times, column_sums_ % v, tolerance);
  }

  MeasuredReadout measured_;
  Outcomes outcomes_;
  double tolerance_;
  Misreading misreading_;
  SubspaceMatrix matrix_;
  arma::vec column_sums_;
  arma::mat inverse_;  // Ã^-1 of few outcomes, else empty
};

Subspace::Subspace(const ReadoutError& error, const Outcomes& outcomes,
                   const SubspaceOptions& options) {
  checked(options);
  require_groups_conditioned(error);
  implementation_ = std::make_unique<Implementation>(MeasuredReadout{error, {}}, outcomes, options);
}

Subspace::Subspace(const MeasuredReadout& measured, const Outcomes& outcomes,
                   const SubspaceOptions& options) {
  checked(options);
  measured.validate();
  require_groups_conditioned(measured.error);
  implementation_ = std::make_unique<Implementation>(measured, outcomes, options);
}

Subspace::~Subspace() = default;
Subspace::Subspace(Subspace&&) noexcept = default;
Subspace& Subspace::operator=(Subspace&&) noexcept = default;

Outcomes Subspace::distribution() const {
  return implementation_->distribution();
}

JointEstimate Subspace::expectations(std::span<const Observable> observables) const {
  return implementation_->joint(observables);
}

double Subspace::captured() const {
  return implementation_->captured();
}

double Subspace::overhead() const {
  return implementation_->overhead();
}

ExpectationEstimator subspace(const MeasuredReadout& measured, const SubspaceOptions& options) {
  checked(options);
  measured.validate();
  require_groups_conditioned(measured.error);
  const auto estimate = [=](const Outcomes& outcomes, std::span<const Observable> observables) {
    return Subspace::Implementation(measured, outcomes, options).expectations(observables);
  };
  return calibrated_estimator("readout/subspace", measured, estimate);
}

ExpectationEstimator subspace(const ReadoutError& error, const SubspaceOptions& options) {
  return subspace(MeasuredReadout{error, {}}, options);
}

}  // namespace rhodrift::readout
