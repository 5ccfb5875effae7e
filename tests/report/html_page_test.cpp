#include <cmath>

#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/report/html_page.hpp>
#include <rhodrift/store/run_writer.hpp>

#include "report/clean_text.hpp"
#include "report/html.hpp"
#include "report/well_formed.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using test::xml_fault;

namespace {

const RunInfo info{{1700000000}, 7, "rhodrift evaluate 'a & b <i>.qasm'"};

/// The page of a run that `fill` writes.
template <typename Fill>
std::string page_of(Fill fill, const std::string& name = "run.h5") {
  const ScratchDirectory scratch;
  RunWriter writer(scratch / "run.h5", info);
  fill(writer);
  writer.commit();
  return html_page(RunReader(scratch / "run.h5"), name);
}

bool holds(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

/// An evaluation as `rhodrift evaluate` writes it, of two strategies; %NAME% for the second.
std::string evaluation_json(const std::string& name = "readout+zne") {
  std::string json = R"({
    "cases": [{"case": "ghz", "strategies": [
      {"strategy": "raw",
       "cost": {"shots": 10000, "circuits": 2, "two_qubit_gates": 20000, "seconds": 0.5, "money": null},
       "failures": 0, "observables": {"Z0 Z1": SCORE}},
      {"strategy": "%NAME%",
       "cost": {"shots": 10000, "circuits": 6, "two_qubit_gates": 60000, "seconds": null, "money": 3.5},
       "failures": 3, "observables": {"Z0 Z1": SCORE}}]}],
    "comparisons": [{"where": "ghz", "better": "%NAME%", "worse": "raw", "difference": ESTIMATE,
                     "p_value": 0.001, "adjusted_p_value": 0.002, "significant": true}],
    "harm": [{"where": "ghz, Z0 Z1", "better": "raw", "worse": "%NAME%", "difference": ESTIMATE,
              "p_value": 0.001, "adjusted_p_value": 0.002, "significant": true}],
    "help_harm": [{"case": "ghz", "strategies": [
      {"strategy": "raw", "points": [
        {"noise_scale": 1, "helps": "never", "crossing_shots": null, "rmse_ratio": 1}]},
      {"strategy": "%NAME%", "points": [
        {"noise_scale": 0.5, "helps": "above", "crossing_shots": 400, "rmse_ratio": 0.5},
        {"noise_scale": 1, "helps": "below", "crossing_shots": 900, "rmse_ratio": 1.5},
        {"noise_scale": 2, "helps": "always", "crossing_shots": null, "rmse_ratio": null}]}]}],
    "age": {"device": "dev", "ages": [
        {"days": 0, "pairs": 3, "rmse": {"raw": ESTIMATE, "%NAME%": ESTIMATE}},
        {"days": 41.5, "pairs": 3, "rmse": {"raw": ESTIMATE, "%NAME%": ESTIMATE}}],
      "flips": [{"days": 41.5, "was_better": "%NAME%", "is_better": "raw",
                 "difference": ESTIMATE}]}})";
  const auto put = [&](const std::string& what, const std::string& with) {
    for (std::size_t at = json.find(what); at != std::string::npos;
         at = json.find(what, at + with.size()))
      json.replace(at, what.size(), with);
  };
  put("SCORE", R"({"truth": 1, "bias": ESTIMATE, "std_dev": 0.01, "rmse": ESTIMATE,
                   "coverage": ESTIMATE, "mean_std_error": 0.01})");
  put("ESTIMATE", R"({"value": 0.12345, "std_error": 0.0042, "ci": [0.115, 0.132], "level": 0.95,
                      "shots": 0, "circuits": 0, "method": "m", "diagnostics": {}})");
  put("%NAME%", name);
  return json;
}

std::string broken(const std::string& from, const std::string& to) {
  std::string json = evaluation_json();
  json.replace(json.find(from), from.size(), to);
  return json;
}

}  // namespace

TEST_CASE("a page tells how the run came about and leaves out what is not there") {
  const std::string page = page_of([](RunWriter&) {});
  CHECK(xml_fault(page) == "");
  CHECK(holds(page, "rhodrift evaluate &#39;a &amp; b &lt;i&gt;.qasm&#39;"));
  CHECK(holds(page, "2023-11-14T22:13:20Z"));
  CHECK(holds(page, "armadillo"));
  for (const char* absent : {"evaluation", "comparisons", "help-harm", "age", "training", "drift",
                             "estimates", "circuits", "contents"}) {
    CHECK(!holds(page, std::string("<section id=\"") + absent));
    CHECK(!holds(page, std::string("href=\"#") + absent));
  }
  CHECK(!holds(page, "Calibration"));
  CHECK(!holds(page, "<svg"));
}

TEST_CASE("a page needs no network and runs nothing") {
  const std::string page =
      page_of([](RunWriter& writer) { writer.write_text("evaluation.json", evaluation_json()); });
  CHECK(holds(page, "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"));
  CHECK(holds(page, "width=device-width"));
  CHECK(holds(page, "prefers-color-scheme: dark"));
  for (const char* outside : {"<script", "<link", "<img", "src=", "href=\"http", "url(", "@import"})
    CHECK(!holds(page, outside));
}

TEST_CASE("an evaluation is shown with its plots, harm and flips") {
  const std::string page =
      page_of([](RunWriter& writer) { writer.write_text("evaluation.json", evaluation_json()); });
  CHECK(xml_fault(page) == "");
  for (const char* title : {"Z0 Z1: root mean squared error", "Z0 Z1: bias and spread",
                            "Z0 Z1: coverage", "ghz: break-even with raw", "ghz: error beside raw",
                            "dev: expected error by the age of the calibration"})
    CHECK(holds(page, std::string("<figcaption>") + title + "</figcaption>"));
  CHECK(holds(page, "10000 shots in total for each strategy."));
  CHECK(holds(page, "readout+zne: no estimate in 3 repetitions."));
  CHECK(holds(page, "Harm: readout+zne makes ghz, Z0 Z1 worse than raw does"));
  CHECK(holds(page, "After 41.5 days raw is better than readout+zne"));
  CHECK(holds(page, "below 900 shots"));
  CHECK(holds(page, "0.1235 ± 0.0042"));
}

TEST_CASE("an evaluation without ages and noise scales has no such parts") {
  const std::string page = page_of([](RunWriter& writer) {
    writer.write_text("evaluation.json",
                      R"({"cases": [], "comparisons": [], "harm": [], "help_harm": []})");
  });
  for (const char* absent : {"evaluation", "comparisons", "help-harm", "age"})
    CHECK(!holds(page, std::string("<section id=\"") + absent));
}

TEST_CASE("what is wrong in an evaluation is named with its place") {
  const auto refused = [](const std::string& json, const std::string& message) {
    CHECK_THROWS_AS(page_of([&](RunWriter& writer) { writer.write_text("evaluation.json", json); }),
                    InputError);
    CHECK_THROWS_WITH(
        page_of([&](RunWriter& writer) { writer.write_text("evaluation.json", json); }),
        ContainsSubstring("run.h5:/texts/evaluation.json: " + message));
  };
  refused("{", "line 1");
  refused("{}", "");
  refused(broken("\"above\"", "\"sometimes\""), "/help_harm/0/strategies/1/points/0/helps: ");
  refused(broken("\"shots\": 10000", "\"shots\": -1"), "/cases/0/strategies/0/cost/shots: -1");
  refused(broken("\"shots\": 10000", "\"shots\": 1.5"), "/cases/0/strategies/0/cost/shots: 1.5");
  refused(broken("\"significant\": true", "\"significant\": 1"), "/comparisons/0/significant: ");
  refused(broken("[0.115, 0.132]", "[0.115]"),
          "/cases/0/strategies/0/observables/Z0 Z1/bias/ci: has 1 ends");
}

TEST_CASE("names of a run are text on the page, never markup") {
  const std::string evil = "<script>alert(1)</script>&\"'";
  const std::string page = page_of(
      [&](RunWriter& writer) {
        writer.write_text("evaluation.json", evaluation_json(R"(<script>alert(1)<\/script>&\"')"));
        writer.write_text("a<b>", "text");
        const std::vector<NamedEstimate> rows{{evil, normal_estimate(1.0, 0.1, evil)}};
        writer.write_estimates("table <b>", rows);
        writer.write_circuit("c<b>", parse_qasm("OPENQASM 2.0; qreg q[1];", "here"), evil);
        DriftStudy study{
            evil, {{0}, {86400}}, {{evil, evil, {rows[0].estimate, rows[0].estimate}}}};
        writer.write_drift_study(study);
      },
      evil);
  CHECK(xml_fault(page) == "");
  CHECK(!holds(page, "<script"));
  CHECK(!holds(page, "<b>"));
  CHECK(holds(page, "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;"));
}

TEST_CASE("tables of estimates have the columns they need") {
  Estimate counted = normal_estimate(0.81234, 0.0042, "zne/linear", 0.9);
  counted.shots = 4096;
  counted.circuits = 3;
  counted.diagnostics["chi2"] = 1.25;
  const std::vector<NamedEstimate> exact{{"Z0", normal_estimate(0.5, 0.0, "exact")}};
  const std::vector<NamedEstimate> mixed{{"Z0", counted},
                                         {"Z1", normal_estimate(NAN, 0.0, "failed")}};
  const std::string plain =
      page_of([&](RunWriter& writer) { writer.write_estimates("exact", exact); });
  CHECK(holds(plain, "95 % interval"));
  CHECK(!holds(plain, ">shots<"));
  CHECK(!holds(plain, ">diagnostics<"));
  CHECK(holds(plain, ">exact<"));
  const std::string full =
      page_of([&](RunWriter& writer) { writer.write_estimates("mixed", mixed); });
  CHECK(holds(full, ">4096<"));
  CHECK(holds(full, "chi2 1.25"));
  CHECK(holds(full, "0.8123"));
  CHECK(holds(full, "0.8054 to 0.8192 (90 %)"));
  CHECK(holds(full, ">–<"));
}

TEST_CASE("training curves are thinned, circuits are programs") {
  const std::string page = page_of([](RunWriter& writer) {
    TrainingRecord record;
    for (int s = 0; s < 2000; ++s) record.history.push_back({s / 100, 1.0 / (1 + s), 1.0});
    record.parameters_by_step = arma::mat(3, 2001, arma::fill::zeros);
    record.n_weights = 2;
    writer.write_training("model-a", record);
    Circuit circuit(2);
    circuit.append(Op::h, {0}).append(Op::cx, {0, 1});
    circuit.append_channel("noise", {0}, TransferMatrix(4, 4, arma::fill::eye));
    writer.write_circuit("noisy", circuit);
  });
  CHECK(xml_fault(page) == "");
  CHECK(holds(page, "<figcaption>Loss</figcaption>"));
  CHECK(holds(page, "model-a"));
  CHECK(page.size() < 150'000);
  CHECK(holds(page, "1 of them noise channels, which are left out"));
  CHECK(holds(page, "cx q[0], q[1];"));
}

TEST_CASE("text that is not UTF-8 or not for display is mended") {
  CHECK(clean_text("a\xff"
                   "b") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(clean_text("\x01\x7f") == "\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(clean_text("two\r\nlines\t⟨Z⟩") == "two\nlines\t⟨Z⟩");
  CHECK(clean_text("\xEF\xBF\xBE!") == "\xEF\xBF\xBD!");
  CHECK(html::text("<a href='x'>&\"").str() == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
}

TEST_CASE("estimates are rounded to the second digit of their error") {
  const auto cells = html::cells_of(normal_estimate(0.81234, 0.0042, "m"));
  CHECK(cells.value == "0.8123");
  CHECK(cells.std_error == "0.0042");
  CHECK(html::cells_of(normal_estimate(1234.5, 120.0, "m")).value == "1234");
  CHECK(html::cells_of(normal_estimate(0.25, 0.0, "m")).std_error == "exact");
  CHECK(html::cells_of(proportion_estimate(0, 100)).interval == "0.0000 to 0.0370");
  CHECK(html::with_error(normal_estimate(0.81234, 0.0042, "m")) == "0.8123 ± 0.0042");
  CHECK(html::with_error(normal_estimate(0.81234, 0.0, "m")) == "0.8123");
}
