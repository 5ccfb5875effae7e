#include "cli/train_config.hpp"

#include <limits>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

#include "cli/config_sections.hpp"
#include "cli/toml_section.hpp"

namespace rhodrift::cli {

namespace {

void read_data_section(Section section, const std::filesystem::path& directory,
                       TrainConfig& config) {
  read_data(section, directory, config.setting.task);
  section.number("validation_share", config.validation_share, 0.0, 1.0);
  section.refuse_unknown();
}

void read_model_section(Section section, TrainingSetting& setting) {
  section.integer("qubits", setting.task.n_qubits, 1, 15);
  take_text(section, "encoding", setting.task.encoding, parse_encoding);
  take_text(section, "ansatz", setting.task.ansatz, parse_ansatz);
  take_text(section, "head", setting.task.head, parse_head);
  take_text(section, "post_measurement", setting.task.post_measurement, parse_post_measurement);
  take_text(section, "initial_weights", setting.options.initial_weights, parse_initial_weights);
  section.refuse_unknown();
}

bool is_loss_of(Task task, Loss loss) {
  if (task == Task::regression) return loss == Loss::mse || loss == Loss::huber;
  return loss != Loss::huber;
}

/// The options of the optimizer's rule, by their own names.
void read_optimizer(Section& section, Optimizer::Options& optimizer) {
  take_text(section, "optimizer", optimizer.rule, [](const std::string& name) {
    try {
      return parse_optimizer_rule(name);
    } catch (const InputError& error) {
      throw InputError(error.what(), "",
                       "over all the data at once there are lbfgs, cobyla, bobyqa, nelder-mead");
    }
  });
  for (const OptimizerOption& option : options_of(optimizer.rule))
    section.number(std::string(option.name), optimizer.*option.value);
}

/// Those of a minimiser of all the data, which takes no steps of an optimizer.
void read_minimizer(Section& section, BatchMinimizerOptions& minimizer) {
  const std::string name(to_string(minimizer.algorithm));
  for (const char* key : {"epochs", "batch_size", "learning_rate", "schedule", "clipping",
                          "patience", "min_improvement"})
    if (section.has(key))
      section.fail(
          key, section.node(key),
          fmt::format("goes with steps over minibatches; {} takes all the data at once, for "
                      "at most max_evaluations",
                      name));
  section.integer("max_evaluations", minimizer.max_evaluations, 1);
  section.number("value_tolerance", minimizer.value_tolerance);
  section.number("parameter_tolerance", minimizer.parameter_tolerance);
  if (!uses_gradients(minimizer.algorithm)) section.number("initial_step", minimizer.initial_step);
}

/// A minimiser if "optimizer" names one.
std::optional<BatchMinimizerOptions> named_minimizer(Section& section) {
  const auto name = section.take<std::string>("optimizer", "a string");
  const auto algorithm = name ? find_batch_algorithm(*name) : std::nullopt;
  if (!algorithm) return std::nullopt;
  BatchMinimizerOptions minimizer;
  minimizer.algorithm = *algorithm;
  return minimizer;
}

void read_steps(Section& section, TrainConfig& config) {
  TrainingOptions& options = config.setting.options;
  section.integer("epochs", options.epochs, 1);
  section.integer("batch_size", options.batch_size, 1);
  read_optimizer(section, options.optimizer);
  take_text(section, "schedule", options.schedule, parse_schedule);
  take_text(section, "clipping", options.clipping, parse_gradient_clipping);
  EarlyStopping::Options early_stopping;
  early_stopping.patience = 0;
  section.integer("patience", early_stopping.patience, 1);
  section.number("min_improvement", early_stopping.min_improvement);
  if (early_stopping.patience > 0) options.early_stopping = early_stopping;
}

/// What a gradient from shots and a minimiser each need.
void require_going_together(const Section& section, const TrainingSetting& setting) {
  const TrainingNoise& noise = setting.noise;
  const TrainingOptions& options = setting.options;
  const bool one_circuit =
      std::holds_alternative<NoNoise>(noise) || std::holds_alternative<ExactNoise>(noise) ||
      std::holds_alternative<ReadoutNoise>(noise) || std::holds_alternative<ClusterNoise>(noise);
  if (options.gradient && !one_circuit)
    section.fail(
        "gradient", section.node("gradient"),
        fmt::format("takes shots of one circuit: noise = none, exact, readout or clusters, not {}",
                    to_string(noise)));
  if (!options.minimizer) return;
  const std::string name(to_string(options.minimizer->algorithm));
  if (std::holds_alternative<InjectedNoise>(noise) || std::holds_alternative<HistoryNoise>(noise))
    section.fail(
        "optimizer", section.node("optimizer"),
        fmt::format("{} needs the same loss all the time, noise = {} draws anew every step; "
                    "take exact, risk or another one",
                    name, to_string(noise)));
  if (options.gradient && uses_gradients(options.minimizer->algorithm))
    section.fail("gradient", section.node("gradient"),
                 fmt::format("{} takes exact gradients; with shots go cobyla, bobyqa, nelder-mead "
                             "and the optimizers of steps",
                             name));
}

void read_training(Section section, TrainConfig& config) {
  TrainingOptions& options = config.setting.options;
  take_text(section, "noise", config.setting.noise, parse_training_noise);
  const bool regression = config.setting.task.kind == Task::regression;
  if (regression) options.loss = Loss::mse;
  take_text(section, "loss", options.loss, parse_loss);
  if (!is_loss_of(config.setting.task.kind, options.loss))
    section.fail("loss", section.node("loss"),
                 fmt::format("{} is not a loss of a {}", to_string(options.loss),
                             regression ? "regression, which are mse and huber"
                                        : "classification, which are cross-entropy, mse and "
                                          "hinge"));
  section.number("l2", options.weight_decay);
  take_text(section, "gradient", options.gradient, parse_gradient);
  options.minimizer = named_minimizer(section);
  if (options.minimizer)
    read_minimizer(section, *options.minimizer);
  else
    read_steps(section, config);
  require_going_together(section, config.setting);
  section.integer("seed", options.seed, 0, std::numeric_limits<std::int64_t>::max());
  section.integer("test_shots", config.test_shots, 1);
  section.refuse_unknown();
}

}  // namespace

TrainConfig::Data TrainConfig::load() const {
  Split split = setting.task.load();
  if (validation_share == 0.0) return {std::move(split.train), {}, std::move(split.test)};
  Split second = rhodrift::split(split.train, validation_share, setting.task.split_seed);
  return {std::move(second.train), std::move(second.test), std::move(split.test)};
}

TrainConfig read_train_config(const std::filesystem::path& path) {
  const toml::table root = read_toml(path);
  if (root.contains("sweep"))
    throw InputError(path.string(), "sweep", "is for 'rhodrift sweep'; one model has none");
  return train_config_from(root, path);
}

TrainConfig train_config_from(const toml::table& root, const std::filesystem::path& path) {
  const std::filesystem::path directory = path.parent_path();
  const auto section = [&](const char* name) { return section_of(root, path, name); };
  TrainConfig config;
  Section top(path, &root, "");
  config.setting.name = take_name(top, path);
  for (const char* table : {"data", "model", "device", "training"}) top.know(table);
  top.refuse_unknown();
  TrainingSetting& setting = config.setting;
  read_data_section(section("data"), directory, config);
  read_model_section(section("model"), setting);
  read_training(section("training"), config);
  if (root.contains("device"))
    setting.device = read_device(section("device"), directory, setting.task.n_qubits);
  if (setting.device) {
    const Calibration& now = setting.device->states.back().calibration();
    if (setting.task.n_qubits > now.n_qubits())
      throw InputError(
          path.string(), "model.qubits",
          fmt::format("{} are more than the {} of {}; take fewer, or a larger [device]",
                      setting.task.n_qubits, now.n_qubits(), now.device));
  }
  if (!std::holds_alternative<NoNoise>(setting.noise) && !setting.device)
    throw InputError(path.string(), "training.noise",
                     fmt::format("is {}, but there is no [device]", to_string(setting.noise)));
  if (setting.options.early_stopping && config.validation_share == 0.0)
    throw InputError(path.string(), "training.patience",
                     "is there, but no data.validation_share to look at");
  return config;
}

}  // namespace rhodrift::cli
