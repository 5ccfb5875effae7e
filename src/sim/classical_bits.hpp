#pragma once

#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/outcomes.hpp>

namespace rhodrift {

/// [state]: what the final measurements read when they find the qubits in that basis state, 2^n
/// entries. Mid-circuit bits are 0.
std::vector<Bitstring> bits_read_at_the_end(const Circuit& circuit);

}  // namespace rhodrift
