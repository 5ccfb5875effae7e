#include "cli/train_config.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/compile/path_layout.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>

#include "cli/arguments.hpp"

namespace rhodrift::cli {

namespace {

// Number of single-character edits between two words (Levenshtein), for naming the nearest key.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

// One [table] of the file. Each getter takes the key out, so that what is left is unknown.
class Section {
 public:
  Section(const std::filesystem::path& path, const toml::table* table, std::string name)
      : path_(path), table_(table), name_(std::move(name)) {}

  template <typename T>
  std::optional<T> take(const std::string& key, const char* type) {
    known_.push_back(key);
    const toml::node* node = table_ ? table_->get(key) : nullptr;
    if (node == nullptr) return std::nullopt;
    const std::optional<T> value = node->value_exact<T>();
    if (!value) fail(key, *node, fmt::format("must be {}", type));
    return value;
  }

  template <typename T>
  void integer(const std::string& key, T& target, std::int64_t low,
               std::int64_t high = std::numeric_limits<int>::max()) {
    const auto value = take<std::int64_t>(key, "a whole number");
    if (!value) return;
    if (*value < low || *value > high)
      fail(key, *table_->get(key), fmt::format("{} is outside [{}, {}]", *value, low, high));
    target = static_cast<T>(*value);
  }

  // In the open interval (low, high).
  void number(const std::string& key, double& target, double low, double high) {
    known_.push_back(key);
    const toml::node* node = table_ ? table_->get(key) : nullptr;
    if (node == nullptr) return;
    if (!node->is_number()) fail(key, *node, "must be a number");
    target = *node->value<double>();
    if (!(target > low && target < high))
      fail(key, *node, fmt::format("{} is outside ({}, {})", target, low, high));
  }

  template <typename T>
  std::optional<std::vector<T>> list(const std::string& key, const char* type) {
    known_.push_back(key);
    const toml::node* node = table_ ? table_->get(key) : nullptr;
    if (node == nullptr) return std::nullopt;
    if (!node->is_array()) fail(key, *node, fmt::format("must be a list of {}s", type));
    std::vector<T> values;
    for (const toml::node& element : *node->as_array()) {
      const auto value = element.value_exact<T>();
      if (!value) fail(key, element, fmt::format("must hold {}s only", type));
      values.push_back(*value);
    }
    return values;
  }

  void know(const std::string& key) { known_.push_back(key); }

  // To be called last.
  void refuse_unknown() const {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_) {
      const std::string_view name = key.str();
      if (std::ranges::find(known_, name) != known_.end()) continue;
      const auto nearest = std::ranges::min_element(
          known_, {}, [&](const std::string& k) { return edit_distance(k, name); });
      fail(std::string(name), node, fmt::format("unknown key; did you mean '{}'?", *nearest));
    }
  }

  [[noreturn]] void fail(const std::string& key, const toml::node& node,
                         const std::string& problem) const {
    throw InputError(path_.string(), place_in_file(key, node), problem);
  }
  [[noreturn]] void missing(const std::string& key) const {
    throw InputError(path_.string(), place(key), "is missing");
  }
  const toml::node& node(const std::string& key) const { return *table_->get(key); }
  // "path: line L: table.key" of a key that is there.
  std::string place_of(const std::string& key) const {
    return path_.string() + ": " + place_in_file(key, node(key));
  }

 private:
  std::string place_in_file(const std::string& key, const toml::node& where) const {
    return fmt::format("line {}: {}", where.source().begin.line, place(key));
  }
  std::string place(const std::string& key) const {
    return name_.empty() ? key : name_ + "." + key;
  }

  const std::filesystem::path& path_;
  const toml::table* table_;
  std::string name_;
  std::vector<std::string> known_;
};

void read_data(Section section, const std::filesystem::path& directory, ClassificationTask& task) {
  const auto file = section.take<std::string>("file", "a string");
  if (!file) section.missing("file");
  task.data = is_shipped_name(*file) ? *file : (directory / *file).string();
  if (const auto classes = section.list<std::string>("classes", "string")) task.classes = *classes;
  section.number("test_share", task.test_share, 0.0, 1.0);
  section.integer("split_seed", task.split_seed, 0);
  section.refuse_unknown();
}

void read_model_section(Section section, ClassificationTask& task) {
  section.integer("qubits", task.n_qubits, 1, 15);
  section.integer("layers", task.layers, 0, 1000);
  if (const auto axes = section.list<std::string>("encoding", "string")) {
    task.encoding.clear();
    for (const std::string& axis : *axes) {
      const auto op = find_operation(axis);
      if (!op || (*op != Op::rx && *op != Op::ry && *op != Op::rz))
        section.fail("encoding", section.node("encoding"),
                     fmt::format("'{}' is not rx, ry or rz", axis));
      task.encoding.push_back(*op);
    }
  }
  section.refuse_unknown();
}

std::optional<Device> read_device(Section section, const std::filesystem::path& directory,
                                  int n_qubits) {
  const auto calibration = section.take<std::string>("calibration", "a string");
  const auto layout = section.list<std::int64_t>("layout", "whole number");
  const auto policy = section.take<std::string>("policy", "a string");
  section.refuse_unknown();
  if (!calibration) section.missing("calibration");
  const auto naming_key = [&](const std::string& key, auto work) {
    return naming(section.place_of(key), work);
  };
  Device device{
      naming_key("calibration", [&] { return read_calibration(directory / *calibration); }),
      {},
      NoisePolicy::device};
  if (policy) device.policy = naming_key("policy", [&] { return parse_noise_policy(*policy); });
  if (!layout) {
    device.layout = best_path(device.calibration, n_qubits);
    return device;
  }
  for (const std::int64_t qubit : *layout) {
    if (qubit < 0 || qubit >= device.calibration.n_qubits())
      section.fail("layout", section.node("layout"),
                   fmt::format("{} is outside 0..{} of {}", qubit,
                               device.calibration.n_qubits() - 1, device.calibration.device));
    device.layout.push_back(static_cast<int>(qubit));
  }
  naming_key("layout", [&] { require_valid_layout(device.layout, n_qubits, device.calibration); });
  return device;
}

void read_training(Section section, TrainConfig& config) {
  if (const auto aware = section.take<bool>("noise_aware", "true or false"))
    config.noise_aware = *aware;
  section.integer("epochs", config.training.epochs, 1);
  section.integer("batch_size", config.training.batch_size, 1);
  section.number("learning_rate", config.training.optimizer.learning_rate, 0.0,
                 std::numeric_limits<double>::infinity());
  section.integer("seed", config.training.seed, 0, std::numeric_limits<std::int64_t>::max());
  section.integer("test_shots", config.test_shots, 1);
  section.refuse_unknown();
}

}  // namespace

TrainConfig read_train_config(const std::filesystem::path& path) {
  toml::table root;
  try {
    root = toml::parse(read_file(path), path.string());
  } catch (const toml::parse_error& error) {
    throw InputError(
        path.string(),
        fmt::format("line {}, column {}", error.source().begin.line, error.source().begin.column),
        std::string(error.description()));
  }
  const std::filesystem::path directory = path.parent_path();
  const auto section = [&](const char* name) {
    const toml::node* node = root.get(name);
    if (node != nullptr && !node->is_table())
      throw InputError(path.string(), name, "must be a [table]");
    return Section(path, node ? node->as_table() : nullptr, name);
  };
  TrainConfig config;
  Section top(path, &root, "");
  config.name = top.take<std::string>("name", "a string").value_or(path.stem().string());
  // It names groups of run files.
  if (config.name.empty() || config.name == "." || config.name == ".." ||
      std::ranges::any_of(config.name,
                          [](unsigned char c) { return c < 0x20 || c == '/' || c == 0x7f; }))
    throw InputError(path.string(), "name",
                     "must not be empty, '.' or '..', nor hold '/' or control characters");
  for (const char* name : {"data", "model", "device", "training"}) top.know(name);
  top.refuse_unknown();
  read_data(section("data"), directory, config.task);
  read_model_section(section("model"), config.task);
  read_training(section("training"), config);
  if (root.contains("device"))
    config.device = read_device(section("device"), directory, config.task.n_qubits);
  if (config.noise_aware && !config.device)
    throw InputError(path.string(), "training.noise_aware", "is true, but there is no [device]");
  return config;
}

}  // namespace rhodrift::cli
