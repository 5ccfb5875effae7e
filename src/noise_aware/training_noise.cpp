#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/mitigation/zne/extrapolation.hpp>
#include <rhodrift/noise/pauli_injection.hpp>
#include <rhodrift/noise_aware/sensitivity_objective.hpp>
#include <rhodrift/noise_aware/training_noise.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/program_expectations.hpp>

#include "core/named_settings.hpp"

namespace rhodrift {

namespace {

constexpr std::uint64_t injection_purpose = 0x6e61'0001, history_purpose = 0x6e61'0002,
                        shots_purpose = 0x6e61'0003;
constexpr int max_states = 100'000;

void require_strength(double strength) {
  if (!(strength >= 0.0 && std::isfinite(strength)))
    throw InputError("training noise", "strength", fmt::format("{} is not >= 0", strength));
}

void require_relative(double relative) {
  if (!(relative > 0.0 && std::isfinite(relative)))
    throw InputError("training noise", "relative", fmt::format("{} is not > 0", relative));
}

void require_tail(double tail) {
  if (!(tail >= 0.0 && tail <= 1.0))
    throw InputError("training noise", "tail", fmt::format("{} is outside [0, 1]", tail));
}

zne::Extrapolation line() {
  return zne::Extrapolation{};
}

void require_scale_factors(const std::vector<double>& factors) {
  if (!factors.empty()) zne::require_points(line(), factors);
}

SharedExpectations exact(const Circuit& circuit, const Qnn& model) {
  return std::make_shared<const ProgramExpectations>(circuit, model.observables);
}

// --- Each kind: its objective, and its text -----------------------------------------------------

/// What all kinds make objectives of.
struct Conditions {
  const Qnn& model;
  const DeviceHistory& device;
  Loss loss;
  std::uint64_t seed;

  const NoiseModel& now() const { return device.states.back(); }
  SharedExpectations in_state(const NoiseModel& state) const {
    return expectations_on(model, state, device.layout);
  }
  std::vector<SharedExpectations> in_states(std::size_t n) const {
    const std::vector<NoiseModel>& states = device.states;
    n = std::min(n, states.size());
    std::vector<SharedExpectations> all;
    for (std::size_t i = 0; i < n; ++i)
      all.push_back(
          in_state(states[n == 1 ? states.size() - 1 : i * (states.size() - 1) / (n - 1)]));
    return all;
  }
  void require_history(const char* remedy = "") const {
    if (device.states.size() < 2)
      throw InputError("training noise", "history",
                       fmt::format("{} state of the device is none; a series is needed{}",
                                   device.states.size(), remedy));
  }
};

Circuit circuit_in(const NoNoise&, const Qnn& model, const DeviceHistory&) {
  return model.circuit;
}

Circuit circuit_in(const ExactNoise&, const Qnn& model, const DeviceHistory& device) {
  return on_device(model.circuit, {device.states.back(), device.layout});
}

Circuit circuit_in(const ClusterNoise&, const Qnn& model, const DeviceHistory& device) {
  return circuit_in(ExactNoise{}, model, device);
}

Circuit circuit_in(const ReadoutNoise&, const Qnn& model, const DeviceHistory& device) {
  Circuit circuit = model.circuit;
  circuit.set_readout_error(
      device.states.back().readout_error(device_qubits(device.layout, circuit.qubit_of_bit())));
  return circuit;
}

/// Of noise that is one circuit.
template <typename Kind>
requires requires(const Kind& kind, const Conditions& in) {
  circuit_in(kind, in.model, in.device);
}
TrainingObjective objective_of(const Kind& kind, const Conditions& in) {
  return fixed_objective(in.model, exact(circuit_in(kind, in.model, in.device), in.model), in.loss);
}

TrainingObjective objective_of(const InjectedNoise& injected, const Conditions& in) {
  const PauliInjection injection(on_device(in.model.circuit, {in.now(), in.device.layout}),
                                 injected.strength);
  return drawn_objective(
      in.model,
      [injection, model = in.model, seed = in.seed](std::uint64_t step) {
        RandomStream random(seed, stream_id(injection_purpose, step));
        return exact(injection.draw(random), model);
      },
      in.loss);
}

TrainingObjective objective_of(const HistoryNoise&, const Conditions& in) {
  in.require_history();
  const std::vector<SharedExpectations> states = in.in_states(in.device.states.size());
  return drawn_objective(
      in.model,
      [states, seed = in.seed](std::uint64_t step) {
        RandomStream random(seed, stream_id(history_purpose, step));
        return states[random.below(states.size())];
      },
      in.loss);
}

TrainingObjective objective_of(const RiskNoise& risk, const Conditions& in) {
  in.require_history();
  return risk_objective(in.model, in.in_states(risk.states), {risk.tail}, in.loss);
}

TrainingObjective objective_of(const NoiseGap& gap, const Conditions& in) {
  return noise_gap_objective(in.model, in.in_state(in.now()), exact(in.model.circuit, in.model),
                             gap.strength, in.loss);
}

TrainingObjective objective_of(const SensitivityNoise& sensitivity, const Conditions& in) {
  const auto drifting =
      std::make_shared<const DriftingExpectations>(in.model, in.now(), in.device.layout);
  const Calibration& now = in.now().calibration();
  if (sensitivity.relative)
    return sensitivity_objective(in.model, drifting,
                                 relative_spreads(drifting->numbers(), now, *sensitivity.relative),
                                 sensitivity.strength, in.loss);
  in.require_history(", or \"relative\"");
  std::vector<Calibration> states;
  for (const NoiseModel& state : in.device.states) states.push_back(state.calibration());
  return sensitivity_objective(in.model, drifting, recorded_spreads(drifting->numbers(), states),
                               sensitivity.strength, in.loss);
}

TrainingObjective objective_of(const MitigatedNoise& mitigated, const Conditions& in) {
  std::vector<double> factors = mitigated.scale_factors;
  arma::vec coefficients{1.0};
  if (factors.empty())
    factors = {1.0};
  else
    coefficients = zne::influence(line(), factors, arma::zeros(factors.size()),
                                  arma::zeros(factors.size(), factors.size()));
  std::vector<CombinedExpectations::Part> parts;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    Circuit circuit = on_device(in.model.circuit, {in.now(), in.device.layout}, factors[i]);
    circuit.set_readout_error({});
    parts.push_back({coefficients(i), exact(circuit, in.model)});
  }
  return fixed_objective(in.model, std::make_shared<const CombinedExpectations>(std::move(parts)),
                         in.loss);
}

TrainingNoise parse_injected(NamedSettings& settings) {
  InjectedNoise injected;
  settings.take_number("strength", injected.strength, true);
  return injected;
}

TrainingNoise parse_risk(NamedSettings& settings) {
  RiskNoise risk;
  settings.take_number("tail", risk.tail, true);
  settings.take_whole("states", risk.states, 1, max_states);
  return risk;
}

TrainingNoise parse_gap(NamedSettings& settings) {
  NoiseGap gap;
  settings.take_number("strength", gap.strength, true);
  return gap;
}

TrainingNoise parse_sensitivity(NamedSettings& settings) {
  SensitivityNoise sensitivity;
  settings.take_number("strength", sensitivity.strength, true);
  settings.take_number("relative", sensitivity.relative);
  return sensitivity;
}

TrainingNoise parse_clusters(NamedSettings& settings) {
  ClusterNoise clusters;
  settings.take_whole("count", clusters.count, 1, max_states, true);
  return clusters;
}

TrainingNoise parse_mitigated(NamedSettings& settings) {
  MitigatedNoise mitigated;
  settings.take_numbers("scale", mitigated.scale_factors);
  return mitigated;
}

std::string text_of(const NoNoise&) {
  return "none";
}
std::string text_of(const ExactNoise&) {
  return "exact";
}
std::string text_of(const ReadoutNoise&) {
  return "readout";
}
std::string text_of(const InjectedNoise& injected) {
  return fmt::format("injected:strength={}", injected.strength);
}
std::string text_of(const HistoryNoise&) {
  return "history";
}
std::string text_of(const RiskNoise& risk) {
  return fmt::format("risk:tail={}:states={}", risk.tail, risk.states);
}
std::string text_of(const NoiseGap& gap) {
  return fmt::format("gap:strength={}", gap.strength);
}
std::string text_of(const SensitivityNoise& sensitivity) {
  std::string text = fmt::format("sensitivity:strength={}", sensitivity.strength);
  if (sensitivity.relative) text += fmt::format(":relative={}", *sensitivity.relative);
  return text;
}
std::string text_of(const ClusterNoise& clusters) {
  return fmt::format("clusters:count={}", clusters.count);
}
std::string text_of(const MitigatedNoise& mitigated) {
  if (mitigated.scale_factors.empty()) return "mitigated";
  return fmt::format("mitigated:scale={}", fmt::join(mitigated.scale_factors, ","));
}

void require_valid(const TrainingNoise& noise) {
  if (const auto* injected = std::get_if<InjectedNoise>(&noise))
    require_strength(injected->strength);
  if (const auto* gap = std::get_if<NoiseGap>(&noise)) require_strength(gap->strength);
  if (const auto* sensitivity = std::get_if<SensitivityNoise>(&noise)) {
    require_strength(sensitivity->strength);
    if (sensitivity->relative) require_relative(*sensitivity->relative);
  }
  if (const auto* risk = std::get_if<RiskNoise>(&noise)) {
    require_tail(risk->tail);
    if (risk->states < 1) throw InputError("training noise", "states", "0 is not >= 1");
  }
  if (const auto* mitigated = std::get_if<MitigatedNoise>(&noise))
    require_scale_factors(mitigated->scale_factors);
}

/// Expectations and what runs their circuits, which they do not own.
struct SimulatedShots {
  SimulatedShots(const Circuit& circuit, const Qnn& model, const ShotExpectations::Options& options,
                 std::uint64_t seed, const ShotExpectations::State& from)
      : executor(seed, {}, from.runs),
        expectations(executor, circuit, model.observables, options, from) {}

  DensityMatrixExecutor executor;
  ShotExpectations expectations;
};

void require_device(const TrainingNoise& noise, const DeviceHistory& device) {
  if (device.states.empty() && !std::holds_alternative<NoNoise>(noise))
    throw InputError("training noise", to_string(noise), "there is no device");
}

}  // namespace

TrainingNoise parse_training_noise(std::string_view text) {
  using Parser = std::function<TrainingNoise(NamedSettings&)>;
  static const std::map<std::string, Parser> parsers{
      {"none", [](NamedSettings&) { return NoNoise{}; }},
      {"exact", [](NamedSettings&) { return ExactNoise{}; }},
      {"readout", [](NamedSettings&) { return ReadoutNoise{}; }},
      {"injected", parse_injected},
      {"history", [](NamedSettings&) { return HistoryNoise{}; }},
      {"risk", parse_risk},
      {"gap", parse_gap},
      {"sensitivity", parse_sensitivity},
      {"clusters", parse_clusters},
      {"mitigated", parse_mitigated},
  };
  NamedSettings settings("training noise", text);
  TrainingNoise noise = settings.choose(parsers)(settings);
  settings.refuse_unknown();
  settings.naming([&] { require_valid(noise); });
  return noise;
}

std::string to_string(const TrainingNoise& noise) {
  return std::visit([](const auto& kind) { return text_of(kind); }, noise);
}

SharedExpectations expectations_on(const Qnn& model, const NoiseModel& state,
                                   const Layout& layout) {
  return exact(on_device(model.circuit, {state, layout}), model);
}

std::shared_ptr<const ShotExpectations> shot_expectations(
    const TrainingNoise& noise, const Qnn& model, const DeviceHistory& device,
    ShotExpectations::Options options, std::uint64_t seed, const ShotExpectations::State& from) {
  require_device(noise, device);
  const Circuit circuit = std::visit(
      [&](const auto& kind) -> Circuit {
        if constexpr (requires { circuit_in(kind, model, device); })
          return circuit_in(kind, model, device);
        throw InputError(
            "training noise", to_string(noise),
            "is not that of one circuit, which gradients from shots take; none, exact, "
            "readout and clusters are");
      },
      noise);
  // Not the streams of what the seed draws elsewhere, such as the shots of a test.
  RandomStream random(seed, stream_id(shots_purpose, 0));
  options.seed = random();
  const auto run = std::make_shared<SimulatedShots>(circuit, model, options, random(), from);
  return {run, &run->expectations};  // shares the ownership of both
}

TrainingObjective training_objective(const TrainingNoise& noise, const Qnn& model,
                                     const DeviceHistory& device, Loss loss, std::uint64_t seed) {
  require_valid(noise);
  require_device(noise, device);
  const Conditions conditions{model, device, loss, seed};
  return std::visit([&](const auto& kind) { return objective_of(kind, conditions); }, noise);
}

}  // namespace rhodrift
