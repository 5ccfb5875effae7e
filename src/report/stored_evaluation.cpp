#include "report/stored_evaluation.hpp"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/json_reader.hpp"

namespace rhodrift {

namespace {

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

CaseEvaluation evaluated_case(const JsonPlace& place) {
  CaseEvaluation result;
  result.name = place.at("case").string();
  for (const JsonPlace& of : place.at("strategies").elements()) {
    const JsonPlace observables = of.at("observables");
    // A strategy that never got an estimate has none.
    const bool scored = !observables.keys().empty();
    if (result.observables.empty()) result.observables = observables.keys();
    StrategyEvaluation evaluation;
    evaluation.strategy = of.at("strategy").string();
    evaluation.cost = cost(of.at("cost"));
    evaluation.failures = count(of.at("failures"));
    if (scored)
      for (const std::string& name : result.observables)
        evaluation.scores.push_back(score(observables.at(name)));
    result.strategies.push_back(std::move(evaluation));
  }
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

AgeStudy age_study(const JsonPlace& place) {
  AgeStudy study;
  study.device = place.at("device").string();
  for (const JsonPlace& of : place.at("ages").elements()) {
    const JsonPlace rmse = of.at("rmse");
    if (study.ages.empty()) study.strategies = rmse.keys();
    AgeStudy::Age age{of.at("days").number(), count(of.at("pairs")), {}, {}};
    for (const std::string& strategy : study.strategies) {
      age.rmse.push_back(estimate(rmse.at(strategy)));
      age.n_estimated.push_back(age.n_pairs);
    }
    study.ages.push_back(std::move(age));
  }
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

StoredEvaluation parse_evaluation(const std::string& json, const std::string& source) {
  const JsonDocument document(json, source);
  const JsonPlace root = document.root();
  StoredEvaluation result;
  result.cases = list(root.at("cases"), evaluated_case);
  result.comparisons = list(root.at("comparisons"), comparison);
  result.harm = list(root.at("harm"), comparison);
  if (const auto place = root.find("help_harm"))
    result.help_harm = list(*place, [](const JsonPlace& of) {
      return HelpHarm{of.at("case").string(), list(of.at("strategies"), boundary)};
    });
  if (const auto place = root.find("age")) result.age = age_study(*place);
  return result;
}

}  // namespace rhodrift
