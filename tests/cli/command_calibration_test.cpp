#include <filesystem>

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
