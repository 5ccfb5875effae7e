#include "mitigation/readout/subspace_matrix.hpp"

#include <atomic>
#include <cmath>

#include "core/parallel.hpp"

namespace rhodrift {

namespace {

constexpr std::size_t n_sections = 16;
constexpr std::size_t rows_a_block = 64;

}  // namespace

std::size_t SubspaceMatrix::Rows::bytes() const {
  return sizeof(Rows) + end.size() * sizeof(std::size_t) +
         column.size() * (sizeof(std::uint32_t) + sizeof(Misreading::Pair));
}

SubspaceMatrix::SubspaceMatrix(const Outcomes& outcomes, const Misreading& misreading, int distance,
                               std::size_t bytes)
    : outcomes_(outcomes),
      misreading_(misreading),
      distance_(distance),
      tree_(outcomes),
      sections_(n_sections) {
  // Row r has r pairs to look at: sections end where equal parts of all pairs do.
  const auto rows_before = [&](std::size_t section) {
    const double part = static_cast<double>(section) / n_sections;
    return static_cast<std::size_t>(std::sqrt(part) * static_cast<double>(size()));
  };
  std::atomic<std::int64_t> bytes_left = static_cast<std::int64_t>(bytes);
  parallel_for(n_sections, [&](std::size_t section) {
    const std::size_t end = rows_before(section + 1);
    for (std::size_t r = rows_before(section); r < end; r += rows_a_block) {
      Rows rows;
      rows.first = r;
      rows.last = std::min(r + rows_a_block, end);
      if (bytes_left > 0) {
        Rows filled = rows;
        fill(filled);
        if ((bytes_left -= static_cast<std::int64_t>(filled.bytes())) >= 0) rows = filled;
      }
      sections_[section].push_back(std::move(rows));
    }
  });
}

void SubspaceMatrix::fill(Rows& rows) const {
  std::vector<std::uint32_t> near(rows.last);
  rows.end.clear();
  rows.column.clear();
  rows.pair.clear();
  for (std::size_t r = rows.first; r < rows.last; ++r) {
    const std::uint64_t* const row = outcomes_.outcome(r).data();
    const std::size_t n_near = tree_.near_below(r, distance_, near.data());
    for (std::size_t k = 0; k < n_near; ++k) {
      const Misreading::Pair pair = misreading_(row, outcomes_.outcome(near[k]).data());
      if (pair.forward == 0.0 && pair.backward == 0.0) continue;
      rows.column.push_back(near[k]);
      rows.pair.push_back(pair);
    }
    rows.end.push_back(rows.column.size());
  }
}

template <typename Body>
void SubspaceMatrix::for_each_block(std::size_t section, Body body) const {
  Rows computed;
  for (const Rows& rows : sections_[section]) {
    if (!rows.end.empty()) {
      body(rows);
      continue;
    }
    computed.first = rows.first;
    computed.last = rows.last;
    fill(computed);
    body(computed);
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
  std::vector<arma::vec> parts(n_sections);
  parallel_for(n_sections, [&](std::size_t section) {
    const std::size_t rows = sections_[section].empty() ? 0 : sections_[section].back().last;
    parts[section].zeros(rows);
    for_each_block(section,
                   [&](const Rows& block) { add_product<Transposed>(block, x, parts[section]); });
  });
  arma::vec y(size(), arma::fill::zeros);
  for (const arma::vec& part : parts) y.head(part.n_elem) += part;
  return y;
}

arma::mat SubspaceMatrix::dense() const {
  arma::mat matrix(size(), size(), arma::fill::eye);
  for (std::size_t section = 0; section < n_sections; ++section)
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

template arma::vec SubspaceMatrix::product<false>(const arma::vec&) const;
template arma::vec SubspaceMatrix::product<true>(const arma::vec&) const;

}  // namespace rhodrift
