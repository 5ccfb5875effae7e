#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

std::string operands_text(const std::vector<int>& qubits) {
  std::string text;
  for (const int q : qubits) text += (text.empty() ? "" : ",") + std::to_string(q);
  return text;
}

std::string place_text(std::size_t index, const Instruction& instruction) {
  const std::string name(info(instruction.op).name);
  return "instruction " + std::to_string(index) + " (" +
         (instruction.channel ? name + " '" + instruction.channel->label + "'" : name) + " " +
         operands_text(instruction.qubits) + ")";
}

// What is wrong with a channel's matrix on k operands; empty when nothing is.
std::string matrix_problem(const TransferMatrix& matrix, std::size_t n_operands) {
  const arma::uword dim = arma::uword{1} << (2 * n_operands);
  if (matrix.n_rows != dim || matrix.n_cols != dim)
    return "needs a " + std::to_string(dim) + "x" + std::to_string(dim) + " matrix, got " +
           std::to_string(matrix.n_rows) + "x" + std::to_string(matrix.n_cols);
  return matrix.is_finite() ? "" : "the matrix holds a value that is not finite";
}

int highest_index(const Instruction& instruction, Angle::Source source) {
  int highest = -1;
  for (const Angle& angle : instruction.angles)
    for (const Angle::Term& term : angle.terms())
      if (term.source == source) highest = std::max(highest, term.index);
  return highest;
}

}  // namespace

Circuit::Circuit(int n_qubits) : n_qubits_(n_qubits) {
  if (n_qubits < 1)
    throw InputError("circuit", "", "needs at least 1 qubit, got " + std::to_string(n_qubits));
  final_bit_.resize(static_cast<std::size_t>(n_qubits), -1);
}

Circuit& Circuit::append(Op op, std::vector<int> qubits, std::vector<Angle> angles) {
  Instruction instruction;
  instruction.op = op;
  instruction.qubits = std::move(qubits);
  instruction.angles = std::move(angles);
  return append(instruction);
}

Circuit& Circuit::append(const Instruction& instruction) {
  check(instruction);
  push(instruction);
  return *this;
}

Circuit& Circuit::append(const Circuit& other, const std::vector<int>& qubits) {
  if (qubits.size() != static_cast<std::size_t>(other.n_qubits()))
    throw InputError("circuit", "append",
                     std::to_string(qubits.size()) + " qubits given for a circuit of " +
                         std::to_string(other.n_qubits()));
  for (auto q = qubits.begin(); q != qubits.end(); ++q)
    if (std::find(qubits.begin(), q, *q) != q)
      throw InputError("circuit", "append", "qubit " + std::to_string(*q) + " is repeated");
  const std::vector<Instruction> instructions =
      other.instructions();  // `other` may be this circuit
  for (Instruction instruction : instructions) {
    for (int& q : instruction.qubits) q = qubits[static_cast<std::size_t>(q)];
    append(instruction);
  }
  return *this;
}

Circuit& Circuit::append(const Circuit& other) {
  std::vector<int> qubits(static_cast<std::size_t>(other.n_qubits()));
  for (int q = 0; q < other.n_qubits(); ++q) qubits[static_cast<std::size_t>(q)] = q;
  return append(other, qubits);
}

Circuit& Circuit::append_channel(const std::string& label, std::vector<int> qubits,
                                 TransferMatrix ptm) {
  Instruction instruction;
  instruction.op = Op::channel;
  instruction.qubits = std::move(qubits);
  instruction.channel =
      std::make_shared<const ChannelInstruction>(ChannelInstruction{label, std::move(ptm)});
  return append(instruction);
}

Circuit& Circuit::measure(int qubit, int bit) {
  Instruction instruction;
  instruction.op = Op::measure;
  instruction.qubits = {qubit};
  instruction.bit = bit;
  return append(instruction);
}

Circuit& Circuit::delay(int qubit, double duration_s) {
  Instruction instruction;
  instruction.op = Op::delay;
  instruction.qubits = {qubit};
  instruction.duration_s = duration_s;
  return append(instruction);
}

Circuit& Circuit::postselect(int qubit, int outcome) {
  if (outcome != 0 && outcome != 1)
    throw InputError("circuit", "postselect",
                     "outcome " + std::to_string(outcome) + " is neither 0 nor 1");
  return append(outcome == 0 ? Op::postselect0 : Op::postselect1, {qubit});
}

void Circuit::check(const Instruction& instruction) const {
  const OperationInfo& row = info(instruction.op);
  const auto fail = [&](const std::string& problem) {
    throw InputError("circuit", place_text(instructions_.size(), instruction), problem);
  };
  const auto& qubits = instruction.qubits;
  if (row.n_qubits > 0 && qubits.size() != static_cast<std::size_t>(row.n_qubits))
    fail("takes " + std::to_string(row.n_qubits) + " qubits, got " + std::to_string(qubits.size()));
  if (qubits.empty()) fail("takes at least 1 qubit");
  if (instruction.angles.size() != static_cast<std::size_t>(row.n_angles))
    fail("takes " + std::to_string(row.n_angles) + " angles, got " +
         std::to_string(instruction.angles.size()));
  for (auto q = qubits.begin(); q != qubits.end(); ++q) {
    if (*q < 0 || *q >= n_qubits_)
      fail("qubit " + std::to_string(*q) + " is outside 0.." + std::to_string(n_qubits_ - 1));
    if (std::find(qubits.begin(), q, *q) != q) fail("qubit " + std::to_string(*q) + " is repeated");
  }
  for (const Angle& angle : instruction.angles) {
    bool finite = std::isfinite(angle.offset_rad());
    for (const Angle::Term& term : angle.terms()) finite &= std::isfinite(term.coefficient);
    if (!finite) fail("an angle is not finite");
  }
  if (instruction.op == Op::channel) {
    if (!instruction.channel) fail("has no matrix");
    const std::string problem = matrix_problem(instruction.channel->ptm, qubits.size());
    if (!problem.empty()) fail(problem);
    for (const ChannelDerivative& derivative : instruction.channel->derivatives)
      if (const std::string wrong = matrix_problem(derivative.ptm, qubits.size()); !wrong.empty())
        fail("derivative in " + derivative.number + ": " + wrong);
  }
  if (instruction.op == Op::delay &&
      !(instruction.duration_s >= 0.0 && std::isfinite(instruction.duration_s)))
    fail(fmt::format("duration {} s is not a finite number >= 0", instruction.duration_s));
  if (instruction.op == Op::measure && (instruction.bit < 0 || instruction.bit > 63))
    fail("classical bit " + std::to_string(instruction.bit) + " is outside 0..63");
  if (instruction.op == Op::measure) {
    const auto bit = static_cast<std::size_t>(instruction.bit);
    if (bit < qubit_of_bit_.size() && qubit_of_bit_[bit] >= 0)
      fail("classical bit " + std::to_string(bit) + " was written before");
  }
}

void Circuit::push(Instruction instruction) {
  n_weights_ = std::max(n_weights_, highest_index(instruction, Angle::Source::weight) + 1);
  n_features_ = std::max(n_features_, highest_index(instruction, Angle::Source::feature) + 1);
  if (instruction.op != Op::barrier)
    for (const int q : instruction.qubits) {
      int& bit = final_bit_[static_cast<std::size_t>(q)];
      if (bit >= 0) mid_circuit_[static_cast<std::size_t>(bit)] = true;
      bit = -1;
    }
  if (instruction.op == Op::measure) {
    const int qubit = instruction.qubits[0];
    const auto bit = static_cast<std::size_t>(instruction.bit);
    final_bit_[static_cast<std::size_t>(qubit)] = instruction.bit;
    if (qubit_of_bit_.size() <= bit) {
      qubit_of_bit_.resize(bit + 1, -1);
      mid_circuit_.resize(bit + 1, false);
    }
    qubit_of_bit_[bit] = qubit;
  }
  instructions_.push_back(std::move(instruction));
}

std::string Circuit::place_of(std::size_t instruction) const {
  return place_text(instruction, instructions_.at(instruction));
}

std::vector<int> Circuit::qubit_of_bit() const {
  std::vector<int> qubits = qubit_of_bit_;
  if (qubits.empty())
    for (int q = 0; q < n_qubits_; ++q) qubits.push_back(q);
  for (std::size_t bit = 0; bit < qubits.size(); ++bit)
    if (qubits[bit] < 0)
      throw InputError("circuit", "",
                       "classical bit " + std::to_string(bit) + " is never written, but bit " +
                           std::to_string(qubits.size() - 1) + " is");
  return qubits;
}

std::vector<int> Circuit::mid_circuit_bits() const {
  std::vector<int> bits;
  for (std::size_t bit = 0; bit < mid_circuit_.size(); ++bit)
    if (mid_circuit_[bit]) bits.push_back(static_cast<int>(bit));
  return bits;
}

bool Circuit::is_mid_circuit(int bit) const {
  return static_cast<std::size_t>(bit) < mid_circuit_.size() &&
         mid_circuit_[static_cast<std::size_t>(bit)];
}

bool Circuit::has_postselection() const {
  return std::ranges::any_of(instructions_, [](const Instruction& instruction) {
    return is_postselection(instruction.op);
  });
}

void Circuit::set_readout_error(ReadoutError error) {
  validate_readout_error(error, "readout error");
  readout_error_ = std::move(error);
}

Circuit Circuit::without_measurements() const {
  Circuit result(n_qubits_);
  for (const Instruction& instruction : instructions_)
    if (instruction.op != Op::measure || is_mid_circuit(instruction.bit)) result.push(instruction);
  return result;
}

Circuit Circuit::bound(const Binding& binding) const {
  const auto check_count = [](const std::string& what, std::size_t given, int wanted) {
    if (given != static_cast<std::size_t>(wanted))
      throw InputError(what, "", fmt::format("the circuit takes {}, got {}", wanted, given));
  };
  check_count("weights", binding.weights.size(), n_weights_);
  check_count("features", binding.features.size(), n_features_);
  Circuit result(n_qubits_);
  for (Instruction instruction : instructions_) {
    for (Angle& angle : instruction.angles) angle = angle.value(binding);
    result.append(instruction);
  }
  result.readout_error_ = readout_error_;
  return result;
}

Circuit Circuit::inverse() const {
  Circuit result(n_qubits_);
  for (auto it = instructions_.rbegin(); it != instructions_.rend(); ++it) {
    if (it->op == Op::measure && !is_mid_circuit(it->bit)) continue;
    const OperationInfo& row = info(it->op);
    if (!row.inverse)
      throw InputError("circuit", place_of(static_cast<std::size_t>(instructions_.rend() - it - 1)),
                       "has no inverse");
    Instruction undone = *it;
    undone.op = *row.inverse;
    undone.angles = row.inverse_angles(it->angles);
    result.append(undone);
  }
  return result;
}

}  // namespace rhodrift
