#pragma once

#include <array>
#include <cstdint>
#include <limits>

namespace rhodrift {

/// A stream of random numbers that is a pure function of (seed, stream): Philox4x32-10 in counter
/// mode (Salmon et al., SC'11, via Random123). Streams of one seed are independent, so work that is
/// split over threads draws the same numbers whatever the number of threads: give each piece of
/// work a stream of its own. Satisfies std::uniform_random_bit_generator.
class RandomStream {
 public:
  using result_type = std::uint64_t;

  explicit RandomStream(std::uint64_t seed, std::uint64_t stream = 0);

  result_type operator()();

  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Standard normal.
  double normal();
  /// Uniform in {0, …, bound-1}, unbiased. Throws InputError when bound is 0.
  std::uint64_t below(std::uint64_t bound);

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t block_ = 0;
  std::array<std::uint64_t, 2> buffer_{};
  unsigned used_ = 2;
};

/// A stream number made of a purpose and two indices, so that callers need not invent
/// arithmetic: different (purpose, a, b) give different streams up to hashing.
std::uint64_t stream_id(std::uint64_t purpose, std::uint64_t a, std::uint64_t b = 0);

}  // namespace rhodrift
