#include <set>

#include <rhodrift/calibration/validate.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

std::vector<std::string> all_policies() {
  std::vector<std::string> names;
  for (const RepairPolicy& policy : repair_policies()) names.push_back(policy.name);
  return names;
}

/// Three qubits of a cx device with one thing of each kind to mend.
Calibration broken() {
  Calibration c = example_calibration();
  c.vendor = "IBM";
  c.qubits.push_back({{}, 3e-4, {}, 0.02, {}, 1e-6});  // no T1, no p01
  c.qubits[1].t2_s = 2e-4;                             // T1 is 9e-5
  c.gates[3].error = 1;                                // cx 0, 1; it has no duration either
  c.gates.push_back({"sx", {2}, 1e-4, {}});
  return c;
}

}  // namespace

TEST_CASE("Every policy mends what it says, in order, and records it") {
  Calibration c = broken();
  const auto made = repair(c, all_policies());
  CHECK(made ==
        std::vector<Repair>{
            {"symmetric-readout", "/qubits/2/readout/p01", "missing; set to the other one, 0.02"},
            {"median-t1", "/qubits/2/t1_s",
             "missing; set to 0.00015 s, from the median 9.5e-05 s of 2 qubits"},
            {"clamp-t2", "/qubits/1/t2_s", "0.0002 s exceeds 2 T1; set to 0.00018 s"},
            {"drop-faulty-gate", "/gates", "cx on [0, 1] has the error 1; no longer listed"},
            {"duration-from-family", "/gates",
             "sx without a duration: set to 3.556e-08 s, as on devices of the family IBM cx"},
            {"duration-from-family", "/qubits",
             "readout without a duration: set to 5.351e-06 s, as on devices of the family IBM "
             "cx"}});
  CHECK(c.qubits[2] == QubitCalibration{1.5e-4, 3e-4, {}, 0.02, 0.02, 1e-6});
  CHECK(c.qubits[1].readout_duration_s == 5.351e-6);
  CHECK(c.find_gate("cx", {0, 1}) == nullptr);
  CHECK(c.coupling == std::vector<std::pair<int, int>>{{1, 0}});
  CHECK(c.find_gate("sx", {2})->duration_s == 35.56e-9);
  CHECK(std::vector<Repair>(c.repairs.end() - 6, c.repairs.end()) == made);
  for (const Finding& finding : validate(c)) CHECK(finding.repair.empty());
  CHECK(repair(c, all_policies()).empty());
}

TEST_CASE("Only the policies that are named are applied, whatever their order") {
  Calibration c = broken();
  const auto made = repair(c, {"clamp-t2", "symmetric-readout"});
  REQUIRE(made.size() == 2);
  CHECK(made[0].policy == "symmetric-readout");
  CHECK(!c.qubits[2].t1_s);
  CHECK(c.find_gate("cx", {0, 1}) != nullptr);
  CHECK(refusal([&] { repair(c, {"clamp-t3"}); }) ==
        "repair policy: \"clamp-t3\" is unknown; known are symmetric-readout, median-t1, clamp-t2, "
        "drop-faulty-gate, duration-from-family");
}

TEST_CASE("What is needed to be valid is the policies that mend errors") {
  Calibration c = broken();
  const auto made = repair(c);
  REQUIRE(made.size() == 2);
  CHECK(made[0].policy == "symmetric-readout");
  CHECK(made[1].policy == "clamp-t2");
  require_valid(c, "mended");
}

TEST_CASE("A T1 cannot be made of nothing, nor a duration of an unknown family") {
  Calibration c = broken();
  c.vendor = "Nobody";
  for (QubitCalibration& qubit : c.qubits) qubit.t1_s.reset();
  CHECK(repair(c, {"median-t1", "duration-from-family"}).empty());
}

TEST_CASE("A series keeps a pair that some state has a gate on") {
  CalibrationSeries series{"two", {example_calibration(), example_calibration()}};
  series.states[1].timestamp.unix_s += 60;
  series.states[1].gates[3].error = 1;
  CHECK(repair(series, {"drop-faulty-gate"}) == 1);
  require_valid(series, "mended");
  CHECK(series.states[1].find_gate("cx", {0, 1}) == nullptr);
  CHECK(std::set(series.states[1].coupling.begin(), series.states[1].coupling.end()) ==
        std::set<std::pair<int, int>>{{0, 1}, {1, 0}});
  series.states[0].gates[3].error = 2;
  CHECK(repair(series, {"drop-faulty-gate"}) == 1);
  CHECK(series.states[0].coupling == std::vector<std::pair<int, int>>{{1, 0}});
  require_valid(series, "mended");
}

TEST_CASE("A pair that never had a gate stays in a series that is repaired otherwise") {
  CalibrationSeries series{"two", {example_calibration(), example_calibration()}};
  series.states[1].timestamp.unix_s += 60;
  for (Calibration& state : series.states)
    std::erase_if(state.gates, [](const GateCalibration& g) {
      return g.qubits == std::vector{0, 1};
    });
  series.states[0].qubits[0].t2_s = 3e-4;
  CHECK(repair(series, {"clamp-t2"}) == 1);
  CHECK(series.states[1].coupling.size() == 2);
}
