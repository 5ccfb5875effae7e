#pragma once

#include <armadillo>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rhodrift/core/readout_error.hpp>
#include <rhodrift/core/time.hpp>

namespace rhodrift {

/// What a calibration says of one qubit. Absent means the vendor did not say.
struct QubitCalibration {
  std::optional<double> t1_s;                ///< energy relaxation time, > 0
  std::optional<double> t2_s;                ///< coherence time, 0 < T2 <= 2 T1
  std::optional<double> frequency_hz;        ///< > 0
  std::optional<double> readout_p10;         ///< P(1|0): prob_meas1_prep0
  std::optional<double> readout_p01;         ///< P(0|1): prob_meas0_prep1
  std::optional<double> readout_duration_s;  ///< >= 0

  bool operator==(const QubitCalibration&) const = default;
};

/// What a calibration says of one gate on given operands.
struct GateCalibration {
  std::string name;                  ///< operation name, e.g. "cx"
  std::vector<int> qubits;           ///< operands in order
  std::optional<double> error;       ///< average gate infidelity, >= 0; >= 1 marks a faulty gate
  std::optional<double> duration_s;  ///< >= 0

  // Coherent error: what the gate does beside its ideal action U, the same in every run. It is part
  // of `error`. Angles are in [-pi, pi].
  /// A rotation exp(-i angle G / 2) turns this much too far: exp(-i over_rotation_rad G / 2) after
  /// U.
  std::optional<double> over_rotation_rad = {};
  /// An entangler of excitation-preserving kind is followed by FSim(theta, phi), which swaps as
  /// [[cos theta, -i sin theta], [-i sin theta, cos theta]] between |01> and |10> and gives |11>
  /// the phase exp(-i phi). Only of gates on two qubits.
  std::optional<double> fsim_theta_error_rad = {};
  std::optional<double> fsim_phi_error_rad = {};

  bool operator==(const GateCalibration&) const = default;
};

/// How far the frequency of each of two qubits rises when the other one is excited, with or without
/// a gate on: H/hbar = (pi shift_hz / 2) Z⊗Z between the two.
struct ZzCoupling {
  std::pair<int, int> qubits;  ///< first < second
  double shift_hz = 0;         ///< of either sign

  bool operator==(const ZzCoupling&) const = default;
};

/// A change that an importer or a repair made to what the vendor wrote.
struct Repair {
  std::string policy;  ///< e.g. "clamp-t2"
  std::string place;   ///< JSON pointer into this calibration
  std::string detail;  ///< the value before and after

  bool operator==(const Repair&) const = default;
};

/// Where the figures come from.
struct Provenance {
  std::string source;    ///< who published the raw file, and which one
  std::string licence;   ///< SPDX identifier of the raw file's licence
  std::string importer;  ///< "ibm-properties", "ibm-csv", "google", …

  bool operator==(const Provenance&) const = default;
};

/// One recorded state of one device: one snapshot. SI units throughout.
/// docs/formats/calibration.md describes the file format.
struct Calibration {
  std::string device;
  std::string vendor;
  UtcTime timestamp;  ///< when the vendor last updated it
  Provenance provenance;
  std::vector<std::string> native_gates;      ///< names of operations the device runs
  std::vector<std::pair<int, int>> coupling;  ///< directed pairs that carry a native 2-qubit gate
  /// What the vendor calls the qubits ("4_2", "17"), one a qubit; empty where that is the index.
  std::vector<std::string> qubit_labels;
  std::vector<QubitCalibration> qubits;
  std::vector<GateCalibration> gates;
  std::vector<ZzCoupling> zz_couplings;  ///< each pair once; pairs that are not listed are unknown
  /// Readout of groups of qubits where the vendor has it; `bits` are device qubits.
  std::vector<ConfusionMatrix> readout_matrices;
  std::vector<Repair> repairs;

  int n_qubits() const { return static_cast<int>(qubits.size()); }
  /// nullptr when the device does not list the gate on these operands in this order.
  const GateCalibration* find_gate(const std::string& name, const std::vector<int>& qubits) const;
};

}  // namespace rhodrift
