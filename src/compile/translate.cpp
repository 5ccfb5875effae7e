#include <numbers>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/compile/translate.hpp>
#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

constexpr double pi = std::numbers::pi;

// One gate in terms of simpler ones on its own operands 0 and 1.
Circuit euler_rotation(const Angle& theta, const Angle& phi, const Angle& lambda) {
  return Circuit(1)
      .append(Op::rz, {0}, {lambda})
      .append(Op::sx, {0})
      .append(Op::rz, {0}, {theta + Angle(pi)})
      .append(Op::sx, {0})
      .append(Op::rz, {0}, {phi + Angle(pi)});
}

// One sx pulse: u2(φ, λ) = rz(φ + π/2) · sx · rz(λ - π/2).
Circuit half_turn(const Angle& phi, const Angle& lambda) {
  return Circuit(1)
      .append(Op::rz, {0}, {lambda - Angle(pi / 2)})
      .append(Op::sx, {0})
      .append(Op::rz, {0}, {phi + Angle(pi / 2)});
}

Circuit z_rotation(const Angle& angle) {
  return Circuit(1).append(Op::rz, {0}, {angle});
}

Circuit one_qubit_expansion(Op op, const std::vector<Angle>& a) {
  switch (op) {
    case Op::id:
      return Circuit(1);
    case Op::x:
      return Circuit(1).append(Op::sx, {0}).append(Op::sx, {0});
    case Op::y:
      return Circuit(1).append(Op::rz, {0}, {pi}).append(Op::x, {0});
    case Op::z:
      return z_rotation(pi);
    case Op::h:
      return half_turn(0.0, pi);
    case Op::s:
      return z_rotation(pi / 2);
    case Op::sdg:
      return z_rotation(-pi / 2);
    case Op::t:
      return z_rotation(pi / 4);
    case Op::tdg:
      return z_rotation(-pi / 4);
    case Op::sxdg:
      return half_turn(pi / 2, -pi / 2);
    case Op::rx:
      return euler_rotation(a[0], -pi / 2, pi / 2);
    case Op::ry:
      return euler_rotation(a[0], 0.0, 0.0);
    case Op::p:
      return z_rotation(a[0]);
    case Op::u2:
      return half_turn(a[0], a[1]);
    case Op::u3:
      return euler_rotation(a[0], a[1], a[2]);
    default:
      break;
  }
  throw InputError("translate", std::string(info(op).name), "has no expansion");
}

// C(U) for U a rotation by θ about `axis`: two half rotations that cancel unless the control is 1.
// The axis must be turned around by x on the target: y or z.
Circuit controlled_rotation(Op axis, const Angle& theta) {
  return Circuit(2)
      .append(axis, {1}, {0.5 * theta})
      .append(Op::cx, {0, 1})
      .append(axis, {1}, {-0.5 * theta})
      .append(Op::cx, {0, 1});
}

// `inner` on operands 0, 1 between `before` and its inverse on each operand of `where`.
Circuit conjugated(const Circuit& inner, const Circuit& before, const std::vector<int>& where) {
  Circuit circuit(2);
  for (const int q : where) circuit.append(before, {q});
  circuit.append(inner);
  for (const int q : where) circuit.append(before.inverse(), {q});
  return circuit;
}

Circuit two_qubit_expansion(Op op, const std::vector<Angle>& a) {
  const Circuit h = Circuit(1).append(Op::h, {0});
  const Circuit cx = Circuit(2).append(Op::cx, {0, 1});
  switch (op) {
    case Op::cy:
      return conjugated(cx, Circuit(1).append(Op::sdg, {0}), {1});
    case Op::cz:
      return conjugated(cx, h, {1});
    case Op::ch:  // Ry(π/4) Z Ry(-π/4) = H
      return conjugated(Circuit(2).append(Op::cz, {0, 1}),
                        Circuit(1).append(Op::ry, {0}, {-pi / 4}), {1});
    case Op::swap:
      return Circuit(cx).append(cx, {1, 0}).append(cx);
    case Op::iswap:
      return Circuit(2)
          .append(Op::s, {0})
          .append(Op::s, {1})
          .append(Op::h, {0})
          .append(Op::cx, {0, 1})
          .append(Op::cx, {1, 0})
          .append(Op::h, {1});
    case Op::iswapdg:
      return two_qubit_expansion(Op::iswap, a).inverse();
    case Op::ecr:  // X on the first operand after exp(-i π/4 Z ⊗ X)
      return conjugated(Circuit(2).append(Op::rzz, {0, 1}, {pi / 2}), h, {1}).append(Op::x, {0});
    case Op::crx:
      return conjugated(Circuit(2).append(Op::crz, {0, 1}, a), h, {1});
    case Op::cry:
      return controlled_rotation(Op::ry, a[0]);
    case Op::crz:
      return controlled_rotation(Op::rz, a[0]);
    case Op::cp:
      return Circuit(2).append(Op::p, {0}, {0.5 * a[0]}).append(Op::crz, {0, 1}, {a[0]});
    case Op::rzz:
      return Circuit(cx).append(Op::rz, {1}, {a[0]}).append(cx);
    case Op::rxx:
      return conjugated(Circuit(2).append(Op::rzz, {0, 1}, a), h, {0, 1});
    case Op::ryy:
      return conjugated(Circuit(2).append(Op::rzz, {0, 1}, a),
                        Circuit(1).append(Op::rx, {0}, {pi / 2}), {0, 1});
    default:
      break;
  }
  throw InputError("translate", std::string(info(op).name), "has no expansion");
}

class Translator {
 public:
  Translator(const Circuit& circuit, const Calibration& device, const Layout& layout)
      : device_(device), layout_(layout), native_(circuit.n_qubits()) {
    for (const Instruction& instruction : circuit.instructions()) add(instruction);
  }

  Circuit take() { return std::move(native_); }

 private:
  bool has(Op op, const std::vector<int>& qubits) const {
    return device_.find_gate(std::string(info(op).name), device_qubits(layout_, qubits)) != nullptr;
  }

  void add(const Instruction& instruction) {
    const auto& [op, qubits, angles, channel, bit] = instruction;
    const bool is_gate = info(op).unitary != nullptr || op == Op::reset;
    if (!is_gate || has(op, qubits)) {
      native_.append(instruction);
    } else if (op == Op::rz || op == Op::sx || op == Op::reset) {
      refuse(instruction, "the device does not have it there, and other gates are made of it");
    } else if (op == Op::cx) {
      add_cx(instruction);
    } else if (op == Op::cz && has(Op::cz, {qubits[1], qubits[0]})) {
      native_.append(Op::cz, {qubits[1], qubits[0]});  // symmetric in its operands
    } else {
      add_all(
          qubits.size() == 1 ? one_qubit_expansion(op, angles) : two_qubit_expansion(op, angles),
          qubits);
    }
  }

  void add_all(const Circuit& expansion, const std::vector<int>& qubits) {
    for (Instruction instruction : expansion.instructions()) {
      for (int& q : instruction.qubits) q = qubits[static_cast<std::size_t>(q)];
      add(instruction);
    }
  }

  void add_cx(const Instruction& instruction) {
    const int control = instruction.qubits[0], target = instruction.qubits[1];
    const std::vector<int> forward{control, target}, backward{target, control};
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
    } else {
      refuse(instruction, "no native 2-qubit gate (cx, ecr, cz) joins these qubits");
    }
  }

  [[noreturn]] void refuse(const Instruction& instruction, const std::string& why) const {
    throw InputError(device_.device,
                     fmt::format("{} on device qubits {}", info(instruction.op).name,
                                 fmt::join(device_qubits(layout_, instruction.qubits), ",")),
                     why);
  }

  const Calibration& device_;
  const Layout& layout_;
  Circuit native_;
};

}  // namespace

Circuit translate(const Circuit& circuit, const Calibration& device, const Layout& layout) {
  require_valid_layout(layout, circuit.n_qubits(), device);
  Circuit native = Translator(circuit, device, layout).take();
  native.set_readout_error(circuit.readout_error());
  return native;
}

}  // namespace rhodrift
