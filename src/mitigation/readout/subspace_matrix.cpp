#include "mitigation/readout/subspace_matrix.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "core/parallel.hpp"

namespace rhodrift {

namespace {

constexpr std::size_t rows_a_block = 64;

/// A section has a vector of its own in a product, and should be worth waking a thread for.
std::size_t section_count(std::size_t n_rows) {
  return std::clamp<std::size_t>(n_rows / 1024, 1, 16);
}

}  // namespace

SubspaceMatrix::SubspaceMatrix(const Outcomes& outcomes, const Misreading& misreading, int distance,
                               std::size_t bytes)
    : outcomes_(outcomes),
      misreading_(misreading),
      distance_(distance),
      tree_(outcomes),
      sections_(section_count(outcomes.size())) {
  std::size_t r = 0;
  for (std::size_t section = 0; section < sections_.size(); ++section)
    for (const std::size_t end = section_end(section); r < end; r += rows_a_block)
      sections_[section].push_back({r, std::min(r + rows_a_block, end), {}, {}, {}});
  keep_what_fits(static_cast<std::int64_t>(bytes));
}

/// Row r has r pairs to look at: sections end where equal parts of all pairs do, at whole blocks.
std::size_t SubspaceMatrix::section_end(std::size_t section) const {
  const double part = static_cast<double>(section + 1) / static_cast<double>(sections_.size());
  const double row = std::sqrt(part) * static_cast<double>(size());
  const std::size_t blocks = static_cast<std::size_t>(std::ceil(row / rows_a_block));
  return std::min(blocks * rows_a_block, outcomes_.size());
}

void SubspaceMatrix::keep_what_fits(std::int64_t bytes) {
  std::atomic<std::int64_t> left = bytes;
  std::atomic<std::int64_t> n_pairs = 0;
  parallel_for(sections_.size(), [&](std::size_t section) {
    Rows found;
    for (Rows& rows : sections_[section]) {
      if (left < 0) return;
      found.first = rows.first;
      found.last = rows.last;
      find_columns(found);
      const std::size_t size = found.end.size() + found.column.size();
      n_pairs += static_cast<std::int64_t>(found.column.size());
      left -= static_cast<std::int64_t>(size * sizeof(std::uint32_t));
      if (left >= 0) rows = found;  // a copy has no room to spare
    }
  });
  if (left >= n_pairs * static_cast<std::int64_t>(sizeof(Misreading::Pair)))
    parallel_for(sections_.size(), [&](std::size_t section) {
      for (Rows& rows : sections_[section]) find_pairs(rows);
    });
}

void SubspaceMatrix::find_columns(Rows& rows) const {
  std::vector<std::uint32_t> near(rows.last);
  rows.end.clear();
  rows.column.clear();
  for (std::size_t r = rows.first; r < rows.last; ++r) {
    const auto n_near = static_cast<std::ptrdiff_t>(tree_.near_below(r, distance_, near.data()));
    rows.column.insert(rows.column.end(), near.begin(), near.begin() + n_near);
    rows.end.push_back(static_cast<std::uint32_t>(rows.column.size()));
  }
}

void SubspaceMatrix::find_pairs(Rows& rows) const {
  rows.pair.clear();
  rows.pair.reserve(rows.column.size());
  std::size_t k = 0;
  for (std::size_t r = rows.first; r < rows.last; ++r) {
    const std::size_t end = rows.end[r - rows.first];
    misreading_.append_pairs(outcomes_, r, std::span(rows.column).subspan(k, end - k), rows.pair);
    k = end;
  }
}

template <typename Body>
void SubspaceMatrix::for_each_block(std::size_t section, Body body) const {
  Rows found;
  for (const Rows& rows : sections_[section]) {
    if (rows.pair.size() == rows.column.size() && !rows.end.empty()) {
      body(rows);
      continue;
    }
    found.first = rows.first;
    found.last = rows.last;
    if (rows.end.empty()) {
      find_columns(found);
    } else {
      found.end = rows.end;
      found.column = rows.column;
    }
    find_pairs(found);
    body(found);
  }
}

template <bool Transposed>
void SubspaceMatrix::add_product(const Rows& rows, const arma::vec& x, arma::vec& y) {
  std::size_t k = 0;
  for (std::size_t r = rows.first; r < rows.last; ++r) {
    const double x_row = x(r);
    double sum = x_row;  // T(r,r) = 1
    for (const std::size_t end = rows.end[r - rows.first]; k < end; ++k) {
      const Misreading::Pair pair = rows.pair[k];
      sum += (Transposed ? pair.backward : pair.forward) * x(rows.column[k]);
      y(rows.column[k]) += (Transposed ? pair.forward : pair.backward) * x_row;
    }
    y(r) += sum;
  }
}

template <bool Transposed>
arma::vec SubspaceMatrix::product(const arma::vec& x) const {
  std::vector<arma::vec> parts(sections_.size());
  parallel_for(sections_.size(), [&](std::size_t section) {
    parts[section].zeros(section_end(section));
    for_each_block(section,
                   [&](const Rows& rows) { add_product<Transposed>(rows, x, parts[section]); });
  });
  arma::vec y(size(), arma::fill::zeros);
  for (const arma::vec& part : parts)
    if (!part.empty()) y.head(part.n_elem) += part;
  return y;
}

arma::mat SubspaceMatrix::dense() const {
  arma::mat matrix(size(), size(), arma::fill::eye);
  for (std::size_t section = 0; section < sections_.size(); ++section)
    for_each_block(section, [&](const Rows& rows) {
      std::size_t k = 0;
      for (std::size_t r = rows.first; r < rows.last; ++r)
        for (; k < rows.end[r - rows.first]; ++k) {
          matrix(r, rows.column[k]) = rows.pair[k].forward;
          matrix(rows.column[k], r) = rows.pair[k].backward;
        }
    });
  return matrix;
}

arma::vec SubspaceMatrix::times(const arma::vec& x) const {
  return product<false>(x);
}

arma::vec SubspaceMatrix::transposed_times(const arma::vec& x) const {
  return product<true>(x);
}

void SubspaceMatrix::add_derivative(const Rows& rows, const arma::vec& x, const arma::vec& z,
                                    const arma::vec& y, std::vector<arma::mat>& derivative) const {
  std::vector<Misreading::Pair> weights;
  std::size_t k = 0;
  for (std::size_t r = rows.first; r < rows.last; ++r) {
    const std::size_t end = rows.end[r - rows.first];
    const auto columns = std::span(rows.column).subspan(k, end - k);
    weights.clear();
    for (const std::uint32_t c : columns)
      weights.push_back({(x(r) - z(c)) * y(c), (x(c) - z(r)) * y(r)});
    misreading_.add_derivative(outcomes_, r, columns, weights, derivative);
    k = end;
  }
}

std::vector<arma::mat> SubspaceMatrix::derivative(const arma::vec& x, const arma::vec& z,
                                                  const arma::vec& y) const {
  std::vector<std::vector<arma::mat>> parts(sections_.size(), misreading_.zero_derivative());
  parallel_for(sections_.size(), [&](std::size_t section) {
    for_each_block(section,
                   [&](const Rows& rows) { add_derivative(rows, x, z, y, parts[section]); });
  });
  for (std::size_t section = 1; section < parts.size(); ++section)
    for (std::size_t g = 0; g < parts[0].size(); ++g) parts[0][g] += parts[section][g];
  return parts[0];
}

}  // namespace rhodrift
