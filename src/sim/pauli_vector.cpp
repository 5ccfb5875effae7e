#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <limits>
#include <numeric>

#include <fmt/format.h>
#include <unistd.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/pauli_vector.hpp>

#include "sim/z_strings.hpp"

namespace rhodrift {

namespace {

using Complex = std::complex<double>;

// Moves bit q of `bits` to bit 2q, q < 32: the halves move apart, then the halves of the halves.
std::uint64_t spread(std::uint64_t bits) {
  bits = (bits | bits << 16) & 0x0000ffff0000ffff;
  bits = (bits | bits << 8) & 0x00ff00ff00ff00ff;
  bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0f;
  bits = (bits | bits << 2) & 0x3333333333333333;
  return (bits | bits << 1) & 0x5555555555555555;
}

// Every Pauli string is i^|x∧z| X^x Z^z, with the bits of its X and Y in x and those of its Y and Z
// in z: P|c> = i^|x∧z| (-1)^|c∧z| |c ⊕ x>. So the strings with the same x have to do with one
// diagonal of the density matrix, the entries at (c ⊕ x, c), and a Walsh-Hadamard transform takes
// z to c.
std::uint64_t pauli_index(std::uint64_t x, std::uint64_t z) {
  return spread(x ^ z) | spread(z) << 1;
}

Complex phase(std::uint64_t x, std::uint64_t z) {
  constexpr std::array<Complex, 4> powers_of_i{Complex(1, 0), Complex(0, 1), Complex(-1, 0),
                                               Complex(0, -1)};
  return powers_of_i[static_cast<std::size_t>(std::popcount(x & z)) % 4];
}

std::vector<int> all_qubits(int n_qubits) {
  std::vector<int> qubits(static_cast<std::size_t>(n_qubits));
  std::iota(qubits.begin(), qubits.end(), 0);
  return qubits;
}

void require_qubits(const std::vector<int>& qubits, int n_qubits) {
  if (qubits.empty()) throw InputError("qubits", "", "the list is empty");
  std::vector<bool> seen(static_cast<std::size_t>(n_qubits), false);
  for (std::size_t i = 0; i < qubits.size(); ++i) {
    const std::string place = fmt::format("entry {}", i);
    if (qubits[i] < 0 || qubits[i] >= n_qubits)
      throw InputError("qubits", place,
                       fmt::format("qubit {} is outside 0..{}", qubits[i], n_qubits - 1));
    const auto q = static_cast<std::size_t>(qubits[i]);
    if (seen[q]) throw InputError("qubits", place, fmt::format("qubit {} is repeated", q));
    seen[q] = true;
  }
}

void require_same_size(const char* what, int n_qubits, int other) {
  if (n_qubits != other)
    throw InputError(what, "", fmt::format("states of {} and {} qubits", n_qubits, other));
}

// For what needs the eigenvalues of a density matrix and so many of its size at the same time.
void require_eigenvalues(const char* what, int n_qubits, std::uint64_t n_matrices) {
  constexpr int most_qubits = 11;
  if (n_qubits > most_qubits)
    throw InputError(what, "",
                     fmt::format("states of {} qubits: eigenvalues take 8^n operations, the limit "
                                 "is {} qubits",
                                 n_qubits, most_qubits));
  require_memory(n_matrices * 2 * pauli_vector_bytes(n_qubits),
                 fmt::format("the {} of states of {} qubits", what, n_qubits));
}

// W with W W† = ρ: the eigenvectors times the roots of their eigenvalues, without those of 0.
arma::cx_mat root(const PauliVector& state, const char* what) {
  arma::vec weights;
  arma::cx_mat vectors;
  if (!arma::eig_sym(weights, vectors, state.density_matrix()))
    throw RunError(fmt::format("{}: the eigenvalues did not converge", what));
  if (weights.min() < -1e-9)
    throw InputError(what, "",
                     fmt::format("no density matrix: it has the eigenvalue {}, below the limit "
                                 "-1e-9",
                                 weights.min()));
  const double rounding =
      static_cast<double>(weights.n_elem) * std::numeric_limits<double>::epsilon() * weights.max();
  const arma::uvec kept = arma::find(weights > rounding);
  vectors = vectors.cols(kept).eval();
  vectors.each_row() %= arma::conv_to<arma::cx_rowvec>::from(arma::sqrt(weights(kept)).t());
  return vectors;
}

}  // namespace

std::uint64_t pauli_vector_bytes(int n_qubits) {
  return std::uint64_t{8} << (2 * n_qubits);
}

std::uint64_t bytes_of(std::uint64_t count, std::uint64_t bytes_each) {
  constexpr std::uint64_t most = std::uint64_t{1} << 62;
  return bytes_each > 0 && count > most / bytes_each ? most : count * bytes_each;
}

std::uint64_t machine_memory_bytes() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void require_memory(std::uint64_t bytes, const std::string& what) {
  if (const std::uint64_t available = machine_memory_bytes(); bytes > available)
    throw InputError("memory", "",
                     fmt::format("{} takes {} bytes, this machine has {}", what, bytes, available));
}

void require_pauli_vector(int n_qubits) {
  if (n_qubits < 1)
    throw InputError("Pauli vector", "", fmt::format("needs at least 1 qubit, got {}", n_qubits));
  if (n_qubits >= 31)
    throw InputError("Pauli vector", "",
                     fmt::format("a density matrix of {} qubits takes 8*4^{} bytes ({:.3g}), more "
                                 "than any machine has",
                                 n_qubits, n_qubits, 8.0 * std::pow(4.0, n_qubits)));
  require_memory(pauli_vector_bytes(n_qubits),
                 fmt::format("a density matrix of {} qubits", n_qubits));
}

PauliVector::PauliVector(int n_qubits, AlignedVector<double> coefficients)
    : n_qubits_(n_qubits), coefficients_(std::move(coefficients)) {}

PauliVector::PauliVector(int n_qubits) : PauliVector(zeros(n_qubits)) {
  // |0><0| = (I + Z)/2 on every qubit.
  for (std::uint64_t z = 0; z < (std::uint64_t{1} << n_qubits); ++z)
    coefficients_[z_index(z)] = 1.0;
}

PauliVector PauliVector::zeros(int n_qubits) {
  require_pauli_vector(n_qubits);
  return PauliVector(n_qubits, AlignedVector<double>(std::size_t{1} << (2 * n_qubits), 0.0));
}

PauliVector PauliVector::from_coefficients(AlignedVector<double> coefficients) {
  int n = 0;
  while ((std::size_t{1} << (2 * n)) < coefficients.size()) ++n;
  if (n == 0 || coefficients.size() != std::size_t{1} << (2 * n))
    throw InputError("Pauli vector", "",
                     fmt::format("{} coefficients: needs 4^n, n >= 1", coefficients.size()));
  return PauliVector(n, std::move(coefficients));
}

PauliVector PauliVector::from_density_matrix(const arma::cx_mat& density) {
  int n = 0;
  while ((arma::uword{1} << n) < density.n_rows) ++n;
  if (!density.is_square() || (arma::uword{1} << n) != density.n_rows)
    throw InputError("density matrix", "",
                     fmt::format("{}x{}: needs 2^n x 2^n", density.n_rows, density.n_cols));
  if (!density.is_finite())
    throw InputError("density matrix", "", "holds a value that is not finite");
  PauliVector vector = zeros(n);
  std::vector<Complex> diagonal(density.n_rows);
  for (std::uint64_t x = 0; x < diagonal.size(); ++x) {
    // r[P] = tr(P ρ) = i^|x∧z| Σ_c (-1)^|c∧z| ρ(c, c ⊕ x)
    for (std::uint64_t c = 0; c < diagonal.size(); ++c) diagonal[c] = density(c, c ^ x);
    walsh_hadamard(diagonal);
    for (std::uint64_t z = 0; z < diagonal.size(); ++z)
      vector.coefficients_[pauli_index(x, z)] = (phase(x, z) * diagonal[z]).real();
  }
  return vector;
}

arma::cx_mat PauliVector::density_matrix() const {
  require_memory(2 * pauli_vector_bytes(n_qubits_),
                 fmt::format("the complex density matrix of {} qubits", n_qubits_));
  const arma::uword dim = arma::uword{1} << n_qubits_;
  const double scale = std::ldexp(1.0, -n_qubits_);
  arma::cx_mat density(dim, dim);
  std::vector<Complex> diagonal(dim);
  for (std::uint64_t x = 0; x < dim; ++x) {
    // ρ(c ⊕ x, c) = 2^-n Σ_z r[P] i^|x∧z| (-1)^|c∧z|
    for (std::uint64_t z = 0; z < dim; ++z)
      diagonal[z] = scale * coefficients_[pauli_index(x, z)] * phase(x, z);
    walsh_hadamard(diagonal);
    for (std::uint64_t c = 0; c < dim; ++c) density(c ^ x, c) = diagonal[c];
  }
  return density;
}

double PauliVector::expectation(const PauliString& pauli) const {
  if (pauli.min_qubits() > n_qubits_)
    throw InputError("observable", pauli.to_string(),
                     fmt::format("reaches qubit {}, the state has {} qubits",
                                 pauli.min_qubits() - 1, n_qubits_));
  return coefficients_[pauli.index()];
}

double PauliVector::expectation(const Observable& observable) const {
  double sum = 0.0;
  for (const Observable::Term& term : observable.terms())
    sum += term.coefficient * expectation(term.pauli);
  return sum;
}

std::vector<double> PauliVector::probabilities() const {
  return probabilities(all_qubits(n_qubits_));
}

std::vector<double> PauliVector::probabilities(const std::vector<int>& qubits) const {
  require_qubits(qubits, n_qubits_);
  std::vector<double> p(std::size_t{1} << qubits.size());
  for (std::uint64_t s = 0; s < p.size(); ++s) {
    std::uint64_t z = 0;
    for (std::size_t i = 0; i < qubits.size(); ++i) z |= (s >> i & 1) << qubits[i];
    p[s] = coefficients_[z_index(z)];
  }
  return outcome_probabilities(std::move(p));
}

PauliVector PauliVector::reduced(const std::vector<int>& qubits) const {
  require_qubits(qubits, n_qubits_);
  PauliVector result = zeros(static_cast<int>(qubits.size()));
  for (std::uint64_t s = 0; s < result.coefficients_.size(); ++s) {
    std::uint64_t index = 0;
    for (std::size_t i = 0; i < qubits.size(); ++i) index |= (s >> (2 * i) & 3) << (2 * qubits[i]);
    result.coefficients_[s] = coefficients_[index];
  }
  return result;
}

double PauliVector::purity() const {
  return overlap(*this);
}

double PauliVector::overlap(const PauliVector& other) const {
  require_same_size("overlap", n_qubits_, other.n_qubits_);
  double sum = 0.0;
  for (std::size_t k = 0; k < coefficients_.size(); ++k)
    sum += coefficients_[k] * other.coefficients_[k];
  return std::ldexp(sum, -n_qubits_);
}

double PauliVector::fidelity(const arma::cx_vec& pure_state) const {
  const arma::uword dim = arma::uword{1} << n_qubits_;
  if (pure_state.n_elem != dim)
    throw InputError("pure state", "",
                     fmt::format("{} amplitudes for {} qubits, which take {}", pure_state.n_elem,
                                 n_qubits_, dim));
  if (!pure_state.is_finite())
    throw InputError("pure state", "", "holds a value that is not finite");
  const double norm = arma::norm(pure_state);
  if (std::abs(norm - 1.0) > 1e-9)
    throw InputError("pure state", "", fmt::format("has the norm {}, not 1 within 1e-9", norm));
  double sum = 0.0;
  std::vector<Complex> diagonal(dim);
  for (std::uint64_t x = 0; x < dim; ++x) {
    // <ψ|P|ψ> = i^|x∧z| Σ_c (-1)^|c∧z| ψ(c) ψ(c ⊕ x)*
    for (std::uint64_t c = 0; c < dim; ++c)
      diagonal[c] = pure_state(c) * std::conj(pure_state(c ^ x));
    walsh_hadamard(diagonal);
    for (std::uint64_t z = 0; z < dim; ++z)
      sum += coefficients_[pauli_index(x, z)] * (phase(x, z) * diagonal[z]).real();
  }
  return std::ldexp(sum, -n_qubits_);
}

double PauliVector::fidelity(const PauliVector& other) const {
  require_same_size("fidelity", n_qubits_, other.n_qubits_);
  require_eigenvalues("fidelity", n_qubits_, 6);
  // With V V† = ρ and W W† = σ the singular values of √ρ √σ are those of V† W.
  const arma::cx_mat product = root(*this, "fidelity").t() * root(other, "fidelity");
  arma::vec singular;
  if (!product.is_empty() && !arma::svd(singular, product))
    throw RunError("fidelity: the singular values did not converge");
  const double sum = arma::accu(singular);
  return sum * sum;
}

double PauliVector::trace_distance(const PauliVector& other) const {
  require_same_size("trace distance", n_qubits_, other.n_qubits_);
  require_eigenvalues("trace distance", n_qubits_, 3);
  PauliVector difference = *this;
  for (std::size_t k = 0; k < coefficients_.size(); ++k)
    difference.coefficients_[k] -= other.coefficients_[k];
  arma::vec weights;
  if (!arma::eig_sym(weights, difference.density_matrix()))
    throw RunError("trace distance: the eigenvalues did not converge");
  return 0.5 * arma::accu(arma::abs(weights));
}

}  // namespace rhodrift
