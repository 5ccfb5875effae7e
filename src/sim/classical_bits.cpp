#include "sim/classical_bits.hpp"

namespace rhodrift {

std::vector<Bitstring> bits_read_at_the_end(const Circuit& circuit) {
  const std::vector<int> qubit_of_bit = circuit.qubit_of_bit();
  std::vector<Bitstring> bits_of_qubit(static_cast<std::size_t>(circuit.n_qubits()), 0);
  for (std::size_t bit = 0; bit < qubit_of_bit.size(); ++bit)
    if (!circuit.is_mid_circuit(static_cast<int>(bit)))
      bits_of_qubit[static_cast<std::size_t>(qubit_of_bit[bit])] = Bitstring{1} << bit;
  std::vector<Bitstring> bits(std::size_t{1} << circuit.n_qubits(), 0);
  for (std::size_t q = 0; q < bits_of_qubit.size(); ++q)
    for (std::size_t rest = 0; rest < std::size_t{1} << q; ++rest)
      bits[rest | std::size_t{1} << q] = bits[rest] | bits_of_qubit[q];
  return bits;
}

}  // namespace rhodrift
