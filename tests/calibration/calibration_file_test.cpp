#include <cmath>
#include <limits>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/core/random.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

std::string refusal_of(const std::string& text) {
  return refusal([&] { calibration_from_json(text, "c.json"); });
}

/// The message for the example with `what` replaced by `by`.
std::string refusal_with(const std::string& what, const std::string& by) {
  return refusal_of(replaced(to_json(example_calibration()), what, by));
}

}  // namespace

TEST_CASE("A snapshot reads back as it was written") {
  const Calibration written = example_calibration();
  const std::string text = to_json(written);
  const Calibration read = calibration_from_json(text, "c.json");
  CHECK(to_json(read) == text);
  CHECK(read.device == written.device);
  CHECK(read.vendor == written.vendor);
  CHECK(read.timestamp == written.timestamp);
  CHECK(read.provenance == written.provenance);
  CHECK(read.native_gates == std::vector<std::string>{"cx", "sx"});
  CHECK(read.coupling == std::vector<std::pair<int, int>>{{0, 1}, {1, 0}});
  CHECK(read.qubits == written.qubits);
  CHECK(read.repairs == written.repairs);
  REQUIRE(read.gates.size() == 4);
  for (const GateCalibration& gate : written.gates) {
    REQUIRE(read.find_gate(gate.name, gate.qubits) != nullptr);
    CHECK(*read.find_gate(gate.name, gate.qubits) == gate);
  }
  REQUIRE(read.readout_matrices.size() == 1);
  CHECK(read.readout_matrices[0].bits == std::vector<int>{0});
  CHECK(arma::approx_equal(read.readout_matrices[0].matrix, written.readout_matrices[0].matrix,
                           "absdiff", 0.0));
}

TEST_CASE("Coherent errors and names of qubits read back, and are absent where there are none") {
  const Calibration written = coherent_example();
  const std::string text = to_json(written);
  const Calibration read = calibration_from_json(text, "c.json");
  CHECK(to_json(read) == text);
  CHECK(read.qubit_labels == written.qubit_labels);
  CHECK(read.zz_couplings == written.zz_couplings);
  for (const GateCalibration& gate : written.gates) {
    CHECK(*read.find_gate(gate.name, gate.qubits) == gate);
  }
  const std::string without = to_json(example_calibration());
  for (const char* key : {"qubit_labels", "zz_couplings", "_rad"}) {
    CHECK(text.find(key) != std::string::npos);
    CHECK(without.find(key) == std::string::npos);
  }
  CHECK(refusal_of(replaced(text, "over_rotation_rad", "over_rotation_deg"))
            .find("/over_rotation_deg: unknown key") != std::string::npos);
  CHECK(refusal_of(replaced(text, "-57787.5", "null")) ==
        "c.json: /zz_couplings/0/shift_hz: expected a number, found null");
  CHECK(refusal_of(replaced(text, "0.01}", "4}"))
            .find("/over_rotation_rad: 4 rad is outside [-pi, pi]") != std::string::npos);
}

TEST_CASE("A file can be read without being validated") {
  const ScratchDirectory folder;
  const std::string text =
      replaced(to_json(example_calibration()), "\"p01\": 0.03", "\"p01\": 1.03");
  const std::string path = folder.write("c.json", text);
  CHECK(refusal([&] { read_any_calibration(path); }) ==
        path + ": /qubits/0/readout/p01: 1.03 is outside [0, 1]");
  const auto read = std::get<Calibration>(read_unvalidated_calibration(path));
  CHECK(read.qubits[0].readout_p01 == 1.03);
}

TEST_CASE("One of p10 and p01 alone is read, found and mended") {
  const std::string half = replaced(to_json(example_calibration()), "\"p10\": 0.02, ", "");
  const ScratchDirectory folder;
  auto c = std::get<Calibration>(read_unvalidated_calibration(folder.write("c.json", half)));
  CHECK_FALSE(c.qubits[1].readout_p10);
  CHECK(refusal([&] { calibration_from_json(half, "c.json"); }).find("/qubits/1/readout") !=
        std::string::npos);
  CHECK(repair(c, {"symmetric-readout"}).size() == 1);
  CHECK(c.qubits[1].readout_p10 == 0.04);
}

TEST_CASE("Text that is not UTF-8 is refused") {
  Calibration c = example_calibration();
  c.device = "b\xFClem";
  CHECK(refusal([&] { to_json(c); }).find("is not UTF-8") != std::string::npos);
}

TEST_CASE("Every double reads back to the same bits") {
  RandomStream random(20240506);
  for (int i = 0; i < 200; ++i) {
    Calibration written = example_calibration();
    const double exponent = -300 + 600 * random.uniform();
    written.qubits[0].t1_s = std::pow(10.0, exponent);
    written.qubits[0].t2_s = *written.qubits[0].t1_s * random.uniform();
    written.gates[0].error = random.uniform();
    CHECK(calibration_from_json(to_json(written), "c.json").qubits == written.qubits);
  }
  Calibration extremes = example_calibration();
  extremes.gates[0].error = -0.0;
  extremes.gates[0].duration_s = std::numeric_limits<double>::denorm_min();
  extremes.gates[1].duration_s = std::numeric_limits<double>::max();
  const Calibration read = calibration_from_json(to_json(extremes), "c.json");
  CHECK(std::signbit(*read.find_gate("sx", {1})->error));
  CHECK(read.find_gate("sx", {1})->duration_s == extremes.gates[0].duration_s);
  CHECK(read.find_gate("sx", {0})->duration_s == extremes.gates[1].duration_s);
}

TEST_CASE("The same content gives the same text and hash whatever its order") {
  const Calibration one = example_calibration();
  Calibration other = one;
  std::swap(other.gates[0], other.gates[3]);
  std::swap(other.coupling[0], other.coupling[1]);
  std::swap(other.native_gates[0], other.native_gates[1]);
  CHECK(to_json(one) == to_json(other));
  CHECK(content_hash(one) == content_hash(other));
  // so that the format does not change unnoticed
  CHECK(content_hash(one) == "3fd8974e4f862d6c4e19bd53884532f27f872cbbd138e39493cd5474aaf4a26e");
  other.qubits[0].t1_s = std::nextafter(*other.qubits[0].t1_s, 1.0);
  CHECK(content_hash(one) != content_hash(other));
}

TEST_CASE("A device lists a gate on operands in order") {
  const Calibration calibration = example_calibration();
  REQUIRE(calibration.find_gate("cx", {0, 1}) != nullptr);
  CHECK(*calibration.find_gate("cx", {0, 1})->error == 7e-3);
  CHECK(calibration.find_gate("cx", {0, 0}) == nullptr);
  CHECK(calibration.find_gate("cz", {0, 1}) == nullptr);
}

TEST_CASE("Text that is not JSON is refused with line and column") {
  CHECK(refusal_of("{\n  \"kind\": }") ==
        "c.json: line 2, column 11: not JSON: while parsing value - unexpected '}'; expected '[', "
        "'{', or a literal");
  CHECK(refusal_of("") ==
        "c.json: line 1, column 1: not JSON: while parsing value - unexpected end of input; "
        "expected '[', '{', or a literal");
  CHECK(refusal_of("{} {}").find("c.json: line 1, column 4: not JSON:") == 0);
  CHECK(refusal_with("1e-04,", "NaN,").find("c.json: line 15, column 14: not JSON:") == 0);
  CHECK(refusal_with("1e-04,", "Infinity,").find("c.json: line 15, column 14: not JSON:") == 0);
  CHECK(refusal_with("1e-04,", "1e999,") ==
        "c.json: line 15, column 18: not JSON: number overflow parsing '1e999'");
  CHECK(refusal_with("two", "t\xFFo").find("c.json: line 4, column") == 0);
}

TEST_CASE("A snapshot that breaks the schema is refused with the place") {
  CHECK(refusal_of("[]") == "c.json: expected an object, found array");
  CHECK(refusal_of("{}") == "c.json: the key \"schema_version\" is missing");
  CHECK(refusal_with("\"schema_version\": 1", "\"schema_version\": 2") ==
        "c.json: /schema_version: version 2 where this program reads version 1");
  CHECK(refusal_with("\"schema_version\": 1", "\"schema_version\": 1.5") ==
        "c.json: /schema_version: expected a whole number, found 1.5");
  CHECK(refusal_with("snapshot", "series") ==
        "c.json: /kind: \"series\" where \"snapshot\" is expected");
  CHECK(refusal_with("\"device\": \"two\"", "\"device\": 2") ==
        "c.json: /device: expected a string, found 2");
  CHECK(refusal_with("\"device\": \"two\"", "\"device\": \"two\",\n \"device\": \"three\"") ==
        "c.json: /device: the key is given twice");
  CHECK(refusal_with("\"p10\": 0.02", "\"p10\": 0.02, \"p10\": 0.02") ==
        "c.json: /qubits/1/readout/p10: the key is given twice");
  CHECK(refusal_with("  \"vendor\": \"Nobody\",\n", "") == "c.json: the key \"vendor\" is missing");
  CHECK(refusal_with("\"vendor\"", "\"vend/or\"").find("c.json: /vend~1or: unknown key;") == 0);
  CHECK(refusal_with("\"t1_s\": 1e-04", "\"t1_us\": 100")
            .find("c.json: /qubits/0/t1_us: unknown key; known are t1_s, t2_s,") == 0);
  CHECK(refusal_with("\"t1_s\": 1e-04", "\"t1_s\": \"0.0001\"") ==
        "c.json: /qubits/0/t1_s: expected a number, found \"0.0001\"");
  CHECK(refusal_with("\"t1_s\": 1e-04", "\"t1_s\": null") ==
        "c.json: /qubits/0/t1_s: expected a number, found null");
  CHECK(refusal_with("\"p10\": 0.01, ", "") ==
        "c.json: /qubits/0/readout: only p01 is given; p10 and p01 belong together (repair: "
        "symmetric-readout)");
  CHECK(refusal_with("[[0, 1], [1, 0]]", "[[0, 1], [1]]") ==
        "c.json: /coupling/1: 1 qubits where a pair is expected");
  CHECK(refusal_with("\"qubits\": [1, 0]", "\"qubits\": [1, 99999999999]") ==
        "c.json: /gates/3/qubits/1: 99999999999 is too large for a whole number here");
  CHECK(refusal_with("2024-05-06T07:08:09Z", "2024-05-06T07:08:09")
            .find("c.json: /timestamp: time \"2024-05-06T07:08:09\": ") == 0);
  CHECK(refusal_with("[0.01, 0.97]]", "[0.01]]") ==
        "c.json: /readout_matrices/0/matrix/1: 1 entries in a row of a 2 x 2 matrix");
}

TEST_CASE("A snapshot that breaks a limit is refused with value and limit") {
  CHECK(refusal_with("\"t1_s\": 1e-04", "\"t1_s\": -0.0001") ==
        "c.json: /qubits/0/t1_s: -0.0001 s is not finite and > 0");
  CHECK(refusal_with("\"p01\": 0.03", "\"p01\": 1.03") ==
        "c.json: /qubits/0/readout/p01: 1.03 is outside [0, 1]");
}

TEST_CASE("A file that is missing is refused") {
  CHECK(refusal([] { read_calibration("/nonexistent/c.json"); }).find("/nonexistent/c.json") == 0);
}

TEST_CASE("A file is written whole and read back as either kind") {
  const ScratchDirectory folder;
  const auto path = folder.path() / "c.json";
  write_calibration(example_calibration(), path);
  CHECK(read_file(path) == to_json(example_calibration()));
  CHECK(std::holds_alternative<Calibration>(read_any_calibration(path)));
  CHECK_THROWS_AS(write_calibration(example_calibration(), folder.path() / "no/c.json"), RunError);
  CHECK(refusal([&] { read_calibration_series(path); }) ==
        path.string() + ": /kind: \"snapshot\" where \"series\" is expected");
}

TEST_CASE("A damaged snapshot is refused or read, never worse") {
  const std::string text = to_json(example_calibration());
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    CAPTURE(length);
    CHECK(refusal_of(text.substr(0, length)).find("c.json: line ") == 0);
  }
  RandomStream random(7);
  for (int i = 0; i < 4000; ++i) {
    std::string damaged = text;
    char& byte = damaged[random.below(damaged.size())];
    byte = static_cast<char>(byte ^ (1 << random.below(8)));
    const std::string message = refusal_of(damaged);
    CAPTURE(damaged);
    CHECK((message == "accepted" || message.find("c.json: ") == 0));
  }
}
