#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <omp.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/pauli_vector.hpp>
#include <rhodrift/sim/trajectories.hpp>

#include "core/parallel.hpp"
#include "sim/arguments.hpp"
#include "sim/cumulative_search.hpp"
#include "sim/inverse_distribution.hpp"
#include "sim/trajectory_engine.hpp"

namespace rhodrift {

namespace {

using Record = TrajectoryEngine::Record;

// Trajectories that are tried for one shot while none passes the post-selections.
constexpr int max_attempts = 100'000;

/// What the classical bits report when the qubits are found in a basis state.
class Readout {
 public:
  explicit Readout(const Circuit& circuit)
      : qubit_of_bit_(circuit.qubit_of_bit()), error_(circuit.readout_error()) {
    for (const int bit : circuit.mid_circuit_bits())
      qubit_of_bit_[static_cast<std::size_t>(bit)] = -1;
    for (const ConfusionMatrix& group : error_)
      for (const int bit : group.bits)
        if (bit >= n_bits())
          throw InputError("readout error", "",
                           fmt::format("bit {} is outside 0..{}", bit, n_bits() - 1));
  }

  int n_bits() const { return static_cast<int>(qubit_of_bit_.size()); }

  /// `bits` were read mid-circuit, `state` is found at the end.
  Bitstring report(Bitstring bits, Bitstring state, RandomStream& random) const {
    for (std::size_t bit = 0; bit < qubit_of_bit_.size(); ++bit)
      if (qubit_of_bit_[bit] >= 0) bits |= (state >> qubit_of_bit_[bit] & 1) << bit;
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
  std::vector<int> qubit_of_bit_;  // -1: read mid-circuit
  ReadoutError error_;
};

arma::rowvec expectations_in(const StateVector& state, std::span<const Observable> observables) {
  arma::rowvec values(observables.size(), arma::fill::zeros);
  for (std::size_t k = 0; k < observables.size(); ++k)
    for (const Observable::Term& term : observables[k].terms())
      values(k) += term.coefficient * state.expectation(term.pauli);
  return values / state.squared_norm();
}

/// What has the value `reference` with probability p, and else one that `others` are a sample of.
Estimate mixture(double p, double reference, const arma::vec& others) {
  if (others.is_empty()) return student_estimate(reference, 0.0, 1, "trajectories");
  const auto n = static_cast<double>(others.n_elem);
  return student_estimate(p * reference + (1 - p) * arma::mean(others),
                          (1 - p) * arma::stddev(others) / std::sqrt(n), others.n_elem - 1,
                          "trajectories");
}

}  // namespace

struct TrajectoryProgram::Compiled {
  explicit Compiled(const Circuit& source) : circuit(source), engine(circuit) {}

  Circuit circuit;
  TrajectoryEngine engine;

  /// The reference, and trajectories that left it; none when it cannot be left.
  struct Sample {
    double probability;  ///< of the reference
    Record reference;
    arma::rowvec reference_values;  ///< of the observables
    std::vector<Record> records;
    arma::mat values;  ///< records x observables; 0 where the weight is

    arma::vec weights() const {
      arma::vec result(records.size());
      for (std::size_t t = 0; t < records.size(); ++t) result(t) = records[t].weight;
      return result;
    }
  };
  Sample run(const Binding& binding, std::span<const Observable> observables,
             std::uint64_t trajectories, std::uint64_t seed, std::uint64_t stream) const;

  [[noreturn]] void refuse_selection(int furthest, std::uint64_t trajectories) const {
    throw InputError("post-selection", circuit.place_of(static_cast<std::size_t>(furthest)),
                     fmt::format("none of {} trajectories passes", trajectories));
  }

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

TrajectoryProgram::Compiled::Sample TrajectoryProgram::Compiled::run(
    const Binding& binding, std::span<const Observable> observables, std::uint64_t trajectories,
    std::uint64_t seed, std::uint64_t stream) const {
  require_bound(binding, circuit.n_weights(), circuit.n_features());
  require_within(observables, circuit.n_qubits());
  if (trajectories < 2)
    throw InputError("trajectories", "",
                     fmt::format("{} give no standard error, at least 2 are needed", trajectories));
  const std::uint64_t sample_bytes =
      bytes_of(trajectories, observables.size() * sizeof(double) + sizeof(Record));
  require_state_vector(circuit.n_qubits(), sample_bytes);
  const TrajectoryEngine::Bound bound = engine.bind(binding);
  TrajectoryEngine::Reference reference;
  arma::rowvec reference_values;
  {
    FusedState state(circuit.n_qubits());
    reference = engine.run_reference(bound, state);
    reference_values = expectations_in(state.state(), observables);
  }
  if (reference.departure_probability() == 0.0) trajectories = 0;
  Sample sample{reference.probability, reference.record, reference_values,
                std::vector<Record>(trajectories),
                arma::mat(trajectories, observables.size(), arma::fill::zeros)};
  for_each_trajectory(trajectories, sample_bytes, [&](std::uint64_t t, FusedState& state) {
    RandomStream random(seed, stream_id(stream, t));
    sample.records[t] = engine.run_departing(bound, reference, random, state);
    if (sample.records[t].weight > 0.0 && !observables.empty())
      sample.values.row(t) = expectations_in(state.state(), observables);
  });
  return sample;
}

// With weights w an expectation is the ratio R = Σ w v/Σ w. To first order in its error it is the
// mean of R + w (v - R)/mean(w), and has the standard error of that. Without post-selection all
// weights are 1, and these are the values.
std::vector<Estimate> TrajectoryProgram::expectations(const Binding& binding,
                                                      std::span<const Observable> observables,
                                                      std::uint64_t trajectories,
                                                      std::uint64_t seed,
                                                      std::uint64_t stream) const {
  const Compiled::Sample sample = compiled_->run(binding, observables, trajectories, seed, stream);
  const double p = sample.probability, w_reference = sample.reference.weight;
  const arma::vec w = sample.weights();
  const double mean_w = mixture(p, w_reference, w).value;
  if (mean_w == 0.0) {
    int furthest = sample.reference.last_selection;
    for (const Record& record : sample.records)
      furthest = std::max(furthest, record.last_selection);
    compiled_->refuse_selection(furthest, sample.records.size() + 1);
  }
  std::vector<Estimate> estimates;
  for (std::size_t k = 0; k < observables.size(); ++k) {
    const double v_reference = sample.reference_values(k);
    const arma::vec v = sample.records.empty() ? arma::vec() : arma::vec(sample.values.col(k));
    const double ratio = mixture(p, w_reference * v_reference, w % v).value / mean_w;
    Estimate estimate = mixture(p, ratio + w_reference * (v_reference - ratio) / mean_w,
                                ratio + w % (v - ratio) / mean_w);
    estimate.shots = sample.records.size();
    estimate.circuits = 1;
    estimate.diagnostics["reference_probability"] = p;
    if (compiled_->circuit.has_postselection())
      estimate.diagnostics["postselection_probability"] = mean_w;
    estimates.push_back(std::move(estimate));
  }
  return estimates;
}

Estimate TrajectoryProgram::postselection_probability(const Binding& binding,
                                                      std::uint64_t trajectories,
                                                      std::uint64_t seed,
                                                      std::uint64_t stream) const {
  const Compiled::Sample sample = compiled_->run(binding, {}, trajectories, seed, stream);
  Estimate estimate = mixture(sample.probability, sample.reference.weight, sample.weights());
  estimate.shots = sample.records.size();
  estimate.circuits = 1;
  estimate.diagnostics["reference_probability"] = sample.probability;
  return estimate;
}

ShotTable TrajectoryProgram::sample(const Binding& binding, std::uint64_t shots, std::uint64_t seed,
                                    std::uint64_t stream) const {
  require_bound(binding, n_weights(), n_features());
  const Readout readout(compiled_->circuit);
  // The distribution of the reference takes three numbers a basis state while it is made.
  const std::uint64_t further_bytes =
      (std::uint64_t{24} << n_qubits()) + bytes_of(shots, ShotTable(readout.n_bits()).stride());
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
  const auto shot = [&](RandomStream& random, FusedState& state) {
    int furthest = -1;
    for (int attempt = 0; attempt < max_attempts; ++attempt) {
      const bool departs = random.uniform() >= reference.probability;
      const Record record =
          departs ? engine.run_departing(bound, reference, random, state) : reference.record;
      furthest = std::max(furthest, record.last_selection);
      if (random.uniform() >= record.weight) continue;
      const double u = random.uniform();
      Bitstring found = 0;
      if (departs)
        found = state.state().sample(u);
      else
        reference_distribution->invert({&u, 1}, {&found, 1});
      return readout.report(record.bits, found, random);
    }
    compiled_->refuse_selection(furthest, max_attempts);
  };
  ShotTable table(readout.n_bits(), shots);
  compiled_->for_each_trajectory(shots, further_bytes, [&](std::uint64_t s, FusedState& state) {
    RandomStream random(seed, stream_id(stream, s));
    const Bitstring bits = shot(random, state);
    table.set(s, {&bits, 1});
  });
  return table;
}

}  // namespace rhodrift
