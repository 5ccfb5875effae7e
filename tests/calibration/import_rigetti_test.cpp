#include <algorithm>

#include <rhodrift/calibration/import.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

Calibration import_fixture(const std::string& name) {
  return std::get<Calibration>(import_calibration({fixture(name)}, repairing()));
}

std::vector<std::string> policies(const Calibration& calibration) {
  std::vector<std::string> names;
  for (const Repair& repair : calibration.repairs) {
    if (repair.policy != "duration-from-family") names.push_back(repair.policy);
  }
  return names;
}

std::string refusal_with(const std::string& name, const std::string& what, const std::string& by) {
  const ScratchDirectory folder;
  const std::string file = folder.write("r.json", replaced(read_file(fixture(name)), what, by));
  const std::string message = refusal([&] { import_calibration({file}, repairing()); });
  return message.starts_with(file) ? message.substr(file.size()) : message;
}

}  // namespace

TEST_CASE("The ISA of QCS is read") {
  const Calibration c = import_fixture("rigetti_qcs_isa.json");
  CHECK(c.device == "Tiny-2");
  CHECK(c.vendor == "Rigetti");
  CHECK(c.timestamp.unix_s == 0);
  CHECK(c.qubit_labels == std::vector<std::string>{"0", "1", "10"});
  CHECK(c.qubits[0] == QubitCalibration{2.5e-5, 2e-5, {}, 1 - 0.97, 1 - 0.97, 2e-6});
  CHECK(c.qubits[2] == QubitCalibration{});
  // Of both benchmarks the simultaneous one, where there is one.
  CHECK(*c.find_gate("sx", {0}) == GateCalibration{"sx", {0}, 1 - 0.99, 50e-9});
  CHECK(*c.find_gate("sxdg", {1}) == GateCalibration{"sxdg", {1}, 1 - 0.999, 50e-9});
  CHECK(*c.find_gate("cz", {1, 0}) == GateCalibration{"cz", {1, 0}, 1 - 0.95, 200e-9});
  CHECK(*c.find_gate("xy", {0, 1}) == GateCalibration{"xy", {0, 1}, 1 - 0.96, 200e-9});
  CHECK(c.find_gate("iswap", {1, 0})->error == 1 - 0.96);
  CHECK(*c.find_gate("reset", {0}) == GateCalibration{"reset", {0}, 1 - 0.99, {}});
  CHECK(c.native_gates == std::vector<std::string>{"cz", "iswap", "rz", "sx", "sxdg", "x", "xy"});
  CHECK(c.coupling == std::vector<std::pair<int, int>>{{0, 1}, {1, 0}});
  CHECK(policies(c) == std::vector<std::string>{"symmetric-readout", "pulses-from-rb", "virtual-rz",
                                                "unknown-time"});
}

TEST_CASE("The latest time that QCS states is the state's") {
  const ScratchDirectory folder;
  const auto file =
      folder.write("r.json", replaced(read_file(fixture("rigetti_qcs_isa.json")),
                                      "1970-01-01T00:00:00+00:00", "2020-06-01T02:00:00+02:00"));
  const auto c = std::get<Calibration>(import_calibration({file}, repairing()));
  CHECK(to_iso8601(c.timestamp) == "2020-06-01T00:00:00Z");
  CHECK(policies(c).back() == "virtual-rz");
}

TEST_CASE("The ISA of the compiler is read, what is dead has no gates") {
  const Calibration c = import_fixture("rigetti_compiler_isa.json");
  CHECK(c.device == "rigetti_compiler_isa");
  CHECK(c.qubit_labels == std::vector<std::string>{"0", "1", "10"});
  CHECK(c.qubits[0] == QubitCalibration{{}, {}, {}, 1 - 0.97, 1 - 0.97, 2000 / 1e9});
  CHECK(*c.find_gate("x", {0}) == GateCalibration{"x", {0}, 1 - 0.99, 50 / 1e9});
  CHECK(*c.find_gate("sx", {1}) == GateCalibration{"sx", {1}, 1 - 0.98, 50 / 1e9});
  CHECK(*c.find_gate("iswap", {1, 0}) == GateCalibration{"iswap", {1, 0}, 1 - 0.96, 180 / 1e9});
  CHECK(c.find_gate("cz", {0, 1})->error == 1 - 0.95);
  CHECK(c.coupling == std::vector<std::pair<int, int>>{{0, 1}, {1, 0}});
  CHECK(policies(c) == std::vector<std::string>{"symmetric-readout", "virtual-rz", "unknown-time"});
}

TEST_CASE("What is dead has no gates, whatever it lists") {
  const ScratchDirectory folder;
  const std::string file =
      folder.write("isa.json", replaced(read_file(fixture("rigetti_compiler_isa.json")),
                                        "\"1\": {\"id\": 1, \"gates\"",
                                        "\"1\": {\"id\": 1, \"dead\": true, \"gates\""));
  const auto c = std::get<Calibration>(import_calibration({file}, repairing()));
  CHECK(c.find_gate("sx", {1}) == nullptr);
  CHECK(c.find_gate("sx", {0}) != nullptr);
}

TEST_CASE("What is dead may lack its gates, and says so with true or false") {
  const std::string dead_edge = "\"dead\": true, \"gates\": []}\n  }\n}";
  CHECK(refusal_with("rigetti_compiler_isa.json", dead_edge, "\"dead\": true}\n  }\n}") ==
        "accepted");
  CHECK(refusal_with("rigetti_compiler_isa.json", dead_edge,
                     "\"dead\": \"yes\", \"gates\": []}\n  }\n}") ==
        ": /2Q/1-10/dead: \"yes\" is neither true nor false");
  const ScratchDirectory folder;
  const std::string file =
      folder.write("isa.json", replaced(read_file(fixture("rigetti_compiler_isa.json")),
                                        "\"ids\": [0, 1], \"gates\"",
                                        "\"ids\": [0, 1], \"dead\": true, \"gates\""));
  CHECK(std::get<Calibration>(import_calibration({file}, repairing())).coupling.empty());
}

TEST_CASE("Figures of one qubit that contradict each other are refused") {
  CHECK(refusal_with("rigetti_compiler_isa.json",
                     "\"fidelity\": 0.97, \"operator\": \"MEASURE\", \"operator_type\": "
                     "\"measure\", \"qubit\": 0, \"target\": null",
                     "\"fidelity\": 0.5, \"operator\": \"MEASURE\", \"operator_type\": "
                     "\"measure\", \"qubit\": 0, \"target\": null") ==
        ": /1Q/0/gates/7/fidelity: 0.5 contradicts an earlier figure of the same qubit: it makes "
        "0.5 where that made 0.030000000000000027");
  const std::string read_once = "{\"name\": \"fRO\", \"value\": 0.97";
  CHECK(refusal_with("rigetti_qcs_isa.json", read_once,
                     "{\"name\": \"fRO\", \"value\": 0.75}, " + read_once) ==
        ": /instructions/4/sites/0/characteristics/1/value: 0.97 contradicts an earlier figure of "
        "the same qubit: it makes 0.030000000000000027 where that made 0.25");
  CHECK(refusal_with("rigetti_qcs_isa.json", read_once,
                     "{\"name\": \"fRO\", \"value\": 0.97}, " + read_once) == "accepted");
}

TEST_CASE("Only fidelities of the gate itself are its error; what is unknown is noted") {
  const ScratchDirectory folder;
  const std::string file = folder.write(
      "isa.json",
      replaced(read_file(fixture("rigetti_qcs_isa.json")), "\"fCZ\"", "\"gateDuration\""));
  const auto c = std::get<Calibration>(import_calibration({file}, repairing()));
  CHECK(c.find_gate("cz", {0, 1}) == nullptr);
  CHECK(c.repairs[0] ==
        Repair{"unknown-figure-left", "/gates",
               "the characteristic gateDuration of CZ is not known here and is left"});
  CHECK(refusal_with("rigetti_qcs_isa.json", "\"fAR\", \"value\": 0.99",
                     "\"resetDuration\", \"value\": 99") == "accepted");
  const std::string spread = folder.write(
      "spread.json", replaced(read_file(fixture("rigetti_qcs_isa.json")), "{\"name\": \"fCZ\"",
                              "{\"name\": \"fCZ_std_err\", \"value\": 0.01}, {\"name\": \"fCZ\""));
  const auto with_spread = std::get<Calibration>(import_calibration({spread}, repairing()));
  CHECK(policies(with_spread) == policies(import_fixture("rigetti_qcs_isa.json")));
  const std::string other =
      folder.write("other.json", replaced(read_file(fixture("rigetti_compiler_isa.json")),
                                          "\"operator\": \"CZ\"", "\"operator\": \"CFOO\""));
  const auto unknown = std::get<Calibration>(import_calibration({other}, repairing()));
  CHECK(std::count(unknown.repairs.begin(), unknown.repairs.end(),
                   Repair{"unknown-figure-left", "/gates",
                          "the gate CFOO is not known here and is left"}) == 1);
}

TEST_CASE("What an ISA gets wrong is refused with the place") {
  CHECK(refusal_with("rigetti_qcs_isa.json", "{\"node_ids\": [0, 1], \"characteristics\"",
                     "{\"node_ids\": [0, 7], \"characteristics\"") ==
        ": /instructions/2/sites/0/node_ids/1: 7 is no node of the architecture");
  CHECK(refusal_with("rigetti_qcs_isa.json", "\"value\": 0.95", "\"value\": 1.95")
            .find("/value: the fidelity 1.95 is outside [0, 1]") != std::string::npos);
  CHECK(refusal_with("rigetti_qcs_isa.json", "\"value\": 2.5e-05", "\"value\": -1") ==
        ": /benchmarks/2/sites/0/characteristics/0/value: -1 is not > 0");
  CHECK(refusal_with("rigetti_compiler_isa.json", "\"fidelity\": 0.95", "\"fidelity\": 1.5") ==
        ": /2Q/0-1/gates/0/fidelity: the fidelity 1.5 is outside [0, 1]");
  CHECK(refusal_with("rigetti_compiler_isa.json", "\"duration\": 180.0", "\"duration\": -1") ==
        ": /2Q/0-1/gates/1/duration: -1 is not >= 0");
  CHECK(refusal_with("rigetti_compiler_isa.json", "\"ids\": [0, 1]", "\"ids\": [0, 2]") ==
        ": /2Q/0-1/ids/1: 2 is not among the qubits of 1Q");
  CHECK(refusal_with("rigetti_compiler_isa.json", "\"ids\": [0, 1]", "\"ids\": [0]") ==
        ": /2Q/0-1/ids: two qubits are expected");
  CHECK(refusal_with("rigetti_compiler_isa.json", "\"fidelity\": 0.98", "\"fidelity\": null") ==
        ": /1Q/1/gates/0/fidelity: expected a number, found null");
}
