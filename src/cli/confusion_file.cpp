#include "cli/confusion_file.hpp"

#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>

#include "core/json_reader.hpp"

namespace rhodrift::cli {

namespace {

constexpr double column_sum_tolerance = 1e-6;  // of matrices in single precision, or in decimals
constexpr int max_joint_bits = 12;

/// size x size, with columns that sum to 1.
arma::mat read_matrix(const JsonPlace& place, std::size_t size) {
  const std::vector<JsonPlace> rows = place.elements();
  if (rows.size() != size)
    place.refuse(
        fmt::format("{} rows where a {} x {} matrix is expected", rows.size(), size, size));
  arma::mat matrix(size, size);
  for (std::size_t m = 0; m < size; ++m) {
    const std::vector<JsonPlace> entries = rows[m].elements();
    if (entries.size() != size)
      rows[m].refuse(
          fmt::format("{} entries where a {} x {} matrix is expected", entries.size(), size, size));
    for (std::size_t p = 0; p < size; ++p) {
      matrix(m, p) = entries[p].number();
      if (!(matrix(m, p) >= 0.0 && matrix(m, p) <= 1.0))
        entries[p].refuse(fmt::format("{} is outside [0, 1]", matrix(m, p)));
    }
  }
  const arma::rowvec sums = arma::sum(matrix, 0);
  for (std::size_t p = 0; p < size; ++p)
    if (!(std::abs(sums(p) - 1.0) <= column_sum_tolerance))
      place.refuse(
          fmt::format("column {} (prepared {}) sums to {}, not to 1 within {}; rows are "
                      "measured, columns prepared",
                      p, p, sums(p), column_sum_tolerance));
  return matrix.each_row() / sums;
}

ReadoutError read_single_matrices(const JsonPlace& root, int n_bits) {
  const std::vector<JsonPlace> matrices = root.elements();
  if (std::ssize(matrices) != n_bits)
    root.refuse(fmt::format("{} matrices for bitstrings of {} bits", matrices.size(), n_bits));
  ReadoutError error;
  for (int bit = 0; bit < n_bits; ++bit)
    error.push_back({{bit}, read_matrix(matrices[static_cast<std::size_t>(bit)], 2)});
  return error;
}

ReadoutError read_joint_matrix(const JsonPlace& root, int n_bits) {
  if (n_bits > max_joint_bits)
    root.refuse(fmt::format("one matrix for {} bits; at most {} can be read together", n_bits,
                            max_joint_bits));
  std::vector<int> bits(static_cast<std::size_t>(n_bits));
  std::iota(bits.begin(), bits.end(), 0);
  return {{bits, read_matrix(root, std::size_t{1} << n_bits)}};
}

}  // namespace

ReadoutError read_confusion(const std::string& file, int n_bits) {
  const JsonDocument document(read_file(file), file);
  const JsonPlace root = document.root();
  const std::vector<JsonPlace> outer = root.elements();
  if (outer.empty()) root.refuse("an empty list; a list of matrices or one matrix is expected");
  const std::vector<JsonPlace> inner = outer[0].elements();
  const bool joint = !inner.empty() && inner[0].value().is_number();
  return joint ? read_joint_matrix(root, n_bits) : read_single_matrices(root, n_bits);
}

}  // namespace rhodrift::cli
