#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <rhodrift/report/text_plot.hpp>

namespace rhodrift {

namespace {

constexpr std::array<const char*, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

// `width` averages over consecutive stretches of as equal length as can be.
std::vector<double> averaged(std::span<const double> values, std::size_t width) {
  std::vector<double> result;
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t begin = i * values.size() / width, end = (i + 1) * values.size() / width;
    double sum = 0.0;
    for (std::size_t k = begin; k < end; ++k) sum += values[k];
    result.push_back(sum / static_cast<double>(end - begin));
  }
  return result;
}

}  // namespace

std::string sparkline(std::span<const double> values, double low, double high, std::size_t width) {
  std::string line;
  for (const double value : averaged(values, std::min(width, values.size()))) {
    if (std::isnan(value)) {
      line += ' ';
      continue;
    }
    const double share = high > low ? (value - low) / (high - low) : 0.5;
    const double level = std::clamp(share, 0.0, 1.0) * static_cast<double>(blocks.size() - 1);
    line += blocks[static_cast<std::size_t>(std::lround(level))];
  }
  return line;
}

}  // namespace rhodrift
