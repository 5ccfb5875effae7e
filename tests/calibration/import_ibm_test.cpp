#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/import.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

const auto properties_text = [] { return read_file(fixture("properties.json")); };
const auto configuration_text = [] { return read_file(fixture("configuration.json")); };

Calibration import_ibm(const std::filesystem::path& properties,
                       const std::filesystem::path& configuration, const ImportOptions& options) {
  return std::get<Calibration>(import_calibration({properties, configuration}, options));
}

/// The message for changed properties, with the folder cut off.
std::string refusal_with(const std::string& what, const std::string& by, bool repair = false) {
  const ScratchDirectory folder;
  const auto properties = folder.write("p.json", replaced(properties_text(), what, by));
  ImportOptions options;
  options.repair = repair;
  const std::string message =
      refusal([&] { import_ibm(properties, fixture("configuration.json"), options); });
  const std::string prefix = folder.path().string() + "/";
  return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
}

std::string snapshot_text(const std::string& time) {
  const std::string properties = replaced(properties_text(), "2024-02-29T23:30:00-05:00", time);
  return "{\"properties\": " + properties + ", \"configuration\": " + configuration_text() + "}";
}

}  // namespace

TEST_CASE("IBM's properties are read with their units") {
  ImportOptions options;
  options.source = "made up";
  options.licence = "CC0-1.0";
  const Calibration c =
      import_ibm(fixture("properties.json"), fixture("configuration.json"), options);
  CHECK(c.device == "fake_pair");
  CHECK(c.vendor == "IBM");
  CHECK(to_iso8601(c.timestamp) == "2024-03-01T04:30:00Z");
  CHECK(c.provenance == Provenance{"made up", "CC0-1.0", "ibm-properties"});
  REQUIRE(c.n_qubits() == 2);
  CHECK(c.qubits[0] == QubitCalibration{100.5e-6, 80.25e-6, 5.25e9, 0.01, 0.03, 1.56e-6});
  // readout length from `measure`, since the qubit has none of its own
  CHECK(c.qubits[1] == QubitCalibration{1.25e-4, 60e-6, 5.1e9, 0.04, 0.05, 1.3e-6});
  CHECK(c.repairs.empty());
}

TEST_CASE("IBM's gates are read, measurements are not gates") {
  const Calibration c = import_ibm(fixture("properties.json"), fixture("configuration.json"), {});
  CHECK(c.gates == std::vector<GateCalibration>{{"rz", {0}, 0.0, 0.0},
                                                {"sx", {0}, 2e-4, 2.4e-8},
                                                {"sx", {1}, 1.0, 2.4e-8},
                                                {"cz", {1, 0}, 5e-3, 6.8e-8},
                                                {"rzz", {0, 1}, 4e-3, {}},
                                                {"reset", {0}, {}, 1.584e-6}});
  CHECK(c.native_gates == std::vector<std::string>{"cz", "reset", "rz", "sx"});
  CHECK(c.coupling == std::vector<std::pair<int, int>>{{1, 0}});
}

TEST_CASE("The device's name can be given, and the source defaults to the files") {
  ImportOptions options;
  options.device = "mine";
  const Calibration c =
      import_ibm(fixture("properties.json"), fixture("configuration.json"), options);
  CHECK(c.device == "mine");
  CHECK(c.provenance.source == "properties.json, configuration.json");
}

TEST_CASE("What IBM's properties get wrong is refused with the place") {
  CHECK(refusal_with("\"T1\", \"unit\": \"us\"", "\"T1\", \"unit\": \"fortnights\"") ==
        "p.json: /qubits/0/0/unit: unknown unit \"fortnights\" of T1; known are \"s\", \"ms\", "
        "\"us\", \"µs\", \"μs\", \"ns\", \"ps\"");
  CHECK(refusal_with("\"unit\": \"GHz\"", "\"unit\": \"us\"") ==
        "p.json: /qubits/0/2/unit: unknown unit \"us\" of frequency; known are \"Hz\", \"kHz\", "
        "\"MHz\", \"GHz\"");
  CHECK(refusal_with("\"unit\": \"\", \"value\": 0.03", "\"unit\": \"%\", \"value\": 3") ==
        "p.json: /qubits/0/5/unit: unknown unit \"%\" of prob_meas0_prep1, which has none");
  CHECK(refusal_with("\"value\": 100.5", "\"value\": \"100.5\"") ==
        "p.json: /qubits/0/0/value: expected a number, found \"100.5\"");
  CHECK(refusal_with("\"name\": \"T2\"", "\"name\": \"T1\"") ==
        "p.json: /qubits/0/1: T1 is given twice");
  CHECK(refusal_with("\"value\": 100.5", "\"value\": -100.5", true) ==
        "p.json: /qubits/0/t1_s: -0.0001005 s is not finite and > 0");
  CHECK(refusal_with("\"value\": 0.03", "\"value\": 1.03") ==
        "p.json: /qubits/0/readout/p01: 1.03 is outside [0, 1]");
  CHECK(refusal_with("\"qubits\": [1, 0]", "\"qubits\": [1, 2]") ==
        "p.json: /gates/3/qubits/1: qubit 2 is outside 0..1");
  CHECK(refusal_with("\"qubits\": [1, 0]", "\"qubits\": [1, 1]") ==
        "p.json: 2 findings:\n"
        "  /coupling/0: [1, 1] repeats a qubit\n"
        "  /gates/3/qubits: [1, 1] repeats a qubit");
  CHECK(refusal_with("2024-02-29T23:30:00-05:00", "2023-02-29T23:30:00-05:00")
            .find("p.json: /last_update_date: ") == 0);
  CHECK(refusal_with("\"last_update_date\"", "\"update_date\"") ==
        "p.json: the key \"last_update_date\" is missing");
  CHECK(refusal_with("fake_pair", "fake_couple")
            .find("configuration.json: /backend_name: the "
                  "configuration is of \"fake_pair\", the "
                  "properties are of \"fake_couple\"") != std::string::npos);
  CHECK(refusal_with("\"qubits\": [\n", "\"qubits\": [[], \n")
            .find("configuration.json: /n_qubits: 2 qubits configured, 3 in the properties") !=
        std::string::npos);
}

TEST_CASE("A missing T1 or T2 is allowed and stays missing") {
  const ScratchDirectory folder;
  const auto properties = folder.write(
      "p.json", replaced(properties_text(), "\"name\": \"T2\"", "\"name\": \"not T2\""));
  const Calibration c = import_ibm(properties, fixture("configuration.json"), {});
  CHECK(!c.qubits[0].t2_s);
}

TEST_CASE("T2 > 2 T1 needs clamp-t2") {
  const std::string too_long = "\"value\": 201.5";
  CHECK(refusal_with("\"value\": 80.25", too_long) ==
        "p.json " + fixture("configuration.json").string() +
            ": needs repairs, which were not asked for:\n"
            "  clamp-t2: /qubits/0/t2_s: 0.0002015 s exceeds 2 T1; set to 0.000201 s");
  const ScratchDirectory folder;
  ImportOptions options;
  options.repair = true;
  const Calibration c =
      import_ibm(folder.write("p.json", replaced(properties_text(), "\"value\": 80.25", too_long)),
                 fixture("configuration.json"), options);
  CHECK(*c.qubits[0].t2_s == 2 * *c.qubits[0].t1_s);
  REQUIRE(c.repairs.size() == 1);
  CHECK(c.repairs[0].policy == "clamp-t2");
}

TEST_CASE("A single readout error needs symmetric-readout") {
  CHECK(refusal_with("prob_meas0_prep1", "other") ==
        "p.json " + fixture("configuration.json").string() +
            ": needs repairs, which were not asked for:\n"
            "  symmetric-readout: /qubits/0/readout: prob_meas1_prep0 or prob_meas0_prep1 is "
            "missing; both are now readout_error 0.02");
  CHECK(refusal_with("prob_meas0_prep1", "other", true) == "accepted");
}

TEST_CASE("The entry point tells IBM's files apart by content") {
  const ImportOptions options;
  const auto pair =
      import_calibration({fixture("configuration.json"), fixture("properties.json")}, options);
  REQUIRE(std::holds_alternative<Calibration>(pair));
  CHECK(std::get<Calibration>(pair).device == "fake_pair");

  const ScratchDirectory folder;
  const auto one = folder.write("week/b.json", snapshot_text("2024-03-01T00:00:00Z"));
  CHECK(std::holds_alternative<Calibration>(import_calibration({one}, options)));
}

TEST_CASE("A folder of snapshots becomes a series in order of time without repeats") {
  const ScratchDirectory folder;
  folder.write("a.json", snapshot_text("2024-03-02T00:00:00Z"));
  folder.write("b.json", snapshot_text("2024-03-01T00:00:00Z"));
  folder.write("c.json", snapshot_text("2024-03-02T01:00:00+01:00"));
  folder.write("LICENSE.txt", "not data");
  const auto imported = import_calibration({folder.path()}, {});
  REQUIRE(std::holds_alternative<CalibrationSeries>(imported));
  const auto& series = std::get<CalibrationSeries>(imported);
  REQUIRE(series.states.size() == 2);
  CHECK(to_iso8601(series.states[0].timestamp) == "2024-03-01T00:00:00Z");
  CHECK(to_iso8601(series.states[1].timestamp) == "2024-03-02T00:00:00Z");

  folder.write("d.json", replaced(snapshot_text("2024-03-02T00:00:00Z"), "100.5", "101.5"));
  CHECK(refusal([&] { import_calibration({folder.path()}, {}); }) ==
        folder.path().string() + ": two states of 2024-03-02T00:00:00Z with different figures");
}

TEST_CASE("The entry point refuses what it cannot place") {
  const ScratchDirectory folder;
  const auto import_of = [&](std::vector<std::filesystem::path> paths,
                             const ImportOptions& options = {}) {
    return refusal([&] { import_calibration(paths, options); });
  };
  const std::string base = folder.path().string();
  CHECK(import_of({folder.path()}) == base + ": no .json, .csv or .toml file to import");
  CHECK(import_of({folder.path() / "no.json"}).find(base + "/no.json") == 0);
  CHECK(import_of({fixture("configuration.json")}) ==
        fixture("configuration.json").string() +
            ": is a BackendConfiguration without its BackendProperties");
  ImportOptions unnamed;
  unnamed.device = "";
  CHECK(import_of({fixture("configuration.json"), fixture("properties.json")}, unnamed) ==
        fixture("properties.json").string() + ": /device: the name is empty");
  const auto other = folder.write("other.json", "{\"a\": 1}");
  CHECK(
      import_of({other}) ==
      base +
          "/other.json: fits none of the formats:\n"
          "  ibm: no JSON object with gates and qubits (BackendProperties), with basis_gates "
          "(BackendConfiguration), or with properties and configuration (both)\n"
          "  ibm-csv: no CSV file\n"
          "  qprov: no CSV file with the first line \"T1 times in s\", \"T2 times in s\", "
          "\"Readout error\" or \"CNOT error rate\"\n"
          "  google: no JSON object with cirq_type \"Calibration\" and metrics, or with a list of "
          "metrics\n"
          "  rigetti: no JSON object with architecture, instructions and benchmarks (QCS ISA), or "
          "with 1Q and 2Q (compiler ISA)\n"
          "  braket: no JSON object with the braketSchemaHeader "
          "braket.device_schema.standardized_gate_model_qpu_device_properties\n"
          "  table: no TOML file, and no CSV file with the columns operation and qubits");
  const auto broken = folder.write("broken.json", "{\"a\": \n1");
  CHECK(import_of({broken}).find(base + "/broken.json: line 2, column 2: not JSON: ") == 0);
  const auto table = folder.write("t.csv", "Qubit,T1 (us),T2 (us)\n0,100,100\n");
  CHECK(import_of({fixture("properties.json"), table}) ==
        base +
            "/t.csv: is not of the format ibm, which is asked for or which the first file has: "
            "no JSON object with gates and qubits (BackendProperties), with basis_gates "
            "(BackendConfiguration), or with properties and configuration (both)");
  CHECK(refusal([] { import_format("ibm-xml"); }) ==
        "import format: \"ibm-xml\" is unknown; known are ibm, ibm-csv, qprov, google, rigetti, "
        "braket, table");
  CHECK(import_format("ibm-csv") == ImportFormat::ibm_csv);
}

TEST_CASE("A format that is asked for is the only one") {
  const std::string properties = fixture("properties.json").string();
  for (const std::string& name : import_format_names()) {
    if (name == "ibm") continue;
    ImportOptions options;
    options.format = import_format(name);
    CHECK(refusal([&] {
            import_calibration({properties}, options);
          }).find(properties + ": is not of the format " + name + ", which is asked for") == 0);
  }
}

TEST_CASE("A dump of qiskit-ibm-runtime's BackendProperties needs no configuration") {
  // As json.dumps(backend.properties().to_dict(), default=str) writes it, and with the dates of
  // qiskit_ibm_runtime's RuntimeEncoder.
  const ScratchDirectory folder;
  for (const std::string time :
       {"\"2024-02-29 23:30:00.123456-05:00\"",
        "{\"__type__\": \"datetime\", \"__value__\": \"2024-02-29T23:30:00-05:00\"}"}) {
    const auto dump = folder.write(
        "dump.json", replaced(properties_text(), "\"2024-02-29T23:30:00-05:00\"", time));
    ImportOptions options;
    CHECK(refusal([&] { import_calibration({dump}, options); }) ==
          dump +
              ": needs repairs, which were not asked for:\n"
              "  native-from-properties: /native_gates: no configuration says which gates are "
              "native; every gate in the properties is");
    options.repair = true;
    const auto c = std::get<Calibration>(import_calibration({dump}, options));
    CHECK(to_iso8601(c.timestamp) == "2024-03-01T04:30:00Z");
    CHECK(c.native_gates == std::vector<std::string>{"cz", "rz", "rzz", "sx"});
    CHECK(c.coupling == std::vector<std::pair<int, int>>{{0, 1}, {1, 0}});
  }
}

TEST_CASE("What IBM marks as not operational is faulty") {
  const ScratchDirectory folder;
  const auto properties =
      folder.write("p.json", replaced(properties_text(),
                                      "\"name\": \"gate_error\", \"unit\": \"\", \"value\": 0.005",
                                      "\"name\": \"operational\", \"unit\": \"\", \"value\": 0"));
  ImportOptions options;
  options.repair = true;
  const Calibration c = import_ibm(properties, fixture("configuration.json"), options);
  CHECK(c.find_gate("cz", {1, 0})->error == 1.0);
  REQUIRE(c.repairs.size() == 1);
  CHECK(c.repairs[0] == Repair{"not-operational", "/gates",
                               "cz on 1, 0 is not operational; its error is set to 1"});
  const auto qubit_down = folder.write(
      "q.json", replaced(properties_text(), "\"name\": \"readout_length\"",
                         "\"name\": \"operational\", \"unit\": \"\", \"value\": 0}, "
                         "{\"date\": \"2024-02-29T20:00:00-05:00\", \"name\": \"readout_length\""));
  const Calibration q = import_ibm(qubit_down, fixture("configuration.json"), options);
  const Calibration up =
      import_ibm(fixture("properties.json"), fixture("configuration.json"), options);
  for (std::size_t g = 0; g < up.gates.size(); ++g) {
    const bool is_on_it = std::ranges::find(up.gates[g].qubits, 0) != up.gates[g].qubits.end();
    CHECK(q.gates[g].error == (is_on_it ? 1.0 : up.gates[g].error));
  }
  REQUIRE(q.repairs.size() == 1);
  CHECK(q.repairs[0].place == "/qubits/0");
}

TEST_CASE("A device's name does not make one device of two") {
  const ScratchDirectory folder;
  const auto other =
      folder.write("other.json", replaced(replaced(properties_text(), "fake_pair", "fake_couple"),
                                          "2024-02-29T23", "2024-02-29T22"));
  ImportOptions options = repairing();
  options.device = "mine";
  CHECK(refusal([&] {
          import_calibration({fixture("properties.json"), other}, options);
        }) == other +
                  ": /backend_name: \"fake_couple\", but \"fake_pair\" in the files before; "
                  "one device at a time");
}

TEST_CASE("The same configuration may be there once a day, and a file be named twice") {
  const ScratchDirectory folder;
  folder.write("1/props.json", properties_text());
  folder.write("1/conf.json", configuration_text());
  folder.write("2/PROPS.JSON", replaced(properties_text(), "2024-02-29T23", "2024-02-28T23"));
  folder.write("2/conf.json", configuration_text());
  const auto series = std::get<CalibrationSeries>(
      import_calibration({folder.path(), folder.path() / "1/../1/props.json"}, {}));
  CHECK(series.states.size() == 2);
  ImportOptions dated;
  dated.time = parse_utc("2024-01-01T00:00:00Z", "test", "");
  CHECK(refusal([&] {
          import_calibration({folder.path() / "1"}, dated);
        }).find("/last_update_date: says when") != std::string::npos);
}

TEST_CASE("Static ZZ shifts are read from the general items") {
  const ScratchDirectory folder;
  const std::string text =
      replaced(properties_text(), "\"general\": []",
               "\"general\": [{\"name\": \"jq_01\", \"unit\": \"GHz\", \"value\": 0.002},"
               "{\"name\": \"zz_01\", \"unit\": \"GHz\", \"value\": -4.5e-5},"
               "{\"name\": \"zz_12\", \"unit\": \"GHz\", \"value\": 1}]");
  const Calibration c = import_ibm(folder.write("p.json", text), fixture("configuration.json"), {});
  CHECK(c.zz_couplings == std::vector<ZzCoupling>{{{0, 1}, -45000.0}});  // 1 and 2 have no gate
  CHECK(refusal([&] {
          import_ibm(folder.write("p.json", replaced(text, "zz_12", "zz_01")),
                     fixture("configuration.json"), {});
        }).find("p.json: /general/2: zz_01 is given twice") != std::string::npos);
}
