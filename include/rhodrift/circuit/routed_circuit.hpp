#pragma once

#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>

namespace rhodrift {

/// A circuit as it runs on qubits of a device, and what is read of it there: the same expectations,
/// of the same weights and features, as of the circuit and the observables that it stands for.
struct RoutedCircuit {
  Circuit circuit;
  std::vector<Observable> observables;  ///< on the qubits where what they read ends
  /// The device qubit of each of the circuit's qubits: first those that the qubits it stands for
  /// start on, then the others that swaps go through.
  std::vector<int> layout;
};

}  // namespace rhodrift
