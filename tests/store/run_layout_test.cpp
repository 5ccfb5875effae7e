#include <cstdlib>
#include <fstream>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>

#include <rhodrift/store/run_writer.hpp>

#include "store/example_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;

namespace {

constexpr int skipped = 77;

int run(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// "null" is what the reader in Python takes as absent.
std::string json_number(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "null";
}

std::string json_by_state_and_qubit(const CalibrationSeries& series,
                                    std::optional<double> QubitCalibration::*figure) {
  std::vector<std::string> rows;
  for (const Calibration& state : series.states) {
    std::vector<std::string> row;
    for (const QubitCalibration& qubit : state.qubits) row.push_back(json_number(qubit.*figure));
    rows.push_back(fmt::format("[{}]", fmt::join(row, ",")));
  }
  return fmt::format("[{}]", fmt::join(rows, ","));
}

std::string json_shots(const ShotTable& shots) {
  std::vector<std::string> texts;
  for (std::uint64_t s = 0; s < shots.size(); ++s)
    texts.push_back(fmt::format("\"{}\"", to_text(shots.at(s), shots.n_bits())));
  return fmt::format("[{}]", fmt::join(texts, ","));
}

std::string json_parameters(const TrainingRecord& training) {
  std::vector<std::string> rows;
  for (arma::uword step = 0; step < training.parameters_by_step.n_cols; ++step) {
    const arma::vec column = training.parameters_by_step.col(step);
    rows.push_back(fmt::format("[{}]", fmt::join(column.begin(), column.end(), ",")));
  }
  return fmt::format("[{}]", fmt::join(rows, ","));
}

/// Numbers that the file must hold at the places that the page names, as JSON.
std::string expected_numbers(const RunContent& content) {
  const CalibrationSeries& series = content.series;
  const std::string shots = "noise-aware/raw/1";
  return fmt::format(
      R"({{"calibration_series/t1_s": {}, "calibration_series/t2_s": {},
           "calibration_series/readout_p10": {}, "calibration_series/readout_p01": {},
           "calibration_series/gate_error": {},
           "training/noise-aware/parameters": {}, "shots/{}": {}}})",
      json_by_state_and_qubit(series, &QubitCalibration::t1_s),
      json_by_state_and_qubit(series, &QubitCalibration::t2_s),
      json_by_state_and_qubit(series, &QubitCalibration::readout_p10),
      json_by_state_and_qubit(series, &QubitCalibration::readout_p01),
      // sx 0, sx 1, cx 0,1, cx 1,0; the second state lacks the last.
      fmt::format("[[2.5e-4, 3.5e-4, {0}, {0}], [2.5e-4, 3.5e-4, {1}, null], "
                  "[2.5e-4, 3.5e-4, {2}, {2}]]",
                  *series.states[0].gates[2].error, *series.states[1].gates[2].error,
                  *series.states[2].gates[2].error),
      json_parameters(content.training.at("noise-aware")), shots,
      json_shots(content.shots.at(shots)));
}

}  // namespace

TEST_CASE("h5py reads a run with nothing but docs/formats/run.md") {
  const ScratchDirectory scratch;
  RunContent content = example_run();
  content.texts["expected.json"] = expected_numbers(content);
  write_run(scratch / "example.h5", content);
  const std::string command = fmt::format(
      "'{0}/tests/store/read_with_h5py.py' '{1}' '{0}/docs/formats/run.md' > '{2}' 2>&1",
      RHODRIFT_SOURCE_DIR, (scratch / "example.h5").string(), (scratch / "output").string());
  // Debian's h5py belongs to the system's Python, which need not be the first on the PATH.
  int status = skipped;
  for (const char* python : {"python3", "/usr/bin/python3"})
    if (status == skipped) status = run(fmt::format("{} {}", python, command));
  std::ifstream output(scratch / "output");
  INFO(std::string(std::istreambuf_iterator<char>(output), {}));
  if (status == skipped || status == 127) {
    WARN("skipped: no Python with h5py");
    return;
  }
  CHECK(status == 0);
}

TEST_CASE("h5dump and h5ls read a run") {
  const ScratchDirectory scratch;
  write_run(scratch / "example.h5", example_run());
  if (run("command -v h5dump h5ls > /dev/null") != 0) {
    WARN("skipped: h5dump and h5ls are not installed");
    return;
  }
  const std::string file = (scratch / "example.h5").string();
  CHECK(run(fmt::format("h5ls -r '{}' | grep -q '/calibration_series/t1_s'", file)) == 0);
  CHECK(run(fmt::format("h5dump '{}' > /dev/null 2> /dev/null", file)) == 0);
  CHECK(run(fmt::format("h5dump -d /estimates/mitigated/name '{}' | grep -q '\"Z0 Z1\"'", file)) ==
        0);
}
