#pragma once

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift::zne {

/// Folding to more than this is refused: the circuit would grow with it, the signal be gone.
inline constexpr double max_scale_factor = 1000.0;

/// A circuit whose noise is `scale_factor` times the original's, as far as gate count tells.
struct FoldedCircuit {
  Circuit circuit;
  double scale_factor;  ///< the factor reached: gates of the folded circuit / gates of the original
};

/// Global folding, U -> U (U† U)^m, then the last s gates L of U once more, L† L, so that the gate
/// count is as close to `scale_factor` times the original as folding allows. Measurements stay
/// last, the readout error is kept. T. Giurgica-Tiron et al., IEEE QCE 2020, arXiv:2005.10921.
/// A barrier over all qubits stands between the folds, so that no compiler cancels them.
/// Throws InputError when scale_factor is outside 1..max_scale_factor, a gate has no inverse, or
/// there is no gate.
FoldedCircuit fold_global(const Circuit& circuit, double scale_factor);

}  // namespace rhodrift::zne
