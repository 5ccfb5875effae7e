#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>

#include "circuit/qasm_expansion.hpp"
#include "circuit/qasm_gates.hpp"
#include "circuit/qasm_lexer.hpp"

namespace rhodrift {

namespace qasm {

namespace {

constexpr int max_register_bits = 10'000;
constexpr int max_box_depth = 100;
constexpr std::uint64_t max_calls = 2'000'000;
constexpr std::size_t max_instructions = 2'000'000;

struct Register {
  bool is_quantum;
  int offset;  ///< of its bit 0 among all bits of its kind
  int size;
  bool is_single = false;  ///< "qubit q;", which takes no index
};

/// "q" or "q[3]".
struct Operand {
  Position position;
  Register target;
  std::optional<int> index;

  int size() const { return index ? 1 : target.size; }
  /// The bit that takes part in the i-th of the operations a broadcast makes.
  int bit(int i) const { return target.offset + index.value_or(i); }
};

/// Words that begin what is not supported, and why it is not.
struct Refusal {
  Language language;
  std::string_view why;
  std::vector<std::string_view> words;
};

const std::vector<Refusal> refusals{
    {Language::qasm2, "an operation on a classical condition", {"if"}},
    {Language::qasm2, "it has no matrix", {"opaque"}},
    {Language::qasm3,
     "circuits have no control flow",
     {"if", "else", "switch", "case", "default", "for", "while", "break", "continue", "end",
      "return"}},
    {Language::qasm3, "only gates can be defined", {"def", "extern", "opaque"}},
    {Language::qasm3, "circuits have no pulses", {"cal", "defcal", "defcalgrammar"}},
    {Language::qasm3, "use the registers themselves", {"let"}},
    {Language::qasm3,
     "there are inputs, constants and bits, but no other variables",
     {"bool", "int", "uint", "float", "angle", "complex", "array", "duration", "stretch", "output",
      "readonly", "mutable"}},
};

void check_supported(const TokenStream& tokens) {
  const Token& token = tokens.peek();
  if (token.kind != TokenKind::identifier) return;
  if (token.text == "OPENQASM") tokens.fail(token.position, "'OPENQASM' is repeated");
  for (const Refusal& refusal : refusals)
    if (refusal.language == tokens.language() && std::ranges::count(refusal.words, token.text) > 0)
      tokens.fail(token.position,
                  fmt::format("'{}' is not supported: {}", token.text, refusal.why));
}

/// Takes the first word off the line.
std::string_view take_word(std::string_view& line) {
  const std::size_t length = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, length);
  line.remove_prefix(std::min(line.find_first_not_of(" \t", length), line.size()));
  return word;
}

/// Reads the version and sets the language. Without a version it is OpenQASM 3, where it may be
/// left out.
Language read_header(TokenStream& tokens) {
  if (!tokens.accept_word("OPENQASM")) return Language::qasm3;
  const Token version = tokens.expect(TokenKind::number, "a version");
  const bool is_2 = version.text == "2" || version.text == "2.0";
  if (!is_2 && version.text.substr(0, version.text.find('.')) != "3")
    tokens.fail(version.position,
                fmt::format("OpenQASM {} is not supported, only 2.0 and 3", version.text));
  tokens.set_language(is_2 ? Language::qasm2 : Language::qasm3);
  tokens.expect(";");
  return tokens.language();
}

class Reader {
 public:
  Reader(std::string_view text, const std::string& source, const QasmOptions& options)
      : tokens_(text, source), options_(options), gates_(read_header(tokens_)) {}

  Circuit read() {
    while (tokens_.peek().kind != TokenKind::end) statement();
    return circuit();
  }

 private:
  bool is_qasm3() const { return tokens_.language() == Language::qasm3; }

  void statement() {
    check_supported(tokens_);
    const Position position = tokens_.peek().position;
    if (const Read reading = find_statement(tokens_.peek()))
      (this->*reading)();
    else if (is_qasm3() && is_classical(tokens_.peek()))
      assign();
    else
      call_gate();
    if (instructions_.size() > max_instructions)
      tokens_.fail(position, fmt::format("the program expands to more than {} instructions",
                                         max_instructions));
    positions_.resize(instructions_.size(), position);
  }

  using Read = void (Reader::*)();

  /// What reads the statement that begins so; null for assignments and calls of gates.
  Read find_statement(const Token& token) const {
    static const std::map<std::string_view, Read> common{
        {"include", &Reader::include},  {"qreg", &Reader::declare_register},
        {"gate", &Reader::define_gate}, {"creg", &Reader::declare_register},
        {"reset", &Reader::reset},      {"measure", &Reader::measure},
        {"barrier", &Reader::barrier}};
    static const std::map<std::string_view, Read> only_in_3{
        {"qubit", &Reader::declare_bits},  {"bit", &Reader::declare_bits},
        {"input", &Reader::declare_input}, {"const", &Reader::declare_constant},
        {"delay", &Reader::delay},         {"box", &Reader::box},
        {"pragma", &Reader::pragma},       {"#", &Reader::pragma},
        {"@", &Reader::annotation}};
    if (token.kind == TokenKind::string) return nullptr;
    if (const auto it = common.find(token.text); it != common.end()) return it->second;
    const auto it = is_qasm3() ? only_in_3.find(token.text) : only_in_3.end();
    return it == only_in_3.end() ? nullptr : it->second;
  }

  // --- Declarations ---------------------------------------------------------------------------

  void include() {
    tokens_.take();
    const Token file = tokens_.expect(TokenKind::string, "a file name in quotes");
    const std::string_view known = is_qasm3() ? "stdgates.inc" : "qelib1.inc";
    if (file.text != known)
      tokens_.fail(file.position,
                   fmt::format("cannot include \"{}\", only \"{}\"", file.text, known));
    if (std::exchange(has_include_, true))
      tokens_.fail(file.position, fmt::format("\"{}\" is included before", file.text));
    gates_.include_standard_gates();
    tokens_.expect(";");
  }

  void require_new(const Token& name) const {
    if (registers_.contains(name.text) || names_.contains(name.text))
      tokens_.fail(name.position, fmt::format("'{}' is declared before", name.text));
  }

  /// "qreg q[2];"
  void declare_register() {
    const bool is_quantum = tokens_.take().text == "qreg";
    const Token name = tokens_.expect_name("the name of a register");
    declare(name, parse_register(is_quantum));
    tokens_.expect(";");
  }

  /// "qubit[2] q;", "bit c;", "bit[2] c = measure q;"
  void declare_bits() {
    const bool is_quantum = tokens_.take().text == "qubit";
    const Register target = parse_register(is_quantum);
    const Token name = tokens_.expect_name("the name of a register");
    declare(name, target);
    if (!is_quantum && tokens_.accept("=")) return measure_into(whole(name));
    tokens_.expect(";");
  }

  /// "[2]"; without it, which is OpenQASM 3, a single bit.
  Register parse_register(bool is_quantum) {
    Position position = tokens_.peek().position;
    Register target{is_quantum, is_quantum ? n_qubits_ : n_bits_, 1};
    target.is_single = is_qasm3() && !tokens_.peek().is("[");
    if (!target.is_single) {
      tokens_.expect("[");
      position = tokens_.peek().position;
      target.size = whole_number("a size");
      tokens_.expect("]");
    }
    if (target.size == 0) tokens_.fail(position, "a register needs at least 1 bit");
    if (target.size > max_register_bits - target.offset)
      tokens_.fail(position,
                   fmt::format("a size of {} takes the {}bits beyond the limit of {}", target.size,
                               is_quantum ? "qu" : "classical ", max_register_bits));
    return target;
  }

  void declare(const Token& name, const Register& target) {
    require_new(name);
    if (target.is_quantum && has_hardware_qubits_) fail_mixed(name.position);
    has_quantum_registers_ |= target.is_quantum;
    (target.is_quantum ? n_qubits_ : n_bits_) += target.size;
    registers_.emplace(name.text, target);
  }

  [[noreturn]] void fail_mixed(Position position) const {
    tokens_.fail(position, "a program has either hardware qubits or registers of qubits");
  }

  void declare_input() { declare_input_as(Angle::Source::weight); }

  /// "input float[64] theta;"
  void declare_input_as(Angle::Source source) {
    tokens_.take();
    const Token type = tokens_.expect(TokenKind::identifier, "a type");
    if (type.text != "float" && type.text != "angle")
      tokens_.fail(
          type.position,
          fmt::format("an input of type '{}' is not supported, only float and angle", type.text));
    skip_width();
    const Token name = tokens_.expect_name("the name of an input");
    require_new(name);
    tokens_.expect(";");
    names_[std::string(name.text)] = source == Angle::Source::weight
                                         ? Angle::weight(n_weights_++)
                                         : Angle::feature(n_features_++);
  }

  /// "const int n = 3;"
  void declare_constant() {
    tokens_.take();
    const Token type = tokens_.expect(TokenKind::identifier, "a type");
    const bool is_whole = type.text == "int" || type.text == "uint";
    if (!is_whole && type.text != "float" && type.text != "angle")
      tokens_.fail(
          type.position,
          fmt::format("a constant of type '{}' is not supported, only int, uint, float and angle",
                      type.text));
    skip_width();
    const Token name = tokens_.expect_name("the name of a constant");
    require_new(name);
    tokens_.expect("=");
    const Position position = tokens_.peek().position;
    const double value = constant();
    if (is_whole && value != std::nearbyint(value))
      tokens_.fail(position, fmt::format("{} is not a whole number", value));
    tokens_.expect(";");
    constants_[std::string(name.text)] = names_[std::string(name.text)] = value;
  }

  /// "[64]" after a type: the precision, which is that of a double here.
  void skip_width() {
    if (!tokens_.accept("[")) return;
    whole_number("a width");
    tokens_.expect("]");
  }

  void define_gate() {
    tokens_.take();
    gates_.define(tokens_, constants_);
  }

  // --- Lines ----------------------------------------------------------------------------------

  void pragma() {
    const Token token = tokens_.peek();
    std::string_view line = tokens_.take_line();
    if (token.is("#") && take_word(line) != "pragma")
      tokens_.fail(token.position, "only '#pragma' begins with '#'");
    const std::string_view vendor = take_word(line);
    std::string_view what = take_word(line);
    what = what.substr(0, what.find('('));
    if (vendor != "braket")
      tokens_.fail(token.position, fmt::format("pragma '{}' is not supported", vendor));
    // What is to be reported, and that nothing is to be optimised, leave the state as it is.
    if (what == "result" || what == "verbatim") return;
    tokens_.fail(token.position,
                 what == "noise"
                     ? "'#pragma braket noise' is not supported: noise comes from a calibration"
                     : fmt::format("'#pragma braket {}' is not supported", what));
  }

  void annotation() {
    const Position position = tokens_.peek().position;
    std::string_view line = tokens_.take_line();
    const std::string_view name = take_word(line);
    if (!name.starts_with("rhodrift.")) return;  // hints to other programs
    if (name != "rhodrift.feature" || !tokens_.peek().is_word("input"))
      tokens_.fail(position,
                   "of rhodrift's annotations there is '@rhodrift.feature' before 'input'");
    declare_input_as(Angle::Source::feature);
  }

  // --- Operations -----------------------------------------------------------------------------

  void box() {
    const Position position = tokens_.take().position;
    if (tokens_.peek().is("["))
      tokens_.fail(tokens_.peek().position, "a box with a duration is not supported");
    if (++box_depth_ > max_box_depth)
      tokens_.fail(position, fmt::format("boxes are nested more than {} deep", max_box_depth));
    tokens_.expect("{");
    while (!tokens_.accept("}")) statement();
    --box_depth_;
  }

  void barrier() {
    const Position position = tokens_.take().position;
    std::vector<int> qubits = qubits_or_all(position);
    check_distinct(position, qubits);
    tokens_.expect(";");
    instructions_.push_back({Op::barrier, std::move(qubits), {}, nullptr});
  }

  /// "delay[100ns] q;"
  void delay() {
    const Position position = tokens_.take().position;
    tokens_.expect("[");
    const double duration_s = duration();
    tokens_.expect("]");
    const std::vector<int> qubits = qubits_or_all(position);
    check_distinct(position, qubits);
    tokens_.expect(";");
    for (const int q : qubits)
      instructions_.push_back({Op::delay, {q}, {}, nullptr, -1, duration_s});
  }

  double duration() {
    const Token number = tokens_.expect(TokenKind::number, "a duration such as 100ns");
    const Token unit = tokens_.expect(TokenKind::identifier, "a unit of time");
    const double per_second = time_units_in_a_second(unit.text);
    if (per_second < 0.0)
      tokens_.fail(unit.position,
                   fmt::format("'{}' is no unit of time; dt, ns, us, ms and s are", unit.text));
    if (per_second == 0.0 && !options_.dt_s)
      tokens_.fail(unit.position, "a duration in dt needs the length of a dt to be given");
    double value = 0.0;
    const char* const end = number.text.data() + number.text.size();
    if (std::from_chars(number.text.data(), end, value).ec != std::errc())
      tokens_.fail(number.position, fmt::format("{} is out of range", number.text));
    return per_second == 0.0 ? value * *options_.dt_s : value / per_second;
  }

  void measure() {
    const Position position = tokens_.take().position;
    const Operand qubit = operand(true);
    if (is_qasm3() && tokens_.peek().is(";"))
      tokens_.fail(position, "the outcome is assigned to no bit");
    tokens_.expect("->");
    const Operand bit = operand(false);
    tokens_.expect(";");
    record(qubit, bit);
  }

  /// "c[0] = measure q[0];"
  void assign() {
    const Operand bit = operand(false);
    tokens_.expect("=");
    measure_into(bit);
  }

  void measure_into(const Operand& bit) {
    if (!tokens_.accept_word("measure"))
      tokens_.fail(tokens_.peek().position, "a bit takes the outcome of a 'measure', nothing else");
    const Operand qubit = operand(true);
    tokens_.expect(";");
    record(qubit, bit);
  }

  void record(const Operand& qubit, const Operand& bit) {
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
    GateCall call = gates_.parse_call_head(tokens_, {names_, {}, {}});
    std::vector<Operand> operands;
    if (!tokens_.peek().is(";")) operands = quantum_operands();
    call.check_operands(tokens_, operands.size());
    tokens_.expect(";");
    evaluate(call);
    call.qubits.resize(operands.size());
    std::iota(call.qubits.begin(), call.qubits.end(), 0);
    for (int i = 0; i < broadcast_size(operands); ++i) {
      std::vector<int> qubits;
      for (const Operand& operand : operands) qubits.push_back(operand.bit(i));
      check_distinct(call.position, qubits);
      expand(call, qubits);
    }
  }

  /// Numbers in place of the call's expressions, so that each is computed once.
  void evaluate(GateCall& call) const {
    try {
      for (Expression& angle : call.angles) angle = Expression(angle.evaluate({}));
      for (Modifier& modifier : call.modifiers)
        if (modifier.exponent) modifier.exponent = Expression(modifier.exponent->evaluate({}));
    } catch (const ExpressionError& error) {
      tokens_.fail(error.position, error.problem);
    }
  }

  void expand(const GateCall& call, const std::vector<int>& qubits) {
    try {
      expansion_.append(call, {}, qubits);
    } catch (const ExpressionError& error) {
      tokens_.fail(call.position, fmt::format("in gate '{}': {}", call.gate->name, error.problem));
    } catch (const TooManySteps&) {
      tokens_.fail(call.position,
                   fmt::format("the program expands to more than {} gate calls", max_calls));
    }
  }

  // --- Operands -------------------------------------------------------------------------------

  bool is_classical(const Token& name) const {
    const auto it = registers_.find(name.text);
    return it != registers_.end() && !it->second.is_quantum;
  }

  std::vector<Operand> quantum_operands() {
    std::vector<Operand> operands;
    do operands.push_back(operand(true));
    while (tokens_.accept(","));
    return operands;
  }

  /// The qubits of the operands, all that there are when OpenQASM 3 names none.
  std::vector<int> qubits_or_all(Position position) {
    std::vector<int> qubits;
    if (is_qasm3() && tokens_.peek().is(";")) {
      if (n_qubits_ == 0) tokens_.fail(position, "there are no qubits yet");
      qubits.resize(static_cast<std::size_t>(n_qubits_));
      std::iota(qubits.begin(), qubits.end(), 0);
      return qubits;
    }
    for (const Operand& operand : quantum_operands())
      for (int i = 0; i < operand.size(); ++i) qubits.push_back(operand.bit(i));
    return qubits;
  }

  Operand operand(bool is_quantum) {
    if (is_quantum && is_qasm3() && tokens_.peek().is_hardware_qubit()) return hardware_qubit();
    const std::string_view kind = is_quantum ? "quantum" : "classical";
    const Token name = tokens_.expect_name(fmt::format("a {} register", kind));
    const auto it = registers_.find(name.text);
    if (it == registers_.end() || it->second.is_quantum != is_quantum)
      tokens_.fail(name.position, fmt::format("'{}' is not a {} register", name.text, kind));
    Operand operand = whole(name);
    const Position bracket = tokens_.peek().position;
    if (!tokens_.accept("[")) return operand;
    if (operand.index)
      tokens_.fail(bracket, fmt::format("'{}' is a single bit and takes no index", name.text));
    const Position position = tokens_.peek().position;
    operand.index = whole_number("an index");
    if (*operand.index >= operand.target.size)
      tokens_.fail(position, fmt::format("index {} is outside '{}', which has {} bits",
                                         *operand.index, name.text, operand.target.size));
    tokens_.expect("]");
    return operand;
  }

  /// The declared register, or its only bit.
  Operand whole(const Token& name) const {
    const Register& target = registers_.find(name.text)->second;
    return {name.position, target, target.is_single ? std::optional(0) : std::nullopt};
  }

  /// "$3" is qubit 3 of the circuit.
  Operand hardware_qubit() {
    const Token token = tokens_.take();
    const int qubit = parse_whole_number(token.text.substr(1), token.position);
    if (qubit >= max_register_bits)
      tokens_.fail(token.position, fmt::format("{} is beyond the limit of {} qubits", token.text,
                                               max_register_bits));
    if (has_quantum_registers_) fail_mixed(token.position);
    has_hardware_qubits_ = true;
    n_qubits_ = std::max(n_qubits_, qubit + 1);
    return {token.position, {true, qubit, 1, true}, 0};
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
        return target.is_single ? name : fmt::format("{}[{}]", name, qubit - target.offset);
    return fmt::format("${}", qubit);
  }

  // --- Numbers --------------------------------------------------------------------------------

  /// In OpenQASM 3 an expression of constants.
  int whole_number(std::string_view what) {
    if (!is_qasm3()) {
      const Token token = tokens_.expect(TokenKind::number, what);
      return parse_whole_number(token.text, token.position);
    }
    const Position position = tokens_.peek().position;
    const double value = constant();
    if (value != std::nearbyint(value) || value < 0.0)
      tokens_.fail(position, fmt::format("{} is not a whole number", value));
    if (value > std::numeric_limits<int>::max())
      tokens_.fail(position, fmt::format("{} is too large", value));
    return static_cast<int>(value);
  }

  int parse_whole_number(std::string_view text, Position position) const {
    int value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc::result_out_of_range)
      tokens_.fail(position, fmt::format("{} is too large", text));
    if (stop != end) tokens_.fail(position, fmt::format("{} is not a whole number", text));
    return value;
  }

  double constant() {
    try {
      return Expression::parse(tokens_, {constants_, {}, {}}).evaluate({}).offset_rad();
    } catch (const ExpressionError& error) {
      tokens_.fail(error.position, error.problem);
    }
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
  QasmOptions options_;
  GateLibrary gates_;
  std::map<std::string, Register, std::less<>> registers_;
  Values constants_;
  Values names_;  ///< the constants and the inputs
  bool has_include_ = false;
  bool has_quantum_registers_ = false;
  bool has_hardware_qubits_ = false;
  int n_qubits_ = 0;
  int n_bits_ = 0;
  int n_weights_ = 0;
  int n_features_ = 0;
  int box_depth_ = 0;
  std::vector<Instruction> instructions_;
  Expansion expansion_{instructions_, max_calls};
  std::vector<Position> positions_;  ///< of the statements the instructions come from
};

}  // namespace

}  // namespace qasm

Circuit parse_qasm(std::string_view text, const std::string& source, const QasmOptions& options) {
  return qasm::Reader(text, source, options).read();
}

Circuit read_qasm_file(const std::filesystem::path& path, const QasmOptions& options) {
  return parse_qasm(read_file(path), path.string(), options);
}

}  // namespace rhodrift
