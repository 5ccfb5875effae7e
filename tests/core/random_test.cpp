#include <array>
#include <cmath>
#include <random>
#include <set>
#include <vector>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

static_assert(std::uniform_random_bit_generator<RandomStream>);

namespace {

using Words = std::array<std::uint32_t, 4>;

/// Philox4x32-10 as printed in Salmon et al., SC'11, section 3.3.
Words philox4x32_10(Words c, std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = 0xD2511F53ull * c[0], b = 0xCD9E8D57ull * c[2];
    c = {static_cast<std::uint32_t>(b >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ c[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return c;
}

}  // namespace

TEST_CASE("The reference Philox gives Random123's known answers") {
  CHECK(philox4x32_10({0, 0, 0, 0}, {0, 0}) ==
        Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("RandomStream is Philox4x32-10 with the seed as key, block and stream as counter") {
  RandomStream zero(0, 0);
  CHECK(zero() == 0xe169c58d6627e8d5);
  CHECK(zero() == 0x9b00dbd8bc57ac4c);
  const std::uint64_t seed = 0x0123456789abcdef, stream = 0xfedcba9876543210;
  RandomStream random(seed, stream);
  for (std::uint32_t block = 0; block < 5; ++block) {
    const Words words = philox4x32_10({block, 0, 0x76543210, 0xfedcba98}, {0x89abcdef, 0x01234567});
    CHECK(random() == (static_cast<std::uint64_t>(words[1]) << 32 | words[0]));
    CHECK(random() == (static_cast<std::uint64_t>(words[3]) << 32 | words[2]));
  }
}

TEST_CASE("Streams depend on seed and stream only") {
  RandomStream a(7, 3), same(7, 3), other_stream(7, 4), other_seed(8, 3);
  const std::uint64_t first = a();
  CHECK(same() == first);
  CHECK(other_stream() != first);
  CHECK(other_seed() != first);
}

TEST_CASE("uniform stays in [0, 1) with the moments of the uniform distribution") {
  RandomStream random(11);
  const int n = 200'000;
  double sum = 0, squares = 0, low = 1, high = 0;
  for (int i = 0; i < n; ++i) {
    const double u = random.uniform();
    sum += u;
    squares += u * u;
    low = std::min(low, u);
    high = std::max(high, u);
  }
  CHECK(low >= 0.0);
  CHECK(high < 1.0);
  CHECK(std::abs(sum / n - 0.5) < 4 * std::sqrt(1.0 / 12 / n));
  CHECK(std::abs(squares / n - 1.0 / 3) < 4 * std::sqrt(4.0 / 45 / n));
}

TEST_CASE("normal has the moments and tails of the standard normal") {
  RandomStream random(12);
  const int n = 200'000;
  std::array<double, 5> moment{};
  int beyond_two = 0;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal();
    for (int k = 1; k <= 4; ++k) moment[static_cast<std::size_t>(k)] += std::pow(x, k) / n;
    beyond_two += std::abs(x) > 2 ? 1 : 0;
  }
  // Four standard errors: Var x^k = m_2k - m_k^2 with m_2, m_4, m_6, m_8 = 1, 3, 15, 105.
  const double unit = 4 / std::sqrt(n);
  CHECK(std::abs(moment[1]) < unit);
  CHECK(std::abs(moment[2] - 1) < unit * std::sqrt(2));
  CHECK(std::abs(moment[3]) < unit * std::sqrt(15));
  CHECK(std::abs(moment[4] - 3) < unit * std::sqrt(96));
  const double tail = 0.04550026389635842;
  CHECK(std::abs(static_cast<double>(beyond_two) / n - tail) < unit * std::sqrt(tail));
}

TEST_CASE("below is unbiased") {
  RandomStream random(13);
  const std::uint64_t bound = 7;
  const int n = 70'000;
  std::vector<int> count(bound);
  for (int i = 0; i < n; ++i) ++count.at(random.below(bound));
  double chi_squared = 0;
  for (const int c : count) chi_squared += std::pow(c - n / 7.0, 2) / (n / 7.0);
  CHECK(chi_squared < 22.46);  // the 0.999 quantile of chi-squared with 6 degrees of freedom
}

TEST_CASE("below is unbiased for a bound that does not divide 2^64 by far") {
  // Plain modulo by 3·2^62 would give the lowest 2^62 values half of the weight, not a third.
  RandomStream random(14);
  const std::uint64_t third = std::uint64_t{1} << 62;
  const int n = 30'000;
  int low = 0;
  for (int i = 0; i < n; ++i) {
    const std::uint64_t drawn = random.below(3 * third);
    REQUIRE(drawn < 3 * third);
    low += drawn < third ? 1 : 0;
  }
  CHECK(std::abs(static_cast<double>(low) / n - 1.0 / 3) < 4 * std::sqrt(2.0 / 9 / n));
}

TEST_CASE("below takes the bounds at the ends of its range") {
  RandomStream random(15);
  for (int i = 0; i < 10; ++i) CHECK(random.below(1) == 0);
  CHECK_THROWS_WITH(random.below(0), "random number: bound: 0 is not positive");
}

TEST_CASE("stream_id tells purposes and indices apart") {
  std::set<std::uint64_t> ids;
  for (std::uint64_t purpose = 0; purpose < 4; ++purpose)
    for (std::uint64_t a = 0; a < 30; ++a)
      for (std::uint64_t b = 0; b < 30; ++b) ids.insert(stream_id(purpose, a, b));
  CHECK(ids.size() == 4 * 30 * 30);
  CHECK(stream_id(1, 2) == stream_id(1, 2, 0));
}
