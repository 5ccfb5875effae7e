#include <algorithm>
#include <array>
#include <numbers>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/compile/translate.hpp>
#include <rhodrift/core/error.hpp>

#include "compile/basis.hpp"
#include "compile/entanglers.hpp"
#include "compile/expansions.hpp"

namespace rhodrift {

namespace {

constexpr double pi = std::numbers::pi;

bool is_symmetric(Op op) {
  constexpr std::array symmetric{Op::cz,      Op::rzz,        Op::rxx,          Op::iswap,
                                 Op::iswapdg, Op::sqrt_iswap, Op::sqrt_iswapdg, Op::xy};
  return std::ranges::find(symmetric, op) != symmetric.end();
}

class Translator {
 public:
  Translator(const Circuit& circuit, const Target& target, const Layout& layout)
      : target_(target), layout_(layout), native_(circuit.n_qubits()) {
    for (const Instruction& instruction : circuit.instructions()) add(instruction);
  }

  Circuit take() { return std::move(native_); }

 private:
  /// A working gate, or a faulty one where no gate works.
  bool has(Op op, const std::vector<int>& operands) const {
    const std::vector<int> qubits = device_qubits(layout_, operands);
    return target_.gate(op, qubits) ||
           (target_.listed_gate(op, qubits) && !target_.any_works(qubits));
  }

  void add(const Instruction& instruction) {
    const Op op = instruction.op;
    const bool is_gate = (info(op).unitary != nullptr && op != Op::delay) || op == Op::reset;
    if (!is_gate || has(op, instruction.qubits)) {
      native_.append(instruction);
    } else if (op == Op::rz || op == Op::sx) {
      add_basis_gate(instruction);
    } else if (op == Op::reset) {
      refuse(instruction, "the device does not have it there");
    } else if (op == Op::cx) {
      add_cx(instruction);
    } else if (is_symmetric(op)) {
      add_symmetric(instruction);
    } else {
      add_all(expansion(op, instruction.angles), instruction.qubits);
    }
  }

  void add_all(const Circuit& expansion, const std::vector<int>& qubits) {
    for (Instruction instruction : expansion.instructions()) {
      for (int& q : instruction.qubits) q = qubits[static_cast<std::size_t>(q)];
      add(instruction);
    }
  }

  // rz or sx where the device has another name for it.
  void add_basis_gate(const Instruction& instruction) {
    const std::vector<int>& qubits = instruction.qubits;
    if (instruction.op == Op::rz && has(Op::p, qubits)) {
      native_.append(Op::p, qubits, instruction.angles);
    } else if (instruction.op == Op::sx && has(Op::u2, qubits)) {
      native_.append(Op::u2, qubits, {-pi / 2, pi / 2});
    } else if (instruction.op == Op::sx && has(Op::u3, qubits)) {
      native_.append(Op::u3, qubits, {pi / 2, -pi / 2, pi / 2});
    } else if (instruction.op == Op::sx && has(Op::rx, qubits)) {
      native_.append(Op::rx, qubits, {pi / 2});
    } else {
      refuse(instruction, "the device does not have it there, and other gates are made of it");
    }
  }

  void add_symmetric(const Instruction& instruction) {
    const std::vector<int> reversed{instruction.qubits[1], instruction.qubits[0]};
    if (has(instruction.op, reversed))
      native_.append(instruction.op, reversed, instruction.angles);
    else if (instruction.op == Op::rzz &&
             (has(Op::rxx, instruction.qubits) || has(Op::rxx, reversed)))
      add_all(conjugated(Circuit(2).append(Op::rxx, {0, 1}, instruction.angles),
                         Circuit(1).append(Op::h, {0}), {0, 1}),
              instruction.qubits);
    else
      add_all(expansion(instruction.op, instruction.angles), instruction.qubits);
  }

  void add_cx(const Instruction& instruction) {
    const std::vector<int>& forward = instruction.qubits;
    const std::vector<int> backward{forward[1], forward[0]};
    const Circuit h = Circuit(1).append(Op::h, {0});
    if (has(Op::cz, forward) || has(Op::cz, backward)) {
      add_all(conjugated(Circuit(2).append(Op::cz, {0, 1}), h, {1}), forward);
    } else if (has(Op::ecr, forward)) {
      // cx = exp(-i π/4 Z) ⊗ exp(-i π/4 X) · exp(i π/4 Z ⊗ X), and ecr · X = exp(i π/4 Z ⊗ X).
      add_all(Circuit(2)
                  .append(Op::x, {0})
                  .append(Op::ecr, {0, 1})
                  .append(Op::rz, {0}, {pi / 2})
                  .append(Op::sx, {1}),
              forward);
    } else if (has(Op::cx, backward) || has(Op::ecr, backward)) {
      // Hadamards on both sides exchange control and target.
      add_all(conjugated(Circuit(2).append(Op::cx, {1, 0}), h, {0, 1}), forward);
    } else if (has(Op::rzz, forward) || has(Op::rzz, backward)) {
      // A controlled phase of π; see the expansion of cp.
      add_all(conjugated(Circuit(2).append(Op::cp, {0, 1}, {pi}), h, {1}), forward);
    } else {
      add_cx_in_symmetric(instruction);
    }
  }

  void add_cx_in_symmetric(const Instruction& instruction) {
    const std::vector<int>& forward = instruction.qubits;
    const std::vector<int> backward{forward[1], forward[0]};
    for (const Op op : {Op::rxx, Op::sqrt_iswap, Op::xy, Op::iswap})
      if (has(op, forward) || has(op, backward)) return add_all(cx_in(op), forward);
    refuse(
        instruction,
        "no native 2-qubit gate (cx, ecr, cz, rzz, rxx, sqrt_iswap, xy, iswap) joins these qubits");
  }

  [[noreturn]] void refuse(const Instruction& instruction, const std::string& why) const {
    throw InputError(target_.calibration().device,
                     fmt::format("{} on device qubits {}", info(instruction.op).name,
                                 fmt::join(device_qubits(layout_, instruction.qubits), ",")),
                     why);
  }

  const Target& target_;
  const Layout& layout_;
  Circuit native_;
};

}  // namespace

Circuit in_native_gates(const Circuit& circuit, const Target& target, const Layout& layout) {
  Circuit native = Translator(circuit, target, layout).take();
  native.set_readout_error(circuit.readout_error());
  return native;
}

Circuit translate(const Circuit& circuit, const Calibration& device, const Layout& layout) {
  require_valid_layout(layout, circuit.n_qubits(), device);
  return in_native_gates(circuit, Target(device), layout);
}

}  // namespace rhodrift
