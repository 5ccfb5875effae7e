#include <algorithm>
#include <cmath>

#include <rhodrift/calibration/import.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

Calibration import_metrics(const std::string& text, const std::string& name = "g_2024_08_16.json") {
  const ScratchDirectory folder;
  return std::get<Calibration>(import_calibration({folder.write(name, text)}, repairing()));
}

std::string sycamore() {
  return read_file(fixture("google_sycamore_2021_11_16_calibration.json"));
}

std::string refusal_with(const std::string& what, const std::string& by) {
  const ScratchDirectory folder;
  const std::string file = folder.write("g.json", replaced(sycamore(), what, by));
  const std::string message = refusal([&] { import_calibration({file}, repairing()); });
  return message.starts_with(file) ? message.substr(file.size()) : message;
}

std::vector<std::string> policies(const Calibration& calibration) {
  std::vector<std::string> names;
  for (const Repair& repair : calibration.repairs) names.push_back(repair.policy);
  return names;
}

}  // namespace

TEST_CASE("Google's metrics are read: qubits of a grid, readout, T1") {
  const auto c = std::get<Calibration>(
      import_calibration({fixture("google_sycamore_2021_11_16_calibration.json")}, repairing()));
  CHECK(c.device == "google_sycamore");
  CHECK(c.vendor == "Google");
  CHECK(c.provenance.importer == "google");
  CHECK(to_iso8601(c.timestamp) == "2021-11-16T00:00:00Z");
  CHECK(c.qubit_labels == std::vector<std::string>{"4_9", "4_10", "5_9"});
  REQUIRE(c.n_qubits() == 3);
  CHECK(c.qubits[0].t1_s == 16e-6);
  CHECK(c.qubits[0].readout_p10 == 0.012);  // simultaneous
  CHECK(c.qubits[0].readout_p01 == 0.05);
  CHECK(c.qubits[1].readout_p10 == 0.02);  // alone, for want of the other
  CHECK(c.qubits[0].readout_duration_s == 4e-6);
  CHECK(c.native_gates == std::vector<std::string>{"rz", "sqrt_iswap", "sx", "syc", "u3", "x"});
  CHECK(c.coupling == std::vector<std::pair<int, int>>{{0, 1}, {0, 2}, {1, 0}, {2, 0}});
}

TEST_CASE("Google's Pauli errors become average infidelities of the gate alone") {
  const auto c = std::get<Calibration>(
      import_calibration({fixture("google_sycamore_2021_11_16_calibration.json")}, repairing()));
  CHECK(*c.find_gate("sx", {0})->error == Approx(0.0015 * 2 / 3).epsilon(1e-14));
  CHECK(*c.find_gate("u3", {0}) ==
        GateCalibration{"u3", {0}, c.find_gate("sx", {0})->error, 25e-9});
  // 0.01 a cycle, less the 0.0015 and 0.0018 of the single-qubit gates in it
  const GateCalibration* syc = c.find_gate("syc", {1, 0});
  CHECK(*syc->error == Approx((0.01 - 0.0015 - 0.0018) * 4 / 5).epsilon(1e-14));
  CHECK(syc->duration_s == 12e-9);
  CHECK(syc->fsim_theta_error_rad == -0.03);
  CHECK(syc->fsim_phi_error_rad == 0.05);
  CHECK(*syc == [&] {
    GateCalibration reversed = *c.find_gate("syc", {0, 1});
    std::swap(reversed.qubits[0], reversed.qubits[1]);
    return reversed;
  }());
  // Only measured alone: no angles.
  const GateCalibration* iswap = c.find_gate("sqrt_iswap", {0, 1});
  CHECK(*iswap->error == Approx((0.012 - 0.0015 - 0.0018) * 4 / 5).epsilon(1e-14));
  CHECK(!iswap->fsim_theta_error_rad);
  // Below its single-qubit gates' errors: the whole cycle's is kept, and that is recorded.
  CHECK(*c.find_gate("syc", {0, 2})->error == Approx(0.002 * 4 / 5).epsilon(1e-14));
  CHECK(policies(c) == std::vector<std::string>{"time-from-name", "cycle-error-kept", "virtual-rz",
                                                "t2-from-incoherent-error", "duration-from-family",
                                                "duration-from-family", "duration-from-family",
                                                "duration-from-family", "duration-from-family",
                                                "duration-from-family"});
}

TEST_CASE("T2 is what makes Google's incoherent error") {
  const auto c = std::get<Calibration>(
      import_calibration({fixture("google_sycamore_2021_11_16_calibration.json")}, repairing()));
  const double t = 25e-9, t1 = 16e-6, t2 = *c.qubits[0].t2_s;
  // 1/Tphi = 1/T2 - 1/(2 T1); the incoherent error is t/(3 T1) + t/(3 Tphi).
  const double t_phi = 1 / (1 / t2 - 1 / (2 * t1));
  CHECK(t / (3 * t1) + t / (3 * t_phi) == Approx(0.0008).epsilon(1e-12));
  // And relaxation over such a gate has this average infidelity, to second order in t.
  const double f_pro = (1 + std::exp(-t / t1) + 2 * std::exp(-t / t2)) / 4;
  CHECK((1 - f_pro) * 2 / 3 == Approx(0.0008).epsilon(2e-3));
  // An incoherent error below T1's part leaves no dephasing.
  CHECK(c.qubits[1].t2_s == 2 * *c.qubits[1].t1_s);
  CHECK(!c.qubits[2].t2_s);  // no T1
}

TEST_CASE("A Willow chip is read: cz and its durations, names with q, time in the file") {
  const Calibration c = import_metrics(R"({"timestampMs": "1723766400000", "metrics": [
    {"name": "single_qubit_idle_t1_micros", "targets": ["q0_6"], "values": [{"doubleVal": 70}]},
    {"name": "single_qubit_rb_pauli_error_per_gate", "targets": ["q0_6"], "values": [{"floatVal": 0.0003}]},
    {"name": "two_qubit_parallel_cz_gate_xeb_pauli_error_per_cycle", "targets": ["q0_6", "q0_7"],
     "values": [{"doubleVal": 0.0033}]}]})");
  CHECK(c.device == "g");
  CHECK(to_iso8601(c.timestamp) == "2024-08-16T00:00:00Z");
  CHECK(c.qubit_labels == std::vector<std::string>{"0_6", "0_7"});
  CHECK(*c.find_gate("cz", {1, 0})->error == Approx((0.0033 - 0.0003) * 0.8).epsilon(1e-14));
  CHECK(c.find_gate("cz", {1, 0})->duration_s == 42e-9);
  CHECK(c.find_gate("sx", {0})->duration_s == 25e-9);
}

TEST_CASE("A file without a time takes the given one, or says that it has none") {
  const std::string text = sycamore();
  const ScratchDirectory folder;
  const std::string file = folder.write("chip.json", text);
  ImportOptions options = repairing();
  const auto undated = std::get<Calibration>(import_calibration({file}, options));
  CHECK(undated.timestamp.unix_s == 0);
  CHECK(undated.repairs[0].policy == "unknown-time");
  options.time = parse_utc("2022-02-02T02:02:02Z", "test", "");
  const auto dated = std::get<Calibration>(import_calibration({file}, options));
  CHECK(to_iso8601(dated.timestamp) == "2022-02-02T02:02:02Z");
  CHECK(dated.repairs[0].policy == "cycle-error-kept");
}

TEST_CASE("A time that is none is refused") {
  for (const std::string time : {"\"99999999999999999\"", "1e300", "\"12abc\"", "-1"}) {
    const ScratchDirectory folder;
    const std::string file = folder.write(
        "g.json", "{\"timestampMs\": " + time +
                      ", \"metrics\": [{\"name\": \"single_qubit_idle_t1_micros\", \"targets\": "
                      "[\"q0_6\"], \"values\": [{\"doubleVal\": 70}]}]}");
    CHECK(refusal([&] {
            import_calibration({file}, repairing());
          }).find("is no number of milliseconds from 1970 to 9999") != std::string::npos);
  }
}

TEST_CASE("A metric outside its range is refused with place, metric, target, value and limit") {
  const std::string at = ": /metrics/metrics/";
  CHECK(refusal_with("0.0015}", "-0.1}") ==
        at + "11/values/0/doubleVal: single_qubit_rb_pauli_error_per_gate of 4_9: -0.1 is outside "
             "[0, 1]");
  CHECK(refusal_with("0.0008}", "-0.5}") ==
        at + "10/values/0/doubleVal: single_qubit_rb_incoherent_error_per_gate of 4_9: -0.5 is "
             "outside [0, 1]");
  CHECK(refusal_with("0.01}]},\n    {\"name\": \"two_qubit_parallel",
                     "1.01}]},\n    {\"name\": \"two_qubit_parallel") ==
        at + "17/values/0/doubleVal: two_qubit_parallel_sycamore_gate_xeb_pauli_error_per_cycle of "
             "4_9, 4_10: 1.01 is outside [0, 1]");
  CHECK(refusal_with("0.05}]},\n    {\"name\": \"single_qubit_p00_error",
                     "1.05}]},\n    {\"name\": \"single_qubit_p00_error") ==
        at + "3/values/0/doubleVal: parallel_p11_error of 4_9: 1.05 is outside [0, 1]");
  CHECK(refusal_with("-0.03", "-3.2") ==
        at + "19/values/0/doubleVal: "
             "two_qubit_parallel_sycamore_gate_xeb_entangler_theta_error_per_cycle of 4_10, 4_9: "
             "-3.2 is outside [-pi, pi] rad");
}

TEST_CASE("Without an incoherent error there is no T2, and nothing is said of it") {
  std::string text = sycamore();
  for (int i = 0; i < 3; ++i) text = replaced(text, "_rb_incoherent_error", "_other");
  const Calibration c = import_metrics(text);
  CHECK(!c.qubits[0].t2_s);
  const auto noted = policies(c);
  CHECK(std::count(noted.begin(), noted.end(), "t2-from-incoherent-error") == 0);
}

TEST_CASE("What Google's metrics get wrong is refused with the place") {
  CHECK(refusal_with("[{\"doubleVal\": 16}]", "[]") ==
        ": /metrics/metrics/0/values: 0 values where one is expected");
  CHECK(refusal_with("[{\"doubleVal\": 16}]", "[{\"int64Val\": 16}]") ==
        ": /metrics/metrics/0/values/0: neither doubleVal nor floatVal");
  CHECK(refusal_with("{\"doubleVal\": 16}", "{\"doubleVal\": -16}") ==
        ": /metrics/metrics/0/values/0/doubleVal: single_qubit_idle_t1_micros of 4_9: -16 is not > "
        "0");
  CHECK(refusal_with("\"name\": \"single_qubit_idle_t1_micros\", \"targets\": [\"4_10\"]",
                     "\"name\": \"single_qubit_idle_t1_micros\", \"targets\": [\"4_9\"]") ==
        ": /metrics/metrics/1: single_qubit_idle_t1_micros of these targets is given twice");
  CHECK(refusal_with("\"targets\": [\"4_9\", \"5_9\"]", "\"targets\": [\"4_9\"]") ==
        ": /metrics/metrics: two_qubit_parallel_sycamore_gate_xeb_pauli_error_per_cycle with 1 "
        "targets; it has 2");
}
