#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/noise/noise_model.hpp>
#include <rhodrift/sim/program.hpp>
#include <rhodrift/train/objective.hpp>
#include <rhodrift/train/qnn.hpp>

namespace rhodrift {

/// The expectations of a model on a device as functions of the numbers of the device's calibration
/// too: T1, T2, gate errors, readout, … of the qubits that it runs on.
class DriftingExpectations {
 public:
  /// Throws InputError when the circuit does not run on the device.
  DriftingExpectations(const Qnn& model, const NoiseModel& state, const Layout& layout);

  /// JSON pointers into the state's calibration, each once.
  const std::vector<std::string>& numbers() const { return numbers_; }

  /// Σ_k derivatives(k, b) · df_k(w, x_b)/d(number) of sample b, per SI unit of the number: exact,
  /// by one gradient a sample. n_numbers x batch; `features` is n_features x batch.
  arma::mat sensitivities(const arma::vec& weights, const arma::mat& features,
                          const arma::mat& derivatives) const;

  /// The expectations with every number changed by so much, to first order: channels and the
  /// readout error are moved along their derivatives, the schedule stays. Any small change will do;
  /// one that no calibration could have (of a probability of 0, of T2 = 2 T1) too.
  SharedExpectations moved(const arma::vec& change) const;

 private:
  /// Of what the device reports, in a readout figure.
  struct ReadoutSlope {
    std::size_t number;
    arma::mat coefficients;  ///< of each string, in each observable: n_observables x n_strings
  };

  /// `circuit` is native, with channels that have derivatives and a readout error.
  DriftingExpectations(const Qnn& model, const Circuit& circuit,
                       const std::vector<ReadoutDerivative>& readout);
  std::size_t index_of(const std::string& number);
  void add_readout(const std::vector<ReadoutDerivative>& derivatives, const Qnn& model,
                   const Circuit& circuit);

  Circuit circuit_;  ///< without its readout error, which the observables are folded with
  std::vector<Observable> observables_;
  Program program_;
  std::vector<std::string> numbers_;
  std::vector<ReadoutSlope> readout_;
  std::vector<PauliString> strings_;  ///< that the readout slopes are made of
  SharedExpectations string_values_;  ///< null where there are none
};

}  // namespace rhodrift
