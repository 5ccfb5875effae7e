#include <cmath>
#include <numbers>

#include <ClpSimplex.hpp>
#include <CoinPackedMatrix.hpp>
#include <CoinPackedVector.hpp>
#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/pec/representation.hpp>

#include "core/euler_angles.hpp"
#include "mitigation/local_map.hpp"

namespace rhodrift::pec {

namespace {

constexpr double pi = std::numbers::pi;

Operation operation(std::string name, Circuit circuit) {
  TransferMatrix ptm = transfer_matrix_of(circuit.instructions(), {0}, {}, Channels::in);
  return {std::move(name), std::move(circuit), std::move(ptm)};
}

Operation gate(const std::string& name, Op op, const std::vector<Angle>& angles = {}) {
  return operation(name, Circuit(1).append(op, {0}, angles));
}

Operation gate(const std::string& name, const arma::cx_mat22& unitary) {
  const auto [theta, phi, lambda] = EulerAngles::of(unitary);
  return gate(name, Op::u3, {theta, phi, lambda});
}

arma::cx_mat22 pauli_sum(double x, double y, double z) {
  return x * pauli_matrix(1, 1) + y * pauli_matrix(2, 1) + z * pauli_matrix(3, 1);
}

// A third of a turn about (1, 1, 1): X -> Y -> Z -> X.
Circuit cycle() {
  const arma::cx_mat22 matrix =
      0.5 * (pauli_matrix(0, 1) - std::complex<double>(0.0, 1.0) * pauli_sum(1, 1, 1));
  return gate("cycle", matrix).circuit;
}

Basis paulis() {
  return {gate("1", Op::id), gate("X", Op::x), gate("Y", Op::y), gate("Z", Op::z)};
}

// exp(iπ/4 P), and P + Q over √2.
Basis cliffords() {
  const double r = 1.0 / std::numbers::sqrt2;
  Basis basis = paulis();
  basis.push_back(gate("Rx", Op::sxdg));
  basis.push_back(gate("Ry", Op::ry, {-pi / 2}));
  basis.push_back(gate("Rz", Op::sdg));
  basis.push_back(gate("Ryz", pauli_sum(0, r, r)));
  basis.push_back(gate("Rzx", Op::h));
  basis.push_back(gate("Rxy", pauli_sum(r, r, 0)));
  return basis;
}

Basis channels() {
  Basis basis = cliffords();
  Circuit reset = Circuit(1).append(Op::reset, {0});
  for (const char* name : {"reset 0", "reset +", "reset +i"}) {
    basis.push_back(operation(name, reset));
    reset.append(cycle());
  }
  return basis;
}

// π_z = |0><0| and π_xy = (X + iY)/2 = |0><1|; turning x, y and z around gives the others.
Basis endo() {
  Basis basis = cliffords();
  Circuit before(1), after(1);
  Basis changing;
  for (const auto& [same, changed] :
       {std::pair{"πz", "πxy"}, std::pair{"πx", "πyz"}, std::pair{"πy", "πzx"}}) {
    basis.push_back(operation(same, Circuit(before).append(Op::postselect0, {0}).append(after)));
    changing.push_back(operation(
        changed, Circuit(before).append(Op::postselect1, {0}).append(Op::x, {0}).append(after)));
    after.append(cycle());
    before = after.inverse();
  }
  basis.insert(basis.end(), changing.begin(), changing.end());
  return basis;
}

Basis on_qubits(int n_qubits, Basis one) {
  if (n_qubits == 1) return one;
  if (n_qubits != 2)
    throw InputError("basis", "",
                     fmt::format("of {} qubits, there are those of 1 and 2", n_qubits));
  Basis two;
  for (const Operation& b : one)
    for (const Operation& a : one)
      two.push_back({a.name + " " + b.name,
                     Circuit(2).append(a.circuit, {0}).append(b.circuit, {1}),
                     arma::kron(b.ptm, a.ptm)});
  return two;
}

void require_same_dimension(const TransferMatrix& map, const Basis& basis) {
  if (basis.empty() || arma::size(basis.front().ptm) != arma::size(map))
    throw InputError(
        "representation", "",
        fmt::format("a map of {}x{} and a basis of other dimension", map.n_rows, map.n_cols));
}

/// A column an operation, its matrix as a vector.
arma::mat columns(const Basis& basis) {
  arma::mat result(basis.front().ptm.n_elem, basis.size());
  for (arma::uword i = 0; i < basis.size(); ++i) result.col(i) = arma::vectorise(basis[i].ptm);
  return result;
}

Representation with_error(arma::vec quasi, const TransferMatrix& map, const Basis& basis,
                          double allowed) {
  quasi.clean(1e-14);
  const double error = arma::abs(map_of(quasi, basis) - map).max();
  if (!(error <= allowed + representation_rounding))
    throw InputError("representation", "",
                     fmt::format("the basis of {} operations does not span the map: an entry is "
                                 "off by {:.3g}",
                                 basis.size(), error));
  return {std::move(quasi), error};
}

/// Minimises Σ (u + v) over u, v >= 0 with low <= A (u - v) <= high; gives u - v. Infeasible:
/// empty.
arma::vec smallest_one_norm(const arma::mat& a, const arma::vec& low, const arma::vec& high) {
  const int n = static_cast<int>(a.n_cols);
  const arma::mat both = arma::join_rows(a, -a);
  CoinPackedMatrix matrix;
  matrix.setDimensions(static_cast<int>(a.n_rows), 0);
  for (arma::uword j = 0; j < both.n_cols; ++j) {
    CoinPackedVector column;
    for (arma::uword i = 0; i < both.n_rows; ++i)
      if (std::abs(both(i, j)) > 1e-14) column.insert(static_cast<int>(i), both(i, j));
    matrix.appendCol(column);
  }
  const arma::vec cost(both.n_cols, arma::fill::ones);
  ClpSimplex solver;
  solver.setLogLevel(0);
  solver.setPrimalTolerance(1e-10);
  solver.setDualTolerance(1e-10);
  solver.loadProblem(matrix, nullptr, nullptr, cost.memptr(), low.memptr(), high.memptr());
  solver.dual();
  if (solver.isProvenPrimalInfeasible()) return {};
  if (!solver.isProvenOptimal())
    throw RunError(
        fmt::format("representation: the linear program ended with status {}", solver.status()));
  const arma::vec solution(solver.getColSolution(), both.n_cols);
  return solution.head(static_cast<arma::uword>(n)) - solution.tail(static_cast<arma::uword>(n));
}

}  // namespace

Basis pauli_basis(int n_qubits) {
  return on_qubits(n_qubits, paulis());
}

Basis channel_basis(int n_qubits) {
  return on_qubits(n_qubits, channels());
}

Basis endo_basis(int n_qubits) {
  return on_qubits(n_qubits, endo());
}

Basis with_noise(const Basis& basis, const std::function<Circuit(const Circuit&)>& apply) {
  Basis noisy;
  for (const Operation& operation : basis) {
    const std::vector<int> qubits =
        operation.circuit.n_qubits() == 1 ? std::vector{0} : std::vector{0, 1};
    noisy.push_back(
        {operation.name, operation.circuit,
         transfer_matrix_of(apply(operation.circuit).instructions(), qubits, {}, Channels::in)});
  }
  return noisy;
}

Representation expand(const TransferMatrix& map, const Basis& basis) {
  require_same_dimension(map, basis);
  return with_error(arma::pinv(columns(basis)) * arma::vectorise(map), map, basis, 0.0);
}

Representation optimal(const TransferMatrix& map, const Basis& basis, double tolerance) {
  require_same_dimension(map, basis);
  if (!(tolerance >= 0.0) || !std::isfinite(tolerance))
    throw InputError("representation", "tolerance",
                     fmt::format("{} is not finite and >= 0", tolerance));
  arma::mat slack(arma::size(map));
  slack.fill(tolerance);
  slack.row(0).zeros();
  const arma::vec target = arma::vectorise(map), allowed = arma::vectorise(slack);
  const arma::vec quasi = smallest_one_norm(columns(basis), target - allowed, target + allowed);
  // What `expand` throws says by how much the map is missed.
  return quasi.is_empty() ? expand(map, basis) : with_error(quasi, map, basis, tolerance);
}

TransferMatrix inverse_of(const TransferMatrix& channel) {
  constexpr double max_condition_number = 1e6;
  const double condition = arma::cond(channel);
  if (!(condition <= max_condition_number))
    throw InputError("channel", "",
                     fmt::format("has condition number {:.3g}, the limit for an inverse is {:.3g}",
                                 condition, max_condition_number));
  return arma::inv(channel);
}

TransferMatrix map_of(const arma::vec& quasi, const Basis& basis) {
  TransferMatrix sum(arma::size(basis.front().ptm), arma::fill::zeros);
  for (arma::uword i = 0; i < quasi.n_elem; ++i) sum += quasi(i) * basis[i].ptm;
  return sum;
}

}  // namespace rhodrift::pec
