#pragma once

#include <cstdint>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/outcomes.hpp>

namespace rhodrift {

/// What the device would report: the probabilities of the circuit's classical bits, from those of
/// its qubits (2^n_qubits entries), with the circuit's readout error. 2^n_bits entries.
/// Throws InputError on another number of entries, a readout error of a bit that is not there, or
/// bits that are read mid-circuit (OutcomeProgram has those).
std::vector<double> reported_probabilities(const Circuit& circuit,
                                           const std::vector<double>& qubit_probabilities);

/// Draws shots. The draws of shot s depend on (seed, stream, s) only: the same table whatever the
/// number of threads. Probabilities are normalised; throws InputError when there are not 2^n of
/// them (n >= 1), one is negative by more than rounding (1e-9), their sum is off by more than
/// 1e-6.
ShotTable sample(const std::vector<double>& probabilities, std::uint64_t shots, std::uint64_t seed,
                 std::uint64_t stream);

}  // namespace rhodrift
