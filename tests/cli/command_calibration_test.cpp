#include <cmath>
#include <filesystem>

#include <rhodrift/core/file.hpp>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

TEST_CASE("show and validate read snapshots and series") {
  const auto snapshot = run({"calibration", "show", shipped("calibrations/belem.json")});
  CHECK(snapshot.status == 0);
  CHECK_THAT(snapshot.out, ContainsSubstring("ibmq_belem") && ContainsSubstring("Apache-2.0"));
  const auto series =
      run({"calibration", "show", shipped("calibrations/series/ibmq_16_melbourne.json")});
  CHECK(series.status == 0);
  CHECK_THAT(series.out, ContainsSubstring("ibmq_16_melbourne") && ContainsSubstring("states"));
  const auto valid = run({"calibration", "validate", shipped("calibrations/belem.json"), "--json"});
  CHECK(valid.status == 0);
  CHECK(valid.json()["valid"] == true);
}

TEST_CASE("show --json is the file in canonical form") {
  const ScratchDirectory scratch;
  const auto shown = run({"calibration", "show", shipped("calibrations/belem.json"), "--json"});
  const std::string copy = scratch.write("copy.json", shown.out);
  CHECK(run({"calibration", "show", copy, "--json"}).out == shown.out);
}

TEST_CASE("a file that is wrong is refused with its place and nothing is written") {
  const ScratchDirectory scratch;
  const std::string broken = scratch.write("broken.json", "{\"kind\": \"snapshot\",\n  oops}");
  const auto shown = run({"calibration", "validate", broken});
  CHECK(shown.status == 2);
  CHECK_THAT(shown.err, ContainsSubstring("broken.json") && ContainsSubstring("line 2"));
  const std::string output = (scratch.path() / "out.json").string();
  const auto imported = run({"calibration", "import", broken, "-o", output});
  CHECK(imported.status == 2);
  CHECK_FALSE(std::filesystem::exists(output));
}

namespace {

/// A snapshot of ours with a T2 that is too long and a faulty gate.
std::string broken_belem(const ScratchDirectory& scratch) {
  auto document = nlohmann::json::parse(read_file(shipped("calibrations/belem.json")));
  document["qubits"][2]["t2_s"] = 1.0;
  for (auto& gate : document["gates"])
    if (gate["name"] == "cx" && gate["qubits"] == nlohmann::json{0, 1}) gate["error"] = 1.0;
  return scratch.write("broken.json", document.dump());
}

}  // namespace

TEST_CASE("validate lists every finding, errors too, and refuses what has one") {
  const ScratchDirectory scratch;
  const std::string broken = broken_belem(scratch);
  const auto shown = run({"calibration", "validate", broken});
  CHECK(shown.status == 2);
  CHECK_THAT(shown.out, ContainsSubstring("/qubits/2/t2_s: error: 1 s exceeds 2 T1") &&
                            ContainsSubstring("(clamp-t2)") &&
                            ContainsSubstring("warning: 1 of cx on [0, 1]") &&
                            ContainsSubstring("(drop-faulty-gate)"));
  CHECK_THAT(shown.err, ContainsSubstring("refused: 1 errors, "));
  const auto json = run({"calibration", "validate", broken, "--json"});
  CHECK(json.status == 2);
  CHECK(json.json()["valid"] == false);
  CHECK(json.json()["findings"][0]["repair"] == "clamp-t2");
}

TEST_CASE("validate --strict refuses warnings") {
  const std::string file = shipped("calibrations/aspen-8.json");  // no T1 anywhere
  CHECK(run({"calibration", "validate", file}).status == 0);
  const auto strict = run({"calibration", "validate", file, "--strict"});
  CHECK(strict.status == 2);
  CHECK_THAT(strict.out, ContainsSubstring("/qubits/0: warning: t1_s is missing"));
  CHECK_THAT(strict.err, ContainsSubstring("refused: 0 errors, "));
}

TEST_CASE("validate --repair writes a mended file and says what it did") {
  const ScratchDirectory scratch;
  const std::string broken = broken_belem(scratch);
  const std::string mended = (scratch.path() / "mended.json").string();
  const auto repaired = run({"calibration", "validate", broken, "--repair",
                             "clamp-t2,drop-faulty-gate", "-o", mended, "--json"});
  CHECK(repaired.status == 0);
  CHECK(repaired.json()["repairs"] == 2);
  CHECK_THAT(run({"calibration", "show", mended}).out,
             ContainsSubstring("repair clamp-t2 at /qubits/2/t2_s") &&
                 ContainsSubstring("repair drop-faulty-gate at /gates"));
  CHECK(run({"calibration", "validate", broken, "--repair", "all", "-o", mended}).status == 0);
  const std::string nothing = (scratch.path() / "nothing.json").string();
  CHECK(run({"calibration", "validate", broken, "--repair", "median-t1", "-o", nothing}).status ==
        2);
  CHECK_FALSE(std::filesystem::exists(nothing));
  const auto unknown = run({"calibration", "validate", broken, "--repair", "pray", "-o", nothing});
  CHECK(unknown.status == 2);
  CHECK_THAT(unknown.err, ContainsSubstring("\"pray\" is unknown; known are symmetric-readout"));
  CHECK(run({"calibration", "validate", broken, "--repair", "all"}).status == 2);
}

TEST_CASE("diff compares snapshots and states of series") {
  const std::string series = shipped("calibrations/series/ibm_fez.json");
  const auto table = run({"calibration", "diff", series + "@0", series, "--limit", "5"});
  CHECK(table.status == 0);
  CHECK_THAT(table.out, ContainsSubstring("ibm_fez 2026-05-13T12:13:22Z → ibm_fez "
                                          "2026-05-19T04:12:18Z: ") &&
                            ContainsSubstring("Δ infidelity") && ContainsSubstring("(--limit)"));
  const auto json = run({"calibration", "diff", series + "@0", series + "@58", "--json"}).json();
  double last = 1e300;
  for (const auto& change : json["changes"]) {
    CHECK(std::abs(change["infidelity"].get<double>()) <= last);
    last = std::abs(change["infidelity"].get<double>());
  }
  CHECK(json["changes"].size() > 100);
  const std::string belem = shipped("calibrations/belem.json");
  CHECK_THAT(run({"calibration", "diff", belem, belem}).out,
             ContainsSubstring("0 figures changed"));
  CHECK_THAT(run({"calibration", "diff", series + "@59", series}).err,
             ContainsSubstring("state 59 is outside 0..58"));
  CHECK_THAT(run({"calibration", "diff", series + "@18446744073709551616", series}).err,
             ContainsSubstring("state 18446744073709551616 is outside 0..58"));
  CHECK_THAT(run({"calibration", "diff", belem + "@0", belem}).err,
             ContainsSubstring("is a snapshot"));
  CHECK_THAT(run({"calibration", "diff", belem, series}).err,
             ContainsSubstring("not two states of one device"));
}

TEST_CASE("history prints a series with its gaps and exports it") {
  const ScratchDirectory scratch;
  const std::string series = shipped("calibrations/series/ibmq_athens.json");
  const auto table = run({"calibration", "history", series});
  CHECK(table.status == 0);
  CHECK_THAT(table.out, ContainsSubstring("ibmq_athens, 5 qubits, 30 states") &&
                            ContainsSubstring("gap of ") && ContainsSubstring("error of cx") &&
                            ContainsSubstring("medians over the device"));
  CHECK_THAT(run({"calibration", "history", series, "--qubits", "0,1"}).out,
             ContainsSubstring("error of cx") && ContainsSubstring("figures of these qubits"));
  CHECK(run({"calibration", "history", series, "--qubits", "7"}).status == 2);

  const std::string csv = (scratch.path() / "h.csv").string();
  const std::string json = (scratch.path() / "h.json").string();
  CHECK(run({"calibration", "history", series, "-o", csv}).status == 0);
  CHECK(
      read_file(csv).starts_with("timestamp,figure,gate,qubits,value\n2020-12-23T14:41:00Z,t1_s,"));
  const auto shown = run({"calibration", "history", series, "-o", json, "--json"});
  CHECK(nlohmann::ordered_json::parse(read_file(json)) == shown.json());
  CHECK(shown.json()["times"].size() == 30);
  CHECK(shown.json()["tracks"][0]["values"].size() == 30);
  CHECK(run({"calibration", "history", series, "-o", (scratch.path() / "h.xml").string()}).status ==
        2);
  CHECK(run({"calibration", "history", shipped("calibrations/belem.json")}).status == 2);
  const std::filesystem::path refused = scratch / "refused.csv";
  CHECK(run({"calibration", "history", series, "--qubits", "99", "-o", refused.string()}).status ==
        2);
  CHECK_FALSE(std::filesystem::exists(refused));
  CHECK(run({"calibration", "history", series, "--qubits", "1", "--json"}).status == 2);
}

TEST_CASE("import takes a format and a time") {
  const ScratchDirectory scratch;
  const std::string table =
      scratch.write("mine.csv", "operation,qubits,t1_us,error\nqubit,0,100,\nsx,0,,1e-3\n");
  const std::string output = (scratch.path() / "mine.json").string();
  const auto imported = run({"calibration", "import", table, "--from", "table", "--time",
                             "2026-01-31T12:00:00Z", "-o", output, "--json"});
  CHECK(imported.status == 0);
  CHECK(imported.json()["device"] == "mine");
  CHECK_THAT(run({"calibration", "import", table, "--from", "google", "-o", output}).err,
             ContainsSubstring("is not of the format google"));
  CHECK(run({"calibration", "import", table, "--from", "cirq", "-o", output}).status == 2);
  CHECK_THAT(run({"calibration", "import", table, "--time", "noon", "-o", output}).err,
             ContainsSubstring("--time: time \"noon\""));
  CHECK_THAT(run({"calibration", "import", table, "-o", table}).err,
             ContainsSubstring("is one of the files to import"));
}
