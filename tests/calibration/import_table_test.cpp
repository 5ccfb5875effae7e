#include <algorithm>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/import.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

const std::string csv =
    "timestamp,operation,qubits,t1_us,t2_s,frequency_ghz,readout_p10,readout_p01,"
    "readout_duration_us,error,duration_ns,over_rotation_rad,fsim_phi_error_rad,shift_khz\n"
    "2026-01-31T12:00:00Z,qubit,0,100,8e-5,5.25,0.01,0.03,1.5,,,,,\n"
    "2026-01-31T12:00:00Z,qubit,1,50,,,,,,,,,,\n"
    "2026-01-31T12:00:00Z,sx,0,,,,,,,2e-4,35,0.01,,\n"
    "2026-01-31T12:00:00Z,cz,1 0,,,,,,,7e-3,68,,-0.02,\n"
    "2026-01-31T12:00:00Z,zz,1 0,,,,,,,,,,,-45\n"
    "2026-02-01T12:00:00Z,qubit,1,55,,,,,,,,,,\n"
    "2026-02-01T12:00:00Z,sx,0,,,,,,,3e-4,35,,,\n"
    "2026-02-01T12:00:00Z,cz,1 0,,,,,,,8e-3,68,,,\n";

const std::string toml = R"(device = "chip"
vendor = "my lab"
timestamp = 2026-01-31T13:00:00+01:00
native_gates = ["sx", "cz"]

[[qubit]]
qubits = 0
t1_us = 100
t2_s = 8e-5
frequency_ghz = 5.25
readout_p10 = 0.01
readout_p01 = 0.03
readout_duration_us = 1.5

[[qubit]]
qubits = [1]
t1_us = 50

[[gate]]
name = "sx"
qubits = 0
error = 2e-4
duration_ns = 35
over_rotation_rad = 0.01

[[gate]]
name = "cz"
qubits = [1, 0]
error = 7e-3
duration_ns = 68
fsim_phi_error_rad = -0.02

[[zz]]
qubits = [0, 1]
shift_khz = -45
)";

std::variant<Calibration, CalibrationSeries> import_text(const std::string& text,
                                                         const std::string& name) {
  const ScratchDirectory folder;
  return import_calibration({folder.write(name, text)}, {});
}

std::string refusal_of(const std::string& text, const std::string& name) {
  const ScratchDirectory folder;
  const std::string file = folder.write(name, text);
  const std::string message = refusal([&] { import_calibration({file}, {}); });
  return message.starts_with(file) ? message.substr(file.size()) : message;
}

void check_first_state(const Calibration& c) {
  CHECK(to_iso8601(c.timestamp) == "2026-01-31T12:00:00Z");
  CHECK(c.repairs.empty());
  CHECK(c.qubits == std::vector<QubitCalibration>{{1e-4, 8e-5, 5.25e9, 0.01, 0.03, 1.5e-6},
                                                  {5e-5, {}, {}, {}, {}, {}}});
  CHECK(c.gates == std::vector<GateCalibration>{{"sx", {0}, 2e-4, 3.5e-8, 0.01},
                                                {"cz", {1, 0}, 7e-3, 6.8e-8, {}, {}, -0.02}});
  CHECK(c.zz_couplings == std::vector<ZzCoupling>{{{0, 1}, -45e3}});
  CHECK(c.coupling == std::vector<std::pair<int, int>>{{1, 0}});
}

}  // namespace

TEST_CASE("A TOML table of one's own device needs no repair") {
  const auto c = std::get<Calibration>(import_text(toml, "anything.toml"));
  check_first_state(c);
  CHECK(c.device == "chip");
  CHECK(c.vendor == "my lab");
  CHECK(c.native_gates == std::vector<std::string>{"sx", "cz"});
  CHECK(c.provenance == Provenance{"anything.toml", "", "table"});
  CHECK(to_json(calibration_from_json(to_json(c), "back")) == to_json(c));
}

TEST_CASE("A CSV table of several times is a series of the device") {
  const auto series = std::get<CalibrationSeries>(import_text(csv, "chip.csv"));
  REQUIRE(series.states.size() == 2);
  CHECK(series.device == "chip");
  CHECK(series.states[0].vendor == "own");
  CHECK(series.states[0].native_gates == std::vector<std::string>{"cz", "sx"});
  check_first_state(series.states[0]);
  CHECK(!series.states[1].qubits[0].t1_s);
  CHECK(series.states[1].find_gate("sx", {0})->error == 3e-4);
  const CalibrationSeries back = calibration_series_from_json(to_json(series), "back");
  CHECK(to_json(back) == to_json(series));
}

TEST_CASE("The templates on the page of the format import") {
  const std::string page =
      read_file(std::filesystem::path(RHODRIFT_SOURCE_DIR) / "docs/formats/calibration.md");
  for (const std::string kind : {"toml", "csv"}) {
    const std::string begin = "```" + kind + "\n";
    const std::size_t at = page.find(begin);
    REQUIRE(at != std::string::npos);
    const std::size_t from = at + begin.size();
    const auto imported =
        import_text(page.substr(from, page.find("```", from) - from), "t." + kind);
    CHECK(std::get<Calibration>(imported).n_qubits() == 2);
  }
}

TEST_CASE("A table without times takes the given one") {
  const ScratchDirectory folder;
  const std::string file = folder.write("chip.csv", "operation,qubits,t1_us\nqubit,0,100\n");
  ImportOptions options;
  CHECK(refusal([&] { import_calibration({file}, options); }) ==
        file + ": line 2: no timestamp, here or on the command line");
  options.time = parse_utc("2026-01-01", "test", "");
  options.device = "named";
  const auto c = std::get<Calibration>(import_calibration({file}, options));
  CHECK(c.device == "named");
  CHECK(to_iso8601(c.timestamp) == "2026-01-01T00:00:00Z");
}

TEST_CASE("Qubits are numbered without gaps") {
  const ScratchDirectory folder;
  const std::string file =
      folder.write("mine.csv", "operation,qubits,t1_us\nqubit,0,100\nqubit,7,100\n");
  ImportOptions options = repairing();
  options.time = parse_utc("2022-02-02T02:02:02Z", "test", "");
  CHECK(refusal([&] { import_calibration({file}, options); }) ==
        file +
            ": line 3: there is a qubit 7, but no qubit 1; they are numbered from 0 without gaps");
  CHECK(refusal_of(replaced(toml, "qubits = [1]", "qubits = 7"), "chip.toml") ==
        ": line 15: there is a qubit 7, but no qubit 1; they are numbered from 0 without gaps");
}

TEST_CASE("Where semicolons separate, a decimal sign may be a comma") {
  std::string german = csv;
  std::replace(german.begin(), german.end(), ',', ';');
  std::replace(german.begin(), german.end(), '.', ',');
  const auto series = std::get<CalibrationSeries>(import_text(german, "chip.csv"));
  check_first_state(series.states[0]);
  CHECK(refusal_of(replaced(german, "5,25", "5.250,5"), "chip.csv") ==
        ": line 2: \"5.250,5\" in frequency_ghz is not a number");
  CHECK(refusal_of(replaced(csv, "5.25", "\"5,25\""), "chip.csv") ==
        ": line 2: \"5,25\" in frequency_ghz is not a number");
}

TEST_CASE("A gate has its number of operands, each once; others than circuits know have any") {
  const auto with = [](const std::string& what, const std::string& by) {
    return refusal_of(replaced(toml, what, by), "chip.toml");
  };
  const std::string sx = "name = \"sx\"\nqubits = 0";
  CHECK(with(sx, "name = \"sx\"\nqubits = [0, 1]") ==
        ": line 19: sx on \"0 1\": 2 operands; it has 1");
  CHECK(with("qubits = [1, 0]", "qubits = [0]") == ": line 26: cz on \"0\": 1 operands; it has 2");
  CHECK(with("qubits = [1, 0]", "qubits = [1, 1]") == ": line 26: \"1\" in qubits is there twice");
  CHECK(with("qubits = [1, 0]", "qubits = []") == ": line 26: no qubit in qubits");
  CHECK(with("name = \"cz\"", "name = \"my_gate\"") == "accepted");
}

TEST_CASE("Figures outside their ranges are refused with line, column and text") {
  const auto with = [](const std::string& what, const std::string& by) {
    return refusal_of(replaced(csv, what, by), "chip.csv");
  };
  CHECK(with("2e-4", "-2e-4") == ": line 4: \"-2e-4\" in error is not >= 0");
  CHECK(with(",35,", ",-35,") == ": line 4: \"-35\" in duration_ns is not >= 0");
  CHECK(with(",100,", ",-100,") == ": line 2: \"-100\" in t1_us is not > 0");
  CHECK(with(",5.25,", ",0,") == ": line 2: \"0\" in frequency_ghz is not > 0");
  CHECK(with(",5.25,", ",1e298,") == "accepted");
  CHECK(with(",5.25,", ",1e300,") == ": line 2: \"1e300\" in frequency_ghz is beyond a double");
  CHECK(with(",0.03,", ",1.03,") == ": line 2: \"1.03\" in readout_p01 is outside [0, 1]");
  CHECK(with(",-0.02,", ",-3.2,") ==
        ": line 5: \"-3.2\" in fsim_phi_error_rad is outside [-pi, pi]");
  CHECK(refusal_of(replaced(toml, "error = 2e-4", "error = -2e-4"), "chip.toml") ==
        ": line 19: \"-2e-04\" in error is not >= 0");
}

TEST_CASE("What a table gets wrong is refused with the line") {
  const auto csv_with = [](const std::string& what, const std::string& by) {
    return refusal_of(replaced(csv, what, by), "chip.csv");
  };
  CHECK(csv_with("t1_us,", "t1_min,") == ": line 2: \"t1_min\" is no figure of a row \"qubit\"");
  CHECK(csv_with(",qubit,0,100,", ",qubit,0,long,") ==
        ": line 2: \"long\" in t1_us is not a number");
  CHECK(csv_with(",qubit,1,50,", ",qubit,0,50,") == ": line 3: qubit 0 is listed twice");
  CHECK(csv_with(",cz,1 0,,,,,,,7e-3,68,,-0.02,", ",sx,0,,,,,,,7e-3,68,,,") ==
        ": line 5: sx 0 is listed twice");
  CHECK(csv_with(",qubit,1,50,", ",qubit,0 1,50,") == ": line 3: a row \"qubit\" is of one qubit");
  CHECK(csv_with(",qubit,1,50,", ",,1,50,") == ": line 3: the field \"operation\" is empty");
  CHECK(csv_with(",sx,0,,", ",sx,q0,,") == ": line 4: \"q0\" in qubits is not a qubit");
  CHECK(csv_with(",sx,0,,", ",sx,0,90,") == ": line 4: \"t1_us\" is no figure of a row \"sx\"");
  CHECK(csv_with("shift_khz", "t1_s") == ": line 6: a row \"zz\" needs shift_hz");
  CHECK(csv_with("t2_s,", "t1_ms,") == ": line 2: \"t1_us\" gives t1_s again");
  CHECK(csv_with(",cz,1 0,", ",cz,1 5,") ==
        ": line 5: qubit 5 has no row \"qubit\"; how many have: 2");
  const auto toml_with = [](const std::string& what, const std::string& by) {
    return refusal_of(replaced(toml, what, by), "chip.toml");
  };
  CHECK(
      toml_with("vendor =", "maker =") ==
      ": line 2: unknown key \"maker\"; known are device, vendor, timestamp, native_gates, qubit, "
      "gate, zz");
  CHECK(toml_with("t1_us = 100", "t1_us = ").find(": line 8") == 0);
  CHECK(toml_with("t1_us = 100", "t1_us = true") ==
        ": line 8: a string, a number, a time or a list of them is expected");
  CHECK(toml_with("timestamp = 2026-01-31T13:00:00+01:00", "timestamp = 2026-01-31T13:00:00")
            .find("expected an offset from UTC") != std::string::npos);
  CHECK(toml_with("[[zz]]", "[zz]") == ": line 33: tables [[zz]] are expected");
}
