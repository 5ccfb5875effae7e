#pragma once

#include <cstdint>
#include <vector>

#include <rhodrift/core/outcomes.hpp>

namespace rhodrift {

/// Finds the outcomes that differ from a given one in few bits. The outcomes, in ascending order,
/// are the leaves of a tree with 32 children a node. A node knows the bits in which all of its
/// outcomes agree: they tell how far it is away at least, and neighbours in the order agree in
/// many. The children of a node are compared at once, a vector register at a time.
class HammingTree {
 public:
  static constexpr std::size_t fanout = 32;

  explicit HammingTree(const Outcomes& outcomes);

  /// The c < r within `distance` bits of outcome r, in ascending order, written to `near`, which
  /// has room for r of them. Returns how many there are.
  std::size_t near_below(std::size_t r, int distance, std::uint32_t* near) const;

  /// Nodes of one distance from the leaves. Word w of child i of node t is at (t n_words + w)
  /// fanout
  /// + i, where a child is an outcome (level 0) or a node of the level below.
  struct Level {
    std::vector<std::uint64_t> value;
    std::vector<std::uint64_t> agreed;  ///< mask of the bits that `value` speaks of; level 0: none
    std::size_t n_children = 0;
  };

 private:
  void add_level();

  std::size_t n_words_;
  std::vector<Level> levels_;
};

}  // namespace rhodrift
