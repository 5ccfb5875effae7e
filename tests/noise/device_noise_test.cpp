#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numbers>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/circuit/operation.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/gate_noise.hpp>

#include "noise/differences.hpp"
#include "noise/small_device.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

constexpr double pi = std::numbers::pi;
const arma::cx_double i1(0.0, 1.0);

double distance(const arma::mat& a, const arma::mat& b) {
  REQUIRE(arma::size(a) == arma::size(b));
  return arma::abs(a - b).max();
}

NoisePolicy with(const std::string& options) {
  return parse_noise_policy(options);
}

std::size_t index_of(Calibration& device, const std::string& name, std::vector<int> qubits) {
  return static_cast<std::size_t>(&gate_of(device, name, std::move(qubits)) - device.gates.data());
}

arma::cx_mat exponential(const arma::cx_mat& generator, double angle) {
  return arma::expmat(arma::cx_mat(-0.5 * i1 * angle * generator));
}

// Two qubits, operand 0 the least significant.
arma::cx_mat pair(std::size_t low, std::size_t high) {
  return oracle::pauli(low + 4 * high, 2);
}

// S(τ) D(λ) C written out: products of transfer matrices made from Kraus operators.
arma::mat expected_ptm(const Calibration& calibration, const std::vector<int>& qubits, double tau,
                       double lambda, const arma::cx_mat& coherent) {
  arma::mat relaxation(1, 1, arma::fill::ones);
  for (const int q : qubits) {
    const QubitCalibration& qubit = calibration.qubits[static_cast<std::size_t>(q)];
    const double e1 = std::exp(-tau / *qubit.t1_s), e2 = std::exp(-tau / *qubit.t2_s);
    arma::mat factor = arma::diagmat(arma::vec{1, e2, e2, e1});
    factor(3, 0) = 1 - e1;
    relaxation = arma::kron(factor, relaxation);
  }
  arma::mat depolarize = (1 - lambda) * arma::eye(arma::size(relaxation));
  depolarize(0, 0) = 1;
  return relaxation * depolarize * oracle::transfer_matrix({coherent});
}

double infidelity_of(const arma::mat& ptm) {
  const double d = std::sqrt(static_cast<double>(ptm.n_rows));
  return 1 - (arma::trace(ptm) / d + 1) / (d + 1);
}

// Every derivative of the gate against differences of the whole path, where it is smooth.
void check_derivatives(Calibration& calibration, std::size_t gate, const NoisePolicy& policy,
                       std::size_t n_expected) {
  const auto derivatives = gate_noise_derivatives(calibration, gate, policy);
  CHECK(derivatives.size() == n_expected);
  double largest = 0.0;
  for (const ChannelDerivative& derivative : derivatives) {
    CAPTURE(calibration.gates[gate].name, derivative.number, to_string(policy));
    const arma::mat expected = central_difference(calibration, gate, policy, derivative.number);
    const double scale = figure(calibration, derivative.number);
    largest = std::max(largest, arma::abs(scale * expected).max());
    CHECK(arma::abs(scale * (derivative.ptm - expected)).max() <= 1e-10);
    CHECK(arma::abs(derivative.ptm.row(0)).max() == 0.0);
  }
  CHECK(largest > 1e-5);
}

double relaxation_infidelity(const Calibration& calibration, const GateCalibration& gate) {
  return gate_noise(calibration, gate, NoisePolicy::aer).relaxation_infidelity;
}

std::vector<Calibration> shipped_snapshots() {
  std::vector<Calibration> snapshots;
  const auto folder = std::filesystem::path(RHODRIFT_SOURCE_DIR) / "data" / "calibrations";
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".json") snapshots.push_back(read_calibration(entry.path()));
  return snapshots;
}

}  // namespace

// --- Reported errors --------------------------------------------------------------------------

TEST_CASE("Policy device is policy aer to the bit where that meets the reported error") {
  const Calibration device = small_device();
  std::size_t n_met = 0;
  for (const GateCalibration& gate : device.gates) {
    if (relaxation_infidelity(device, gate) > gate.error.value_or(1.0)) continue;
    ++n_met;
    const GateNoise ours = gate_noise(device, gate, NoisePolicy::device);
    const GateNoise aer = gate_noise(device, gate, NoisePolicy::aer);
    CHECK(distance(ours.channel.ptm(), aer.channel.ptm()) == 0.0);
    CHECK(ours.notes == aer.notes);
  }
  CHECK(n_met > device.gates.size() / 2);
}

TEST_CASE("A reported error below relaxation's is kept by relaxing for a shorter time") {
  Calibration device = small_device();
  GateCalibration& gate = gate_of(device, "cx", {0, 1});
  const double r = relaxation_infidelity(device, gate);
  for (const double error : {r * (1 - 1e-9), r / 2, r / 100, 1e-9, 0.0}) {
    CAPTURE(error);
    gate.error = error;
    const GateNoise noise = gate_noise(device, gate, NoisePolicy::device);
    CHECK(std::abs(noise.average_infidelity - error) <= 1e-15);
    CHECK(noise.relaxation_infidelity == noise.average_infidelity);
    CHECK(noise.depolarizing_lambda == 0.0);
    CHECK(noise.relaxation_s < *gate.duration_s);
    const arma::cx_mat none = arma::eye<arma::cx_mat>(4, 4);
    CHECK(distance(noise.channel.ptm(),
                   expected_ptm(device, {0, 1}, noise.relaxation_s, 0.0, none)) <= 1e-15);
    CHECK(mentions(noise.notes, "cx 0,1: relaxation alone would give"));
    CHECK(mentions(noise.notes, "s instead"));
    // Without the option the model exceeds the report, as Aer's does.
    const GateNoise exceeding = gate_noise(device, gate, with("device:no-keep-error"));
    CHECK(exceeding.average_infidelity == Approx(r).epsilon(1e-12));
    CHECK(mentions(exceeding.notes, "the model exceeds what was reported"));
  }
}

TEST_CASE("Every gate of every shipped snapshot has the reported error, unless it is faulty") {
  std::size_t n_shortened = 0, n_excluded = 0, n_met = 0, n_coherent = 0;
  for (const Calibration& calibration : shipped_snapshots())
    for (const GateCalibration& gate : calibration.gates) {
      if (is_excluded(gate, NoisePolicy::device)) {
        ++n_excluded;
        CHECK_THROWS_AS(gate_noise(calibration, gate, NoisePolicy::device), InputError);
        continue;
      }
      if (!gate.error || gate.name == "reset") continue;
      const GateNoise noise = gate_noise(calibration, gate, NoisePolicy::device);
      CAPTURE(calibration.device, gate.name, gate.qubits);
      const double d = std::ldexp(1.0, static_cast<int>(gate.qubits.size()));
      if (noise.coherent_infidelity > *gate.error) {  // cannot be met: nothing is added to it
        REQUIRE(noise.average_infidelity == noise.coherent_infidelity);
        REQUIRE(mentions(noise.notes, "coherent error alone"));
        ++n_coherent;
      } else if (*gate.error <= 1 - 1 / d) {
        REQUIRE(std::abs(noise.average_infidelity - *gate.error) <= 1e-13);
        ++n_met;
      }
      REQUIRE(noise.channel.cptp_violation().worst() <= 1e-12);
      n_shortened += noise.relaxation_s < gate.duration_s.value_or(0.0);
    }
  CHECK(n_met > 5000);
  CHECK(n_coherent < n_met / 100);
  CHECK(n_shortened > 500);
  CHECK(n_excluded > 500);
}

TEST_CASE("Derivatives follow the time that keeps the reported error") {
  Calibration device = small_device();
  const std::size_t cx = index_of(device, "cx", {1, 2});
  device.gates[cx].error = 0.3 * relaxation_infidelity(device, device.gates[cx]);
  check_derivatives(device, cx, NoisePolicy::device, 6);
  for (const ChannelDerivative& derivative :
       gate_noise_derivatives(device, cx, NoisePolicy::device)) {
    // The reported error is met whatever the other figures are, and the duration is none of them.
    const double expected = derivative.number.ends_with("/error") ? 1.0 : 0.0;
    const double scale = std::max(1.0, arma::abs(derivative.ptm).max());
    CHECK(std::abs(-arma::trace(derivative.ptm) / 20 - expected) <= 1e-12 * scale);
    if (derivative.number.ends_with("/duration_s")) CHECK(arma::abs(derivative.ptm).max() == 0.0);
  }
  device.qubits[2].t2_s.reset();
  check_derivatives(device, cx, NoisePolicy::device, 5);
  device.qubits[1].t2_s = 3 * *device.qubits[1].t1_s;
  check_derivatives(device, cx, NoisePolicy::device, 5);
}

// --- Coherent errors --------------------------------------------------------------------------

TEST_CASE("An over-rotation turns a gate further about its own axis") {
  Calibration device = small_device();
  const double delta = 0.07;
  // The gate and what it is when it turns `delta` too far, by the operation table.
  const auto check = [&](Op op, std::vector<double> angles, const arma::cx_mat& too_far) {
    const OperationInfo& row = info(op);
    const int n = row.n_qubits;
    GateCalibration gate{
        std::string(row.name), n == 1 ? std::vector{0} : std::vector{0, 1}, {}, {}};
    gate.over_rotation_rad = delta;
    CAPTURE(gate.name);
    const arma::mat noise = gate_noise(device, gate, NoisePolicy::device).channel.ptm();
    CHECK(distance(noise * oracle::transfer_matrix({row.unitary(angles)}),
                   oracle::transfer_matrix({too_far})) <= 1e-13);
  };
  const auto table = [](Op op, double angle) { return info(op).unitary(std::array{angle}); };
  for (const Op op : {Op::rx, Op::ry, Op::rz, Op::p, Op::crx, Op::cry, Op::crz, Op::cp, Op::rxx,
                      Op::ryy, Op::rzz})
    check(op, {0.4}, table(op, 0.4 + delta));
  check(Op::x, {}, table(Op::rx, pi + delta));
  check(Op::sx, {}, table(Op::rx, pi / 2 + delta));
  check(Op::sxdg, {}, table(Op::rx, -pi / 2 - delta));
  check(Op::y, {}, table(Op::ry, pi + delta));
  check(Op::z, {}, table(Op::rz, pi + delta));
  check(Op::t, {}, table(Op::rz, pi / 4 + delta));
  check(Op::sdg, {}, table(Op::rz, -pi / 2 - delta));
  check(Op::cz, {}, table(Op::cp, pi + delta));
  check(Op::cx, {}, table(Op::crx, delta) * info(Op::cx).unitary({}));
  // ecr is exp(-i π/4 Z⊗X), the first operand's Z, and an X on the first operand.
  check(Op::ecr, {}, pair(1, 0) * exponential(pair(3, 1), pi / 2 + delta));
}

TEST_CASE("FSim angles follow the gate in Cirq's convention") {
  Calibration device = small_device();
  const double theta = 0.06, phi = -0.11;
  GateCalibration gate{"cz", {0, 1}, {}, {}};
  gate.fsim_theta_error_rad = theta;
  gate.fsim_phi_error_rad = phi;
  arma::cx_mat fsim = arma::eye<arma::cx_mat>(4, 4);
  fsim(1, 1) = fsim(2, 2) = std::cos(theta);
  fsim(1, 2) = fsim(2, 1) = -i1 * std::sin(theta);
  fsim(3, 3) = std::exp(-i1 * phi);
  CHECK(distance(gate_noise(device, gate, NoisePolicy::device).channel.ptm(),
                 oracle::transfer_matrix({fsim})) <= 1e-13);
}

TEST_CASE("Coherent errors are part of the reported error") {
  Calibration device = small_device();
  GateCalibration& gate = gate_of(device, "cx", {0, 1});
  gate.over_rotation_rad = 0.05;
  const arma::cx_mat coherent = info(Op::crx).unitary(std::array{0.05});
  const GateNoise noise = gate_noise(device, gate, NoisePolicy::device);
  CHECK(std::abs(noise.average_infidelity - *gate.error) <= 1e-14);
  CHECK(distance(noise.channel.ptm(), expected_ptm(device, {0, 1}, *gate.duration_s,
                                                   noise.depolarizing_lambda, coherent)) <= 1e-14);
  CHECK(std::abs(noise.coherent_infidelity - infidelity_of(oracle::transfer_matrix({coherent}))) <=
        1e-14);
  CHECK(noise.notes.empty());
  const GateNoise incoherent = gate_noise(device, gate, with("device:no-coherent"));
  CHECK(incoherent.depolarizing_lambda > noise.depolarizing_lambda);
  CHECK(incoherent.coherent_infidelity == 0.0);
  CHECK(distance(incoherent.channel.ptm(),
                 gate_noise(device, gate, NoisePolicy::aer).channel.ptm()) == 0.0);

  // Relaxation is shortened to leave room for the coherent error …
  gate.error = noise.coherent_infidelity + 0.4 * noise.relaxation_infidelity;
  const GateNoise shortened = gate_noise(device, gate, NoisePolicy::device);
  CHECK(std::abs(shortened.average_infidelity - *gate.error) <= 1e-14);
  CHECK(shortened.depolarizing_lambda == 0.0);
  CHECK(shortened.relaxation_s < *gate.duration_s);
  CHECK(mentions(shortened.notes, "relaxation with coherent error would give"));
  CHECK(distance(shortened.channel.ptm(),
                 expected_ptm(device, {0, 1}, shortened.relaxation_s, 0.0, coherent)) <= 1e-14);
  // … and not there at all when that alone exceeds the report.
  gate.error = 0.5 * noise.coherent_infidelity;
  const GateNoise exceeding = gate_noise(device, gate, NoisePolicy::device);
  CHECK(exceeding.relaxation_s == 0.0);
  CHECK(distance(exceeding.channel.ptm(), oracle::transfer_matrix({coherent})) <= 1e-14);
  CHECK(mentions(exceeding.notes, "coherent error alone"));
}

TEST_CASE("Derivatives of coherent gates agree with differences of the whole path") {
  Calibration device = small_device();
  GateCalibration& gate = gate_of(device, "cx", {0, 1});
  const std::size_t cx = index_of(device, "cx", {0, 1});
  gate.over_rotation_rad = 0.05;
  gate.fsim_theta_error_rad = -0.03;
  gate.fsim_phi_error_rad = 0.08;
  gate.error = 0.02;
  check_derivatives(device, cx, NoisePolicy::device, 9);
  check_derivatives(device, cx, NoisePolicy::scaled(1.7), 9);
  check_derivatives(device, cx, with("scaled:0.3,no-keep-error"), 9);
  const GateNoise noise = gate_noise(device, gate, NoisePolicy::device);
  gate.error = noise.coherent_infidelity + 0.4 * noise.relaxation_infidelity;
  check_derivatives(device, cx, NoisePolicy::device, 9);
  check_derivatives(device, cx, NoisePolicy::scaled(1.7), 9);
  gate.error = 0.5 * noise.coherent_infidelity;
  check_derivatives(device, cx, NoisePolicy::device, 9);
}

TEST_CASE("Coherent errors that a gate cannot have are refused") {
  Calibration device = small_device();
  GateCalibration gate{"u3", {0}, 0.01, 35e-9};
  gate.over_rotation_rad = 0.1;
  CHECK_THROWS_WITH(gate_noise(device, gate, NoisePolicy::device),
                    ContainsSubstring("line at 1970-01-01") &&
                        ContainsSubstring("u3 0: over_rotation_rad = 0.1, but u3 on 1 qubits is no "
                                          "rotation about one axis"));
  CHECK_NOTHROW(gate_noise(device, gate, with("device:no-coherent")));
  gate.name = "own";
  CHECK_THROWS_WITH(gate_noise(device, gate, NoisePolicy::device),
                    ContainsSubstring("own on 1 qubits is no rotation"));
  gate = {"sx", {0}, 0.01, 35e-9};
  gate.fsim_phi_error_rad = 0.1;
  CHECK_THROWS_WITH(gate_noise(device, gate, NoisePolicy::device),
                    ContainsSubstring("sx 0: has FSim angles on 1 qubits; an FSim is on 2"));
  gate.fsim_phi_error_rad.reset();
  gate.over_rotation_rad = std::nan("");
  CHECK_THROWS_WITH(gate_noise(device, gate, NoisePolicy::device),
                    ContainsSubstring("over_rotation_rad = nan is not finite"));
}

// --- Faulty gates -----------------------------------------------------------------------------

TEST_CASE("Faulty gates are refused, or depolarize as Aer's do") {
  Calibration device = small_device();
  GateCalibration& gate = gate_of(device, "cx", {1, 2});
  gate.error = 1.0;
  CHECK(is_excluded(gate, NoisePolicy::device));
  CHECK_FALSE(is_excluded(gate, NoisePolicy::aer));
  CHECK_FALSE(is_excluded(gate, NoisePolicy::ideal));
  const std::string message =
      "line at 1970-01-01T00:00:00Z: cx 1,2: reported error 1 >= 1 marks a faulty gate, which "
      "policy device excludes; use other qubits, or the policy's option no-exclude-faulty";
  CHECK_THROWS_WITH(gate_noise(device, gate, NoisePolicy::device), message);
  CHECK_THROWS_WITH(gate_noise_derivatives(device, 8, NoisePolicy::device), message);
  CHECK(distance(gate_noise(device, gate, with("device:no-exclude-faulty")).channel.ptm(),
                 gate_noise(device, gate, NoisePolicy::aer).channel.ptm()) == 0.0);
}

// --- Scaled noise -----------------------------------------------------------------------------

TEST_CASE("Scaled by 1 noise is the device's to the bit, by 0 there is none") {
  Calibration device = small_device();
  gate_of(device, "sx", {1}).over_rotation_rad = 0.01;
  gate_of(device, "cx", {0, 1}).fsim_theta_error_rad = 0.02;
  gate_of(device, "cx", {1, 0}).error = 1e-3;
  for (const GateCalibration& gate : device.gates) {
    CAPTURE(gate.name, gate.qubits);
    CHECK(distance(gate_noise(device, gate, NoisePolicy::scaled(1.0)).channel.ptm(),
                   gate_noise(device, gate, NoisePolicy::device).channel.ptm()) == 0.0);
    const arma::mat none = gate_noise(device, gate, NoisePolicy::scaled(0.0)).channel.ptm();
    CHECK(distance(none, arma::eye(arma::size(none))) == 0.0);
  }
}

TEST_CASE("Each part is scaled by its own law") {
  Calibration device = small_device();
  GateCalibration& gate = gate_of(device, "cx", {0, 1});
  gate.over_rotation_rad = 0.05;
  const GateNoise once = gate_noise(device, gate, NoisePolicy::device);
  for (const double alpha : {0.25, 0.9, 1.5, 3.0}) {
    const GateNoise noise = gate_noise(device, gate, NoisePolicy::scaled(alpha));
    const double lambda = 1 - std::pow(1 - once.depolarizing_lambda, alpha);
    CHECK(std::abs(noise.depolarizing_lambda - lambda) <= 1e-15);
    CHECK(noise.relaxation_s == alpha * *gate.duration_s);
    const arma::cx_mat coherent = info(Op::crx).unitary(std::array{alpha * 0.05});
    CHECK(distance(noise.channel.ptm(), expected_ptm(device, {0, 1}, alpha * *gate.duration_s,
                                                     lambda, coherent)) <= 1e-14);
    CHECK(noise.channel.cptp_violation().worst() <= 1e-14);
  }
}

TEST_CASE("Parts that commute with themselves add up their scales") {
  Calibration device = small_device();
  GateCalibration relaxing = gate_of(device, "cx", {0, 1});
  relaxing.error.reset();
  GateCalibration mixing = gate_of(device, "cx", {0, 1});
  mixing.duration_s.reset();
  GateCalibration rotating{"cx", {0, 1}, {}, {}};
  rotating.over_rotation_rad = 0.3;
  for (const GateCalibration& gate : {relaxing, mixing, rotating}) {
    const auto at = [&](double alpha) {
      return gate_noise(device, gate, NoisePolicy::scaled(alpha)).channel;
    };
    CHECK(distance(at(0.3).then(at(1.1)).ptm(), at(1.4).ptm()) <= 1e-14);
  }
}

TEST_CASE("Derivatives of scaled noise agree with differences of the whole path") {
  Calibration device = small_device();
  const std::size_t cx = index_of(device, "cx", {1, 2});
  for (const double alpha : {0.4, 1.0, 2.5})
    check_derivatives(device, cx, NoisePolicy::scaled(alpha), 6);
  device.gates[cx].error = 0.3 * relaxation_infidelity(device, device.gates[cx]);
  for (const double alpha : {0.4, 2.5})
    check_derivatives(device, cx, NoisePolicy::scaled(alpha), 6);
  for (const ChannelDerivative& none : gate_noise_derivatives(device, cx, NoisePolicy::scaled(0.0)))
    CHECK(arma::abs(none.ptm).max() == 0.0);
}

TEST_CASE("Depolarizing beyond complete mixing cannot be scaled") {
  Calibration device = small_device();
  GateCalibration& gate = gate_of(device, "sx", {0});
  gate.error = 0.6;  // λ = 1.2
  CHECK_NOTHROW(gate_noise(device, gate, NoisePolicy::device));
  CHECK_THROWS_WITH(gate_noise(device, gate, NoisePolicy::scaled(1.5)),
                    ContainsSubstring("sx 0: depolarizes with lambda = 1.2") &&
                        ContainsSubstring("> 1, which cannot be scaled by 1.5"));
}

// --- Temperature ------------------------------------------------------------------------------

TEST_CASE("At a temperature qubits relax to their thermal population") {
  Calibration device = small_device();
  for (int q = 0; q < 3; ++q)
    device.qubits[static_cast<std::size_t>(q)].frequency_hz = 4.9e9 + 0.1e9 * q;
  const std::size_t cx = index_of(device, "cx", {0, 1});
  const GateCalibration& gate = device.gates[cx];
  const NoisePolicy warm = with("device:temperature-mk=60");
  const GateNoise noise = gate_noise(device, gate, warm);
  arma::mat relaxation(1, 1, arma::fill::ones);
  for (const int q : {0, 1}) {
    const QubitCalibration& qubit = device.qubits[static_cast<std::size_t>(q)];
    const double p1 = 1 / (1 + std::exp(47.99243e-9 * *qubit.frequency_hz / 60));
    CHECK(p1 > 0.01);
    relaxation = arma::kron(
        thermal_relaxation(*qubit.t1_s, *qubit.t2_s, *gate.duration_s, p1).ptm(), relaxation);
  }
  arma::mat depolarize = (1 - noise.depolarizing_lambda) * arma::eye(16, 16);
  depolarize(0, 0) = 1;
  CHECK(distance(noise.channel.ptm(), relaxation * depolarize) <= 1e-14);
  CHECK(std::abs(noise.average_infidelity - *gate.error) <= 1e-14);  // whatever the temperature
  CHECK(noise.notes.empty());
  check_derivatives(device, cx, warm, 8);
  check_derivatives(device, cx, with("scaled:2,temperature-mk=60"), 8);

  device.qubits[1].frequency_hz.reset();
  CHECK(mentions(gate_noise(device, gate, warm).notes,
                 "cx 0,1: qubit 1 has no frequency; relaxes to |0>"));
  CHECK(gate_noise(device, gate, NoisePolicy::device).notes.empty());
  check_derivatives(device, cx, warm, 7);
}

// --- Resets -----------------------------------------------------------------------------------

TEST_CASE("A reset leaves |1> with its reported error, or with the mean readout error") {
  Calibration device = small_device();
  device.gates.push_back({"reset", {1}, {}, 1e-6});
  const std::size_t reset = device.gates.size() - 1;
  arma::vec zero{1, 0, 0, 1};
  const auto left = [&](const NoisePolicy& policy) {
    const arma::vec after = gate_noise(device, device.gates[reset], policy).channel.ptm() * zero;
    return (1 - after(3)) / 2;
  };
  CHECK(std::abs(left(NoisePolicy::device) - 0.04) <= 1e-15);  // (0.03 + 0.05)/2
  CHECK(mentions(gate_noise(device, device.gates[reset], NoisePolicy::device).notes,
                 "reset 1: no error reported; leaves |1> with the mean readout error 0.04"));
  CHECK(std::abs(left(NoisePolicy::scaled(2.5)) - 0.1) <= 1e-15);
  CHECK(std::abs(left(NoisePolicy::aer)) <= 1e-15);  // relaxation of |0>
  CHECK(std::abs(left(with("device:no-mid-circuit"))) <= 1e-15);
  check_derivatives(device, reset, NoisePolicy::device, 2);
  check_derivatives(device, reset, NoisePolicy::scaled(2.5), 2);
  CHECK_THROWS_WITH(left(NoisePolicy::scaled(30)),
                    ContainsSubstring("reset 1: leaves |1> with probability 1.2, above 1"));

  device.gates[reset].error = 0.007;
  CHECK(std::abs(left(NoisePolicy::device) - 0.007) <= 1e-15);
  CHECK(gate_noise(device, device.gates[reset], NoisePolicy::device).notes.empty());
  check_derivatives(device, reset, NoisePolicy::device, 1);

  device.gates[reset].error.reset();
  device.qubits[1].readout_p10.reset();
  device.qubits[1].readout_p01.reset();
  CHECK(left(NoisePolicy::device) == 0.0);
  CHECK(mentions(gate_noise(device, device.gates[reset], NoisePolicy::device).notes,
                 "reset 1: neither error nor readout reported; resets perfectly"));
  CHECK(gate_noise_derivatives(device, reset, NoisePolicy::device).empty());
  device.gates[reset].qubits = {0, 1};
  CHECK_THROWS_WITH(gate_noise(device, device.gates[reset], NoisePolicy::device),
                    ContainsSubstring("reset 0,1: a reset is on 1 qubit"));
}
