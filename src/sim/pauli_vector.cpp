#include <array>
#include <cmath>

#include <fmt/format.h>
#include <unistd.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/pauli_vector.hpp>

namespace rhodrift {

namespace {

// Moves bit q of `bits` to bit 2q.
std::uint64_t spread(std::uint64_t bits) {
  std::uint64_t result = 0;
  for (int q = 0; q < 32; ++q) result |= ((bits >> q) & 1) << (2 * q);
  return result;
}

// Position of the Z string on the qubits in `mask`: digit 3 for each of them.
std::uint64_t z_index(std::uint64_t mask) {
  return 3 * spread(mask);
}

// In place, unnormalised: x[b] <- Σ_s (-1)^{popcount(s & b)} x[s].
void walsh_hadamard(std::vector<double>& x) {
  for (std::size_t half = 1; half < x.size(); half *= 2)
    for (std::size_t block = 0; block < x.size(); block += 2 * half)
      for (std::size_t i = block; i < block + half; ++i) {
        const double a = x[i], b = x[i + half];
        x[i] = a + b;
        x[i + half] = a - b;
      }
}

using Complex4 = std::array<std::array<std::complex<double>, 4>, 4>;

// Applies a 4x4 matrix to base-4 digit q of a complex vector.
void apply_to_digit(std::vector<std::complex<double>>& x, int q, const Complex4& m) {
  const std::size_t stride = std::size_t{1} << (2 * q);
  for (std::size_t i = 0; i < x.size(); ++i) {
    if ((i / stride) & 3) continue;
    std::array<std::complex<double>, 4> in, out{};
    for (std::size_t d = 0; d < 4; ++d) in[d] = x[i + d * stride];
    for (std::size_t r = 0; r < 4; ++r)
      for (std::size_t d = 0; d < 4; ++d) out[r] += m[r][d] * in[d];
    for (std::size_t d = 0; d < 4; ++d) x[i + d * stride] = out[d];
  }
}

// Index of matrix element (row, column) with the two bits of qubit q as digit q: row bit 2q,
// column bit 2q+1.
std::uint64_t element_index(std::uint64_t row, std::uint64_t column) {
  return spread(row) | (spread(column) << 1);
}

}  // namespace

std::uint64_t pauli_vector_bytes(int n_qubits) {
  return std::uint64_t{8} << (2 * n_qubits);
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

PauliVector::PauliVector(int n_qubits, Uninitialised) : n_qubits_(n_qubits) {
  require_pauli_vector(n_qubits);
  coefficients_.assign(std::size_t{1} << (2 * n_qubits), 0.0);
}

PauliVector::PauliVector(int n_qubits) : PauliVector(n_qubits, Uninitialised{}) {
  // |0><0| = (I + Z)/2 on every qubit.
  for (std::uint64_t s = 0; s < (std::uint64_t{1} << n_qubits); ++s)
    coefficients_[z_index(s)] = 1.0;
}

PauliVector PauliVector::zeros(int n_qubits) {
  return PauliVector(n_qubits, Uninitialised{});
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
  std::vector<std::complex<double>> x(vector.coefficients_.size());
  for (arma::uword c = 0; c < density.n_cols; ++c)
    for (arma::uword r = 0; r < density.n_rows; ++r) x[element_index(r, c)] = density(r, c);
  // r[P] = Σ ρ(row, col) P(col, row); digit = row + 2 col.
  const std::complex<double> i(0.0, 1.0);
  const Complex4 to_pauli{{{1.0, 0.0, 0.0, 1.0},     // I
                           {0.0, 1.0, 1.0, 0.0},     // X
                           {0.0, -i, i, 0.0},        // Y: ρ(1,0) P(0,1) = -i, ρ(0,1) P(1,0) = i
                           {1.0, 0.0, 0.0, -1.0}}};  // Z
  for (int q = 0; q < n; ++q) apply_to_digit(x, q, to_pauli);
  for (std::size_t k = 0; k < x.size(); ++k) vector.coefficients_[k] = x[k].real();
  return vector;
}

arma::cx_mat PauliVector::density_matrix() const {
  std::vector<std::complex<double>> x(coefficients_.begin(), coefficients_.end());
  // ρ(row, col) = Σ_P r[P] P(row, col)/2 per qubit; digit = row + 2 col.
  const std::complex<double> i(0.0, 0.5);
  const Complex4 from_pauli{{{0.5, 0.0, 0.0, 0.5},     // (0,0)
                             {0.0, 0.5, i, 0.0},       // (1,0): Y(1,0) = i
                             {0.0, 0.5, -i, 0.0},      // (0,1)
                             {0.5, 0.0, 0.0, -0.5}}};  // (1,1)
  for (int q = 0; q < n_qubits_; ++q) apply_to_digit(x, q, from_pauli);
  const arma::uword dim = arma::uword{1} << n_qubits_;
  arma::cx_mat density(dim, dim);
  for (arma::uword c = 0; c < dim; ++c)
    for (arma::uword r = 0; r < dim; ++r) density(r, c) = x[element_index(r, c)];
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
  std::vector<double> p(std::size_t{1} << n_qubits_);
  const double scale = std::ldexp(1.0, -n_qubits_);
  for (std::uint64_t s = 0; s < p.size(); ++s) p[s] = scale * coefficients_[z_index(s)];
  walsh_hadamard(p);
  return p;
}

double PauliVector::purity() const {
  return overlap(*this);
}

double PauliVector::overlap(const PauliVector& other) const {
  if (other.n_qubits_ != n_qubits_)
    throw InputError("overlap", "",
                     fmt::format("states of {} and {} qubits", n_qubits_, other.n_qubits_));
  double sum = 0.0;
  for (std::size_t k = 0; k < coefficients_.size(); ++k)
    sum += coefficients_[k] * other.coefficients_[k];
  return std::ldexp(sum, -n_qubits_);
}

}  // namespace rhodrift
