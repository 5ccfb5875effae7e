#include <cmath>
#include <numbers>

#include "circuit/qasm_support.hpp"

using namespace rhodrift;
using namespace rhodrift::test;
using arma::cx_mat;
using std::numbers::pi;

// OpenQASM 2, and what both versions share.

namespace {

Circuit parse(const std::string& body) {
  return parse_qasm(header2 + body, "test.qasm");
}

/// Lines of `body` start at 3.
std::string refusal(const std::string& body) {
  return refusal_of_text(header2 + body);
}

}  // namespace

TEST_CASE("Registers are laid out in the order of declaration") {
  const Circuit circuit = parse(
      "qreg a[2]; creg c[1]; qreg b[3]; creg d[2];\n"
      "x a[1]; x b[0]; measure b[2] -> d[1]; measure a[0] -> c[0]; measure b[1] -> d[0];");
  CHECK(circuit.n_qubits() == 5);
  CHECK(listing(circuit) == "x 1; x 2; measure 4 -> 2; measure 0 -> 0; measure 3 -> 1");
}

TEST_CASE("Whole registers broadcast") {
  const std::string registers = "qreg a[3]; qreg b[3]; qreg s[1]; creg c[3];\n";
  CHECK(listing(parse(registers + "h a;")) == "h 0; h 1; h 2");
  CHECK(listing(parse(registers + "cx a,b;")) == "cx 0,3; cx 1,4; cx 2,5");
  CHECK(listing(parse(registers + "cx a,s[0];")) == "cx 0,6; cx 1,6; cx 2,6");
  CHECK(listing(parse(registers + "cx b[2],a;")) == "cx 5,0; cx 5,1; cx 5,2");
  CHECK(listing(parse(registers + "measure b -> c;")) ==
        "measure 3 -> 0; measure 4 -> 1; measure 5 -> 2");
  CHECK(listing(parse(registers + "reset a;")) == "reset 0; reset 1; reset 2");
  CHECK(listing(parse(registers + "barrier a[1],b;")) == "barrier 1,3,4,5");
}

TEST_CASE("Comments, blanks and line ends do not matter") {
  CHECK(listing(parse_qasm("// a comment\r\n\tOPENQASM 2.0 ;// another\r\nqreg\nq [ 1 ]\n;U(0,0,0)q"
                           "[0]; // the last has no line end",
                           "test")) == "u3 0");
}

TEST_CASE("Every unitary operation of the table can be called by its name") {
  for (const OperationInfo& row : operation_table()) {
    if (row.unitary == nullptr || row.op == Op::delay) continue;
    std::string angles;
    for (int k = 0; k < row.n_angles; ++k) angles += fmt::format("{}0.{}", k ? "," : "", k + 1);
    const Circuit circuit =
        parse(fmt::format("qreg q[3]; {}{} {};", row.name, angles.empty() ? "" : "(" + angles + ")",
                          row.n_qubits == 1 ? "q[2]" : "q[2],q[0]"));
    REQUIRE(circuit.instructions().size() == 1);
    const Instruction& instruction = circuit.instructions()[0];
    CHECK(instruction.op == row.op);
    CHECK(instruction.qubits == (row.n_qubits == 1 ? std::vector{2} : std::vector{2, 0}));
    for (int k = 0; k < row.n_angles; ++k)
      CHECK(angle(circuit, 0, static_cast<std::size_t>(k)) == (k + 1) / 10.0);
  }
}

TEST_CASE("Other names of OpenQASM 2 mean the same operations") {
  CHECK(listing(parse("qreg q[2]; u1(1) q[0]; cu1(1) q[0],q[1]; u(1,2,3) q[0]; U(1,2,3) q[0]; "
                      "CX q[0],q[1];")) == "p 0; cp 0,1; u3 0; u3 0; cx 0,1");
}

TEST_CASE("Without qelib1.inc only U and CX are known") {
  const std::string start = "OPENQASM 2.0;\nqreg q[2];\n";
  CHECK(listing(parse_qasm(start + "U(0,0,0) q[0]; CX q[0],q[1];", "test")) == "u3 0; cx 0,1");
  CHECK(refusal_of_text(start + "h q[0];") ==
        "line 3, column 1: unknown gate 'h'; include \"qelib1.inc\" gives it");
}

TEST_CASE("The gates of qelib1.inc that are expanded have their matrices") {
  const cx_mat x = info(Op::x).unitary({});
  const cx_mat sx = info(Op::sx).unitary({});
  const std::vector<double> euler{0.7, -1.9, 2.6};
  const cx_mat u3 = info(Op::u3).unitary(euler);
  const auto unitary = [](int n_qubits, const std::string& call) {
    return oracle::unitary_of(parse(fmt::format("qreg q[{}]; {};", n_qubits, call)));
  };
  const double tolerance = 1e-14;
  CHECK(distance_up_to_phase(unitary(1, "u0(1) q[0]"), cx_mat(2, 2, arma::fill::eye)) < tolerance);
  CHECK(distance_up_to_phase(unitary(2, "csx q[0],q[1]"), controlled(1, sx)) < tolerance);
  CHECK(distance_up_to_phase(unitary(2, "cu3(0.7,-1.9,2.6) q[0],q[1]"), controlled(1, u3)) <
        tolerance);
  CHECK(distance_up_to_phase(unitary(2, "cu(0.7,-1.9,2.6,0.4) q[0],q[1]"),
                             controlled(1, std::polar(1.0, 0.4) * u3)) < tolerance);
  CHECK(distance_up_to_phase(unitary(3, "ccx q[0],q[1],q[2]"), controlled(2, x)) < tolerance);
  CHECK(distance_up_to_phase(unitary(4, "c3x q[0],q[1],q[2],q[3]"), controlled(3, x)) < tolerance);
  CHECK(distance_up_to_phase(unitary(4, "c3sqrtx q[0],q[1],q[2],q[3]"), controlled(3, sx)) <
        tolerance);
  CHECK(distance_up_to_phase(unitary(5, "c4x q[0],q[1],q[2],q[3],q[4]"), controlled(4, x)) <
        tolerance);
  // Operand 0 is the lowest bit: cswap exchanges 0b011 and 0b101.
  const cx_mat cswap =
      cx_mat(8, 8, arma::fill::eye).eval().cols(arma::uvec{0, 1, 2, 5, 4, 3, 6, 7});
  CHECK(distance_up_to_phase(unitary(3, "cswap q[0],q[1],q[2]"), cswap) < tolerance);
}

TEST_CASE("rccx and rc3x are Toffoli gates up to relative phases") {
  const cx_mat x = info(Op::x).unitary({});
  const cx_mat rccx = oracle::unitary_of(parse("qreg q[3]; rccx q[0],q[1],q[2];"));
  CHECK(arma::abs(arma::abs(rccx) - arma::abs(controlled(2, x))).max() < 1e-14);
  const cx_mat rc3x = oracle::unitary_of(parse("qreg q[4]; rc3x q[0],q[1],q[2],q[3];"));
  CHECK(arma::abs(arma::abs(rc3x) - arma::abs(controlled(3, x))).max() < 1e-14);
}

TEST_CASE("Expressions follow the usual precedence") {
  const auto [text, value] = GENERATE(table<std::string, double>({
      {"pi", pi},
      {"-pi/2", -pi / 2},
      {"1+2*3", 7},
      {"(1+2)*3", 9},
      {"8-3-2", 3},
      {"8/4/2", 1},
      {"2^3^2", 512},
      {"-2^2", -4},
      {"2^-1", 0.5},
      {"2*-3", -6},
      {"--1", 1},
      {"sin(pi/6)", std::sin(pi / 6)},
      {"cos(0)+tan(0.5)", 1 + std::tan(0.5)},
      {"ln(exp(2))", std::log(std::exp(2.0))},
      {"sqrt(2)*sqrt(2)", std::sqrt(2.0) * std::sqrt(2.0)},
      {"1.5e-3", 1.5e-3},
      {".5", 0.5},
      {"3.", 3},
      {"1e2", 100},
      {"0.1", 0.1},
  }));
  CHECK(angle(parse("qreg q[1]; rz(" + text + ") q[0];")) == value);
}

TEST_CASE("A sum of very many terms needs no stack") {
  std::string sum = "0";
  for (int i = 0; i < 100'000; ++i) sum += "+1";
  CHECK(angle(parse("qreg q[1]; rz(" + sum + ") q[0];")) == 100'000);
}

TEST_CASE("Gate definitions are expanded with their parameters") {
  const Circuit circuit = parse(
      "gate inner(a,b) p,q { rx(a/2) q; rz(-b) p; barrier q,p; }\n"
      "gate outer(t) x,y,z { inner(t,2*t) z,x; h y; }\n"
      "gate nothing() x { }\n"
      "qreg r[3]; outer(0.5) r[2],r[1],r[0]; nothing r[1]; nothing() r;");
  CHECK(listing(circuit) == "rx 2; rz 0; barrier 2,0; h 1");
  CHECK(angle(circuit, 0) == 0.25);
  CHECK(angle(circuit, 1) == -1.0);
}

TEST_CASE("A definition that is an operation of the table becomes that operation") {
  const std::string ecr =
      "gate rzx(t) a,b { h b; cx a,b; rz(t) b; cx a,b; h b; }\n"
      "gate ecr a,b { rzx(pi/4) a,b; x a; rzx(-pi/4) a,b; }\n"
      "qreg q[2]; ecr q[1],q[0];";
  CHECK(listing(parse(ecr)) == "ecr 1,0");
  CHECK(listing(parse("gate ryy(t) a,b { rx(pi/2) a; rx(pi/2) b; cx a,b; rz(t) b; cx a,b; "
                      "rx(-pi/2) a; rx(-pi/2) b; } qreg q[2]; ryy(0.3) q[0],q[1];")) == "ryy 0,1");
  const std::string bare =
      "OPENQASM 2.0; gate h a { U(pi/2,0,pi) a; } gate rz(t) a { U(0,0,t) a; } qreg q[1]; h q; "
      "rz(1) q;";
  CHECK(listing(parse_qasm(bare, "test")) == "h 0; rz 0");
}

TEST_CASE("A definition that only has the name of an operation is what it says") {
  CHECK(listing(parse("gate ecr a,b { cz a,b; } qreg q[2]; ecr q[0],q[1];")) == "cz 0,1");
  CHECK(listing(parse("gate rx(t) a { ry(t) a; } qreg q[1]; rx(1) q;")) == "ry 0");
  CHECK(listing(parse("gate x a,b { z b; } qreg q[2]; x q[0],q[1];")) == "z 1");
  // Equal to s at one point of its parameter only, and with a point where it has no value.
  CHECK(listing(parse("gate p(t) a { u1(sqrt(t)) a; } qreg q[1]; p(1) q;")) == "p 0");
  CHECK(angle(parse("gate p(t) a { u1(2*t) a; } qreg q[1]; p(1) q;")) == 2);
}

TEST_CASE("Broken programs are refused with the place") {
  const auto [body, message] = GENERATE(table<std::string, std::string>({
      {"qreg q[2]; foo q[0];", "line 3, column 12: unknown gate 'foo'"},
      {"qreg q[2]; rx q[0];", "line 3, column 12: gate 'rx' takes 1 angles, got 0"},
      {"qreg q[2]; h(1) q[0];", "line 3, column 12: gate 'h' takes 0 angles, got 1"},
      {"qreg q[2]; cx q[0];", "line 3, column 12: gate 'cx' takes 2 qubits, got 1"},
      {"qreg q[2]; h q[0],q[1];", "line 3, column 12: gate 'h' takes 1 qubits, got 2"},
      {"qreg q[2]; h q[2];", "line 3, column 16: index 2 is outside 'q', which has 2 bits"},
      {"qreg q[2]; h q[-1];", "line 3, column 16: expected an index, found '-'"},
      {"qreg q[2]; h q[1.0];", "line 3, column 16: 1.0 is not a whole number"},
      {"qreg q[2]; h q[99999999999];", "line 3, column 16: 99999999999 is too large"},
      {"qreg q[2]; h r[0];", "line 3, column 14: 'r' is not a quantum register"},
      {"qreg q[2]; creg c[2]; h c;", "line 3, column 25: 'c' is not a quantum register"},
      {"qreg q[2]; measure q -> q;", "line 3, column 25: 'q' is not a classical register"},
      {"qreg q[2]; cx q[1],q[1];", "line 3, column 12: qubit q[1] is repeated"},
      {"qreg a[1]; qreg q[3]; ccx q[0],q[2],q[0];", "line 3, column 23: qubit q[0] is repeated"},
      {"qreg q[2]; cx q,q;", "line 3, column 12: qubit q[0] is repeated"},
      {"qreg q[2]; barrier q[1],q;", "line 3, column 12: qubit q[1] is repeated"},
      {"qreg a[2]; qreg b[3]; cx a,b;",
       "line 3, column 28: registers of 2 and 3 bits do not go together"},
      {"qreg q[2]; creg c[3]; measure q -> c;",
       "line 3, column 36: registers of 2 and 3 bits do not go together"},
      {"qreg q[2]; creg c[3]; measure q -> c[0];",
       "line 3, column 31: a single bit and a whole register do not go together"},
      {"qreg q[2]; creg q[2];", "line 3, column 17: 'q' is declared before"},
      {"qreg q[0];", "line 3, column 8: a register needs at least 1 bit"},
      {"qreg q[6000]; qreg r[6000];",
       "line 3, column 22: a size of 6000 takes the qubits beyond the limit of 10000"},
      {"creg c[10001];",
       "line 3, column 8: a size of 10001 takes the classical bits beyond the limit of 10000"},
      {"qreg pi[2];",
       "line 3, column 6: 'pi' is a word of the language, not the name of a register"},
      {"qreg q[2]\nh q;", "line 3, column 10: expected ';', found 'h'"},
      {"qreg q[2]; h q[0]", "line 3, column 18: expected ';', found the end of the program"},
      {"qreg q[2", "line 3, column 9: expected ']', found the end of the program"},
      {"creg c[2];", "line 3, column 11: the program declares no qubits"},
      {"qreg q[1]; x 5;", "line 3, column 14: expected a quantum register, found '5'"},
      {"qreg q[1]; 5;", "line 3, column 12: expected a gate, found '5'"},
      {"qreg q[1]; rz(1/0) q;", "line 3, column 16: division by zero"},
      {"qreg q[1]; rz(ln(-1)) q;", "line 3, column 15: the result is not a number"},
      {"qreg q[1]; rz(1e300*1e300) q;", "line 3, column 20: the result is infinite"},
      {"qreg q[1]; rz(1e999) q;", "line 3, column 15: 1e999 is out of range"},
      {"qreg q[1]; rz(theta) q;", "line 3, column 15: 'theta' is not a number, pi, a function"},
      {"qreg q[1]; rz(sin 1) q;", "line 3, column 19: expected '(', found '1'"},
      {"qreg q[1]; rz(1+) q;",
       "line 3, column 17: expected a number, pi, a function or '(', found ')'"},
      {"qreg q[1]; rz(1 2) q;", "line 3, column 17: expected ')', found '2'"},
      {"qreg q[1]; rz(12ab) q;", "line 3, column 17: unexpected 'a' in a number"},
      {"qreg q[1]; h q; %", "line 3, column 17: unexpected '%'"},
      {"qreg q[1]; h q; \x01", "line 3, column 17: unexpected byte 0x01"},
      {"include \"other.inc\";",
       "line 3, column 9: cannot include \"other.inc\", only \"qelib1.inc\""},
      {"include \"qelib1.inc\";", "line 3, column 9: \"qelib1.inc\" is included before"},
      {"include \"qelib1.inc", "line 3, column 9: the string is not closed"},
      {"OPENQASM 2.0;", "line 3, column 1: 'OPENQASM' is repeated"},
      {"opaque magic q;", "line 3, column 1: 'opaque' is not supported: it has no matrix"},
      {"qreg q[1]; creg c[1]; if(c==1) x q[0];",
       "line 3, column 23: 'if' is not supported: an operation on a classical condition"},
  }));
  CHECK(refusal(body) == message);
}

TEST_CASE("Broken gate definitions are refused with the place") {
  const auto [body, message] = GENERATE(table<std::string, std::string>({
      {"gate f a { f a; }", "line 3, column 12: gate 'f' is used in its own definition"},
      {"gate f a { g a; } gate g a { f a; }", "line 3, column 12: unknown gate 'g'"},
      {"gate f a { x a; } gate f a { y a; }", "line 3, column 24: gate 'f' is defined before"},
      {"gate f a,a { }", "line 3, column 10: 'a' is repeated"},
      {"gate f(t,t) a { }", "line 3, column 10: 't' is repeated"},
      {"gate f a { x b; }", "line 3, column 14: 'b' is not an operand of gate 'f'"},
      {"gate f a { cx a,a; }", "line 3, column 17: qubit 'a' is repeated"},
      {"gate f a { cx a; }", "line 3, column 12: gate 'cx' takes 2 qubits, got 1"},
      {"gate f a { rz(t) a; }", "line 3, column 15: 't' is not a number, pi, a function"},
      {"gate f(s) a { rz(t) a; }",
       "line 3, column 18: 't' is not a number, pi, a function or a parameter"},
      {"gate f a { measure a -> c; }", "line 3, column 12: unknown gate 'measure'"},
      {"gate f a { x a[0]; }", "line 3, column 15: expected ';', found '['"},
      {"gate f { }", "line 3, column 8: expected an operand, found '{'"},
      {"gate f a { x a;", "line 3, column 16: expected a gate, found the end of the program"},
      {"gate U a { x a; }",
       "line 3, column 6: 'U' is a word of the language, not the name of a gate"},
      {"gate f(t) a { rz(1/t) a; } qreg q[1]; f(0) q;",
       "line 3, column 39: in gate 'f': division by zero"},
  }));
  CHECK(refusal(body) == message);
}

TEST_CASE("Other versions are refused") {
  CHECK(refusal_of_text("OPENQASM 4.0;\nqubit q;") ==
        "line 1, column 10: OpenQASM 4.0 is not supported, only 2.0 and 3");
  CHECK(refusal_of_text("OPENQASM 2.1;") ==
        "line 1, column 10: OpenQASM 2.1 is not supported, only 2.0 and 3");
  CHECK(refusal_of_text("OPENQASM;") == "line 1, column 9: expected a version, found ';'");
  CHECK(refusal_of_text("OPENQASM 2.0") ==
        "line 1, column 13: expected ';', found the end of the program");
}

TEST_CASE("What is of OpenQASM 3 only is refused in OpenQASM 2") {
  CHECK(refusal("qubit[2] q;") == "line 3, column 1: unknown gate 'qubit'");
  CHECK(refusal("qreg q[2]; ctrl @ x q[0],q[1];") == "line 3, column 12: unknown gate 'ctrl'");
  CHECK(refusal("qreg q[2]; gphase(1) q[0];") == "line 3, column 12: unknown gate 'gphase'");
  CHECK(refusal("qreg q[2]; cnot q[0],q[1];") == "line 3, column 12: unknown gate 'cnot'");
  CHECK(refusal("qreg q[2]; delay q[0];") == "line 3, column 12: unknown gate 'delay'");
  CHECK(refusal("qreg q[2]; rz(tau) q[0];") ==
        "line 3, column 15: 'tau' is not a number, pi, a function");
  CHECK(refusal("qreg q[2]; rz(2**3) q[0];") == "line 3, column 16: expected ')', found '**'");
  CHECK(refusal("qreg q;") == "line 3, column 7: expected '[', found ';'");
  CHECK(refusal("qreg q[2]; x $0;") ==
        "line 3, column 14: '$0' is a hardware qubit, not a quantum register");
}

TEST_CASE("What the circuit refuses is reported at the statement") {
  CHECK(refusal("qreg q[2]; creg c[1];\nmeasure q[0] -> c[0];\nmeasure q[1] -> c[0];") ==
        "line 5, column 1: circuit: instruction 1 (measure 1): classical bit 0 was written before");
}

TEST_CASE("Programs that would explode are refused, not run") {
  std::string nested(1000, '(');
  nested.append("1").append(1000, ')');
  CHECK_THAT(refusal("qreg q[1]; rz(" + nested + ") q;"),
             ContainsSubstring("nested more than 200 deep"));
  CHECK_THAT(refusal("qreg q[1]; rz(" + std::string(1000, '-') + "1) q;"),
             ContainsSubstring("nested more than 200 deep"));
  std::string doubling = "gate g0 a { x a; }\n";
  for (int i = 1; i < 60; ++i)
    doubling += fmt::format("gate g{} a {{ g{} a; g{} a; }}\n", i, i - 1, i - 1);
  CHECK(refusal(doubling + "qreg q[1]; g59 q;") ==
        "line 63, column 12: the program expands to more than 2000000 gate calls");
  std::string deep = "gate g0 a { x a; }\n";
  for (int i = 1; i < 200; ++i) deep += fmt::format("gate g{} a {{ g{} a; }}\n", i, i - 1);
  CHECK_THAT(refusal(deep),
             ContainsSubstring("gates are defined by each other more than 100 deep"));
  std::string resets;
  for (int i = 0; i < 201; ++i) resets += "reset q;";
  CHECK_THAT(refusal("qreg q[10000];" + resets),
             ContainsSubstring("expands to more than 2000000 instructions"));
}

TEST_CASE("Files are read and named") {
  CHECK_THROWS_WITH(read_qasm_file("/absent/file.qasm"),
                    "/absent/file.qasm: cannot be read: No such file or directory");
}
