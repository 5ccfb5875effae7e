#include <cmath>
#include <limits>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/core/random.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("Bitstrings have bit 0 rightmost") {
  CHECK(to_text(1, 3) == "001");
  CHECK(to_text(0b100, 3) == "100");
  CHECK(parse_bitstring("001") == 1);
  CHECK(parse_bitstring("1000") == 8);
  const Bitstring all = std::numeric_limits<Bitstring>::max();
  CHECK(to_text(all, 64) == std::string(64, '1'));
  CHECK(parse_bitstring(std::string(64, '1')) == all);
}

TEST_CASE("Bitstrings that are none are refused") {
  CHECK_THROWS_WITH(parse_bitstring("01x"),
                    "bitstring \"01x\": character 3: 'x' is neither 0 nor 1");
  CHECK_THROWS_WITH(parse_bitstring(""), "bitstring \"\": 0 characters are outside 1..64");
  CHECK_THROWS_AS(parse_bitstring(std::string(65, '0')), InputError);
  CHECK_THROWS_WITH(to_text(4, 2), "bitstring: outcome 4 does not fit in 2 bits");
  CHECK_THROWS_WITH(to_text(0, 65), "bitstring: 65 bits are outside 1..64");
  CHECK_THROWS_AS(to_text(0, 0), InputError);
}

TEST_CASE("Outcomes from counts give the counts back") {
  const std::map<Bitstring, std::uint64_t> counts{{0, 333'333'333}, {5, 1}, {7, 666'666'667}};
  const Outcomes outcomes = Outcomes::from_counts(3, counts);
  CHECK_FALSE(outcomes.exact());
  CHECK(outcomes.shots == 1'000'000'001);
  CHECK(outcomes.counts() == counts);
}

TEST_CASE("Outcomes from counts drop what was never seen and refuse what cannot be") {
  CHECK(Outcomes::from_counts(2, {{Bitstring{0}, 3}, {1, 0}}).size() == 1);
  CHECK_THROWS_WITH(Outcomes::from_counts(2, {{0, 0}}), "counts: hold no shots");
  CHECK_THROWS_WITH(Outcomes::from_counts(2, {{4, 1}}), "counts: outcome 4 does not fit in 2 bits");
  CHECK_THROWS_AS(Outcomes::from_counts(0, {{0, 1}}), InputError);
}

TEST_CASE("Outcomes from probabilities are exact") {
  const Outcomes outcomes = Outcomes::from_probabilities({0.25, 0.0, 0.0, 0.75});
  CHECK(outcomes.exact());
  CHECK(outcomes.n_bits == 2);
  CHECK(outcomes.words == std::vector<std::uint64_t>{0, 3});
  CHECK(outcomes.frequency == std::vector<double>{0.25, 0.75});
  CHECK_THROWS_WITH(outcomes.counts(), "outcomes: are exact probabilities and have no counts");
}

TEST_CASE("Outcomes from probabilities need 2^n finite numbers") {
  CHECK_THROWS_WITH(Outcomes::from_probabilities({0.5, 0.25, 0.25}),
                    "probabilities: 3 entries are not 2^n for n >= 1");
  CHECK_THROWS_AS(Outcomes::from_probabilities({1.0}), InputError);
  CHECK_THROWS_AS(Outcomes::from_probabilities({}), InputError);
  CHECK_THROWS_WITH(Outcomes::from_probabilities({1.0, std::numeric_limits<double>::infinity()}),
                    "probabilities: entry 1: inf is not finite");
}

TEST_CASE("Outcomes have any number of bits") {
  std::string low(127, '0'), high(127, '0');
  low.back() = high.front() = '1';
  const Outcomes outcomes = Outcomes::from_counts({{high, 1}, {low, 3}});
  CHECK(outcomes.n_bits == 127);
  CHECK(outcomes.n_words() == 2);
  CHECK(outcomes.words == std::vector<std::uint64_t>{1, 0, 0, std::uint64_t{1} << 62});
  CHECK(outcomes.frequency == std::vector<double>{0.75, 0.25});
  CHECK(outcomes.text(0) == low);
  CHECK(outcomes.text(1) == high);
  CHECK(bit_of(outcomes.outcome(1), 126));
  CHECK_FALSE(bit_of(outcomes.outcome(1), 0));
  CHECK_THROWS_WITH(outcomes.counts(), ContainsSubstring("127 bits"));
}

TEST_CASE("Counts as text are checked") {
  using Counts = std::map<std::string, std::uint64_t>;
  CHECK(Outcomes::from_counts(Counts{{"01", 3}, {"10", 1}}).counts() ==
        std::map<Bitstring, std::uint64_t>{{1, 3}, {2, 1}});
  CHECK_THROWS_WITH(Outcomes::from_counts(Counts{{"01", 1}, {"1", 1}}),
                    ContainsSubstring("has 1 characters, another outcome has 2"));
  CHECK_THROWS_WITH(Outcomes::from_counts(Counts{{"0x", 1}}),
                    ContainsSubstring("character 2: 'x' is neither 0 nor 1"));
  CHECK_THROWS_WITH(Outcomes::from_counts(Counts{}), ContainsSubstring("no shots"));
  CHECK_THROWS_WITH(Outcomes::from_counts(Counts{{"0", 0}}), ContainsSubstring("no shots"));
  CHECK_THROWS_WITH(Outcomes::from_counts(Counts{{"", 1}}), ContainsSubstring("0 characters"));
}

TEST_CASE("Draws are multinomial") {
  const std::vector<double> p{0.5, 0.0, 0.3, 0.2};
  const Outcomes exact = Outcomes::from_probabilities(p);
  const std::uint64_t shots = 50;
  const int repetitions = 20000;
  double mean[4] = {}, square[4] = {}, product = 0.0;
  RandomStream random(7);
  for (int r = 0; r < repetitions; ++r) {
    double f[4] = {};
    const Outcomes drawn = draw(exact, shots, random);
    CHECK(drawn.shots == shots);
    for (const auto& [bits, count] : drawn.counts()) f[bits] = static_cast<double>(count);
    CHECK(f[0] + f[2] + f[3] == 50.0);
    for (int b = 0; b < 4; ++b) {
      mean[b] += f[b] / repetitions;
      square[b] += f[b] * f[b] / repetitions;
    }
    product += f[0] * f[2] / repetitions;
  }
  for (int b = 0; b < 4; ++b) {
    const double variance = 50 * p[b] * (1 - p[b]);
    CHECK(std::abs(mean[b] - 50 * p[b]) <= 5 * std::sqrt(variance / repetitions));
    CHECK(square[b] - mean[b] * mean[b] == Approx(variance).epsilon(0.05));
  }
  CHECK(product - mean[0] * mean[2] == Approx(-50 * p[0] * p[2]).epsilon(0.06));
  CHECK_THROWS_WITH(draw(exact, 0, random), ContainsSubstring("nothing to draw"));
  CHECK_THROWS_WITH(draw(draw(exact, 1, random), 5, random), ContainsSubstring("shots themselves"));
}

TEST_CASE("ShotTable keeps every shot in order") {
  const int n_bits = GENERATE(1, 7, 8, 9, 31, 64);
  RandomStream random(3, static_cast<std::uint64_t>(n_bits));
  ShotTable table(n_bits);
  std::vector<Bitstring> shots;
  std::map<Bitstring, std::uint64_t> counts;
  for (int s = 0; s < 100; ++s) {
    shots.push_back(random() >> (64 - n_bits));
    table.append(shots.back());
    ++counts[shots.back()];
  }
  REQUIRE(table.size() == shots.size());
  CHECK(table.packed().size() == shots.size() * table.stride());
  const ShotTable read_back = ShotTable::from_packed(n_bits, table.packed());
  for (std::size_t s = 0; s < shots.size(); ++s) CHECK(read_back.at(s) == shots[s]);
  CHECK(table.outcomes().counts() == counts);
}

TEST_CASE("ShotTable packs bit i into bit i%8 of byte i/8") {
  ShotTable table(10);
  table.append(0b10'0000'0101);
  CHECK(table.stride() == 2);
  CHECK(table.packed() == std::vector<std::uint8_t>{0b0000'0101, 0b10});
}

TEST_CASE("Shots of a table of a given size are set from any place on") {
  const int n_bits = GENERATE(3, 8, 13, 64);
  RandomStream random(4, static_cast<std::uint64_t>(n_bits));
  ShotTable appended(n_bits), set(n_bits, 50);
  CHECK(set.size() == 50);
  CHECK(set.at(49) == 0);
  std::vector<Bitstring> shots;
  for (int s = 0; s < 50; ++s) {
    shots.push_back(random() >> (64 - n_bits));
    appended.append(shots.back());
  }
  set.set(20, std::span(shots).subspan(20));
  set.set(0, std::span(shots).first(20));
  set.set(50, {});
  CHECK(set.packed() == appended.packed());
}

TEST_CASE("ShotTable refuses what does not fit") {
  CHECK_THROWS_WITH(ShotTable(0), "shot table: 0 bits are outside 1..64");
  CHECK_THROWS_AS(ShotTable(65), InputError);
  ShotTable table(3);
  CHECK_THROWS_WITH(table.append(8), "shot table: outcome 8 does not fit in 3 bits");
  CHECK_THROWS_WITH(table.outcomes(), "counts: hold no shots");
  table.append(7);
  CHECK_THROWS_WITH(table.at(1), "shot table: shot 1 is outside a table of 1");
  const std::vector<Bitstring> two{1, 8};
  CHECK_THROWS_WITH(table.set(0, two), "shot table: 2 shots from 0 on are outside a table of 1");
  CHECK_THROWS_WITH(table.set(2, {}), "shot table: 0 shots from 2 on are outside a table of 1");
  CHECK_THROWS_WITH(table.set(0, std::span(two).last(1)),
                    "shot table: outcome 8 does not fit in 3 bits");
  CHECK_THROWS_WITH(ShotTable::from_packed(10, {1, 0, 1}),
                    "shot table: 3 bytes are not a multiple of the 2 bytes a shot takes");
  CHECK_THROWS_WITH(ShotTable::from_packed(3, {7, 8}),
                    "shot table: shot 1: a bit beyond the 3 bits is set");
}
