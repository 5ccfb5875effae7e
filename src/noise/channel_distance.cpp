#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/channel_distance.hpp>

namespace rhodrift {

namespace {

void require_same_size(const Channel& a, const Channel& b) {
  if (a.n_qubits() != b.n_qubits())
    throw InputError("channels", "distance",
                     fmt::format("{} and {} qubits differ", a.n_qubits(), b.n_qubits()));
}

double dimension(const Channel& channel) {
  return std::ldexp(1.0, channel.n_qubits());
}

// A channel that keeps all lengths of Pauli vectors.
bool is_unitary(const Channel& channel) {
  const TransferMatrix& r = channel.ptm();
  return arma::approx_equal(r.t() * r, arma::eye(arma::size(r)), "absdiff", 1e-9);
}

// f of the eigenvalues of a Hermitian matrix.
template <typename Function>
arma::cx_mat of_hermitian(const arma::cx_mat& matrix, Function f) {
  arma::vec values;
  arma::cx_mat vectors;
  arma::eig_sym(values, vectors, arma::cx_mat(0.5 * (matrix + matrix.t())));
  values.transform(f);
  return vectors * arma::diagmat(values) * vectors.t();
}

arma::cx_mat root_of_choi_state(const Channel& channel) {
  return of_hermitian(channel.choi() / dimension(channel),
                      [](double weight) { return std::sqrt(std::max(0.0, weight)); });
}

// Over the output, the less significant factor of the Choi matrix.
arma::cx_mat trace_output(const arma::cx_mat& choi, arma::uword d) {
  arma::cx_mat reference(d, d);
  for (arma::uword i = 0; i < d; ++i)
    for (arma::uword j = 0; j < d; ++j)
      reference(i, j) = arma::trace(choi.submat(i * d, j * d, arma::size(d, d)));
  return reference;
}

}  // namespace

double process_fidelity(const Channel& a, const Channel& b) {
  require_same_size(a, b);
  if (is_unitary(a) || is_unitary(b))
    return arma::dot(a.ptm(), b.ptm()) / static_cast<double>(a.ptm().n_rows);
  const double root =
      arma::accu(arma::svd(arma::cx_mat(root_of_choi_state(a) * root_of_choi_state(b))));
  return std::min(1.0, root * root);
}

double average_fidelity(const Channel& a, const Channel& b) {
  require_same_size(a, b);
  if (!is_unitary(a) && !is_unitary(b))
    throw InputError("channels", "average fidelity", "neither of the two is unitary");
  const double d = dimension(a);
  return (d * process_fidelity(a, b) + 1.0) / (d + 1.0);
}

DiamondDistanceBounds diamond_distance_bounds(const Channel& a, const Channel& b) {
  require_same_size(a, b);
  // Both channels keep the trace, so ½ ‖J‖₁ = tr J₊.
  const arma::cx_mat positive =
      of_hermitian(a.choi() - b.choi(), [](double value) { return std::max(0.0, value); });
  const auto d = static_cast<arma::uword>(dimension(a));
  const arma::cx_mat reference = trace_output(positive, d);
  const double lower = arma::trace(reference).real() / static_cast<double>(d);
  const double upper = arma::eig_sym(arma::cx_mat(0.5 * (reference + reference.t()))).max();
  return {lower, std::clamp(upper, lower, 1.0)};
}

}  // namespace rhodrift
