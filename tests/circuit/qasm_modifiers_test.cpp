#include <algorithm>
#include <cmath>
#include <numbers>

#include <rhodrift/core/random.hpp>

#include "circuit/qasm_support.hpp"

using namespace rhodrift;
using namespace rhodrift::test;
using arma::cx_mat;
using std::numbers::pi;

// What ctrl, negctrl, inv and pow come to, against dense matrices.

namespace {

std::string operands(int n) {
  std::string text;
  for (int q = 0; q < n; ++q) text += fmt::format("{}q[{}]", q > 0 ? ", " : "", q);
  return text;
}

/// `call` without operands, on n qubits in order.
Circuit circuit_of(const std::string& call, int n, const std::string& definitions = "") {
  return parse_qasm(
      fmt::format("{}qubit[{}] q; {} {};", definitions, std::max(n, 1), call, operands(n)), "test");
}

/// "rz(0.1)", with other angles for every trial.
struct Call {
  std::string text;
  std::vector<double> angles;
};

Call random_call(const OperationInfo& row, RandomStream& random) {
  Call call{std::string(row.name), oracle::random_angles(row.n_angles, random)};
  if (row.n_angles > 0) call.text += fmt::format("({})", fmt::join(call.angles, ","));
  return call;
}

/// The matrix that the language gives the gate, phase included: that of the table, but that
/// stdgates.inc has u2 and u3 in SU(2).
cx_mat exact_unitary(const OperationInfo& row, const std::vector<double>& a) {
  const cx_mat unitary = row.unitary(a);
  if (row.op != Op::u2 && row.op != Op::u3) return unitary;
  const double sum = a[a.size() - 1] + a[a.size() - 2];
  return std::polar(1.0, -sum / 2) * unitary;
}

/// exp(a log U) with the principal logarithm, one power after the other. All of them on U's own
/// eigenvalues: roots of a rounded U² whose eigenvalues are next to -1 would be off by more.
cx_mat principal_power(const cx_mat& unitary, std::initializer_list<double> powers) {
  cx_mat vectors, triangle;  // diagonal, as the matrix is normal; vectors are orthogonal
  arma::schur(vectors, triangle, unitary);
  arma::cx_vec eigenvalues = triangle.diag();
  for (auto& value : eigenvalues)
    for (const double power : powers) {
      double phase = std::arg(value);
      if (phase < -pi + 1e-9) phase += 2 * pi;
      value = std::polar(1.0, power * phase);
    }
  return vectors * arma::diagmat(eigenvalues) * vectors.t();
}

cx_mat on_all_zeros(int n_controls, const cx_mat& target) {
  const arma::uword n_cases = arma::uword{1} << n_controls;
  cx_mat result(n_cases * target.n_rows, n_cases * target.n_rows, arma::fill::eye);
  arma::uvec zeros(target.n_rows);
  for (arma::uword i = 0; i < target.n_rows; ++i) zeros(i) = i * n_cases;
  result(zeros, zeros) = target;
  return result;
}

bool is_gate(const OperationInfo& row) {
  return row.unitary != nullptr && row.op != Op::delay;
}

}  // namespace

TEST_CASE("Every gate of the table has its exact matrix under controls") {
  RandomStream random(31);
  for (const OperationInfo& row : operation_table()) {
    if (!is_gate(row)) continue;
    CAPTURE(row.name);
    const Call call = random_call(row, random);
    const cx_mat unitary = exact_unitary(row, call.angles);
    for (int n_controls = 1; n_controls <= 3; ++n_controls) {
      const int n = n_controls + row.n_qubits;
      const auto matrix = [&](const std::string& modifiers) {
        return oracle::unitary_of(circuit_of(modifiers + call.text, n));
      };
      CHECK(distance(matrix(fmt::format("ctrl({}) @ ", n_controls)),
                     controlled(n_controls, unitary)) < 2e-14);
      CHECK(distance(matrix(fmt::format("negctrl({}) @ ", n_controls)),
                     on_all_zeros(n_controls, unitary)) < 2e-14);
      CHECK(distance(matrix(fmt::format("ctrl({}) @ inv @ ", n_controls)),
                     controlled(n_controls, unitary.t())) < 2e-14);
    }
  }
}

TEST_CASE("Under one control gates become the controlled gates of the table") {
  const auto ops = [](const std::string& call, int n) { return listing(circuit_of(call, n)); };
  CHECK(ops("ctrl @ x", 2) == "cx 0,1");
  CHECK(ops("ctrl @ y", 2) == "cy 0,1");
  CHECK(ops("ctrl @ z", 2) == "cz 0,1");
  CHECK(ops("ctrl @ h", 2) == "ch 0,1");
  CHECK(ops("ctrl @ rx(1)", 2) == "crx 0,1");
  CHECK(ops("ctrl @ ry(1)", 2) == "cry 0,1");
  CHECK(ops("ctrl @ rz(1)", 2) == "crz 0,1");
  CHECK(ops("ctrl @ p(1)", 2) == "cp 0,1");
  CHECK(ops("ctrl @ s", 2) == "cp 0,1");
  CHECK(ops("ctrl @ sx", 2) == "h 1; cp 0,1; h 1");
  CHECK(ops("ctrl @ gphase(1)", 1) == "p 0");
  CHECK(ops("ctrl(2) @ gphase(1)", 2) == "cp 0,1");
  CHECK(ops("gphase(1)", 0) == "");
  CHECK(ops("ctrl @ id", 2) == "");
  CHECK(ops("negctrl @ x", 2) == "x 0; cx 0,1; x 0");
  CHECK(ops("ctrl @ U(1,2,3)", 2) == "p 1; cx 0,1; u3 1; cx 0,1; u3 1; p 0");
}

TEST_CASE("What a body begins with and undoes at its end is not controlled") {
  CHECK(listing(circuit_of("ctrl @ rzz(1)", 3)) == "cx 1,2; crz 0,2; cx 1,2");
  CHECK(listing(circuit_of("ctrl @ rxx(1)", 3)) == "h 1; h 2; cx 1,2; crz 0,2; cx 1,2; h 2; h 1");
  CHECK(listing(circuit_of("ctrl @ ecr", 3)) ==
        "h 2; cx 1,2; rz 2; cx 1,2; h 2; cx 0,1; h 2; cx 1,2; rz 2; cx 1,2; h 2");
  CHECK(listing(circuit_of("ctrl @ mine", 3,
                           "gate mine a, b { s a; cy a, b; x b; cy a, b; sdg a; } ")) ==
        "s 1; cy 1,2; cx 0,2; cy 1,2; sdg 1");
  CHECK(listing(circuit_of("pow(3) @ swap", 2)) == "swap 0,1; swap 0,1; swap 0,1");
}

TEST_CASE("A gate of the program is controlled as it is defined, phase included") {
  // h up to a phase, and so it is read; but under control the phase is a rotation of the control.
  const std::string definitions =
      "gate h q { gphase(0.4); U(pi/2, 0, pi) q; } gate twice q { h q; x q; h q; } ";
  CHECK(listing(circuit_of("h", 1, definitions)) == "h 0");
  const cx_mat h = std::polar(1.0, 0.4) * info(Op::h).unitary({});
  CHECK(distance(oracle::unitary_of(circuit_of("ctrl @ h", 2, definitions)), controlled(1, h)) <
        1e-15);
  const cx_mat twice = h * info(Op::x).unitary({}) * h;
  CHECK(distance(oracle::unitary_of(circuit_of("ctrl @ twice", 2, definitions)),
                 controlled(1, twice)) < 1e-14);
  // u3 of stdgates.inc and U undo each other only up to a phase.
  const std::string mixed = "gate mixed q { u3(1,2,3) q; x q; U(-1,-3,-2) q; } ";
  const cx_mat u = info(Op::u3).unitary(std::vector{1.0, 2.0, 3.0});
  const cx_mat expected = u.t() * info(Op::x).unitary({}) * u * std::polar(1.0, -2.5);
  CHECK(distance(oracle::unitary_of(circuit_of("ctrl @ mixed", 2, mixed)),
                 controlled(1, expected)) < 1e-14);
}

TEST_CASE("Modifiers nest, and the first operands are the controls of the first") {
  const cx_mat x = info(Op::x).unitary({});
  // Control 0 acts on 1, control 1 on 0.
  cx_mat expected(8, 8, arma::fill::eye);
  const arma::uvec where{0b001, 0b101};
  expected(where, where) = x;
  CHECK(distance(oracle::unitary_of(circuit_of("ctrl @ negctrl @ x", 3)), expected) < 1e-14);
  CHECK(distance(oracle::unitary_of(circuit_of("ctrl @ inv @ negctrl @ pow(3) @ x", 3)), expected) <
        1e-14);
  const std::string definitions = "gate inner a, b { negctrl @ x b, a; } ";
  cx_mat nested(8, 8, arma::fill::eye);
  const arma::uvec inner{0b001, 0b011};  // q0 = 1, q2 = 0: x on q1
  nested(inner, inner) = x;
  CHECK(distance(oracle::unitary_of(circuit_of("ctrl @ inner", 3, definitions)), nested) < 1e-14);
}

TEST_CASE("The inverse of a body undoes it") {
  const std::string definitions =
      "gate g(a, b) p, q, r { u2(a, b) p; ecr p, q; ctrl @ U(a, 1, b) q, r; iswap r, p; "
      "barrier p, q; gphase(a); pow(2) @ t q; } ";
  const cx_mat u = oracle::unitary_of(circuit_of("g(0.3, 1.1)", 3, definitions));
  CHECK(distance_up_to_phase(oracle::unitary_of(circuit_of("inv @ g(0.3, 1.1)", 3, definitions)),
                             u.t()) < 1e-14);
  const cx_mat controlled_u = oracle::unitary_of(circuit_of("ctrl @ g(0.3, 1.1)", 4, definitions));
  const cx_mat controlled_inverse =
      oracle::unitary_of(circuit_of("ctrl @ inv @ g(0.3, 1.1)", 4, definitions));
  CHECK(distance(controlled_inverse, controlled_u.t()) < 1e-14);
  CHECK(distance_up_to_phase(
            oracle::unitary_of(circuit_of("pow(-2) @ g(0.3, 1.1)", 3, definitions)), (u * u).t()) <
        1e-13);
}

TEST_CASE("Whole powers are repetitions, of rotations multiples of the angle") {
  RandomStream random(32);
  for (const OperationInfo& row : operation_table()) {
    if (!is_gate(row)) continue;
    CAPTURE(row.name);
    const Call call = random_call(row, random);
    const cx_mat u = exact_unitary(row, call.angles);
    const auto matrix = [&](int exponent) {
      return oracle::unitary_of(
          circuit_of(fmt::format("ctrl @ pow({}) @ {}", exponent, call.text), 1 + row.n_qubits));
    };
    CHECK(distance(matrix(0), controlled(1, u * u.t())) < 1e-14);
    CHECK(distance(matrix(3), controlled(1, u * u * u)) < 1e-13);
    CHECK(distance(matrix(-2), controlled(1, (u * u).t())) < 1e-13);
    if (row.n_angles == 1)
      CHECK(circuit_of("pow(3) @ " + call.text, row.n_qubits).instructions().size() == 1);
  }
}

TEST_CASE("Other powers are the principal ones") {
  RandomStream random(33);
  for (const OperationInfo& row : operation_table()) {
    if (!is_gate(row)) continue;
    for (int trial = 0; trial < (row.n_angles > 0 ? 4 : 1); ++trial) {
      const Call call = random_call(row, random);
      CAPTURE(call.text);
      const cx_mat u = exact_unitary(row, call.angles);
      const double exponent = trial == 0 ? 0.5 : 3 * random.normal();
      const auto matrix = [&](const std::string& modifiers) {
        return oracle::unitary_of(
            circuit_of(fmt::format("ctrl @ {}{}", modifiers, call.text), 1 + row.n_qubits));
      };
      CHECK(distance(matrix(fmt::format("pow({}) @ ", exponent)),
                     controlled(1, principal_power(u, {exponent}))) < 1e-12);
      CHECK(distance(matrix("pow(0.5) @ inv @ "), controlled(1, principal_power(u.t(), {0.5}))) <
            1e-12);
      CHECK(distance(matrix("pow(0.5) @ pow(2) @ "), controlled(1, principal_power(u, {2, 0.5}))) <
            1e-12);
    }
  }
  CHECK(listing(circuit_of("pow(0.5) @ z", 1)) == "rz 0");
  CHECK(listing(circuit_of("pow(1/3) @ cx", 2)) == "crx 0,1; p 0");
  CHECK(listing(circuit_of("ctrl @ pow(0.5) @ gphase(1)", 1)) == "p 0");
}

TEST_CASE("Standard gates made with modifiers cost what the best known circuits do") {
  const auto n_cx = [](const std::string& call, int n) {
    const Circuit circuit = circuit_of(call, n);
    return std::ranges::count(circuit.instructions(), Op::cx, &Instruction::op);
  };
  CHECK(n_cx("ccx", 3) == 6);
  CHECK(n_cx("cswap", 3) == 8);
  CHECK(n_cx("c3x", 4) == 14);
  CHECK(n_cx("c4x", 5) == 30);
}
