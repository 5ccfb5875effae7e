#pragma once

#include <cstdint>
#include <vector>

namespace rhodrift {

/// Where a Pauli vector has the string of Z on the qubits in `mask` and I on the others.
std::uint64_t z_index(std::uint64_t mask);

/// In place, unnormalised: x[b] <- Σ_s (-1)^|s∧b| x[s]. x has 2^n numbers.
template <typename Number>
void walsh_hadamard(std::vector<Number>& x) {
  for (std::size_t half = 1; half < x.size(); half *= 2)
    for (std::size_t block = 0; block < x.size(); block += 2 * half)
      for (std::size_t i = block; i < block + half; ++i) {
        const Number a = x[i], b = x[i + half];
        x[i] = a + b;
        x[i + half] = a - b;
      }
}

/// p[b] = 2^-n Σ_s (-1)^|s∧b| z[s], the outcome probabilities of a state whose string of Z on the
/// qubits in s has coefficient z[s].
std::vector<double> outcome_probabilities(std::vector<double> z);

}  // namespace rhodrift
