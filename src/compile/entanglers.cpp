#include "compile/entanglers.hpp"

#include <numbers>

#include <rhodrift/circuit/pair_unitary.hpp>

#include "compile/weyl.hpp"
#include "core/euler_angles.hpp"

namespace rhodrift {

namespace {

constexpr double pi = std::numbers::pi;

// What is equivalent to cx but for gates on either qubit.
Circuit core(Op entangler) {
  const Circuit pair(2);
  switch (entangler) {
    case Op::rxx:
      return Circuit(pair).append(Op::rxx, {0, 1}, {pi / 2});
    case Op::xy:
    case Op::sqrt_iswap: {  // with X X + Y Y → X X - Y Y in between: exp(iπ/8 · 2 X X)
      const std::vector<Angle> quarter(info(entangler).n_angles == 1 ? 1 : 0, Angle(pi / 2));
      return Circuit(pair)
          .append(entangler, {0, 1}, quarter)
          .append(Op::x, {0})
          .append(entangler, {0, 1}, quarter);
    }
    default:  // iswap turns X into Y Z up to a sign, and its square is Z Z
      return Circuit(pair).append(Op::iswap, {0, 1}).append(Op::sx, {0}).append(Op::iswap, {0, 1});
  }
}

void append_local(Circuit& circuit, int qubit, const arma::cx_mat22& matrix) {
  const auto [theta, phi, lambda] = EulerAngles::of(matrix);
  circuit.append(Op::u3, {qubit}, {theta, phi, lambda});
}

}  // namespace

// cx = A · interaction · B and core = C · interaction · D with local A, B, C, D, so
// cx = (A C⁻¹) · core · (D⁻¹ B).
Circuit cx_in(Op entangler) {
  const Circuit middle = core(entangler);
  const WeylDecomposition wanted = *WeylDecomposition::of(info(Op::cx).unitary({}));
  const WeylDecomposition given = *WeylDecomposition::of(pair_unitary(middle.instructions()));
  Circuit circuit(2);
  for (std::size_t q = 0; q < 2; ++q)
    append_local(circuit, static_cast<int>(q), given.before[q].t() * wanted.before[q]);
  circuit.append(middle);
  for (std::size_t q = 0; q < 2; ++q)
    append_local(circuit, static_cast<int>(q), wanted.after[q] * given.after[q].t());
  return circuit;
}

}  // namespace rhodrift
