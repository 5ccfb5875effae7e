#pragma once

#include <string>
#include <string_view>

namespace rhodrift {

/// How a calibration becomes noise. docs/noise.md has every formula.
///
/// Written "ideal", "aer", "device" or "scaled:FACTOR", the last two with options:
/// "device:OPTION,…" and "scaled:FACTOR,OPTION,…". The options are "temperature-mk=T" and one
/// "no-…" for each of the switches below: no-keep-error, no-coherent, no-marginal-readout,
/// no-mid-circuit, no-idle, no-schedule, no-exclude-faulty.
struct NoisePolicy {
  bool noise = true;  ///< false: the device's gates and connections, perfect
  /// How strong the noise is, 0 to ∞: relaxation and coherent error act for `scale` times as long,
  /// depolarizing keeps (1 - λ)^scale, misreadings are `scale` times as probable.
  double scale = 1.0;
  /// Qubits relax to the thermal population at this temperature; 0: to |0>.
  double temperature_mk = 0.0;
  /// Where relaxation over a gate's duration would exceed the gate's reported error, qubits relax
  /// for the shorter time that gives the reported error.
  bool keep_error = true;
  bool coherent = true;  ///< the calibration's coherent errors: over-rotations, FSim angles, ZZ
  /// Of a group with a recorded confusion matrix any part may be read: its marginal. Otherwise the
  /// matrix is for the whole group, and parts of it have their qubits' own figures.
  bool marginal_readout = true;
  bool mid_circuit = true;  ///< qubits relax while they are read mid-circuit, resets leave some |1>
  bool idle = true;         ///< qubits relax in delays
  /// Whoever translates circuits schedules them as well (compile/schedule.hpp), with a delay
  /// wherever a qubit waits. A NoiseModel takes circuits as they are.
  bool schedule = true;
  bool exclude_faulty = true;  ///< gates with a reported error >= 1 are refused

  bool operator==(const NoisePolicy&) const = default;

  static const NoisePolicy ideal;
  /// Qiskit Aer's device noise model: relaxation plus depolarizing up to the reported error.
  static const NoisePolicy aer;
  static const NoisePolicy device;
  /// `device`, `factor` times as strong. Throws InputError when it is not finite and >= 0.
  static NoisePolicy scaled(double factor);
};

inline constexpr NoisePolicy NoisePolicy::ideal{.noise = false};
inline constexpr NoisePolicy NoisePolicy::aer{.keep_error = false,
                                              .coherent = false,
                                              .marginal_readout = false,
                                              .mid_circuit = false,
                                              .schedule = false,
                                              .exclude_faulty = false};
inline constexpr NoisePolicy NoisePolicy::device{};

/// Throws InputError that lists the known names or options.
NoisePolicy parse_noise_policy(std::string_view text);
/// The shortest text that parse_noise_policy reads as the same policy.
std::string to_string(const NoisePolicy& policy);

}  // namespace rhodrift
