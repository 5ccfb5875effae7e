#include "cli/generator_config.hpp"

#include <bit>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

#include "cli/config_sections.hpp"
#include "cli/target_file.hpp"

namespace rhodrift::cli {

namespace {

using Distance = MaximumMeanDiscrepancy::Distance;

Distance parse_distance(const std::string& text) {
  if (text == "bits") return Distance::bits;
  if (text == "integers") return Distance::integers;
  throw InputError("distance", text, "is unknown; known are bits and integers");
}

void read_data_section(Section section, const std::filesystem::path& directory,
                       GeneratorConfig& config) {
  const auto file = section.take<std::string>("file", "a string");
  if (!file) section.missing("file");
  config.target = naming(section.place_of("file"), [&] { return read_target(*file, directory); });
  section.refuse_unknown();
}

void read_model_section(Section section, GeneratorConfig& config) {
  take_text(section, "ansatz", config.ansatz, parse_ansatz);
  take_text(section, "initial_weights", config.initial_weights, parse_initial_weights);
  section.refuse_unknown();
}

void read_training_section(Section section, GeneratorConfig& config) {
  take_text(section, "distance", config.distance, parse_distance);
  if (section.numbers("variances", config.variances))
    naming(section.place_of("variances"), [&] { config.discrepancy(); });
  take_text(section, "algorithm", config.minimizer.algorithm, parse_batch_algorithm);
  section.integer("max_evaluations", config.minimizer.max_evaluations, 1);
  section.integer("seed", config.seed, 0, max_seed);
  section.refuse_unknown();
}

}  // namespace

int GeneratorConfig::n_qubits() const {
  return std::countr_zero(target.n_elem);
}

GeneratorConfig read_generator_config(const std::filesystem::path& path) {
  const toml::table root = read_toml(path);
  const std::filesystem::path directory = path.parent_path();
  GeneratorConfig config;
  Section top(path, &root, "");
  config.name = take_name(top, path);
  for (const char* table : {"data", "model", "device", "training"}) top.know(table);
  top.refuse_unknown();
  read_data_section(section_of(root, path, "data"), directory, config);
  read_model_section(section_of(root, path, "model"), config);
  read_training_section(section_of(root, path, "training"), config);
  if (root.contains("device"))
    config.history = read_device(section_of(root, path, "device"), directory, config.n_qubits());
  return config;
}

}  // namespace rhodrift::cli
