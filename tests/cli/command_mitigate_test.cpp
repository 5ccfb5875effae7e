#include <cmath>

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

}  // namespace

TEST_CASE("mitigation brings the parity of a GHZ state closer to the truth, within its error") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("ghz.qasm", ghz);
  const auto result =
      run({"mitigate", "run", file, "--calibration", shipped("calibrations/belem.json"),
           "--observable", "Z0 Z2", "--readout", "inversion", "--zne", "linear", "--shots",
           "200000", "--seed", "3", "--json"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const auto entry = result.json()["expectations"]["Z0 Z2"];
  const double truth = entry["noiseless"].get<double>();
  CHECK(truth == Approx(1.0).margin(1e-12));
  const double raw_error = std::abs(entry["raw"]["value"].get<double>() - truth);
  const double mitigated_error = std::abs(entry["mitigated"]["value"].get<double>() - truth);
  CHECK(raw_error > 0.1);
  CHECK(mitigated_error < raw_error / 4);
  CHECK(entry["mitigated"]["circuits"] == 3);
  CHECK(entry["mitigated"]["ci"].size() == 2);
  CHECK(entry["mitigated"]["std_error"].get<double>() > 0.0);
}

TEST_CASE("a calibration with a share of the shots serves m3 as it serves inversion") {
  // The same shots, and all outcomes are seen.
  const ScratchDirectory scratch;
  const std::string file = scratch.write("ghz.qasm", ghz);
  const auto mitigated = [&](const std::string& method) {
    const auto result =
        run({"mitigate", "run", file, "--calibration", shipped("calibrations/belem.json"),
             "--observable", "Z0 Z2", "--strategy", "readout:" + method + ":calibrate=0.2",
             "--shots", "20000", "--json"});
    INFO(result.err);
    REQUIRE(result.status == 0);
    return result.json()["expectations"]["Z0 Z2"]["mitigated"];
  };
  const auto inversion = mitigated("inversion"), m3 = mitigated("m3");
  CHECK(m3["value"].get<double>() == Approx(inversion["value"].get<double>()).epsilon(1e-9));
  CHECK(m3["std_error"].get<double>() ==
        Approx(inversion["std_error"].get<double>()).epsilon(1e-9));
}

TEST_CASE(
    "mitigate refuses unknown methods, bad factors and observables of bits that are not there") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("ghz.qasm", ghz);
  const auto refused = [&](std::vector<std::string> further, const std::string& message) {
    std::vector<std::string> arguments{"mitigate", "run", file, "--calibration",
                                       shipped("calibrations/belem.json")};
    arguments.insert(arguments.end(), further.begin(), further.end());
    const auto result = run(arguments);
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK_THAT(result.err, ContainsSubstring(message));
  };
  refused({"--observable", "Z0", "--readout", "magic"}, "unknown method \"magic\"");
  refused({"--observable", "Z0", "--zne", "cubic"}, "unknown model \"cubic\"");
  refused({"--observable", "Z0", "--zne", "linear", "--scale-factors", "0.5,3"}, "0.5");
  refused({"--observable", "Z0", "--zne", "linear", "--shots", "2"},
          "2 are too few for 3 circuits");
  refused({"--observable", "Q0"}, "--observable");
  refused({"--observable", "X7"}, "bit 7 is outside 0..2");
  refused({"--observable", "Z7"}, "bit 7 is outside 0..2");
  refused({"--observable", "Z0", "--strategy", "raw+zne"}, "raw stands alone");
}
