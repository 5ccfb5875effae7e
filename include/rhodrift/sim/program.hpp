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
  arma::vec numbers;       ///< d scalar / d number of the calibration, see Program::numbers
};

/// The same for many bindings, a column each.
struct ProgramGradients {
  arma::mat expectations;  ///< n_observables x bindings
  arma::mat weights;       ///< n_weights x bindings
  arma::mat features;      ///< n_features x bindings
  arma::mat numbers;       ///< n_numbers x bindings
};

/// Many bindings of one circuit, a column each. A single column of weights or features goes with
/// every binding.
struct BindingBatch {
  std::size_t size;
  const arma::mat& weights;   ///< n_weights x size, or x 1
  const arma::mat& features;  ///< n_features x size, or x 1

  /// Throws InputError when a matrix has neither 1 nor `size` columns.
  void validate() const;
  Binding operator[](std::size_t b) const;
};

/// The numbers that a state is made of. A gradient's sums and all results are doubles.
enum class Precision { float32, float64 };

struct ProgramOptions {
  Precision precision = Precision::float64;
  /// What the states of one run or one gradient may take; 0: all that the machine has.
  std::uint64_t memory_bytes = 0;
  /// Largest MemoryPlan::inversion_error with which a gradient may undo steps; 0: never.
  double inversion_limit = 1e-8;
};

/// What runs and gradients of a program take, known before they run.
struct MemoryPlan {
  /// How a gradient has the states again that it goes back through. Chosen is the first that may be
  /// and that fits, in the order invert, store, checkpoint, which is that of the time they take.
  enum class Gradient {
    store,       ///< one is kept where each pass begins
    checkpoint,  ///< one is kept every `interval` passes, the others are computed once more
    invert,      ///< none is kept; steps are undone by their inverses
    none,        ///< no way fits into the memory
  };

  std::uint64_t run_bytes;       ///< of the state
  std::uint64_t gradient_bytes;  ///< of all states held at once; 0 with Gradient::none
  Gradient gradient;
  std::size_t interval;  ///< passes from one kept state to the next; 0: none is kept
  /// Not less than what rounding adds to a derivative of one Pauli string if steps are undone.
  /// Infinite when a step has no inverse (a reset).
  double inversion_error;
};

/// A circuit compiled for running many times; docs/architecture.md explains the engine. Gates and
/// channels that follow each other on the same digits of the Pauli vector are one step, steps are
/// run by kernels that know where a matrix has zeros, and in passes over tiles that fit the cache.
/// Results do not depend on the number of threads. Cheap to copy, and to make again: programs of
/// the same circuit and options share what was compiled while any of them lives.
class Program {
 public:
  /// Throws InputError on channels of more than 4 qubits, on channels of more than 2 that have
  /// derivatives, and on states that do not fit in memory.
  explicit Program(const Circuit& circuit, const ProgramOptions& options = {});

  int n_qubits() const;
  int n_weights() const;
  int n_features() const;
  std::size_t n_steps() const;
  Precision precision() const;
  MemoryPlan memory() const;

  /// Throws InputError when a number is missing, left over or not finite; so does all that takes a
  /// binding. All but run_unnormalised also throw it when the post-selections have a probability
  /// below 1e-14, with the one at which it vanishes.
  void validate(const Binding& binding) const;
  /// The state at the end, from |0…0>, given the circuit's post-selections; one of float32 takes
  /// three times its memory here.
  PauliVector run(const Binding& binding) const;
  /// The same state times the probability that all post-selections succeed, which is its trace.
  PauliVector run_unnormalised(const Binding& binding) const;
  /// p[b] = <b|ρ|b>, 2^n entries, without a second state.
  std::vector<double> probabilities(const Binding& binding) const;
  /// p[b] = <b|σ|b> of run_unnormalised's σ, 2^n x bindings, run as batch_expectations are.
  arma::mat batch_unnormalised_probabilities(const BindingBatch& bindings) const;
  arma::vec expectations(const Binding& binding, std::span<const Observable> observables) const;
  /// n_observables x bindings. Small circuits are run for as many bindings at once as a vector
  /// register has lanes, others one by one; threads share the bindings, or the tiles of a state
  /// that has several.
  arma::mat batch_expectations(const BindingBatch& bindings,
                               std::span<const Observable> observables) const;

  /// Exact gradient of a scalar L(<O_1>, …, <O_m>) by one forward and one backward pass: the
  /// observable Σ_k dL/d<O_k> O_k is propagated through R^T, and each step that holds a parameter
  /// is contracted with its environment (see docs/architecture.md). `derivative` gives dL/d<O_k> at
  /// the values. Throws InputError when the states do not fit in memory, or when `derivative` does
  /// not return one number an observable.
  ProgramGradient gradient(const Binding& binding, std::span<const Observable> observables,
                           const std::function<arma::vec(const arma::vec&)>& derivative) const;
  /// The same for every binding of a batch: `derivative(b, values)` is that of binding b, and must
  /// be safe to call from several threads.
  ProgramGradients batch_gradients(
      const BindingBatch& bindings, std::span<const Observable> observables,
      const std::function<arma::vec(std::size_t, const arma::vec&)>& derivative) const;

  /// The numbers of the calibration that the circuit's channels have derivatives in, as JSON
  /// pointers (NoiseModel::apply with Derivatives::with); each once. A gradient has the derivatives
  /// in them by the same backward pass: its environments contracted with those of the channels.
  const std::vector<std::string>& numbers() const;
  /// d<O_k>/d(number) at the recorded values, n_numbers x n_observables: a gradient an observable.
  arma::mat sensitivities(const Binding& binding, std::span<const Observable> observables) const;

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace rhodrift
