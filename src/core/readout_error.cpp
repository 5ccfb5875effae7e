#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/readout_error.hpp>

namespace rhodrift {

namespace {

constexpr double column_sum_tolerance = 1e-9;

void check_bits(const std::vector<int>& bits, const arma::mat& matrix, const std::string& source) {
  if (bits.empty()) throw InputError(source, "bits", "at least one bit is needed");
  std::set<int> seen;
  for (const int bit : bits) {
    if (bit < 0) throw InputError(source, "bits", fmt::format("bit {} is negative", bit));
    if (!seen.insert(bit).second)
      throw InputError(source, "bits", fmt::format("bit {} is repeated", bit));
  }
  const bool square = matrix.n_rows == matrix.n_cols && std::has_single_bit(matrix.n_rows) &&
                      static_cast<std::size_t>(std::countr_zero(matrix.n_rows)) == bits.size();
  if (!square)
    throw InputError(source, "matrix",
                     fmt::format("{} bits need a 2^{} x 2^{} matrix, got {} x {}", bits.size(),
                                 bits.size(), bits.size(), matrix.n_rows, matrix.n_cols));
}

void check_columns(const arma::mat& matrix, const std::string& source) {
  for (arma::uword p = 0; p < matrix.n_cols; ++p) {
    for (arma::uword m = 0; m < matrix.n_rows; ++m)
      if (!(matrix(m, p) >= 0.0 && matrix(m, p) <= 1.0))
        throw InputError(
            source, "matrix",
            fmt::format("P(measured {} | prepared {}) = {} is outside [0, 1]", m, p, matrix(m, p)));
    const double sum = arma::accu(matrix.col(p));
    if (!(std::abs(sum - 1.0) <= column_sum_tolerance))
      throw InputError(
          source, "matrix",
          fmt::format("column {} sums to {}, not to 1 within {}", p, sum, column_sum_tolerance));
  }
}

/// offsets[m]: the index, over all bits, of value m of the group with every other bit 0.
std::vector<std::size_t> group_offsets(const std::vector<int>& bits) {
  std::vector<std::size_t> offsets(std::size_t{1} << bits.size(), 0);
  for (std::size_t m = 0; m < offsets.size(); ++m)
    for (std::size_t i = 0; i < bits.size(); ++i) offsets[m] |= (m >> i & 1) << bits[i];
  return offsets;
}

/// apply_to_bits for one bit, the common case, in a loop that vectorises.
void apply_to_bit(int bit, const arma::mat& matrix, std::span<double> vector) {
  const double m00 = matrix(0, 0), m01 = matrix(0, 1), m10 = matrix(1, 0), m11 = matrix(1, 1);
  const std::size_t half = std::size_t{1} << bit;
  for (std::size_t block = 0; block < vector.size(); block += 2 * half)
    for (std::size_t i = block; i < block + half; ++i) {
      const double zero = vector[i], one = vector[i + half];
      vector[i] = m00 * zero + m01 * one;
      vector[i + half] = m10 * zero + m11 * one;
    }
}

}  // namespace

void apply_to_bits(const std::vector<int>& bits, const arma::mat& matrix,
                   std::span<double> vector) {
  if (bits.size() == 1) return apply_to_bit(bits[0], matrix, vector);
  const std::vector<std::size_t> offsets = group_offsets(bits);
  const std::size_t mask = offsets.back();
  std::vector<double> before(offsets.size()), after(offsets.size());
  for (std::size_t rest = 0; rest < vector.size(); ++rest) {
    if ((rest & mask) != 0) continue;
    for (std::size_t m = 0; m < offsets.size(); ++m) before[m] = vector[rest | offsets[m]];
    std::ranges::fill(after, 0.0);
    for (std::size_t p = 0; p < offsets.size(); ++p)
      for (std::size_t m = 0; m < offsets.size(); ++m) after[m] += matrix(m, p) * before[p];
    for (std::size_t m = 0; m < offsets.size(); ++m) vector[rest | offsets[m]] = after[m];
  }
}

ConfusionMatrix ConfusionMatrix::single(int bit, double p10, double p01) {
  for (const auto& [name, p] : {std::pair("p10", p10), std::pair("p01", p01)})
    if (!(p >= 0.0 && p <= 1.0))
      throw InputError("readout error", fmt::format("bit {}", bit),
                       fmt::format("{} = {} is outside [0, 1]", name, p));
  return {{bit}, {{1 - p10, p01}, {p10, 1 - p01}}};
}

void ConfusionMatrix::validate(const std::string& source) const {
  check_bits(bits, matrix, source);
  check_columns(matrix, source);
}

void validate_readout_error(const ReadoutError& error, const std::string& source) {
  std::set<int> taken;
  for (std::size_t i = 0; i < error.size(); ++i) {
    error[i].validate(fmt::format("{}: group {}", source, i));
    for (const int bit : error[i].bits)
      if (!taken.insert(bit).second)
        throw InputError(source, fmt::format("group {}", i),
                         fmt::format("bit {} is in an earlier group as well", bit));
  }
}

void apply_readout_error(const ReadoutError& error, std::vector<double>& probabilities) {
  if (!std::has_single_bit(probabilities.size()))
    throw InputError("probabilities", "",
                     fmt::format("{} entries are not a power of 2", probabilities.size()));
  validate_readout_error(error, "readout error");
  const int n_bits = std::countr_zero(probabilities.size());
  for (const ConfusionMatrix& group : error)
    for (const int bit : group.bits)
      if (bit >= n_bits)
        throw InputError("readout error", "",
                         fmt::format("bit {} is outside 0..{}", bit, n_bits - 1));
  for (const ConfusionMatrix& group : error) apply_to_bits(group.bits, group.matrix, probabilities);
}

}  // namespace rhodrift
