#pragma once

#include <armadillo>

#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/qnn.hpp>

namespace rhodrift {

/// The targets of a regression with mean 0 and standard deviation 1: whatever their units, they are
/// learnt from the same starts at the same rates, and losses and penalties mean the same. What was
/// learnt is brought back into the units by its head.
struct TargetScale {
  arma::vec mean;       ///< one a target
  arma::vec deviation;  ///< of the sample, 1/(n-1); > 0

  /// Of training data. Throws InputError when they are no regression, not valid, or a target is the
  /// same for all samples.
  static TargetScale of(const Dataset& data);

  /// The data with targets (y - mean)/deviation. Throws InputError when they have another number of
  /// targets.
  Dataset scaled(Dataset data) const;
  /// The head whose outputs are mean + deviation times those of `head`, which learnt scaled
  /// targets. Throws InputError when it has another number of outputs.
  AffineHead in_units(AffineHead head) const;
};

}  // namespace rhodrift
