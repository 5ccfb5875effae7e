#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/channel.hpp>

namespace rhodrift {

namespace {

// k with base^k == size, or an error. `what` names the matrix.
int exponent_of(arma::uword size, arma::uword base, const char* what) {
  int k = 0;
  arma::uword power = 1;
  while (power < size) power *= base, ++k;
  if (power != size || k == 0)
    throw InputError(what, "", fmt::format("dimension {} is not a power of {}", size, base));
  return k;
}

void require_square_finite(const arma::cx_mat& matrix, const char* what) {
  if (!matrix.is_square())
    throw InputError(what, "", fmt::format("{}x{} is not square", matrix.n_rows, matrix.n_cols));
  if (!matrix.is_finite()) throw InputError(what, "", "holds a value that is not finite");
}

void require_in_range(const char* what, double value, double low, double high) {
  if (!(value >= low && value <= high))
    throw InputError(what, "", fmt::format("{} is outside [{}, {}]", value, low, high));
}

// Columns: vec of the Paulis over √d, an orthonormal basis of operators; S = B R B†.
arma::cx_mat pauli_basis(int n_qubits) {
  const arma::uword d = arma::uword{1} << n_qubits;
  arma::cx_mat basis(d * d, d * d);
  for (arma::uword j = 0; j < d * d; ++j)
    basis.col(j) = arma::vectorise(pauli_matrix(j, n_qubits)) / std::sqrt(static_cast<double>(d));
  return basis;
}

// P Q P = ±Q, minus when they anticommute: by digits a of P and b of Q, where a ≠ b, both ≠ 0.
bool anticommute(std::size_t p, std::size_t q, int n_qubits) {
  bool odd = false;
  for (int k = 0; k < n_qubits; ++k) {
    const std::size_t a = (p >> (2 * k)) & 3, b = (q >> (2 * k)) & 3;
    odd ^= a != 0 && b != 0 && a != b;
  }
  return odd;
}

// Σ_p ±weight(p) for every q, minus where p and q anticommute.
arma::vec signed_sums(const arma::vec& weight, int n_qubits) {
  arma::vec sums(weight.n_elem, arma::fill::zeros);
  for (arma::uword q = 0; q < weight.n_elem; ++q)
    for (arma::uword p = 0; p < weight.n_elem; ++p)
      sums(q) += anticommute(p, q, n_qubits) ? -weight(p) : weight(p);
  return sums;
}

// Swaps the two inner indices of a d² x d² matrix seen as a d x d x d x d tensor. Choi and
// superoperator are each other's reshuffle: S(ab, ij) = C(ia, jb) in column-stacking order.
arma::cx_mat reshuffle(const arma::cx_mat& matrix, arma::uword d) {
  arma::cx_mat result(arma::size(matrix));
  for (arma::uword j = 0; j < d; ++j)
    for (arma::uword i = 0; i < d; ++i)
      for (arma::uword b = 0; b < d; ++b)
        for (arma::uword a = 0; a < d; ++a)
          result(a + d * i, b + d * j) = matrix(a + d * b, i + d * j);
  return result;
}

Channel from_superoperator_of(const arma::cx_mat& superoperator, int n_qubits, double tolerance) {
  const arma::cx_mat basis = pauli_basis(n_qubits);
  const arma::cx_mat ptm = basis.t() * superoperator * basis;
  const double imaginary = arma::abs(arma::imag(ptm)).max();
  if (imaginary > tolerance)
    throw InputError(
        "channel", "",
        fmt::format("does not map Hermitian to Hermitian matrices: the transfer matrix "
                    "has imaginary parts up to {:.3g}, limit {:.3g}",
                    imaginary, tolerance));
  return Channel::from_ptm(arma::real(ptm), tolerance);
}

void require_relaxation(double t1_s, double t2_s, double duration_s, double excited_population) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (!(t1_s > 0.0)) throw InputError("t1_s", "", fmt::format("{} is not > 0", t1_s));
  if (!(t2_s > 0.0 && t2_s <= 2.0 * t1_s))
    throw InputError("t2_s", "", fmt::format("{} is outside (0, 2 T1 = {}]", t2_s, 2.0 * t1_s));
  require_in_range("duration_s", duration_s, 0.0, std::nextafter(infinity, 0.0));
  require_in_range("excited_population", excited_population, 0.0, 1.0);
}

// What is linear in e1 and e2 in the PTM of relaxation; the rest is constant.
arma::mat relaxation_in(double e1, double e2, double polarisation) {
  arma::mat ptm = arma::diagmat(arma::vec{0.0, e2, e2, e1});
  ptm(3, 0) = -e1 * polarisation;
  return ptm;
}

// Of e = exp(-t/T).
struct DecayDerivatives {
  double time_constant;  // e t/T²
  double duration;       // -e/T
};

DecayDerivatives decay_derivatives(double time_constant_s, double duration_s) {
  const double n_decays = duration_s / time_constant_s;
  const double e = std::exp(-n_decays);
  if (e == 0.0) return {0.0, 0.0};  // n_decays may be ∞, and 0 ∞ is not 0
  return {e * n_decays / time_constant_s, -e / time_constant_s};
}

}  // namespace

Channel Channel::from_ptm(TransferMatrix ptm, double tolerance) {
  if (!ptm.is_square() || !ptm.is_finite())
    throw InputError("transfer matrix", "",
                     fmt::format("{}x{}: must be square and finite", ptm.n_rows, ptm.n_cols));
  const int n_qubits = exponent_of(ptm.n_rows, 4, "transfer matrix");
  Channel channel(std::move(ptm), n_qubits);
  const CptpViolation violation = channel.cptp_violation();
  if (violation.worst() > tolerance)
    throw InputError(
        "channel", "",
        fmt::format("not completely positive and trace preserving: negative Choi eigenvalue by "
                    "{:.3g}, trace off by {:.3g}, limit {:.3g}",
                    violation.complete_positivity, violation.trace_preservation, tolerance));
  return channel;
}

Channel Channel::from_kraus(const std::vector<arma::cx_mat>& kraus, double tolerance) {
  if (kraus.empty()) throw InputError("Kraus operators", "", "the list is empty");
  for (const arma::cx_mat& k : kraus) {
    require_square_finite(k, "Kraus operator");
    if (k.n_rows != kraus.front().n_rows)
      throw InputError("Kraus operators", "",
                       fmt::format("dimensions {} and {} differ", kraus.front().n_rows, k.n_rows));
  }
  const int n_qubits = exponent_of(kraus.front().n_rows, 2, "Kraus operator");
  const arma::uword d = kraus.front().n_rows;
  arma::cx_mat superoperator(d * d, d * d, arma::fill::zeros);
  for (const arma::cx_mat& k : kraus) superoperator += arma::kron(arma::conj(k), k);
  return from_superoperator_of(superoperator, n_qubits, tolerance);
}

Channel Channel::from_choi(const arma::cx_mat& choi, double tolerance) {
  require_square_finite(choi, "Choi matrix");
  const int n_qubits = exponent_of(choi.n_rows, 4, "Choi matrix");
  return from_superoperator_of(reshuffle(choi, arma::uword{1} << n_qubits), n_qubits, tolerance);
}

Channel Channel::from_superoperator(const arma::cx_mat& superoperator, double tolerance) {
  require_square_finite(superoperator, "superoperator");
  const int n_qubits = exponent_of(superoperator.n_rows, 4, "superoperator");
  return from_superoperator_of(superoperator, n_qubits, tolerance);
}

Channel Channel::from_unitary(const arma::cx_mat& unitary, double tolerance) {
  return from_kraus({unitary}, tolerance);
}

Channel Channel::identity(int n_qubits) {
  if (n_qubits < 1)
    throw InputError("identity channel", "",
                     fmt::format("needs at least 1 qubit, got {}", n_qubits));
  const arma::uword dim = arma::uword{1} << (2 * n_qubits);
  return Channel(arma::eye(dim, dim), n_qubits);
}

std::vector<arma::cx_mat> Channel::kraus() const {
  const arma::uword d = arma::uword{1} << n_qubits_;
  arma::vec weights;
  arma::cx_mat vectors;
  const arma::cx_mat c = choi();
  arma::eig_sym(weights, vectors, arma::cx_mat(0.5 * (c + c.t())));
  std::vector<arma::cx_mat> operators;
  for (arma::uword m = weights.n_elem; m-- > 0;) {
    if (weights(m) <= 1e-14 * weights.max()) break;
    operators.push_back(std::sqrt(weights(m)) * arma::reshape(vectors.col(m), d, d));
  }
  return operators;
}

arma::cx_mat Channel::superoperator() const {
  const arma::cx_mat basis = pauli_basis(n_qubits_);
  return basis * ptm_ * basis.t();
}

arma::cx_mat Channel::choi() const {
  return reshuffle(superoperator(), arma::uword{1} << n_qubits_);
}

CptpViolation Channel::cptp_violation() const {
  const arma::cx_mat c = choi();
  const double lowest = arma::eig_sym(arma::cx_mat(0.5 * (c + c.t()))).min();
  const double d = std::ldexp(1.0, n_qubits_);
  arma::rowvec first = ptm_.row(0);
  first(0) -= 1.0;
  return {std::max(0.0, -lowest / d), arma::abs(first).max()};
}

double Channel::process_fidelity() const {
  return arma::trace(ptm_) / static_cast<double>(ptm_.n_rows);
}

double Channel::average_fidelity() const {
  const double d = std::ldexp(1.0, n_qubits_);
  return (d * process_fidelity() + 1.0) / (d + 1.0);
}

std::vector<double> Channel::pauli_probabilities() const {
  return arma::conv_to<std::vector<double>>::from(signed_sums(ptm_.diag(), n_qubits_) /
                                                  static_cast<double>(ptm_.n_rows));
}

Channel Channel::pauli_twirled() const {
  return Channel(arma::diagmat(ptm_), n_qubits_);
}

Channel Channel::then(const Channel& next) const {
  if (next.n_qubits_ != n_qubits_)
    throw InputError("channel", "composition",
                     fmt::format("{} and {} qubits differ", n_qubits_, next.n_qubits_));
  return Channel(next.ptm_ * ptm_, n_qubits_);
}

Channel Channel::tensor(const Channel& upper) const {
  return Channel(arma::kron(upper.ptm_, ptm_), n_qubits_ + upper.n_qubits_);
}

Channel depolarizing(int n_qubits, double depolarizing_lambda) {
  if (n_qubits < 1)
    throw InputError("depolarizing", "", fmt::format("needs at least 1 qubit, got {}", n_qubits));
  const double n_paulis = std::ldexp(1.0, 2 * n_qubits);
  require_in_range("depolarizing_lambda", depolarizing_lambda, 0.0, n_paulis / (n_paulis - 1.0));
  arma::vec diagonal(arma::uword{1} << (2 * n_qubits));
  diagonal.fill(1.0 - depolarizing_lambda);
  diagonal(0) = 1.0;
  return Channel::from_ptm(arma::diagmat(diagonal));
}

Channel pauli_channel(const std::vector<double>& probability) {
  const int n_qubits = exponent_of(probability.size(), 4, "Pauli probabilities");
  double sum = 0.0;
  for (const double p : probability) {
    require_in_range("Pauli probability", p, 0.0, 1.0);
    sum += p;
  }
  if (std::abs(sum - 1.0) > 1e-9)
    throw InputError("Pauli probabilities", "", fmt::format("sum to {}, not 1", sum));
  return Channel::from_ptm(arma::diagmat(signed_sums(probability, n_qubits)));
}

Channel amplitude_damping(double gamma) {
  return generalized_amplitude_damping(gamma, 0.0);
}

Channel generalized_amplitude_damping(double gamma, double excited_population) {
  require_in_range("amplitude damping gamma", gamma, 0.0, 1.0);
  require_in_range("excited_population", excited_population, 0.0, 1.0);
  const double coherence = std::sqrt(1.0 - gamma);
  arma::mat ptm = arma::diagmat(arma::vec{1.0, coherence, coherence, 1.0 - gamma});
  ptm(3, 0) = gamma * (1.0 - 2.0 * excited_population);
  return Channel::from_ptm(ptm);
}

Channel phase_damping(double gamma) {
  require_in_range("phase damping gamma", gamma, 0.0, 1.0);
  const double coherence = std::sqrt(1.0 - gamma);
  return Channel::from_ptm(arma::diagmat(arma::vec{1.0, coherence, coherence, 1.0}));
}

Channel thermal_relaxation(double t1_s, double t2_s, double duration_s, double excited_population) {
  require_relaxation(t1_s, t2_s, duration_s, excited_population);
  const double polarisation = 1.0 - 2.0 * excited_population;
  arma::mat ptm =
      relaxation_in(std::exp(-duration_s / t1_s), std::exp(-duration_s / t2_s), polarisation);
  ptm(0, 0) = 1.0;
  ptm(3, 0) += polarisation;
  return Channel::from_ptm(ptm);
}

RelaxationDerivatives thermal_relaxation_derivatives(double t1_s, double t2_s, double duration_s,
                                                     double excited_population) {
  require_relaxation(t1_s, t2_s, duration_s, excited_population);
  const double polarisation = 1.0 - 2.0 * excited_population;
  const DecayDerivatives e1 = decay_derivatives(t1_s, duration_s);
  const DecayDerivatives e2 = decay_derivatives(t2_s, duration_s);
  TransferMatrix in_population(4, 4, arma::fill::zeros);
  in_population(3, 0) = 2.0 * std::expm1(-duration_s / t1_s);
  return {relaxation_in(e1.time_constant, 0.0, polarisation),
          relaxation_in(0.0, e2.time_constant, polarisation),
          relaxation_in(e1.duration, e2.duration, polarisation), std::move(in_population)};
}

double thermal_population(double frequency_hz, double temperature_mk) {
  if (temperature_mk == 0.0) return 0.0;
  return 1.0 / (1.0 + std::exp(47.99243e-9 * frequency_hz / std::abs(temperature_mk)));
}

Channel reset_channel(double excited_population) {
  require_in_range("excited_population", excited_population, 0.0, 1.0);
  arma::mat ptm(4, 4, arma::fill::zeros);
  ptm(0, 0) = 1.0;
  ptm(3, 0) = 1.0 - 2.0 * excited_population;
  return Channel::from_ptm(ptm);
}

Channel coherent_rotation(int n_qubits, const PauliString& axis, double angle_rad) {
  if (n_qubits < 1 || axis.min_qubits() > n_qubits)
    throw InputError("coherent rotation", axis.to_string(),
                     fmt::format("does not fit {} qubits", n_qubits));
  const arma::cx_mat pauli = pauli_matrix(axis.index(), n_qubits);
  const arma::cx_mat unitary =
      std::cos(angle_rad / 2) * arma::eye<arma::cx_mat>(arma::size(pauli)) -
      arma::cx_double(0.0, std::sin(angle_rad / 2)) * pauli;
  return Channel::from_unitary(unitary);
}

Channel zz_crosstalk(double shift_hz, double duration_s) {
  require_in_range("duration_s", duration_s, 0.0, std::numeric_limits<double>::max());
  return coherent_rotation(2, PauliString::z({0, 1}), std::numbers::pi * shift_hz * duration_s);
}

}  // namespace rhodrift
