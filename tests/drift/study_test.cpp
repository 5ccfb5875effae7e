#include <new>
#include <utility>

#include <rhodrift/core/error.hpp>
#include <rhodrift/drift/study.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

/// A state whose only figure is the T1 of one qubit.
Calibration state(std::int64_t unix_s, double t1_s) {
  Calibration calibration;
  calibration.device = "device_a";
  calibration.timestamp = {unix_s};
  calibration.qubits.resize(1);
  calibration.qubits[0].t1_s = t1_s;
  return calibration;
}

CalibrationSeries three_days() {
  return {"device_a", {state(0, 1e-4), state(86400, 2e-4), state(5 * 86400, 5e-5)}};
}

Probe t1_probe(const std::string& name, double factor) {
  return {name, "T1", [factor](const Calibration& c) {
            return normal_estimate(factor * *c.qubits[0].t1_s, 0.0, "test");
          }};
}

}  // namespace

TEST_CASE("A drift study measures every probe on every state in order of time") {
  const std::vector<Probe> probes{t1_probe("plain", 1.0), t1_probe("double", 2.0)};
  const DriftStudy study = study_drift(three_days(), probes);
  CHECK(study.device == "device_a");
  CHECK(study.times == std::vector<UtcTime>{{0}, {86400}, {5 * 86400}});
  REQUIRE(study.tracks.size() == 2);
  CHECK(study.tracks[0].name == "plain");
  CHECK(study.tracks[1].name == "double");
  CHECK(study.tracks[1].quantity == "T1");
  const std::vector<double> t1_s{1e-4, 2e-4, 5e-5};
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(study.tracks[0].values.at(i).value == t1_s[i]);
    CHECK(study.tracks[1].values.at(i).value == 2 * t1_s[i]);
  }
}

TEST_CASE("A drift study reports progress after each state") {
  std::vector<std::pair<std::size_t, std::size_t>> calls;
  std::size_t measured = 0;
  const std::vector<Probe> probes{{"count", "count", [&](const Calibration&) {
                                     ++measured;
                                     return Estimate{};
                                   }}};
  study_drift(three_days(), probes, [&](std::size_t done, std::size_t total) {
    CHECK(measured == done);
    calls.emplace_back(done, total);
  });
  CHECK(calls == std::vector<std::pair<std::size_t, std::size_t>>{{1, 3}, {2, 3}, {3, 3}});
}

TEST_CASE("What a probe throws names the state and the probe, and keeps its kind") {
  const auto probing = [](auto&& thrower) {
    return std::vector<Probe>{{"raw", "accuracy", [thrower](const Calibration& c) -> Estimate {
                                 if (c.timestamp.unix_s == 86400) thrower();
                                 return {};
                               }}};
  };
  const auto input = probing([] { throw InputError("circuit", "gate 3", "no cx on 0,4"); });
  CHECK_THROWS_AS(study_drift(three_days(), input), InputError);
  CHECK_THROWS_WITH(study_drift(three_days(), input),
                    "device_a at 1970-01-02T00:00:00Z: probe \"raw\" (accuracy): circuit: gate 3: "
                    "no cx on 0,4");
  const auto run = probing([] { throw RunError("disk full"); });
  CHECK_THROWS_AS(study_drift(three_days(), run), RunError);
  CHECK_THROWS_WITH(study_drift(three_days(), run),
                    "device_a at 1970-01-02T00:00:00Z: probe \"raw\" (accuracy): disk full");
  const auto other = probing([] { throw std::bad_alloc(); });
  CHECK_THROWS_AS(study_drift(three_days(), other), RunError);
}

TEST_CASE("Series and probes that make no study are refused") {
  const std::vector<Probe> probes{t1_probe("plain", 1.0)};
  CHECK_THROWS_AS(study_drift({"device_a", {}}, probes), InputError);
  CHECK_THROWS_WITH(study_drift({"device_a", {}}, probes), "series of device_a: holds no states");
  CHECK_THROWS_WITH(
      study_drift({"device_a", {state(86400, 1e-4), state(86400, 1e-4)}}, probes),
      ContainsSubstring("state 1: 1970-01-02T00:00:00Z is not after 1970-01-02T00:00:00Z"));
  CHECK_THROWS_WITH(study_drift(three_days(), {}), ContainsSubstring("has no probes"));
  const std::vector<Probe> empty{{"empty", "accuracy", {}}};
  CHECK_THROWS_WITH(study_drift(three_days(), empty),
                    ContainsSubstring("probe 0 \"empty\": measures nothing"));
  const std::vector<Probe> twins{t1_probe("plain", 1.0), t1_probe("plain", 2.0)};
  CHECK_THROWS_WITH(study_drift(three_days(), twins),
                    ContainsSubstring("probe 1 \"plain\": probe 0 of T1 has the same name"));
}
