#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/cdr.hpp>

#include "core/shuffle.hpp"

namespace rhodrift::cdr {

namespace {

constexpr double pi = std::numbers::pi;
constexpr double replacement_width_rad = 0.5;

/// Multiples of it as angles make the operation a Clifford gate; nullopt where angles are not what
/// decides that.
std::optional<double> clifford_step_rad(Op op) {
  switch (op) {
    case Op::rx:
    case Op::ry:
    case Op::rz:
    case Op::p:
    case Op::u2:
    case Op::u3:
    case Op::rxx:
    case Op::ryy:
    case Op::rzz:
      return pi / 2;
    case Op::crx:
    case Op::cry:
    case Op::crz:
    case Op::cp:
    case Op::xy:
      return pi;
    default:
      return std::nullopt;
  }
}

/// t and tdg as phases, so that they have an angle.
Instruction with_angle(Instruction instruction) {
  if (instruction.op != Op::t && instruction.op != Op::tdg) return instruction;
  instruction.angles = {instruction.op == Op::t ? pi / 4 : -pi / 4};
  instruction.op = Op::p;
  return instruction;
}

bool is_replaceable(const Instruction& instruction) {
  const Instruction gate = with_angle(instruction);
  const std::optional<double> step = clifford_step_rad(gate.op);
  return step && std::ranges::any_of(gate.angles, [&](const Angle& angle) {
           return std::abs(std::remainder(angle.offset_rad(), *step)) > 1e-9;
         });
}

double replaced(double angle_rad, double step_rad, Replacement replacement, RandomStream& random) {
  const double nearest = std::round(angle_rad / step_rad);
  if (replacement == Replacement::nearest) return nearest * step_rad;
  // All multiples in a full turn around the angle.
  const int half_turn = static_cast<int>(std::lround(pi / step_rad));
  std::vector<double> candidates, weights;
  double total = 0.0;
  for (int k = -half_turn; k <= half_turn; ++k) {
    candidates.push_back((nearest + k) * step_rad);
    const double distance = (candidates.back() - angle_rad) / replacement_width_rad;
    weights.push_back(std::abs(candidates.back() - angle_rad) < pi ? std::exp(-distance * distance)
                                                                   : 0.0);
    total += weights.back();
  }
  double rest = random.uniform() * total;
  std::size_t k = 0;
  while (k + 1 < weights.size() && rest >= weights[k]) rest -= weights[k++];
  return candidates[k];
}

std::vector<std::size_t> replaceable_gates(const Circuit& circuit) {
  std::vector<std::size_t> gates;
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i)
    if (is_replaceable(circuit.instructions()[i])) gates.push_back(i);
  return gates;
}

Circuit training_circuit(const Circuit& circuit, std::vector<std::size_t> gates,
                         const TrainingOptions& options, RandomStream& random) {
  shuffle(gates, random);
  gates.erase(gates.begin(), gates.begin() + options.n_non_clifford);  // those stay
  std::ranges::sort(gates);
  Circuit training(circuit.n_qubits());
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i) {
    Instruction gate = circuit.instructions()[i];
    if (std::ranges::binary_search(gates, i)) {
      gate = with_angle(std::move(gate));
      for (Angle& angle : gate.angles)
        angle =
            replaced(angle.offset_rad(), *clifford_step_rad(gate.op), options.replacement, random);
    }
    training.append(gate);
  }
  training.set_readout_error(circuit.readout_error());
  return training;
}

void require_valid(const Circuit& circuit, std::size_t n_replaceable,
                   const TrainingOptions& options, std::uint64_t training_shots,
                   std::uint64_t target_shots) {
  const auto fail = [](const std::string& place, const std::string& problem) {
    throw InputError("cdr", place, problem);
  };
  if (circuit.n_weights() + circuit.n_features() > 0)
    fail("circuit", fmt::format("takes {} weights and {} features; training circuits are made of "
                                "numbers, bind it first",
                                circuit.n_weights(), circuit.n_features()));
  if (options.n_non_clifford < 0 ||
      static_cast<std::size_t>(options.n_non_clifford) >= n_replaceable)
    fail("non-Clifford gates", fmt::format("{} are to stay of the {} the circuit has",
                                           options.n_non_clifford, n_replaceable));
  const std::size_t least = options.scale_factors.size() + 3;
  if (options.n_training < 0 || static_cast<std::size_t>(options.n_training) < least)
    fail("training circuits", fmt::format("{} are fewer than {}", options.n_training, least));
  if (options.scale_factors.empty()) fail("scale factors", "there are none");
  if ((training_shots == 0) != (target_shots == 0))
    fail("shots",
         fmt::format("{} for training circuits, {} for the target", training_shots, target_shots));
}

std::shared_ptr<const Circuit> shared(Circuit circuit) {
  return std::make_shared<const Circuit>(std::move(circuit));
}

}  // namespace

CdrPlan construct(const Circuit& circuit, const TrainingOptions& options,
                  std::uint64_t training_shots, std::uint64_t target_shots) {
  const std::vector<std::size_t> gates = replaceable_gates(circuit);
  require_valid(circuit, gates.size(), options, training_shots, target_shots);
  CdrPlan plan;
  const auto add_folded = [&](const Circuit& one, std::uint64_t shots) {
    std::vector<double> reached;
    for (const double factor : options.scale_factors) {
      zne::FoldedCircuit folded = zne::fold(one, factor, options.folding);
      if (std::ranges::count(reached, folded.scale_factor) > 0)
        throw InputError(
            "cdr", "scale factors",
            fmt::format("{} reaches {}, as an earlier one does", factor, folded.scale_factor));
      reached.push_back(folded.scale_factor);
      plan.jobs.push_back({shared(std::move(folded.circuit)), {}, {}, shots});
    }
    plan.scale_factors = reached;
  };
  for (int t = 0; t < options.n_training; ++t) {
    RandomStream random(options.seed, static_cast<std::uint64_t>(t));
    const Circuit training = training_circuit(circuit, gates, options, random);
    add_folded(training, training_shots);
    plan.noiseless.jobs.push_back({shared(training), {}, {}, 0});
  }
  add_folded(circuit, target_shots);
  return plan;
}

}  // namespace rhodrift::cdr
