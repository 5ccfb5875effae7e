#include "mitigation/readout/misreading.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

#include "mitigation/readout/product_matrix.hpp"

namespace rhodrift {

namespace {

arma::mat ratios(const ConfusionMatrix& group) {
  const arma::vec itself = group.matrix.diag();
  if (!(itself.min() > 0.0))
    throw InputError("readout error", fmt::format("bits {}", fmt::join(group.bits, ",")),
                     fmt::format("value {} is never read as itself", itself.index_min()));
  return group.matrix.each_row() / itself.t();
}

}  // namespace

Misreading::Misreading(const ReadoutError& error, int n_bits)
    : n_words_((static_cast<std::size_t>(n_bits) + 63) / 64), bits_(n_words_ * 64) {
  for (const ConfusionMatrix& group : error) {
    const arma::mat ratio = ratios(group);
    if (group.bits.size() == 1) {
      Bit& bit = bits_[static_cast<std::size_t>(group.bits[0])];
      bit.ratio = {ratio(1, 0), ratio(0, 1)};
      bit.itself = {group.matrix(0, 0), group.matrix(1, 1)};
      continue;
    }
    for (const int bit : group.bits)
      bits_[static_cast<std::size_t>(bit)].group = static_cast<int>(groups_.size());
    groups_.push_back({group.bits, ratio, group.matrix.diag()});
  }
}

void Misreading::append_pairs(const Outcomes& outcomes, std::size_t r,
                              std::span<const std::uint32_t> columns,
                              std::vector<Pair>& pairs) const {
  for (const std::uint32_t c : columns)
    pairs.push_back(pair(outcomes.outcome(r).data(), outcomes.outcome(c).data()));
}

inline Misreading::Pair Misreading::pair(const std::uint64_t* r, const std::uint64_t* c) const {
  Pair result{1.0, 1.0};
  for (std::size_t w = 0; w < n_words_; ++w)
    for (std::uint64_t differs = r[w] ^ c[w]; differs != 0; differs &= differs - 1) {
      const int place = std::countr_zero(differs);
      const std::size_t bit = 64 * w + static_cast<std::size_t>(place);
      if (bits_[bit].group >= 0) {
        multiply_group(groups_[static_cast<std::size_t>(bits_[bit].group)], static_cast<int>(bit),
                       r, c, result);
        continue;
      }
      const std::size_t prepared = c[w] >> place & 1;
      result.forward *= bits_[bit].ratio[prepared];
      result.backward *= bits_[bit].ratio[1 - prepared];
    }
  return result;
}

/// Once a group: at the first of its bits that differ.
void Misreading::multiply_group(const Group& group, int bit, const std::uint64_t* r,
                                const std::uint64_t* c, Pair& pair) const {
  const std::span<const std::uint64_t> row(r, n_words_), column(c, n_words_);
  for (const int other : group.bits)
    if (other < bit && bit_of(row, other) != bit_of(column, other)) return;
  const arma::uword m = group_index(group.bits, row), p = group_index(group.bits, column);
  pair.forward *= group.ratio(m, p);
  pair.backward *= group.ratio(p, m);
}

double Misreading::read_as_itself(std::span<const std::uint64_t> c) const {
  double probability = 1.0;
  for (std::size_t bit = 0; bit < bits_.size(); ++bit)
    probability *= bits_[bit].itself[c[bit / 64] >> (bit % 64) & 1];
  for (const Group& group : groups_) probability *= group.itself(group_index(group.bits, c));
  return probability;
}

int Misreading::reach(std::size_t n_outcomes, double mass) const {
  std::vector<double> largest;
  for (const Bit& bit : bits_)
    if (bit.group < 0) largest.push_back(std::max(bit.ratio[0], bit.ratio[1]));
  for (const Group& group : groups_) {
    arma::mat others = group.ratio;
    others.diag().zeros();
    // Of k bits at most k differ: m^(1/k) a bit bounds the group's m if that is below 1.
    const auto k = static_cast<double>(group.bits.size());
    const double a_bit = std::pow(others.max(), 1.0 / k);
    largest.insert(largest.end(), group.bits.size(), a_bit);
  }
  std::ranges::sort(largest, std::greater());
  const int all = static_cast<int>(largest.size());
  if (largest[0] >= 1.0) return all;
  double bound = static_cast<double>(n_outcomes);
  for (int distance = 0; distance < all; ++distance) {
    bound *= largest[static_cast<std::size_t>(distance)];
    if (bound < mass) return distance;
  }
  return all;
}

}  // namespace rhodrift
