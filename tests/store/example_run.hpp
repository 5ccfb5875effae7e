#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/calibration/calibration_series.hpp>
#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/drift/study.hpp>
#include <rhodrift/store/run_reader.hpp>
#include <rhodrift/store/run_records.hpp>
#include <rhodrift/store/run_writer.hpp>

/// Everything that a run file can hold.
struct RunContent {
  rhodrift::RunInfo info;
  std::map<std::string, rhodrift::StoredCircuit> circuits;
  rhodrift::Calibration calibration;
  rhodrift::CalibrationSeries series;
  std::map<std::string, rhodrift::TrainingRecord> training;
  std::map<std::string, rhodrift::ShotTable> shots;
  std::map<std::string, std::vector<rhodrift::NamedEstimate>> estimates;
  rhodrift::DriftStudy drift_study;
  std::map<std::string, std::string> texts;
};

/// A small run in which nothing is empty and no two numbers that could be confused are equal.
RunContent example_run();
/// `n_shots` makes the file as large as wanted: shots do not compress.
rhodrift::ShotTable random_shots(int n_bits, std::size_t n_shots);

/// Writes everything but does not commit.
void write_all(rhodrift::RunWriter& writer, const RunContent& content);
/// write_all and commit.
void write_run(const std::filesystem::path& path, const RunContent& content);
RunContent read_run(const std::filesystem::path& path);

/// Checks every number and text for equality, doubles bit by bit.
void require_equal(const RunContent& a, const RunContent& b);
