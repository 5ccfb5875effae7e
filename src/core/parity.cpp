#include "core/parity.hpp"

#include <bit>

namespace rhodrift {

BitMask parity_mask(const PauliString& pauli, std::size_t n_words) {
  BitMask mask(n_words, 0);
  for (const PauliString::Factor& factor : pauli.factors())
    mask[static_cast<std::size_t>(factor.qubit) / 64] |= std::uint64_t{1} << (factor.qubit % 64);
  return mask;
}

double parity(OutcomeBits outcome, const BitMask& mask) {
  std::uint64_t folded = 0;  // the parity of a XOR is that of its arguments together
  for (std::size_t w = 0; w < mask.size(); ++w) folded ^= outcome[w] & mask[w];
  return std::popcount(folded) % 2 == 0 ? 1.0 : -1.0;
}

double average_parity(const Outcomes& outcomes, const BitMask& mask) {
  double sum = 0.0;
  for (std::size_t r = 0; r < outcomes.size(); ++r)
    sum += outcomes.frequency[r] * parity(outcomes.outcome(r), mask);
  return sum;
}

}  // namespace rhodrift
