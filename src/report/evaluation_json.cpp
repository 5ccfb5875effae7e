#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <rhodrift/report/evaluation_json.hpp>

#include "core/estimate_json.hpp"
#include "core/json_reader.hpp"

namespace rhodrift {

namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}
Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

template <typename Items, typename Write>
Json array_of(const Items& items, Write write) {
  Json array = Json::array();
  for (const auto& item : items) array.push_back(write(item));
  return array;
}

Json json_of(const Cost& cost) {
  return {{"shots", cost.shots},
          {"circuits", cost.circuits},
          {"two_qubit_gates", cost.two_qubit_gates},
          {"seconds", or_null(cost.seconds)},
          {"money", or_null(cost.money)}};
}

Json json_of(const Score& score, const std::string& observable) {
  return {{"observable", observable},
          {"truth", score.truth},
          {"bias", estimate_json(score.bias)},
          {"std_dev", score.std_dev},
          {"rmse", estimate_json(score.rmse)},
          {"coverage", estimate_json(score.coverage)},
          {"mean_std_error", score.mean_std_error}};
}

Json json_of(const CaseEvaluation& of) {
  const auto strategy = [&](const StrategyEvaluation& evaluation) {
    Json scores = Json::array();
    for (std::size_t k = 0; k < evaluation.scores.size(); ++k)
      scores.push_back(json_of(evaluation.scores[k], of.observables[k]));
    return Json{{"strategy", evaluation.strategy},
                {"cost", json_of(evaluation.cost)},
                {"failures", evaluation.failures},
                {"first_failure", or_null(evaluation.first_failure)},
                {"scores", scores}};
  };
  return {{"case", of.name},
          {"observables", of.observables},
          {"strategies", array_of(of.strategies, strategy)}};
}

Json json_of(const Comparison& comparison) {
  return {{"where", comparison.where},
          {"better", comparison.better},
          {"worse", comparison.worse},
          {"difference", estimate_json(comparison.difference)},
          {"p_value", comparison.p_value},
          {"adjusted_p_value", comparison.adjusted_p_value},
          {"significant", comparison.significant}};
}

Json json_of(const HelpHarm& of) {
  const auto point = [](const HelpHarmPoint& one) {
    return Json{{"noise_scale", one.noise_scale},
                {"helps", to_string(one.helps)},
                {"crossing_shots", or_null(one.crossing_shots)},
                {"rmse_ratio", or_null(one.rmse_ratio)}};
  };
  const auto boundary = [&](const HelpHarmBoundary& one) {
    return Json{{"strategy", one.strategy}, {"points", array_of(one.points, point)}};
  };
  return {{"case", of.name}, {"strategies", array_of(of.boundaries, boundary)}};
}

Json json_of(const AgeStudy& study) {
  const auto age = [&](const AgeStudy::Age& one) {
    Json errors = Json::array();
    for (std::size_t s = 0; s < study.strategies.size(); ++s)
      errors.push_back({{"strategy", study.strategies[s]},
                        {"pairs", one.n_estimated[s]},
                        {"rmse", estimate_json(one.rmse[s])}});
    return Json{{"days", one.days}, {"pairs", one.n_pairs}, {"errors", errors}};
  };
  const auto flip = [](const AgeStudy::Flip& one) {
    return Json{{"days", one.days},
                {"was_better", one.was_better},
                {"is_better", one.is_better},
                {"difference", estimate_json(one.difference)},
                {"adjusted_p_value", one.adjusted_p_value},
                {"significant", one.significant}};
  };
  return {{"device", study.device},
          {"strategies", study.strategies},
          {"ages", array_of(study.ages, age)},
          {"flips", array_of(study.flips, flip)}};
}

/// JSON has no NaN; what could not be computed is null.
double number_or_nan(const JsonPlace& place) {
  return place.is_null() ? std::numeric_limits<double>::quiet_NaN() : place.number();
}

std::optional<double> number_if_any(const JsonPlace& place) {
  return place.is_null() ? std::nullopt : std::optional(place.number());
}

std::uint64_t count(const JsonPlace& place) {
  constexpr double limit = 9007199254740992.0;  // 2^53: whole numbers up to here are exact
  const double value = place.number();
  if (!(value >= 0.0 && value <= limit && value == std::floor(value)))
    place.refuse(fmt::format("{} is not a whole number in 0..2^53", value));
  return static_cast<std::uint64_t>(value);
}

std::string text_if_any(const JsonPlace& place) {
  return place.is_null() ? "" : place.string();
}

std::string text(const JsonPlace& place) {
  return place.string();
}

bool boolean(const JsonPlace& place) {
  if (!place.value().is_boolean()) place.refuse("is not true or false");
  return place.value().get<bool>();
}

template <typename Read>
auto list(const JsonPlace& place, Read read) {
  std::vector<decltype(read(place))> items;
  for (const JsonPlace& element : place.elements()) items.push_back(read(element));
  return items;
}

Estimate estimate(const JsonPlace& place) {
  const std::vector<JsonPlace> ci = place.at("ci").elements();
  if (ci.size() != 2) place.at("ci").refuse(fmt::format("has {} ends, not 2", ci.size()));
  Estimate result;
  result.value = number_or_nan(place.at("value"));
  result.std_error = number_or_nan(place.at("std_error"));
  result.ci = {number_or_nan(ci[0]), number_or_nan(ci[1])};
  result.level = place.at("level").number();
  result.shots = count(place.at("shots"));
  result.circuits = count(place.at("circuits"));
  result.method = place.at("method").string();
  const JsonPlace diagnostics = place.at("diagnostics");
  for (const std::string& name : diagnostics.keys())
    result.diagnostics[name] = number_or_nan(diagnostics.at(name));
  return result;
}

Cost cost(const JsonPlace& place) {
  return {count(place.at("shots")), count(place.at("circuits")), count(place.at("two_qubit_gates")),
          number_if_any(place.at("seconds")), number_if_any(place.at("money"))};
}

Score score(const JsonPlace& place) {
  return {place.at("truth").number(),         estimate(place.at("bias")),
          number_or_nan(place.at("std_dev")), estimate(place.at("rmse")),
          estimate(place.at("coverage")),     number_or_nan(place.at("mean_std_error"))};
}

StrategyEvaluation evaluated_strategy(const JsonPlace& place,
                                      const std::vector<std::string>& observables) {
  StrategyEvaluation evaluation;
  evaluation.strategy = place.at("strategy").string();
  evaluation.cost = cost(place.at("cost"));
  evaluation.failures = count(place.at("failures"));
  evaluation.first_failure = text_if_any(place.at("first_failure"));
  const JsonPlace scores = place.at("scores");
  evaluation.scores = list(scores, score);
  // A strategy that never got an estimate has none.
  if (!evaluation.scores.empty() && evaluation.scores.size() != observables.size())
    scores.refuse(fmt::format("has {} elements for {} observables", evaluation.scores.size(),
                              observables.size()));
  return evaluation;
}

CaseEvaluation evaluated_case(const JsonPlace& place) {
  CaseEvaluation result{place.at("case").string(), list(place.at("observables"), text), {}};
  result.strategies = list(place.at("strategies"), [&](const JsonPlace& of) {
    return evaluated_strategy(of, result.observables);
  });
  return result;
}

Comparison comparison(const JsonPlace& place) {
  return {place.at("better").string(),        place.at("worse").string(),
          place.at("where").string(),         estimate(place.at("difference")),
          number_or_nan(place.at("p_value")), number_or_nan(place.at("adjusted_p_value")),
          boolean(place.at("significant"))};
}

HelpHarmPoint::Helps helps(const JsonPlace& place) {
  using Helps = HelpHarmPoint::Helps;
  for (const Helps known : {Helps::always, Helps::above, Helps::below, Helps::never, Helps::unknown,
                            Helps::no_estimate})
    if (place.string() == to_string(known)) return known;
  place.refuse("\"" + place.string() + "\" is no verdict");
}

HelpHarmBoundary boundary(const JsonPlace& place) {
  return {place.at("strategy").string(), list(place.at("points"), [](const JsonPlace& point) {
            return HelpHarmPoint{point.at("noise_scale").number(), helps(point.at("helps")),
                                 number_if_any(point.at("crossing_shots")),
                                 number_if_any(point.at("rmse_ratio"))};
          })};
}

AgeStudy::Age age(const JsonPlace& place, std::size_t n_strategies) {
  AgeStudy::Age age{place.at("days").number(), count(place.at("pairs")), {}, {}};
  const std::vector<JsonPlace> errors = place.at("errors").elements();
  if (errors.size() != n_strategies)
    place.at("errors").refuse(
        fmt::format("has {} elements for {} strategies", errors.size(), n_strategies));
  for (const JsonPlace& of : errors) {
    age.rmse.push_back(estimate(of.at("rmse")));
    age.n_estimated.push_back(count(of.at("pairs")));
  }
  return age;
}

AgeStudy age_study(const JsonPlace& place) {
  AgeStudy study;
  study.device = place.at("device").string();
  study.strategies = list(place.at("strategies"), text);
  study.ages =
      list(place.at("ages"), [&](const JsonPlace& of) { return age(of, study.strategies.size()); });
  study.flips = list(place.at("flips"), [](const JsonPlace& flip) {
    return AgeStudy::Flip{flip.at("was_better").string(),
                          flip.at("is_better").string(),
                          flip.at("days").number(),
                          estimate(flip.at("difference")),
                          number_or_nan(flip.at("adjusted_p_value")),
                          boolean(flip.at("significant"))};
  });
  return study;
}

}  // namespace

std::string evaluation_json(const EvaluationReport& report) {
  const auto json = [](const auto& part) { return json_of(part); };
  Json result{{"shots", report.shots},
              {"repetitions", report.repetitions},
              {"currency", or_null(report.currency)},
              {"cases", array_of(report.cases, json)},
              {"comparisons", array_of(report.comparisons, json)},
              {"harm", array_of(report.harm, json)}};
  if (!report.help_harm.empty()) result["help_harm"] = array_of(report.help_harm, json);
  if (report.age) result["age"] = json_of(*report.age);
  // Names of files need not be UTF-8.
  return result.dump(2, ' ', false, Json::error_handler_t::replace);
}

EvaluationReport parse_evaluation(const std::string& json, const std::string& source) {
  const JsonDocument document(json, source);
  const JsonPlace root = document.root();
  EvaluationReport result{count(root.at("shots")),
                          count(root.at("repetitions")),
                          text_if_any(root.at("currency")),
                          list(root.at("cases"), evaluated_case),
                          list(root.at("comparisons"), comparison),
                          list(root.at("harm"), comparison),
                          {},
                          {}};
  if (const auto place = root.find("help_harm"))
    result.help_harm = list(*place, [](const JsonPlace& of) {
      return HelpHarm{of.at("case").string(), list(of.at("strategies"), boundary)};
    });
  if (const auto place = root.find("age")) result.age = age_study(*place);
  return result;
}

}  // namespace rhodrift
