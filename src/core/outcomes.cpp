#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

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
    if (count > 0)
      outcomes.frequency.emplace_hint(
          outcomes.frequency.end(), bits,
          static_cast<double>(count) / static_cast<double>(outcomes.shots));
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
    if (probability != 0.0)
      outcomes.frequency.emplace_hint(outcomes.frequency.end(), bits, probability);
  }
  return outcomes;
}

std::map<Bitstring, std::uint64_t> Outcomes::counts() const {
  if (exact()) throw InputError("outcomes", "", "are exact probabilities and have no counts");
  std::map<Bitstring, std::uint64_t> counts;
  for (const auto& [bits, share] : frequency)
    counts[bits] = static_cast<std::uint64_t>(std::llround(share * static_cast<double>(shots)));
  return counts;
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
