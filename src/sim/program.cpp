#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <omp.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/program.hpp>

#include "sim/arguments.hpp"
#include "sim/parallel.hpp"
#include "sim/pass_runner.hpp"
#include "sim/postselection.hpp"

namespace rhodrift {

namespace {

// A state has one digit in the lanes, where no step can work, and 2-qubit steps need two more.
// Smaller circuits get idle qubits.
constexpr int min_digits = 3;
// Batches of states above this size gain nothing from the lanes.
constexpr int max_batch_digits = 6;

/// States of up to 7 digits, 128 KiB, are one tile. Larger ones have tiles of 7, and runs of 512
/// bytes: what a pass costs in memory then matters more than how many steps it holds.
TileShape tile_shape(int n_digits) {
  constexpr int tile_digits = 7, low_digits = 3;
  constexpr std::size_t saved_bytes = std::size_t{1} << 18;  // on the way back, see PassRunner
  const std::size_t saved_tiles = saved_bytes >> (2 * std::min(n_digits, tile_digits) + 3);
  return {tile_digits, low_digits, std::max<std::size_t>(20, saved_tiles)};
}

std::vector<std::vector<int>> qubits_of(const std::vector<Step>& steps) {
  std::vector<std::vector<int>> qubits;
  for (const Step& step : steps) qubits.push_back(step.qubits);
  return qubits;
}

void require_length(const arma::vec& slopes, std::size_t n_observables) {
  if (slopes.n_elem != n_observables)
    throw InputError(
        "loss derivative", "",
        fmt::format("has {} entries for {} observables", slopes.n_elem, n_observables));
}

}  // namespace

void BindingBatch::validate() const {
  const auto check = [&](const char* name, const arma::mat& given) {
    if (given.n_cols != 1 && given.n_cols != size)
      throw InputError(name, "", fmt::format("{} columns for {} bindings", given.n_cols, size));
  };
  check("weights", weights);
  check("features", features);
}

Binding BindingBatch::operator[](std::size_t b) const {
  const auto column = [b](const arma::mat& m) {
    return std::span<const double>(m.colptr(m.n_cols == 1 ? 0 : b), m.n_rows);
  };
  return {column(weights), column(features)};
}

/// The compiled circuit: steps, and the plans to run them for one binding and for many.
struct Program::Engine {
  using Bound = StepTable<double>::Bound;
  using Environments = std::vector<AlignedVector<double>>;

  Engine(const Circuit& source, FusedCircuit fused)
      : circuit(source),
        postselects(source.has_postselection()),
        n_qubits(circuit.n_qubits()),
        n_weights(circuit.n_weights()),
        n_features(circuit.n_features()),
        n_digits(std::max(n_qubits, min_digits)),
        numbers(std::move(fused.numbers)),
        steps(fused.steps),
        single(steps, plan_passes(qubits_of(fused.steps), n_digits, tile_shape(n_digits)),
               tile_shape(n_digits).n_low, 1) {
    if (n_qubits <= max_batch_digits)
      batch.emplace(steps,
                    plan_batch(qubits_of(fused.steps), n_qubits, tile_shape(n_digits).max_steps),
                    n_qubits, kernels::table<double>().lanes);
  }

  void require_bound(const Binding& binding) const {
    rhodrift::require_bound(binding, n_weights, n_features);
  }

  /// tr σ of the final state σ in a lane, by which expectations are divided; nullopt for circuits
  /// without post-selection, where it is 1.
  std::optional<double> probability(const double* state, std::size_t lane,
                                    const Binding& binding) const {
    if (!postselects) return std::nullopt;
    require_possible(state[lane], circuit, binding);
    return state[lane];
  }

  void require_memory_for_gradient() const {
    // Every thread of a parallel region may hold one; outside of one there is one thread.
    const int n_threads = omp_get_num_threads();
    require_memory(static_cast<std::uint64_t>(n_threads) * (single.n_passes() + 2) *
                       pauli_vector_bytes(n_digits),
                   fmt::format("a gradient over {} passes of {} qubits (threads: {})",
                               single.n_passes(), n_qubits, n_threads));
  }

  Bound bind(std::span<const Binding> bindings, Direction direction) const {
    const std::size_t lanes = bindings.size();
    std::vector<double> angles(steps.angles().size() * lanes);
    for (std::size_t k = 0; k < steps.angles().size(); ++k)
      for (std::size_t l = 0; l < lanes; ++l)
        angles[k * lanes + l] = steps.angles()[k].value(bindings[l]);
    return steps.bind(angles, lanes, direction);
  }

  void run(const PassRunner<double>& runner, const Bound& bound, double* state) const {
    PassRunner<double>::Workspace work = runner.workspace();
    runner.set_ground_state(state);
    for (std::size_t p = 0; p < runner.n_passes(); ++p)
      runner.forward(p, bound, state, state, work);
  }

  /// Forward, then back: `cotangent` turns the final state into the observable to go back with.
  template <typename Cotangent>
  Environments environments(const PassRunner<double>& runner, const Bound& bound,
                            Cotangent cotangent) const {
    PassRunner<double>::Workspace work = runner.workspace();
    std::vector<AlignedVector<double>>
        states;  // what each pass begins with, and the last one ends in
    states.emplace_back(runner.state_size());
    runner.set_ground_state(states.back().data());
    for (std::size_t p = 0; p < runner.n_passes(); ++p) {
      states.emplace_back(runner.state_size());
      runner.forward(p, bound, states[p].data(), states[p + 1].data(), work);
    }
    AlignedVector<double> lambda(runner.state_size(), 0.0);
    cotangent(states.back(), lambda);
    Environments result(steps.rows().size());
    for (std::size_t s = 0; s < result.size(); ++s)
      if (steps.rows()[s].differentiable)
        result[s].assign((std::size_t{1} << (4 * steps.rows()[s].qubits.size())) * bound.lanes(),
                         0.0);
    for (std::size_t p = runner.n_passes(); p-- > 0;) {
      states.pop_back();
      runner.backward(p, bound, states.back().data(), lambda.data(), result, work);
    }
    return result;
  }

  /// Calls add(lane, angle, slope) for every angle of every step.
  template <typename Add>
  void for_each_slope(const Bound& bound, Environments& environments, Add add) const {
    AlignedVector<double> slopes;
    for (std::size_t s = 0; s < steps.rows().size(); ++s) {
      const auto& row = steps.rows()[s];
      if (row.n_factors == 0) continue;
      slopes.resize(static_cast<std::size_t>(row.n_factors) * bound.lanes());
      steps.differentiate(row, bound, environments[s], slopes);
      for (std::size_t k = 0; k < slopes.size(); ++k)
        add(k % bound.lanes(),
            steps.angles()[static_cast<std::size_t>(row.first_factor) + k / bound.lanes()],
            slopes[k]);
    }
  }

  Circuit circuit;
  bool postselects;
  int n_qubits, n_weights, n_features;
  int n_digits;  // n_qubits, and idle ones
  std::vector<std::string> numbers;
  StepTable<double> steps;
  PassRunner<double> single;
  std::optional<PassRunner<double>> batch;  // of small circuits
};

namespace {

void add_slope(const Angle& angle, double slope, double* weights, double* features) {
  for (const Angle::Term& term : angle.terms())
    (term.source == Angle::Source::weight ? weights : features)[term.index] +=
        term.coefficient * slope;
}

/// <O_k> from a state of `lanes` bindings.
double expectation(const Observable& observable, const double* state, std::size_t lanes,
                   std::size_t lane) {
  double sum = 0.0;
  for (const Observable::Term& term : observable.terms())
    sum += term.coefficient * state[term.pauli.index() * lanes + lane];
  return sum;
}

/// λ += Σ_k slopes_k O_k. With post-selection <O_k> = tr(O_k σ)/tr σ, and by the quotient rule
/// λ += Σ_k slopes_k (O_k - <O_k>)/tr σ.
void add_observables(std::span<const Observable> observables, const arma::vec& slopes,
                     const arma::vec& values, std::optional<double> probability, double* lambda,
                     std::size_t lanes, std::size_t lane) {
  const double scale = 1.0 / probability.value_or(1.0);
  for (std::size_t k = 0; k < observables.size(); ++k)
    for (const Observable::Term& term : observables[k].terms())
      lambda[term.pauli.index() * lanes + lane] += scale * slopes(k) * term.coefficient;
  if (probability) lambda[lane] -= scale * arma::dot(slopes, values);
}

arma::vec expectations_of(std::span<const Observable> observables, const double* state,
                          std::optional<double> probability, std::size_t lanes, std::size_t lane) {
  arma::vec values(observables.size());
  for (std::size_t k = 0; k < observables.size(); ++k)
    values(k) = expectation(observables[k], state, lanes, lane) / probability.value_or(1.0);
  return values;
}

}  // namespace

Program::Program(const Circuit& circuit) {
  require_pauli_vector(circuit.n_qubits());
  engine_ = std::make_shared<const Engine>(circuit, fuse(circuit));
}

int Program::n_qubits() const {
  return engine_->n_qubits;
}
int Program::n_weights() const {
  return engine_->n_weights;
}
int Program::n_features() const {
  return engine_->n_features;
}
std::size_t Program::n_steps() const {
  return engine_->steps.rows().size();
}

PauliVector Program::run(const Binding& binding) const {
  PauliVector state = run_unnormalised(binding);
  if (const auto probability = engine_->probability(state.coefficients().data(), 0, binding))
    for (double& coefficient : state.coefficients()) coefficient /= *probability;
  return state;
}

PauliVector Program::run_unnormalised(const Binding& binding) const {
  engine_->require_bound(binding);
  const Engine::Bound bound = engine_->bind({&binding, 1}, Direction::forward);
  PauliVector state = PauliVector::zeros(engine_->n_digits);
  engine_->run(engine_->single, bound, state.coefficients().data());
  if (engine_->n_digits == engine_->n_qubits) return state;
  // The idle qubits are the high digits: their I comes first.
  PauliVector result = PauliVector::zeros(engine_->n_qubits);
  std::copy_n(state.coefficients().begin(), result.coefficients().size(),
              result.coefficients().begin());
  return result;
}

arma::vec Program::expectations(const Binding& binding,
                                std::span<const Observable> observables) const {
  engine_->require_bound(binding);
  require_within(observables, engine_->n_qubits);
  const Engine::Bound bound = engine_->bind({&binding, 1}, Direction::forward);
  AlignedVector<double> state(engine_->single.state_size());
  engine_->run(engine_->single, bound, state.data());
  return expectations_of(observables, state.data(), engine_->probability(state.data(), 0, binding),
                         1, 0);
}

ProgramGradient Program::gradient(
    const Binding& binding, std::span<const Observable> observables,
    const std::function<arma::vec(const arma::vec&)>& derivative) const {
  engine_->require_bound(binding);
  require_within(observables, engine_->n_qubits);
  engine_->require_memory_for_gradient();
  const Engine::Bound bound = engine_->bind({&binding, 1}, Direction::both);
  ProgramGradient gradient{
      {},
      arma::vec(static_cast<arma::uword>(engine_->n_weights), arma::fill::zeros),
      arma::vec(static_cast<arma::uword>(engine_->n_features), arma::fill::zeros)};
  Engine::Environments environments = engine_->environments(
      engine_->single, bound,
      [&](const AlignedVector<double>& state, AlignedVector<double>& lambda) {
        const auto probability = engine_->probability(state.data(), 0, binding);
        gradient.expectations = expectations_of(observables, state.data(), probability, 1, 0);
        const arma::vec slopes = derivative(gradient.expectations);
        require_length(slopes, observables.size());
        add_observables(observables, slopes, gradient.expectations, probability, lambda.data(), 1,
                        0);
      });
  engine_->for_each_slope(bound, environments, [&](std::size_t, const Angle& angle, double slope) {
    add_slope(angle, slope, gradient.weights.memptr(), gradient.features.memptr());
  });
  return gradient;
}

const std::vector<std::string>& Program::numbers() const {
  return engine_->numbers;
}

arma::mat Program::sensitivities(const Binding& binding,
                                 std::span<const Observable> observables) const {
  engine_->require_bound(binding);
  require_within(observables, engine_->n_qubits);
  engine_->require_memory_for_gradient();
  const Engine::Bound bound = engine_->bind({&binding, 1}, Direction::both);
  arma::mat result(engine_->numbers.size(), observables.size(), arma::fill::zeros);
  if (result.is_empty()) return result;
  for (std::size_t k = 0; k < observables.size(); ++k) {
    const Engine::Environments environments = engine_->environments(
        engine_->single, bound,
        [&](const AlignedVector<double>& state, AlignedVector<double>& lambda) {
          const auto probability = engine_->probability(state.data(), 0, binding);
          const auto one = observables.subspan(k, 1);
          add_observables(one, arma::vec{1.0},
                          expectations_of(one, state.data(), probability, 1, 0), probability,
                          lambda.data(), 1, 0);
        });
    arma::vec column(engine_->numbers.size(), arma::fill::zeros);
    for (std::size_t s = 0; s < environments.size(); ++s)
      if (engine_->steps.rows()[s].differentiable)
        engine_->steps.add_sensitivities(engine_->steps.rows()[s], bound, environments[s], column);
    result.col(k) = column;
  }
  return result;
}

namespace {

/// Bindings [first, first + lanes), the last one repeated where the batch ends.
std::vector<Binding> chunk(const BindingBatch& bindings, std::size_t first, std::size_t lanes) {
  std::vector<Binding> result;
  for (std::size_t l = 0; l < lanes; ++l)
    result.push_back(bindings[std::min(first + l, bindings.size - 1)]);
  return result;
}

}  // namespace

arma::mat Program::batch_expectations(const BindingBatch& bindings,
                                      std::span<const Observable> observables) const {
  bindings.validate();
  require_within(observables, engine_->n_qubits);
  arma::mat values(observables.size(), bindings.size);
  if (!engine_->batch) {
    parallel_for(bindings.size,
                 [&](std::size_t b) { values.col(b) = expectations(bindings[b], observables); });
    return values;
  }
  const std::size_t lanes = kernels::table<double>().lanes;
  parallel_for((bindings.size + lanes - 1) / lanes, [&](std::size_t c) {
    const std::vector<Binding> in_lanes = chunk(bindings, c * lanes, lanes);
    for (const Binding& binding : in_lanes) engine_->require_bound(binding);
    const Engine::Bound bound = engine_->bind(in_lanes, Direction::forward);
    AlignedVector<double> state(engine_->batch->state_size());
    engine_->run(*engine_->batch, bound, state.data());
    for (std::size_t l = 0; l < lanes && c * lanes + l < bindings.size; ++l)
      values.col(c * lanes + l) = expectations_of(
          observables, state.data(), engine_->probability(state.data(), l, in_lanes[l]), lanes, l);
  });
  return values;
}

ProgramGradients Program::batch_gradients(
    const BindingBatch& bindings, std::span<const Observable> observables,
    const std::function<arma::vec(std::size_t, const arma::vec&)>& derivative) const {
  bindings.validate();
  require_within(observables, engine_->n_qubits);
  ProgramGradients result{
      arma::mat(observables.size(), bindings.size),
      arma::mat(static_cast<arma::uword>(engine_->n_weights), bindings.size, arma::fill::zeros),
      arma::mat(static_cast<arma::uword>(engine_->n_features), bindings.size, arma::fill::zeros)};
  if (!engine_->batch) {
    parallel_for(bindings.size, [&](std::size_t b) {
      const ProgramGradient one = gradient(
          bindings[b], observables, [&](const arma::vec& values) { return derivative(b, values); });
      result.expectations.col(b) = one.expectations;
      result.weights.col(b) = one.weights;
      result.features.col(b) = one.features;
    });
    return result;
  }
  const std::size_t lanes = kernels::table<double>().lanes;
  parallel_for((bindings.size + lanes - 1) / lanes, [&](std::size_t c) {
    const std::vector<Binding> in_lanes = chunk(bindings, c * lanes, lanes);
    for (const Binding& binding : in_lanes) engine_->require_bound(binding);
    const std::size_t n_here = std::min(lanes, bindings.size - c * lanes);
    const Engine::Bound bound = engine_->bind(in_lanes, Direction::both);
    Engine::Environments environments = engine_->environments(
        *engine_->batch, bound,
        [&](const AlignedVector<double>& state, AlignedVector<double>& lambda) {
          for (std::size_t l = 0; l < n_here; ++l) {
            const std::size_t b = c * lanes + l;
            const auto probability = engine_->probability(state.data(), l, in_lanes[l]);
            const arma::vec values =
                expectations_of(observables, state.data(), probability, lanes, l);
            result.expectations.col(b) = values;
            const arma::vec slopes = derivative(b, values);
            require_length(slopes, observables.size());
            add_observables(observables, slopes, values, probability, lambda.data(), lanes, l);
          }
        });
    engine_->for_each_slope(bound, environments,
                            [&](std::size_t l, const Angle& angle, double slope) {
                              if (l < n_here)
                                add_slope(angle, slope, result.weights.colptr(c * lanes + l),
                                          result.features.colptr(c * lanes + l));
                            });
  });
  return result;
}

}  // namespace rhodrift
