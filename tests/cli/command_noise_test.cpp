#include <armadillo>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/noise/noise_model.hpp>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

TEST_CASE("noise channel prints the library's figures") {
  const std::string file = shipped("calibrations/belem.json");
  const auto result =
      run({"noise", "channel", "--calibration", file, "--gate", "cx", "--qubits", "0,1", "--json"});
  REQUIRE(result.status == 0);
  const auto json = result.json();
  const GateNoise noise =
      NoiseModel(read_calibration(file), NoisePolicy::aer).gate_noise("cx", {0, 1});
  CHECK(json["average_infidelity"].get<double>() == noise.average_infidelity);
  CHECK(json["depolarizing_lambda"].get<double>() == noise.depolarizing_lambda);
  CHECK(json["relaxation_infidelity"].get<double>() == noise.relaxation_infidelity);
  CHECK(json["notes"].size() == noise.notes.size());
  REQUIRE(json["ptm"].size() == 16);
  for (arma::uword r = 0; r < 16; ++r)
    for (arma::uword c = 0; c < 16; ++c)
      CHECK(json["ptm"][r][c].get<double>() == noise.channel.ptm()(r, c));
}

TEST_CASE("noise channel refuses gates and qubits the device does not have") {
  const std::string file = shipped("calibrations/belem.json");
  const auto lacking =
      run({"noise", "channel", "--calibration", file, "--gate", "cx", "--qubits", "0,4"});
  CHECK(lacking.status == 2);
  CHECK_THAT(lacking.err, ContainsSubstring("does not have it on qubits 0,4"));
  CHECK(run({"noise", "channel", "--calibration", file, "--gate", "cx"}).status == 2);
}
