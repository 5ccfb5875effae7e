#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rhodrift {

/// The base-4 digit of a Pauli: I=0 X=1 Y=2 Z=3.
enum class Pauli : std::uint8_t { I, X, Y, Z };

/// A tensor product of Paulis on a few qubits, kept sparse so that it has no device size.
class PauliString {
 public:
  struct Factor {
    int qubit;    ///< >= 0
    Pauli pauli;  ///< never I
    auto operator<=>(const Factor&) const = default;
  };

  /// The identity.
  PauliString() = default;
  /// Sorts by qubit and drops I. Throws InputError when a qubit is negative or repeated.
  explicit PauliString(std::vector<Factor> factors);
  /// Z on the given qubits.
  static PauliString z(const std::vector<int>& qubits);
  /// Reads "X0 Y3 Z4" (any order, blanks optional), or "I" for the identity.
  /// Throws InputError that shows the text and the position.
  static PauliString parse(std::string_view text);
  /// Reads the string that starts at `position` of a longer text and moves `position` to the first
  /// character after it that is not blank.
  static PauliString parse_at(std::string_view text, std::size_t& position);

  const std::vector<Factor>& factors() const { return factors_; }
  /// One more than the highest qubit; 0 for the identity.
  int min_qubits() const { return factors_.empty() ? 0 : factors_.back().qubit + 1; }
  /// True when every factor is Z.
  bool is_diagonal() const;
  /// Position in a Pauli vector: qubit q is base-4 digit q (bits 2q, 2q+1).
  /// Throws InputError past qubit 31.
  std::uint64_t index() const;
  /// "X0 Y3 Z4"; "I" for the identity.
  std::string to_string() const;

  auto operator<=>(const PauliString&) const = default;

 private:
  std::vector<Factor> factors_;
};

}  // namespace rhodrift
