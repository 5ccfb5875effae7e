#include "mitigation/readout/hamming_tree.hpp"

#include <bit>

// SSE4, AVX2, AVX-512 with and without a popcount of vectors (which Highway wants to be asked for),
// and scalar code.
#define HWY_WANT_AVX3_DL
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mitigation/readout/hamming_tree.cpp"
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace rhodrift::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Words = hn::CappedTag<std::uint64_t, HammingTree::fanout>;

struct Query {
  const HammingTree::Level* levels;
  const std::uint64_t* words;  // of the outcome asked for
  std::size_t n_words;
  std::size_t before;  // only outcomes before this one
  int distance;
};

/// Bit i: child i of the node may be near (is near, on level 0). NWords: n_words if it is known
/// when this is compiled, so that loops unroll, else 0.
template <bool Leaf, std::size_t NWords>
HWY_INLINE std::uint32_t near_children(const Query& query, const std::uint64_t* value,
                                       const std::uint64_t* agreed) {
  constexpr Words d;
  constexpr hn::RebindToSigned<Words> d_signed;
  const std::size_t n_words = NWords != 0 ? NWords : query.n_words;
  const auto too_far = hn::Set(d_signed, std::int64_t{query.distance} + 1);
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < HammingTree::fanout; i += hn::Lanes(d)) {
    auto sum = hn::Zero(d);
    for (std::size_t w = 0; w < n_words; ++w) {
      const std::size_t at = w * HammingTree::fanout + i;
      auto differs = hn::Xor(hn::LoadU(d, value + at), hn::Set(d, query.words[w]));
      if constexpr (!Leaf) differs = hn::And(differs, hn::LoadU(d, agreed + at));
      sum = hn::Add(sum, hn::PopulationCount(differs));
    }
    std::uint8_t bits[8];
    hn::StoreMaskBits(d_signed, hn::Lt(hn::BitCast(d_signed, sum), too_far), bits);
    mask |= static_cast<std::uint32_t>(bits[0]) << i;
  }
  return mask;
}

/// `span`: how many outcomes a child stands for.
template <std::size_t NWords>
std::uint32_t* visit(const Query& query, int level, std::size_t node, std::size_t span,
                     std::uint32_t* near) {
  const HammingTree::Level& here = query.levels[level];
  const std::size_t at = node * query.n_words * HammingTree::fanout;
  const std::size_t first = node * HammingTree::fanout;
  const std::uint64_t* const value = here.value.data() + at;
  std::uint32_t mask = level == 0
                           ? near_children<true, NWords>(query, value, nullptr)
                           : near_children<false, NWords>(query, value, here.agreed.data() + at);
  for (; mask != 0; mask &= mask - 1) {
    const std::size_t child = first + static_cast<std::size_t>(std::countr_zero(mask));
    if (child * span >= query.before) break;
    if (level == 0)
      *near++ = static_cast<std::uint32_t>(child);
    else
      near = visit<NWords>(query, level - 1, child, span / HammingTree::fanout, near);
  }
  return near;
}

std::size_t near_below(const std::vector<HammingTree::Level>& levels, std::size_t n_words,
                       std::size_t r, int distance, std::uint32_t* near) {
  std::vector<std::uint64_t> words(n_words);
  const HammingTree::Level& leaves = levels.front();
  for (std::size_t w = 0; w < n_words; ++w)
    words[w] = leaves.value[(r / HammingTree::fanout * n_words + w) * HammingTree::fanout +
                            r % HammingTree::fanout];
  std::size_t span = 1;
  for (std::size_t level = 1; level < levels.size(); ++level) span *= HammingTree::fanout;
  const Query query{levels.data(), words.data(), n_words, r, distance};
  const int top = static_cast<int>(levels.size()) - 1;
  const auto search = n_words == 1   ? visit<1>
                      : n_words == 2 ? visit<2>
                      : n_words == 3 ? visit<3>
                                     : visit<0>;
  return static_cast<std::size_t>(search(query, top, 0, span, near) - near);
}

}  // namespace rhodrift::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace rhodrift {

HWY_EXPORT(near_below);

namespace {

std::size_t whole_nodes(std::size_t n_children) {
  return (n_children + HammingTree::fanout - 1) / HammingTree::fanout;
}

}  // namespace

HammingTree::HammingTree(const Outcomes& outcomes) : n_words_(outcomes.n_words()) {
  Level leaves;
  leaves.n_children = outcomes.size();
  leaves.value.resize(whole_nodes(outcomes.size()) * n_words_ * fanout);
  for (std::size_t r = 0; r < outcomes.size(); ++r)
    for (std::size_t w = 0; w < n_words_; ++w)
      leaves.value[(r / fanout * n_words_ + w) * fanout + r % fanout] = outcomes.outcome(r)[w];
  levels_.push_back(std::move(leaves));
  while (levels_.back().n_children > fanout) add_level();
}

void HammingTree::add_level() {
  const Level& below = levels_.back();
  Level level;
  level.n_children = whole_nodes(below.n_children);
  level.value.resize(whole_nodes(level.n_children) * n_words_ * fanout);
  level.agreed.resize(level.value.size());
  for (std::size_t node = 0; node < level.n_children; ++node)
    for (std::size_t w = 0; w < n_words_; ++w) {
      const std::size_t from = (node * n_words_ + w) * fanout;
      const std::size_t size = std::min(fanout, below.n_children - node * fanout);
      std::uint64_t agreed = ~std::uint64_t{0};
      for (std::size_t i = from; i < from + size; ++i) {
        if (!below.agreed.empty()) agreed &= below.agreed[i];
        agreed &= ~(below.value[i] ^ below.value[from]);
      }
      const std::size_t to = (node / fanout * n_words_ + w) * fanout + node % fanout;
      level.value[to] = below.value[from] & agreed;
      level.agreed[to] = agreed;
    }
  levels_.push_back(std::move(level));
}

std::size_t HammingTree::near_below(std::size_t r, int distance, std::uint32_t* near) const {
  return HWY_DYNAMIC_DISPATCH(near_below)(levels_, n_words_, r, distance, near);
}

}  // namespace rhodrift

#endif  // HWY_ONCE
