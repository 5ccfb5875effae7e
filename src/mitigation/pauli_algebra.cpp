#include "mitigation/pauli_algebra.hpp"

namespace rhodrift {

bool anticommute(std::size_t p, std::size_t q) {
  bool odd = false;
  for (; p != 0 && q != 0; p >>= 2, q >>= 2) {
    const std::size_t a = p & 3, b = q & 3;
    odd ^= a != 0 && b != 0 && a != b;
  }
  return odd;
}

arma::vec conjugation_signs(std::size_t pauli, std::size_t n_paulis) {
  arma::vec signs(n_paulis);
  for (std::size_t q = 0; q < n_paulis; ++q) signs(q) = anticommute(pauli, q) ? -1.0 : 1.0;
  return signs;
}

}  // namespace rhodrift
