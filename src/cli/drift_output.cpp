#include "cli/drift_output.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include <rhodrift/report/text_plot.hpp>

namespace rhodrift::cli {

namespace {

constexpr std::size_t plot_width = 60;

std::vector<double> values_of(const DriftStudy::Track& track) {
  std::vector<double> values;
  for (const Estimate& estimate : track.values) values.push_back(estimate.value);
  return values;
}

}  // namespace

std::string drift_text(const DriftStudy& study) {
  std::map<std::string, std::pair<double, double>> scales;
  for (const DriftStudy::Track& track : study.tracks) {
    const std::vector<double> values = values_of(track);
    const auto [low, high] = std::ranges::minmax(values);
    const auto [scale, fresh] = scales.try_emplace(track.quantity, low, high);
    if (!fresh)
      scale->second = {std::min(scale->second.first, low), std::max(scale->second.second, high)};
  }
  std::string text =
      fmt::format("{} over {} recorded states, {} to {}\n", study.device, study.times.size(),
                  to_iso8601(study.times.front()), to_iso8601(study.times.back()));
  std::size_t name_width = 0;
  for (const DriftStudy::Track& track : study.tracks)
    name_width = std::max(name_width, track.name.size());
  for (const DriftStudy::Track& track : study.tracks) {
    const std::vector<double> values = values_of(track);
    const auto [low, high] = scales.at(track.quantity);
    const auto [lowest, highest] = std::ranges::minmax(values);
    double mean = 0.0;
    for (const double value : values) mean += value / static_cast<double>(values.size());
    text += fmt::format("  {:<{}}  {}  {}: mean {:.3f}, {:.3f} to {:.3f}\n", track.name, name_width,
                        sparkline(values, low, high, plot_width), track.quantity, mean, lowest,
                        highest);
  }
  return text;
}

Json to_json(const DriftStudy& study) {
  Json result{{"device", study.device}, {"times", Json::array()}, {"tracks", Json::array()}};
  for (const UtcTime time : study.times) result["times"].push_back(to_iso8601(time));
  for (const DriftStudy::Track& track : study.tracks) {
    Json values = Json::array();
    for (const Estimate& estimate : track.values) values.push_back(to_json(estimate));
    result["tracks"].push_back(
        {{"name", track.name}, {"quantity", track.quantity}, {"values", values}});
  }
  return result;
}

}  // namespace rhodrift::cli
