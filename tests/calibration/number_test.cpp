#include <algorithm>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/number.hpp>
#include <rhodrift/core/error.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("A number is found where another state lists it") {
  const Calibration now = read_calibration(RHODRIFT_SOURCE_DIR "/data/calibrations/belem.json");
  Calibration other = now;
  std::ranges::reverse(other.gates);
  for (std::size_t g = 0; g < now.gates.size(); ++g)
    CHECK(find_number(other, "/gates/" + std::to_string(g) + "/error", now) == now.gates[g].error);
  other.qubits[3].t1_s = 5e-5;
  other.qubits[3].readout_p10 = std::nullopt;
  other.zz_couplings = {{{1, 3}, 4e4}, {{0, 1}, 5e4}};
  CHECK(find_number(other, "/qubits/3/t1_s", now) == 5e-5);
  CHECK(find_number(other, "/qubits/3/readout/p01", now) == now.qubits[3].readout_p01);
  CHECK_FALSE(find_number(other, "/qubits/3/readout/p10", now));

  Calibration coupled = now;
  coupled.zz_couplings = {{{0, 1}, 6e4}, {{1, 2}, 3e4}};
  CHECK(find_number(other, "/zz_couplings/0/shift_hz", coupled) == 5e4);
  CHECK_FALSE(find_number(other, "/zz_couplings/1/shift_hz", coupled));
  other.gates.clear();
  CHECK_FALSE(find_number(other, "/gates/0/error", now));
}

TEST_CASE("A place that no calibration has is refused") {
  const Calibration now = read_calibration(RHODRIFT_SOURCE_DIR "/data/calibrations/belem.json");
  for (const char* number :
       {"", "t1_s", "/qubits/3", "/qubits/99/t1_s", "/qubits/x/t1_s", "/qubits//t1_s",
        "/qubits/3/t3_s", "/gates/0/t1_s", "/device/0/t1_s", "/zz_couplings/99/shift_hz"}) {
    INFO(number);
    CHECK_THROWS_WITH(find_number(now, number, now), ContainsSubstring("there is no such place"));
  }
}
