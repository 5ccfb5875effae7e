#include <cctype>

#include <rhodrift/core/random.hpp>

#include "circuit/qasm_support.hpp"

using namespace rhodrift;
using namespace rhodrift::test;

// Programs made from the grammar are read; those with bytes or words changed are read or refused
// with line and column, and nothing else happens.

namespace {

/// Writes valid programs. Registers are q, r and, in OpenQASM 3, the single qubit s.
class Generator {
 public:
  Generator(bool is_qasm3, RandomStream& random) : is_qasm3_(is_qasm3), random_(random) {}

  std::string program() {
    std::string text = header();
    const std::uint64_t n_definitions = random_.below(4);
    for (std::uint64_t i = 0; i < n_definitions; ++i) text += definition();
    text += is_qasm3_ ? "qubit[3] q; qubit[3] r; qubit s;\nbit[64] c;\n"
                      : "qreg q[3]; qreg r[3]; creg c[64];\n";
    const std::uint64_t n_statements = 1 + random_.below(12);
    for (std::uint64_t i = 0; i < n_statements; ++i) text += statement(2);
    return text;
  }

 private:
  struct KnownGate {
    std::string name;
    std::size_t n_angles;
    std::size_t n_qubits;
  };

  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[random_.below(from.size())];
  }
  bool chance(std::uint64_t one_in) { return random_.below(one_in) == 0; }

  std::string header() {
    std::string text = chance(4) ? "// a comment\n" : "";
    if (!is_qasm3_) return text + "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n";
    text += pick<std::string>({"", "OPENQASM 3;\n", "OPENQASM 3.0;\n"});
    if (chance(2)) text += "include \"stdgates.inc\";\n";
    text += "const float k = 0.25;\ninput float[64] t;\n@rhodrift.feature\ninput angle x;\n";
    names_ = {"k"};
    inputs_ = {"t", "x"};
    return text;
  }

  /// A number, in the given names.
  std::string number(const std::vector<std::string>& names, int depth = 2) {
    if (depth == 0 || chance(3)) {
      if (!names.empty() && chance(2)) return pick(names);
      return pick<std::string>({"0", "1", "2.5", "pi", ".5", "3.", "1e-3", "0.1e+1"});
    }
    const std::string power = is_qasm3_ ? "**" : "^";
    const auto part = [&] { return number(names, depth - 1); };
    switch (random_.below(6)) {
      case 0:
        return part() + "+" + part();
      case 1:
        return part() + " - " + part();
      case 2:
        return "(" + part() + ")*(" + part() + ")";
      case 3:
        return "-" + part() + "/2";
      case 4:
        return "cos(" + part() + ")";
      default:
        return "2" + power + "0.5";
    }
  }

  /// What an angle may be: a number and a multiple of an input.
  std::string angle(const std::vector<std::string>& names, const std::vector<std::string>& inputs) {
    if (inputs.empty() || chance(2)) return number(names);
    return number({}, 1) + (chance(2) ? "-" : "+") + pick(inputs) + "/2";
  }

  std::string definition() {
    const KnownGate gate{"g" + std::to_string(gates_.size()), random_.below(3),
                         1 + random_.below(3)};
    std::string text = "gate " + gate.name;
    std::vector<std::string> parameters, operands;
    for (std::size_t k = 0; k < gate.n_angles; ++k) parameters.push_back("a" + std::to_string(k));
    for (std::size_t k = 0; k < gate.n_qubits; ++k) operands.push_back("b" + std::to_string(k));
    if (gate.n_angles > 0) text += fmt::format("({})", fmt::join(parameters, ", "));
    text += fmt::format(" {} {{ ", fmt::join(operands, ","));
    const std::uint64_t n_calls = random_.below(5);
    // Parameters may be inputs, so they are used as those.
    for (std::uint64_t i = 0; i < n_calls; ++i) text += call(names_, parameters, operands);
    gates_.push_back(gate);
    return text + "}\n";
  }

  std::string call(const std::vector<std::string>& names, const std::vector<std::string>& inputs,
                   const std::vector<std::string>& operands) {
    if (chance(12)) return fmt::format("barrier {}; ", operands[0]);
    if (is_qasm3_ && chance(12)) return fmt::format("gphase({}); ", angle(names, inputs));
    KnownGate gate = pick(gates_);
    while (gate.n_qubits > operands.size()) gate = pick(gates_);
    std::size_t n_controls = 0;
    std::string text = modifiers(operands.size() - gate.n_qubits, n_controls) + gate.name;
    std::vector<std::string> angles;
    for (std::size_t k = 0; k < gate.n_angles; ++k) angles.push_back(angle(names, inputs));
    if (gate.n_angles > 0) text += fmt::format("({})", fmt::join(angles, ","));
    std::vector<std::string> chosen;
    for (const int k : oracle::random_operands(static_cast<int>(gate.n_qubits + n_controls),
                                               static_cast<int>(operands.size()), random_))
      chosen.push_back(operands[static_cast<std::size_t>(k)]);
    return fmt::format("{} {}; ", text, fmt::join(chosen, ", "));
  }

  std::string modifiers(std::size_t max_controls, std::size_t& n_controls) {
    std::string text;
    while (is_qasm3_ && chance(3)) {
      const std::size_t left = max_controls - n_controls;
      const std::uint64_t kind = random_.below(left > 0 ? 4 : 2);
      if (kind == 0) text += "inv @ ";
      if (kind == 1) text += fmt::format("pow({}) @ ", pick<std::string>({"2", "-1", "3", "0"}));
      if (kind == 2) text += chance(2) ? "ctrl @ " : "negctrl(1) @ ";
      n_controls += kind >= 2;
      if (kind == 3) text += "ctrl @ ";
    }
    return text;
  }

  std::string statement(int depth) {
    switch (random_.below(is_qasm3_ ? 9 : 5)) {
      case 0:
        return chance(2) ? "reset q;\n" : "reset r[1];\n";
      case 1:
        return "barrier q, r[" + std::to_string(random_.below(3)) + "];\n";
      case 2:
        return measure();
      case 3:
        return call(names_, inputs_, {"q", "r"}) + "\n";
      case 5:
        return fmt::format("delay[{}{}] q[0];\n", pick<std::string>({"1", "2.5", "1e2"}),
                           pick<std::string>({"ns", "us", " ms", "s", "µs"}));
      case 6:
        return depth == 0 ? "barrier;\n" : "box { " + statement(depth - 1) + "}\n";
      case 7:
        return pick<std::string>({"#pragma braket result state_vector\n", "/* nothing */\n",
                                  "@vendor.hint\nreset s;\n", "delay[3ns];\n"});
      default:
        return call(names_, inputs_, operands()) + "\n";
    }
  }

  std::vector<std::string> operands() const {
    std::vector<std::string> result{"q[0]", "q[1]", "q[2]", "r[0]", "r[1]", "r[2]"};
    if (is_qasm3_) result.push_back("s");
    return result;
  }

  std::string measure() {
    const std::string qubit = fmt::format("q[{}]", random_.below(3));
    const std::string bit = fmt::format("c[{}]", n_bits_++);
    return is_qasm3_ && chance(2) ? fmt::format("{} = measure {};\n", bit, qubit)
                                  : fmt::format("measure {} -> {};\n", qubit, bit);
  }

  bool is_qasm3_;
  RandomStream& random_;
  std::vector<std::string> names_;
  std::vector<std::string> inputs_;
  std::vector<KnownGate> gates_{{"h", 0, 1},   {"u3", 3, 1},  {"rz", 1, 1},   {"cx", 0, 2},
                                {"crx", 1, 2}, {"rzz", 1, 2}, {"cswap", 0, 3}};
  int n_bits_ = 0;
};

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i + 1;
    while (is_word(text[i]) && end < text.size() && is_word(text[end])) ++end;
    words.push_back(text.substr(i, end - i));
    i = end;
  }
  return words;
}

std::string with_words_changed(const std::string& text, RandomStream& random) {
  static const std::vector<std::string> dictionary{
      "ctrl",  "@",    "negctrl(2)", "inv",   "pow(0.5)", "pow",   "gphase",  "U",   "input",
      "const", "gate", "box",        "{",     "}",        "(",     ")",       "[",   "]",
      ";",     ",",    "=",          "->",    "measure",  "$1",    "9999999", "pi",  "delay",
      "100dt", "#",    "pragma",     "if",    "bit",      "qubit", "-",       "**",  "^",
      "/*",    "\"",   "c4x",        "1e308", "def",      "θ",     "barrier", "int", "opaque"};
  std::vector<std::string> words = words_of(text);
  for (std::uint64_t edits = 1 + random.below(4); edits > 0 && !words.empty(); --edits) {
    const auto at = words.begin() + static_cast<std::ptrdiff_t>(random.below(words.size()));
    const std::string other = words[random.below(words.size())];
    switch (random.below(4)) {
      case 0:
        words.erase(at);
        break;
      case 1:
        *at = other;
        break;
      case 2:
        words.insert(at, other);
        break;
      default:
        *at = dictionary[random.below(dictionary.size())];
    }
  }
  return fmt::format("{}", fmt::join(words, ""));
}

std::string with_bytes_changed(std::string text, RandomStream& random) {
  static const std::string alphabet = "()[]{};,+-*/^\"=>._ \n09aeq@$#\xce\xb8\xff";
  for (std::uint64_t edits = 1 + random.below(4); edits > 0 && !text.empty(); --edits) {
    const std::size_t at = random.below(text.size());
    const std::size_t length = 1 + random.below(12);
    switch (random.below(5)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, 1, alphabet[random.below(alphabet.size())]);
        break;
      case 2:
        text[at] = alphabet[random.below(alphabet.size())];
        break;
      case 3:
        text.insert(random.below(text.size()), text.substr(at, length));
        break;
      default:
        text.resize(at + 1);
    }
  }
  return text;
}

/// Whether it was read. Anything but a refusal with line and column fails the test.
bool is_read(const std::string& text) {
  try {
    parse_qasm(text, "fuzz", {1e-9});
    return true;
  } catch (const InputError& error) {
    const std::string message = error.what();
    if (message.rfind("fuzz: line ", 0) != 0 || message.find(", column ") == std::string::npos)
      FAIL(message << "\n" << text);
  } catch (const std::exception& error) {
    FAIL("not an InputError: " << error.what() << "\n" << text);
  }
  return false;
}

void fuzz(int n_programs, int n_mutants, std::uint64_t seed) {
  int n_read = 0;
  for (int i = 0; i < n_programs; ++i) {
    RandomStream random(seed, static_cast<std::uint64_t>(i));
    const std::string program = Generator(i % 2 > 0, random).program();
    INFO(program);
    Circuit circuit(1);
    REQUIRE_NOTHROW(circuit = parse_qasm(program, "fuzz"));
    const std::string written = to_qasm3(circuit);
    check_same(parse_qasm(written, "written"), circuit);
    for (int k = 0; k < n_mutants; ++k)
      n_read += is_read(k % 2 > 0 ? with_words_changed(program, random)
                                  : with_bytes_changed(program, random));
  }
  CHECK(n_read > n_programs * n_mutants / 50);
  CHECK(n_read < n_programs * n_mutants * 3 / 4);
}

}  // namespace

TEST_CASE("Programs from the grammar are read, changed ones are read or refused with the place") {
  fuzz(300, 20, 2024);
}

TEST_CASE("Very many programs from the grammar, and changed ones", "[long]") {
  fuzz(5000, 200, 2025);
}
