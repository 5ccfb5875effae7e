#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rhodrift {

/// Pairs of qubits; of controlled gates the first is the control.
using QubitPairs = std::vector<std::pair<int, int>>;

enum class EntanglementPattern {
  linear,    ///< 0-1, 1-2, …
  circular,  ///< of more than 2 qubits the pair (n-1)-0, then linear
  full,      ///< all pairs, 0-1, 0-2, …, 1-2, …
};

/// Which pairs of qubits a layer of two-qubit gates is on: a pattern, or the pairs themselves.
using Entanglement = std::variant<EntanglementPattern, QubitPairs>;

/// The pairs in the order of the gates. Throws InputError when a given pair is not two of the
/// n_qubits.
QubitPairs qubit_pairs(const Entanglement& entanglement, int n_qubits);

/// "linear", "circular", "full", or the pairs: "0-1,1-2". Throws InputError.
Entanglement parse_entanglement(std::string_view text);
/// What parse_entanglement reads; no pairs at all are "none".
std::string to_string(const Entanglement& entanglement);

}  // namespace rhodrift
