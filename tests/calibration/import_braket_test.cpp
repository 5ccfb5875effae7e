#include <fmt/format.h>

#include <rhodrift/calibration/import.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

// The fixtures follow the public schema, amazon-braket-schemas 1.32.

namespace {

Calibration import_text(const std::string& text) {
  const ScratchDirectory folder;
  return std::get<Calibration>(import_calibration({folder.write("chip.json", text)}, repairing()));
}

const auto v1 = [] { return read_file(fixture("braket_v1.json")); };
const auto v3 = [] { return read_file(fixture("braket_v3.json")); };

std::vector<std::string> policies(const Calibration& calibration) {
  std::vector<std::string> names;
  for (const Repair& repair : calibration.repairs) names.push_back(repair.policy);
  return names;
}

/// Of the first repair of that policy; empty when there is none.
std::string detail_of(const Calibration& calibration, const std::string& policy) {
  for (const Repair& repair : calibration.repairs) {
    if (repair.policy == policy) return repair.detail;
  }
  return "";
}

/// Version 3 as the capabilities of a device of two qubits with these native gates.
std::string with_native(const std::string& gates) {
  return "{\"service\": {\"updatedAt\": \"2025-03-01T00:00:00\"}, \"paradigm\": {\"qubitCount\": "
         "2, "
         "\"nativeGateSet\": [" +
         gates + "]}, \"standardized\": " +
         replaced(replaced(v3(), "\"oneQubitProperties\"", "\"ignored\""), "\"updatedAt\"",
                  "\"then\"") +
         "}";
}

std::string refusal_of(const std::string& text) {
  const ScratchDirectory folder;
  const std::string file = folder.write("b.json", text);
  const std::string message = refusal([&] { import_calibration({file}, repairing()); });
  return message.starts_with(file) ? message.substr(file.size()) : message;
}

}  // namespace

TEST_CASE("Braket's properties, version 1: figures a qubit and a pair") {
  const Calibration c = import_text(v1());
  CHECK(c.device == "chip");
  CHECK(c.vendor == "Amazon Braket");
  CHECK(c.qubit_labels == std::vector<std::string>{"0", "7"});
  CHECK(c.qubits[0] == QubitCalibration{28.9 / 1e6, 44.5 / 1e6, {}, 1 - 0.903, 1 - 0.903, {}});
  CHECK(c.qubits[1].t1_s == 2.5e-5);
  CHECK(c.qubits[1].t2_s == 44500 / 1e9);
  CHECK(c.find_gate("sx", {0})->error == 1 - 0.998);  // simultaneous
  CHECK(c.find_gate("x", {1})->error == 1 - 0.9986);
  CHECK(*c.find_gate("rz", {1}) == GateCalibration{"rz", {1}, 0.0, 0.0});
  CHECK(c.find_gate("cx", {1, 0})->error == 1 - 0.877);  // interleaved
  CHECK(c.find_gate("cx", {0, 1}) == nullptr);
  CHECK(c.find_gate("cz", {0, 1})->error == 1 - 0.9);
  CHECK(c.find_gate("cz", {1, 0})->error == 1 - 0.9);
  CHECK(c.find_gate("Two_Qubit_Clifford", {1, 0})->error == 1 - 0.8);  // no gate of a circuit
  CHECK(c.native_gates == std::vector<std::string>{"cx", "cz", "rz", "sx", "x"});
  CHECK(policies(c) == std::vector<std::string>{"pulses-from-rb", "symmetric-readout", "virtual-rz",
                                                "unknown-time"});
}

TEST_CASE("Braket's properties, version 2, say their units") {
  std::string text = replaced(v1(), "\"version\": \"1\"", "\"version\": \"2\"");
  text = replaced(text, "\"fidelity\": 0.998,", "\"fidelity\": 0.998, \"unit\": \"fraction\",");
  CHECK(import_text(text).find_gate("sx", {0})->error == 1 - 0.998);
  CHECK(refusal_of(replaced(text, "\"fraction\"", "\"percent\"")) ==
        ": /oneQubitProperties/0/oneQubitFidelity/1/unit: unknown unit \"percent\"; known is "
        "\"fraction\"");
}

TEST_CASE("Braket's properties, version 3: one figure for the whole device") {
  const Calibration c = import_text(v3());
  CHECK(to_iso8601(c.timestamp) == "2025-02-22T12:29:03Z");
  CHECK(c.qubit_labels == std::vector<std::string>{"1", "2", "10"});
  for (const QubitCalibration& qubit : c.qubits) {
    CHECK(qubit == QubitCalibration{50.0, 30.0, {}, 1 - 0.995, 1 - 0.995, 350 / 1e6});
  }
  CHECK(*c.find_gate("sx", {0}) == GateCalibration{"sx", {0}, 1 - 0.9985, 0.02 / 1e3});
  CHECK(*c.find_gate("sx", {2}) == GateCalibration{"sx", {2}, 1 - 0.995, 0.02 / 1e3});
  CHECK(*c.find_gate("cz", {2, 0}) == GateCalibration{"cz", {2, 0}, 1 - 0.98, 0.0002});
  CHECK(*c.find_gate("reset", {1}) == GateCalibration{"reset", {1}, {}, 0.0001});
  CHECK(c.coupling.size() == 6);
  CHECK(policies(c) == std::vector<std::string>{"symmetric-readout", "pulses-from-rb",
                                                "two-qubit-gate-assumed", "all-pairs-assumed",
                                                "device-average", "virtual-rz"});
}

TEST_CASE("A device's capabilities name gate, pairs and qubits") {
  const std::string averages = replaced(v3(), "\"oneQubitProperties\"", "\"ignored\"");
  CHECK(refusal_of(averages) ==
        ": neither oneQubitProperties nor paradigm.qubitCount: how many qubits?");
  const Calibration c = import_text(
      "{\"service\": {\"updatedAt\": \"2025-03-01T00:00:00\"}, \"paradigm\": {\"qubitCount\": 3, "
      "\"nativeGateSet\": [\"GPI\", \"GPI2\", \"ZZ\"], \"connectivity\": {\"fullyConnected\": "
      "false, \"connectivityGraph\": {\"0\": [\"1\"], \"1\": [\"0\", \"2\"]}}}, "
      "\"standardized\": " +
      replaced(averages, "\"updatedAt\"", "\"then\"") + "}");
  CHECK(c.n_qubits() == 3);
  CHECK(c.qubit_labels.empty());
  CHECK(to_iso8601(c.timestamp) == "2025-03-01T00:00:00Z");
  CHECK(c.find_gate("rzz", {1, 2})->error == 1 - 0.98);
  CHECK(c.coupling == std::vector<std::pair<int, int>>{{0, 1}, {1, 0}, {1, 2}, {2, 1}});
  CHECK(policies(c) == std::vector<std::string>{"symmetric-readout", "pulses-from-rb",
                                                "device-average", "virtual-rz", "utc-assumed"});
}

TEST_CASE("The 2-qubit gate is that of the native set, under any of its names") {
  for (const auto& [native, ours] : {std::pair{"rxx", "rxx"},
                                     {"XX", "rxx"},
                                     {"RXX", "rxx"},
                                     {"MS", "rxx"},
                                     {"YY", "ryy"},
                                     {"RYY", "ryy"},
                                     {"RZZ", "rzz"},
                                     {"ISwap", "iswap"}}) {
    const Calibration c = import_text(with_native(fmt::format("\"r\", \"{}\", \"rz\"", native)));
    CHECK(c.find_gate(ours, {0, 1}) != nullptr);
    CHECK(c.find_gate("cz", {0, 1}) == nullptr);
    CHECK(detail_of(c, "two-qubit-gate-assumed").empty());
  }
}

TEST_CASE("That the 2-qubit gate is assumed is noted with what the file says") {
  CHECK(detail_of(import_text(v3()), "two-qubit-gate-assumed") ==
        "the file names no native gates; the figures of 2-qubit gates are given to cz");
  const Calibration c = import_text(with_native("\"r\", \"FOO\""));
  CHECK(c.find_gate("cz", {0, 1}) != nullptr);
  CHECK(detail_of(c, "two-qubit-gate-assumed") ==
        "among the native gates r, FOO is no 2-qubit gate that is known here; the figures of "
        "2-qubit gates are given to cz");
  CHECK(detail_of(import_text(with_native("\"ISwap\", \"CZ\"")), "first-of-several") ==
        "there are several native 2-qubit gates (iswap, cz); the device's figures are given to the "
        "first");
}

TEST_CASE("Units of time are known in capitals where these mean nothing else") {
  const auto with_unit = [](const std::string& was, const std::string& unit) {
    return replaced(v1(), "\"unit\": \"" + was + "\"", "\"unit\": \"" + unit + "\"");
  };
  CHECK(import_text(with_unit("s", "S")).qubits[1].t1_s == 2.5e-5);
  for (const char* unit : {"US", "uS", "Us"}) {
    CHECK(import_text(with_unit("us", unit)).qubits[0].t1_s == 28.9 / 1e6);
  }
  CHECK(import_text(with_unit("ns", "NS")).qubits[1].t2_s == 44500 / 1e9);
  CHECK(refusal_of(with_unit("us", "MS")).find("/T1/unit: unknown unit \"MS\"") !=
        std::string::npos);
}

TEST_CASE("Of several figures of one kind the first is taken, and that is noted") {
  const std::string readout = "{\"fidelityType\": {\"name\": \"READOUT\"}, \"fidelity\": 0.903";
  const auto twice = [&](const std::string& second) {
    return import_text(replaced(v1(), readout, readout + "}, " + second));
  };
  CHECK(detail_of(twice(readout), "first-of-several").empty());
  const Calibration c = twice(replaced(readout, "0.903", "0.8"));
  CHECK(c.qubits[0].readout_p10 == 1 - 0.903);
  CHECK(detail_of(c, "first-of-several") ==
        "there are several fidelities READOUT of a qubit; the first is taken");
  const Calibration pair = import_text(replaced(v1(), "\"gateName\": \"CZ\", \"fidelity\": 0.9, ",
                                                "\"gateName\": \"CNOT\", \"fidelity\": 0.9, "));
  CHECK(pair.find_gate("cx", {1, 0})->error == 1 - 0.877);
  CHECK(detail_of(pair, "first-of-several") ==
        "there are several fidelities of CNOT on 0-7; the first is taken");
  const std::string average = "\"readoutFidelity\": [";
  const Calibration device =
      import_text(replaced(v3(), average, average + "{\"fidelity\": 0.9}, "));
  CHECK(device.qubits[0].readout_p10 == 1 - 0.9);
  CHECK(detail_of(device, "first-of-several") ==
        "there are several fidelities in /readoutFidelity; the first is taken");
}

TEST_CASE("What Braket's properties get wrong is refused with the place") {
  CHECK(refusal_of(replaced(v1(), "\"version\": \"1\"", "\"version\": \"4\"")) ==
        ": /braketSchemaHeader/version: \"4\" is unknown; known are \"1\", \"2\", \"3\"");
  CHECK(refusal_of(replaced(v1(), "\"fidelity\": 0.998,", "\"fidelity\": 1.5,")) ==
        ": /oneQubitProperties/0/oneQubitFidelity/1/fidelity: 1.5 is outside [0, 1]");
  CHECK(refusal_of(replaced(v1(), "\"unit\": \"us\"", "\"unit\": \"min\"")) ==
        ": /oneQubitProperties/0/T1/unit: unknown unit \"min\"; known are \"s\", \"ms\", \"us\", "
        "\"µs\", \"μs\", \"ns\", \"ps\"");
  CHECK(refusal_of(replaced(v1(), "\"0-7\"", "\"0-8\"")) ==
        ": /twoQubitProperties/0-8: the key is not of the form \"0-1\" with qubits of "
        "oneQubitProperties");
  CHECK(refusal_of(replaced(v1(),
                            "\"control\": 7, \"target\": 0}, \"gateName\": \"CNOT\", "
                            "\"fidelity\": 0.877",
                            "\"control\": 3, \"target\": 0}, \"gateName\": \"CNOT\", "
                            "\"fidelity\": 0.877")) ==
        ": /twoQubitProperties/0-7/twoQubitGateFidelity/1/direction/control: 3 is no qubit of "
        "oneQubitProperties");
}
