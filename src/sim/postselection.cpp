#include "sim/postselection.hpp"

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/program.hpp>

namespace rhodrift {

namespace {

constexpr double min_probability = 1e-14;

struct Selection {
  std::size_t instruction;
  double probability;  ///< of this post-selection and those before it
};

/// The first post-selection that leaves too little, or the last one.
Selection failing_selection(const Circuit& circuit, const Binding& binding) {
  Selection selection{};
  Circuit part(circuit.n_qubits());
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i) {
    const Instruction& instruction = circuit.instructions()[i];
    part.append(instruction);
    if (!is_postselection(instruction.op)) continue;
    const Binding needed{binding.weights.first(static_cast<std::size_t>(part.n_weights())),
                         binding.features.first(static_cast<std::size_t>(part.n_features()))};
    selection = {i, Program(part).run_unnormalised(needed).trace()};
    if (selection.probability < min_probability) break;
  }
  return selection;
}

}  // namespace

void require_possible(double probability, const Circuit& circuit, const Binding& binding) {
  if (probability >= min_probability) return;
  const Selection failing = failing_selection(circuit, binding);
  throw InputError("post-selection", circuit.place_of(failing.instruction),
                   fmt::format("leaves a probability of {:.3g}, less than the {} that can be told "
                               "from 0",
                               failing.probability, min_probability));
}

}  // namespace rhodrift
