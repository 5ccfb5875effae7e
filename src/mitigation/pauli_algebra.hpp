#pragma once

#include <armadillo>
#include <cstddef>

namespace rhodrift {

/// Whether Paulis with these base-4 indices anticommute: digits that differ, neither I, an odd
/// number of times.
bool anticommute(std::size_t p, std::size_t q);

/// The diagonal transfer matrix of ρ -> P ρ P as a vector: -1 where Q anticommutes with P.
arma::vec conjugation_signs(std::size_t pauli, std::size_t n_paulis);

}  // namespace rhodrift
