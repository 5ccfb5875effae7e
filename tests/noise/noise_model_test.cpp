#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/noise_model.hpp>

#include "support/catch.hpp"
#include "support/dense.hpp"

using namespace rhodrift;

namespace {

// noise-model formulas of docs/noise.md, written out once more: relaxation as Kraus operators,
// depolarizing as Pauli probabilities, fidelities from Σ |tr K|².
struct Expected {
  arma::mat ptm;
  double lambda = 0.0;
  double relaxation_infidelity = 0.0;
};

oracle::Kraus relaxation_kraus(const QubitCalibration& qubit, double t) {
  const double rate1 = qubit.t1_s ? 1 / *qubit.t1_s : 0.0;
  const double rate2 = qubit.t2_s ? std::max(1 / *qubit.t2_s, rate1 / 2) : rate1 / 2;
  const double e1 = std::exp(-t * rate1);
  const double dephasing = std::exp(-t * (rate2 - rate1 / 2));  // e2 = √e1 · dephasing
  const arma::cx_mat keep = oracle::complex({{1.0, 0.0}, {0.0, std::sqrt(e1)}});
  const arma::cx_mat decay = oracle::complex({{0.0, std::sqrt(1 - e1)}, {0.0, 0.0}});
  oracle::Kraus kraus;
  for (const arma::cx_mat& k : {keep, decay}) {
    kraus.push_back(std::sqrt((1 + dephasing) / 2) * k);
    kraus.push_back(std::sqrt((1 - dephasing) / 2) * oracle::pauli(3, 1) * k);
  }
  return kraus;
}

oracle::Kraus product(const oracle::Kraus& low, const oracle::Kraus& high) {
  oracle::Kraus kraus;
  for (const arma::cx_mat& b : high)
    for (const arma::cx_mat& a : low) kraus.push_back(arma::kron(b, a));
  return kraus;
}

double average_fidelity(const arma::mat& ptm) {
  const auto n_paulis = static_cast<double>(ptm.n_rows);
  const double d = std::sqrt(n_paulis);
  return (arma::trace(ptm) / d + 1) / (d + 1);
}

Expected expected_noise(const Calibration& calibration, const GateCalibration& gate) {
  oracle::Kraus relaxation{arma::cx_mat(1, 1, arma::fill::ones)};
  for (const int q : gate.qubits)
    relaxation =
        product(relaxation, relaxation_kraus(calibration.qubits[static_cast<std::size_t>(q)],
                                             gate.duration_s.value_or(0.0)));
  const arma::mat relax = oracle::transfer_matrix(relaxation);
  const double d = static_cast<double>(relaxation.front().n_rows), n_paulis = d * d;
  const double f = average_fidelity(relax), r = 1 - f;
  Expected expected{relax, 0.0, r};
  const double reported = gate.error.value_or(0.0);
  if (reported > r) {
    const double epsilon = std::min(reported, d / (d + 1));
    expected.lambda = std::min(d * (epsilon - r) / (d * f - 1), n_paulis / (n_paulis - 1));
    arma::mat depolarize = (1 - expected.lambda) * arma::eye(arma::size(relax));
    depolarize(0, 0) = 1.0;
    expected.ptm = relax * depolarize;
  }
  return expected;
}

void check_gate(const Calibration& calibration, const GateCalibration& gate) {
  const GateNoise noise = aer_gate_noise(calibration, gate);
  const Expected expected = expected_noise(calibration, gate);
  CAPTURE(calibration.device, gate.name, gate.qubits);
  const double off = arma::abs(noise.channel.ptm() - expected.ptm).max();
  const double infidelity = 1 - average_fidelity(expected.ptm);
  REQUIRE(off <= 1e-12);
  REQUIRE(std::abs(noise.depolarizing_lambda - expected.lambda) <= 1e-12);
  REQUIRE(std::abs(noise.relaxation_infidelity - expected.relaxation_infidelity) <= 1e-12);
  REQUIRE(std::abs(noise.average_infidelity - infidelity) <= 1e-12);
  REQUIRE(noise.channel.cptp_violation().worst() <= 1e-12);
  // What the construction is for: the reported error is met, unless it cannot be.
  const double d = std::ldexp(1.0, static_cast<int>(gate.qubits.size()));
  if (gate.error && *gate.error > noise.relaxation_infidelity && *gate.error <= 1 - 1 / d)
    REQUIRE(std::abs(noise.average_infidelity - *gate.error) <= 1e-12);
}

bool mentions(const std::vector<std::string>& notes, const std::string& text) {
  return std::ranges::any_of(
      notes, [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

QubitCalibration qubit(double t1_s, double t2_s, double p10, double p01) {
  QubitCalibration figures;
  figures.t1_s = t1_s;
  figures.t2_s = t2_s;
  figures.readout_p10 = p10;
  figures.readout_p01 = p01;
  return figures;
}

// Three qubits in a line: sx, rz (virtual) everywhere, cx 0,1 and 1,0 and 1,2.
Calibration small_device() {
  Calibration device;
  device.device = "line";
  device.vendor = "nobody";
  device.native_gates = {"sx", "rz", "cx"};
  device.coupling = {{0, 1}, {1, 0}, {1, 2}};
  device.qubits = {qubit(100e-6, 80e-6, 0.01, 0.02), qubit(60e-6, 110e-6, 0.03, 0.05),
                   qubit(90e-6, 20e-6, 0.04, 0.08)};
  for (int q = 0; q < 3; ++q) {
    device.gates.push_back({"sx", {q}, 3e-4 + 1e-4 * q, 35e-9});
    device.gates.push_back({"rz", {q}, 0.0, 0.0});
  }
  device.gates.push_back({"cx", {0, 1}, 0.011, 300e-9});
  device.gates.push_back({"cx", {1, 0}, 0.012, 335e-9});
  device.gates.push_back({"cx", {1, 2}, 0.02, 400e-9});
  return device;
}

GateCalibration& gate_of(Calibration& device, const std::string& name, std::vector<int> qubits) {
  return *std::ranges::find_if(device.gates, [&](const GateCalibration& gate) {
    return gate.name == name && gate.qubits == qubits;
  });
}

}  // namespace

// --- One gate ---------------------------------------------------------------------------------

TEST_CASE("Gate noise of a small device follows the formulas") {
  const Calibration device = small_device();
  for (const GateCalibration& gate : device.gates) check_gate(device, gate);
  const GateNoise rz = aer_gate_noise(device, device.gates[1]);
  CHECK(arma::abs(rz.channel.ptm() - arma::eye(4, 4)).max() == 0.0);
  CHECK(rz.average_infidelity == 0.0);
  CHECK(rz.notes.empty());
}

TEST_CASE("Gate noise of every gate of every shipped snapshot follows the formulas") {
  const std::filesystem::path folder =
      std::filesystem::path(RHODRIFT_SOURCE_DIR) / "data" / "calibrations";
  std::size_t n_gates = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const Calibration calibration = read_calibration(entry.path());
    CAPTURE(entry.path().filename().string());
    for (const GateCalibration& gate : calibration.gates) check_gate(calibration, gate);
    n_gates += calibration.gates.size();
  }
  CHECK(n_gates > 1000);
}

TEST_CASE("A reported error that relaxation explains gets no depolarizing, and a note") {
  Calibration device = small_device();
  GateCalibration& gate = gate_of(device, "cx", {0, 1});
  const double r = aer_gate_noise(device, gate).relaxation_infidelity;
  for (const double error : {0.0, r / 2, r * (1 - 1e-9)}) {
    gate.error = error;
    check_gate(device, gate);
    const GateNoise noise = aer_gate_noise(device, gate);
    CHECK(noise.depolarizing_lambda == 0.0);
    CHECK(noise.average_infidelity == Approx(r).epsilon(1e-12));
    CHECK(mentions(noise.notes, "more than the reported error"));
  }
  gate.error = r * (1 + 1e-6);
  CHECK(aer_gate_noise(device, gate).depolarizing_lambda > 0.0);
}

TEST_CASE("Faulty gates depolarize as much as a channel can") {
  Calibration device = small_device();
  for (const auto& [name, qubits] :
       {std::pair("sx", std::vector{0}), std::pair("cx", std::vector{1, 2})}) {
    GateCalibration& gate = gate_of(device, name, qubits);
    const double n_paulis = std::ldexp(1.0, 2 * static_cast<int>(qubits.size()));
    for (const double error : {0.9999, 1.0, 1.5}) {
      gate.error = error;
      check_gate(device, gate);
      const GateNoise noise = aer_gate_noise(device, gate);
      CHECK(noise.depolarizing_lambda == n_paulis / (n_paulis - 1));
      CHECK(mentions(noise.notes, "faulty gate") == (error >= 1.0));
    }
  }
}

TEST_CASE("Missing figures are taken as the policy says, and told") {
  Calibration device = small_device();
  GateCalibration& gate = gate_of(device, "cx", {0, 1});
  gate.error.reset();
  check_gate(device, gate);
  CHECK(mentions(aer_gate_noise(device, gate).notes, "cx 0,1: no error reported"));
  gate.error = 0.011;
  gate.duration_s.reset();
  check_gate(device, gate);
  GateNoise noise = aer_gate_noise(device, gate);
  CHECK(mentions(noise.notes, "no duration reported"));
  CHECK(noise.relaxation_infidelity == Approx(0.0).margin(1e-15));
  CHECK(noise.average_infidelity == Approx(0.011).epsilon(1e-12));
  gate.duration_s = 300e-9;
  device.qubits[0].t2_s.reset();
  check_gate(device, gate);
  CHECK(mentions(aer_gate_noise(device, gate).notes, "qubit 0 has no T2; taken as 2 T1"));
  device.qubits[0].t1_s.reset();
  check_gate(device, gate);
  CHECK(mentions(aer_gate_noise(device, gate).notes, "qubit 0 has no T1; taken as infinite"));
  device.qubits[0].t2_s = 50e-6;  // T2 alone: pure dephasing
  check_gate(device, gate);
}

TEST_CASE("T2 above 2 T1 is clamped, and told") {
  Calibration device = small_device();
  const GateCalibration& gate = gate_of(device, "cx", {0, 1});
  device.qubits[1].t2_s = 3 * *device.qubits[1].t1_s;
  check_gate(device, gate);
  const GateNoise clamped = aer_gate_noise(device, gate);
  CHECK(mentions(clamped.notes, "qubit 1 has T2"));
  device.qubits[1].t2_s = 2 * *device.qubits[1].t1_s;
  const GateNoise at_limit = aer_gate_noise(device, gate);
  CHECK(arma::abs(clamped.channel.ptm() - at_limit.channel.ptm()).max() == 0.0);
  CHECK(at_limit.notes.empty());
}

TEST_CASE("Gates with impossible figures are refused by name") {
  Calibration device = small_device();
  GateCalibration& gate = gate_of(device, "cx", {1, 2});
  gate.duration_s = 1.0;  // ten thousand T1: relaxation explains 3/4, nothing explains more
  CHECK(aer_gate_noise(device, gate).average_infidelity == Approx(0.75).epsilon(1e-12));
  gate.error = 0.9;
  CHECK_THROWS_WITH(aer_gate_noise(device, gate),
                    ContainsSubstring("line at 1970-01-01") && ContainsSubstring("cx 1,2") &&
                        ContainsSubstring("fidelity 0.25, at most 1/d"));
  gate.duration_s = -1e-9;
  CHECK_THROWS_WITH(aer_gate_noise(device, gate), ContainsSubstring("duration_s: -1e-09"));
  gate.duration_s = 400e-9;
  gate.error = -0.1;
  CHECK_THROWS_WITH(aer_gate_noise(device, gate),
                    ContainsSubstring("cx 1,2") && ContainsSubstring("-0.1 is not >= 0"));
  gate.error = std::nan("");
  CHECK_THROWS_WITH(aer_gate_noise(device, gate), ContainsSubstring("nan is not >= 0"));
  gate.error = 0.01;
  device.qubits[2].t1_s = 0.0;
  CHECK_THROWS_WITH(aer_gate_noise(device, gate), ContainsSubstring("t1_s: 0 is not > 0"));
  CHECK_THROWS_WITH(aer_gate_noise(device, {"cx", {1, 3}, 0.1, 1e-9}),
                    ContainsSubstring("qubit 3 is outside 0..2"));
}

// --- The model --------------------------------------------------------------------------------

TEST_CASE("Policies have names") {
  CHECK(parse_noise_policy("aer") == NoisePolicy::aer);
  CHECK(parse_noise_policy("ideal") == NoisePolicy::ideal);
  CHECK(to_string(NoisePolicy::aer) == "aer");
  CHECK(to_string(NoisePolicy::ideal) == "ideal");
  CHECK_THROWS_WITH(parse_noise_policy("Aer"),
                    ContainsSubstring("'Aer'") && ContainsSubstring("ideal, aer"));
}

TEST_CASE("apply puts each gate's noise after it, with the device qubits' figures") {
  const NoiseModel model(small_device(), NoisePolicy::aer);
  Circuit circuit(2);
  circuit.append(Op::sx, {0})
      .append(Op::rz, {1}, {Angle::weight(0)})
      .append(Op::cx, {1, 0})
      .append(Op::barrier, {0, 1})
      .append(Op::cx, {1, 0})
      .measure(1, 0);
  const Circuit noisy = model.apply(circuit, {2, 1});  // circuit qubit 0 on 2, 1 on 1
  const auto& list = noisy.instructions();
  REQUIRE(list.size() == 9);  // rz is noiseless
  const std::vector<Op> ops{Op::sx,      Op::channel, Op::rz,      Op::cx,     Op::channel,
                            Op::barrier, Op::cx,      Op::channel, Op::measure};
  for (std::size_t i = 0; i < ops.size(); ++i) CHECK(list[i].op == ops[i]);
  CHECK(list[1].qubits == std::vector{0});
  CHECK(list[1].channel->label == "sx 2");
  CHECK(arma::abs(list[1].channel->ptm - model.gate_noise("sx", {2}).channel.ptm()).max() == 0.0);
  CHECK(list[4].qubits == std::vector{1, 0});
  CHECK(list[4].channel->label == "cx 1,2");
  CHECK(arma::abs(list[4].channel->ptm - model.gate_noise("cx", {1, 2}).channel.ptm()).max() ==
        0.0);
  CHECK(list[4].channel == list[7].channel);  // one matrix for all uses
  CHECK(noisy.n_weights() == 1);
  REQUIRE(noisy.readout_error().size() == 1);
  CHECK(noisy.readout_error()[0].bits == std::vector{0});
  CHECK(noisy.readout_error()[0].matrix(1, 0) == 0.03);
  CHECK(noisy.readout_error()[0].matrix(0, 1) == 0.05);
}

TEST_CASE("A channel that is in the circuit already stays as it is") {
  const NoiseModel model(small_device(), NoisePolicy::aer);
  Circuit circuit(1);
  circuit.append_channel("idle", {0}, amplitude_damping(0.1).ptm());
  CHECK(model.apply(circuit, {1}).instructions().size() == 1);
}

TEST_CASE("Policy ideal checks the gates and adds nothing") {
  const NoiseModel model(small_device(), NoisePolicy::ideal);
  Circuit circuit(2);
  circuit.append(Op::sx, {0}).append(Op::cx, {0, 1});
  const Circuit same = model.apply(circuit, {0, 1});
  CHECK(same.instructions().size() == 2);
  CHECK(same.readout_error().empty());
  CHECK(model.gate_noise("cx", {0, 1}).average_infidelity == 0.0);
  CHECK(model.notes({0, 1}).empty());
  circuit.append(Op::h, {0});
  CHECK_THROWS_WITH(model.apply(circuit, {0, 1}), ContainsSubstring("gate h"));
}

TEST_CASE("What the device lacks is refused by name") {
  const NoiseModel model(small_device(), NoisePolicy::aer);
  Circuit circuit(2);
  circuit.append(Op::cx, {0, 1});
  CHECK_THROWS_WITH(model.apply(circuit, {2, 1}),
                    ContainsSubstring("line at 1970-01-01T00:00:00Z") &&
                        ContainsSubstring("gate cx") && ContainsSubstring("on qubits 2,1") &&
                        ContainsSubstring("sx, rz, cx"));
  CHECK_THROWS_AS(model.apply(circuit, {2, 1}), InputError);
  CHECK_THROWS_WITH(model.gate_noise("ecr", {0, 1}), ContainsSubstring("gate ecr"));
  const std::string cx = "line at 1970-01-01T00:00:00Z: gate cx: ";
  CHECK_THROWS_WITH(model.gate_noise("cx", {0, 9}), cx + "qubit 9 is outside 0..2");
  CHECK_THROWS_WITH(model.gate_noise("cx", {-1, 0}), cx + "qubit -1 is outside 0..2");
  CHECK_THROWS_WITH(model.gate_noise("cx", {0, 0}), cx + "qubit 0 is repeated");
  CHECK_THROWS_WITH(model.gate_noise("cx", {0}), cx + "cx takes 2 qubits, got 1");
  CHECK_THROWS_WITH(model.gate_noise("sx", {0, 1}), ContainsSubstring("sx takes 1 qubit, got 2"));
  CHECK_THROWS_WITH(model.gate_noise("own", {0, 1}),
                    ContainsSubstring("does not have it on qubits 0,1"));
  CHECK_THROWS_WITH(model.apply(circuit, {0}), ContainsSubstring("layout"));
  CHECK_THROWS_WITH(model.apply(circuit, {0, 0}), ContainsSubstring("device qubit 0 is repeated"));
  CHECK_THROWS_WITH(model.apply(circuit, {0, 3}),
                    ContainsSubstring("device qubit 3 is outside 0..2"));
  const Circuit noisy = model.apply(circuit, {0, 1});
  CHECK_THROWS_WITH(model.apply(noisy, {0, 1}), ContainsSubstring("already has a readout error"));
}

TEST_CASE("Readout errors are the qubits' own, or a recorded group's when all of it is read") {
  Calibration device = small_device();
  const NoiseModel single(device, NoisePolicy::aer);
  const ReadoutError own = single.readout_error({2, 0});
  REQUIRE(own.size() == 2);
  CHECK(own[0].bits == std::vector{0});
  CHECK(own[0].matrix(1, 0) == 0.04);
  CHECK(own[0].matrix(0, 1) == 0.08);
  CHECK(own[1].bits == std::vector{1});
  CHECK(own[1].matrix(1, 0) == 0.01);

  arma::mat together = arma::kron(arma::mat{{0.9, 0.2}, {0.1, 0.8}}, arma::eye(2, 2));
  together(0, 0) -= 0.05;
  together(1, 0) += 0.05;
  device.readout_matrices.push_back({{2, 0}, together});
  const NoiseModel grouped(device, NoisePolicy::aer);
  const ReadoutError all = grouped.readout_error({0, 1, 2});
  REQUIRE(all.size() == 2);
  CHECK(all[0].bits == std::vector{2, 0});
  CHECK(arma::abs(all[0].matrix - together).max() == 0.0);
  CHECK(all[1].bits == std::vector{1});
  const ReadoutError swapped = grouped.readout_error({2, 0});
  REQUIRE(swapped.size() == 1);
  CHECK(swapped[0].bits == std::vector{0, 1});
  const ReadoutError part = grouped.readout_error({0, 1});
  REQUIRE(part.size() == 2);
  CHECK(part[0].matrix(1, 0) == 0.01);

  CHECK_THROWS_WITH(single.readout_error({0, 3}), ContainsSubstring("3 is outside 0..2"));
  CHECK_THROWS_WITH(single.readout_error({1, 1}), ContainsSubstring("1 is repeated"));
}

TEST_CASE("Notes list what was assumed for the qubits of a layout, and only for them") {
  Calibration device = small_device();
  device.qubits[2].t2_s.reset();
  device.qubits[0].readout_p10.reset();
  device.qubits[0].readout_p01.reset();
  const NoiseModel model(device, NoisePolicy::aer);
  CHECK(mentions(model.notes({1, 2}), "sx 2: qubit 2 has no T2"));
  CHECK(mentions(model.notes({1, 2}), "cx 1,2: qubit 2 has no T2"));
  CHECK_FALSE(mentions(model.notes({1, 2}), "qubit 0"));
  CHECK(mentions(model.notes({0, 1}), "qubit 0: no readout error reported"));
  CHECK_FALSE(mentions(model.notes({0, 1}), "qubit 2"));
  CHECK(model.readout_error({0, 1}).size() == 1);
  CHECK_THROWS_WITH(model.notes({0, 7}), ContainsSubstring("7 is outside 0..2"));
}
