#include <cmath>

#include <fmt/format.h>

#include <rhodrift/report/text_table.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/model_probe.hpp"
#include "cli/output.hpp"
#include "cli/train_config.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::string config;
  ModelProbeOptions probe;
  bool json = false;
};

// --- For people ----------------------------------------------------------------------------------

/// Gradients range over many powers of ten; what is smaller than these is rounding errors'.
std::string with_error(const Estimate& estimate) {
  constexpr double rounding = 1e-15;
  if (std::abs(estimate.value) < rounding) return "0";
  if (estimate.std_error == 0) return fmt::format("{:.3g}", estimate.value);
  return fmt::format("{:.3g} ± {:.1g}", estimate.value, estimate.std_error);
}

/// Flagged where it is exponential; with how many times less the variance is a qubit or a layer.
std::string cell_of(const Decay& decay) {
  std::string text(to_string(decay.verdict));
  if (decay.slope) text += fmt::format(", × {:.2g}", std::exp2(decay.slope->value));
  return decay.verdict == Decay::Verdict::exponential ? "! " + text : text;
}

std::string gradient_table(const ModelProbe& probe) {
  TextTable table({"gradient of the loss where training starts", "variance a weight", "norm"});
  for (const LossGradient& row : probe.loss_gradients)
    table.add_row({row.noise, with_error(row.variance), with_error(row.norm)});
  return table.to_string();
}

/// A row a number of layers, a column a number of qubits, the verdicts at the ends.
std::string plateau_table(const ModelProbe& probe) {
  const BarrenPlateauProbe& plateau = probe.plateau;
  const auto& on_device = probe.plateau_on_device;
  std::vector<std::string> header{"layers"}, verdicts{"decay a layer"};
  for (const auto& [n_qubits, one, mean] : plateau.in_layers) {
    header.push_back(fmt::format("{} qubits", n_qubits));
    verdicts.push_back(cell_of(mean));
  }
  if (on_device) {
    header.push_back(fmt::format("{} on the device", probe.n_qubits));
    verdicts.push_back(cell_of(on_device->in_layers.front().mean_over_weights));
  }
  header.emplace_back("decay a qubit");
  verdicts.emplace_back("");

  TextTable table(header);
  for (std::size_t l = 0; l < plateau.in_qubits.size(); ++l) {
    std::vector<std::string> cells{fmt::format("{}", plateau.in_qubits[l].at)};
    for (std::size_t q = 0; q < plateau.in_layers.size(); ++q)
      cells.push_back(
          with_error(plateau.variances[q * plateau.in_qubits.size() + l].mean_over_weights));
    if (on_device) cells.push_back(with_error(on_device->variances[l].mean_over_weights));
    cells.push_back(cell_of(plateau.in_qubits[l].mean_over_weights));
    table.add_row(cells);
  }
  table.add_rule();
  table.add_row(verdicts);
  return table.to_string();
}

std::string ansatz_table(const ModelProbe& probe) {
  TextTable table({"at random weights", "expressibility (0: as Haar's)", "entangling capability"});
  for (const AnsatzFigures* row : {&probe.figures, &probe.product, &probe.haar})
    table.add_row(
        {row->circuit, with_error(row->expressibility), with_error(row->entangling_capability)});
  return table.to_string();
}

std::string shot_noise_text(const ModelProbe& probe) {
  const ShotNoise& shots = probe.shot_noise;
  const double median = shots.median_shots_at_equality;
  return fmt::format(
      "gradient at the first weights, {}, {} shots a circuit: norm {:.3g}, shot noise {:.3g}\n"
      "{} of {} derivatives are above their standard error, half of them {}\n",
      shots.noise, shots.shots, shots.gradient.gradient_norm, shots.gradient.noise_norm,
      shots.weights_above, probe.n_weights,
      std::isfinite(median) ? fmt::format("from {:.0f} shots on", std::max(1.0, std::ceil(median)))
                            : "never are");
}

std::string as_text(const std::string& name, const ModelProbe& probe) {
  std::string text = fmt::format(
      "{}: {} on {} qubits, {} weights; {} starts of {}, {} samples\n\n{}\n"
      "variance of the gradient of {}, mean over weights\n{}\n{}\n{}",
      name, probe.ansatz, probe.n_qubits, probe.n_weights, probe.draws, probe.initial_weights,
      probe.n_samples, gradient_table(probe), probe.plateau_observable, plateau_table(probe),
      ansatz_table(probe), shot_noise_text(probe));
  for (const Warning& warning : probe.warnings) text += "warning: " + warning.text() + "\n";
  return text;
}

// --- For machines --------------------------------------------------------------------------------

Json plateau_json(const BarrenPlateauProbe& probe) {
  const auto optional = [](const std::optional<Estimate>& estimate) {
    return estimate ? to_json(*estimate) : Json();
  };
  const auto decays = [&](const std::vector<BarrenPlateauProbe::DecayAt>& all, const char* held) {
    Json list = Json::array();
    for (const auto& [at, one, mean] : all)
      list.push_back({{held, at},
                      {"verdict", to_string(mean.verdict)},
                      {"slope", optional(mean.slope)},
                      {"rate", optional(mean.rate)}});
    return list;
  };
  Json variances = Json::array();
  for (const BarrenPlateauProbe::Variance& size : probe.variances)
    variances.push_back({{"qubits", size.n_qubits},
                         {"layers", size.layers},
                         {"weights", size.n_weights},
                         {"variance", to_json(size.mean_over_weights)}});
  return {{"variances", variances},
          {"decay_a_qubit", decays(probe.in_qubits, "layers")},
          {"decay_a_layer", decays(probe.in_layers, "qubits")}};
}

Json figures_json(const AnsatzFigures& figures) {
  return {{"circuit", figures.circuit},
          {"expressibility", to_json(figures.expressibility)},
          {"entangling_capability", to_json(figures.entangling_capability)}};
}

Json shot_noise_json(const ShotNoise& shots) {
  const GradientNoise& gradient = shots.gradient;
  return {{"noise", shots.noise},
          {"shots", shots.shots},
          {"gradient_norm", gradient.gradient_norm},
          {"noise_norm", gradient.noise_norm},
          {"weights_above", shots.weights_above},
          {"median_shots_at_equality", shots.median_shots_at_equality},
          {"shots_at_equality", gradient.shots_at_equality},
          {"signal_to_noise", arma::conv_to<std::vector<double>>::from(gradient.signal_to_noise)}};
}

Json as_json(const std::string& name, const ModelProbe& probe) {
  Json gradients = Json::array(), warnings = Json::array();
  for (const LossGradient& row : probe.loss_gradients)
    gradients.push_back(
        {{"noise", row.noise}, {"variance", to_json(row.variance)}, {"norm", to_json(row.norm)}});
  for (const Warning& warning : probe.warnings)
    warnings.push_back({{"code", to_string(warning.code)},
                        {"finding", warning.finding},
                        {"remedy", warning.remedy}});
  Json document{{"name", name},
                {"ansatz", probe.ansatz},
                {"initial_weights", probe.initial_weights},
                {"qubits", probe.n_qubits},
                {"layers", probe.layers},
                {"weights", probe.n_weights},
                {"samples", probe.n_samples},
                {"draws", probe.draws},
                {"loss_gradients", gradients},
                {"barren_plateau", plateau_json(probe.plateau)}};
  document["barren_plateau"]["observable"] = probe.plateau_observable;
  if (probe.plateau_on_device)
    document["barren_plateau"]["on_device"] = plateau_json(*probe.plateau_on_device);
  document["random_states"] = Json::array(
      {figures_json(probe.figures), figures_json(probe.product), figures_json(probe.haar)});
  document["shot_noise"] = shot_noise_json(probe.shot_noise);
  document["warnings"] = warnings;
  return document;
}

void probe_config(const Options& options) {
  const TrainConfig config = read_train_config(options.config);
  const TrainConfig::Data data = naming(options.config, [&] { return config.load(); });
  ProgressBar bar("probing " + config.setting.name);
  const ModelProbe probe = naming(options.config, [&] {
    return probe_model(config.setting, data.train, options.probe, std::ref(bar));
  });
  if (options.json)
    print(as_json(config.setting.name, probe));
  else
    print(as_text(config.setting.name, probe));
}

}  // namespace

void add_probe(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "probe", "What is to be expected of a training configuration's model before it is trained");
  auto options = std::make_shared<Options>();
  verb->add_option("config", options->config, "TOML file, see docs/formats/train-config.md")
      ->required();
  verb->add_option("--shots", options->probe.shots, "Shots a circuit that the gradient is held to")
      ->check(whole_number(1, max_shots))
      ->capture_default_str();
  verb->add_option("--draws", options->probe.draws, "Starts that variances are taken over")
      ->check(whole_number(3, 1'000'000))
      ->capture_default_str();
  verb->add_option("--qubits", options->probe.n_qubits,
                   "Widths of the barren-plateau table, e.g. 2,4,6,8; by default 2 to 6 and up to "
                   "the model's own")
      ->check(whole_number(1, 15))
      ->delimiter(',');
  verb->add_option("--layers", options->probe.layers,
                   "Its depths; by default 1, 2, 4, 8 and the model's own")
      ->check(whole_number(1, 1000))
      ->delimiter(',');
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift probe digits.toml");
  verb->callback([options] { probe_config(*options); });
}

}  // namespace rhodrift::cli
