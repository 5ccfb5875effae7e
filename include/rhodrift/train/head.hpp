#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rhodrift/circuit/observable.hpp>

namespace rhodrift {

/// What is read from a model's output qubits.
struct Head {
  enum class Kind {
    z,              ///< <Z> of each
    parity,         ///< <Z Z … Z> of all
    probabilities,  ///< the probability of each of their bitstrings, 0…0 first, of the first qubit
                    ///< the highest bit; of at most 8 qubits
    observables,  ///< any, on all the circuit's qubits
  };

  Kind kind = Kind::z;
  std::vector<Observable> observables = {};  ///< of that kind

  /// Throws InputError when there are too many qubits for probabilities.
  std::vector<Observable> on(const std::vector<int>& output_qubits) const;
};

/// "z", "parity", "probabilities", or observables with commas between them: "Z0, X1 Z2". Throws
/// InputError that lists what is known.
Head parse_head(std::string_view text);

}  // namespace rhodrift
