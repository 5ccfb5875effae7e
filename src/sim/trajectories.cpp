#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <omp.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/trajectories.hpp>

#include "sim/arguments.hpp"
#include "sim/cumulative_search.hpp"
#include "sim/inverse_distribution.hpp"
#include "sim/parallel.hpp"
#include "sim/trajectory_engine.hpp"

namespace rhodrift {

namespace {

/// What the classical bits report when the qubits are found in a basis state.
class Readout {
 public:
  explicit Readout(const Circuit& circuit)
      : qubit_of_bit_(circuit.qubit_of_bit()), error_(circuit.readout_error()) {
    for (const ConfusionMatrix& group : error_)
      for (const int bit : group.bits)
        if (bit >= n_bits())
          throw InputError("readout error", "",
                           fmt::format("bit {} is outside 0..{}", bit, n_bits() - 1));
  }

  int n_bits() const { return static_cast<int>(qubit_of_bit_.size()); }

  Bitstring report(Bitstring state, RandomStream& random) const {
    Bitstring bits = 0;
    for (std::size_t bit = 0; bit < qubit_of_bit_.size(); ++bit)
      bits |= (state >> qubit_of_bit_[bit] & 1) << bit;
    for (const ConfusionMatrix& group : error_) {
      Bitstring prepared = 0;
      for (std::size_t i = 0; i < group.bits.size(); ++i)
        prepared |= (bits >> group.bits[i] & 1) << i;
      double u = random.uniform();
      const Bitstring measured =
          cumulative_search({group.matrix.colptr(prepared), group.matrix.n_rows}, u);
      for (std::size_t i = 0; i < group.bits.size(); ++i)
        bits ^= ((prepared ^ measured) >> i & 1) << group.bits[i];
    }
    return bits;
  }

 private:
  std::vector<int> qubit_of_bit_;
  ReadoutError error_;
};

arma::rowvec expectations_in(const StateVector& state, std::span<const Observable> observables) {
  arma::rowvec values(observables.size(), arma::fill::zeros);
  for (std::size_t k = 0; k < observables.size(); ++k)
    for (const Observable::Term& term : observables[k].terms())
      values(k) += term.coefficient * state.expectation(term.pauli);
  return values / state.squared_norm();
}

Estimate estimate_from(double reference, double reference_probability, const arma::vec& departing) {
  if (departing.is_empty()) return student_estimate(reference, 0.0, 1, "trajectories");
  const auto n = static_cast<double>(departing.n_elem);
  const double others = 1.0 - reference_probability;
  return student_estimate(reference_probability * reference + others * arma::mean(departing),
                          others * arma::stddev(departing) / std::sqrt(n), departing.n_elem - 1,
                          "trajectories");
}

}  // namespace

struct TrajectoryProgram::Compiled {
  explicit Compiled(const Circuit& source) : circuit(source), engine(source) {}

  Circuit circuit;
  TrajectoryEngine engine;

  /// Calls body(t, state) for t = 0, …, n - 1: one trajectory a thread at a time, or, where the
  /// memory does not hold that many states and `further_bytes`, one that is shared out over the
  /// threads.
  template <typename Body>
  void for_each_trajectory(std::uint64_t n, std::uint64_t further_bytes, Body body) const {
    const auto n_threads = static_cast<std::uint64_t>(omp_get_max_threads());
    const bool one_a_thread = state_vectors_fit(circuit.n_qubits(), n_threads, further_bytes);
    const std::uint64_t n_workers = std::min(one_a_thread ? n_threads : 1, n);
    const auto work = [&](std::uint64_t worker) {
      FusedState state(circuit.n_qubits());
      for (std::uint64_t t = worker * n / n_workers; t < (worker + 1) * n / n_workers; ++t)
        body(t, state);
    };
    if (n_workers == 1)
      work(0);  // outside of a parallel region, in which a state cannot be shared out any more
    else
      parallel_for(n_workers, work);
  }
};

TrajectoryProgram::TrajectoryProgram(const Circuit& circuit) {
  require_state_vector(circuit.n_qubits(), 0);
  compiled_ = std::make_shared<const Compiled>(circuit);
}

int TrajectoryProgram::n_qubits() const {
  return compiled_->circuit.n_qubits();
}
int TrajectoryProgram::n_weights() const {
  return compiled_->circuit.n_weights();
}
int TrajectoryProgram::n_features() const {
  return compiled_->circuit.n_features();
}

std::vector<Estimate> TrajectoryProgram::expectations(const Binding& binding,
                                                      std::span<const Observable> observables,
                                                      std::uint64_t trajectories,
                                                      std::uint64_t seed,
                                                      std::uint64_t stream) const {
  require_bound(binding, n_weights(), n_features());
  require_within(observables, n_qubits());
  if (trajectories < 2)
    throw InputError("trajectories", "",
                     fmt::format("{} give no standard error, at least 2 are needed", trajectories));
  const std::uint64_t value_bytes = trajectories * observables.size() * sizeof(double);
  require_state_vector(n_qubits(), value_bytes);
  const TrajectoryEngine& engine = compiled_->engine;
  const TrajectoryEngine::Bound bound = engine.bind(binding);
  TrajectoryEngine::Reference reference;
  arma::rowvec reference_values;
  {
    FusedState state(n_qubits());
    reference = engine.run_reference(bound, state);
    reference_values = expectations_in(state.state(), observables);
  }
  if (reference.departure_probability() == 0.0) trajectories = 0;
  arma::mat values(trajectories, observables.size());
  compiled_->for_each_trajectory(trajectories, value_bytes,
                                 [&](std::uint64_t t, FusedState& state) {
                                   RandomStream random(seed, stream_id(stream, t));
                                   engine.run_departing(bound, reference, random, state);
                                   values.row(t) = expectations_in(state.state(), observables);
                                 });
  std::vector<Estimate> estimates;
  for (std::size_t k = 0; k < observables.size(); ++k) {
    estimates.push_back(estimate_from(reference_values(k), reference.probability, values.col(k)));
    estimates.back().shots = trajectories;
    estimates.back().circuits = 1;
    estimates.back().diagnostics["reference_probability"] = reference.probability;
  }
  return estimates;
}

ShotTable TrajectoryProgram::sample(const Binding& binding, std::uint64_t shots, std::uint64_t seed,
                                    std::uint64_t stream) const {
  require_bound(binding, n_weights(), n_features());
  const Readout readout(compiled_->circuit);
  // The distribution of the reference takes three numbers a basis state while it is made.
  const std::uint64_t further_bytes =
      (std::uint64_t{24} << n_qubits()) + shots * ShotTable(readout.n_bits()).stride();
  require_state_vector(n_qubits(), further_bytes);
  const TrajectoryEngine& engine = compiled_->engine;
  const TrajectoryEngine::Bound bound = engine.bind(binding);
  TrajectoryEngine::Reference reference;
  std::optional<InverseDistribution> reference_distribution;
  {
    FusedState state(n_qubits());
    reference = engine.run_reference(bound, state);
    if (reference.probability > 0.0) reference_distribution.emplace(state.state().probabilities());
  }
  ShotTable table(readout.n_bits(), shots);
  compiled_->for_each_trajectory(shots, further_bytes, [&](std::uint64_t s, FusedState& state) {
    RandomStream random(seed, stream_id(stream, s));
    Bitstring found = 0;
    if (random.uniform() < reference.probability) {
      const double u = random.uniform();
      reference_distribution->invert({&u, 1}, {&found, 1});
    } else {
      engine.run_departing(bound, reference, random, state);
      found = state.state().sample(random.uniform());
    }
    const Bitstring bits = readout.report(found, random);
    table.set(s, {&bits, 1});
  });
  return table;
}

}  // namespace rhodrift
