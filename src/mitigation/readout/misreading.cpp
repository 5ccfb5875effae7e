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
    const int place = static_cast<int>(n_values_.size());
    n_values_.push_back(ratio.n_rows);
    if (group.bits.size() == 1) {
      Bit& bit = bits_[static_cast<std::size_t>(group.bits[0])];
      bit.ratio = {ratio(1, 0), ratio(0, 1)};
      bit.itself = {group.matrix(0, 0), group.matrix(1, 1)};
      bit.place = place;
      continue;
    }
    for (const int bit : group.bits)
      bits_[static_cast<std::size_t>(bit)].group = static_cast<int>(groups_.size());
    groups_.push_back({group.bits, ratio, group.matrix.diag(), place});
  }
}

template <typename Body>
inline void Misreading::for_each_factor(const std::uint64_t* r, const std::uint64_t* c,
                                        Body body) const {
  for (std::size_t w = 0; w < n_words_; ++w)
    for (std::uint64_t differs = r[w] ^ c[w]; differs != 0; differs &= differs - 1) {
      const int place = std::countr_zero(differs);
      const std::size_t index = 64 * w + static_cast<std::size_t>(place);
      const Bit& bit = bits_[index];
      if (bit.group < 0) {
        const std::size_t prepared = c[w] >> place & 1;
        body(Factor{
            bit.place, 1 - prepared, prepared, {bit.ratio[prepared], bit.ratio[1 - prepared]}});
        continue;
      }
      const Group& group = groups_[static_cast<std::size_t>(bit.group)];
      if (!is_first_to_differ(group, static_cast<int>(index), r, c)) continue;
      const arma::uword m = group_index(group.bits, {r, n_words_});
      const arma::uword p = group_index(group.bits, {c, n_words_});
      body(Factor{group.place, m, p, {group.ratio(m, p), group.ratio(p, m)}});
    }
}

/// A group is met at each of its bits that differ.
bool Misreading::is_first_to_differ(const Group& group, int bit, const std::uint64_t* r,
                                    const std::uint64_t* c) const {
  const std::span<const std::uint64_t> row(r, n_words_), column(c, n_words_);
  return std::ranges::none_of(group.bits, [&](int other) {
    return other < bit && bit_of(row, other) != bit_of(column, other);
  });
}

void Misreading::append_pairs(const Outcomes& outcomes, std::size_t r,
                              std::span<const std::uint32_t> columns,
                              std::vector<Pair>& pairs) const {
  for (const std::uint32_t c : columns) {
    Pair pair{1.0, 1.0};
    for_each_factor(outcomes.outcome(r).data(), outcomes.outcome(c).data(),
                    [&](const Factor& factor) {
                      pair.forward *= factor.ratio.forward;
                      pair.backward *= factor.ratio.backward;
                    });
    pairs.push_back(pair);
  }
}

void Misreading::add_derivative(const Outcomes& outcomes, std::size_t r,
                                std::span<const std::uint32_t> columns,
                                std::span<const Pair> weights,
                                std::vector<arma::mat>& derivative) const {
  std::vector<Factor> factors;
  std::vector<Pair> before;  // the weight times the factors before each
  for (std::size_t k = 0; k < columns.size(); ++k) {
    factors.clear();
    before.clear();
    Pair product = weights[k];
    for_each_factor(outcomes.outcome(r).data(), outcomes.outcome(columns[k]).data(),
                    [&](const Factor& factor) {
                      factors.push_back(factor);
                      before.push_back(product);
                      product.forward *= factor.ratio.forward;
                      product.backward *= factor.ratio.backward;
                    });
    Pair after{1.0, 1.0};
    for (std::size_t i = factors.size(); i-- > 0;) {
      const Factor& factor = factors[i];
      if (factor.place >= 0) {
        arma::mat& of_group = derivative[static_cast<std::size_t>(factor.place)];
        of_group(factor.m, factor.p) += before[i].forward * after.forward;
        of_group(factor.p, factor.m) += before[i].backward * after.backward;
      }
      after.forward *= factor.ratio.forward;
      after.backward *= factor.ratio.backward;
    }
  }
}

std::vector<arma::mat> Misreading::zero_derivative() const {
  std::vector<arma::mat> derivative;
  for (const arma::uword n : n_values_) derivative.push_back(arma::zeros(n, n));
  return derivative;
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
