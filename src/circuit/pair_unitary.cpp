#include <rhodrift/circuit/pair_unitary.hpp>

namespace rhodrift {

arma::cx_mat pair_unitary(const Instruction& gate, int low) {
  std::vector<double> angles_rad;
  for (const Angle& angle : gate.angles) angles_rad.push_back(angle.offset_rad());
  const arma::cx_mat matrix = info(gate.op).unitary(angles_rad);
  const bool is_low_first = gate.qubits.front() == low;
  if (gate.qubits.size() == 1) {
    const arma::cx_mat one(2, 2, arma::fill::eye);
    return is_low_first ? arma::kron(one, matrix) : arma::kron(matrix, one);
  }
  const arma::uvec exchanged{0, 2, 1, 3};
  return is_low_first ? matrix : arma::cx_mat(matrix(exchanged, exchanged));
}

arma::cx_mat pair_unitary(std::span<const Instruction> instructions) {
  arma::cx_mat product(4, 4, arma::fill::eye);
  for (const Instruction& instruction : instructions)
    if (instruction.op != Op::barrier) product = pair_unitary(instruction, 0) * product;
  return product;
}

}  // namespace rhodrift
