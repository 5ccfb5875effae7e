#include "sim/trajectory_engine.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/channel.hpp>

namespace rhodrift {

namespace {

// Less than this beside one branch is rounding: the state excludes the others.
constexpr double min_departure = 1e-14;
// A less probable reference makes no difference to any result. Down to here its norm is in range.
constexpr double min_reference = 1e-30;

/// Takes a branch; an operator that is a multiple of the identity is left out.
void take(const TrajectoryEngine::Move& move, std::size_t branch, double scale, FusedState& state) {
  if (!move.channel->is_identity(branch))
    state.apply(scale * move.channel->kraus(branch), move.qubits);
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

Look look(const TrajectoryEngine::Move& move, FusedState& state) {
  if (move.channel->is_mixture_of_unitaries()) return {move.channel->floors(), 1.0};
  const arma::cx_mat density = state.state().reduced_density(move.qubits);
  return {move.channel->probabilities(density), std::real(arma::trace(density))};
}

/// A branch that is taken without a look at the state is scaled by its mean probability instead of
/// its own, so the norm drifts. But however many channels follow a look, it is more than a factor
/// of x away from 1 with a probability below 1/x, either way: a floor is below both probabilities.
double blind_scale(const TrajectoryEngine::Move& move, std::size_t branch) {
  return 1.0 / std::sqrt(move.channel->mean_probability(branch));
}

/// A channel at which the trajectory is free.
void take_any(const TrajectoryEngine::Move& move, RandomStream& random, FusedState& state) {
  const double u = random.uniform();
  if (const auto branch = move.channel->branch_by_floor(u))
    return take(move, *branch, blind_scale(move, *branch), state);
  const Look seen = look(move, state);
  const std::size_t branch = move.channel->branch_above_floor(u, seen.probabilities);
  take(move, branch, seen.scale(branch), state);
}

using Choice = TrajectoryEngine::Reference::Choice;

/// The channel at which the trajectory leaves the reference.
void take_other(const TrajectoryEngine::Move& move, const Choice& reference, RandomStream& random,
                FusedState& state) {
  const Look seen = look(move, state);
  arma::vec others = seen.probabilities;
  others(reference.branch) = std::max(0.0, others(reference.branch) - reference.share);
  const std::size_t branch = draw(others, random.uniform());
  take(move, branch, seen.scale(branch), state);
}

Choice reference_choice(const TrajectoryEngine::Move& move, FusedState& state) {
  const arma::vec& floors = move.channel->floors();
  const std::size_t likeliest = floors.index_max();
  if (floors(likeliest) > 0.5) return {likeliest, floors(likeliest), blind_scale(move, likeliest)};
  const Look seen = look(move, state);
  const std::size_t branch = seen.probabilities.index_max();
  return {branch, seen.probabilities(branch), seen.scale(branch)};
}

}  // namespace

TrajectoryEngine::TrajectoryEngine(const Circuit& circuit) {
  for (const Instruction& instruction : circuit.instructions()) {
    if (instruction.op == Op::barrier || instruction.op == Op::measure || instruction.op == Op::id)
      continue;
    steps_.push_back(
        {instruction.qubits, instruction.op, instruction.angles, unravelling_of(instruction)});
  }
}

const Unravelling* TrajectoryEngine::unravelling_of(const Instruction& instruction) {
  if (instruction.op != Op::channel && instruction.op != Op::reset) return nullptr;
  const std::string place = instruction.channel
                                ? fmt::format("channel '{}'", instruction.channel->label)
                                : std::string("reset");
  if (instruction.qubits.size() > 2)
    throw InputError(
        "trajectories", place,
        fmt::format("acts on {} qubits, at most 2 are supported", instruction.qubits.size()));
  const TransferMatrix ptm = instruction.channel ? instruction.channel->ptm : reset_channel().ptm();
  const std::vector<double> entries(ptm.begin(), ptm.end());
  try {
    return &unravellings_.try_emplace(entries, ptm).first->second;
  } catch (const InputError& error) {
    throw InputError("trajectories", place, error.what());
  }
}

TrajectoryEngine::Bound TrajectoryEngine::bind(const Binding& binding) const {
  Bound bound;
  for (const Step& step : steps_) {
    Move move{step.qubits, {}, step.channel};
    if (move.channel == nullptr) {
      std::vector<double> angles;
      for (const Angle& angle : step.angles) angles.push_back(angle.value(binding));
      move.unitary = info(step.op).unitary(angles);
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
      state.apply(move.unitary, move.qubits);
      continue;
    }
    const Choice choice = reference_choice(move, state);
    const double departure = 1.0 - choice.share < min_departure ? 0.0 : 1.0 - choice.share;
    reference.choices.push_back(choice);
    reference.departure.push_back(reference.departure_probability() +
                                  reference.probability * departure);
    reference.probability *= 1.0 - departure;
    if (reference.probability < min_reference) {
      reference.probability = 0.0;
      break;
    }
    take(move, choice.branch, choice.scale, state);
  }
  return reference;
}

void TrajectoryEngine::run_departing(const Bound& bound, const Reference& reference,
                                     RandomStream& random, FusedState& state) const {
  const double u = random.uniform() * reference.departure_probability();
  const auto first = static_cast<std::size_t>(std::ranges::upper_bound(reference.departure, u) -
                                              reference.departure.begin());
  state.reset();
  std::size_t channel = 0;
  for (const Move& move : bound) {
    if (move.channel == nullptr) {
      state.apply(move.unitary, move.qubits);
      continue;
    }
    if (channel < first)
      take(move, reference.choices[channel].branch, reference.choices[channel].scale, state);
    else if (channel == first)
      take_other(move, reference.choices[channel], random, state);
    else
      take_any(move, random, state);
    ++channel;
  }
}

}  // namespace rhodrift
