#include "sim/engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

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

/// A state has one digit in the lanes, where no step can work: beside it there are two, or as many
/// as the widest step has. Smaller circuits get idle qubits.
int digits_for(int n_qubits, const FusedCircuit& circuit) {
  std::size_t widest = 2;
  for (const Step& step : circuit.steps) widest = std::max(widest, step.qubits.size());
  return std::max(n_qubits, static_cast<int>(widest) + 1);
}

std::vector<std::vector<int>> qubits_of(const FusedCircuit& circuit) {
  std::vector<std::vector<int>> qubits;
  for (const Step& step : circuit.steps) qubits.push_back(step.qubits);
  return qubits;
}

/// Bound of what stepping back through inverses adds to a gradient of one Pauli string. A step back
/// stretches the error that is there by ‖R⁻¹‖ at most and adds a rounding error, of 16 products a
/// number at most, 4^k if there are wide steps, to a state of norm 2^{n/2} at most; λ has norm 1.
template <typename T>
double inversion_error(const FusedCircuit& circuit, int n_digits) {
  double condition = 1.0, products = 16.0;
  for (const Step& step : circuit.steps) {
    for (const Factor& factor : step.product->factors)
      condition *= std::max(1.0, factor.inverse_norm);
    products = std::max(products, std::exp2(2.0 * static_cast<double>(step.qubits.size())));
  }
  constexpr double unit_roundoff = std::numeric_limits<T>::epsilon() / 2.0;
  return products * unit_roundoff * static_cast<double>(circuit.steps.size()) * condition *
         std::exp2(0.5 * n_digits);
}

/// States that a gradient holds at once when every `interval`-th pass begins with a kept one:
/// those, the last one and λ, or instead of the last one the other states of an interval.
std::size_t n_states(std::size_t n_passes, std::size_t interval) {
  return (n_passes + interval - 1) / interval + std::max<std::size_t>(2, interval);
}

std::uint64_t available_bytes(const ProgramOptions& options) {
  return options.memory_bytes == 0 ? machine_memory_bytes() : options.memory_bytes;
}

template <typename T>
MemoryPlan memory_plan(const FusedCircuit& circuit, const PassPlan& plan,
                       const ProgramOptions& options) {
  using enum MemoryPlan::Gradient;
  const std::uint64_t available = available_bytes(options);
  const std::uint64_t state = sizeof(T) * (std::uint64_t{1} << (2 * plan.n_digits));
  const double error = inversion_error<T>(circuit, plan.n_digits);
  if (error <= options.inversion_limit && 2 * state <= available)
    return {state, 2 * state, invert, 0, error};
  for (std::size_t interval = 1; interval <= std::max<std::size_t>(1, plan.passes.size());
       ++interval)
    if (const std::uint64_t bytes = n_states(plan.passes.size(), interval) * state;
        bytes <= available)
      return {state, bytes, interval == 1 ? store : checkpoint, interval, error};
  return {state, 0, none, 0, error};
}

}  // namespace

template <typename T>
Engine<T>::Engine(const FusedCircuit& circuit, int n_qubits, const ProgramOptions& options,
                  std::size_t batch_lanes)
    : n_digits_(digits_for(n_qubits, circuit)),
      n_numbers_(circuit.numbers.size()),
      plan_(plan_passes(qubits_of(circuit), n_digits_, tile_shape(n_digits_))),
      memory_(memory_plan<T>(circuit, plan_, options)),
      steps_(circuit.steps, memory_.gradient == MemoryPlan::Gradient::invert),
      single_(steps_, plan_, tile_shape(n_digits_).n_low, 1) {
  if (memory_.run_bytes > available_bytes(options))
    throw InputError("program", fmt::format("{} qubits", n_qubits),
                     fmt::format("a state takes {} bytes, {} are to be had", memory_.run_bytes,
                                 available_bytes(options)));
  // Floats are for states that do not fit otherwise.
  if (std::is_same_v<T, double> && n_qubits <= max_batch_digits)
    batch_.emplace(steps_,
                   plan_batch(qubits_of(circuit), n_qubits, tile_shape(n_digits_).max_steps),
                   n_qubits, batch_lanes);
}

template <typename T>
typename Engine<T>::Bound Engine<T>::bind(std::span<const Binding> bindings,
                                          Direction direction) const {
  const std::size_t lanes = bindings.size();
  std::vector<double> angles(steps_.angles().size() * lanes);
  for (std::size_t k = 0; k < steps_.angles().size(); ++k)
    for (std::size_t l = 0; l < lanes; ++l)
      angles[k * lanes + l] = steps_.angles()[k].value(bindings[l]);
  return steps_.bind(angles, lanes, direction);
}

template <typename T>
typename Engine<T>::State Engine<T>::run(const PassRunner<T>& runner, const Bound& bound,
                                         State start) const {
  typename PassRunner<T>::Workspace work = runner.workspace();
  for (std::size_t p = 0; p < runner.n_passes(); ++p)
    runner.forward(p, bound, start.data(), start.data(), work);
  return start;
}

template <typename T>
typename Engine<T>::Tape Engine<T>::record(const PassRunner<T>& runner, const Bound& bound,
                                           State start) const {
  typename PassRunner<T>::Workspace work = runner.workspace();
  Tape tape{{}, std::move(start)};
  for (std::size_t p = 0; p < runner.n_passes(); ++p) {
    if (memory_.interval > 0 && p % memory_.interval == 0) {
      tape.kept.push_back(std::move(tape.last));
      tape.last = State(runner.state_size());
      runner.forward(p, bound, tape.kept.back().data(), tape.last.data(), work);
    } else {
      runner.forward(p, bound, tape.last.data(), tape.last.data(), work);
    }
  }
  return tape;
}

template <typename T>
typename Engine<T>::Environments Engine<T>::no_environments(const Bound& bound) const {
  Environments result(steps_.n_environments());
  for (std::size_t e = 0; e < result.size(); ++e)
    result[e].assign((std::size_t{1} << (4 * steps_.row_of(e).qubits.size())) * bound.lanes(), 0.0);
  return result;
}

template <typename T>
typename Engine<T>::Environments Engine<T>::back(const PassRunner<T>& runner, const Bound& bound,
                                                 Tape tape, State lambda) const {
  typename PassRunner<T>::Workspace work = runner.workspace();
  Environments result = no_environments(bound);
  if (memory_.gradient == MemoryPlan::Gradient::invert) {
    for (std::size_t p = runner.n_passes(); p-- > 0;)
      runner.backward_inverting(p, bound, tape.last.data(), lambda.data(), result, work);
    return result;
  }
  tape.last = State();
  for (std::size_t end = runner.n_passes(); end > 0;) {
    // From the last kept state to the end of its interval, and back.
    std::vector<State> states;
    states.push_back(std::move(tape.kept.back()));
    tape.kept.pop_back();
    const std::size_t begin = tape.kept.size() * memory_.interval;
    for (std::size_t p = begin; p + 1 < end; ++p) {
      states.emplace_back(runner.state_size());
      runner.forward(p, bound, states[p - begin].data(), states[p + 1 - begin].data(), work);
    }
    for (; end > begin; --end) {
      runner.backward(end - 1, bound, states.back().data(), lambda.data(), result, work);
      states.pop_back();
    }
  }
  return result;
}

template <typename T>
AlignedVector<double> Engine<T>::differentiate(
    const Bound& bound, Environments& environments,
    const std::function<void(std::size_t, const Angle&, double)>& add) const {
  const std::size_t lanes = bound.lanes();
  AlignedVector<double> slopes, sensitivities(n_numbers_ * lanes, 0.0);
  for (std::size_t e = 0; e < environments.size(); ++e) {
    const auto& row = steps_.row_of(e);
    steps_.differentiate(row, bound, environments[e], slopes, sensitivities);
    for (std::size_t k = 0; k < static_cast<std::size_t>(row.n_factors) * lanes; ++k)
      add(k % lanes, steps_.angles()[static_cast<std::size_t>(row.first_factor) + k / lanes],
          slopes[k]);
  }
  return sensitivities;
}

void require_slopes(const arma::vec& slopes, std::size_t n_observables) {
  if (slopes.n_elem != n_observables)
    throw InputError(
        "loss derivative", "",
        fmt::format("has {} entries for {} observables", slopes.n_elem, n_observables));
}

template <typename T>
double expectation(const Observable& observable, const AlignedVector<T>& state, std::size_t lanes,
                   std::size_t lane) {
  double sum = 0.0;
  for (const Observable::Term& term : observable.terms())
    sum += term.coefficient * static_cast<double>(state[term.pauli.index() * lanes + lane]);
  return sum;
}

template <typename T>
void add_observable(const Observable& observable, double factor, AlignedVector<T>& lambda,
                    std::size_t lanes, std::size_t lane) {
  for (const Observable::Term& term : observable.terms())
    lambda[term.pauli.index() * lanes + lane] += static_cast<T>(factor * term.coefficient);
}

template class Engine<double>;
template class Engine<float>;
template double expectation(const Observable&, const AlignedVector<double>&, std::size_t,
                            std::size_t);
template double expectation(const Observable&, const AlignedVector<float>&, std::size_t,
                            std::size_t);
template void add_observable(const Observable&, double, AlignedVector<double>&, std::size_t,
                             std::size_t);
template void add_observable(const Observable&, double, AlignedVector<float>&, std::size_t,
                             std::size_t);

}  // namespace rhodrift
