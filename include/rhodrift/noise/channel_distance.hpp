#pragma once

#include <rhodrift/noise/channel.hpp>

namespace rhodrift {

// How alike two channels on the same number of qubits are; all throw InputError when the numbers
// differ. d = 2^k.

/// The fidelity (tr √(√a b √a))² of the Choi matrices over d as states; tr(RaᵀRb)/d² where one of
/// the channels is unitary (Raginsky, Phys. Lett. A 290, 11 (2001)). In [0, 1], 1 for equal
/// channels; to about 1e-8 where neither is unitary, else to rounding.
double process_fidelity(const Channel& a, const Channel& b);

/// The fidelity <Uψ|E(ψ)|Uψ> averaged over pure states: (d F_process + 1)/(d + 1) (Nielsen, Phys.
/// Lett. A 303, 249 (2002)). Throws InputError when neither channel is unitary (to 1e-9): then this
/// is no average of fidelities.
double average_fidelity(const Channel& a, const Channel& b);

/// Bounds of ½‖a - b‖_⋄, the largest trace distance that the channels can bring about, any
/// reference system included; in [0, 1]. With J the difference of the Choi matrices, J₊ its
/// positive part and the trace over the output:
///   ½ ‖J‖₁/d  <=  ½ ‖a - b‖_⋄  <=  min(1, ‖tr_out J₊‖_∞)
/// The lower one is the trace distance on a maximally entangled input, the upper one, where it
/// says more than 1, the dual point J₊ of the semidefinite program for the norm (Watrous, Theory
/// Comput. 5, 217 (2009); as ‖tr |J|‖_∞ in Nechita et al., J. Math. Phys. 59, 052201 (2018)). They
/// coincide where tr_out J₊ is a multiple of 1: for two Pauli channels, and for a rotation about a
/// Pauli and none.
struct DiamondDistanceBounds {
  double lower;
  double upper;
};
DiamondDistanceBounds diamond_distance_bounds(const Channel& a, const Channel& b);

}  // namespace rhodrift
