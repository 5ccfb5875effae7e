#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>

#include "circuit/qasm_gates.hpp"
#include "circuit/qasm_lexer.hpp"

namespace rhodrift {

namespace qasm {

namespace {

constexpr int max_register_bits = 10'000;
constexpr std::uint64_t max_calls = 2'000'000;
constexpr std::size_t max_instructions = 2'000'000;

struct Register {
  bool is_quantum;
  int offset;  ///< of its bit 0 among all bits of its kind
  int size;
};

/// "q" or "q[3]".
struct Operand {
  Position position;
  Register target;
  std::optional<int> index;

  /// The bit that takes part in the i-th of the operations a broadcast makes.
  int bit(int i) const { return target.offset + index.value_or(i); }
};

class Parser {
 public:
  Parser(std::string_view text, const std::string& source) : tokens_(text, source) {}

  Circuit parse() {
    header();
    while (tokens_.peek().kind != TokenKind::end) {
      const Position position = tokens_.peek().position;
      statement();
      if (instructions_.size() > max_instructions)
        tokens_.fail(position, fmt::format("the program expands to more than {} instructions",
                                           max_instructions));
      positions_.resize(instructions_.size(), position);
    }
    return circuit();
  }

 private:
  void header() {
    if (!tokens_.peek().is_word("OPENQASM"))
      tokens_.fail_expected("'OPENQASM 2.0;' at the beginning");
    tokens_.take();
    const Token version = tokens_.expect(TokenKind::number, "a version");
    if (version.text != "2.0" && version.text != "2")
      tokens_.fail(version.position,
                   fmt::format("OpenQASM {} is not supported, only 2.0", version.text));
    tokens_.expect(";");
  }

  void statement() {
    const Token word = tokens_.peek();
    if (word.is_word("include")) return include();
    if (word.is_word("qreg")) return declare_register(true);
    if (word.is_word("creg")) return declare_register(false);
    if (word.is_word("gate")) return define_gate();
    if (word.is_word("barrier")) return barrier();
    if (word.is_word("measure")) return measure();
    if (word.is_word("reset")) return reset();
    if (word.is_word("if"))
      tokens_.fail(word.position, "'if' (an operation on a classical condition) is not supported");
    if (word.is_word("opaque"))
      tokens_.fail(word.position, "'opaque' gates are not supported: they have no matrix");
    if (word.is_word("OPENQASM")) tokens_.fail(word.position, "'OPENQASM' is repeated");
    call_gate();
  }

  void include() {
    tokens_.take();
    const Token file = tokens_.expect(TokenKind::string, "a file name in quotes");
    if (file.text != "qelib1.inc")
      tokens_.fail(file.position,
                   fmt::format("cannot include \"{}\", only \"qelib1.inc\"", file.text));
    if (gates_.has_qelib1()) tokens_.fail(file.position, "\"qelib1.inc\" is included before");
    gates_.include_qelib1();
    tokens_.expect(";");
  }

  void declare_register(bool is_quantum) {
    tokens_.take();
    const Token name = tokens_.expect_name("the name of a register");
    if (registers_.contains(name.text))
      tokens_.fail(name.position, fmt::format("register '{}' is declared before", name.text));
    tokens_.expect("[");
    const Position position = tokens_.peek().position;
    const int size = whole_number("a size");
    int& total = is_quantum ? n_qubits_ : n_bits_;
    if (size == 0) tokens_.fail(position, "a register needs at least 1 bit");
    if (size > max_register_bits - total)
      tokens_.fail(position,
                   fmt::format("a size of {} takes the {}bits beyond the limit of {}", size,
                               is_quantum ? "qu" : "classical ", max_register_bits));
    tokens_.expect("]");
    tokens_.expect(";");
    registers_.emplace(name.text, Register{is_quantum, total, size});
    total += size;
  }

  void define_gate() {
    tokens_.take();
    gates_.define(tokens_);
  }

  void barrier() {
    const Position position = tokens_.take().position;
    std::vector<int> qubits;
    for (const Operand& operand : quantum_operands())
      for (int i = 0; i < (operand.index ? 1 : operand.target.size); ++i)
        qubits.push_back(operand.bit(i));
    check_distinct(position, qubits);
    tokens_.expect(";");
    instructions_.push_back({Op::barrier, std::move(qubits), {}, nullptr});
  }

  void measure() {
    tokens_.take();
    const Operand qubit = operand(true);
    tokens_.expect("->");
    const Operand bit = operand(false);
    tokens_.expect(";");
    if (qubit.index.has_value() != bit.index.has_value())
      tokens_.fail(qubit.position, "a single bit and a whole register do not go together");
    for (int i = 0; i < broadcast_size({qubit, bit}); ++i)
      instructions_.push_back({Op::measure, {qubit.bit(i)}, {}, nullptr, bit.bit(i)});
  }

  void reset() {
    tokens_.take();
    const Operand qubit = operand(true);
    tokens_.expect(";");
    for (int i = 0; i < broadcast_size({qubit}); ++i)
      instructions_.push_back({Op::reset, {qubit.bit(i)}, {}, nullptr});
  }

  void call_gate() {
    const CallHead head = gates_.parse_call_head(tokens_, {});
    const std::vector<Operand> operands = quantum_operands();
    head.check_operands(tokens_, operands.size());
    tokens_.expect(";");
    const std::vector<double> angles_rad = values(head.angles);
    for (int i = 0; i < broadcast_size(operands); ++i) {
      std::vector<int> qubits;
      for (const Operand& operand : operands) qubits.push_back(operand.bit(i));
      check_distinct(head.position, qubits);
      expand_call(head, angles_rad, qubits);
    }
  }

  void expand_call(const CallHead& head, const std::vector<double>& angles_rad,
                   const std::vector<int>& qubits) {
    n_calls_ += head.gate->cost;
    if (n_calls_ > max_calls)
      tokens_.fail(head.position,
                   fmt::format("the program expands to more than {} gate calls", max_calls));
    try {
      expand(*head.gate, angles_rad, qubits, instructions_);
    } catch (const ExpressionError& error) {
      tokens_.fail(head.position, fmt::format("in gate '{}': {}", head.gate->name, error.problem));
    }
  }

  std::vector<double> values(const std::vector<Expression>& angles) {
    std::vector<double> result;
    try {
      for (const Expression& angle : angles) result.push_back(angle.evaluate({}));
    } catch (const ExpressionError& error) {
      tokens_.fail(error.position, error.problem);
    }
    return result;
  }

  std::vector<Operand> quantum_operands() {
    std::vector<Operand> operands;
    do operands.push_back(operand(true));
    while (tokens_.accept(","));
    return operands;
  }

  Operand operand(bool is_quantum) {
    const std::string_view kind = is_quantum ? "quantum" : "classical";
    const Token name = tokens_.expect_name(fmt::format("a {} register", kind));
    const auto it = registers_.find(name.text);
    if (it == registers_.end() || it->second.is_quantum != is_quantum)
      tokens_.fail(name.position, fmt::format("'{}' is not a {} register", name.text, kind));
    Operand operand{name.position, it->second, std::nullopt};
    if (tokens_.accept("[")) {
      const Position position = tokens_.peek().position;
      operand.index = whole_number("an index");
      if (*operand.index >= operand.target.size)
        tokens_.fail(position, fmt::format("index {} is outside '{}', which has {} bits",
                                           *operand.index, name.text, operand.target.size));
      tokens_.expect("]");
    }
    return operand;
  }

  /// How many operations the operands stand for: whole registers go through bit by bit.
  int broadcast_size(const std::vector<Operand>& operands) const {
    std::optional<int> size;
    for (const Operand& operand : operands) {
      if (operand.index) continue;
      if (size && *size != operand.target.size)
        tokens_.fail(operand.position, fmt::format("registers of {} and {} bits do not go together",
                                                   *size, operand.target.size));
      size = operand.target.size;
    }
    return size.value_or(1);
  }

  void check_distinct(Position position, std::vector<int> qubits) const {
    std::sort(qubits.begin(), qubits.end());
    if (const auto it = std::adjacent_find(qubits.begin(), qubits.end()); it != qubits.end())
      tokens_.fail(position, fmt::format("qubit {} is repeated", qubit_name(*it)));
  }

  std::string qubit_name(int qubit) const {
    for (const auto& [name, target] : registers_)
      if (target.is_quantum && qubit >= target.offset && qubit < target.offset + target.size)
        return fmt::format("{}[{}]", name, qubit - target.offset);
    return std::to_string(qubit);
  }

  int whole_number(std::string_view what) {
    const Token token = tokens_.expect(TokenKind::number, what);
    int value = 0;
    const char* const end = token.text.data() + token.text.size();
    const auto [stop, error] = std::from_chars(token.text.data(), end, value);
    if (error == std::errc::result_out_of_range)
      tokens_.fail(token.position, fmt::format("{} is too large", token.text));
    if (stop != end)
      tokens_.fail(token.position, fmt::format("{} is not a whole number", token.text));
    return value;
  }

  Circuit circuit() const {
    if (n_qubits_ == 0) tokens_.fail(tokens_.peek().position, "the program declares no qubits");
    Circuit circuit(n_qubits_);
    for (std::size_t i = 0; i < instructions_.size(); ++i) {
      try {
        circuit.append(instructions_[i]);
      } catch (const InputError& error) {
        tokens_.fail(positions_[i], error.what());
      }
    }
    return circuit;
  }

  TokenStream tokens_;
  GateLibrary gates_;
  std::map<std::string, Register, std::less<>> registers_;
  int n_qubits_ = 0;
  int n_bits_ = 0;
  std::uint64_t n_calls_ = 0;
  std::vector<Instruction> instructions_;
  std::vector<Position> positions_;  ///< of the statements the instructions come from
};

}  // namespace

}  // namespace qasm

Circuit parse_qasm2(std::string_view text, const std::string& source) {
  return qasm::Parser(text, source).parse();
}

Circuit read_qasm2_file(const std::filesystem::path& path) {
  return parse_qasm2(read_file(path), path.string());
}

}  // namespace rhodrift
