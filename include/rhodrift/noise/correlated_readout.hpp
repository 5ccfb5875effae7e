#pragma once

#include <armadillo>
#include <vector>

#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/core/readout_error.hpp>

namespace rhodrift {

// What the confusion matrix of a group of bits says of a part of it. Its column and row indices
// have bits[0] as the least significant bit; `part` names bits of the group, and its order is that
// of the result. All throw InputError when the group is invalid or `part` is empty, repeats a bit
// or has one that is not in the group.

/// The part when nothing is known of the other bits: P(m|p) summed over what they are read as, and
/// averaged over what they are prepared in.
ConfusionMatrix marginal_confusion(const ConfusionMatrix& group, const std::vector<int>& part);

/// The part when the other bits are prepared in the given basis state, whose bit i is the i-th of
/// them in the group's order: P(m|p) summed over what they are read as. Throws InputError when the
/// state has more bits.
ConfusionMatrix conditional_confusion(const ConfusionMatrix& group, const std::vector<int>& part,
                                      Bitstring others_prepared);

/// Readout crosstalk. Entry (i, j): by how much P(bit i is read as 1) changes when bit j is
/// prepared in |1> instead of |0>, at most, over the preparations of all other bits and of bit i. 0
/// on the diagonal, and everywhere when each bit is misread for itself.
arma::mat readout_crosstalk(const ConfusionMatrix& group);

/// How far the bits are from being misread independently: the largest total variation distance,
/// over prepared states, between a column and that of the product of the bits' marginals. In [0,
/// 1].
double readout_correlation(const ConfusionMatrix& group);

}  // namespace rhodrift
