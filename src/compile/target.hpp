#pragma once

#include <armadillo>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/circuit/operation.hpp>

namespace rhodrift {

/// The index of a qubit (or a node) in a container.
inline std::size_t at(int number) {
  return static_cast<std::size_t>(number);
}

/// What compilation asks of a device: its gates by operands, and what each qubit and each coupling
/// costs, as -log of a fidelity, so that costs of what is used add up. The calibration must outlive
/// it.
class Target {
 public:
  explicit Target(const Calibration& calibration);

  const Calibration& calibration() const { return calibration_; }
  int n_qubits() const { return calibration_.n_qubits(); }

  /// The gate on these device qubits in this order; nullptr when the device does not list it there,
  /// or as faulty (error >= 1).
  const GateCalibration* gate(Op op, const std::vector<int>& qubits) const;
  /// Also finds faulty ones.
  const GateCalibration* listed_gate(Op op, const std::vector<int>& qubits) const;
  /// Whether one of the gates that others are made of works there: a pulse (sx, u2, u3, rx) on one
  /// qubit, an entangler, either way round, on two.
  bool any_works(const std::vector<int>& qubits) const;

  /// -log(1 - ε) of one pulse (sx, or what the device has in its place), ∞ where the qubit has no
  /// working one that reports its error; 0 everywhere when no pulse of the device does.
  double pulse_cost(int qubit) const { return pulse_cost_[at(qubit)]; }
  /// -log(1 - (p10 + p01)/2), ∞ where a figure is missing.
  double readout_cost(int qubit) const { return readout_cost_[at(qubit)]; }
  /// -log(1 - ε), once for each that a cx takes, with ε the lowest reported error of an entangler
  /// of the lowest rank on the pair, either way round; ∞ where none works or a qubit has no pulse.
  double coupling_cost(int a, int b) const {
    return coupling_cost_(static_cast<arma::uword>(a), static_cast<arma::uword>(b));
  }
  bool coupled(int a, int b) const { return distance(a, b) == 1; }
  /// The qubits coupled to this one, ascending.
  const std::vector<int>& neighbours(int qubit) const { return neighbours_[at(qubit)]; }
  /// The number of couplings on the shortest way; n_qubits() where there is none.
  int distance(int a, int b) const { return distance_[at(a) * neighbours_.size() + at(b)]; }

 private:
  void read_gates();
  void read_pulses();
  void read_couplings();
  void measure_distances();

  const Calibration& calibration_;
  std::unordered_map<std::uint64_t, const GateCalibration*> gates_;
  std::vector<double> pulse_cost_;
  std::vector<double> readout_cost_;
  arma::mat coupling_cost_;
  std::vector<std::vector<int>> neighbours_;
  std::vector<int> distance_;
};

/// -log(1 - ε); ∞ when ε is missing or >= 1.
double cost_of_error(std::optional<double> error);

}  // namespace rhodrift
