#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <rhodrift/core/random.hpp>

namespace rhodrift {

/// Puts the items in a uniformly random order (Fisher and Yates). std::shuffle leaves its draws to
/// the standard library, so results would differ between platforms.
template <typename Item>
void shuffle(std::vector<Item>& items, RandomStream& random) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
}

}  // namespace rhodrift
