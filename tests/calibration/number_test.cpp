#include <algorithm>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/number.hpp>
#include <rhodrift/core/error.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

Calibration belem() {
  return read_calibration(RHODRIFT_SOURCE_DIR "/data/calibrations/belem.json");
}

}  // namespace

TEST_CASE("A number is found by its name where another state lists it") {
  const Calibration now = belem();
  Calibration other = now;
  std::ranges::reverse(other.gates);
  for (std::size_t g = 0; g < now.gates.size(); ++g)
    CHECK(find_number(other, number_name(now, "/gates/" + std::to_string(g) + "/error")) ==
          now.gates[g].error);
  CHECK(number_name(now, "/qubits/3/t1_s") == "t1_s of 3");
  CHECK(number_name(now, "/qubits/3/readout/p10") == "readout_p10 of 3");
  other.qubits[3].t1_s = 5e-5;
  other.qubits[3].readout_p10 = std::nullopt;
  CHECK(find_number(other, "t1_s of 3") == 5e-5);
  CHECK(find_number(other, "readout_p01 of 3") == now.qubits[3].readout_p01);
  CHECK_FALSE(find_number(other, "readout_p10 of 3"));
  CHECK_FALSE(find_number(other, "t1_s of 99"));

  other.zz_couplings = {{{1, 3}, 4e4}, {{0, 1}, 5e4}};
  CHECK(number_name(other, "/zz_couplings/1/shift_hz") == "shift_hz of 0,1");
  CHECK(find_number(other, "shift_hz of 0,1") == 5e4);
  CHECK_FALSE(find_number(other, "shift_hz of 0,2"));
  other.gates = {{"cx", {3, 1}, 0.01, 0.0}};
  CHECK(number_name(other, "/gates/0/error") == "error of cx 3,1");
  CHECK_FALSE(find_number(now, "error of cx 0,4"));
}

TEST_CASE("A place or a name that no number has is refused") {
  const Calibration now = belem();
  for (const char* pointer :
       {"", "t1_s", "/qubits/3", "/qubits/99/t1_s", "/qubits/x/t1_s", "/qubits//t1_s",
        "/qubits/3/t3_s", "/gates/0/t1_s", "/device/0/t1_s", "/zz_couplings/99/shift_hz"}) {
    INFO(pointer);
    CHECK_THROWS_WITH(number_name(now, pointer), ContainsSubstring("there is no such place"));
  }
  for (const char* name : {"", "t1_s", "t3_s of 1", "t1_s of x", "t1_s of 1,2", "error of 1",
                           "t1_s of cx 0,1", "error of cx "}) {
    INFO(name);
    CHECK_THROWS_AS(find_number(now, name), InputError);
  }
}
