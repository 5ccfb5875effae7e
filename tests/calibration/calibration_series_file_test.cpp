#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/core/random.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

/// Three states: the second changes one figure, the third loses a T1 and a gate and gets other
/// repairs and no readout matrices.
CalibrationSeries example_series() {
  CalibrationSeries series{"two", {}};
  series.states.push_back(example_calibration());
  Calibration next = example_calibration();
  next.timestamp.unix_s += 3600;
  next.qubits[1].readout_p10 = 0.025;
  series.states.push_back(next);
  next.timestamp.unix_s += 86400;
  next.qubits[0].t1_s.reset();
  next.gates.erase(next.gates.begin());
  next.readout_matrices.clear();
  next.repairs = {{"symmetric-readout", "/qubits", "example"}};
  series.states.push_back(next);
  return series;
}

std::string refusal_of(const std::string& text) {
  return refusal([&] { calibration_series_from_json(text, "s.json"); });
}

std::string refusal_with(const std::string& what, const std::string& by) {
  return refusal_of(replaced(to_json(example_series()), what, by));
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("A series reads back as it was written") {
  const CalibrationSeries written = example_series();
  const std::string text = to_json(written);
  const CalibrationSeries read = calibration_series_from_json(text, "s.json");
  CHECK(to_json(read) == text);
  CHECK(read.device == "two");
  REQUIRE(read.states.size() == written.states.size());
  for (std::size_t i = 0; i < read.states.size(); ++i) {
    CHECK(to_json(read.states[i]) == to_json(written.states[i]));
  }
}

TEST_CASE("A series keeps coherent errors and names of qubits") {
  CalibrationSeries series{"two", {coherent_example(), coherent_example()}};
  series.states[1].timestamp.unix_s += 60;
  series.states[1].gates[0].over_rotation_rad = 0.02;
  series.states[1].zz_couplings.clear();
  const std::string text = to_json(series);
  const CalibrationSeries read = calibration_series_from_json(text, "s.json");
  for (std::size_t i = 0; i < 2; ++i) CHECK(to_json(read.states[i]) == to_json(series.states[i]));
  CHECK(count(text, "\"over_rotation_rad\"") == 2);
  CHECK(count(text, "\"fsim_theta_error_rad\"") == 1);
  CHECK(count(text, "\"qubit_labels\"") == 1);
  series.states[1].qubit_labels = {"0", "1"};
  CHECK(refusal([&] { to_json(series); }) ==
        "calibration series: /states/1: the state of " + to_iso8601(series.states[1].timestamp) +
            " does not have the qubit labels of the first, of " +
            to_iso8601(series.states[0].timestamp));
}

TEST_CASE("A series says once what does not change") {
  const std::string text = to_json(example_series());
  CHECK(count(text, "\"frequency_hz\"") == 1);
  CHECK(count(text, "\"readout_p10\"") == 2);
  CHECK(count(text, "\"t1_s\": [null, 9e-05]") == 1);
  CHECK(count(text, "\"readout_matrices\": []") == 1);
  CHECK(count(text, "\"policy\"") == 2);
  CHECK(count(text, "\"device\"") == 1);
}

TEST_CASE("A series whose states do not belong together is refused") {
  const auto time = [](std::size_t i) { return to_iso8601(example_series().states[i].timestamp); };
  const auto refusal_after = [](auto change) {
    CalibrationSeries series = example_series();
    change(series);
    return refusal([&] { to_json(series); });
  };
  CHECK(refusal_after([](auto& s) { s.states.clear(); }) ==
        "calibration series: /states: a series needs a state");
  CHECK(refusal_after([](auto& s) { s.states[1].device = "three"; }) ==
        "calibration series: /states/1: the state of " + time(1) +
            " does not have the device of the first, of " + time(0));
  CHECK(refusal_after([](auto& s) { s.states[2].qubits.pop_back(); }) ==
        "calibration series: /states/2: the state of " + time(2) +
            " does not have the number of qubits of the first, of " + time(0));
  CHECK(refusal_after([](auto& s) { s.states[2].native_gates.push_back("x"); }) ==
        "calibration series: /states/2: the state of " + time(2) +
            " does not have the native gates of the first, of " + time(0));
  CHECK(refusal_after([](auto& s) { s.states[2].timestamp = s.states[1].timestamp; }) ==
        "calibration series: /states/2/timestamp: 2024-05-06T08:08:09Z does not follow "
        "2024-05-06T08:08:09Z");
  CHECK(refusal_after([](auto& s) {
          s.states[1].gates[0].error.reset();
          s.states[1].gates[0].duration_s.reset();
        }) == "calibration series: state 1: gate sx on [1] has no figure");
}

TEST_CASE("A series that breaks the schema is refused with the place") {
  CHECK(refusal_with("\"kind\": \"series\"", "\"kind\": \"snapshot\"") ==
        "s.json: /kind: \"snapshot\" where \"series\" is expected");
  CHECK(refusal_with("\"n_qubits\": 2", "\"n_qubits\": 0") ==
        "s.json: /n_qubits: 0 is outside 1..1000000");
  CHECK(refusal_with("\"n_qubits\": 2", "\"n_qubits\": 3") ==
        "s.json: /states/0/qubits/frequency_hz: 2 entries where 3 are expected");
  CHECK(refusal_with("\"t2_s\"", "\"t3_s\"") == "s.json: /states/0/qubits/t3_s: unknown key");
  CHECK(refusal_with("\"timestamp\": \"2024-05-06T08:08:09Z\"", "\"time\": 1") ==
        "s.json: /states/1/time: unknown key; known are timestamp, qubits, gates, "
        "zz_couplings, readout_matrices, repairs");
  CHECK(refusal_with("\"sx\": {", "\"sy\": {") ==
        "s.json: /states/0/gates/sy: the series lists no gate of that name");
  CHECK(refusal_with("\"name\": \"sx\"", "\"name\": \"cx\"") ==
        "s.json: /gates/1: gate \"cx\" is listed twice");
  CHECK(refusal_with("2024-05-06T08:08:09Z", "2024-05-06T07:08:09Z") ==
        "s.json: /states/1/timestamp: 2024-05-06T07:08:09Z does not follow 2024-05-06T07:08:09Z");
  CHECK(refusal_with("0.025", "1.025") ==
        "s.json: state 1 (2024-05-06T08:08:09Z): /qubits/1/readout/p10: 1.025 is outside [0, 1]");
}

TEST_CASE("A damaged series is refused or read, never worse") {
  const std::string text = to_json(example_series());
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    CAPTURE(length);
    CHECK(refusal_of(text.substr(0, length)).find("s.json: line ") == 0);
  }
  RandomStream random(11);
  for (int i = 0; i < 4000; ++i) {
    std::string damaged = text;
    char& byte = damaged[random.below(damaged.size())];
    byte = static_cast<char>(byte ^ (1 << random.below(8)));
    const std::string message = refusal_of(damaged);
    CAPTURE(damaged);
    CHECK((message == "accepted" || message.find("s.json: ") == 0));
  }
}
