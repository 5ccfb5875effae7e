#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/core/pauli.hpp>

namespace rhodrift {

/// The words of one outcome, see Outcomes.
using OutcomeBits = std::span<const std::uint64_t>;
/// A set of bits, in words like an outcome.
using BitMask = std::vector<std::uint64_t>;

/// The bits whose parity a diagonal Pauli string is; n_words must reach its highest.
BitMask parity_mask(const PauliString& pauli, std::size_t n_words);
/// (-1)^(number of ones of `outcome` under `mask`)
double parity(OutcomeBits outcome, const BitMask& mask);

/// The average of the parity under `mask`.
double average_parity(const Outcomes& outcomes, const BitMask& mask);

}  // namespace rhodrift
