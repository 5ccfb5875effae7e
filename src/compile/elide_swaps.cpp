#include "compile/elide_swaps.hpp"

#include <rhodrift/calibration/layout.hpp>

namespace rhodrift {

WithoutSwaps elide_swaps(const Circuit& circuit) {
  WithoutSwaps result{Circuit(circuit.n_qubits()), trivial_layout(circuit.n_qubits())};
  std::vector<int>& place = result.final_qubit;
  for (Instruction instruction : circuit.instructions()) {
    if (instruction.op == Op::swap) {
      std::swap(place[static_cast<std::size_t>(instruction.qubits[0])],
                place[static_cast<std::size_t>(instruction.qubits[1])]);
      continue;
    }
    for (int& q : instruction.qubits) q = place[static_cast<std::size_t>(q)];
    result.circuit.append(instruction);
  }
  return result;
}

}  // namespace rhodrift
