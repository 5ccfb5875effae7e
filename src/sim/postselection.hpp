#pragma once

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// Throws InputError when `probability`, that of all post-selections of a circuit, is below 1e-14,
/// where it cannot be told from 0. The message names the post-selection at which it got there.
void require_possible(double probability, const Circuit& circuit, const Binding& binding);

}  // namespace rhodrift
