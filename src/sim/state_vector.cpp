#include "sim/state_vector.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/pauli_vector.hpp>

#include "sim/amplitude_kernels.hpp"
#include "sim/cumulative_search.hpp"

namespace rhodrift {

namespace {

using amplitude_kernels::GroupMatrix;

// What a thread takes at a time, and what is summed up by itself: groups or amplitudes.
constexpr std::size_t chunk_size = 4096;

GroupMatrix group_matrix(const arma::cx_mat& matrix, std::span<const int> qubits) {
  GroupMatrix result{};
  result.n_qubits = static_cast<int>(qubits.size());
  std::ranges::copy(qubits, result.qubits.begin());
  std::ranges::sort(result.qubits.begin(), result.qubits.begin() + result.n_qubits);
  result.one_a_row = true;
  for (arma::uword r = 0; r < matrix.n_rows; ++r) {
    for (std::size_t k = 0; k < qubits.size(); ++k) result.offset[r] |= (r >> k & 1) << qubits[k];
    int n_entries = 0;
    for (arma::uword c = 0; c < matrix.n_cols; ++c) {
      result.entries[r * matrix.n_cols + c] = matrix(r, c);
      if (matrix(r, c) == 0.0) continue;
      result.column[r] = c;
      ++n_entries;
    }
    result.one_a_row &= n_entries <= 1;
  }
  return result;
}

// P = i^n_y X^flips Z^signs, each power a product over the qubits in the mask.
struct PauliMasks {
  std::size_t flips = 0, signs = 0;
  int n_y = 0;
};

PauliMasks masks_of(const PauliString& pauli) {
  PauliMasks masks;
  for (const auto& [qubit, factor] : pauli.factors()) {
    const std::size_t bit = std::size_t{1} << qubit;
    if (factor != Pauli::Z) masks.flips |= bit;
    if (factor != Pauli::X) masks.signs |= bit;
    if (factor == Pauli::Y) ++masks.n_y;
  }
  return masks;
}

double sign_of(std::size_t bits) {
  return std::popcount(bits) % 2 == 0 ? 1.0 : -1.0;
}

// (-1)^|b ∧ mask| for b < size, by doubling.
std::vector<double> sign_table(std::size_t mask, std::size_t size) {
  std::vector<double> signs(size, 1.0);
  for (std::size_t bit = 1; bit < size; bit *= 2)
    for (std::size_t b = 0; b < bit; ++b) signs[bit + b] = (mask & bit) != 0 ? -signs[b] : signs[b];
  return signs;
}

/// Σ_k conj(a[k]) b[k]
std::complex<double> inner_product(const std::complex<double>* a, const std::complex<double>* b,
                                   std::size_t size) {
  double real = 0.0, imaginary = 0.0;
#pragma omp simd reduction(+ : real, imaginary)
  for (std::size_t k = 0; k < size; ++k) {
    real += a[k].real() * b[k].real() + a[k].imag() * b[k].imag();
    imaginary += a[k].real() * b[k].imag() - a[k].imag() * b[k].real();
  }
  return {real, imaginary};
}

template <typename T>
T sum_of(const std::vector<T>& parts) {
  T sum = parts.front();
  for (std::size_t k = 1; k < parts.size(); ++k) sum += parts[k];
  return sum;
}

}  // namespace

StateVector::StateVector(int n_qubits)
    : n_qubits_(n_qubits), amplitudes_(std::size_t{1} << n_qubits) {
  amplitudes_[0] = 1.0;
}

template <typename Body>
void StateVector::for_each_chunk(std::size_t n, Body body) const {
  const std::size_t size = std::min(chunk_size, n);
  if (n_qubits_ < min_shared_qubits) {
    for (std::size_t first = 0; first < n; first += size) body(first, size);
    return;
  }
#pragma omp parallel for schedule(static)
  for (std::size_t first = 0; first < n; first += size) body(first, size);
}

template <typename Part>
auto StateVector::of_each_chunk(std::size_t n, Part part) const {
  std::vector<decltype(part(n, n))> parts(std::max(n / chunk_size, std::size_t{1}));
  for_each_chunk(n, [&](std::size_t first, std::size_t size) {
    parts[first / chunk_size] = part(first, size);
  });
  return parts;
}

void StateVector::reset() {
  for_each_chunk(amplitudes_.size(), [&](std::size_t first, std::size_t size) {
    std::fill_n(amplitudes_.data() + first, size, 0.0);
  });
  amplitudes_[0] = 1.0;
}

void StateVector::apply(const arma::cx_mat& matrix, std::span<const int> qubits) {
  const GroupMatrix on_groups = group_matrix(matrix, qubits);
  for_each_chunk(amplitudes_.size() >> qubits.size(), [&](std::size_t first, std::size_t size) {
    amplitude_kernels::multiply(on_groups, amplitudes_.data(), first, first + size);
  });
}

std::vector<double> StateVector::squared_norms_of_chunks() const {
  return of_each_chunk(amplitudes_.size(), [&](std::size_t first, std::size_t size) {
    const std::complex<double>* const a = amplitudes_.data() + first;
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (std::size_t b = 0; b < size; ++b)
      sum += a[b].real() * a[b].real() + a[b].imag() * a[b].imag();
    return sum;
  });
}

double StateVector::squared_norm() const {
  return sum_of(squared_norms_of_chunks());
}

// <ψ|P|ψ> = i^n_y Σ_b (-1)^|b ∧ signs| conj(ψ[b ^ flips]) ψ[b].
double StateVector::expectation(const PauliString& pauli) const {
  const PauliMasks masks = masks_of(pauli);
  const std::size_t chunk_mask = std::min(chunk_size, amplitudes_.size()) - 1;
  const std::vector<double> signs = sign_table(masks.signs, chunk_mask + 1);
  const auto parts = of_each_chunk(amplitudes_.size(), [&](std::size_t first, std::size_t size) {
    const std::complex<double>* const a = amplitudes_.data() + first;
    const std::complex<double>* const b_flipped =
        amplitudes_.data() + (first ^ (masks.flips & ~chunk_mask));
    const std::size_t flips = masks.flips & chunk_mask;
    double real = 0.0, imaginary = 0.0;
#pragma omp simd reduction(+ : real, imaginary)
    for (std::size_t b = 0; b < size; ++b) {
      const std::complex<double> left = b_flipped[b ^ flips], right = a[b];
      real += signs[b] * (left.real() * right.real() + left.imag() * right.imag());
      imaginary += signs[b] * (left.real() * right.imag() - left.imag() * right.real());
    }
    return sign_of(first & masks.signs) * std::complex<double>(real, imaginary);
  });
  constexpr std::array<std::complex<double>, 4> power_of_i{{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}};
  return (power_of_i[static_cast<std::size_t>(masks.n_y % 4)] * sum_of(parts)).real();
}

arma::cx_mat StateVector::reduced_density(std::span<const int> qubits) const {
  const arma::uword dim = arma::uword{1} << qubits.size();
  const GroupMatrix groups = group_matrix(arma::eye<arma::cx_mat>(dim, dim), qubits);
  const std::size_t n_groups = amplitudes_.size() >> qubits.size();
  const arma::cx_mat lower =
      sum_of(of_each_chunk(n_groups, [&](std::size_t first, std::size_t size) {
        arma::cx_mat density(dim, dim, arma::fill::zeros);
        const std::size_t run = std::min(std::size_t{1} << groups.qubits[0], size);
        for (std::size_t g = first; g < first + size; g += run) {
          const std::complex<double>* const group =
              amplitudes_.data() + amplitude_kernels::base_of(g, groups);
          for (arma::uword c = 0; c < dim; ++c)
            for (arma::uword r = c; r < dim; ++r)
              density(r, c) +=
                  inner_product(group + groups.offset[c], group + groups.offset[r], run);
        }
        return density;
      }));
  return lower + arma::trimatl(lower, -1).t();
}

std::vector<double> StateVector::probabilities() const {
  std::vector<double> result(amplitudes_.size());
  const double total = squared_norm();
  for_each_chunk(result.size(), [&](std::size_t first, std::size_t size) {
    for (std::size_t b = first; b < first + size; ++b)
      result[b] = std::norm(amplitudes_[b]) / total;
  });
  return result;
}

Bitstring StateVector::sample(double u) const {
  const std::vector<double> norms = squared_norms_of_chunks();
  double rest = u * sum_of(norms);
  const std::size_t chunk = cumulative_search(norms, rest);
  std::vector<double> weights(std::min(chunk_size, amplitudes_.size()));
  for (std::size_t b = 0; b < weights.size(); ++b)
    weights[b] = std::norm(amplitudes_[chunk * chunk_size + b]);
  return chunk * chunk_size + cumulative_search(weights, rest);
}

bool state_vectors_fit(int n_qubits, std::uint64_t count, std::uint64_t further) {
  const double bytes = static_cast<double>(count) * std::ldexp(16.0, n_qubits);
  return bytes + static_cast<double>(further) <= static_cast<double>(machine_memory_bytes());
}

void require_state_vector(int n_qubits, std::uint64_t further) {
  if (n_qubits >= 40)
    throw InputError("memory", "",
                     fmt::format("a state of {} qubits takes 16*2^{} bytes ({:.3g}), more than any "
                                 "machine has",
                                 n_qubits, n_qubits, std::ldexp(16.0, n_qubits)));
  require_memory((std::uint64_t{16} << n_qubits) + further,
                 fmt::format("a run over states of {} qubits", n_qubits));
}

}  // namespace rhodrift
