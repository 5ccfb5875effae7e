#include <set>

#include <rhodrift/calibration/import.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

const std::string t1 =
    "T1 times in s\ndate,q0,q1\n"
    "2020-12-03,no data,no data\n2020-12-02,0.0001,0.00005\n2020-12-01,no data,0.00006\n";
const std::string t2 =
    "T2 times in s\r\ndate,q0,q1\r\n"
    "2020-12-03,no data,no data\r\n2020-12-02,0.00008,0.0001\r\n2020-12-01,0.00007,0.00006\r\n";
const std::string readout =
    "Readout error\ndate,q0,q1\n2020-12-03,no data,no data\n2020-12-02,0.02,0.03\n";
const std::string cnot =
    "CNOT error rate\ndate,(0,1),(1,0)\n"
    "2020-12-03,no data,no data\n2020-12-02,0.01,0.011\n2020-12-01,0.012,0.012\n";

void write_set(const ScratchDirectory& folder, const std::string& device) {
  folder.write(device + "_t1.csv", t1);
  folder.write(device + "_t2.csv", t2);
  folder.write(device + "_readout_error.csv", readout);
  folder.write(device + "_cnot_error.csv", cnot);
}

std::string refusal_of(const std::string& text) {
  const ScratchDirectory folder;
  const std::string file = folder.write("dev_t1.csv", text);
  const std::string message = refusal([&] { import_calibration({file}, repairing()); });
  return message.starts_with(file) ? message.substr(file.size()) : message;
}

}  // namespace

TEST_CASE("A set of daily tables is a series; days without data are gaps") {
  const ScratchDirectory folder;
  write_set(folder, "ibmq_dev");
  const auto series = std::get<CalibrationSeries>(import_calibration({folder.path()}, repairing()));
  CHECK(series.device == "ibmq_dev");
  REQUIRE(series.states.size() == 2);  // 2020-12-03 has no data at all
  const Calibration& first = series.states[0];
  CHECK(first.vendor == "IBM");
  CHECK(first.provenance.importer == "qprov");
  CHECK(to_iso8601(first.timestamp) == "2020-12-01T00:00:00Z");
  CHECK(!first.qubits[0].t1_s);
  CHECK(first.qubits[0].t2_s == 7e-5);
  CHECK(!first.qubits[0].readout_p10);
  const Calibration& second = series.states[1];
  CHECK(second.qubits[0] == QubitCalibration{1e-4, 8e-5, {}, 0.02, 0.02, 5.351e-6});
  CHECK(*second.find_gate("cx", {1, 0}) == GateCalibration{"cx", {1, 0}, 0.011, 391.1e-9});
  CHECK(*second.find_gate("sx", {1}) == GateCalibration{"sx", {1}, {}, 35.56e-9});
  CHECK(*second.find_gate("rz", {0}) == GateCalibration{"rz", {0}, 0.0, 0.0});
  CHECK(second.native_gates == std::vector<std::string>{"cx", "rz", "sx", "x"});
  CHECK(second.coupling == std::vector<std::pair<int, int>>{{0, 1}, {1, 0}});
  std::set<std::string> policies;
  for (const Repair& repair : second.repairs) policies.insert(repair.policy);
  CHECK(policies == std::set<std::string>{"utc-assumed", "symmetric-readout", "pulses-from-family",
                                          "virtual-rz", "duration-from-family"});
}

TEST_CASE("Of the tables of several devices one is named") {
  const ScratchDirectory folder;
  write_set(folder, "ibmq_dev");
  write_set(folder, "ibmq_other");
  ImportOptions options = repairing();
  CHECK(refusal([&] { import_calibration({folder.path()}, options); }) ==
        folder.path().string() +
            ": tables of several devices (ibmq_dev, ibmq_other); name the one to import");
  options.device = "ibmq_other";
  CHECK(std::get<CalibrationSeries>(import_calibration({folder.path()}, options)).device ==
        "ibmq_other");
}

TEST_CASE("A header of any length is read or refused, and qubits have no gaps in any table") {
  std::string header = "T1 times in s\ndate", row = "\n2020-12-01";
  for (int q = 0; q < 60'000; ++q) {
    header += ",q" + std::to_string(q);
    row += ",no data";
  }
  CHECK(refusal_of(header + row + "\n") == ": no state with any figure in it");
  CHECK(refusal_of(header + ",x" + row + "\n").find(": line 2: \"date,q0,q1,") == 0);
  for (const std::string wrong : {"date", "date,", "date,q", "date,q-1", "date,q0,", "date,(0,1",
                                  "date,q99999999999", "date,q0 ", "date;q0"}) {
    CHECK(refusal_of("T1 times in s\n" + wrong + "\n2020-12-01,1e-4\n") ==
          ": line 2: \"" + wrong + "\" is not of the form date,q0,q1,… or date,(0,1),…");
  }
  const ScratchDirectory folder;
  folder.write("dev_t1.csv", t1);
  const std::string file = folder.write(
      "dev_cnot_error.csv", "CNOT error rate\ndate,(0,1),(1,3)\n2020-12-01,0.01,0.01\n");
  CHECK(refusal([&] { import_calibration({folder.path()}, repairing()); }) ==
        file +
            ": line 2, column (1,3): there is a qubit 3, but no qubit 2; they are numbered from "
            "0 without gaps");
}

TEST_CASE("What a daily table gets wrong is refused with the line") {
  CHECK(refusal_of("T1 times in s\ndate,q0\n2020-12-01,long\n") ==
        ": line 3: \"long\" is neither a number nor \"no data\"");
  CHECK(refusal_of("T1 times in s\ndate,q0\n2020-12-01,1e-4,1e-4\n") ==
        ": line 3: 3 fields where 2 are expected");
  CHECK(refusal_of("T1 times in s\ndate,q0\n2020-12-01,1e-4\n2020-12-01,1e-4\n") ==
        ": line 4: 2020-12-01 is listed twice");
  CHECK(
      refusal_of("T1 times in s\ndate,q0\nyesterday,1e-4\n").find(": line 3: time \"yesterday\"") ==
      0);
  CHECK(refusal_of("T1 times in s\nday,q0\n2020-12-01,1e-4\n") ==
        ": line 2: \"day,q0\" is not of the form date,q0,q1,… or date,(0,1),…");
  CHECK(refusal_of("T1 times in s\ndate,(0,1)\n2020-12-01,1e-4\n") ==
        ": line 2: pairs where qubits are expected");
  CHECK(refusal_of("T1 times in s\ndate,q0,q0\n2020-12-01,1e-4,1e-4\n") ==
        ": line 2: the column q0 is given twice");
  CHECK(refusal_of("T1 times in s\ndate,q0\n") ==
        ": line 1: no rows below the two lines of header");
  CHECK(refusal_of("T1 times in s\ndate,q0\n2020-12-01,no data\n") ==
        ": no state with any figure in it");
  CHECK(
      refusal_of("T1 times in s\ndate,q0,q999999\n2020-12-01,1e-4,1e-4\n") ==
      ": line 2, column q999999: there is a qubit 999999, but no qubit 1; they are numbered from 0 "
      "without gaps");
  CHECK(refusal_of("T3 times in s\ndate,q0\n2020-12-01,1e-4\n").find("fits none of the formats") !=
        std::string::npos);
}
