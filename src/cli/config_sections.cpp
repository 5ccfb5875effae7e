#include "cli/config_sections.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/train/preprocessing.hpp>

namespace rhodrift::cli {

namespace {

/// The states of `calibration`, or of a `series`.
std::vector<Calibration> read_states(Section& section, const std::filesystem::path& directory) {
  const auto calibration = section.take<std::string>("calibration", "a string");
  const auto series = section.take<std::string>("series", "a string");
  if (calibration && series)
    section.fail("series", section.node("series"), "and calibration: one of them");
  if (calibration)
    return {naming(section.place_of("calibration"),
                   [&] { return read_calibration(directory / *calibration); })};
  if (series)
    return naming(section.place_of("series"),
                  [&] { return read_calibration_series(directory / *series).states; });
  section.missing("calibration");
}

}  // namespace

Section section_of(const toml::table& root, const std::filesystem::path& path, const char* name) {
  const toml::node* node = root.get(name);
  if (node != nullptr && !node->is_table())
    throw InputError(path.string(), name, "must be a [table]");
  return Section(path, node ? node->as_table() : nullptr, name);
}

std::string take_name(Section& top, const std::filesystem::path& path) {
  std::string name = top.take<std::string>("name", "a string").value_or(path.stem().string());
  // It names groups of run files.
  if (name.empty() || name == "." || name == ".." ||
      std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == '/' || c == 0x7f; }))
    throw InputError(path.string(), "name",
                     "must not be empty, '.' or '..', nor hold '/' or control characters");
  return name;
}

void read_data(Section& section, const std::filesystem::path& directory, LearningTask& task) {
  const auto file = section.take<std::string>("file", "a string");
  if (!file) section.missing("file");
  task.data = is_data_name(*file) ? *file : (directory / *file).string();
  take_text(section, "task", task.kind, parse_task);
  if (const auto classes = section.list<std::string>("classes", "string")) task.classes = *classes;
  if (task.kind == Task::regression && !task.classes.empty())
    section.fail("classes", section.node("classes"), "are for task = \"classification\"");
  section.number("test_share", task.test_share, 0.0, 1.0);
  section.integer("split_seed", task.split_seed, 0);
  if (const auto steps = section.list<std::string>("preprocessing", "string")) {
    task.preprocessing = *steps;
    for (const std::string& step : *steps)
      naming(section.place_of("preprocessing"), [&] { parse_preprocessing_step(step); });
  }
}

DeviceHistory read_device(Section section, const std::filesystem::path& directory, int n_qubits) {
  std::vector<Calibration> states = read_states(section, directory);
  NoisePolicy policy = NoisePolicy::device;
  take_text(section, "policy", policy, parse_noise_policy);
  std::int64_t last = static_cast<std::int64_t>(states.size());
  section.integer("states", last, 1, last);
  states.resize(static_cast<std::size_t>(last));
  const auto layout = section.list<std::int64_t>("layout", "whole number");
  section.refuse_unknown();

  const Calibration& now = states.back();
  DeviceHistory device;
  for (const Calibration& state : states) device.states.emplace_back(state, policy);
  if (!layout) return device;
  for (const std::int64_t qubit : *layout) {
    if (qubit < 0 || qubit >= now.n_qubits())
      section.fail("layout", section.node("layout"),
                   fmt::format("{} is outside 0..{} of {}", qubit, now.n_qubits() - 1, now.device));
    device.layout.push_back(static_cast<int>(qubit));
  }
  naming(section.place_of("layout"), [&] { require_valid_layout(device.layout, n_qubits, now); });
  return device;
}

}  // namespace rhodrift::cli
