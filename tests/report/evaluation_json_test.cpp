#include <rhodrift/core/error.hpp>
#include <rhodrift/report/evaluation_json.hpp>
#include <rhodrift/report/evaluation_text.hpp>

#include "report/evaluation_report.hpp"
#include "support/catch.hpp"

using namespace rhodrift;

namespace {

/// `json` of the report with the first `from` replaced.
std::string changed(const std::string& from, const std::string& to) {
  std::string json = evaluation_json(test::evaluation_report());
  const std::size_t at = json.find(from);
  REQUIRE(at != std::string::npos);
  return json.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("an evaluation comes back from its JSON as it was") {
  const EvaluationReport report = test::evaluation_report();
  const std::string json = evaluation_json(report);
  const EvaluationReport back = parse_evaluation(json, "here");
  CHECK(evaluation_json(back) == json);
  CHECK(evaluation_text(back) == evaluation_text(report));
  CHECK(back.shots == 10'000);
  CHECK(back.repetitions == 200);
  CHECK(back.currency == "EUR");
  REQUIRE(back.cases.size() == 1);
  CHECK(back.cases[0].observables == std::vector<std::string>{"Z1", "Z0"});
  CHECK(back.cases[0].strategies[1].first_failure == "no fit");
  CHECK_FALSE(back.cases[0].strategies[1].cost.seconds);
  CHECK(back.cases[0].strategies[2].scores.empty());
  CHECK(back.help_harm[0].boundaries[0].points[4].helps == HelpHarmPoint::Helps::unknown);
  CHECK(std::isnan(back.age->ages[1].rmse[1].std_error));
  CHECK(back.age->ages[1].n_estimated == std::vector<std::size_t>{3, 1});
}

TEST_CASE("an observable given twice is there twice") {
  EvaluationReport report = test::evaluation_report();
  report.cases[0].observables = {"Z1", "Z1"};
  const EvaluationReport back = parse_evaluation(evaluation_json(report), "here");
  CHECK(back.cases[0].observables == std::vector<std::string>{"Z1", "Z1"});
  CHECK(back.cases[0].strategies[0].scores.size() == 2);
}

TEST_CASE("what is not asked for is not in the JSON") {
  const EvaluationReport report{100, 2, "", {}, {}, {}, {}, {}};
  const std::string json = evaluation_json(report);
  CHECK(json.find("help_harm") == std::string::npos);
  CHECK(json.find("\"age\"") == std::string::npos);
  CHECK(json.find("\"currency\": null") != std::string::npos);
  CHECK(evaluation_json(parse_evaluation(json, "here")) == json);
}

TEST_CASE("what is wrong in the JSON of an evaluation is named with its place") {
  const auto refused = [](const std::string& json, const std::string& message) {
    CHECK_THROWS_AS(parse_evaluation(json, "here"), InputError);
    CHECK_THROWS_WITH(parse_evaluation(json, "here"), ContainsSubstring("here: " + message));
  };
  refused("{", "line 1");
  refused("{}", "");
  refused(changed("\"above\"", "\"sometimes\""), "/help_harm/0/strategies/0/points/1/helps: ");
  refused(changed("\"shots\": 10000", "\"shots\": -1"), "/shots: -1");
  refused(changed("\"circuits\": 6", "\"circuits\": 1.5"),
          "/cases/0/strategies/1/cost/circuits: 1.5");
  refused(changed("\"significant\": true", "\"significant\": 1"), "/comparisons/0/significant: ");
  refused(changed("\"observables\": [\n        \"Z1\",", "\"observables\": ["),
          "/cases/0/strategies/0/scores: has 2 elements for 1 observables");
}

TEST_CASE("the text of an evaluation says the budget, and fits") {
  EvaluationReport report = test::evaluation_report();
  const std::string text = evaluation_text(report);
  CHECK(text.find("ghz, 10000 shots in total for each strategy, 200 repetitions\n") == 0);
  CHECK(text.find("cdr: no estimate in 200 of 200 repetitions, first: no line") !=
        std::string::npos);
  CHECK(text.find("0.1235 ± – (1 pairs)") != std::string::npos);
  std::size_t widest = 0, width = 0;
  const std::string tables = text.substr(0, text.find("HARM"));
  for (const char c : tables) {
    const auto byte = static_cast<unsigned char>(c);
    width = c == '\n' ? 0 : width + ((byte & 0xc0) != 0x80 ? 1 : 0);
    widest = std::max(widest, width);
  }
  CHECK(widest <= 100);
}
