#include <cctype>
#include <map>
#include <set>

#include <rhodrift/circuit/operation.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/core/transfer_matrix.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

double largest(const arma::cx_mat& m) {
  return arma::abs(m).max();
}

// |tr(A† B)| = d exactly when unitary A and B differ by a phase only.
double phase_free_distance(const arma::cx_mat& a, const arma::cx_mat& b) {
  const arma::cx_double inner = arma::trace(a.t() * b);
  return largest(a * (inner / std::abs(inner)) - b);
}

std::vector<double> values(const std::vector<Angle>& angles) {
  std::vector<double> result;
  for (const Angle& angle : angles) result.push_back(angle.value({}));
  return result;
}

}  // namespace

TEST_CASE("The table has one row an operation, in the order of Op, with unique names") {
  std::set<std::string_view> names;
  const auto table = operation_table();
  CHECK(table.size() == static_cast<std::size_t>(Op::channel) + 1);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const OperationInfo& row = table[i];
    CAPTURE(row.name);
    CHECK(static_cast<std::size_t>(row.op) == i);
    CHECK(&info(row.op) == &row);
    CHECK(names.insert(row.name).second);
    CHECK(find_operation(row.name) == row.op);
    CHECK((row.derivative != nullptr) == (row.n_angles > 0));
    CHECK(row.inverse_angles != nullptr);
    if (row.unitary) CHECK(row.inverse.has_value());
    CHECK_FALSE((row.unitary && row.kraus));
    for (const char c : row.name) CHECK((std::islower(c) || std::isdigit(c) || c == '_'));
  }
}

TEST_CASE("Aliases of OpenQASM 2 are found, and nothing else") {
  CHECK(find_operation("u1") == Op::p);
  CHECK(find_operation("cu1") == Op::cp);
  CHECK(find_operation("u") == Op::u3);
  CHECK(find_operation("U") == Op::u3);
  CHECK(find_operation("CX") == Op::cx);
  CHECK(find_operation("cphase") == Op::cp);
  CHECK_FALSE(find_operation("cX"));
  CHECK_FALSE(find_operation("ccx"));
  CHECK_FALSE(find_operation(""));
  CHECK_FALSE(find_operation("x "));
}

TEST_CASE("Every unitary is unitary and is what qelib1.inc defines") {
  RandomStream random(701);
  for (const OperationInfo& row : operation_table()) {
    if (!row.unitary) continue;
    CAPTURE(row.name);
    for (int trial = 0; trial < (row.n_angles > 0 ? 8 : 1); ++trial) {
      const std::vector<double> angles = oracle::random_angles(row.n_angles, random);
      const arma::cx_mat u = row.unitary(angles);
      REQUIRE(u.n_rows == arma::uword{1} << row.n_qubits);
      CHECK(largest(u * u.t() - arma::eye<arma::cx_mat>(arma::size(u))) <= 1e-14);
      CHECK(phase_free_distance(oracle::gate_matrix(row.op, angles), u) <= 1e-14);
    }
  }
}

TEST_CASE("Kraus operators are those of reset, of a measurement and of its two halves") {
  const arma::cx_mat zero = oracle::complex({{1.0, 0.0}, {0.0, 0.0}}),
                     one = oracle::complex({{0.0, 0.0}, {0.0, 1.0}}),
                     lowering = oracle::complex({{0.0, 1.0}, {0.0, 0.0}});
  const std::map<Op, oracle::Kraus> expected{{Op::reset, {zero, lowering}},
                                             {Op::measure, {zero, one}},
                                             {Op::postselect0, {zero}},
                                             {Op::postselect1, {one}}};
  for (const OperationInfo& row : operation_table()) {
    CAPTURE(row.name);
    REQUIRE((row.kraus != nullptr) == expected.contains(row.op));
    if (row.kraus == nullptr) continue;
    const oracle::Kraus kraus = row.kraus();
    REQUIRE(kraus.size() == expected.at(row.op).size());
    for (std::size_t m = 0; m < kraus.size(); ++m)
      CHECK(largest(kraus[m] - expected.at(row.op)[m]) == 0.0);
  }
}

TEST_CASE("Gates whose phase matters when they are controlled have the textbook matrix") {
  const arma::cx_double i(0.0, 1.0);
  const double t = 0.83, phi = -0.4, lambda = 2.1;
  const auto u = [](Op op, std::vector<double> a = {}) { return info(op).unitary(a); };
  const arma::cx_mat rx{{std::cos(t / 2), -i * std::sin(t / 2)},
                        {-i * std::sin(t / 2), std::cos(t / 2)}};
  const arma::mat ry{{std::cos(t / 2), -std::sin(t / 2)}, {std::sin(t / 2), std::cos(t / 2)}};
  CHECK(largest(u(Op::rx, {t}) - rx) <= 1e-15);
  CHECK(largest(u(Op::ry, {t}) - oracle::complex(ry)) <= 1e-15);
  CHECK(largest(u(Op::rz, {t}) - arma::cx_mat(arma::diagmat(arma::cx_vec{
                                     std::exp(-i * t / 2.0), std::exp(i * t / 2.0)}))) <= 1e-15);
  CHECK(largest(u(Op::p, {t}) - arma::cx_mat(arma::diagmat(arma::cx_vec{1.0, std::exp(i * t)}))) <=
        1e-15);
  const arma::cx_mat u3{
      {std::cos(t / 2), -std::exp(i * lambda) * std::sin(t / 2)},
      {std::exp(i * phi) * std::sin(t / 2), std::exp(i * (phi + lambda)) * std::cos(t / 2)}};
  CHECK(largest(u(Op::u3, {t, phi, lambda}) - u3) <= 1e-15);
  CHECK(largest(u(Op::u2, {phi, lambda}) - u(Op::u3, {arma::datum::pi / 2, phi, lambda})) <= 1e-15);
  CHECK(largest(u(Op::sx) * u(Op::sx) - u(Op::x)) <= 1e-15);
  CHECK(largest(u(Op::s) * u(Op::s) - u(Op::z)) <= 1e-15);
  CHECK(largest(u(Op::t) * u(Op::t) - u(Op::s)) <= 1e-15);
  CHECK(largest(u(Op::h) * u(Op::x) * u(Op::h) - u(Op::z)) <= 1e-15);
  // ECR = (IX - XY)/sqrt(2), the control written last.
  const arma::cx_mat ecr = (oracle::pauli(1, 2) - oracle::pauli(2 + 4 * 1, 2)) / std::sqrt(2.0);
  CHECK(largest(u(Op::ecr) - ecr) <= 1e-15);
  // iSWAP = exp(i π/2 G) with G = (XX + YY)/2, G³ = G, so it is 1 - G² + i G.
  const arma::cx_mat g = 0.5 * (oracle::pauli(5, 2) + oracle::pauli(10, 2));
  CHECK(largest(u(Op::iswap) - (arma::eye<arma::cx_mat>(4, 4) - g * g + i * g)) <= 1e-15);
  CHECK(largest(u(Op::xy, {t}) - arma::expmat(arma::cx_mat(i * (t / 2) * g))) <= 1e-14);
  CHECK(largest(u(Op::sqrt_iswap) * u(Op::sqrt_iswap) - u(Op::iswap)) <= 1e-15);
  for (const auto& [op, index] :
       {std::pair(Op::rxx, 5u), std::pair(Op::ryy, 10u), std::pair(Op::rzz, 15u)})
    CHECK(largest(u(op, {t}) -
                  arma::expmat(arma::cx_mat(-i * (t / 2) * oracle::pauli(index, 2)))) <= 1e-14);
}

TEST_CASE("Controlled gates act on the target when operand 0 is 1, and only then") {
  RandomStream random(702);
  for (const auto& [controlled, target] : {std::pair(Op::cx, Op::x),
                                           {Op::cy, Op::y},
                                           {Op::cz, Op::z},
                                           {Op::ch, Op::h},
                                           {Op::crx, Op::rx},
                                           {Op::cry, Op::ry},
                                           {Op::crz, Op::rz},
                                           {Op::cp, Op::p}}) {
    CAPTURE(info(controlled).name);
    const std::vector<double> angles = oracle::random_angles(info(target).n_angles, random);
    const arma::mat zero{{1.0, 0.0}, {0.0, 0.0}}, one{{0.0, 0.0}, {0.0, 1.0}};
    const arma::cx_mat expected = oracle::complex(arma::kron(arma::eye(2, 2), zero)) +
                                  arma::kron(info(target).unitary(angles), oracle::complex(one));
    CHECK(largest(info(controlled).unitary(angles) - expected) <= 1e-15);
  }
}

TEST_CASE("The inverse of every gate undoes it") {
  RandomStream random(703);
  for (const OperationInfo& row : operation_table()) {
    if (!row.unitary) continue;
    CAPTURE(row.name);
    for (int trial = 0; trial < 5; ++trial) {
      const std::vector<double> angles = oracle::random_angles(row.n_angles, random);
      const std::vector<double> undo = values(row.inverse_angles({angles.begin(), angles.end()}));
      REQUIRE(undo.size() == static_cast<std::size_t>(info(*row.inverse).n_angles));
      const arma::cx_mat product = info(*row.inverse).unitary(undo) * row.unitary(angles);
      CHECK(phase_free_distance(arma::eye<arma::cx_mat>(arma::size(product)), product) <= 1e-14);
    }
  }
}

TEST_CASE("Inverse angles keep the parameters") {
  const std::vector<Angle> angles{Angle::weight(0), Angle::feature(1) + 0.5, Angle::weight(2, 3.0)};
  const std::vector<Angle> undo = info(Op::u3).inverse_angles(angles);
  CHECK(undo == std::vector<Angle>{-angles[0], -angles[2], -angles[1]});
}

TEST_CASE("Every derivative agrees with central differences, as unitary and as transfer matrix") {
  RandomStream random(704);
  for (const OperationInfo& row : operation_table()) {
    if (row.n_angles == 0) continue;
    for (int trial = 0; trial < 4; ++trial)
      for (int k = 0; k < row.n_angles; ++k) {
        CAPTURE(row.name, k);
        const std::vector<double> angles = oracle::random_angles(row.n_angles, random);
        const auto at = [&](double step) {
          std::vector<double> moved = angles;
          moved[static_cast<std::size_t>(k)] += step;
          return row.unitary(moved);
        };
        // Error O(h⁶): 64, -20, 1 over 45 cancels h² and h⁴.
        const auto extrapolate = [](const auto& slope) {
          return ((64 * slope(0.005) - 20 * slope(0.01) + slope(0.02)) / 45).eval();
        };
        const arma::cx_mat derivative = row.derivative(angles, k);
        const auto slope = [&](double h) -> arma::cx_mat { return (at(h) - at(-h)) / (2 * h); };
        CHECK(largest(derivative - extrapolate(slope)) <= 1e-12);
        const auto transfer_slope = [&](double h) -> arma::mat {
          return (unitary_transfer_matrix(at(h)) - unitary_transfer_matrix(at(-h))) / (2 * h);
        };
        const arma::mat found = unitary_transfer_derivative(row.unitary(angles), derivative);
        CHECK(arma::abs(found - extrapolate(transfer_slope)).max() <= 1e-12);
      }
  }
}
