#include <limits>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/circuit/circuit_json.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/hash.hpp>
#include <rhodrift/store/run_reader.hpp>

#include "store/estimate_columns.hpp"
#include "store/hdf5_data.hpp"
#include "store/run_layout.hpp"

namespace rhodrift {

namespace {

using hdf5::Handle;

/// Paths of all datasets below `group`, sorted within each group.
std::vector<std::string> datasets_below(const Handle& group, const std::string& prefix) {
  std::vector<std::string> paths;
  for (const std::string& name : hdf5::children(group)) {
    if (!hdf5::is_group(group, name)) {
      paths.push_back(prefix + name);
      continue;
    }
    const auto below = datasets_below(hdf5::open_group(group, name), prefix + name + "/");
    paths.insert(paths.end(), below.begin(), below.end());
  }
  return paths;
}

void require_known_format(const Handle& root) {
  const std::string format = hdf5::read_text_attribute(root, "format");
  if (format != layout::format)
    throw hdf5::Failure(
        fmt::format("format is \"{}\" where \"{}\" is expected", format, layout::format));
  const std::uint64_t version = hdf5::read_integer_attribute(root, "schema_version");
  if (version != layout::schema_version)
    throw hdf5::Failure(fmt::format("schema_version is {}, this program reads {}", version,
                                    layout::schema_version));
}

std::string read_hashed_json(const Handle& group) {
  std::string json = hdf5::read_text(group, "json");
  const std::string stored = hdf5::read_text_attribute(group, "sha256");
  const std::string computed = sha256_hex(json);
  if (stored != computed)
    throw hdf5::Failure(
        fmt::format("the text's SHA-256 is {} but {} is stored with it", computed, stored));
  return json;
}

std::string under(const char* section, const std::string& name) {
  return fmt::format("{}/{}", section, name);
}

/// The length of a one-dimensional dataset.
hsize_t length_of(const Handle& group, const std::string& name) {
  const hdf5::Shape shape = hdf5::shape_of(group, name);
  if (shape.size() != 1)
    throw hdf5::Failure(
        fmt::format("\"{}\" has {} dimensions where 1 is expected", name, shape.size()));
  return shape.front();
}

}  // namespace

class RunReader::Implementation {
 public:
  explicit Implementation(const std::filesystem::path& path)
      : path_(path.string()), file_(hdf5::open_file(path)) {}

  /// Runs `work(root)`; what goes wrong in it is reported as being at `place`.
  template <class Work>
  auto read(const std::string& place, Work work) const {
    try {
      return work(file_);
    } catch (const hdf5::Failure& failure) {
      throw InputError(path_, shown(place), failure.what());
    }
  }

  /// Runs `work(group)` on the group at `place`, which has to be there.
  template <class Work>
  auto read_group(const std::string& place, Work work) const {
    return read(place, [&](const Handle& root) {
      if (!hdf5::exists(root, place)) throw hdf5::Failure("is not in this run");
      return work(hdf5::open_group(root, place));
    });
  }

  bool has(const char* section) const {
    return read(section, [&](const Handle& root) { return hdf5::exists(root, section); });
  }

  /// Names in a section; none when the section is absent.
  std::vector<std::string> names(const char* section) const {
    if (!has(section)) return {};
    return read_group(section, [](const Handle& group) { return hdf5::children(group); });
  }

  /// How messages name a text inside the file: "run.h5:/calibration/json".
  std::string source_of(const std::string& place) const { return path_ + ":" + shown(place); }

  [[noreturn]] void refuse(const std::string& place, const std::string& problem) const {
    throw InputError(path_, shown(place), problem);
  }

 private:
  static std::string shown(const std::string& place) { return place.empty() ? "" : "/" + place; }

  std::string path_;
  Handle file_;
};

RunReader::RunReader(const std::filesystem::path& path) {
  hdf5::silence_error_printing();
  implementation_ = std::make_unique<Implementation>(path);
  implementation_->read("", require_known_format);
}

RunReader::~RunReader() = default;
RunReader::RunReader(RunReader&&) noexcept = default;
RunReader& RunReader::operator=(RunReader&&) noexcept = default;

RunInfo RunReader::info() const {
  return implementation_->read("", [&](const Handle& root) {
    RunInfo info;
    info.created = parse_utc(hdf5::read_text_attribute(root, "created_utc"),
                             implementation_->source_of(""), "created_utc");
    info.seed = hdf5::read_integer_attribute(root, "seed");
    info.command_line = hdf5::read_text_attribute(root, "command_line");
    return info;
  });
}

std::map<std::string, std::string> RunReader::versions() const {
  return implementation_->read_group(layout::versions, [](const Handle& group) {
    std::map<std::string, std::string> versions;
    for (const std::string& name : hdf5::attribute_names(group))
      versions[name] = hdf5::read_text_attribute(group, name);
    return versions;
  });
}

std::vector<std::string> RunReader::circuit_names() const {
  return implementation_->names(layout::circuits);
}

StoredCircuit RunReader::circuit(const std::string& name) const {
  const std::string place = under(layout::circuits, name);
  return implementation_->read_group(place, [&](const Handle& group) {
    StoredCircuit stored{circuit_from_json(hdf5::read_text(group, "json"),
                                           implementation_->source_of(place + "/json")),
                         std::nullopt};
    if (hdf5::exists(group, "qasm")) stored.qasm = hdf5::read_text(group, "qasm");
    return stored;
  });
}

bool RunReader::has_calibration() const {
  return implementation_->has(layout::calibration);
}

Calibration RunReader::calibration() const {
  const std::string json = implementation_->read_group(layout::calibration, read_hashed_json);
  return calibration_from_json(json,
                               implementation_->source_of(under(layout::calibration, "json")));
}

std::string RunReader::calibration_hash() const {
  return implementation_->read_group(layout::calibration, [](const Handle& group) {
    return hdf5::read_text_attribute(group, "sha256");
  });
}

bool RunReader::has_calibration_series() const {
  return implementation_->has(layout::calibration_series);
}

CalibrationSeries RunReader::calibration_series() const {
  const std::string json =
      implementation_->read_group(layout::calibration_series, read_hashed_json);
  return calibration_series_from_json(
      json, implementation_->source_of(under(layout::calibration_series, "json")));
}

std::vector<std::string> RunReader::training_names() const {
  return implementation_->names(layout::training);
}

TrainingRecord RunReader::training(const std::string& model) const {
  return implementation_->read_group(under(layout::training, model), [](const Handle& group) {
    const hsize_t steps = length_of(group, "step");
    const auto epoch = hdf5::read_numbers<std::int64_t>(group, "epoch", {steps});
    const auto loss = hdf5::read_numbers<double>(group, "loss", {steps});
    const auto gradient_norm = hdf5::read_numbers<double>(group, "gradient_norm", {steps});
    const auto shots = hdf5::read_numbers<std::uint64_t>(group, "shots", {steps});
    const auto seconds = hdf5::read_numbers<double>(group, "seconds", {steps});
    TrainingRecord record;
    for (std::size_t i = 0; i < steps; ++i)
      record.history.push_back(
          {static_cast<int>(epoch[i]), loss[i], gradient_norm[i], shots[i], seconds[i]});

    const hdf5::Shape shape = hdf5::shape_of(group, "parameters");
    if (shape.size() != 2 || shape[0] != steps + 1)
      throw hdf5::Failure(fmt::format("\"parameters\" does not have {} rows", steps + 1));
    const auto parameters = hdf5::read_numbers<double>(group, "parameters", shape);
    record.parameters_by_step = arma::mat(parameters.data(), shape[1], shape[0]);
    record.n_weights =
        hdf5::read_integer_attribute(hdf5::open_dataset(group, "parameters"), "n_weights");
    return record;
  });
}

std::vector<std::string> RunReader::shot_names() const {
  if (!implementation_->has(layout::shots)) return {};
  return implementation_->read_group(layout::shots,
                                     [](const Handle& group) { return datasets_below(group, ""); });
}

ShotTable RunReader::shots(const std::string& name) const {
  const std::string place = under(layout::shots, name);
  return implementation_->read(place, [&](const Handle& root) {
    if (!hdf5::exists(root, place)) throw hdf5::Failure("is not in this run");
    const Handle dataset = hdf5::open_dataset(root, place);
    const std::uint64_t n_bits = hdf5::read_integer_attribute(dataset, "n_bits");
    const std::uint64_t n_shots = hdf5::read_integer_attribute(dataset, "n_shots");
    constexpr std::uint64_t max_bits = std::numeric_limits<Bitstring>::digits;
    if (n_bits < 1 || n_bits > max_bits)
      throw hdf5::Failure(fmt::format("n_bits is {}, outside 1..{}", n_bits, max_bits));
    ShotTable table(static_cast<int>(n_bits));
    auto bytes = hdf5::read_numbers<std::uint8_t>(root, place, {n_shots, table.stride()});
    try {
      return ShotTable::from_packed(table.n_bits(), std::move(bytes));
    } catch (const InputError& error) {
      throw hdf5::Failure(error.what());
    }
  });
}

std::vector<std::string> RunReader::estimate_names() const {
  return implementation_->names(layout::estimates);
}

std::vector<NamedEstimate> RunReader::estimates(const std::string& table) const {
  return implementation_->read_group(under(layout::estimates, table), [](const Handle& group) {
    const hdf5::Shape shape{length_of(group, "name")};
    const auto names = hdf5::read_strings(group, "name", shape);
    const auto estimates = hdf5::read_estimates(group, shape);
    std::vector<NamedEstimate> rows;
    for (std::size_t i = 0; i < names.size(); ++i) rows.push_back({names[i], estimates[i]});
    return rows;
  });
}

bool RunReader::has_drift_study() const {
  return implementation_->has(layout::drift_study);
}

DriftStudy RunReader::drift_study() const {
  return implementation_->read_group(layout::drift_study, [](const Handle& group) {
    DriftStudy study;
    study.device = hdf5::read_text_attribute(group, "device");
    const hsize_t n_states = length_of(group, "time");
    const hsize_t n_tracks = length_of(group, "track");
    for (const std::int64_t unix_s : hdf5::read_numbers<std::int64_t>(group, "time", {n_states}))
      study.times.push_back({unix_s});
    const auto names = hdf5::read_strings(group, "track", {n_tracks});
    const auto quantities = hdf5::read_strings(group, "quantity", {n_tracks});
    const auto estimates = hdf5::read_estimates(group, {n_tracks, n_states});
    for (std::size_t t = 0; t < names.size(); ++t) {
      const auto begin = estimates.begin() + static_cast<std::ptrdiff_t>(t * n_states);
      study.tracks.push_back(
          {names[t], quantities[t], {begin, begin + static_cast<std::ptrdiff_t>(n_states)}});
    }
    return study;
  });
}

std::vector<std::string> RunReader::text_names() const {
  return implementation_->names(layout::texts);
}

std::string RunReader::text(const std::string& name) const {
  return implementation_->read_group(
      layout::texts, [&](const Handle& group) { return hdf5::read_text(group, name); });
}

}  // namespace rhodrift
