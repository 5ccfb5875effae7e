#pragma once

#include <string>
#include <vector>

#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>

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

/// Reads the counts of calibration circuits of n_bits bits: a JSON list of
///   {"prepared": "0110", "counts": {"0110": 980, "0111": 20, …}},
/// a state each, in any number and order. Throws InputError as read_counts, with the state in the
/// place, and when a bitstring has another number of bits.
std::vector<readout::PreparedState> read_calibration_counts(const std::string& file, int n_bits,
                                                            BitOrder order);

}  // namespace rhodrift::cli
