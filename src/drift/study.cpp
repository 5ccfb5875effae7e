#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/drift/study.hpp>

namespace rhodrift {

namespace {

void require_ordered(const CalibrationSeries& series) {
  const auto& states = series.states;
  if (states.empty()) throw InputError("series of " + series.device, "", "holds no states");
  for (std::size_t i = 1; i < states.size(); ++i)
    if (states[i].timestamp <= states[i - 1].timestamp)
      throw InputError("series of " + series.device, fmt::format("state {}", i),
                       fmt::format("{} is not after {}", to_iso8601(states[i].timestamp),
                                   to_iso8601(states[i - 1].timestamp)));
}

void require_distinct(std::span<const Probe> probes) {
  if (probes.empty()) throw InputError("drift study", "", "has no probes");
  for (std::size_t i = 0; i < probes.size(); ++i) {
    const std::string place = fmt::format("probe {} \"{}\"", i, probes[i].name);
    if (!probes[i].measure) throw InputError("drift study", place, "measures nothing");
    for (std::size_t j = 0; j < i; ++j)
      if (probes[j].name == probes[i].name && probes[j].quantity == probes[i].quantity)
        throw InputError("drift study", place,
                         fmt::format("probe {} of {} has the same name", j, probes[i].quantity));
  }
}

Estimate measure(const Probe& probe, const Calibration& state, const std::string& device) {
  const std::string source = fmt::format("{} at {}", device, to_iso8601(state.timestamp));
  const std::string place = fmt::format("probe \"{}\" ({})", probe.name, probe.quantity);
  try {
    return probe.measure(state);
  } catch (const InputError& error) {
    throw InputError(source, place, error.what());
  } catch (const std::exception& error) {
    throw RunError(source + ": " + place + ": " + error.what());
  }
}

}  // namespace

DriftStudy study_drift(const CalibrationSeries& series, std::span<const Probe> probes,
                       const std::function<void(std::size_t, std::size_t)>& progress) {
  require_ordered(series);
  require_distinct(probes);
  DriftStudy study;
  study.device = series.device;
  for (const Probe& probe : probes) study.tracks.push_back({probe.name, probe.quantity, {}});
  for (const Calibration& state : series.states) {
    for (std::size_t i = 0; i < probes.size(); ++i)
      study.tracks[i].values.push_back(measure(probes[i], state, series.device));
    study.times.push_back(state.timestamp);
    if (progress) progress(study.times.size(), series.states.size());
  }
  return study;
}

}  // namespace rhodrift
