#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rhodrift/circuit/pauli_measurement.hpp>
#include <rhodrift/mitigation/cdr.hpp>
#include <rhodrift/mitigation/instances.hpp>
#include <rhodrift/mitigation/readout/twirled.hpp>
#include <rhodrift/mitigation/strategy.hpp>

namespace rhodrift {

/// What a strategy runs, and what each job is for.
///
/// A *setting* is a way to read the circuit: a basis and, in distillation, a way to read the pairs.
/// A *cell* is a point of the extrapolation (a scale factor) and a setting; it is estimated from
/// *instances* of its circuit (one, where nothing is random). An instance is read by one job, or by
/// one a pattern of flips where the readout is twirled. The jobs of the readout calibration come
/// first.
struct StrategyPlan {
  Plan plan;
  std::vector<std::string> job_names;
  Layout layout;                 ///< of all circuits
  std::vector<int> read_qubits;  ///< the device qubit of each bit that they read
  std::optional<readout::CalibrationPlan> calibration;      ///< its jobs are the plan's first
  std::optional<readout::TwirledPlan> twirled_calibration;  ///< or those of this

  struct Setting {
    std::size_t basis;
    /// What is read of the basis's parts; at last, where they are to be divided by it, the
    /// projector on the symmetries or, in the first setting of a basis, tr ρ².
    std::vector<Observable> asked;
  };
  std::vector<Setting> settings;  ///< basis by basis

  struct Read {
    std::size_t first_job;
    std::size_t setting;
    std::optional<readout::TwirledPlan> flips;  ///< its jobs, one without it
  };
  /// Regression in place of cells: a plan a basis, the jobs from first_job on.
  struct Regression {
    std::size_t first_job;
    std::size_t first_noiseless;
    cdr::CdrPlan plan;
  };
  std::vector<Regression> regressions;
  Plan noiseless;  ///< of all regressions

  std::vector<Read> reads;          ///< one an instance
  std::vector<Instance> instances;  ///< cell = point · n_settings + setting
  /// The scale factors that were reached: one a point, or one a chunk of layers of each.
  std::vector<std::vector<double>> points;

  std::size_t n_calibration_jobs() const;
};

/// Throws InputError as PreparedStrategy does.
StrategyPlan plan_strategy(const Strategy& strategy, const Circuit& circuit,
                           const PauliMeasurement& measurement, const Device& believed,
                           std::uint64_t total_shots, std::uint64_t seed);

}  // namespace rhodrift
