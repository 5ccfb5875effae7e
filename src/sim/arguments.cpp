#include "sim/arguments.hpp"

#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

void require_finite(const char* name, std::span<const double> given, int needed) {
  if (given.size() != static_cast<std::size_t>(needed))
    throw InputError(name, "", fmt::format("the circuit takes {}, got {}", needed, given.size()));
  for (std::size_t k = 0; k < given.size(); ++k)
    if (!std::isfinite(given[k]))
      throw InputError(name, fmt::format("entry {}", k), fmt::format("{} is not finite", given[k]));
}

}  // namespace

void require_bound(const Binding& binding, int n_weights, int n_features) {
  require_finite("weights", binding.weights, n_weights);
  require_finite("features", binding.features, n_features);
}

void require_within(std::span<const Observable> observables, int n_qubits) {
  for (const Observable& observable : observables)
    for (const Observable::Term& term : observable.terms())
      if (term.pauli.min_qubits() > n_qubits)
        throw InputError("observable", term.pauli.to_string(),
                         fmt::format("reaches qubit {}, the circuit has {} qubits",
                                     term.pauli.min_qubits() - 1, n_qubits));
}

}  // namespace rhodrift
