#pragma once

#include <functional>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// The circuit with weight `new_weight(k)` in the place of weight k, and feature `new_feature(k)`
/// in that of feature k.
Circuit renumbered(const Circuit& circuit, const std::function<int(int)>& new_weight,
                   const std::function<int(int)>& new_feature = std::identity());

}  // namespace rhodrift
