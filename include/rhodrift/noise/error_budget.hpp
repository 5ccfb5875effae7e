#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/noise/noise_model.hpp>

namespace rhodrift {

/// Infidelity by cause. A channel's is shared out in proportion to what relaxation, depolarizing
/// and coherent error would have alone, so that shares add up to the infidelity of the channel.
/// Readout is the probability to misread, averaged over prepared states; what resets leave is
/// counted there.
struct ErrorShares {
  double relaxation = 0.0;
  double depolarizing = 0.0;
  double coherent = 0.0;
  double readout = 0.0;

  double total() const { return relaxation + depolarizing + coherent + readout; }
  ErrorShares& operator+=(const ErrorShares& other);
  friend ErrorShares operator*(double factor, const ErrorShares& shares);
};

/// The errors of one kind of operation: a gate's name, "readout", and in circuits "delay",
/// "measure" (relaxation while a qubit is read mid-circuit) and "zz" (coupled qubits that wait).
struct KindErrors {
  std::string kind;
  std::size_t count = 0;          ///< gates of the device; operations of the circuit
  std::size_t n_excluded = 0;     ///< faulty gates, which `count` does not have
  ErrorShares errors;             ///< mean over the device; sum over the circuit
  double worst = 0.0;             ///< largest total of one operation …
  std::vector<int> worst_qubits;  ///< … and its device qubits
};

/// The errors of one device qubit. What operations have on several qubits is shared among them:
/// relaxation in proportion to that of each, the rest equally.
struct QubitErrors {
  int qubit = 0;
  ErrorShares errors;
};

/// What dominates the noise: by kind with the largest total first, by qubit in ascending order.
struct ErrorBudget {
  std::vector<KindErrors> by_kind;
  std::vector<QubitErrors> by_qubit;
};

/// Of a whole device, in average infidelities, which is what devices report. By kind: the mean over
/// all gates that are not excluded. By qubit: what one gate of each kind, the mean of those on the
/// qubit, and one reading cost it. Throws InputError as NoiseModel does.
ErrorBudget device_error_budget(const NoiseModel& model);

struct CircuitErrorBudget {
  ErrorBudget errors;
  /// 1 - Π (1 - e) over all channels and readings: exact for Pauli errors of which no two cancel.
  double expected_infidelity = 0.0;
};

/// Of a circuit in native gates, its qubit i on device qubit layout[i], in process infidelities e,
/// which add up: 1 - e = tr R/4^k of a channel, the mean probability to read it right of a group of
/// bits. Sums over the circuit. Throws InputError as NoiseModel::apply does.
CircuitErrorBudget circuit_error_budget(const NoiseModel& model, const Circuit& circuit,
                                        const Layout& layout);

}  // namespace rhodrift
