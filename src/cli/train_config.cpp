#include "cli/train_config.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/compile/path_layout.hpp>
#include <rhodrift/core/error.hpp>

#include "cli/arguments.hpp"
#include "cli/toml_section.hpp"

namespace rhodrift::cli {

namespace {

void read_data(Section section, const std::filesystem::path& directory, ClassificationTask& task) {
  const auto file = section.take<std::string>("file", "a string");
  if (!file) section.missing("file");
  task.data = is_data_name(*file) ? *file : (directory / *file).string();
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
  Device device(
      naming_key("calibration", [&] { return read_calibration(directory / *calibration); }), {},
      policy ? naming_key("policy", [&] { return parse_noise_policy(*policy); })
             : NoisePolicy::device);
  if (!layout) {
    device.layout = best_path(device.calibration(), n_qubits);
    return device;
  }
  for (const std::int64_t qubit : *layout) {
    if (qubit < 0 || qubit >= device.calibration().n_qubits())
      section.fail("layout", section.node("layout"),
                   fmt::format("{} is outside 0..{} of {}", qubit,
                               device.calibration().n_qubits() - 1, device.calibration().device));
    device.layout.push_back(static_cast<int>(qubit));
  }
  naming_key("layout",
             [&] { require_valid_layout(device.layout, n_qubits, device.calibration()); });
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
  const toml::table root = read_toml(path);
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
