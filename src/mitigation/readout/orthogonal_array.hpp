#pragma once

#include <cstdint>
#include <vector>

namespace rhodrift {

/// The fewest rows that an orthogonal array of strength 3 over n_bits two-level factors has here:
/// 2^(1 + ⌈log2 n_bits⌉).
std::uint64_t min_balanced_patterns(int n_bits);

/// `n_rows` patterns of n_bits bits, in words like an outcome, in which any three bits take each of
/// their 8 values equally often (any two, any one likewise). Row 0 is all zeros, and with a row its
/// complement is one. n_rows is a power of two, at least min_balanced_patterns(n_bits).
///
/// Bit i of row j is the parity of j & h_i with h_i = 2^(m-1) + i, n_rows = 2^m: the first-order
/// Reed-Muller code. No two or three different h_i add up to 0, which is what strength 3 means.
/// A. S. Hedayat, N. J. A. Sloane, J. Stufken, Orthogonal Arrays (1999), section 4.
std::vector<std::vector<std::uint64_t>> balanced_patterns(int n_bits, std::uint64_t n_rows);

}  // namespace rhodrift
