#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include <rhodrift/calibration/calibration_series.hpp>
#include <rhodrift/core/estimate.hpp>
#include <rhodrift/core/time.hpp>

namespace rhodrift {

/// Something that can be measured on a device in a given state: a model's accuracy, the bias of a
/// mitigation that was calibrated earlier.
struct Probe {
  std::string name;      ///< e.g. "noise-aware/raw"
  std::string quantity;  ///< e.g. "accuracy"; probes of one quantity share a scale
  std::function<Estimate(const Calibration& state)> measure;
};

/// What the probes gave over the states of a series.
struct DriftStudy {
  struct Track {
    std::string name;
    std::string quantity;
    std::vector<Estimate> values;  ///< one a state
  };
  std::string device;
  std::vector<UtcTime> times;  ///< one a state, strictly increasing
  std::vector<Track> tracks;   ///< one a probe, in their order
};

/// Measures every probe on every state, state by state in the order of time. `progress(done,
/// total)` is called from the calling thread after each state; it may be empty. Throws InputError
/// on a series that is empty or not strictly increasing in time, no probes, a probe that measures
/// nothing, or two of the same name and quantity. What a probe throws is passed on with the device,
/// the state's time and the probe in front of the message: as InputError when it was one, as
/// RunError otherwise.
DriftStudy study_drift(const CalibrationSeries& series, std::span<const Probe> probes,
                       const std::function<void(std::size_t, std::size_t)>& progress = {});

}  // namespace rhodrift
