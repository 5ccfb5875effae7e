#pragma once

#include <vector>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

struct WithoutSwaps {
  Circuit circuit;
  /// Qubit i of the original ends on qubit final_qubit[i] of `circuit`; it starts on qubit i.
  std::vector<int> final_qubit;
};

/// A swap costs nothing where qubits have no place yet: what follows is said of the other qubit.
WithoutSwaps elide_swaps(const Circuit& circuit);

}  // namespace rhodrift
