#pragma once

#include <rhodrift/core/readout_error.hpp>

namespace rhodrift {

/// The error itself, once it is known to be valid and each of its matrices to be conditioned well
/// enough to be inverted. Throws InputError with the condition number otherwise.
const ReadoutError& require_groups_conditioned(const ReadoutError& error);
/// The same for the matrix of all bits together, whose condition number is the product.
const ReadoutError& require_conditioned(const ReadoutError& error);

}  // namespace rhodrift
