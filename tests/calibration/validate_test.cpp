#include <limits>

#include <rhodrift/calibration/validate.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The findings after `change`, one a line: "error /place: problem (repair)".
template <typename Change>
std::string findings_after(Change change) {
  Calibration calibration = example_calibration();
  calibration.gates[3].duration_s = 3e-7;  // the one thing to warn of in the example
  change(calibration);
  std::string text;
  for (const Finding& finding : validate(calibration)) {
    if (!text.empty()) text += "\n";
    text += finding.severity == Finding::Severity::error ? "error " : "warning ";
    text += finding.place + ": " + finding.problem;
    if (!finding.repair.empty()) text += " (" + finding.repair + ")";
  }
  return text;
}

}  // namespace

TEST_CASE("A sound calibration has no findings") {
  CHECK(findings_after([](Calibration&) {}).empty());
}

TEST_CASE("Every broken limit is an error with value and limit") {
  CHECK(findings_after([](Calibration& c) { c.qubits[0].t1_s = 0; }) ==
        "error /qubits/0/t1_s: 0 s is not finite and > 0");
  CHECK(findings_after([](Calibration& c) { c.device.clear(); }) ==
        "error /device: the name is empty");
  CHECK(findings_after([](Calibration& c) { c.qubits[1].t1_s = not_a_number; }) ==
        "error /qubits/1/t1_s: nan s is not finite and > 0");
  CHECK(findings_after([](Calibration& c) { c.qubits[1].t2_s = 2e-4; }) ==
        "error /qubits/1/t2_s: 0.0002 s exceeds 2 T1 = 0.00018 s (clamp-t2)");
  CHECK(findings_after([](Calibration& c) { c.qubits[1].frequency_hz = -5e9; }) ==
        "error /qubits/1/frequency_hz: -5000000000 Hz is not finite and > 0");
  CHECK(findings_after([](Calibration& c) { c.qubits[1].readout_p10 = 1.5; }) ==
        "error /qubits/1/readout/p10: 1.5 is outside [0, 1]");
  CHECK(findings_after([](Calibration& c) { c.qubits[1].readout_p01 = not_a_number; }) ==
        "error /qubits/1/readout/p01: nan is outside [0, 1]");
  CHECK(findings_after([](Calibration& c) { c.qubits[1].readout_p01.reset(); }) ==
        "error /qubits/1/readout: only p10 is given; p10 and p01 belong together "
        "(symmetric-readout)");
  CHECK(findings_after([](Calibration& c) { c.qubits[0].readout_duration_s = -1; }) ==
        "error /qubits/0/readout_duration_s: -1 s is not finite and >= 0");
  CHECK(findings_after([](Calibration& c) { c.gates[0].error = -1e-3; }) ==
        "error /gates/0/error: -0.001 is not finite and >= 0");
  CHECK(findings_after([](Calibration& c) { c.gates[2].duration_s = infinity; }) ==
        "error /gates/2/duration_s: inf s is not finite and >= 0");
  CHECK(findings_after([](Calibration& c) {
          c.gates[2].qubits = {1, 2};
        }) == "error /gates/2/qubits: qubit 2 is outside 0..1");
  CHECK(findings_after([](Calibration& c) {
          c.gates[2].qubits = {-1, 0};
        }) == "error /gates/2/qubits: qubit -1 is outside 0..1");
  CHECK(findings_after([](Calibration& c) {
          c.gates[2].qubits = {1, 1};
        }) == "error /gates/2/qubits: [1, 1] repeats a qubit");
  CHECK(findings_after([](Calibration& c) { c.gates[2].qubits = {}; }) ==
        "error /gates/2/qubits: no operands; at least one is needed");
  CHECK(findings_after([](Calibration& c) { c.gates[2].name = ""; }) ==
        "error /gates/2/name: the name is empty");
  CHECK(findings_after([](Calibration& c) {
          c.gates[2].qubits = {0, 1};
        }) == "error /gates/3: gate cx on [0, 1] is listed twice");
  CHECK(findings_after([](Calibration& c) {
          c.native_gates = {"sx", "cx", "sx"};
        }) == "error /native_gates/2: \"sx\" is listed twice");
  CHECK(findings_after([](Calibration& c) {
          c.coupling = {{0, 1}, {0, 1}};
        }) == "error /coupling/1: the pair [0, 1] is listed twice");
  CHECK(findings_after([](Calibration& c) {
          c.coupling = {{0, 2}};
        }) == "error /coupling/0: qubit 2 is outside 0..1");
  CHECK(findings_after([](Calibration& c) {
          c.qubits.clear();
          c.native_gates.clear();
          c.gates.clear();
          c.coupling.clear();
          c.readout_matrices.clear();
        }) == "error /qubits: no qubits; at least one is needed");
}

TEST_CASE("Readout matrices have to be stochastic and disjoint") {
  const auto with_matrix = [](const arma::mat& matrix) {
    return findings_after([&](Calibration& c) { c.readout_matrices[0].matrix = matrix; });
  };
  CHECK(with_matrix({{0.9, 0.2}, {0.2, 0.8}}) ==
        "error /readout_matrices/0/matrix: column 0 sums to 1.1, not to 1 within 1e-9");
  CHECK(with_matrix({{1.1, 0.2}, {-0.1, 0.8}}) ==
        "error /readout_matrices/0/matrix/0/0: 1.1 is outside [0, 1]\n"
        "error /readout_matrices/0/matrix/1/0: -0.1 is outside [0, 1]");
  CHECK(with_matrix(arma::mat(4, 4, arma::fill::eye)) ==
        "error /readout_matrices/0/matrix: 4 x 4 for 1 qubits; 2^k x 2^k with 1 <= k <= 10 is "
        "expected");
  CHECK(findings_after([](Calibration& c) {
          c.readout_matrices.push_back(c.readout_matrices[0]);
        }) == "error /readout_matrices/1/qubits: qubit 0 is in more than one group");
}

TEST_CASE("What is missing or faulty is a warning") {
  CHECK(findings_after([](Calibration& c) {
          c.qubits[0].t1_s.reset();
          c.qubits[0].t2_s.reset();
        }) ==
        "warning /qubits/0: t1_s is missing (median-t1)\n"
        "warning /qubits/0: t2_s is missing");
  CHECK(findings_after([](Calibration& c) {
          c.qubits[1].readout_p10.reset();
          c.qubits[1].readout_p01.reset();
        }) == "warning /qubits/1: readout is missing");
  CHECK(
      findings_after([](Calibration& c) { c.qubits[1].readout_p10 = 0.96; }) ==
      "warning /qubits/1/readout: p10 + p01 = 1: >= 1 says nothing of the qubit, or the contrary");
  CHECK(findings_after([](Calibration& c) { c.gates[2].error = 1; }) ==
        "warning /gates/2/error: 1 of cx on [1, 0]: >= 1 marks a faulty gate (drop-faulty-gate)");
  CHECK(findings_after([](Calibration& c) { c.gates[2].error.reset(); }) ==
        "warning /gates/2: cx on [1, 0] has no error");
  CHECK(findings_after([](Calibration& c) { c.gates.push_back({"reset", {0}, {}, 1e-6}); }) == "");
  CHECK(findings_after([](Calibration& c) { c.gates[2].duration_s.reset(); }) ==
        "warning /gates/2: cx on [1, 0] has no duration");
  CHECK(findings_after([](Calibration& c) {
          c.vendor = "IBM";
          c.gates[2].duration_s.reset();
        }) == "warning /gates/2: cx on [1, 0] has no duration (duration-from-family)");
  CHECK(findings_after([](Calibration& c) { c.native_gates.push_back("ecr"); }) ==
        "warning /native_gates/2: no gate \"ecr\" is listed in /gates");
}

TEST_CASE("What no device has, or says twice differently, is a warning") {
  CHECK(findings_after([](Calibration& c) {
          c.vendor = "IBM";
          c.gates[3].duration_s = 3e-7;
          c.qubits[0].t1_s = 100;  // µs taken for s
        }) == "warning /qubits/0/t1_s: 100 s is outside 1e-08 to 0.1 s: a wrong unit?");
  CHECK(findings_after([](Calibration& c) {
          c.qubits[0].t1_s = 100;  // of an ion, it can be
        }) == "");
  CHECK(findings_after([](Calibration& c) {
          c.coupling = {{1, 0}};
        }) == "warning /coupling: [0, 1] has a native gate, but is not among the pairs");
  CHECK(findings_after([](Calibration& c) {
          c.gates.push_back({"cx", {0}, 0.1, 1e-7});
        }) == "warning /gates/4/qubits: cx on [0]; the first one is on [1, 0]");
}

TEST_CASE("Coherent errors and names of qubits have limits") {
  CHECK(findings_after([](Calibration& c) { c.gates[0].over_rotation_rad = -3.2; }) ==
        "error /gates/0/over_rotation_rad: -3.2 rad is outside [-pi, pi]");
  CHECK(findings_after([](Calibration& c) { c.gates[2].fsim_phi_error_rad = not_a_number; }) ==
        "error /gates/2/fsim_phi_error_rad: nan rad is outside [-pi, pi]");
  CHECK(findings_after([](Calibration& c) { c.gates[0].fsim_theta_error_rad = 0.1; }) ==
        "error /gates/0: angles of FSim on 1 qubits; it has two");
  CHECK(findings_after([](Calibration& c) { c.qubit_labels = {"a"}; }) ==
        "error /qubit_labels: 1 labels of 2 qubits");
  CHECK(findings_after([](Calibration& c) {
          c.qubit_labels = {"a", "a"};
        }) == "error /qubit_labels/1: \"a\" is listed twice");
  CHECK(findings_after([](Calibration& c) {
          c.zz_couplings = {{{1, 0}, 1e3}};
        }) == "error /zz_couplings/0/qubits: the smaller qubit comes first");
  CHECK(findings_after([](Calibration& c) {
          c.zz_couplings = {{{0, 2}, 1e3}};
        }) == "error /zz_couplings/0/qubits: qubit 2 is outside 0..1");
  CHECK(findings_after([](Calibration& c) {
          c.zz_couplings = {{{0, 1}, 1e3}, {{0, 1}, infinity}};
        }) ==
        "error /zz_couplings/1: the pair [0, 1] is listed twice\n"
        "error /zz_couplings/1/shift_hz: inf Hz is not finite");
}

TEST_CASE("clamp-t2 mends T2 > 2 T1, records it and touches nothing else") {
  Calibration calibration = example_calibration();
  calibration.qubits[1].t2_s = 2e-4;
  const auto made = repair(calibration);
  REQUIRE(made.size() == 1);
  CHECK(made[0] == Repair{"clamp-t2", "/qubits/1/t2_s", "0.0002 s exceeds 2 T1; set to 0.00018 s"});
  CHECK(*calibration.qubits[1].t2_s == 2 * *calibration.qubits[1].t1_s);
  CHECK(*calibration.qubits[0].t2_s == 8e-5);
  CHECK(calibration.repairs.size() == 2);
  CHECK(calibration.repairs.back() == made[0]);
  require_valid(calibration, "example");
  CHECK(repair(calibration).empty());
}

TEST_CASE("clamp-t2 keeps away from a T1 that is no time") {
  for (const double t1_s : {-3e-6, 0.0, not_a_number}) {
    Calibration calibration = example_calibration();
    calibration.qubits[1].t1_s = t1_s;
    CHECK(repair(calibration).empty());
    CHECK(*calibration.qubits[1].t2_s == 1.1e-4);
  }
}
