#include <algorithm>

#include "compile/expansions.hpp"
#include "compile/simplify.hpp"

namespace rhodrift {

namespace {

using Instructions = std::vector<Instruction>;

void append_expanded(const Instruction& instruction, bool keep_rzz, Circuit& result) {
  const Op op = instruction.op;
  const bool is_kept = info(op).unitary == nullptr || instruction.qubits.size() == 1 ||
                       op == Op::cx || op == Op::cz || op == Op::swap ||
                       (op == Op::rzz && keep_rzz);
  if (is_kept) {
    result.append(instruction);
    return;
  }
  const Circuit parts = expansion(op, instruction.angles);
  for (Instruction part : parts.instructions()) {
    for (int& q : part.qubits) q = instruction.qubits[static_cast<std::size_t>(q)];
    append_expanded(part, keep_rzz, result);
  }
}

/// For every instruction the control of the cx that was the last on more than one qubit for both of
/// its qubits; -1 where none was.
std::vector<int> controls_before(const Instructions& instructions, int n_qubits) {
  std::vector<int> controls;
  std::vector<const Instruction*> last(static_cast<std::size_t>(n_qubits), nullptr);
  for (const Instruction& instruction : instructions) {
    const auto last_on = [&](int q) -> const Instruction*& {
      return last[static_cast<std::size_t>(q)];
    };
    const Instruction* before = last_on(instruction.qubits.front());
    const bool follows_cx = instruction.qubits.size() == 2 && before != nullptr &&
                            before->op == Op::cx && before == last_on(instruction.qubits.back());
    controls.push_back(follows_cx ? before->qubits[0] : -1);
    if (instruction.qubits.size() > 1)
      for (const int q : instruction.qubits) last_on(q) = &instruction;
  }
  return controls;
}

/// Each swap as three cx, the first of which cancels a cx before it, or the last one after it.
Circuit with_expanded_swaps(const Circuit& circuit) {
  const Instructions& instructions = circuit.instructions();
  const std::vector<int> before = controls_before(instructions, circuit.n_qubits());
  std::vector<int> after =
      controls_before(Instructions(instructions.rbegin(), instructions.rend()), circuit.n_qubits());
  std::ranges::reverse(after);
  Circuit result(circuit.n_qubits());
  for (std::size_t i = 0; i < instructions.size(); ++i) {
    if (instructions[i].op != Op::swap) {
      result.append(instructions[i]);
      continue;
    }
    int a = instructions[i].qubits[0], b = instructions[i].qubits[1];
    if ((before[i] >= 0 ? before[i] : after[i]) == b) std::swap(a, b);
    result.append(Op::cx, {a, b}).append(Op::cx, {b, a}).append(Op::cx, {a, b});
  }
  return result;
}

}  // namespace

Circuit in_cx_gates(const Circuit& circuit, bool keep_rzz) {
  Circuit expanded(circuit.n_qubits());
  for (const Instruction& instruction : circuit.instructions())
    append_expanded(instruction, keep_rzz, expanded);
  Circuit result = with_expanded_swaps(expanded);
  result.set_readout_error(circuit.readout_error());
  return result;
}

}  // namespace rhodrift
