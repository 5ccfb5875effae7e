#pragma once

#include <armadillo>
#include <string>
#include <utility>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>

namespace rhodrift {

/// What follows a gate in every run alike: a product of rotations exp(-i angle G/2).
struct CoherentError {
  arma::cx_mat unitary;
  /// d unitary/d(number), by the number's JSON pointer in the calibration file.
  std::vector<std::pair<std::string, arma::cx_mat>> derivatives;
};

/// Of a gate, every angle `scale` times as large: its over-rotation about its own axis, then an
/// FSim. `place` is the gate's JSON pointer. Throws InputError on an over-rotation of a gate that
/// is no rotation about one axis, an FSim angle of one that is not on two qubits, and angles that
/// are not finite.
CoherentError gate_coherent_error(const Calibration& calibration, const GateCalibration& gate,
                                  const std::string& place, double scale);

/// exp(-i (π/2) scale shift_hz t Z⊗Z): what couples two qubits while both wait. `place` is the
/// coupling's JSON pointer.
CoherentError zz_coherent_error(const ZzCoupling& coupling, const std::string& place,
                                double duration_s, double scale);

}  // namespace rhodrift
