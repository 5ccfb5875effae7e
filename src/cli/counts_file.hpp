#pragma once

#include <string>

#include <rhodrift/core/outcomes.hpp>

#include "cli/bit_order.hpp"

namespace rhodrift::cli {

/// Reads the counts of one circuit, told apart by what is in the file:
/// - a JSON object {"0110": 12, …},
/// - CSV records "0110,12", the first of which may be the header "bitstring,count",
/// - "FILE@NAME": the shots NAME of a run file, whose bits have an order of their own.
/// A bitstring may come with 0 shots, but only once. Throws InputError naming the file, the place
/// in it (JSON pointer or line), the value and the limit when bitstrings differ in length, one
/// holds another character than 0 and 1, a count is no whole number in 0..2^53, or there are no
/// shots.
Outcomes read_counts(const std::string& argument, BitOrder order);

}  // namespace rhodrift::cli
