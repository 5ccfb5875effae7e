#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include <boost/random/binomial_distribution.hpp>
#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/outcomes.hpp>

namespace rhodrift {

namespace {

constexpr int max_bits = 64;

int checked_width(const std::string& source, int n_bits) {
  if (n_bits < 1 || n_bits > max_bits)
    throw InputError(source, "", fmt::format("{} bits are outside 1..{}", n_bits, max_bits));
  return n_bits;
}

bool fits(Bitstring bits, int n_bits) {
  return n_bits == max_bits || bits >> n_bits == 0;
}

void check_fits(const std::string& source, Bitstring bits, int n_bits) {
  if (!fits(bits, n_bits))
    throw InputError(source, "", fmt::format("outcome {} does not fit in {} bits", bits, n_bits));
}

/// How far below 0 rounding may have put a probability.
constexpr double rounding = 1e-9;

void check_outcome_text(const std::string& text, int n_bits) {
  const auto fail = [&](const std::string& problem) {
    throw InputError("counts", "\"" + text + "\"", problem);
  };
  if (text.empty() || text.size() > static_cast<std::size_t>(Outcomes::max_bits))
    fail(fmt::format("{} characters are outside 1..{}", text.size(), Outcomes::max_bits));
  if (text.size() != static_cast<std::size_t>(n_bits))
    fail(fmt::format("has {} characters, another outcome has {}", text.size(), n_bits));
  const auto wrong = text.find_first_not_of("01");
  if (wrong != std::string::npos)
    fail(fmt::format("character {}: '{}' is neither 0 nor 1", wrong + 1, text[wrong]));
}

/// The outcome's words, bit 0 being the last character of the text.
void append_words(const std::string& text, std::vector<std::uint64_t>& words) {
  const std::size_t first = words.size();
  words.resize(first + (text.size() + 63) / 64, 0);
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[text.size() - 1 - i] == '1') words[first + i / 64] |= std::uint64_t{1} << (i % 64);
}

std::uint64_t draw_binomial(std::uint64_t trials, double probability, RandomStream& random) {
  using Signed = std::int64_t;
  if (probability >= 1.0) return trials;
  boost::random::binomial_distribution<Signed, double> binomial(static_cast<Signed>(trials),
                                                                probability);
  return static_cast<std::uint64_t>(binomial(random));
}

}  // namespace

std::string to_text(Bitstring bits, int n_bits) {
  checked_width("bitstring", n_bits);
  check_fits("bitstring", bits, n_bits);
  std::string text(static_cast<std::size_t>(n_bits), '0');
  for (auto it = text.rbegin(); it != text.rend(); ++it, bits >>= 1)
    if (bits & 1) *it = '1';
  return text;
}

Bitstring parse_bitstring(std::string_view text) {
  const std::string source = fmt::format("bitstring \"{}\"", text);
  if (text.empty() || text.size() > max_bits)
    throw InputError(source, "",
                     fmt::format("{} characters are outside 1..{}", text.size(), max_bits));
  Bitstring bits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '0' && text[i] != '1')
      throw InputError(source, fmt::format("character {}", i + 1),
                       fmt::format("'{}' is neither 0 nor 1", text[i]));
    bits = bits << 1 | (text[i] == '1' ? 1u : 0u);
  }
  return bits;
}

Outcomes Outcomes::from_counts(int n_bits, const std::map<Bitstring, std::uint64_t>& counts) {
  Outcomes outcomes;
  outcomes.n_bits = checked_width("counts", n_bits);
  for (const auto& [bits, count] : counts) {
    check_fits("counts", bits, n_bits);
    outcomes.shots += count;
  }
  if (outcomes.shots == 0) throw InputError("counts", "", "hold no shots");
  for (const auto& [bits, count] : counts)
    if (count > 0) {
      outcomes.words.push_back(bits);
      outcomes.frequency.push_back(static_cast<double>(count) /
                                   static_cast<double>(outcomes.shots));
    }
  return outcomes;
}

Outcomes Outcomes::from_counts(const std::map<std::string, std::uint64_t>& counts) {
  Outcomes outcomes;
  if (counts.empty()) throw InputError("counts", "", "hold no shots");
  outcomes.n_bits = static_cast<int>(counts.begin()->first.size());
  for (const auto& [text, count] : counts) {
    check_outcome_text(text, outcomes.n_bits);
    outcomes.shots += count;
  }
  if (outcomes.shots == 0) throw InputError("counts", "", "hold no shots");
  // Texts of one length sort as the numbers they are.
  for (const auto& [text, count] : counts)
    if (count > 0) {
      append_words(text, outcomes.words);
      outcomes.frequency.push_back(static_cast<double>(count) /
                                   static_cast<double>(outcomes.shots));
    }
  return outcomes;
}

Outcomes Outcomes::from_probabilities(const std::vector<double>& probabilities) {
  if (probabilities.size() < 2 || !std::has_single_bit(probabilities.size()))
    throw InputError("probabilities", "",
                     fmt::format("{} entries are not 2^n for n >= 1", probabilities.size()));
  Outcomes outcomes;
  outcomes.n_bits = std::countr_zero(probabilities.size());
  for (Bitstring bits = 0; bits < probabilities.size(); ++bits) {
    const double probability = probabilities[bits];
    if (!std::isfinite(probability))
      throw InputError("probabilities", fmt::format("entry {}", bits),
                       fmt::format("{} is not finite", probability));
    if (probability == 0.0) continue;
    outcomes.words.push_back(bits);
    outcomes.frequency.push_back(probability);
  }
  return outcomes;
}

Bitstring Outcomes::number(std::size_t r) const {
  if (n_bits > 64)
    throw InputError("outcomes", "", fmt::format("{} bits are no number of at most 64", n_bits));
  return words[r];
}

std::string Outcomes::text(std::size_t r) const {
  std::string text(static_cast<std::size_t>(n_bits), '0');
  for (int i = 0; i < n_bits; ++i)
    if (bit_of(outcome(r), i)) text[static_cast<std::size_t>(n_bits - 1 - i)] = '1';
  return text;
}

std::map<Bitstring, std::uint64_t> Outcomes::counts() const {
  if (exact()) throw InputError("outcomes", "", "are exact probabilities and have no counts");
  std::map<Bitstring, std::uint64_t> counts;
  for (std::size_t r = 0; r < size(); ++r)
    counts[number(r)] =
        static_cast<std::uint64_t>(std::llround(frequency[r] * static_cast<double>(shots)));
  return counts;
}

Outcomes draw(const Outcomes& exact, std::uint64_t shots, RandomStream& random) {
  if (!exact.exact()) throw InputError("outcomes", "", "to draw from are shots themselves");
  if (shots == 0) throw InputError("shots", "", "0 are nothing to draw");
  double mass_left = 0.0;
  for (std::size_t r = 0; r < exact.size(); ++r) {
    if (!(exact.frequency[r] >= -rounding))
      throw InputError("outcomes", exact.text(r),
                       fmt::format("has probability {}", exact.frequency[r]));
    mass_left += std::max(exact.frequency[r], 0.0);
  }
  Outcomes drawn;
  drawn.n_bits = exact.n_bits;
  drawn.shots = shots;
  // A multinomial as binomials, each of the shots that the earlier outcomes left.
  std::uint64_t left = shots;
  for (std::size_t r = 0; r < exact.size() && left > 0; ++r) {
    const double mass = std::max(exact.frequency[r], 0.0);
    const bool last = r + 1 == exact.size();
    const double share = last ? 1.0 : std::clamp(mass / mass_left, 0.0, 1.0);
    const std::uint64_t count = draw_binomial(left, share, random);
    mass_left -= mass;
    left -= count;
    if (count == 0) continue;
    const auto words = exact.outcome(r);
    drawn.words.insert(drawn.words.end(), words.begin(), words.end());
    drawn.frequency.push_back(static_cast<double>(count) / static_cast<double>(shots));
  }
  return drawn;
}

ShotTable::ShotTable(int n_bits, std::uint64_t size)
    : n_bits_(checked_width("shot table", n_bits)), bytes_(size * stride()) {}

ShotTable ShotTable::from_packed(int n_bits, std::vector<std::uint8_t> bytes) {
  ShotTable table(n_bits);
  if (bytes.size() % table.stride() != 0)
    throw InputError("shot table", "",
                     fmt::format("{} bytes are not a multiple of the {} bytes a shot takes",
                                 bytes.size(), table.stride()));
  table.bytes_ = std::move(bytes);
  for (std::uint64_t shot = 0; shot < table.size(); ++shot)
    if (!fits(table.at(shot), n_bits))
      throw InputError("shot table", fmt::format("shot {}", shot),
                       fmt::format("a bit beyond the {} bits is set", n_bits));
  return table;
}

void ShotTable::append(Bitstring bits) {
  check_fits("shot table", bits, n_bits_);
  for (std::size_t byte = 0; byte < stride(); ++byte, bits >>= 8)
    bytes_.push_back(static_cast<std::uint8_t>(bits & 0xff));
}

void ShotTable::set(std::uint64_t first, std::span<const Bitstring> shots) {
  if (first > size() || shots.size() > size() - first)
    throw InputError(
        "shot table", "",
        fmt::format("{} shots from {} on are outside a table of {}", shots.size(), first, size()));
  const std::size_t width = stride();
  std::uint8_t* byte = bytes_.data() + first * width;
  for (Bitstring bits : shots) {
    check_fits("shot table", bits, n_bits_);
    for (std::size_t k = 0; k < width; ++k, bits >>= 8)
      *byte++ = static_cast<std::uint8_t>(bits & 0xff);
  }
}

Bitstring ShotTable::at(std::uint64_t shot) const {
  if (shot >= size())
    throw InputError("shot table", "",
                     fmt::format("shot {} is outside a table of {}", shot, size()));
  Bitstring bits = 0;
  for (std::size_t byte = 0; byte < stride(); ++byte)
    bits |= static_cast<Bitstring>(bytes_[shot * stride() + byte]) << (8 * byte);
  return bits;
}

// Sorted first: a map grown in the order of the shots misses the cache at every step.
Outcomes ShotTable::outcomes() const {
  std::vector<Bitstring> sorted(size());
  for (std::uint64_t shot = 0; shot < size(); ++shot) sorted[shot] = at(shot);
  std::ranges::sort(sorted);
  std::map<Bitstring, std::uint64_t> counts;
  for (auto run = sorted.begin(); run != sorted.end();) {
    const auto end =
        std::ranges::find_if_not(run, sorted.end(), [&](Bitstring bits) { return bits == *run; });
    counts.emplace_hint(counts.end(), *run, end - run);
    run = end;
  }
  return Outcomes::from_counts(n_bits_, counts);
}

}  // namespace rhodrift
