#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <optional>
#include <tuple>

#include "compile/simplify.hpp"

namespace rhodrift {

namespace {

constexpr double pi = std::numbers::pi;
constexpr double negligible_rad = 1e-12;

/// In which Pauli of each operand an operation is a polynomial. `mixed`: in none alone.
enum class Axis : unsigned char { mixed, x, y, z };

std::array<Axis, 2> axes_of(Op op) {
  switch (op) {
    case Op::rx:
      return {Axis::x};
    case Op::ry:
      return {Axis::y};
    case Op::rz:
      return {Axis::z};
    case Op::cx:
    case Op::crx:
      return {Axis::z, Axis::x};
    case Op::cy:
    case Op::cry:
      return {Axis::z, Axis::y};
    case Op::cz:
    case Op::crz:
    case Op::cp:
    case Op::rzz:
      return {Axis::z, Axis::z};
    case Op::rxx:
      return {Axis::x, Axis::x};
    case Op::ryy:
      return {Axis::y, Axis::y};
    case Op::ecr:
      return {Axis::mixed, Axis::x};
    default:
      return {Axis::mixed, Axis::mixed};
  }
}

bool is_symmetric(Op op) {
  return op == Op::cz || op == Op::cp || op == Op::rxx || op == Op::ryy || op == Op::rzz;
}

// By what angle the operation is the identity, up to a global phase.
double period_of(Op op) {
  return op == Op::crx || op == Op::cry || op == Op::crz ? 4 * pi : 2 * pi;
}

// Fixed turns about an axis, and p, as rotations.
Instruction as_rotation(Instruction instruction) {
  const auto turn = [&](Op op, const Angle& angle) {
    instruction.op = op;
    instruction.angles = {angle};
  };
  switch (instruction.op) {
    case Op::x:
      turn(Op::rx, pi);
      break;
    case Op::sx:
      turn(Op::rx, pi / 2);
      break;
    case Op::sxdg:
      turn(Op::rx, -pi / 2);
      break;
    case Op::y:
      turn(Op::ry, pi);
      break;
    case Op::z:
      turn(Op::rz, pi);
      break;
    case Op::s:
      turn(Op::rz, pi / 2);
      break;
    case Op::sdg:
      turn(Op::rz, -pi / 2);
      break;
    case Op::t:
      turn(Op::rz, pi / 4);
      break;
    case Op::tdg:
      turn(Op::rz, -pi / 4);
      break;
    case Op::p:
      turn(Op::rz, instruction.angles[0]);
      break;
    default:
      break;
  }
  return instruction;
}

bool is_identity(const Instruction& instruction) {
  if (instruction.op == Op::id) return true;
  if (instruction.angles.size() != 1 || !instruction.angles[0].is_constant()) return false;
  const double angle = instruction.angles[0].offset_rad();
  return std::abs(std::remainder(angle, period_of(instruction.op))) < negligible_rad;
}

/// What came so far, but for what has been cancelled. The gates on a qubit fall into stretches with
/// one axis; all gates of a stretch commute as far as this qubit is concerned.
class Merger {
 public:
  explicit Merger(int n_qubits) : stretches_(static_cast<std::size_t>(n_qubits)) {}

  void add(const Instruction& instruction) {
    const auto [like, is_first] = likes_.try_emplace(key_of(instruction), kept_.size());
    if (is_first) {
      kept_.emplace_back(instruction);
      return;
    }
    // A rotation with one angle, or cx, cy, cz: all others have a stretch of their own.
    std::optional<Instruction>& before = kept_[like->second];
    const bool is_involution = instruction.angles.empty();
    if (!is_involution) before->angles[0] = before->angles[0] + instruction.angles[0];
    if (is_involution || is_identity(*before)) {
      before.reset();
      likes_.erase(like);
    }
  }

  const std::vector<std::optional<Instruction>>& kept() const { return kept_; }

 private:
  struct Stretch {
    Axis axis = Axis::mixed;
    int number = 0;
  };
  using Key = std::tuple<Op, std::vector<int>, std::array<int, 2>>;

  // The operation, its operands and the stretches it belongs to.
  Key key_of(const Instruction& instruction) {
    const std::array<Axis, 2> axes = axes_of(instruction.op);
    std::vector<int> qubits = instruction.qubits;
    std::array<int, 2> numbers{};
    for (std::size_t k = 0; k < qubits.size(); ++k) {
      const Axis axis = k < 2 ? axes[k] : Axis::mixed;
      Stretch& stretch = stretches_[static_cast<std::size_t>(qubits[k])];
      if (axis == Axis::mixed || axis != stretch.axis) stretch = {axis, stretch.number + 1};
      if (k < 2) numbers[k] = stretch.number;
    }
    if (is_symmetric(instruction.op) && qubits[0] > qubits[1]) {
      std::swap(qubits[0], qubits[1]);
      std::swap(numbers[0], numbers[1]);
    }
    return {instruction.op, std::move(qubits), numbers};
  }

  std::vector<Stretch> stretches_;
  std::map<Key, std::size_t> likes_;
  std::vector<std::optional<Instruction>> kept_;
};

}  // namespace

Circuit merge_commuting(const Circuit& circuit) {
  Merger merger(circuit.n_qubits());
  for (const Instruction& original : circuit.instructions()) {
    const Instruction instruction = as_rotation(original);
    if (!is_identity(instruction)) merger.add(instruction);
  }
  Circuit merged(circuit.n_qubits());
  for (const std::optional<Instruction>& instruction : merger.kept())
    if (instruction) merged.append(*instruction);
  merged.set_readout_error(circuit.readout_error());
  return merged;
}

}  // namespace rhodrift
