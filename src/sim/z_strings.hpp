#pragma once

#include <cstdint>
#include <vector>

namespace rhodrift {

/// Where a Pauli vector has the string of Z on the qubits in `mask` and I on the others.
std::uint64_t z_index(std::uint64_t mask);

/// p[b] = 2^-n Σ_s (-1)^{popcount(s & b)} z[s], the outcome probabilities of a state whose string
/// of Z on the qubits in s has coefficient z[s], by a Walsh-Hadamard transform.
std::vector<double> outcome_probabilities(std::vector<double> z);

}  // namespace rhodrift
