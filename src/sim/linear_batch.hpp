#pragma once

#include <optional>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/expectation_function.hpp>

#include "sim/engine.hpp"

namespace rhodrift {

/// A circuit as what holds the features, and after it what holds the weights.
struct EncoderAnsatz {
  Circuit encoder;  ///< operations with features, and those before them on the same qubits
  Circuit ansatz;   ///< all others
};

/// Nothing when there are no features, an operation with a weight comes before one with a feature
/// on some path of qubits, or the circuit measures midway or post-selects.
std::optional<EncoderAnsatz> split(const Circuit& circuit);

/// The expectations of a whole batch, by linearity. An observable is carried back through the
/// ansatz once, λ_k = Aᵀ o_k; then each sample costs an inner product with its encoded state
/// r(x_b), and the gradient of a loss in the weights is that of Σ_k λ_k · Σ_b g_kb r(x_b): one way
/// forth and back an observable, whatever the batch. Where the loss's slopes g are of lower rank
/// than there are observables (softmax: one less than there are classes), the way back is one of so
/// many mixed observables.
class LinearBatch {
 public:
  /// `observables` are of the circuit's qubits.
  LinearBatch(const EncoderAnsatz& circuit, int n_weights, std::vector<Observable> observables);
  LinearBatch(const LinearBatch&) = delete;
  LinearBatch& operator=(const LinearBatch&) = delete;

  /// Whether it is faster than one run a sample.
  bool pays(std::size_t n_samples) const;
  /// n_observables x samples; `features` is n_features x samples.
  arma::mat values(const arma::vec& weights, const arma::mat& features) const;
  ExpectationFunction::Gradient gradient(
      const arma::vec& weights, const arma::mat& features,
      const ExpectationFunction::LossDerivative& loss_derivative) const;

 private:
  using State = Engine<double>::State;

  /// States of every sample on some of the qubits, without the Pauli strings that none of them has:
  /// what RY encodes has no Y.
  struct PartialStates {
    explicit PartialStates(arma::mat of_samples);
    bool all() const { return strings.n_elem == n_strings; }

    arma::uword n_strings;  ///< 4^qubits
    arma::uvec strings;     ///< those that there are, in order
    arma::mat states;       ///< samples x strings
  };
  /// r(x_b) as low ⊗ high: half of the qubits each if the encoder has no 2-qubit operation, else
  /// all are high.
  struct EncodedStates {
    PartialStates low, high;
    bool all() const { return low.all() && high.all(); }
  };

  /// Σ_k λ_k · s_k as a sum over no more observables than the rank of the slopes.
  struct Mixture {
    std::vector<Observable> observables;
    arma::mat slopes;  ///< observables x samples
  };

  Engine<double>::Bound bind(const arma::vec& weights, Direction direction) const;
  EncodedStates encode(const arma::mat& features) const;
  arma::mat whole_states(const arma::mat& features) const;
  arma::mat product_states(const arma::mat& features, int first_qubit, int n_qubits) const;
  Mixture mixed(const arma::mat& slopes) const;
  std::size_t n_groups(std::size_t n_observables) const;
  State group_of(const std::vector<Observable>& observables, std::size_t group) const;
  arma::mat at_strings(const State& lambda, const EncodedStates& states) const;
  void set_overlaps(const State& lambda, std::size_t group, const EncodedStates& states,
                    arma::mat& values) const;
  State weighted_sum(const EncodedStates& states, std::size_t group, const arma::mat& slopes) const;

  int n_qubits_, n_weights_;
  std::vector<Observable> observables_;
  std::vector<std::vector<Factor>> qubit_encoders_;  // by qubit, of a product encoder
  std::optional<Engine<double>> encoder_;            // any other
  /// The ansatz transposed: what it runs are observables, and what it carries back are states.
  Engine<double> heisenberg_;
  const PassRunner<double>& runner_;  // of heisenberg_; a group of observables fills its lanes
};

}  // namespace rhodrift
