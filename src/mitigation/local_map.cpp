#include "mitigation/local_map.hpp"

#include <algorithm>

namespace rhodrift {

namespace {

// The map on the digits at `places` of k, the identity on the others.
TransferMatrix embedded(const TransferMatrix& local, const std::vector<std::size_t>& places,
                        std::size_t k) {
  std::size_t rest_mask = (std::size_t{1} << (2 * k)) - 1;
  for (const std::size_t place : places) rest_mask &= ~(std::size_t{3} << (2 * place));
  const auto digits = [&](std::size_t index) {
    std::size_t result = 0;
    for (std::size_t i = 0; i < places.size(); ++i)
      result |= (index >> (2 * places[i]) & 3) << (2 * i);
    return result;
  };
  const std::size_t dimension = std::size_t{1} << (2 * k);
  TransferMatrix matrix(dimension, dimension, arma::fill::zeros);
  for (std::size_t j = 0; j < dimension; ++j)
    for (std::size_t i = 0; i < dimension; ++i)
      if ((i & rest_mask) == (j & rest_mask)) matrix(i, j) = local(digits(i), digits(j));
  return matrix;
}

TransferMatrix matrix_of(const Instruction& instruction, const Binding& binding) {
  if (instruction.op == Op::channel) return instruction.channel->ptm;
  const OperationInfo& row = info(instruction.op);
  if (row.kraus) return kraus_transfer_matrix(row.kraus());
  std::vector<double> angles;
  for (const Angle& angle : instruction.angles) angles.push_back(angle.value(binding));
  return unitary_transfer_matrix(row.unitary(angles));
}

}  // namespace

TransferMatrix kraus_transfer_matrix(const std::vector<arma::cx_mat>& kraus) {
  const arma::uword d = kraus.front().n_rows;
  int n_qubits = 0;
  while ((arma::uword{1} << n_qubits) < d) ++n_qubits;
  TransferMatrix matrix(d * d, d * d, arma::fill::zeros);
  for (const arma::cx_mat& k : kraus)
    for (arma::uword j = 0; j < d * d; ++j) {
      const arma::cx_mat image = k * pauli_matrix(j, n_qubits) * k.t();
      for (arma::uword i = 0; i < d * d; ++i)
        matrix(i, j) +=
            arma::trace(pauli_matrix(i, n_qubits) * image).real() / static_cast<double>(d);
    }
  return matrix;
}

TransferMatrix transfer_matrix_of(std::span<const Instruction> instructions,
                                  const std::vector<int>& qubits, const Binding& binding,
                                  Channels channels) {
  const arma::uword dimension = arma::uword{1} << (2 * qubits.size());
  TransferMatrix whole(dimension, dimension, arma::fill::eye);
  for (const Instruction& instruction : instructions) {
    const Op op = instruction.op;
    if (op == Op::barrier || op == Op::delay) continue;
    if (op == Op::channel && channels == Channels::left_out) continue;
    std::vector<std::size_t> places;
    for (const int q : instruction.qubits)
      places.push_back(static_cast<std::size_t>(std::ranges::find(qubits, q) - qubits.begin()));
    whole = embedded(matrix_of(instruction, binding), places, qubits.size()) * whole;
  }
  return whole;
}

}  // namespace rhodrift
