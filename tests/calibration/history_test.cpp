#include <rhodrift/calibration/history.hpp>

#include "calibration/examples.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

CalibrationSeries example_series() {
  CalibrationSeries series{"two", {example_calibration(), example_calibration()}};
  series.states[1].timestamp.unix_s += 86400;
  series.states[1].qubits[0].t1_s.reset();
  series.states[1].gates.erase(series.states[1].gates.begin());  // sx on 1
  return series;
}

const Track* find(const std::vector<Track>& tracks, const std::string& figure,
                  const std::string& gate, const std::vector<int>& qubits) {
  for (const Track& track : tracks) {
    if (track.figure == figure && track.gate == gate && track.qubits == qubits) return &track;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("Every figure has a track, gaps stay gaps") {
  const auto tracks = history(example_series());
  // 6 + 5 figures of qubits, 4 gates with error, 3 of them with a duration
  CHECK(tracks.size() == 18);
  const Track* t1 = find(tracks, "t1_s", "", {0});
  REQUIRE(t1 != nullptr);
  CHECK(t1->values == std::vector<std::optional<double>>{1e-4, std::nullopt});
  const Track* sx = find(tracks, "error", "sx", {1});
  REQUIRE(sx != nullptr);
  CHECK(sx->values == std::vector<std::optional<double>>{2e-4, std::nullopt});
  CHECK(find(tracks, "duration_s", "cx", {0, 1}) == nullptr);  // no state has it
  CHECK(find(tracks, "over_rotation_rad", "sx", {1}) == nullptr);
  CHECK(history({}).empty());
}

TEST_CASE("The export has a line a value and none for a gap") {
  const std::string csv = history_to_csv(example_series());
  CHECK(
      csv.starts_with("timestamp,figure,gate,qubits,value\n"
                      "2024-05-06T07:08:09Z,t1_s,,0,1e-04\n"
                      "2024-05-06T07:08:09Z,t1_s,,1,9e-05\n"
                      "2024-05-07T07:08:09Z,t1_s,,1,9e-05\n"));
  CHECK(csv.find("2024-05-06T07:08:09Z,error,cx,1 0,0.30000000000000004\n") != std::string::npos);
  // 11 + 7 values in the first state; T1 of qubit 0, error and duration of sx on 1 missing then
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 1 + 18 + 15);
}
