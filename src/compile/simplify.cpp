#include "compile/simplify.hpp"

#include <algorithm>

namespace rhodrift {

namespace {

auto count_pairs(const Circuit& circuit) {
  return std::ranges::count_if(circuit.instructions(), [](const Instruction& instruction) {
    return info(instruction.op).n_qubits == 2;
  });
}

}  // namespace

Circuit simplify(const Circuit& circuit, bool keep_rzz) {
  Circuit simpler = merge_commuting(in_cx_gates(merge_commuting(circuit), keep_rzz));
  for (auto before = count_pairs(simpler) + 1; count_pairs(simpler) < before;) {
    before = count_pairs(simpler);
    simpler = merge_commuting(resynthesise_pairs(simpler));
  }
  return simpler;
}

}  // namespace rhodrift
