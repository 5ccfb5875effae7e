#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/waiting_noise.hpp>

#include "noise/small_device.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

double distance(const arma::mat& a, const arma::mat& b) {
  REQUIRE(arma::size(a) == arma::size(b));
  return arma::abs(a - b).max();
}

}  // namespace

TEST_CASE("A waiting qubit relaxes") {
  Calibration device = small_device();
  const double t = 2e-6;
  const auto ptm = [&] { return waiting_noise(device, 1, t, NoisePolicy::device).channel.ptm(); };
  CHECK(distance(ptm(), thermal_relaxation(60e-6, 110e-6, t).ptm()) == 0.0);
  CHECK(distance(waiting_noise(device, 1, t, NoisePolicy::scaled(3)).channel.ptm(),
                 thermal_relaxation(60e-6, 110e-6, 3 * t).ptm()) == 0.0);
  CHECK(waiting_noise(device, 1, t, NoisePolicy::ideal).average_infidelity == 0.0);
  const auto derivatives = waiting_noise_derivatives(device, 1, t, NoisePolicy::scaled(2), "t");
  REQUIRE(derivatives.size() == 3);
  for (std::size_t k = 0; k < 2; ++k) {
    double& number = figure(device, derivatives[k].number);
    const double recorded = number, h = 1e-4 * recorded;
    const auto at = [&](double value) {
      number = value;
      return waiting_noise(device, 1, t, NoisePolicy::scaled(2)).channel.ptm();
    };
    const arma::mat expected = (at(recorded + h) - at(recorded - h)) / 2e-4;
    number = recorded;
    CHECK(distance(recorded * derivatives[k].ptm, expected) <= 1e-9);
  }
  CHECK(derivatives[2].number == "t");
  CHECK(distance(derivatives[2].ptm,
                 2 * thermal_relaxation_derivatives(60e-6, 110e-6, 2 * t).duration_s) == 0.0);
  CHECK(waiting_noise_derivatives(device, 1, t, NoisePolicy::device).size() == 2);
  device.qubits[1].t2_s.reset();
  CHECK(mentions(waiting_noise(device, 1, t, NoisePolicy::device).notes,
                 "waiting: qubit 1 has no T2; taken as 2 T1"));
  CHECK_THROWS_WITH(waiting_noise(device, 3, t, NoisePolicy::device),
                    ContainsSubstring("waiting qubit: 3 is outside 0..2"));
}

TEST_CASE("Coupled qubits that wait turn each other") {
  Calibration device = small_device();
  device.zz_couplings.push_back({{0, 1}, -50e3});
  const double t = 1e-6;
  const auto at = [&](const NoisePolicy& policy) {
    return coupling_noise(device, 0, t, policy).channel.ptm();
  };
  CHECK(distance(at(NoisePolicy::device), zz_crosstalk(-50e3, t).ptm()) <= 1e-14);
  CHECK(distance(at(NoisePolicy::scaled(2)), zz_crosstalk(-50e3, 2 * t).ptm()) <= 1e-14);
  CHECK(distance(at(parse_noise_policy("device:no-coherent")), arma::eye(16, 16)) == 0.0);
  const auto derivatives = coupling_noise_derivatives(device, 0, t, NoisePolicy::scaled(2));
  REQUIRE(derivatives.size() == 1);
  CHECK(derivatives[0].number == "/zz_couplings/0/shift_hz");
  const arma::mat expected =
      (zz_crosstalk(-50e3 + 1, 2 * t).ptm() - zz_crosstalk(-50e3 - 1, 2 * t).ptm()) / 2;
  CHECK(distance(50e3 * derivatives[0].ptm, 50e3 * expected) <= 1e-8);
  CHECK(coupling_noise_derivatives(device, 0, t, parse_noise_policy("device:no-coherent")).empty());
  CHECK_THROWS_WITH(coupling_noise(device, 1, t, NoisePolicy::device),
                    ContainsSubstring("there is no coupling 1; the calibration has 1"));
}
