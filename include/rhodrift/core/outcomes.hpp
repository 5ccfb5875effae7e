#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rhodrift/core/random.hpp>

namespace rhodrift {

/// An outcome of measuring n classical bits, n <= 64: bit i of the number is classical bit i.
/// As text, bit 0 is the rightmost character: bit 0 set on 3 bits is "001".
using Bitstring = std::uint64_t;

/// Throws InputError when n_bits is outside 1..64 or the outcome does not fit.
std::string to_text(Bitstring bits, int n_bits);
/// Throws InputError when a character is not 0 or 1 or the text is empty or longer than 64.
Bitstring parse_bitstring(std::string_view text);

/// What came out of running one circuit: the distinct outcomes and how often each was seen, for any
/// number of bits. Sampled: `frequency` times `shots` is a count. Exact: `shots` is 0 and
/// `frequency` holds probabilities.
struct Outcomes {
  static constexpr int max_bits = 4096;

  int n_bits = 0;
  std::uint64_t shots = 0;
  /// Outcome r occupies words [r*n_words(), (r+1)*n_words()): bit i of it is bit i%64 of word i/64.
  /// In ascending order of the numbers they are, each once.
  std::vector<std::uint64_t> words;
  std::vector<double> frequency;  ///< of outcome r; they sum to 1

  /// Throws InputError when there are no shots or an outcome does not fit in n_bits (1..64).
  static Outcomes from_counts(int n_bits, const std::map<Bitstring, std::uint64_t>& counts);
  /// The same with outcomes as text, bit 0 the rightmost character, of 1..max_bits characters.
  /// Throws InputError when there are no shots, a character is not 0 or 1, or lengths differ.
  static Outcomes from_counts(const std::map<std::string, std::uint64_t>& counts);
  /// `probabilities[b]`, 2^n finite entries, n >= 1; entries of zero are dropped.
  /// Throws InputError.
  static Outcomes from_probabilities(const std::vector<double>& probabilities);

  std::size_t size() const { return frequency.size(); }
  std::size_t n_words() const { return (static_cast<std::size_t>(n_bits) + 63) / 64; }
  std::span<const std::uint64_t> outcome(std::size_t r) const {
    return {words.data() + r * n_words(), n_words()};
  }
  /// Outcome r as a number: of at most 64 bits, else InputError.
  Bitstring number(std::size_t r) const;
  /// Outcome r as text, bit 0 the rightmost character.
  std::string text(std::size_t r) const;
  bool exact() const { return shots == 0; }
  /// Counts of a sampled run, of at most 64 bits. Throws InputError when exact or wider.
  std::map<Bitstring, std::uint64_t> counts() const;
};

/// Bit i of an outcome.
inline bool bit_of(std::span<const std::uint64_t> outcome, int i) {
  return (outcome[static_cast<std::size_t>(i) / 64] >> (i % 64) & 1) != 0;
}

/// What `shots` runs give whose outcomes have the probabilities of `exact` (an Outcomes without
/// shots): a multinomial draw, in time proportional to the number of outcomes. Probabilities are
/// normalised; those that rounding made negative (above -1e-9) count as 0.
/// Throws InputError when `exact` has shots or a probability is below that, or shots is 0.
Outcomes draw(const Outcomes& exact, std::uint64_t shots, RandomStream& random);

/// Every shot of one circuit in the order they were drawn, packed: shot s occupies bytes
/// [s*stride, (s+1)*stride) with stride = ceil(n_bits/8); bit i of the shot is bit i%8 of byte i/8.
class ShotTable {
 public:
  /// `size` shots, every bit 0. Throws InputError when n_bits is outside 1..64.
  explicit ShotTable(int n_bits, std::uint64_t size = 0);
  /// Throws InputError when the bytes are no whole number of shots or a padding bit is set.
  static ShotTable from_packed(int n_bits, std::vector<std::uint8_t> bytes);

  /// Throws InputError when the outcome does not fit.
  void append(Bitstring bits);
  /// Overwrites the shots from `first` on. Different shots may be set from several threads at once.
  /// Throws InputError when there are no such shots or an outcome does not fit.
  void set(std::uint64_t first, std::span<const Bitstring> shots);
  /// Throws InputError when there is no such shot.
  Bitstring at(std::uint64_t shot) const;
  int n_bits() const { return n_bits_; }
  std::uint64_t size() const { return bytes_.size() / stride(); }
  std::size_t stride() const { return (static_cast<std::size_t>(n_bits_) + 7) / 8; }
  const std::vector<std::uint8_t>& packed() const { return bytes_; }
  /// Throws InputError when the table is empty.
  Outcomes outcomes() const;

 private:
  int n_bits_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace rhodrift
