#include <cmath>

#include <rhodrift/circuit/qasm.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/report/evaluation_json.hpp>
#include <rhodrift/report/html_page.hpp>
#include <rhodrift/store/run_writer.hpp>

#include "report/clean_text.hpp"
#include "report/evaluation_report.hpp"
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

/// A page with an evaluation in it.
std::string page_of(const EvaluationReport& report) {
  return page_of(
      [&](RunWriter& writer) { writer.write_text("evaluation.json", evaluation_json(report)); });
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
  const std::string page = page_of(test::evaluation_report());
  CHECK(holds(page, "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;"));
  CHECK(holds(page, "width=device-width"));
  CHECK(holds(page, "prefers-color-scheme: dark"));
  for (const char* outside : {"<script", "<link", "<img", "src=", "href=\"http", "url(", "@import"})
    CHECK(!holds(page, outside));
}

TEST_CASE("an evaluation is shown with its plots, harm and flips") {
  const std::string page = page_of(test::evaluation_report());
  CHECK(xml_fault(page) == "");
  for (const char* title : {"Z1: root mean squared error", "Z0: bias and spread", "Z1: coverage",
                            "ghz: break-even with raw", "ghz: error beside raw",
                            "dev: expected error by the age of the calibration"})
    CHECK(holds(page, std::string("<figcaption>") + title + "</figcaption>"));
  CHECK(holds(page, "10000 shots in total for each strategy, 200 repetitions."));
  CHECK(holds(page, "readout+zne: no estimate in 3 of 200 repetitions, first: no fit"));
  CHECK(holds(page, "HARM: readout+zne makes ghz Z1 worse than raw does"));
  CHECK(holds(page, "After 41.5 days raw is better than readout+zne"));
  CHECK(holds(page, "raw and readout+zne are not distinguishable"));
  CHECK(holds(page, "below 900 shots"));
  CHECK(holds(page, ">not known<"));
  CHECK(holds(page, ">no estimate<"));
  CHECK(holds(page, "0.1235 ± 0.0042"));
  CHECK(holds(page, "0.1235 ± – (1 pairs)"));
  CHECK(holds(page, ">EUR<"));
  CHECK(holds(page, ">3.50<"));
  // Observables are in the order in which they were given.
  CHECK(page.find("<figcaption>Z1: coverage") < page.find("<figcaption>Z0: coverage"));
}

TEST_CASE("an evaluation without ages and noise scales has no such parts") {
  const std::string page = page_of(EvaluationReport{10'000, 200, "", {}, {}, {}, {}, {}});
  for (const char* absent : {"evaluation", "comparisons", "help-harm", "age"})
    CHECK(!holds(page, std::string("<section id=\"") + absent));
}

TEST_CASE("what is wrong in an evaluation is named with its place") {
  CHECK_THROWS_WITH(page_of([](RunWriter& writer) { writer.write_text("evaluation.json", "{"); }),
                    ContainsSubstring("run.h5:/texts/evaluation.json: line 1"));
}

TEST_CASE("names of a run are text on the page, never markup") {
  const std::string evil = "<script>alert(1)</script>&\"'";
  const std::string page = page_of(
      [&](RunWriter& writer) {
        writer.write_text("evaluation.json", evaluation_json(test::evaluation_report(evil)));
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

TEST_CASE("training curves are averaged, circuits are programs") {
  const std::string page = page_of([](RunWriter& writer) {
    TrainingRecord record;
    for (int s = 0; s < 2000; ++s)
      record.history.push_back({s / 100, 1.0 / (1 + s), 1.0, 10, 0.001});
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
  CHECK(holds(page, ">20000<"));   // shots of all steps
  CHECK(holds(page, ">0.0005<"));  // the last loss
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
  Estimate all_agree = normal_estimate(1.0, 0.0, "raw");
  all_agree.shots = 100;
  CHECK(html::cells_of(all_agree).std_error == "0");
  CHECK(html::cells_of(proportion_estimate(0, 100)).interval == "0.0000 to 0.0370");
  CHECK(html::with_error(normal_estimate(0.81234, 0.0042, "m")) == "0.8123 ± 0.0042");
  CHECK(html::with_error(normal_estimate(0.81234, 0.0, "m")) == "0.8123");
  Estimate unknown = normal_estimate(0.81234, 0.0, "m");
  unknown.std_error = NAN;
  CHECK(html::with_error(unknown) == "0.8123 ± –");
}
