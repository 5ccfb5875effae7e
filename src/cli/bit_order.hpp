#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include <rhodrift/circuit/observable.hpp>

namespace rhodrift::cli {

/// Which character of a bitstring is bit 0.
enum class BitOrder { right, left };

/// Adds --bit-order, "right" or "left".
void add_bit_order(CLI::App& verb, BitOrder& order);

/// The text with bit 0 rightmost, as the library has it, from the given order; or back.
std::string reordered(std::string text, BitOrder order);

/// "ZZII", a letter a bit in the order of a bitstring's characters, or what Observable::parse reads
/// ("Z0 Z2"). Throws InputError naming --observable when it has another number of letters, or
/// speaks of a bit that is not there or of X or Y, which bits do not tell.
Observable parse_observable(const std::string& text, int n_bits, BitOrder order);

}  // namespace rhodrift::cli
