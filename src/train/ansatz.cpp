#include <functional>
#include <map>
#include <type_traits>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/ansatz.hpp>

#include "core/named_settings.hpp"
#include "train/renumbered.hpp"

namespace rhodrift {

namespace {

constexpr int max_layers = 1000;

const std::map<std::string, BrickBlock> brick_blocks{{"cx", BrickBlock::cx},
                                                     {"su4", BrickBlock::su4}};

// --- Circuits
// --------------------------------------------------------------------------------------

/// A circuit whose rotations take one weight after the other.
class WeightedCircuit {
 public:
  explicit WeightedCircuit(int n_qubits) : circuit_(n_qubits) {}

  const Circuit& circuit() const { return circuit_; }
  void gate(Op op, std::vector<int> qubits) { circuit_.append(op, std::move(qubits)); }
  void turn(Op op, std::vector<int> qubits) {
    circuit_.append(op, std::move(qubits), {Angle::weight(next_weight_++)});
  }
  void turn_all(Op axis) {
    for (int q = 0; q < circuit_.n_qubits(); ++q) turn(axis, {q});
  }
  /// Any gate of SU(2).
  void turn_freely(int q) {
    for (const Op axis : {Op::rz, Op::ry, Op::rz}) turn(axis, {q});
  }
  /// Any gate of SU(4).
  void turn_freely(int a, int b) {
    turn_freely(a);
    turn_freely(b);
    for (const Op axis : {Op::rxx, Op::ryy, Op::rzz}) turn(axis, {a, b});
    turn_freely(a);
    turn_freely(b);
  }
  void entangle(const QubitPairs& pairs) {
    for (const auto& [control, target] : pairs) gate(Op::cx, {control, target});
  }
  /// `part(pair)` for every pair, with the same weights for all.
  template <typename Part>
  void share(const QubitPairs& pairs, Part part) {
    const int first = next_weight_;
    for (const auto& [a, b] : pairs) {
      next_weight_ = first;
      part(a, b);
    }
  }

 private:
  Circuit circuit_;
  int next_weight_ = 0;
};

/// first-second, third-fourth, … of `qubits` from number `begin` on.
QubitPairs neighbours(const std::vector<int>& qubits, std::size_t begin) {
  QubitPairs pairs;
  for (std::size_t i = begin; i + 1 < qubits.size(); i += 2)
    pairs.emplace_back(qubits[i], qubits[i + 1]);
  return pairs;
}

std::vector<int> all_qubits(int n_qubits) {
  std::vector<int> qubits;
  for (int q = 0; q < n_qubits; ++q) qubits.push_back(q);
  return qubits;
}

Circuit circuit_of(const HardwareEfficient& ansatz, int n_qubits) {
  WeightedCircuit result(n_qubits);
  const QubitPairs pairs = qubit_pairs(ansatz.entanglement, n_qubits);
  for (int layer = 0; layer < ansatz.layers; ++layer) {
    for (int q = 0; q < n_qubits; ++q) {
      result.turn(Op::ry, {q});
      result.turn(Op::rz, {q});
    }
    result.entangle(pairs);
  }
  result.turn_all(Op::ry);
  return result.circuit();
}

Circuit layers_of(const std::vector<Op>& axes, int layers, const Entanglement& entanglement,
                  int n_qubits) {
  WeightedCircuit result(n_qubits);
  const QubitPairs pairs = qubit_pairs(entanglement, n_qubits);
  for (int layer = 0; layer <= layers; ++layer) {
    for (const Op axis : axes) result.turn_all(axis);
    if (layer < layers) result.entangle(pairs);
  }
  return result.circuit();
}

Circuit circuit_of(const RealAmplitudes& ansatz, int n_qubits) {
  return layers_of({Op::ry}, ansatz.layers, ansatz.entanglement, n_qubits);
}

Circuit circuit_of(const EfficientSu2& ansatz, int n_qubits) {
  return layers_of({Op::ry, Op::rz}, ansatz.layers, ansatz.entanglement, n_qubits);
}

Circuit circuit_of(const StronglyEntangling& ansatz, int n_qubits) {
  WeightedCircuit result(n_qubits);
  for (int layer = 0; layer < ansatz.layers; ++layer) {
    for (int q = 0; q < n_qubits; ++q) result.turn_freely(q);
    if (n_qubits == 1) continue;
    const int range = 1 + layer % (n_qubits - 1);
    for (int q = 0; q < n_qubits; ++q) result.gate(Op::cx, {q, (q + range) % n_qubits});
  }
  return result.circuit();
}

Circuit circuit_of(const Brick& ansatz, int n_qubits) {
  WeightedCircuit result(n_qubits);
  const std::vector<int> qubits = all_qubits(n_qubits);
  for (int layer = 0; layer < ansatz.layers; ++layer)
    for (const auto& [a, b] : neighbours(qubits, layer % 2 == 0 ? 0 : 1)) {
      if (ansatz.block == BrickBlock::su4) {
        result.turn_freely(a, b);
        continue;
      }
      for (const int q : {a, b}) {
        result.turn(Op::ry, {q});
        result.turn(Op::rz, {q});
      }
      result.gate(Op::cx, {a, b});
    }
  return result.circuit();
}

/// Pairs (what goes, what is left) of a pooling: the one nearer to the middle of n_qubits is left.
QubitPairs poolings(const std::vector<int>& qubits, int n_qubits) {
  QubitPairs pairs = neighbours(qubits, 0);
  for (auto& [goes, left] : pairs)
    if (goes + left >= n_qubits) std::swap(goes, left);
  return pairs;
}

std::vector<int> left_of(std::vector<int> qubits, int n_qubits) {
  for (const auto& pooling : poolings(qubits, n_qubits)) std::erase(qubits, pooling.first);
  return qubits;
}

Circuit circuit_of(const Qcnn& ansatz, int n_qubits) {
  WeightedCircuit result(n_qubits);
  std::vector<int> qubits = all_qubits(n_qubits);
  for (int layer = 0; layer < ansatz.layers; ++layer) {
    QubitPairs convolutions = neighbours(qubits, 0);
    for (const auto& pair : neighbours(qubits, 1)) convolutions.push_back(pair);
    result.share(convolutions, [&](int a, int b) { result.turn_freely(a, b); });
    result.share(poolings(qubits, n_qubits), [&](int goes, int left) {
      result.turn(Op::crz, {goes, left});
      result.gate(Op::x, {goes});
      result.turn(Op::crx, {goes, left});
      result.gate(Op::x, {goes});
    });
    qubits = left_of(qubits, n_qubits);
  }
  return result.circuit();
}

/// V V'^-1, `copies` times, every V with weights of its own.
Circuit mirrored(const Circuit& circuit, int copies) {
  const Circuit inverse = circuit.inverse();
  // The inverse meets the weights in another order.
  std::map<int, int> order;
  for (const Instruction& instruction : inverse.instructions())
    for (const Angle& angle : instruction.angles)
      for (const Angle::Term& term : angle.terms())
        order.emplace(term.index, static_cast<int>(order.size()));
  Circuit result(circuit.n_qubits());
  for (int copy = 0; copy < copies; ++copy) {
    const int first = 2 * copy * circuit.n_weights();
    const int middle = first + circuit.n_weights();
    result.append(renumbered(circuit, [&](int weight) { return first + weight; }));
    result.append(renumbered(inverse, [&](int weight) { return middle + order.at(weight); }));
  }
  return result;
}

// --- Text
// ------------------------------------------------------------------------------------------

const char* name_of(const HardwareEfficient&) {
  return "hardware-efficient";
}
const char* name_of(const RealAmplitudes&) {
  return "real-amplitudes";
}
const char* name_of(const EfficientSu2&) {
  return "efficient-su2";
}
const char* name_of(const StronglyEntangling&) {
  return "strongly-entangling";
}
const char* name_of(const Brick&) {
  return "brick";
}
const char* name_of(const Qcnn&) {
  return "qcnn";
}

template <typename Form>
constexpr bool takes_entanglement = requires(Form form) {
  form.entanglement;
};
template <typename Form>
constexpr bool takes_block = requires(Form form) {
  form.block;
};
/// How few layers a form may have: some have rotations without any.
template <typename Form>
constexpr int least_layers = takes_entanglement<Form> ? 0 : 1;

template <typename Form>
Ansatz::Form parse_form(NamedSettings& settings) {
  Form form;
  settings.take_whole("layers", form.layers, least_layers<Form>, max_layers, true);
  if constexpr (takes_entanglement<Form>)
    if (const auto text = settings.take("entanglement"))
      form.entanglement = settings.naming([&] { return parse_entanglement(*text); });
  if constexpr (takes_block<Form>) settings.take<BrickBlock>("block", brick_blocks, form.block);
  return form;
}

std::string name_of(BrickBlock block) {
  return block == BrickBlock::su4 ? "su4" : "cx";
}

template <typename Form>
std::string text_of(const Form& form) {
  std::string text = fmt::format("{}:layers={}", name_of(form), form.layers);
  if constexpr (takes_entanglement<Form>) text += ":entanglement=" + to_string(form.entanglement);
  if constexpr (takes_block<Form>) text += ":block=" + name_of(form.block);
  return text;
}

// --- Checks
// ----------------------------------------------------------------------------------------

[[noreturn]] void refuse(const Ansatz& ansatz, const std::string& problem) {
  throw InputError("ansatz", fmt::format("\"{}\"", to_string(ansatz)), problem);
}

void check(const Ansatz& ansatz, int n_qubits) {
  const bool pools = std::holds_alternative<Qcnn>(ansatz.form);
  const auto [layers, least] = std::visit(
      [](const auto& form) {
        return std::pair(form.layers, least_layers<std::decay_t<decltype(form)>>);
      },
      ansatz.form);
  if (layers < least || layers > max_layers)
    refuse(ansatz, fmt::format("layers: {} is outside {}..{}", layers, least, max_layers));
  if (ansatz.mirrored < 0 || ansatz.mirrored > max_layers)
    refuse(ansatz, fmt::format("mirrored: {} is outside 0..{}", ansatz.mirrored, max_layers));
  if (pools && ansatz.mirrored > 0)
    refuse(ansatz, "mirrored: the inverse of a pooling leaves no qubits to read");
  if (n_qubits < 2 && (pools || std::holds_alternative<Brick>(ansatz.form)))
    refuse(ansatz, fmt::format("{} qubits, at least 2 are needed", n_qubits));
  int most = 0;
  for (int left = n_qubits; left > 1; left = (left + 1) / 2) ++most;
  if (pools && layers > most)
    refuse(ansatz, fmt::format("layers: after {} of {} none of {} qubits are left to pool", most,
                               layers, n_qubits));
}

}  // namespace

Ansatz parse_ansatz(std::string_view text) {
  using Parser = std::function<Ansatz::Form(NamedSettings&)>;
  static const std::map<std::string, Parser> parsers{
      {name_of(HardwareEfficient{}), parse_form<HardwareEfficient>},
      {name_of(RealAmplitudes{}), parse_form<RealAmplitudes>},
      {name_of(EfficientSu2{}), parse_form<EfficientSu2>},
      {name_of(StronglyEntangling{}), parse_form<StronglyEntangling>},
      {name_of(Brick{}), parse_form<Brick>},
      {name_of(Qcnn{}), parse_form<Qcnn>},
  };
  NamedSettings settings("ansatz", text);
  Ansatz ansatz{settings.choose(parsers)(settings)};
  if (!std::holds_alternative<Qcnn>(ansatz.form))
    settings.take_whole("mirrored", ansatz.mirrored, 0, max_layers);
  settings.refuse_unknown();
  return ansatz;
}

std::string to_string(const Ansatz& ansatz) {
  const std::string text = std::visit([](const auto& form) { return text_of(form); }, ansatz.form);
  return ansatz.mirrored == 0 ? text : fmt::format("{}:mirrored={}", text, ansatz.mirrored);
}

Circuit ansatz_circuit(const Ansatz& ansatz, int n_qubits) {
  check(ansatz, n_qubits);
  const Circuit circuit =
      std::visit([&](const auto& form) { return circuit_of(form, n_qubits); }, ansatz.form);
  return ansatz.mirrored == 0 ? circuit : mirrored(circuit, ansatz.mirrored);
}

std::vector<int> output_qubits(const Ansatz& ansatz, int n_qubits) {
  check(ansatz, n_qubits);
  std::vector<int> qubits = all_qubits(n_qubits);
  if (const auto* qcnn = std::get_if<Qcnn>(&ansatz.form))
    for (int layer = 0; layer < qcnn->layers; ++layer) qubits = left_of(qubits, n_qubits);
  return qubits;
}

Circuit hardware_efficient_ansatz(int n_qubits, int layers,
                                  const std::vector<std::pair<int, int>>& pairs) {
  return ansatz_circuit({HardwareEfficient{layers, pairs}}, n_qubits);
}

}  // namespace rhodrift
