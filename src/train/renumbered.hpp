#pragma once

#include <functional>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// The circuit with weight `new_index(k)` in the place of weight k.
Circuit renumbered(const Circuit& circuit, const std::function<int(int)>& new_index);

}  // namespace rhodrift
