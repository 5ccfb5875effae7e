#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rhodrift/core/pauli.hpp>
#include <rhodrift/core/readout_error.hpp>

namespace rhodrift {

/// A real linear combination of Pauli strings. Everything here takes time in proportion to the
/// number of terms, T, but for the sort by which T terms are added up, T log T comparisons.
class Observable {
 public:
  struct Term {
    double coefficient;
    PauliString pauli;
  };

  Observable() = default;
  explicit Observable(PauliString pauli) : terms_{{1.0, std::move(pauli)}} {}
  /// Terms with the same string are added up, sums of zero dropped. Sorted by string.
  /// Throws InputError when a coefficient is not finite.
  explicit Observable(std::vector<Term> terms);
  static Observable z(int qubit) { return Observable(PauliString::z({qubit})); }
  /// "Z0", "X0 Y3 Z4", "0.5*Z0 - 1.25*X1 X2 + 3*I". Throws InputError with the position.
  static Observable parse(std::string_view text);

  const std::vector<Term>& terms() const { return terms_; }
  int min_qubits() const;
  bool is_diagonal() const;
  /// As `parse` reads it, every coefficient to its last bit; "0*I" when there are no terms.
  std::string to_string() const;

  /// The observable whose exact expectation is what a device with this readout error reports for
  /// this one, X and Y being read as Z after an error-free rotation of their qubit. `error` speaks
  /// of qubits (bits[i] = qubit). A qubit with its own figures turns P, any of X, Y, Z, into
  ///   (1 - p10 - p01) P + (p01 - p10) I.
  Observable with_readout_error(const ReadoutError& error) const;

 private:
  std::vector<Term> terms_;
};

}  // namespace rhodrift
