#pragma once

#include <cstdint>
#include <span>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift::readout {

/// |0…0> with x on the qubits of the bits in `pattern` (words like an outcome), read as `circuit`
/// reads: the same qubits into the same bits, with the same readout error.
/// Throws InputError when `circuit` reads a qubit into two bits.
Circuit prepared_circuit(const Circuit& circuit, std::span<const std::uint64_t> pattern);

/// `circuit` with an x before the measurement of every bit in `pattern`. Throws as above, and when
/// a measurement is not final.
Circuit flipped_before_readout(const Circuit& circuit, std::span<const std::uint64_t> pattern);

}  // namespace rhodrift::readout
