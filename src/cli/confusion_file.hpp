#pragma once

#include <string>

#include <rhodrift/core/readout_error.hpp>

namespace rhodrift::cli {

/// Reads the readout error of n_bits bits from JSON: a list of n_bits 2x2 matrices, bit 0 first, or
/// one 2^n x 2^n matrix whose index has bit q of weight 2^q. A matrix is a list of its rows, row =
/// measured, column = prepared.
/// Throws InputError naming the file, the JSON pointer, the value and the limit: a shape that is
/// not one of these two, another number of matrices than of bits, an entry outside [0, 1], a column
/// whose sum is not 1 to 1e-6 (what is left is scaled away).
ReadoutError read_confusion(const std::string& file, int n_bits);

}  // namespace rhodrift::cli
