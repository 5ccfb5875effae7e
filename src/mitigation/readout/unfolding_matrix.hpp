#pragma once

#include <memory>

#include <rhodrift/core/outcomes.hpp>

#include "mitigation/readout/calibration_error.hpp"

namespace rhodrift::readout {

/// The confusion matrix between the true outcomes that unfolding considers (columns) and those that
/// are read (rows).
class UnfoldingMatrix {
 public:
  virtual ~UnfoldingMatrix() = default;

  /// The true outcomes; their frequencies do not matter.
  virtual const Outcomes& columns() const = 0;
  /// The frequencies by row.
  virtual const arma::vec& frequencies() const = 0;
  /// By seen outcome: its row.
  virtual const arma::uvec& seen_rows() const = 0;
  virtual arma::vec times(const arma::vec& p) const = 0;
  virtual arma::vec transposed_times(const arma::vec& q) const = 0;
  /// The derivative of Σ_i x_iᵀ A y_i over the columns of x and y.
  virtual ConfusionDerivative derivative(const arma::mat& x, const arma::mat& y) const = 0;
};

/// All 2^n outcomes up to max_unfolding_bits bits, as a product of small matrices; above, the seen
/// ones, as one matrix. `measured` is to outlive it.
/// Throws InputError when that are too many.
std::unique_ptr<const UnfoldingMatrix> unfolding_matrix(const MeasuredReadout& measured,
                                                        const Outcomes& outcomes);

}  // namespace rhodrift::readout
