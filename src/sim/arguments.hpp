#pragma once

#include <span>

#include <rhodrift/circuit/angle.hpp>
#include <rhodrift/circuit/observable.hpp>

namespace rhodrift {

/// Throws InputError when a number is missing, left over or not finite.
void require_bound(const Binding& binding, int n_weights, int n_features);
/// Throws InputError when an observable reaches beyond n_qubits.
void require_within(std::span<const Observable> observables, int n_qubits);

}  // namespace rhodrift
