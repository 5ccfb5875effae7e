#pragma once

#include <cstddef>

#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/loss.hpp>

namespace rhodrift {

/// sample_loss of what a model says of a sample of the data, whether that has a class or targets.
inline LossValue sample_loss(Loss loss, const arma::vec& outputs, const Dataset& data,
                             std::size_t sample) {
  return data.is_regression() ? sample_loss(loss, outputs, arma::vec(data.targets.col(sample)))
                              : sample_loss(loss, outputs, data.labels[sample]);
}

/// Throws InputError when the loss is not one of what the data have, classes or targets. To be
/// asked before samples' losses are taken by several threads.
inline void require_loss_of(const Dataset& data, Loss loss) {
  sample_loss(loss, arma::zeros(data.n_outputs()), data, 0);
}

}  // namespace rhodrift
