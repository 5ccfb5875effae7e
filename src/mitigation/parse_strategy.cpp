#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/strategy.hpp>

#include "core/named_settings.hpp"

namespace rhodrift {

namespace {

constexpr std::uint64_t default_instances = 32;
// Of those with signs few are negative and carry much of the error: with 32 intervals are too
// short.
constexpr std::uint64_t default_signed_instances = 64;
constexpr double default_calibration_share = 0.2;

void parse_readout(NamedSettings& stage, Strategy& strategy) {
  ReadoutStage& readout = strategy.readout;
  readout.method = ReadoutMethod::inversion;
  stage.take<ReadoutMethod>("method",
                            {{"inversion", ReadoutMethod::inversion},
                             {"least-squares", ReadoutMethod::least_squares},
                             {"m3", ReadoutMethod::subspace},
                             {"ibu", ReadoutMethod::unfolding},
                             {"twirled", ReadoutMethod::twirled},
                             {"ctmp", ReadoutMethod::ctmp}},
                            readout.method, true);
  const bool measures =
      readout.method == ReadoutMethod::twirled || readout.method == ReadoutMethod::ctmp;
  if (measures) readout.calibration_share = default_calibration_share;
  stage.take_share("calibrate", readout.calibration_share, true);
  stage.take<readout::CalibrationScheme>("scheme",
                                         {{"independent", readout::CalibrationScheme::independent},
                                          {"marginal", readout::CalibrationScheme::marginal},
                                          {"balanced", readout::CalibrationScheme::balanced}},
                                         readout.scheme);
}

void parse_symmetry(NamedSettings& stage, Strategy& strategy) {
  const auto text = stage.take("strings", true);
  if (!text) stage.fail("needs strings, such as symmetry:Z0 Z1,-Z2");
  for (const std::string& part : split_text(*text, ',')) {
    const bool negative = part.starts_with('-');
    strategy.symmetries.push_back(
        {stage.naming([&] { return PauliString::parse(part.substr(negative ? 1 : 0)); }),
         negative ? -1 : 1});
  }
}

void parse_twirl(NamedSettings& stage, Strategy& strategy) {
  strategy.instances = default_instances;
  stage.take_whole("instances", strategy.instances, 2, 1'000'000, true);
}

void parse_decoupling(NamedSettings& stage, Strategy& strategy) {
  strategy.decoupling = DecouplingSequence::xy4;
  stage.take<DecouplingSequence>("sequence",
                                 {{"xx", DecouplingSequence::xx}, {"xy4", DecouplingSequence::xy4}},
                                 strategy.decoupling, true);
}

/// "scale=1,3,5", or "chebyshev=4,5": so many nodes up to there.
void parse_scale_factors(NamedSettings& stage, std::vector<double>& factors) {
  const bool listed = stage.take_numbers("scale", factors);
  std::vector<double> nodes;
  if (!stage.take_numbers("chebyshev", nodes)) return;
  if (listed) stage.fail("scale and chebyshev both say the scale factors");
  if (nodes.size() != 2 || !(nodes[0] >= 2.0 && nodes[0] <= 100.0) ||
      nodes[0] != std::floor(nodes[0]))
    stage.fail("chebyshev is a whole number of nodes in 2..100 and the highest, such as 4,5");
  factors = stage.naming(
      [&] { return zne::chebyshev_scale_factors(static_cast<int>(nodes[0]), nodes[1]); });
}

/// "adaptive=4,10": so many points up to there.
void parse_adaptive(NamedSettings& stage, ZneStage& zne) {
  std::vector<double> numbers;
  if (!stage.take_numbers("adaptive", numbers)) return;
  if (numbers.size() != 2 || !(numbers[0] >= 3.0 && numbers[0] <= 100.0) ||
      numbers[0] != std::floor(numbers[0]))
    stage.fail(
        "adaptive is a whole number of points in 3..100 and the highest factor, such as 4,10");
  zne.adaptive = {static_cast<int>(numbers[0]), numbers[1]};
  zne.scale_factors = {1.0, 3.0};
}

void parse_zne(NamedSettings& stage, Strategy& strategy) {
  ZneStage zne;
  std::string model = stage.take("model", true).value_or("linear");
  if (model == "layerwise") {
    Layerwise layerwise;
    stage.take_whole("degree", layerwise.degree, 1, 5);
    stage.take_whole("chunks", layerwise.chunks, 1, 100);
    zne.model = layerwise;
    strategy.zne = std::move(zne);
    return;
  }
  for (const char* key : {"order", "asymptote"})
    if (const auto value = stage.take(key)) model += fmt::format(":{}={}", key, *value);
  zne.model = stage.naming([&] { return zne::parse_extrapolation(model); });
  parse_adaptive(stage, zne);
  parse_scale_factors(stage, zne.scale_factors);
  if (const auto by = stage.take("by")) {
    if (*by == "analog")
      zne.scaling = NoiseScaling::analog;
    else if (*by == "pauli")
      zne.scaling = NoiseScaling::amplified;
    else
      zne.folding = stage.naming([&] { return zne::parse_folding(*by); });
  }
  stage.take<bool>("shots", {{"even", false}, {"optimal", true}}, zne.optimal_shots);
  strategy.zne = std::move(zne);
}

void parse_cdr(NamedSettings& stage, Strategy& strategy) {
  CdrStage cdr;
  stage.take_whole("training", cdr.n_training, 4, 10000);
  stage.take_whole("non-clifford", cdr.n_non_clifford, 0, 10000);
  stage.take_share("share", cdr.training_share, false);
  stage.take_numbers("scale", cdr.scale_factors);
  strategy.cdr = std::move(cdr);
}

}  // namespace

Strategy parse_strategy(std::string_view text) {
  using Parser = std::function<void(NamedSettings&, Strategy&)>;
  static const std::map<std::string, Parser> parsers{
      {"raw", [](NamedSettings&, Strategy&) {}},
      {"readout", parse_readout},
      {"dd", parse_decoupling},
      {"symmetry", parse_symmetry},
      {"twirl", parse_twirl},
      {"zne", parse_zne},
      {"cdr", parse_cdr},
      {"distillation", [](NamedSettings&, Strategy& strategy) { strategy.distillation = true; }},
      {"pec", [](NamedSettings&, Strategy& strategy) { strategy.pec = true; }},
  };
  Strategy strategy;
  strategy.name = text;
  std::vector<std::string> seen;
  for (const std::string& part : split_text(text, '+')) {
    NamedSettings stage("strategy", part);
    const auto parser = parsers.find(stage.name());
    if (parser == parsers.end())
      throw InputError(
          "strategy", fmt::format("\"{}\"", text),
          fmt::format("unknown stage \"{}\"; known are {}", stage.name(), names_of(parsers)));
    if (std::ranges::find(seen, stage.name()) != seen.end()) stage.fail("the stage is there twice");
    seen.push_back(stage.name());
    parser->second(stage, strategy);
    stage.refuse_unknown();
  }
  if (seen.size() > 1 && std::ranges::find(seen, "raw") != seen.end())
    throw InputError("strategy", fmt::format("\"{}\"", text), "raw stands alone");
  const bool amplified = strategy.zne && strategy.zne->scaling == NoiseScaling::amplified;
  if ((strategy.pec || amplified) && strategy.instances == 0)
    strategy.instances = default_signed_instances;
  strategy.validate();
  return strategy;
}

}  // namespace rhodrift
