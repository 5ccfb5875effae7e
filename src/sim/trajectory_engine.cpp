#include "sim/trajectory_engine.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

#include "sim/postselection.hpp"

namespace rhodrift {

namespace {

// A branch less probable than this is rounding: the state excludes it.
constexpr double min_probability = 1e-14;
// A less probable reference makes no difference to any result. Down to here its norm is in range.
constexpr double min_reference = 1e-30;

using Move = TrajectoryEngine::Move;
using Record = TrajectoryEngine::Record;

/// A gate, or a post-selection.
void advance(const Move& move, FusedState& state, Record& record) {
  const std::vector<int>& qubits = move.instruction->qubits;
  if (!is_postselection(move.instruction->op)) return state.apply(move.matrix, qubits);
  const arma::cx_mat density = state.state().reduced_density(qubits);
  const double kept = std::real(arma::trace(move.matrix * density));  // tr(P ρ P)
  const double probability = kept / std::real(arma::trace(density));
  record.last_selection = move.place;
  record.weight *= probability < min_probability ? 0.0 : probability;
  if (record.weight > 0.0) state.apply(move.matrix / std::sqrt(kept), qubits);
}

/// Takes a branch; an operator that is a multiple of the identity is left out.
void take(const Move& move, std::size_t branch, double scale, FusedState& state, Record& record) {
  if (!move.channel->is_identity(branch))
    state.apply(scale * move.channel->kraus(branch), move.instruction->qubits);
  if (move.instruction->op == Op::measure)
    record.bits |= Bitstring{branch} << move.instruction->bit;
}

/// The probabilities of a channel's branches in a state.
struct Look {
  arma::vec probabilities;
  double squared_norm;  ///< <ψ|ψ>; where nobody needs to know, 1, which leaves it as it is

  /// Of the Kraus operator, so that it leaves a normalised state.
  double scale(std::size_t branch) const {
    return 1.0 / std::sqrt(probabilities(branch) * squared_norm);
  }
};

Look look(const Move& move, FusedState& state) {
  if (move.channel->is_mixture_of_unitaries()) return {move.channel->floors(), 1.0};
  const arma::cx_mat density = state.state().reduced_density(move.instruction->qubits);
  return {move.channel->probabilities(density), std::real(arma::trace(density))};
}

/// A branch that is taken without a look at the state is scaled by its mean probability instead of
/// its own, so the norm drifts. But however many channels follow a look, it is more than a factor
/// of x away from 1 with a probability below 1/x, either way: a floor is below both probabilities.
double blind_scale(const Move& move, std::size_t branch) {
  return 1.0 / std::sqrt(move.channel->mean_probability(branch));
}

/// A channel at which the trajectory is free.
void take_any(const Move& move, RandomStream& random, FusedState& state, Record& record) {
  const double u = random.uniform();
  if (const auto branch = move.channel->branch_by_floor(u))
    return take(move, *branch, blind_scale(move, *branch), state, record);
  const Look seen = look(move, state);
  const std::size_t branch = move.channel->branch_above_floor(u, seen.probabilities);
  take(move, branch, seen.scale(branch), state, record);
}

using Choice = TrajectoryEngine::Reference::Choice;

/// The channel at which the trajectory leaves the reference.
void take_other(const Move& move, const Choice& reference, RandomStream& random, FusedState& state,
                Record& record) {
  const Look seen = look(move, state);
  arma::vec others = seen.probabilities;
  others(reference.branch) = std::max(0.0, others(reference.branch) - reference.share);
  const std::size_t branch = draw(others, random.uniform());
  take(move, branch, seen.scale(branch), state, record);
}

Choice reference_choice(const Move& move, FusedState& state) {
  const arma::vec& floors = move.channel->floors();
  const std::size_t likeliest = floors.index_max();
  if (floors(likeliest) > 0.5) return {likeliest, floors(likeliest), blind_scale(move, likeliest)};
  const Look seen = look(move, state);
  const std::size_t branch = seen.probabilities.index_max();
  return {branch, seen.probabilities(branch), seen.scale(branch)};
}

}  // namespace

TrajectoryEngine::TrajectoryEngine(const Circuit& circuit) {
  const std::vector<Instruction>& instructions = circuit.instructions();
  for (std::size_t i = 0; i < instructions.size(); ++i) {
    const auto& [op, qubits, angles, channel, bit, duration_s] = instructions[i];
    if (op == Op::barrier || op == Op::id) continue;
    if (op == Op::measure && !circuit.is_mid_circuit(bit)) continue;
    steps_.push_back({&instructions[i], static_cast<int>(i), unravelling_of(instructions[i])});
  }
}

const Unravelling* TrajectoryEngine::unravelling_of(const Instruction& instruction) {
  const auto& [op, qubits, angles, channel, bit, duration_s] = instruction;
  if (info(op).unitary != nullptr || is_postselection(op)) return nullptr;
  if (!channel) return &unravellings_.try_emplace({op, nullptr}, info(op).kraus()).first->second;
  const std::string place = fmt::format("channel '{}'", channel->label);
  if (qubits.size() > 2)
    throw InputError("trajectories", place,
                     fmt::format("acts on {} qubits, at most 2 are supported", qubits.size()));
  try {
    return &unravellings_.try_emplace({op, channel.get()}, channel->ptm).first->second;
  } catch (const InputError& error) {
    throw InputError("trajectories", place, error.what());
  }
}

TrajectoryEngine::Bound TrajectoryEngine::bind(const Binding& binding) const {
  Bound bound;
  for (const auto& [instruction, place, channel] : steps_) {
    const OperationInfo& row = info(instruction->op);
    Move move{instruction, place, {}, channel};
    if (row.unitary != nullptr) {
      std::vector<double> angles;
      for (const Angle& angle : instruction->angles) angles.push_back(angle.value(binding));
      move.matrix = row.unitary(angles);
    } else if (channel == nullptr) {
      move.matrix = row.kraus().front();
    }
    bound.push_back(std::move(move));
  }
  return bound;
}

TrajectoryEngine::Reference TrajectoryEngine::run_reference(const Bound& bound,
                                                            FusedState& state) const {
  Reference reference;
  state.reset();
  for (const Move& move : bound) {
    if (move.channel == nullptr) {
      advance(move, state, reference.record);
      if (reference.record.weight == 0.0) break;
      continue;
    }
    const Choice choice = reference_choice(move, state);
    const double departure = 1.0 - choice.share < min_probability ? 0.0 : 1.0 - choice.share;
    reference.choices.push_back(choice);
    reference.departure.push_back(reference.departure_probability() +
                                  reference.probability * departure);
    reference.probability *= 1.0 - departure;
    if (reference.probability < min_reference) {
      reference.probability = 0.0;
      break;
    }
    take(move, choice.branch, choice.scale, state, reference.record);
  }
  return reference;
}

Record TrajectoryEngine::run_departing(const Bound& bound, const Reference& reference,
                                       RandomStream& random, FusedState& state) const {
  const double u = random.uniform() * reference.departure_probability();
  const auto first = static_cast<std::size_t>(std::ranges::upper_bound(reference.departure, u) -
                                              reference.departure.begin());
  Record record;
  state.reset();
  std::size_t channel = 0;
  for (const Move& move : bound) {
    if (move.channel == nullptr) {
      advance(move, state, record);
      if (record.weight == 0.0) break;
      continue;
    }
    if (channel < first)
      take(move, reference.choices[channel].branch, reference.choices[channel].scale, state,
           record);
    else if (channel == first)
      take_other(move, reference.choices[channel], random, state, record);
    else
      take_any(move, random, state, record);
    ++channel;
  }
  return record;
}

}  // namespace rhodrift
