#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/zne/folding.hpp>

namespace rhodrift::zne {

namespace {

bool is_gate(const Instruction& instruction) {
  return info(instruction.op).unitary != nullptr;
}

std::size_t count_gates(const Circuit& circuit) {
  return static_cast<std::size_t>(std::ranges::count_if(circuit.instructions(), is_gate));
}

/// The end of `circuit` that holds its last `n_gates` gates.
Circuit last_gates(const Circuit& circuit, std::size_t n_gates) {
  const auto& instructions = circuit.instructions();
  auto begin = instructions.end();
  while (n_gates > 0) n_gates -= is_gate(*--begin) ? 1 : 0;
  Circuit result(circuit.n_qubits());
  std::for_each(begin, instructions.end(), [&](const Instruction& i) { result.append(i); });
  return result;
}

/// Appends U† U, fenced off from what stands before.
void append_fold(Circuit& circuit, const Circuit& u, const Circuit& inverse) {
  std::vector<int> all(static_cast<std::size_t>(circuit.n_qubits()));
  std::iota(all.begin(), all.end(), 0);
  circuit.append(Op::barrier, all).append(inverse).append(Op::barrier, all).append(u);
}

void require_scale_factor(double scale_factor) {
  if (!(scale_factor >= 1.0 && scale_factor <= max_scale_factor))
    throw InputError("zne", "scale factor",
                     fmt::format("{} is outside 1..{}", scale_factor, max_scale_factor));
}

}  // namespace

FoldedCircuit fold_global(const Circuit& circuit, double scale_factor) {
  require_scale_factor(scale_factor);
  const Circuit inverse = circuit.inverse();
  const Circuit body = circuit.without_measurements();
  const std::size_t n_gates = count_gates(body);
  if (n_gates == 0) throw InputError("zne", "circuit", "holds no gate to fold");

  // Every gate added comes with its inverse, so what is spent are pairs.
  const auto n_pairs = static_cast<std::size_t>(
      std::llround((scale_factor - 1.0) / 2.0 * static_cast<double>(n_gates)));
  Circuit folded = body;
  for (std::size_t fold = 0; fold < n_pairs / n_gates; ++fold) append_fold(folded, body, inverse);
  if (n_pairs % n_gates > 0) {
    const Circuit tail = last_gates(body, n_pairs % n_gates);
    append_fold(folded, tail, tail.inverse());
  }
  for (const Instruction& instruction : circuit.instructions())
    if (instruction.op == Op::measure) folded.append(instruction);
  folded.set_readout_error(circuit.readout_error());
  const double reached = 1.0 + 2.0 * static_cast<double>(n_pairs) / static_cast<double>(n_gates);
  return {std::move(folded), reached};
}

}  // namespace rhodrift::zne
