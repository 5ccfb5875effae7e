#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/strategy.hpp>

namespace rhodrift {

namespace {

constexpr std::uint64_t default_instances = 32;
// Of those with signs few are negative and carry much of the error: with 32 intervals are too
// short.
constexpr std::uint64_t default_signed_instances = 64;
constexpr double default_calibration_share = 0.2;

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

/// One stage of a strategy's text: "name:value:key=value:…", the value without a key being that of
/// the stage's first setting.
class Stage {
 public:
  explicit Stage(const std::string& text) : text_(text) {
    std::vector<std::string> parts = split(text, ':');
    name_ = parts.front();
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const std::size_t equals = parts[i].find('=');
      if (equals == std::string::npos && i > 1)
        fail(fmt::format("\"{}\" is no setting \"key=value\"", parts[i]));
      const std::string key = equals == std::string::npos ? "" : parts[i].substr(0, equals);
      if (!settings_.emplace(key, parts[i].substr(equals + 1)).second)
        fail(fmt::format("{} is set twice", key));
    }
  }

  const std::string& name() const { return name_; }

  /// The value of a setting, or nullopt. Every setting that is asked for is known.
  std::optional<std::string> take(const std::string& key, bool first = false) {
    known_.push_back(key);
    if (first && settings_.contains("") && settings_.contains(key))
      fail(fmt::format("{} is set twice", key));
    for (const std::string& spelled : {key, first ? std::string() : key}) {
      const auto found = settings_.find(spelled);
      if (found == settings_.end()) continue;
      std::string value = found->second;
      settings_.erase(found);
      return value;
    }
    return std::nullopt;
  }

  template <typename Value>
  void take(const std::string& key, const std::map<std::string, Value>& names, Value& value,
            bool first = false) {
    const auto text = take(key, first);
    if (!text) return;
    const auto found = names.find(*text);
    if (found == names.end()) {
      std::vector<std::string> known;
      for (const auto& [name, unused] : names) known.push_back(name);
      fail(fmt::format("unknown {} \"{}\"; known are {}", key, *text, fmt::join(known, ", ")));
    }
    value = found->second;
  }

  template <typename Whole>
  void take_whole(const std::string& key, Whole& value, int low, int high, bool first = false) {
    const auto text = take(key, first);
    if (!text) return;
    const double wanted = number(key, *text);
    if (!(wanted >= low && wanted <= high && wanted == std::floor(wanted)))
      fail(fmt::format("{}: {} is no whole number in {}..{}", key, *text, low, high));
    value = static_cast<Whole>(wanted);
  }

  /// In (0, 1), or [0, 1).
  void take_share(const std::string& key, double& value, bool may_be_zero) {
    const auto text = take(key);
    if (!text) return;
    value = number(key, *text);
    if (!(value < 1.0 && (may_be_zero ? value >= 0.0 : value > 0.0)))
      fail(fmt::format("{}: {} is outside {}0, 1)", key, *text, may_be_zero ? '[' : '('));
  }

  /// What `work` refuses, with the stage in front.
  template <typename Work>
  auto naming(Work work) const {
    try {
      return work();
    } catch (const InputError& error) {
      fail(error.what());
    }
  }

  /// Whether the setting is there.
  bool take_numbers(const std::string& key, std::vector<double>& numbers) {
    const auto text = take(key);
    if (!text) return false;
    numbers.clear();
    for (const std::string& part : split(*text, ',')) numbers.push_back(number(key, part));
    return true;
  }

  void refuse_unknown() const {
    if (settings_.empty()) return;
    if (known_.empty()) fail("takes no settings");
    const auto& [key, value] = *settings_.begin();
    fail(fmt::format("unknown setting \"{}\"; known are {}", key.empty() ? value : key,
                     fmt::join(known_, ", ")));
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw InputError("strategy", "\"" + text_ + "\"", problem);
  }

  double number(const std::string& key, const std::string& text) const {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
      fail(fmt::format("{}: \"{}\" is no number", key, text));
    return value;
  }

 private:
  std::string text_;
  std::string name_;
  std::map<std::string, std::string> settings_;
  std::vector<std::string> known_;
};

void parse_readout(Stage& stage, Strategy& strategy) {
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

void parse_symmetry(Stage& stage, Strategy& strategy) {
  const auto text = stage.take("strings", true);
  if (!text) stage.fail("needs strings, such as symmetry:Z0 Z1,-Z2");
  for (const std::string& part : split(*text, ',')) {
    const bool negative = part.starts_with('-');
    strategy.symmetries.push_back(
        {stage.naming([&] { return PauliString::parse(part.substr(negative ? 1 : 0)); }),
         negative ? -1 : 1});
  }
}

void parse_twirl(Stage& stage, Strategy& strategy) {
  strategy.instances = default_instances;
  stage.take_whole("instances", strategy.instances, 2, 1'000'000, true);
}

void parse_decoupling(Stage& stage, Strategy& strategy) {
  strategy.decoupling = DecouplingSequence::xy4;
  stage.take<DecouplingSequence>("sequence",
                                 {{"xx", DecouplingSequence::xx}, {"xy4", DecouplingSequence::xy4}},
                                 strategy.decoupling, true);
}

/// "scale=1,3,5", or "chebyshev=4,5": so many nodes up to there.
void parse_scale_factors(Stage& stage, std::vector<double>& factors) {
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
void parse_adaptive(Stage& stage, ZneStage& zne) {
  std::vector<double> numbers;
  if (!stage.take_numbers("adaptive", numbers)) return;
  if (numbers.size() != 2 || !(numbers[0] >= 3.0 && numbers[0] <= 100.0) ||
      numbers[0] != std::floor(numbers[0]))
    stage.fail(
        "adaptive is a whole number of points in 3..100 and the highest factor, such as 4,10");
  zne.adaptive = {static_cast<int>(numbers[0]), numbers[1]};
  zne.scale_factors = {1.0, 3.0};
}

void parse_zne(Stage& stage, Strategy& strategy) {
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

void parse_cdr(Stage& stage, Strategy& strategy) {
  CdrStage cdr;
  stage.take_whole("training", cdr.n_training, 4, 10000);
  stage.take_whole("non-clifford", cdr.n_non_clifford, 0, 10000);
  stage.take_share("share", cdr.training_share, false);
  stage.take_numbers("scale", cdr.scale_factors);
  strategy.cdr = std::move(cdr);
}

}  // namespace

Strategy parse_strategy(std::string_view text) {
  using Parser = std::function<void(Stage&, Strategy&)>;
  static const std::map<std::string, Parser> parsers{
      {"raw", [](Stage&, Strategy&) {}},
      {"readout", parse_readout},
      {"dd", parse_decoupling},
      {"symmetry", parse_symmetry},
      {"twirl", parse_twirl},
      {"zne", parse_zne},
      {"cdr", parse_cdr},
      {"distillation", [](Stage&, Strategy& strategy) { strategy.distillation = true; }},
      {"pec", [](Stage&, Strategy& strategy) { strategy.pec = true; }},
  };
  Strategy strategy;
  strategy.name = text;
  std::vector<std::string> seen;
  for (const std::string& part : split(text, '+')) {
    Stage stage(part);
    const auto parser = parsers.find(stage.name());
    if (parser == parsers.end()) {
      std::vector<std::string> known;
      for (const auto& [name, unused] : parsers) known.push_back(name);
      throw InputError(
          "strategy", fmt::format("\"{}\"", text),
          fmt::format("unknown stage \"{}\"; known are {}", stage.name(), fmt::join(known, ", ")));
    }
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
