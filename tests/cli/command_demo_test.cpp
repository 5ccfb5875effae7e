#include <filesystem>

#include <rhodrift/store/run_reader.hpp>
#include <rhodrift/train/dataset.hpp>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

TEST_CASE("the demo leaves a run file with everything in it") {
  const ScratchDirectory scratch;
  const std::string file = (scratch / "run.h5").string();
  const auto demo = run({"demo", "--json", "--classes", "0,1", "--layers", "1", "--epochs", "2",
                         "--shots", "64", "-o", file});
  INFO(demo.err);
  REQUIRE(demo.status == 0);
  const auto json = demo.json();
  CHECK(json["device"] == "ibmq_16_melbourne");
  CHECK(json["drift"]["times"].size() == 30);
  CHECK(json["results"].size() == 18);

  RunReader reader(file);
  CHECK(reader.circuit_names() == std::vector<std::string>{"noise-aware", "noise-free"});
  CHECK(reader.training_names() == std::vector<std::string>{"noise-aware", "noise-free"});
  CHECK(reader.calibration().device == "ibmq_16_melbourne");
  CHECK(reader.calibration_series().states.size() == 30);
  CHECK(reader.drift_study().tracks.size() == 3);
  CHECK(reader.estimates("results").size() == 18);
  // Each sample's 64 shots, one circuit raw, three circuits of 21 shots for extrapolation.
  const auto n_test = json["test_samples"].get<std::uint64_t>();
  CHECK(reader.shots("noise-free/raw").size() == 64 * n_test);
  CHECK(reader.shots("noise-aware/zne-scale-5").size() == 21 * n_test);
  const std::string csv = scratch.write("test.csv", reader.text("test-data"));
  CHECK(read_dataset_csv(csv).n_samples() == n_test);
}

TEST_CASE("the demo refuses a device without a chain of four, and leaves nothing behind") {
  const ScratchDirectory scratch;
  const auto demo = run({"demo", "--calibration", shipped("calibrations/belem.json"), "--layout",
                         "0,1,2", "-o", (scratch / "run.h5").string()});
  CHECK(demo.status == 2);
  CHECK_THAT(demo.err, ContainsSubstring("names 3 device qubits, the circuit has 4"));
  CHECK(scratch.files().empty());
}
