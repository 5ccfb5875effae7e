#pragma once

#include <string>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/noise/channel.hpp>

namespace rhodrift {

/// The relaxation of some qubits of a device, side by side, as a function of time. Missing T1 is ∞;
/// T2 that is missing or beyond 2 T1 is 2 T1; a qubit without a frequency relaxes to |0> whatever
/// the temperature is. The calibration has to live as long.
class Relaxation {
 public:
  /// `qubits` are on the device, operand 0 first.
  Relaxation(const Calibration& calibration, const std::vector<int>& qubits, double temperature_mk);

  /// Throws InputError as thermal_relaxation does.
  TransferMatrix ptm(double duration_s) const;
  TransferMatrix in_duration(double duration_s) const;
  /// In the figures that the calibration has: T1 and T2 of every qubit, and its frequency where
  /// there is a temperature.
  std::vector<ChannelDerivative> in_figures(double duration_s) const;
  /// What is assumed for figures that the qubits do not have. `name` is what relaxes.
  std::vector<std::string> notes(const std::string& name) const;

 private:
  struct Qubit {
    int number;
    const QubitCalibration* figures;
    double t1_s;
    double t2_s;
    bool t2_is_2_t1;  // for want of a figure, or because the figure is beyond it
    double excited_population;
    double population_in_frequency;
  };
  std::vector<TransferMatrix> factors(double duration_s) const;
  /// Of one qubit, in the figures of the calibration.
  static RelaxationDerivatives factor_derivatives(const Qubit& qubit, double duration_s);

  std::vector<Qubit> qubits_;
  bool is_warm_;
};

}  // namespace rhodrift
