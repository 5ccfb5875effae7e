#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/calibration_series.hpp>
#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/drift/study.hpp>
#include <rhodrift/store/run_records.hpp>

namespace rhodrift {

/// Reads what RunWriter wrote. Every method throws InputError "path: /place/in/the/file: problem"
/// when what it is asked for is absent, damaged or contradicts itself; all stored data carries
/// checksums, so a damaged file is noticed and not misread. Names come sorted.
/// One thread at a time, as for RunWriter.
class RunReader {
 public:
  /// Throws InputError when the file is missing, is not HDF5, is not a run, or has a schema
  /// version that this reader does not know.
  explicit RunReader(const std::filesystem::path& path);
  ~RunReader();
  RunReader(RunReader&&) noexcept;
  RunReader& operator=(RunReader&&) noexcept;

  RunInfo info() const;
  /// Of the program that wrote the file: "rhodrift", "hdf5", "armadillo", "compiler".
  std::map<std::string, std::string> versions() const;

  std::vector<std::string> circuit_names() const;
  StoredCircuit circuit(const std::string& name) const;

  bool has_calibration() const;
  /// Also throws when the stored SHA-256 is not that of the stored text.
  Calibration calibration() const;
  /// The stored SHA-256: content_hash of the calibration.
  std::string calibration_hash() const;

  bool has_calibration_series() const;
  /// As calibration().
  CalibrationSeries calibration_series() const;

  std::vector<std::string> training_names() const;
  TrainingRecord training(const std::string& model) const;

  /// Whole paths, e.g. "noise-aware/raw/sample-7".
  std::vector<std::string> shot_names() const;
  ShotTable shots(const std::string& name) const;

  std::vector<std::string> estimate_names() const;
  std::vector<NamedEstimate> estimates(const std::string& table) const;

  bool has_drift_study() const;
  DriftStudy drift_study() const;

  std::vector<std::string> text_names() const;
  std::string text(const std::string& name) const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace rhodrift
