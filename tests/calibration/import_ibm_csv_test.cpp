#include <algorithm>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/import.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

const std::string sx_table =
    "Qubit,Frequency (GHz),T1 (µs),T2 (µs),Readout error,Sqrt-x (sx) error,CNOT error\n"
    ",5.25,100,80,2e-2,0.0004,\"cx0_1: 9.5e-3 \"\n"
    "1,5.1,50,60.5,3.5e-2,0.0005,\"cx1_2: 1.25e-2 , cx1_0: 9.5e-3 \"\n"
    "2,5,75,70,1e-2,0.0006,\"cx2_1: 1.25e-2 \"\n";

const std::string u3_table =
    "Qubit,T1 (µs),T2 (µs),Frecuency (GHz),Readout error,Single-qubit U3 error rate,CNOT error "
    "rate\r\n"
    "Q1,50,60,5.1,3e-2,1e-3,\"CX1_0: 3.5e-2\"\r\n"
    "Q0,100,80,5.25,2e-2,8e-4,\r\n";

/// A table as the dashboard of April 2021 gave it, merged: cx durations, both readout errors, id.
const std::string full_table =
    ",timestamp,Qubit,Frequency (GHz),T1 (us),T2 (us),Readout assignment error ,Prob meas0 prep1 "
    ",Prob meas1 prep0 ,Readout length (ns),ID error ,√x (sx) error ,Single-qubit Pauli-X error "
    ",CNOT error ,Gate time (ns)\n"
    "0,2021-04-07 15:10:00,Q0,5.25,100,80,0.025,0.03,0.02,3000,4e-4,4e-4,5e-4,0_1:1e-2,0_1:300.5\n"
    "1,2021-04-07 15:10:00,Q1,5.1,50,60,0.035,0.04,0.03,3000,5e-4,5e-4,6e-4,1_2:2e-2; "
    "1_0:1e-2,1_2:450; 1_0:336\n"
    "2,2021-04-07 15:10:00,Q2,5,75,70,0.01,0.01,0.01,3000,6e-4,6e-4,7e-4,2_1:2e-2,2_1:592.25\n";

std::vector<std::string> policies(const Calibration& calibration) {
  std::vector<std::string> names;
  for (const Repair& repair : calibration.repairs) names.push_back(repair.policy);
  return names;
}

Calibration import_table(const std::string& text) {
  const ScratchDirectory folder;
  const auto file = folder.write("2021-01-04/dev_calibrations.csv", text);
  return std::get<Calibration>(import_calibration({file}, repairing()));
}

/// The message for one table, with the path up to the file name cut off.
std::string refusal_of(const std::string& text,
                       const std::string& name = "2021-01-04/dev_calibrations.csv") {
  const ScratchDirectory folder;
  folder.write(name, text);
  const std::string message = refusal([&] { import_calibration({folder.path()}, repairing()); });
  const std::string prefix = folder.path().string() + "/";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

std::string refusal_with(const std::string& what, const std::string& by) {
  return refusal_of(replaced(sx_table, what, by));
}

}  // namespace

TEST_CASE("A dashboard table is read with its units") {
  const Calibration c = import_table(sx_table);
  CHECK(c.device == "dev");
  CHECK(c.vendor == "IBM");
  CHECK(c.provenance == Provenance{"dev_calibrations.csv", "", "ibm-csv"});
  CHECK(to_iso8601(c.timestamp) == "2021-01-04T00:00:00Z");
  REQUIRE(c.n_qubits() == 3);
  CHECK(c.qubits[0] == QubitCalibration{1e-4, 8e-5, 5.25e9, 0.02, 0.02, 5.351e-6});
  CHECK(c.qubits[1] == QubitCalibration{5e-5, 6.05e-5, 5.1e9, 0.035, 0.035, 5.351e-6});
  CHECK(*c.find_gate("sx", {2}) == GateCalibration{"sx", {2}, 6e-4, 35.56e-9});
  CHECK(*c.find_gate("x", {2}) == GateCalibration{"x", {2}, 6e-4, 35.56e-9});
  CHECK(*c.find_gate("rz", {2}) == GateCalibration{"rz", {2}, 0.0, 0.0});
  CHECK(*c.find_gate("cx", {1, 2}) == GateCalibration{"cx", {1, 2}, 0.0125, 391.1e-9});
  CHECK(c.native_gates == std::vector<std::string>{"cx", "rz", "sx", "x"});
  CHECK(c.coupling == std::vector<std::pair<int, int>>{{0, 1}, {1, 0}, {1, 2}, {2, 1}});
  CHECK(policies(c) == std::vector<std::string>{"symmetric-readout", "virtual-rz", "x-from-sx",
                                                "utc-assumed", "duration-from-family",
                                                "duration-from-family", "duration-from-family",
                                                "duration-from-family"});
  CHECK(
      c.repairs.back() ==
      Repair{"duration-from-family", "/qubits",
             "readout without a duration: set to 5.351e-06 s, as on devices of the family IBM cx"});
}

TEST_CASE("Tables with other units, decimal commas and semicolons are read alike") {
  const Calibration c = import_table(
      "Qubit;Frecuencia [MHz];T1 (ns);T2 (ms);Error de lectura;Single-qubit U2 error;CNOT error\n"
      "Q0;5250;100000;0,08;2e-2;+0,0004;cx0_1: 9,5e-3, cx0_2: .01\n"
      "Q1;5100;50000;0,0605;3,5e-2;5E-4;\n"
      "Q2;5000;75000;0,07;1e-2;0.0006;\n");
  CHECK(c.qubits[0] == QubitCalibration{1e-4, 8e-5, 5.25e9, 0.02, 0.02, 5.351e-6});
  CHECK(c.qubits[1] == QubitCalibration{5e-5, 6.05e-5, 5.1e9, 0.035, 0.035, 5.351e-6});
  CHECK(c.find_gate("sx", {0})->error == 4e-4);
  CHECK(c.find_gate("cx", {0, 1})->error == 9.5e-3);
  CHECK(c.find_gate("cx", {2, 0})->error == 0.01);
  CHECK(c.repairs[1].policy == "virtual-rz");
  CHECK(c.repairs[2] ==
        Repair{"sx-from-u2", "/gates", "u2 is one pulse, and so is sx; it gets u2's error"});
}

TEST_CASE("A dashboard table of 2019 is read: u3, labels Q0, one direction of cx") {
  const Calibration c = import_table(u3_table);
  REQUIRE(c.n_qubits() == 2);
  CHECK(*c.qubits[0].t1_s == 1e-4);
  CHECK(*c.find_gate("sx", {0})->error == 4e-4);
  CHECK(*c.find_gate("x", {1})->error == 5e-4);
  CHECK(*c.find_gate("cx", {1, 0})->error == 0.035);
  CHECK(*c.find_gate("cx", {0, 1})->error == 0.035);
  CHECK(policies(c) == std::vector<std::string>{
                           "symmetric-readout", "virtual-rz", "sx-from-u3", "x-from-sx",
                           "cx-direction-symmetric", "utc-assumed", "duration-from-family",
                           "duration-from-family", "duration-from-family", "duration-from-family"});
}

TEST_CASE("A merged table is read: times in a column, several columns of one meaning") {
  const Calibration c = import_table(full_table);
  CHECK(to_iso8601(c.timestamp) == "2021-04-07T15:10:00Z");
  CHECK(c.qubits[0] == QubitCalibration{1e-4, 8e-5, 5.25e9, 0.02, 0.03, 3e-6});
  CHECK(*c.find_gate("x", {1}) == GateCalibration{"x", {1}, 6e-4, 3.55e-8});
  CHECK(*c.find_gate("id", {0})->error == 4e-4);
  CHECK(*c.find_gate("cx", {1, 0}) == GateCalibration{"cx", {1, 0}, 0.01, 3.36e-7});
  // |300.5 - 336| ns on (0, 1) and |450 - 592.25| ns on (1, 2)
  CHECK(*c.find_gate("sx", {0})->duration_s == 3.55e-8);
  CHECK(*c.find_gate("sx", {1})->duration_s == 3.55e-8);
  CHECK(*c.find_gate("sx", {2})->duration_s == 1.4225e-7);
  CHECK(*c.find_gate("rz", {2})->duration_s == 0);
  CHECK(policies(c) ==
        std::vector<std::string>{"virtual-rz", "utc-assumed", "pulse-duration-from-cx"});
}

TEST_CASE("Tables of many days become a series that shares the one day's durations") {
  const ScratchDirectory folder;
  folder.write("01-04-2021 23-16-00/dev_calibrations.csv", sx_table);
  folder.write("01-04-2021 23-16-00/dev_calibrations (1).csv", sx_table);
  folder.write("01-05-2021 11-17-00/dev_calibrations.csv", sx_table);
  folder.write("01-05-2021 11-17-00/other_calibrations.csv", u3_table);
  folder.write("12-31-2020 00-00-00/dev_calibrations.csv", replaced(sx_table, ",100,", ",101,"));
  folder.write("merged/dev_calibrations.csv", full_table);

  ImportOptions options = repairing();
  CHECK(refusal([&] { import_calibration({folder.path()}, options); }) ==
        folder.path().string() +
            ": tables of several devices (dev, other); name the one to import");
  options.device = "dev";
  const auto series = std::get<CalibrationSeries>(import_calibration({folder.path()}, options));
  REQUIRE(series.states.size() == 3);
  CHECK(to_iso8601(series.states[0].timestamp) == "2020-12-31T00:00:00Z");
  CHECK(to_iso8601(series.states[1].timestamp) == "2021-01-04T23:16:00Z");
  CHECK(to_iso8601(series.states[2].timestamp) == "2021-04-07T15:10:00Z");
  const Calibration& first = series.states[0];
  CHECK(*first.find_gate("cx", {1, 2}) == GateCalibration{"cx", {1, 2}, 0.0125, 4.5e-7});
  CHECK(*first.find_gate("sx", {2})->duration_s == 1.4225e-7);
  CHECK(*first.qubits[0].readout_duration_s == 3e-6);
  CHECK(std::find(
            first.repairs.begin(), first.repairs.end(),
            Repair{"duration-from-snapshot", "/gates",
                   "the table has no durations; they are those of dev at 2021-04-07T15:10:00Z"}) !=
        first.repairs.end());
  CHECK(calibration_series_from_json(to_json(series), "s").states.size() == 3);
}

TEST_CASE("Durations can come from a calibration of ours") {
  const ScratchDirectory folder;
  folder.write("2021-04-07/dev.csv", full_table);
  const auto donor = folder.path() / "donor.json";
  write_calibration(
      std::get<Calibration>(import_calibration({folder.path() / "2021-04-07"}, repairing())),
      donor);
  folder.write("2021-01-04/dev.csv", sx_table);
  ImportOptions options = repairing();
  options.durations_from = donor;
  const auto state =
      std::get<Calibration>(import_calibration({folder.path() / "2021-01-04/dev.csv"}, options));
  CHECK(*state.find_gate("cx", {2, 1})->duration_s == 5.9225e-7);

  options.device = "another";
  CHECK(refusal([&] { import_calibration({folder.path() / "2021-01-04/dev.csv"}, options); }) ==
        donor.string() + ": /device: durations of \"dev\" for \"another\"");
}

TEST_CASE("Figures that come back after others put the times in doubt") {
  const ScratchDirectory folder;
  const std::string other = replaced(sx_table, ",100,", ",101,");
  folder.write("2021-01-01/dev.csv", sx_table);
  folder.write("2021-01-02/dev.csv", other);
  folder.write("2021-01-03/dev.csv", replaced(sx_table, "60.5", "60.50000000000001"));
  folder.write("2021-01-04/dev.csv", other);
  const auto series = std::get<CalibrationSeries>(import_calibration({folder.path()}, repairing()));
  REQUIRE(series.states.size() == 2);
  const std::vector<Repair>& repairs = series.states[0].repairs;
  CHECK(
      std::find(
          repairs.begin(), repairs.end(),
          Repair{
              "earliest-of-repeats", "/timestamp",
              "the same figures are filed again under later times, the last of them "
              "2021-01-03T00:00:00Z, with other figures between: some of these times are wrong"}) !=
      repairs.end());
  const std::vector<std::string> second = policies(series.states[1]);
  CHECK(std::count(second.begin(), second.end(), "earliest-of-repeats") == 0);
}

TEST_CASE("Without leave to repair, a series is refused with what it needs, each once") {
  const ScratchDirectory folder;
  folder.write("2021-01-01/dev.csv", sx_table);
  folder.write("2021-01-02/dev.csv", replaced(sx_table, "100,80", "100,201"));
  CHECK(
      refusal([&] { import_calibration({folder.path()}, {}); }) ==
      folder.path().string() +
          ": needs repairs, which were not asked for:\n"
          "  clamp-t2: /qubits/0/t2_s: 0.000201 s exceeds 2 T1; set to 0.0002 s (states: 1)\n"
          "  duration-from-family: /gates: cx without a duration: set to 3.911e-07 s, as on "
          "devices of the family IBM cx (states: 2)\n"
          "  duration-from-family: /gates: sx without a duration: set to 3.556e-08 s, as on "
          "devices of the family IBM cx (states: 2)\n"
          "  duration-from-family: /gates: x without a duration: set to 3.556e-08 s, as on "
          "devices of the family IBM cx (states: 2)\n"
          "  duration-from-family: /qubits: readout without a duration: set to 5.351e-06 s, as on "
          "devices of the family IBM cx (states: 2)\n"
          "  symmetric-readout: /qubits: the table has one readout error a qubit; p10 and p01 "
          "are both set to it (states: 2)\n"
          "  utc-assumed: /timestamp: the time of download is taken to be in UTC (states: 2)\n"
          "  virtual-rz: /gates: the table has no rz; added without error and duration (states: "
          "2)\n"
          "  x-from-sx: /gates: the table has no x; its error is that of sx, one pulse each "
          "(states: 2)");
}

TEST_CASE("What a table gets wrong is refused with line and column") {
  const std::string file = "2021-01-04/dev_calibrations.csv: ";
  CHECK(refusal_with("Readout error", "Readout horror")
            .find("line 1: unknown column \"Readout horror\"") != std::string::npos);
  CHECK(refusal_with("T1 (µs)", "T3 (µs)").find("ibm-csv: line 1: not a dashboard table") !=
        std::string::npos);
  CHECK(refusal_of("Qubit,T1 (us),T2 (us)\n").find("no rows below a header") != std::string::npos);
  CHECK(refusal_of("Qubit,CNOT error\n0,\n").find("line 1: not a dashboard table") !=
        std::string::npos);
  CHECK(refusal_with(",50,", ",fifty,")
            .find("line 3, column \"T1 (µs)\": \"fifty\" is not a number") != std::string::npos);
  CHECK(refusal_with(",50,", ",nan,").find("line 3, column \"T1 (µs)\": \"nan\" is not a number") !=
        std::string::npos);
  CHECK(refusal_with(",50,", ",-50,").find("line 3, column \"T1 (µs)\": \"-50\" is not > 0") !=
        std::string::npos);
  CHECK(refusal_with("\n2,", "\n1,").find("line 4, column \"Qubit\": qubit 1 is listed twice") !=
        std::string::npos);
  CHECK(refusal_with("\n2,", "\n7,").find("line 4, column \"Qubit\": qubit 7 of 3 rows") !=
        std::string::npos);
  CHECK(refusal_with("\n2,", "\nTwo,").find("line 4, column \"Qubit\": \"Two\" is not a number") !=
        std::string::npos);
  CHECK(refusal_with("cx1_2: 1.25e-2", "cx1-2: 1.25e-2")
            .find("line 3, column \"CNOT error\": \"cx1-2: 1.25e-2\" is not of the form") !=
        std::string::npos);
  CHECK(refusal_with("cx1_2: 1.25e-2", "cx1_0: 1.25e-2")
            .find("line 3, column \"CNOT error\": the pair 1_0 is given twice") !=
        std::string::npos);
  CHECK(refusal_with("cx1_2: 1.25e-2", "cx1_9: 1.25e-2")
            .find("line 3, column \"CNOT error\": \"cx1_9: 1.25e-2\": qubit 9 is outside 0..2") !=
        std::string::npos);
  CHECK(refusal_with(",60.5", "").find("line 3: 6 fields where the header has 7") !=
        std::string::npos);
  CHECK(refusal_with("1.25e-2 \"\n", "1.25e-2 \n").find("line 4: a quoted field is not closed") !=
        std::string::npos);
  CHECK(refusal_with("\"cx0_1: 9.5e-3 \"", "\"cx0_1: 9.5e-3 \"x")
            .find("line 2: text after a closing quote") != std::string::npos);
}

TEST_CASE("A table needs a time") {
  CHECK(refusal_of(sx_table, "downloads/dev.csv")
            .find("no time of download: the folder \"downloads\" is neither of the form") !=
        std::string::npos);
  CHECK(refusal_of(sx_table, "13-01-2021 00-00-00/dev.csv").find("month 13 is outside 1..12") !=
        std::string::npos);
  CHECK(refusal_of(replaced(full_table, "2021-04-07 15:10:00", "yesterday"))
            .find("line 2, column \"timestamp\": \"yesterday\" is neither of the form") !=
        std::string::npos);
}

TEST_CASE("Newer headers, units and languages are read") {
  const Calibration c = import_table(
      "C\u00fabit,Fr\u00e9quence (Ghz),T1 (US),T2 \u00b5s,Readout error (%),sx error,"
      "Z-axis rotation (rz) error,Single-qubit gate length (ns),CZ error,Gate length (ns),"
      "Operational\n"
      "0,5.25,100,80,2,0.0004,0,32,0_1:4e-3,0_1:68,Yes\n"
      "1,5.1,50,60.5,3.5,0.0005,0,32,1_0:4e-3,1_0:68,No\n");
  CHECK(c.native_gates == std::vector<std::string>{"cz", "rz", "sx", "x"});
  CHECK(c.qubits[0].t1_s == 1e-4);
  CHECK(c.qubits[0].t2_s == 8e-5);
  CHECK(c.qubits[0].readout_p10 == 0.02);
  CHECK(c.qubits[0].frequency_hz == 5.25e9);
  CHECK(*c.find_gate("sx", {0}) == GateCalibration{"sx", {0}, 4e-4, 32e-9});
  CHECK(*c.find_gate("cz", {0, 1}) == GateCalibration{"cz", {0, 1}, 1.0, 68e-9});  // 1 is down
  CHECK(c.find_gate("sx", {1})->error == 1.0);
  CHECK(std::ranges::count(policies(c), "not-operational") == 1);
  const Calibration ecr = import_table(
      "Qubit,T1 (microseconds),T2 (\xB5s),Readout assignment error,\u221ax (sx) error,ECR error\n"
      "0,100,80,0.02,4e-4,ecr0_1: 7e-3\n1,50,60,0.03,5e-4,\n");
  CHECK(ecr.find_gate("ecr", {0, 1})->error == 7e-3);
  CHECK(ecr.find_gate("ecr", {1, 0}) == nullptr);
  CHECK(ecr.qubits[1].t2_s == 6e-5);
}

TEST_CASE("A table with x alone gives sx the error of x") {
  const Calibration c = import_table(replaced(sx_table, "Sqrt-x (sx)", "Single-qubit Pauli-X"));
  CHECK(c.find_gate("x", {2})->error == 6e-4);
  CHECK(c.find_gate("sx", {2})->error == 6e-4);
  CHECK(std::ranges::count(policies(c), "sx-from-x") == 1);
}

TEST_CASE("One length for both directions of cx says nothing of pulses") {
  const Calibration c = import_table(
      "Qubit,T1 (us),T2 (us),Readout error,Sqrt-x (sx) error,CNOT error,Gate time (ns)\n"
      "0,100,80,0.02,4e-4,0_1:1e-2,0_1:500\n1,50,60,0.03,5e-4,1_0:1e-2,1_0:500\n");
  CHECK(c.find_gate("sx", {0})->duration_s == 35.56e-9);  // the family's
  CHECK(std::ranges::count(policies(c), "duration-from-family") >= 1);
  CHECK(std::ranges::count(policies(c), "pulse-duration-from-cx") == 0);
}

TEST_CASE("The pair gate and its lengths follow the table's columns") {
  const std::string heron =
      "Qubit,T1 (us),T2 (us),Readout error,sx error,RX error,Z-axis rotation (rz) error,CZ error,"
      "RZZ error,Gate length (ns)\n"
      "0,100,80,0.02,4e-4,4e-4,1e-6,0_1:4e-3,0_1:5e-3,0_1:72\n"
      "1,50,60,0.03,5e-4,5e-4,0,,,\n";
  const Calibration c = import_table(heron);
  CHECK(*c.find_gate("cz", {1, 0}) == GateCalibration{"cz", {1, 0}, 4e-3, 72e-9});
  CHECK(*c.find_gate("rzz", {1, 0}) == GateCalibration{"rzz", {1, 0}, 5e-3, 72e-9});
  CHECK(*c.find_gate("rz", {0}) == GateCalibration{"rz", {0}, 1e-6, 0.0});
  CHECK(*c.find_gate("rx", {1}) == GateCalibration{"rx", {1}, 5e-4, 32e-9});
  CHECK(c.native_gates == std::vector<std::string>{"cz", "rz", "sx", "x"});
  CHECK(c.coupling == std::vector<std::pair<int, int>>{{0, 1}, {1, 0}});
  CHECK(std::ranges::count(policies(c), "cz-direction-symmetric") == 1);
  const Calibration rzz =
      import_table("Qubit,T1 (us),T2 (us),RZZ error\n0,100,80,rzz0_1: 5e-3\n1,50,60,\n");
  CHECK(rzz.native_gates == std::vector<std::string>{"rzz", "rz", "sx", "x"});
  CHECK(rzz.find_gate("rzz", {0, 1})->error == 5e-3);
}

TEST_CASE("Headers in Latin-1 are read") {
  const Calibration c = import_table(
      "C\xFA"
      "bit,Fr\xE9quence (GHz),T1 (\xB5s),T2 \xB5s,CNOT-Fehler\n"
      "0,5.25,100,80,cx0_1: 1e-2\n1,5.1,50,60,\n");
  CHECK(c.qubits[0].frequency_hz == 5.25e9);
  CHECK(c.qubits[0].t1_s == 1e-4);
  CHECK(c.qubits[1].t2_s == 6e-5);
  CHECK(c.find_gate("cx", {1, 0})->error == 0.01);
}

TEST_CASE("A wrong unit is named with its column") {
  CHECK(refusal_with("T1 (µs)", "T1 (parsec)") ==
        "2021-01-04/dev_calibrations.csv: line 1, column \"T1 (parsec)\": the unit \"parsec\" is "
        "unknown; known are \"s\", \"ms\", \"us\", \"\u00b5s\", \"\u03bcs\", \"ns\", \"ps\"");
  CHECK(refusal_with("T2 (µs)", "T2 parsec")
            .find("line 1, column \"T2 parsec\": the unit \"parsec\" is unknown") !=
        std::string::npos);
  CHECK(refusal_with("T1 (µs)", "T1").find("line 1, column \"T1\": no unit; known are") !=
        std::string::npos);
  CHECK(refusal_with("Readout error", "Readout error (us)").find("known is \"%\"") !=
        std::string::npos);
  CHECK(refusal_with("Qubit", "Qubit (%)").find("\"%\" is unknown; none belongs here") !=
        std::string::npos);
}

TEST_CASE("A figure outside its range is refused with line, column and text") {
  const auto refused = [](const std::string& what, const std::string& by,
                          const std::string& problem) {
    INFO(by);
    CHECK(refusal_of(replaced(full_table, what, by)) ==
          "2021-01-04/dev_calibrations.csv: line 3, column " + problem);
  };
  refused("5.1,50", "0,50", "\"Frequency (GHz)\": \"0\" is not > 0");
  refused("5.1,50", "5.1,-5", "\"T1 (us)\": \"-5\" is not > 0");
  refused("0.04,0.03", "1.04,0.03", "\"Prob meas0 prep1 \": \"1.04\" is outside 0..1");
  refused("0.03,3000,5e-4", "0.03,-1,5e-4", "\"Readout length (ns)\": \"-1\" is not >= 0");
  refused("5e-4,6e-4,1_2", "-5e-4,6e-4,1_2", "\"√x (sx) error \": \"-5e-4\" is not >= 0");
  refused("1_2:2e-2; ", "1_2:-2e-2; ", "\"CNOT error \": \"-2e-2\" is not >= 0");
  refused("1_2:2e-2; ", "1_1:2e-2; ", "\"CNOT error \": \"1_1:2e-2\" has the same qubit twice");
  CHECK(refusal_of("Qubit,T1 (us),T2 (us),Readout error (%)\n0,100,80,150\n")
            .find("line 2, column \"Readout error (%)\": \"150\" is outside 0..100") !=
        std::string::npos);
  CHECK(refusal_of("Qubit,T1 (us),T2 (us),Operational\n0,100,80,Maybe\n")
            .find("line 2, column \"Operational\": \"Maybe\" is neither Yes nor No") !=
        std::string::npos);
}

TEST_CASE("Times of a merged table are read in the forms of ISO 8601") {
  const std::string stamp = "2021-04-07 15:10:00";
  const auto with = [&](const std::string& time) {
    return replaced(replaced(replaced(full_table, stamp, time), stamp, time), stamp, time);
  };
  for (const std::string time : {"2021-04-07T15:10:00Z", "2021-04-07T15:10:00+00:00",
                                 "2021-04-07T15:10Z", "2021-04-07T17:10:00.25+02:00"}) {
    const Calibration c = import_table(with(time));
    CHECK(to_iso8601(c.timestamp) == "2021-04-07T15:10:00Z");
    CHECK(std::ranges::count(policies(c), "utc-assumed") == 0);
  }
  const Calibration c = import_table(with("2021-04-07 15:10"));
  CHECK(to_iso8601(c.timestamp) == "2021-04-07T15:10:00Z");
  CHECK(std::ranges::count(policies(c), "utc-assumed") == 1);
  CHECK(refusal_of(replaced(full_table, "\n1," + stamp, "\n1,2021-13-07 15:10"))
            .find("line 3, column \"timestamp\"") != std::string::npos);
}

TEST_CASE("Columns of one figure in different units have to agree") {
  CHECK(
      refusal_of("Qubit,T1 (us),T1 (ms),T2 (us)\n0,100,100,80\n") ==
      "2021-01-04/dev_calibrations.csv: line 2, column \"T1 (ms)\": \"100\" is not the same figure "
      "as \"100\" in column \"T1 (us)\"");
  CHECK(import_table("Qubit,T1 (us),T1 (ms),T2 (us)\n0,100,0.1,80\n").qubits[0].t1_s == 1e-4);
  const std::string lengths =
      "Qubit,T1 (us),T2 (us),CNOT error,Gate time (ns),Gate length (us)\n"
      "0,100,80,0_1:1e-2,0_1:500,0_1:0.5\n1,50,60,,,\n";
  CHECK(import_table(lengths).find_gate("cx", {0, 1})->duration_s == 5e-7);
  CHECK(refusal_of(replaced(lengths, ":0.5", ":0.6")).find("is not the same figure as") !=
        std::string::npos);
}

TEST_CASE("No length of a field breaks the reader") {
  CHECK(
      refusal_of("Qubit,T1 (us),T2 (us),CNOT error\n0,1,1," + std::string(300000, '1') + "\n") ==
      "2021-01-04/dev_calibrations.csv: line 2, column \"CNOT error\": a field of 300000 bytes; at "
      "most 4096 are read");
  CHECK(refusal_of("Qubit,T1 (us),T2 (us),CNOT error\n0,1,1," + std::string(4000, 'a') + "\n")
            .find("column \"CNOT error\": \"" + std::string(80, 'a') + "\"… is not of the form") !=
        std::string::npos);
  const ScratchDirectory folder;
  for (const std::string& text :
       {std::string(100000, '\0'), std::string(60000, 'A'),
        // once took minutes
        "T1" + std::string(1900, ' ') + "(" + std::string(1900, ' ') + "x,Qubit,T2 (us)\n0,1,1\n",
        "Qubit,T1 (us),T2 (us),CNOT error\n0,1,1,\"" + std::string(300000, '1') + "\"\n",
        "T1 times in s\ndate" + replaced(std::string(5000, 'q'), "q", ",q0") + "\n1,1\n"}) {
    const auto file = folder.write("2021-01-04/long.csv", text);
    CHECK(refusal([&] { import_calibration({file}, repairing()); }).find("long.csv: ") !=
          std::string::npos);
  }
}
