#include <rhodrift/store/run_reader.hpp>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

namespace {

const char* const ghz = R"(OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
h q[0];
cx q[0],q[1];
cx q[1],q[2];
)";

const std::vector<std::string> belem{"--calibration", shipped("calibrations/belem.json")};

std::vector<std::string> evaluate(const std::string& file, const std::vector<std::string>& more,
                                  const std::vector<std::string>& device = belem) {
  std::vector<std::string> arguments{"evaluate", file,           "--observable",
                                     "Z0 Z1",    "--observable", "X0 X1 X2"};
  arguments.insert(arguments.end(), device.begin(), device.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

TEST_CASE("evaluate compares strategies at equal shots") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("ghz.qasm", ghz);
  const std::string stored = (scratch.path() / "run.h5").string();
  const auto result =
      run(evaluate(file, {"--strategy", "raw", "--strategy", "readout+zne", "--repetitions", "60",
                          "--noise-scales", "0.5,1", "-o", stored, "--json"}));
  INFO(result.err);
  REQUIRE(result.status == 0);
  const auto document = result.json();
  const auto& strategies = document["cases"][0]["strategies"];
  REQUIRE(strategies.size() == 2);
  CHECK(strategies[0]["cost"]["shots"] == 10000);
  CHECK(strategies[1]["cost"]["shots"] == 10000);
  CHECK(strategies[1]["cost"]["circuits"] == 6);
  CHECK(document["shots"] == 10000);
  CHECK(document["repetitions"] == 60);
  CHECK(document["currency"].is_null());
  const auto& score = strategies[1]["scores"][1];
  CHECK(score["observable"] == "X0 X1 X2");
  CHECK(score["truth"].get<double>() == Approx(1.0).margin(1e-12));
  CHECK(score["rmse"]["value"].get<double>() <
        strategies[0]["scores"][1]["rmse"]["value"].get<double>() / 3);
  CHECK(document["comparisons"][0]["better"] == "readout+zne");
  CHECK(document["comparisons"][0]["significant"] == true);
  CHECK(document["harm"].empty());
  const auto& points = document["help_harm"][0]["strategies"][0]["points"];
  REQUIRE(points.size() == 2);
  CHECK(points[0]["helps"] == "above");

  const RunReader reader(stored);
  CHECK(reader.estimate_names() == std::vector<std::string>{"evaluation"});
  CHECK(reader.estimates("evaluation").size() == 2 * 2 * 4);
  CHECK(reader.text("evaluation.json").find("\"cases\"") != std::string::npos);
}

TEST_CASE("evaluate follows the age of a calibration") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("ghz.qasm", ghz);
  const auto result =
      run(evaluate(file,
                   {"--strategy", "raw", "--strategy", "readout", "--repetitions", "10", "--ages",
                    "1,10,100", "--pairs", "4", "--policy", "aer"},
                   {"--series", shipped("calibrations/series/ibmq_16_melbourne.json")}));
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(result.out.find("Expected error by the age of the calibration") != std::string::npos);
}

TEST_CASE("evaluate refuses what makes no sense before anything runs") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("ghz.qasm", ghz);
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& message) {
    const auto result = run(arguments);
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK(result.err.find(message) != std::string::npos);
    CHECK(result.out.empty());
  };
  refused(evaluate(file, {"--strategy", "magic"}), "unknown stage \"magic\"");
  refused(evaluate(file, {"--strategy", "zne", "--strategy", "zne"}), "there twice");
  refused(evaluate(file, {"--strategy", "zne", "--shots", "5"}), "5 are too few for 6 circuits");
  refused(evaluate(file, {"--noise-scales", "-1"}), "-1 is not a finite number >= 0");
  refused(evaluate(file, {}, {}), "--calibration: or --series is needed");
  refused(evaluate(file, {"--strategy", "zne:scale=0.5,3"}), "0.5 is outside 1..1000");
  const std::string prices = scratch.write("prices.toml", "currency = \"EUR\"\nper_short = 1.0\n");
  refused(evaluate(file, {"--prices", prices}), "line 2: per_short");
  const std::string free = scratch.write("free.toml", "per_shot = 1.0\n");
  refused(evaluate(file, {"--prices", free}), "currency: is missing");
}

TEST_CASE("evaluate counts money by a price table") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("ghz.qasm", ghz);
  const std::string prices =
      scratch.write("prices.toml", "currency = \"EUR\"\nper_circuit = 0.5\nper_shot = 0.001\n");
  const auto result = run(
      evaluate(file, {"--strategy", "raw", "--repetitions", "5", "--prices", prices, "--json"}));
  INFO(result.err);
  REQUIRE(result.status == 0);
  CHECK(result.json()["currency"] == "EUR");
  CHECK(result.json()["cases"][0]["strategies"][0]["cost"]["money"].get<double>() ==
        Approx(2 * 0.5 + 10.0));
}
