#include "cli/kernel_config.hpp"

#include <limits>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

#include "cli/config_sections.hpp"

namespace rhodrift::cli {

namespace {

KernelKind parse_kernel_kind(const std::string& text) {
  for (const KernelKind kind : {KernelKind::fidelity, KernelKind::projected})
    if (to_string(kind) == text) return kind;
  throw InputError("kernel", text, "no such kind; there are fidelity and projected");
}

void read_model_section(Section section, LearningTask& task) {
  section.integer("qubits", task.n_qubits, 1, 15);
  take_text(section, "encoding", task.encoding, parse_encoding);
  section.refuse_unknown();
}

void read_kernel_section(Section section, KernelConfig& config) {
  constexpr double none = std::numeric_limits<double>::infinity();
  take_text(section, "kind", config.kind, parse_kernel_kind);
  section.number("c", config.c, 0.0, none);
  double gamma = 0.0;
  section.number("gamma", gamma, 0.0, none);
  if (gamma > 0.0) config.gamma = gamma;
  take_text(section, "mitigation", config.mitigation, parse_kernel_mitigation);
  section.integer("shots", config.shots, 1, max_shots);
  section.integer("seed", config.seed, 0, max_seed);
  section.refuse_unknown();

  if (config.kind == KernelKind::fidelity && config.gamma)
    section.fail("gamma", section.node("gamma"), "is for kind = \"projected\"");
  if (config.mitigation.steps.empty()) return;
  if (config.kind == KernelKind::projected)
    section.fail("mitigation", section.node("mitigation"),
                 "is for kind = \"fidelity\": noise that shrinks all expectations of a projected "
                 "kernel is undone by gamma's default");
  if (!config.history)
    section.fail("mitigation", section.node("mitigation"),
                 "is there, but no [device] whose noise it would mitigate");
}

}  // namespace

std::string to_string(KernelKind kind) {
  return kind == KernelKind::fidelity ? "fidelity" : "projected";
}

KernelConfig read_kernel_config(const std::filesystem::path& path) {
  const toml::table root = read_toml(path);
  const std::filesystem::path directory = path.parent_path();
  KernelConfig config;
  Section top(path, &root, "");
  config.name = take_name(top, path);
  for (const char* table : {"data", "model", "device", "kernel"}) top.know(table);
  top.refuse_unknown();
  Section data = section_of(root, path, "data");
  read_data(data, directory, config.task);
  data.refuse_unknown();
  if (config.task.kind == Task::regression)
    throw InputError(path.string(), "data.task",
                     "a kernel's support vector machine classifies; 'rhodrift train' regresses");
  read_model_section(section_of(root, path, "model"), config.task);
  if (root.contains("device"))
    config.history = read_device(section_of(root, path, "device"), directory, config.task.n_qubits);
  read_kernel_section(section_of(root, path, "kernel"), config);
  return config;
}

}  // namespace rhodrift::cli
