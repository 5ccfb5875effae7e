#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/noise/channel.hpp>

namespace rhodrift {

/// The noise that follows one gate of the device.
struct GateNoise {
  Channel channel;
  double average_infidelity;       ///< of `channel`
  double depolarizing_lambda;      ///< 0 when relaxation explains all of the reported error
  double relaxation_infidelity;    ///< average infidelity of the relaxation alone
  std::vector<std::string> notes;  ///< where the model departs from what was reported
};

/// Relaxation over the gate's duration, preceded by depolarizing that makes up for the rest of the
/// reported error. d = 2^k for k operands with e1 = exp(-t/T1), e2 = exp(-t/T2), T2 <- min(T2, 2
/// T1):
///   F_pro = Π (1 + e1 + 2 e2)/d²,  F = (d F_pro + 1)/(d + 1),  r = 1 - F,
///   λ = min(d (ε - r)/(d F - 1), 4^k/(4^k - 1))  with ε <- min(ε, d/(d + 1));  0 if ε <= r or
///   absent.
/// Missing T1 is ∞, missing T2 is 2 T1, a missing duration is 0; each is told in the notes, as is a
/// T2 that was clamped. Throws InputError on operands outside the device, a negative error, times
/// that are not > 0, and a gate so much longer than its qubits live that d F <= 1 while ε > r.
GateNoise aer_gate_noise(const Calibration& calibration, const GateCalibration& gate);

/// The derivatives of aer_gate_noise's PTM for calibration.gates[gate]: one for each figure that
/// the calibration has of T1 and T2 of every operand, of the gate's error and of its duration, in
/// this order, zero ones included. Their numbers are "/qubits/q/…" and "/gates/g/…" with q and g
/// the places in `calibration`, which are those in the file it was read from. The noise has kinks;
/// there and beyond, the derivative is that of the branch aer_gate_noise takes:
///   ε <= r or absent      λ = 0: the error moves nothing, the others relaxation alone
///   λ at its upper limit  λ stays: the error moves nothing, the others relaxation alone
///   T2 > 2 T1 or missing  T2 = 2 T1: T1 moves both, the figure of T2 nothing
/// T2 = 2 T1 counts as T2's own figure, which is smooth within the range calibrations are held to.
/// Throws as aer_gate_noise does, and InputError when there is no such gate.
std::vector<ChannelDerivative> aer_gate_noise_derivatives(const Calibration& calibration,
                                                          std::size_t gate);

}  // namespace rhodrift
