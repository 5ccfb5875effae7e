#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/noise/noise_policy.hpp>

namespace rhodrift {

/// The noise that follows one gate of the device, or one wait of its qubits.
struct GateNoise {
  Channel channel;
  double average_infidelity;       ///< of `channel`
  double depolarizing_lambda;      ///< 0 when the other parts explain all of the reported error
  double relaxation_infidelity;    ///< average infidelity of the relaxation alone
  double coherent_infidelity;      ///< average infidelity of the coherent error alone
  double relaxation_s;             ///< how long the operands relax
  std::vector<std::string> notes;  ///< where the model departs from what was reported

  /// Of the depolarizing alone: λ (d - 1)/d.
  double depolarizing_infidelity() const;
  /// The identity.
  static GateNoise none(int n_qubits);
};

/// Whether the policy refuses the gate for its reported error, >= 1.
bool is_excluded(const GateCalibration& gate, const NoisePolicy& policy);

/// A gate's noise is S(α τ) D(λ') C(α θ): the coherent error first, then depolarizing, then
/// relaxation over the time τ, all of it with strength α = policy.scale. τ and λ are such that at
/// α = 1 the whole has the reported error ε. With d = 2^k for k operands, t the gate's duration,
/// and F(τ) the average fidelity of S(τ) C(θ):
///   ε >= 1 - F(t)  τ = t,  λ = min(d (ε - 1 + F(t))/(d F(t) - 1), 4^k/(4^k - 1))
///   ε < 1 - F(t)   λ = 0,  τ solves F(τ) = 1 - ε where the policy keeps the reported error (τ = 0
///                  where coherent error alone is more than that), else τ = t
///   ε missing      λ = 0,  τ = t
///   λ' = 1 - (1 - λ)^α
/// C is 1 unless the policy has coherent errors. A reset leaves |1> with probability α ε instead;
/// with α (p10 + p01)/2 when no error is reported (policy.mid_circuit).
/// Missing T1 is ∞, missing T2 is 2 T1, a missing duration is 0; each is told in the notes, as is a
/// T2 that was clamped. Without noise (policy ideal) it is the identity.
/// Throws InputError on operands outside the device, a negative error, times that are not > 0,
/// coherent errors that the gate cannot have, a gate so much longer than its qubits live that
/// d F <= 1 while ε > 1 - F, λ > 1 when it is to be scaled, and a gate that is_excluded.
GateNoise gate_noise(const Calibration& calibration, const GateCalibration& gate,
                     const NoisePolicy& policy);

/// The derivatives of gate_noise's PTM for calibration.gates[gate]: one for each figure that the
/// noise is made of and the calibration has: T1 and T2 of every operand (and its frequency where
/// there is a temperature), coherent angles, the gate's error and its duration, in this order, zero
/// ones included. Their numbers are "/qubits/q/…" and "/gates/g/…" with q and g the places in
/// `calibration`, which are those in the file it was read from. The noise has kinks; there and
/// beyond, the derivative is that of the branch gate_noise takes:
///   ε < 1 - F or absent   λ stays 0; the error moves τ where it is kept, else nothing
///   λ at its upper limit  λ stays: the error moves nothing
///   T2 > 2 T1 or missing  T2 = 2 T1: T1 moves both, the figure of T2 nothing
/// T2 = 2 T1 counts as T2's own figure, which is smooth within the range calibrations are held to.
/// Empty without noise. Throws as gate_noise does, and InputError when there is no such gate.
std::vector<ChannelDerivative> gate_noise_derivatives(const Calibration& calibration,
                                                      std::size_t gate, const NoisePolicy& policy);

}  // namespace rhodrift
