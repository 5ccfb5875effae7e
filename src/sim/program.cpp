#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <variant>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/program.hpp>

#include "core/parallel.hpp"
#include "sim/arguments.hpp"
#include "sim/content_key.hpp"
#include "sim/engine.hpp"
#include "sim/postselection.hpp"
#include "sim/z_strings.hpp"

namespace rhodrift {

namespace {

/// In column b, of the binding b.
void add_slope(const Angle& angle, double slope, arma::mat& weights, arma::mat& features,
               std::size_t b) {
  for (const Angle::Term& term : angle.terms())
    (term.source == Angle::Source::weight ? weights : features)(
        static_cast<arma::uword>(term.index), b) += term.coefficient * slope;
}

/// Also where there are no rows: Armadillo's columns need some.
template <typename Column>
void set_column(arma::mat& matrix, std::size_t b, const Column& column) {
  std::ranges::copy(column, matrix.begin() + static_cast<std::ptrdiff_t>(b * matrix.n_rows));
}

/// tr(O_k σ)/tr σ in one lane. tr σ is 1, nullopt, in circuits without post-selection.
template <typename T>
arma::vec expectations_of(std::span<const Observable> observables, const AlignedVector<T>& state,
                          std::optional<double> probability, std::size_t lanes, std::size_t lane) {
  arma::vec values(observables.size());
  for (std::size_t k = 0; k < observables.size(); ++k)
    values(k) = expectation(observables[k], state, lanes, lane) / probability.value_or(1.0);
  return values;
}

/// λ = Σ_k slopes_k O_k in one lane. With post-selection <O_k> = tr(O_k σ)/tr σ, and by the
/// quotient rule λ = Σ_k slopes_k (O_k - <O_k>)/tr σ.
template <typename T>
void add_observables(std::span<const Observable> observables, const arma::vec& slopes,
                     const arma::vec& values, std::optional<double> probability,
                     AlignedVector<T>& lambda, std::size_t lanes, std::size_t lane) {
  const double scale = 1.0 / probability.value_or(1.0);
  for (std::size_t k = 0; k < observables.size(); ++k)
    add_observable(observables[k], scale * slopes(k), lambda, lanes, lane);
  if (probability) lambda[lane] -= static_cast<T>(scale * arma::dot(slopes, values));
}

/// Bindings [first, first + lanes), the last one repeated where the batch ends.
std::vector<Binding> chunk(const BindingBatch& bindings, std::size_t first, std::size_t lanes) {
  std::vector<Binding> result;
  for (std::size_t l = 0; l < lanes; ++l)
    result.push_back(bindings[std::min(first + l, bindings.size - 1)]);
  return result;
}

/// <b|σ|b> in one lane, 2^n entries.
template <typename T>
std::vector<double> unnormalised_probabilities(const AlignedVector<T>& state, int n_qubits,
                                               std::size_t lanes, std::size_t lane) {
  std::vector<double> z(std::size_t{1} << n_qubits);
  for (std::uint64_t s = 0; s < z.size(); ++s)
    z[s] = static_cast<double>(state[z_index(s) * lanes + lane]);
  return outcome_probabilities(std::move(z));
}

template <typename T>
AlignedVector<T> state_after(const Engine<T>& engine, const Binding& binding) {
  return engine.run(engine.single(), engine.bind({&binding, 1}, Direction::forward),
                    engine.single().ground_state());
}

template <typename T>
void require_gradient(const Engine<T>& engine) {
  const MemoryPlan& memory = engine.memory();
  if (memory.gradient == MemoryPlan::Gradient::none)
    throw InputError("gradient", fmt::format("{} qubits", engine.n_digits()),
                     fmt::format("no way to go back fits into the memory: a state takes {} bytes, "
                                 "undoing steps would take two and have an error of {:.1e}",
                                 memory.run_bytes, memory.inversion_error));
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

struct Program::Compiled {
  Compiled(const Circuit& source, const FusedCircuit& fused, const ProgramOptions& options)
      : circuit(source),
        postselects(circuit.has_postselection()),
        n_qubits(circuit.n_qubits()),
        n_weights(circuit.n_weights()),
        n_features(circuit.n_features()),
        numbers(fused.numbers) {
    if (n_qubits > 30) require_pauli_vector(n_qubits);  // more than can be counted in bytes
    if (options.precision == Precision::float64)
      engine.emplace<Engine<double>>(fused, n_qubits, options);
    else
      engine.emplace<Engine<float>>(fused, n_qubits, options);
  }

  void require_bound(const Binding& binding) const {
    rhodrift::require_bound(binding, n_weights, n_features);
  }

  /// tr σ of the final state σ in a lane, by which expectations are divided; nullopt for circuits
  /// without post-selection, where it is 1.
  template <typename T>
  std::optional<double> probability(const AlignedVector<T>& state, std::size_t lane,
                                    const Binding& binding) const {
    if (!postselects) return std::nullopt;
    const auto trace = static_cast<double>(state[lane]);
    require_possible(trace, circuit, binding);
    return trace;
  }

  /// body(engine) with the one that there is.
  template <typename Body>
  auto with_engine(Body body) const {
    if (const auto* of_doubles = std::get_if<Engine<double>>(&engine)) return body(*of_doubles);
    return body(std::get<Engine<float>>(engine));
  }

  /// body(b, state, lanes, lane, binding) for every binding b, whose final state is in a lane of
  /// `state`: small circuits are run for as many bindings as there are lanes, others one by one.
  template <typename Body>
  void for_each_state(const BindingBatch& bindings, Body body) const {
    with_engine([&](const auto& of) {
      if (!of.batch())
        return for_each_run(of.single(), bindings.size, [&](std::size_t b) {
          require_bound(bindings[b]);
          body(b, state_after(of, bindings[b]), 1, 0, bindings[b]);
        });
      const std::size_t lanes = of.batch()->lanes();
      parallel_for((bindings.size + lanes - 1) / lanes, [&](std::size_t c) {
        const std::vector<Binding> in_lanes = chunk(bindings, c * lanes, lanes);
        for (const Binding& binding : in_lanes) require_bound(binding);
        const auto& runner = *of.batch();
        const auto state =
            of.run(runner, of.bind(in_lanes, Direction::forward), runner.ground_state());
        for (std::size_t l = 0; l < lanes && c * lanes + l < bindings.size; ++l)
          body(c * lanes + l, state, lanes, l, in_lanes[l]);
      });
    });
  }

  Circuit circuit;
  bool postselects;
  int n_qubits, n_weights, n_features;
  std::vector<std::string> numbers;
  std::variant<std::monostate, Engine<double>, Engine<float>> engine;
};

Program::Program(const Circuit& circuit, const ProgramOptions& options) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const Compiled>> living;
  const std::string key = content_key(circuit, options);
  {
    const std::lock_guard lock(mutex);
    if (const auto found = living.find(key); found != living.end())
      compiled_ = found->second.lock();
  }
  if (compiled_) return;
  compiled_ = std::make_shared<const Compiled>(circuit, fuse(circuit), options);
  const std::lock_guard lock(mutex);
  std::erase_if(living, [](const auto& entry) { return entry.second.expired(); });
  living.insert_or_assign(key, compiled_);
}

int Program::n_qubits() const {
  return compiled_->n_qubits;
}
int Program::n_weights() const {
  return compiled_->n_weights;
}
int Program::n_features() const {
  return compiled_->n_features;
}
std::size_t Program::n_steps() const {
  return compiled_->with_engine([](const auto& engine) { return engine.steps().rows().size(); });
}
Precision Program::precision() const {
  return std::holds_alternative<Engine<double>>(compiled_->engine) ? Precision::float64
                                                                   : Precision::float32;
}
MemoryPlan Program::memory() const {
  return compiled_->with_engine([](const auto& engine) { return engine.memory(); });
}

void Program::validate(const Binding& binding) const {
  compiled_->require_bound(binding);
}

PauliVector Program::run(const Binding& binding) const {
  PauliVector state = run_unnormalised(binding);
  if (!compiled_->postselects) return state;
  const double probability = state.trace();
  require_possible(probability, compiled_->circuit, binding);
  for (double& coefficient : state.coefficients()) coefficient /= probability;
  return state;
}

PauliVector Program::run_unnormalised(const Binding& binding) const {
  compiled_->require_bound(binding);
  return compiled_->with_engine([&](const auto& engine) {
    auto state = state_after(engine, binding);
    // Idle qubits are the high digits: their I comes first.
    state.resize(std::size_t{1} << (2 * n_qubits()));
    if constexpr (std::is_same_v<decltype(state), AlignedVector<double>>)
      return PauliVector::from_coefficients(std::move(state));
    else
      return PauliVector::from_coefficients({state.begin(), state.end()});
  });
}

std::vector<double> Program::probabilities(const Binding& binding) const {
  compiled_->require_bound(binding);
  return compiled_->with_engine([&](const auto& engine) {
    const auto state = state_after(engine, binding);
    const double trace = compiled_->probability(state, 0, binding).value_or(1.0);
    std::vector<double> p = unnormalised_probabilities(state, n_qubits(), 1, 0);
    for (double& entry : p) entry /= trace;
    return p;
  });
}

arma::vec Program::expectations(const Binding& binding,
                                std::span<const Observable> observables) const {
  compiled_->require_bound(binding);
  require_within(observables, compiled_->n_qubits);
  return compiled_->with_engine([&](const auto& engine) {
    const auto state = state_after(engine, binding);
    return expectations_of(observables, state, compiled_->probability(state, 0, binding), 1, 0);
  });
}

ProgramGradient Program::gradient(
    const Binding& binding, std::span<const Observable> observables,
    const std::function<arma::vec(const arma::vec&)>& derivative) const {
  compiled_->require_bound(binding);
  require_within(observables, compiled_->n_qubits);
  return compiled_->with_engine([&]<typename T>(const Engine<T>& engine) {
    require_gradient(engine);
    const auto& runner = engine.single();
    const auto bound = engine.bind({&binding, 1}, Direction::both);
    auto tape = engine.record(runner, bound, runner.ground_state());
    const auto probability = compiled_->probability(tape.last, 0, binding);
    ProgramGradient gradient{
        expectations_of(observables, tape.last, probability, 1, 0),
        arma::vec(static_cast<arma::uword>(compiled_->n_weights), arma::fill::zeros),
        arma::vec(static_cast<arma::uword>(compiled_->n_features), arma::fill::zeros),
        arma::vec(compiled_->numbers.size(), arma::fill::zeros)};
    const arma::vec slopes = derivative(gradient.expectations);
    require_slopes(slopes, observables.size());
    AlignedVector<T> lambda(runner.state_size(), T{0});
    add_observables(observables, slopes, gradient.expectations, probability, lambda, 1, 0);
    auto environments = engine.back(runner, bound, std::move(tape), std::move(lambda));
    const auto numbers = engine.differentiate(
        bound, environments, [&](std::size_t, const Angle& angle, double slope) {
          add_slope(angle, slope, gradient.weights, gradient.features, 0);
        });
    std::ranges::copy(numbers, gradient.numbers.begin());
    return gradient;
  });
}

const std::vector<std::string>& Program::numbers() const {
  return compiled_->numbers;
}

arma::mat Program::sensitivities(const Binding& binding,
                                 std::span<const Observable> observables) const {
  arma::mat result(compiled_->numbers.size(), observables.size());
  const auto identity = [](const arma::vec&) { return arma::vec{1.0}; };
  for (std::size_t k = 0; k < observables.size(); ++k)
    set_column(result, k, gradient(binding, observables.subspan(k, 1), identity).numbers);
  return result;
}

arma::mat Program::batch_unnormalised_probabilities(const BindingBatch& bindings) const {
  bindings.validate();
  arma::mat p(std::size_t{1} << n_qubits(), bindings.size);
  compiled_->for_each_state(bindings, [&](std::size_t b, const auto& state, std::size_t lanes,
                                          std::size_t lane, const Binding&) {
    set_column(p, b, unnormalised_probabilities(state, n_qubits(), lanes, lane));
  });
  return p;
}

arma::mat Program::batch_expectations(const BindingBatch& bindings,
                                      std::span<const Observable> observables) const {
  bindings.validate();
  require_within(observables, compiled_->n_qubits);
  arma::mat values(observables.size(), bindings.size);
  compiled_->for_each_state(bindings, [&](std::size_t b, const auto& state, std::size_t lanes,
                                          std::size_t lane, const Binding& binding) {
    values.col(b) = expectations_of(observables, state,
                                    compiled_->probability(state, lane, binding), lanes, lane);
  });
  return values;
}

ProgramGradients Program::batch_gradients(
    const BindingBatch& bindings, std::span<const Observable> observables,
    const std::function<arma::vec(std::size_t, const arma::vec&)>& derivative) const {
  bindings.validate();
  require_within(observables, compiled_->n_qubits);
  ProgramGradients result{
      arma::mat(observables.size(), bindings.size),
      arma::mat(static_cast<arma::uword>(compiled_->n_weights), bindings.size, arma::fill::zeros),
      arma::mat(static_cast<arma::uword>(compiled_->n_features), bindings.size, arma::fill::zeros),
      arma::mat(compiled_->numbers.size(), bindings.size)};
  const auto one_by_one = [&](std::size_t b) {
    const ProgramGradient one = gradient(
        bindings[b], observables, [&](const arma::vec& values) { return derivative(b, values); });
    set_column(result.expectations, b, one.expectations);
    set_column(result.weights, b, one.weights);
    set_column(result.features, b, one.features);
    set_column(result.numbers, b, one.numbers);
  };
  compiled_->with_engine([&]<typename T>(const Engine<T>& engine) {
    if (!engine.batch()) return for_each_run(engine.single(), bindings.size, one_by_one);
    require_gradient(engine);
    const auto& runner = *engine.batch();
    const std::size_t lanes = runner.lanes();
    parallel_for((bindings.size + lanes - 1) / lanes, [&](std::size_t c) {
      const std::vector<Binding> in_lanes = chunk(bindings, c * lanes, lanes);
      for (const Binding& binding : in_lanes) compiled_->require_bound(binding);
      const std::size_t n_here = std::min(lanes, bindings.size - c * lanes);
      const auto bound = engine.bind(in_lanes, Direction::both);
      auto tape = engine.record(runner, bound, runner.ground_state());
      AlignedVector<T> lambda(runner.state_size(), T{0});
      for (std::size_t l = 0; l < n_here; ++l) {
        const std::size_t b = c * lanes + l;
        const auto probability = compiled_->probability(tape.last, l, in_lanes[l]);
        const arma::vec values = expectations_of(observables, tape.last, probability, lanes, l);
        result.expectations.col(b) = values;
        const arma::vec slopes = derivative(b, values);
        require_slopes(slopes, observables.size());
        add_observables(observables, slopes, values, probability, lambda, lanes, l);
      }
      auto environments = engine.back(runner, bound, std::move(tape), std::move(lambda));
      const auto numbers = engine.differentiate(
          bound, environments, [&](std::size_t l, const Angle& angle, double slope) {
            if (l < n_here) add_slope(angle, slope, result.weights, result.features, c * lanes + l);
          });
      for (std::size_t l = 0; l < n_here; ++l)
        for (std::size_t k = 0; k < result.numbers.n_rows; ++k)
          result.numbers(k, c * lanes + l) = numbers[k * lanes + l];
    });
  });
  return result;
}

}  // namespace rhodrift
