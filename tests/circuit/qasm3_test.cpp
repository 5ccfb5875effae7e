#include <cmath>
#include <numbers>

#include "circuit/qasm_support.hpp"

using namespace rhodrift;
using namespace rhodrift::test;
using std::numbers::pi;

namespace {

Circuit parse(const std::string& body) {
  return parse_qasm(header3 + body, "test.qasm");
}

/// Lines of `body` start at 3.
std::string refusal(const std::string& body) {
  return refusal_of_text(header3 + body);
}

}  // namespace

TEST_CASE("Qubits and bits of OpenQASM 3 are laid out in the order of declaration") {
  const Circuit circuit = parse(
      "const int n = 2; qubit[n] a; qubit b; bit c; bit[2*n-1] d; qreg e[2]; creg f[1];\n"
      "x a[n-1]; x b; x e[0]; c = measure b; d[2] = measure a[0]; f[0] = measure e[1];");
  CHECK(circuit.n_qubits() == 5);
  CHECK(listing(circuit) == "x 1; x 2; x 3; measure 2 -> 0; measure 0 -> 3; measure 4 -> 4");
}

TEST_CASE("Whole registers and single bits broadcast in OpenQASM 3") {
  const std::string registers = "qubit[2] a; qubit[2] b; qubit s; bit[2] c; bit t;\n";
  CHECK(listing(parse(registers + "cx a, b;")) == "cx 0,2; cx 1,3");
  CHECK(listing(parse(registers + "cx s, a;")) == "cx 4,0; cx 4,1");
  CHECK(listing(parse(registers + "ctrl @ cx a, b, s;")).starts_with("h 4; p 4; cx 0,4"));
  CHECK(listing(parse(registers + "c = measure b; t = measure s;")) ==
        "measure 2 -> 0; measure 3 -> 1; measure 4 -> 2");
  CHECK(listing(parse(registers + "measure b -> c;")) == "measure 2 -> 0; measure 3 -> 1");
  CHECK(listing(parse(registers + "reset a; barrier a, s; barrier;")) ==
        "reset 0; reset 1; barrier 0,1,4; barrier 0,1,2,3,4");
  CHECK(listing(parse("qubit[2] q; bit[2] c = measure q;")) == "measure 0 -> 0; measure 1 -> 1");
  CHECK(listing(parse("qubit q; bit c = measure q;")) == "measure 0 -> 0");
}

TEST_CASE("A version may be left out or be any of 3") {
  for (const std::string header : {"", "OPENQASM 3;", "OPENQASM 3.0;", "OPENQASM 3.1;"})
    CHECK(listing(parse_qasm(header + "qubit q; U(1,2,3) q;", "test")) == "u3 0");
}

TEST_CASE("Gates are known without an include, as Amazon Braket writes its programs") {
  const std::string registers = "OPENQASM 3.0;\nbit[2] b;\nqubit[2] q;\n";
  const auto read = [&](const std::string& body) { return parse_qasm(registers + body, "test"); };
  CHECK(listing(read("h q[0];\ncnot q[0], q[1];\nb[0] = measure q[0];\nb[1] = measure q[1];")) ==
        "h 0; cx 0,1; measure 0 -> 0; measure 1 -> 1");
  CHECK(listing(read("i q[0]; si q[0]; ti q[0]; v q[0]; vi q[0]; phaseshift(0.1) q[0];")) ==
        "id 0; sdg 0; tdg 0; sx 0; sxdg 0; p 0");
  CHECK(listing(read("xx(1) q[0], q[1]; yy(1) q[0], q[1]; zz(1) q[0], q[1]; ecr q[0], q[1]; "
                     "iswap q[0], q[1]; cphaseshift(1) q[0], q[1];")) ==
        "rxx 0,1; ryy 0,1; rzz 0,1; ecr 0,1; iswap 0,1; cp 0,1");
}

TEST_CASE("Braket's gates have their matrices") {
  using C = arma::cx_double;
  const C i(0.0, 1.0);
  const double a = 0.7, b = -1.3, c = 2.1;
  const auto e = [&](double angle_rad) { return std::exp(i * angle_rad); };
  const auto unitary = [](const std::string& call) {
    return oracle::unitary_of(parse_qasm("qubit[2] q; " + call + " q[0], q[1];", "test"));
  };
  // Braket's tables have the first qubit as the high bit; here it is the low one.
  const auto reordered = [](const arma::cx_mat& m) {
    const arma::uvec exchanged{0, 2, 1, 3};
    return arma::cx_mat(m(exchanged, exchanged));
  };
  const C o(0.0, 0.0), l(1.0, 0.0);
  const double cs = std::cos(a / 2), sn = std::sin(a / 2);
  const arma::cx_mat xy{{l, o, o, o}, {o, cs, i * sn, o}, {o, i * sn, cs, o}, {o, o, o, l}};
  const arma::cx_mat pswap{{l, o, o, o}, {o, o, e(a), o}, {o, e(a), o, o}, {o, o, o, l}};
  const double cm = std::cos(c / 2), sm = std::sin(c / 2);
  const arma::cx_mat ms{{cm, o, o, -i * e(-a - b) * sm},
                        {o, cm, -i * e(-a + b) * sm, o},
                        {o, -i * e(a - b) * sm, cm, o},
                        {-i * e(a + b) * sm, o, o, cm}};
  CHECK(distance_up_to_phase(unitary("xy(0.7)"), reordered(xy)) < 1e-15);
  CHECK(distance_up_to_phase(unitary("pswap(0.7)"), reordered(pswap)) < 1e-15);
  CHECK(distance_up_to_phase(unitary("ms(0.7, -1.3, 2.1)"), reordered(ms)) < 1e-15);
  for (const auto& [name, where] :
       {std::pair("cphaseshift00", 0u), {"cphaseshift01", 1u}, {"cphaseshift10", 2u}}) {
    arma::cx_vec phases(4, arma::fill::ones);
    phases(where) = e(a);
    CHECK(distance_up_to_phase(unitary(fmt::format("{}(0.7)", name)),
                               reordered(arma::diagmat(phases))) < 1e-15);
  }
  const auto one = [](const std::string& call) {
    return oracle::unitary_of(parse_qasm("qubit q; " + call + " q;", "test"));
  };
  const arma::cx_mat gpi{{o, e(-a)}, {e(a), o}};
  const arma::cx_mat gpi2{{l, -i * e(-a)}, {-i * e(a), l}};
  const arma::cx_mat prx{{cs, -i * e(-b) * sn}, {-i * e(b) * sn, cs}};
  CHECK(distance_up_to_phase(one("gpi(0.7)"), gpi) < 1e-15);
  CHECK(distance_up_to_phase(one("gpi2(0.7)"), gpi2 / std::sqrt(2.0)) < 1e-15);
  CHECK(distance_up_to_phase(one("prx(0.7, -1.3)"), prx) < 1e-15);
}

TEST_CASE("Inputs become weights in the order of declaration, features where annotated") {
  const Circuit circuit = parse(
      "input float[64] b;\n@rhodrift.feature\ninput float x;\ninput angle[32] a;\n"
      "@rhodrift.feature\ninput angle y;\n"
      "qubit q; rx(a) q; ry(2*b - x/4 + pi) q; rz(-(y - a)*3) q;");
  const auto& instructions = circuit.instructions();
  CHECK(circuit.n_weights() == 2);
  CHECK(circuit.n_features() == 2);
  CHECK(instructions[0].angles[0] == Angle::weight(1));
  CHECK(instructions[1].angles[0] == Angle::weight(0, 2.0) + Angle::feature(0, -0.25) + pi);
  CHECK(instructions[2].angles[0] == Angle::weight(1, 3.0) - Angle::feature(1, 3.0));
}

TEST_CASE("Inputs go through gate definitions and modifiers") {
  const Circuit circuit = parse(
      "input float theta; gate g(a, b) p, q { rx(a/2) p; ctrl @ rz(b - 1) p, q; }\n"
      "qubit[2] q; g(theta, 2*theta) q[1], q[0]; inv @ ry(theta) q[0]; pow(3) @ rz(theta) q[1];");
  CHECK(listing(circuit) == "rx 1; crz 1,0; ry 0; rz 1");
  CHECK(circuit.instructions()[0].angles[0] == Angle::weight(0, 0.5));
  CHECK(circuit.instructions()[1].angles[0] == Angle::weight(0, 2.0) - 1.0);
  CHECK(circuit.instructions()[2].angles[0] == Angle::weight(0, -1.0));
  CHECK(circuit.instructions()[3].angles[0] == Angle::weight(0, 3.0));
}

TEST_CASE("Expressions of OpenQASM 3") {
  const auto [text, value] = GENERATE(table<std::string, double>({
      {"2**3**2", 512},
      {"-2**2", -4},
      {"tau/4", pi / 2},
      {"π", pi},
      {"τ", 2 * pi},
      {"euler", std::numbers::e},
      {"ℇ", std::numbers::e},
      {"log(2)", std::log(2.0)},
      {"arcsin(0.3)+arccos(0.2)-arctan(0.1)", std::asin(0.3) + std::acos(0.2) - std::atan(0.1)},
      {"width*scale", 1.5},
      {"1/2", 0.5},
  }));
  CHECK(angle(parse("const int width = 3; const float[64] scale = 1/2; qubit q; rz(" + text +
                    ") q;")) == value);
}

TEST_CASE("Comments, Unicode names and annotations of others are read over") {
  CHECK(listing(parse("/* a\n block; */ qubit q; // a line\n@vendor.hint some text;\n"
                      "gate größe(θ, λ) ψ { rz(θ /* here */ + λ) ψ; }\ngröße(1, 2) q;")) == "rz 0");
}

TEST_CASE("Hardware qubits keep their numbers") {
  const Circuit circuit = parse("bit[2] c; h $4; cx $4, $1; barrier $1, $4; c[0] = measure $1;");
  CHECK(circuit.n_qubits() == 5);
  CHECK(listing(circuit) == "h 4; cx 4,1; barrier 1,4; measure 1 -> 0");
}

TEST_CASE("Pragmas of Braket that leave the state as it is are read over") {
  CHECK(listing(parse("qubit[2] q;\n#pragma braket verbatim\nbox{\nh q[0];\n}\n"
                      "#pragma braket result expectation z(q[0]) @ x(q[1])\n"
                      "pragma braket result state_vector\nx q[1];")) == "h 0; x 1");
}

TEST_CASE("Delays have units") {
  const Circuit circuit = parse(
      "qubit[2] q; delay[100ns] q[0]; delay[2.5us] q; delay[1.5 µs] q[1]; delay[3ms] q[1];"
      "delay[1e-3s] q[1]; delay[7ns];");
  CHECK(listing(circuit) ==
        "delay 0; delay 0; delay 1; delay 1; delay 1; delay 1; delay 0; delay 1");
  const std::vector<double> expected{1e-7, 2.5e-6, 2.5e-6, 1.5e-6, 3e-3, 1e-3, 7e-9, 7e-9};
  for (std::size_t i = 0; i < expected.size(); ++i)
    CHECK(circuit.instructions()[i].duration_s == expected[i]);
}

TEST_CASE("A dt is as long as it is said to be") {
  const std::string text = "qubit q; delay[1600dt] q;";
  CHECK(refusal_of_text(text) ==
        "line 1, column 20: a duration in dt needs the length of a dt to be given");
  CHECK(parse_qasm(text, "test", {0.25e-9}).instructions()[0].duration_s == 1600 * 0.25e-9);
}

TEST_CASE("What is outside of the subset is refused by name and place") {
  const auto [body, message] = GENERATE(table<std::string, std::string>({
      {"bit c; if (c) { }",
       "line 3, column 8: 'if' is not supported: circuits have no control "
       "flow"},
      {"for int i in [0:2] { }",
       "line 3, column 1: 'for' is not supported: circuits have no "
       "control flow"},
      {"while (true) { }",
       "line 3, column 1: 'while' is not supported: circuits have no control "
       "flow"},
      {"def f() { }", "line 3, column 1: 'def' is not supported: only gates can be defined"},
      {"extern f() -> int;",
       "line 3, column 1: 'extern' is not supported: only gates can be "
       "defined"},
      {"cal { }", "line 3, column 1: 'cal' is not supported: circuits have no pulses"},
      {"defcal x $0 { }", "line 3, column 1: 'defcal' is not supported: circuits have no pulses"},
      {"let a = b;", "line 3, column 1: 'let' is not supported: use the registers themselves"},
      {"int[32] n = 3;",
       "line 3, column 1: 'int' is not supported: there are inputs, constants "
       "and bits, but no other variables"},
      {"output bit c;",
       "line 3, column 1: 'output' is not supported: there are inputs, constants "
       "and bits, but no other variables"},
      {"#pragma braket noise bit_flip(0.1) q[0]",
       "line 3, column 1: '#pragma braket noise' is not supported: noise comes from a calibration"},
      {"#pragma braket unitary([[1, 0], [0, 1]]) q[0]",
       "line 3, column 1: '#pragma braket unitary' is not supported"},
      {"#pragma vendor", "line 3, column 1: pragma 'vendor' is not supported"},
      {"#include", "line 3, column 1: only '#pragma' begins with '#'"},
      {"@rhodrift.feature\nqubit q;",
       "line 3, column 1: of rhodrift's annotations there is "
       "'@rhodrift.feature' before 'input'"},
      {"@rhodrift.weight\ninput float w;",
       "line 3, column 1: of rhodrift's annotations there is "
       "'@rhodrift.feature' before 'input'"},
      {"box[100ns] { }", "line 3, column 4: a box with a duration is not supported"},
      {"input int n;",
       "line 3, column 7: an input of type 'int' is not supported, only float and "
       "angle"},
      {"input array[float, 2] n;",
       "line 3, column 7: an input of type 'array' is not supported, "
       "only float and angle"},
      {"const bool b = 1;",
       "line 3, column 7: a constant of type 'bool' is not supported, only "
       "int, uint, float and angle"},
      {"const duration d = 1ns;",
       "line 3, column 7: a constant of type 'duration' is not "
       "supported, only int, uint, float and angle"},
      {"include \"other.inc\";",
       "line 3, column 9: cannot include \"other.inc\", only "
       "\"stdgates.inc\""},
      {"include \"stdgates.inc\";", "line 3, column 9: \"stdgates.inc\" is included before"},
      {"OPENQASM 3.0;", "line 3, column 1: 'OPENQASM' is repeated"},
      {"qubit q; measure q;", "line 3, column 10: the outcome is assigned to no bit"},
  }));
  CHECK(refusal(body) == message);
}

TEST_CASE("Broken programs in OpenQASM 3 are refused with the place") {
  const auto [body, message] = GENERATE(table<std::string, std::string>({
      {"qubit[0] q;", "line 3, column 7: a register needs at least 1 bit"},
      {"qubit[1.5] q;", "line 3, column 7: 1.5 is not a whole number"},
      {"qubit[-1] q;", "line 3, column 7: -1 is not a whole number"},
      {"qubit[1e10] q;", "line 3, column 7: 10000000000 is too large"},
      {"qubit[10001] q;",
       "line 3, column 7: a size of 10001 takes the qubits beyond the limit of 10000"},
      {"input float n; qubit[n] q;",
       "line 3, column 22: 'n' is not a number, a constant, an input, a function"},
      {"qubit q; qubit q;", "line 3, column 16: 'q' is declared before"},
      {"input float q; qubit q;", "line 3, column 22: 'q' is declared before"},
      {"const int q = 1; input float q;", "line 3, column 30: 'q' is declared before"},
      {"const int n = 0.5;", "line 3, column 15: 0.5 is not a whole number"},
      {"const float x = 1/0;", "line 3, column 18: division by zero"},
      {"qubit pi;", "line 3, column 7: 'pi' is a word of the language, not the name of a register"},
      {"qubit $0;", "line 3, column 7: '$0' is a hardware qubit, not the name of a register"},
      {"qubit q; x q[0];", "line 3, column 13: 'q' is a single bit and takes no index"},
      {"qubit[2] q; x q[2];", "line 3, column 17: index 2 is outside 'q', which has 2 bits"},
      {"qubit[2] q; cx q[0], q[1-1];", "line 3, column 13: qubit q[0] is repeated"},
      {"qubit q; cx q, q;", "line 3, column 10: qubit q is repeated"},
      {"cx $1, $1;", "line 3, column 1: qubit $1 is repeated"},
      {"x $10000;", "line 3, column 3: $10000 is beyond the limit of 10000 qubits"},
      {"qubit q; x $0;",
       "line 3, column 12: a program has either hardware qubits or registers of qubits"},
      {"x $0; qubit q;",
       "line 3, column 13: a program has either hardware qubits or registers of qubits"},
      {"barrier;", "line 3, column 1: there are no qubits yet"},
      {"qubit q; bit c; c = 1;",
       "line 3, column 21: a bit takes the outcome of a 'measure', nothing else"},
      {"qubit q; bit[2] c = measure q;",
       "line 3, column 29: a single bit and a whole register do not go together"},
      {"qubit q; delay[q] q;", "line 3, column 16: expected a duration such as 100ns, found 'q'"},
      {"qubit q; delay[100] q;", "line 3, column 19: expected a unit of time, found ']'"},
      {"qubit q; delay[1 day] q;",
       "line 3, column 18: 'day' is no unit of time; dt, ns, us, ms and s are"},
      {"qubit q; delay[1e999s] q;", "line 3, column 16: 1e999 is out of range"},
      {"qubit q; rz(10ns) q;", "line 3, column 15: expected ')', found 'ns'"},
      {"qubit q; rz(2^3) q;", "line 3, column 14: expected ')', found '^'"},
      {"qubit q; foo q;", "line 3, column 10: unknown gate 'foo'"},
      {"qubit q; ctrl x q;", "line 3, column 15: expected '@', found 'x'"},
      {"qubit q; pow @ x q;", "line 3, column 14: expected '(', found '@'"},
      {"qubit q; ctrl @ x q;",
       "line 3, column 10: gate 'x' with its controls takes 2 qubits, got 1"},
      {"qubit q; ctrl(0) @ x q;", "line 3, column 15: 0 is not a number of controls, 1 to 10000"},
      {"qubit q; ctrl(1.5) @ x q;",
       "line 3, column 15: 1.5 is not a number of controls, 1 to 10000"},
      {"qubit q; gphase(1) q;", "line 3, column 10: gate 'gphase' takes 0 qubits, got 1"},
      {"input float t; qubit q; pow(t) @ x q;",
       "line 3, column 25: in gate 'x': 'pow' needs a number, not an input"},
      {"input float t; qubit q; pow(0.5) @ rx(t) q;",
       "line 3, column 25: in gate 'rx': a power that is no whole number needs constant angles"},
      {"gate two a, b { x a; y b; } qubit[2] q; pow(0.5) @ two q[0], q[1];",
       "line 3, column 41: in gate 'two': a power that is no whole number needs a gate of one "
       "qubit, or one between W and W⁻¹"},
      {"input float t; qubit q; rz(t*t) q;",
       "line 3, column 29: an angle is a number plus multiples of inputs; this is another function "
       "of one"},
      {"input float t; qubit q; rz(1/t) q;",
       "line 3, column 29: an angle is a number plus multiples of inputs; this is another function "
       "of one"},
      {"input float t; qubit q; rz(sin(t)) q;",
       "line 3, column 28: an angle is a number plus multiples of inputs; this is another function "
       "of one"},
      {"input float t; gate g(a) q { rz(a**2) q; } qubit q; g(t) q;",
       "line 3, column 53: in gate 'g': an angle is a number plus multiples of inputs; this is "
       "another function of one"},
      {"input float t; gate g q { rz(t) q; }",
       "line 3, column 30: 't' is not a number, a constant, an input, a function"},
      {"gate g(a) q { inv @ g(a) q; }",
       "line 3, column 21: gate 'g' is used in its own definition"},
      {"gate x q { ctrl @ x q; }", "line 3, column 19: gate 'x' is used in its own definition"},
      {"qubit q; /* never closed", "line 3, column 10: the comment is not closed"},
      {"qubit q; x q; \xff", "line 3, column 15: unexpected byte 0xff"},
      {"qubit q; box { x q;", "line 3, column 20: expected a gate, found the end of the program"},
      {"", "line 3, column 1: the program declares no qubits"},
  }));
  CHECK(refusal(body) == message);
}

TEST_CASE("OpenQASM 3 programs that would explode are refused, not run") {
  std::string boxes = "qubit q; ";
  for (int i = 0; i < 200; ++i) boxes += "box {";
  CHECK_THAT(refusal(boxes), ContainsSubstring("boxes are nested more than 100 deep"));
  CHECK_THAT(refusal("qubit q; pow(1e9) @ x q;"),
             ContainsSubstring("more than 2000000 gate calls"));
  CHECK_THAT(refusal("qubit q; pow(1e300) @ x q;"),
             ContainsSubstring("more than 2000000 gate calls"));
  CHECK_THAT(refusal("gate nothing q { } qubit q; pow(-1e9) @ nothing q;"),
             ContainsSubstring("more than 2000000 gate calls"));
  for (const int n : {25, 45, 400}) {
    std::string operands = "q[0]";
    for (int i = 1; i <= n; ++i) operands += fmt::format(", q[{}]", i);
    CHECK_THAT(refusal(fmt::format("qubit[{}] q; ctrl({}) @ x {};", n + 1, n, operands)),
               ContainsSubstring("more than 2000000 gate calls"));
  }
}
