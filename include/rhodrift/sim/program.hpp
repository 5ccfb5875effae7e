#pragma once

#include <armadillo>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/sim/pauli_vector.hpp>

namespace rhodrift {

/// The derivatives of a scalar that was computed from a circuit's expectations.
struct ProgramGradient {
  arma::vec expectations;  ///< one an observable
  arma::vec weights;       ///< d scalar / d weight
  arma::vec features;      ///< d scalar / d feature
};

/// A circuit compiled for running many times: a list of steps, each one matrix on one or two digits
/// of the Pauli vector. Gates and channels that follow each other on the same digits are one step.
/// Matrices without parameters are made once, the others at each binding.
class Program {
 public:
  /// Throws InputError on channels of more than 2 qubits and on states that do not fit in memory.
  explicit Program(const Circuit& circuit);

  int n_qubits() const { return n_qubits_; }
  int n_weights() const { return n_weights_; }
  int n_features() const { return n_features_; }
  std::size_t n_steps() const { return steps_.size(); }

  /// The state at the end, from |0…0>. Like all that takes a binding it throws InputError when a
  /// number is missing, left over or not finite.
  PauliVector run(const Binding& binding) const;
  arma::vec expectations(const Binding& binding, std::span<const Observable> observables) const;

  /// Exact gradient of a scalar L(<O_1>, …, <O_m>) by one forward and one backward pass: states
  /// before every step are kept, the observable Σ_k dL/d<O_k> O_k is propagated back through R^T,
  /// and each parametric step is contracted with its environment. `derivative` gives dL/d<O_k> at
  /// the values. Takes n_steps + 2 vectors of 4^n doubles; throws InputError when they do not fit,
  /// those of all threads when called in an OpenMP parallel region, or when `derivative` does not
  /// return one number an observable.
  ProgramGradient gradient(const Binding& binding, std::span<const Observable> observables,
                           const std::function<arma::vec(const arma::vec&)>& derivative) const;

 private:
  /// One gate with angles, or a constant matrix, on the digits of its step.
  struct Factor {
    TransferMatrix constant;  // used when op == Op::channel
    Op op = Op::channel;
    std::vector<Angle> angles;  // parametric gates
    bool reversed = false;      // operands are the step's digits in the other order
  };
  struct Step {
    std::vector<int> qubits;
    std::vector<Factor> factors;  // applied first to last
    bool constant() const { return factors.size() == 1 && factors[0].op == Op::channel; }
  };

  static Factor make_factor(const Instruction& instruction);
  void add(const Instruction& instruction, std::vector<int>& last_step_of_qubit);
  void require_bound(const Binding& binding) const;
  static TransferMatrix matrix_of(const Factor& factor, const Binding& binding);
  static TransferMatrix matrix_of(const Step& step, const Binding& binding);
  static void apply(const Step& step, const TransferMatrix& matrix, PauliVector& state);
  static void add_parameter_derivatives(const Step& step, const Binding& binding,
                                        const arma::mat& environment, ProgramGradient& gradient);
  PauliVector observable_vector(std::span<const Observable> observables,
                                const arma::vec& coefficients) const;

  int n_qubits_;
  int n_weights_;
  int n_features_;
  std::vector<Step> steps_;
};

}  // namespace rhodrift
