#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/calibration_series.hpp>
#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/drift/study.hpp>
#include <rhodrift/store/run_records.hpp>

namespace rhodrift {

/// Writes one run as an HDF5 file (docs/formats/run.md).
///
/// The file is built in memory and reaches the disk in `commit`, under a temporary name that is
/// then renamed: whatever happens before (an exception, a kill, a full disk), nothing stands under
/// the final name, or what stood there before. Memory: the size of the compressed file.
///
/// Names of models, circuits, tables and texts are one HDF5 link name: not empty, no '/', not "."
/// or "..", no control characters. Everything is written once; a name that is taken or not allowed
/// is an InputError, and so are records that contradict themselves. Failures of HDF5 are RunErrors
/// with its error stack in the message; after one the run cannot be committed any more.
///
/// HDF5 is not thread-safe as distributions build it: use one thread at a time, over all writers
/// and readers.
class RunWriter {
 public:
  /// Throws RunError when the directory is missing or not writable.
  RunWriter(const std::filesystem::path& path, const RunInfo& info);
  ~RunWriter();
  RunWriter(RunWriter&&) noexcept;
  RunWriter& operator=(RunWriter&&) noexcept;

  void write_circuit(const std::string& name, const Circuit& circuit,
                     const std::optional<std::string>& qasm = std::nullopt);
  void write_calibration(const Calibration& calibration);
  /// Throws InputError when the series is empty or not consistent (calibration/validate.hpp).
  void write_calibration_series(const CalibrationSeries& series);
  /// Throws InputError unless there is one more column of parameters than steps of history.
  void write_training(const std::string& model, const TrainingRecord& training);
  /// `name` may be a path, e.g. "noise-aware/raw/sample-7".
  void write_shots(const std::string& name, const ShotTable& shots);
  void write_estimates(const std::string& table, std::span<const NamedEstimate> rows);
  /// Throws InputError when a track does not hold one value a state.
  void write_drift_study(const DriftStudy& study);
  /// Any further text that belongs to the run: a configuration, a printed table.
  void write_text(const std::string& name, const std::string& text);

  /// Puts the file under its final name. Throws RunError (a full disk). Nothing can be written
  /// afterwards.
  void commit();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace rhodrift
