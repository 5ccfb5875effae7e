#include <algorithm>

#include <rhodrift/circuit/pair_unitary.hpp>

#include "compile/simplify.hpp"
#include "compile/weyl.hpp"

namespace rhodrift {

namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

bool is_constant_gate(const Instruction& instruction) {
  return info(instruction.op).unitary != nullptr && instruction.op != Op::delay &&
         std::ranges::all_of(instruction.angles, &Angle::is_constant);
}

/// Constant gates on two qubits with no other gate on either between them.
struct Block {
  int first;                        ///< operand 0 of the matrix
  int second;                       ///< operand 1
  std::vector<std::size_t> places;  ///< in the circuit
  int n_entanglers = 0;
  arma::cx_mat44 matrix = arma::cx_mat44(arma::fill::eye);

  void add(const Instruction& gate, std::size_t place) {
    places.push_back(place);
    n_entanglers += gate.qubits.size() == 2;
    matrix = arma::cx_mat44(pair_unitary(gate, first) * matrix);
  }
};

/// The blocks of a circuit, each as long as it can be.
class Blocks {
 public:
  explicit Blocks(const Circuit& circuit)
      : open_(static_cast<std::size_t>(circuit.n_qubits()), none) {
    for (std::size_t i = 0; i < circuit.instructions().size(); ++i)
      add(circuit.instructions()[i], i);
  }

  const std::vector<Block>& all() const { return blocks_; }

 private:
  std::size_t& open_on(int qubit) { return open_[static_cast<std::size_t>(qubit)]; }

  void close(int qubit) {
    if (open_on(qubit) == none) return;
    const Block& block = blocks_[open_on(qubit)];
    open_on(block.first) = open_on(block.second) = none;
  }

  void add(const Instruction& instruction, std::size_t place) {
    const std::vector<int>& qubits = instruction.qubits;
    if (!is_constant_gate(instruction)) {
      for (const int q : qubits) close(q);
      return;
    }
    if (qubits.size() == 2 &&
        (open_on(qubits[0]) == none || open_on(qubits[0]) != open_on(qubits[1]))) {
      close(qubits[0]);
      close(qubits[1]);
      open_on(qubits[0]) = open_on(qubits[1]) = blocks_.size();
      blocks_.push_back({qubits[0], qubits[1], {}});
    }
    if (open_on(qubits[0]) != none) blocks_[open_on(qubits[0])].add(instruction, place);
  }

  std::vector<Block> blocks_;
  std::vector<std::size_t> open_;  // the block that is open on a qubit
};

}  // namespace

Circuit resynthesise_pairs(const Circuit& circuit) {
  const Blocks blocks(circuit);
  std::vector<bool> is_replaced(circuit.instructions().size(), false);
  std::vector<std::optional<Circuit>> replacement_at(circuit.instructions().size());
  std::vector<const Block*> block_at(circuit.instructions().size(), nullptr);
  for (const Block& block : blocks.all()) {
    if (block.n_entanglers < 2) continue;
    const auto decomposition = WeylDecomposition::of(block.matrix);
    if (!decomposition || decomposition->n_cx() >= block.n_entanglers) continue;
    for (const std::size_t place : block.places) is_replaced[place] = true;
    replacement_at[block.places.front()] = decomposition->circuit();
    block_at[block.places.front()] = &block;
  }
  Circuit result(circuit.n_qubits());
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i) {
    if (replacement_at[i])
      result.append(*replacement_at[i], {block_at[i]->first, block_at[i]->second});
    if (!is_replaced[i]) result.append(circuit.instructions()[i]);
  }
  result.set_readout_error(circuit.readout_error());
  return result;
}

}  // namespace rhodrift
