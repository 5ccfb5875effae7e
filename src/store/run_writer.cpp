#include <algorithm>
#include <cerrno>
#include <fstream>
#include <limits>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/circuit/circuit_json.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/core/hash.hpp>
#include <rhodrift/store/run_writer.hpp>
#include <rhodrift/version.hpp>

#include "store/estimate_columns.hpp"
#include "store/hdf5_data.hpp"
#include "store/memory_file.hpp"
#include "store/run_layout.hpp"

namespace rhodrift {

namespace {

using hdf5::Axis;
using hdf5::Handle;

std::map<std::string, std::string> build_versions() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return {{"rhodrift", std::string(version())},
          {"hdf5", fmt::format("{}.{}.{}", major, minor, release)},
          {"armadillo", arma::arma_version::as_string()},
#ifdef __clang__
          {"compiler", "clang " __VERSION__}};
#else
          {"compiler", "g++ " __VERSION__}};
#endif
}

bool is_link_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         std::none_of(name.begin(), name.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool is_link_path(const std::string& path) {
  for (std::size_t begin = 0;;) {
    const std::size_t end = path.find('/', begin);
    if (!is_link_name(path.substr(begin, end - begin))) return false;
    if (end == std::string::npos) return true;
    begin = end + 1;
  }
}

// --- The numeric view of a calibration series -------------------------------------------------

constexpr double absent = std::numeric_limits<double>::quiet_NaN();

/// "cx 0,1"
std::string label_of(const GateCalibration& gate) {
  return fmt::format("{} {}", gate.name, fmt::join(gate.qubits, ","));
}

/// Every gate that any state lists, in order of first appearance.
std::vector<std::string> gate_labels(const CalibrationSeries& series) {
  std::vector<std::string> labels;
  std::map<std::string, bool> seen;
  for (const Calibration& state : series.states)
    for (const GateCalibration& gate : state.gates)
      if (seen.emplace(label_of(gate), true).second) labels.push_back(label_of(gate));
  return labels;
}

/// [state][qubit]
std::vector<double> qubit_figures(const CalibrationSeries& series,
                                  std::optional<double> QubitCalibration::*figure) {
  std::vector<double> values;
  for (const Calibration& state : series.states)
    for (const QubitCalibration& qubit : state.qubits)
      values.push_back((qubit.*figure).value_or(absent));
  return values;
}

/// [state][gate]
std::vector<double> gate_errors(const CalibrationSeries& series,
                                const std::vector<std::string>& labels) {
  std::map<std::string, std::size_t> column;
  for (const std::string& label : labels) column.emplace(label, column.size());
  std::vector<double> values(series.states.size() * labels.size(), absent);
  for (std::size_t s = 0; s < series.states.size(); ++s)
    for (const GateCalibration& gate : series.states[s].gates)
      values[s * labels.size() + column.at(label_of(gate))] = gate.error.value_or(absent);
  return values;
}

// --- Datasets that several groups have ---------------------------------------------------------

Handle write_times(const Handle& group, const std::vector<UtcTime>& times) {
  std::vector<std::int64_t> seconds;
  for (const UtcTime time : times) seconds.push_back(time.unix_s);
  Handle dataset = hdf5::write_numbers<std::int64_t>(group, "time", {{"time", times.size()}},
                                                     seconds, layout::utc_units);
  hdf5::write_attribute(dataset, "calendar", "standard");
  hdf5::make_scale(dataset, "time");
  return dataset;
}

Handle write_labels(const Handle& group, const std::string& name,
                    const std::vector<std::string>& labels) {
  Handle dataset = hdf5::write_strings(group, name, {{name, labels.size()}}, labels);
  hdf5::make_scale(dataset, name);
  return dataset;
}

void write_hashed_json(const Handle& group, const std::string& json) {
  hdf5::write_text(group, "json", json);
  hdf5::write_attribute(group, "sha256", sha256_hex(json));
}

}  // namespace

class RunWriter::Implementation {
 public:
  explicit Implementation(const std::filesystem::path& path)
      : path_(path.string()), pending_(path), file_(pending_.temporary_path().string()) {}

  /// Runs `write(root)`, which puts something new at `place`.
  template <class Write>
  void add(const std::string& place, Write write) {
    if (!open_) throw RunError(path_ + ": cannot take " + place + ": " + closed_because_);
    try {
      if (hdf5::exists(file_.root(), place)) refuse(place, "is written already");
      write(file_.root());
    } catch (const hdf5::Failure& failure) {
      close("writing " + place + " failed");
      throw RunError(path_ + ": " + place + ": " + failure.what());
    }
  }

  [[noreturn]] void refuse(const std::string& place, const std::string& problem) const {
    throw InputError(path_, place, problem);
  }

  /// "section/name", when the name may stand in a file.
  std::string place_of(const char* section, const std::string& name, bool may_be_path) const {
    if (!(may_be_path ? is_link_path(name) : is_link_name(name)))
      refuse(section, fmt::format("\"{}\" is not a name that can stand here", name));
    return fmt::format("{}/{}", section, name);
  }
  std::string place_of(const char* section, const std::string& name) const {
    return place_of(section, name, false);
  }

  void commit() {
    if (!open_) throw RunError(path_ + ": cannot be committed: " + closed_because_);
    close("the run is committed or its commit failed");
    try {
      write_to_disk(file_.close());
    } catch (const hdf5::Failure& failure) {
      throw RunError(path_ + ": " + failure.what());
    }
    pending_.commit();
  }

 private:
  void close(const std::string& because) {
    open_ = false;
    closed_because_ = because;
  }

  void write_to_disk(std::span<const char> image) const {
    std::ofstream file(pending_.temporary_path(), std::ios::binary);
    file.write(image.data(), static_cast<std::streamsize>(image.size()));
    file.close();
    if (!file)
      throw RunError(fmt::format("{}: cannot write {} bytes: {}", path_, image.size(),
                                 std::generic_category().message(errno)));
  }

  std::string path_;
  PendingFile pending_;
  hdf5::MemoryFile file_;
  bool open_ = true;
  std::string closed_because_;
};

RunWriter::RunWriter(const std::filesystem::path& path, const RunInfo& info) {
  hdf5::silence_error_printing();
  implementation_ = std::make_unique<Implementation>(path);
  implementation_->add(layout::versions, [&](const Handle& root) {
    hdf5::write_attribute(root, "format", layout::format);
    hdf5::write_attribute(root, "schema_version", layout::schema_version);
    hdf5::write_attribute(root, "created_utc", to_iso8601(info.created));
    hdf5::write_attribute(root, "seed", info.seed);
    hdf5::write_attribute(root, "command_line", info.command_line);
    const Handle group = hdf5::create_group(root, layout::versions);
    for (const auto& [name, version] : build_versions())
      hdf5::write_attribute(group, name, version);
  });
}

RunWriter::~RunWriter() = default;
RunWriter::RunWriter(RunWriter&&) noexcept = default;
RunWriter& RunWriter::operator=(RunWriter&&) noexcept = default;

void RunWriter::write_circuit(const std::string& name, const Circuit& circuit,
                              const std::optional<std::string>& qasm) {
  const std::string place = implementation_->place_of(layout::circuits, name);
  const std::string json = to_json(circuit);
  implementation_->add(place, [&](const Handle& root) {
    const Handle group = hdf5::create_group(root, place);
    hdf5::write_text(group, "json", json);
    if (qasm) hdf5::write_text(group, "qasm", *qasm);
  });
}

void RunWriter::write_calibration(const Calibration& calibration) {
  const std::string json = to_json(calibration);
  implementation_->add(layout::calibration, [&](const Handle& root) {
    const Handle group = hdf5::create_group(root, layout::calibration);
    write_hashed_json(group, json);
    hdf5::write_attribute(group, "device", calibration.device);
    hdf5::write_attribute(group, "timestamp_utc", to_iso8601(calibration.timestamp));
  });
}

void RunWriter::write_calibration_series(const CalibrationSeries& series) {
  require_consistent(series, layout::calibration_series);
  const std::size_t n_qubits = series.states.front().qubits.size();
  std::vector<UtcTime> times;
  for (const Calibration& state : series.states) times.push_back(state.timestamp);
  const std::string json = to_json(series);
  const std::vector<std::string> gates = gate_labels(series);
  std::vector<std::uint64_t> qubits(n_qubits);
  for (std::size_t q = 0; q < n_qubits; ++q) qubits[q] = q;

  implementation_->add(layout::calibration_series, [&](const Handle& root) {
    const Handle group = hdf5::create_group(root, layout::calibration_series);
    write_hashed_json(group, json);
    hdf5::write_attribute(group, "device", series.device);
    const Handle time_scale = write_times(group, times);
    const Handle gate_scale = write_labels(group, "gate", gates);
    const Handle qubit_scale =
        hdf5::write_numbers<std::uint64_t>(group, "qubit", {{"qubit", n_qubits}}, qubits, "");
    hdf5::make_scale(qubit_scale, "qubit");
    const Axis time{"time", times.size(), &time_scale};
    const Axis qubit{"qubit", n_qubits, &qubit_scale};
    const Axis gate{"gate", gates.size(), &gate_scale};
    const auto write = [&](const char* name, const Axis& axis, const std::vector<double>& values,
                           const char* units) {
      hdf5::write_numbers<double>(group, name, {time, axis}, values, units);
    };
    write("t1_s", qubit, qubit_figures(series, &QubitCalibration::t1_s), "s");
    write("t2_s", qubit, qubit_figures(series, &QubitCalibration::t2_s), "s");
    write("readout_p10", qubit, qubit_figures(series, &QubitCalibration::readout_p10), "1");
    write("readout_p01", qubit, qubit_figures(series, &QubitCalibration::readout_p01), "1");
    write("gate_error", gate, gate_errors(series, gates), "1");
  });
}

void RunWriter::write_training(const std::string& model, const TrainingRecord& training) {
  const std::string place = implementation_->place_of(layout::training, model);
  const arma::mat& parameters = training.parameters_by_step;
  const std::size_t steps = training.history.size();
  if (parameters.n_cols != steps + 1)
    implementation_->refuse(place, fmt::format("{} columns of parameters do not fit {} steps",
                                               parameters.n_cols, steps));
  if (training.n_weights > parameters.n_rows)
    implementation_->refuse(place, fmt::format("{} weights are more than the {} parameters",
                                               training.n_weights, parameters.n_rows));
  std::vector<std::int64_t> step, epoch;
  std::vector<double> loss, gradient_norm, seconds;
  std::vector<std::uint64_t> shots;
  for (const TrainingStep& entry : training.history) {
    step.push_back(static_cast<std::int64_t>(step.size()));
    epoch.push_back(entry.epoch);
    loss.push_back(entry.loss);
    gradient_norm.push_back(entry.gradient_norm);
    shots.push_back(entry.shots);
    seconds.push_back(entry.seconds);
  }
  implementation_->add(place, [&](const Handle& root) {
    const Handle group = hdf5::create_group(root, place);
    // A column of an Armadillo matrix is contiguous: a step's parameters become a row of the file.
    const Handle dataset = hdf5::write_numbers<double>(
        group, "parameters", {{"update", steps + 1}, {"parameter", parameters.n_rows}},
        std::span(parameters.memptr(), parameters.n_elem), "rad, 1");
    hdf5::write_attribute(dataset, "n_weights", training.n_weights);
    const Handle step_scale =
        hdf5::write_numbers<std::int64_t>(group, "step", {{"step", steps}}, step, "");
    hdf5::make_scale(step_scale, "step");
    const std::vector<Axis> axes{{"step", steps, &step_scale}};
    hdf5::write_numbers<std::int64_t>(group, "epoch", axes, epoch, "");
    hdf5::write_numbers<double>(group, "loss", axes, loss, "nat");
    hdf5::write_numbers<double>(group, "gradient_norm", axes, gradient_norm, "1");
    hdf5::write_numbers<std::uint64_t>(group, "shots", axes, shots, "");
    hdf5::write_numbers<double>(group, "seconds", axes, seconds, "s");
  });
}

void RunWriter::write_shots(const std::string& name, const ShotTable& shots) {
  const std::string place = implementation_->place_of(layout::shots, name, true);
  implementation_->add(place, [&](const Handle& root) {
    const std::size_t slash = place.rfind('/');
    const std::string parent = place.substr(0, slash);
    const Handle group = hdf5::require_group(root, parent);
    const Handle dataset = hdf5::write_numbers<std::uint8_t>(
        group, place.substr(slash + 1), {{"shot", shots.size()}, {"byte", shots.stride()}},
        shots.packed(), "");
    hdf5::write_attribute(dataset, "n_bits", static_cast<std::uint64_t>(shots.n_bits()));
    hdf5::write_attribute(dataset, "n_shots", shots.size());
  });
}

void RunWriter::write_estimates(const std::string& table, std::span<const NamedEstimate> rows) {
  const std::string place = implementation_->place_of(layout::estimates, table);
  std::vector<std::string> names;
  std::vector<Estimate> estimates;
  for (const NamedEstimate& row : rows) {
    names.push_back(row.name);
    estimates.push_back(row.estimate);
  }
  implementation_->add(place, [&](const Handle& root) {
    const Handle group = hdf5::create_group(root, place);
    const Handle scale = write_labels(group, "name", names);
    hdf5::write_estimates(group, {{"name", names.size(), &scale}}, estimates);
  });
}

void RunWriter::write_drift_study(const DriftStudy& study) {
  std::vector<std::string> tracks, quantities;
  std::vector<Estimate> estimates;  // [track][state]
  for (const DriftStudy::Track& track : study.tracks) {
    if (track.values.size() != study.times.size())
      implementation_->refuse(layout::drift_study,
                              fmt::format("track \"{}\" has {} values for {} states", track.name,
                                          track.values.size(), study.times.size()));
    tracks.push_back(track.name);
    quantities.push_back(track.quantity);
    estimates.insert(estimates.end(), track.values.begin(), track.values.end());
  }
  implementation_->add(layout::drift_study, [&](const Handle& root) {
    const Handle group = hdf5::create_group(root, layout::drift_study);
    hdf5::write_attribute(group, "device", study.device);
    const Handle time_scale = write_times(group, study.times);
    const Handle track_scale = write_labels(group, "track", tracks);
    const Axis track{"track", tracks.size(), &track_scale};
    hdf5::write_strings(group, "quantity", {track}, quantities);
    hdf5::write_estimates(group, {track, {"time", study.times.size(), &time_scale}}, estimates);
  });
}

void RunWriter::write_text(const std::string& name, const std::string& text) {
  const std::string place = implementation_->place_of(layout::texts, name);
  implementation_->add(place, [&](const Handle& root) {
    const Handle group = hdf5::require_group(root, layout::texts);
    hdf5::write_text(group, name, text);
  });
}

void RunWriter::commit() {
  implementation_->commit();
}

}  // namespace rhodrift
