#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/gate_noise.hpp>

#include "noise/differences.hpp"
#include "noise/small_device.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

GateNoise aer_gate_noise(const Calibration& calibration, const GateCalibration& gate) {
  return gate_noise(calibration, gate, NoisePolicy::aer);
}

std::vector<ChannelDerivative> aer_gate_noise_derivatives(const Calibration& calibration,
                                                          std::size_t gate) {
  return gate_noise_derivatives(calibration, gate, NoisePolicy::aer);
}

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

// --- Derivatives ------------------------------------------------------------------------------

// Which of the formulas' pieces a gate's noise is on.
struct Branch {
  bool depolarizes;
  bool at_limit;
  std::vector<bool> t2_is_2_t1;

  bool operator==(const Branch&) const = default;
};

Branch branch_of(const Calibration& calibration, const GateCalibration& gate) {
  const double lambda = aer_gate_noise(calibration, gate).depolarizing_lambda;
  const double n_paulis = std::ldexp(1.0, 2 * static_cast<int>(gate.qubits.size()));
  Branch branch{lambda > 0, lambda == n_paulis / (n_paulis - 1), {}};
  for (const int q : gate.qubits) {
    const QubitCalibration& figures = calibration.qubits[static_cast<std::size_t>(q)];
    branch.t2_is_2_t1.push_back(figures.t1_s && figures.t2_s.value_or(1.0) > 2 * *figures.t1_s);
  }
  return branch;
}

// The same to one side, extrapolated from h, h/2 and h/4: error O(h³).
arma::mat one_sided_difference(Calibration& calibration, std::size_t gate,
                               const std::string& number, double h) {
  const double x = figure(calibration, number);
  const auto ptm = [&](double value) {
    return ptm_at(calibration, gate, NoisePolicy::aer, number, value);
  };
  const auto difference = [&](double step) -> arma::mat { return (ptm(x + step) - ptm(x)) / step; };
  return (difference(h) - 6 * difference(h / 2) + 8 * difference(h / 4)) / 3;
}

bool is_smooth_around(Calibration& calibration, std::size_t gate, const std::string& number) {
  const GateCalibration& figures = calibration.gates[gate];
  const double recorded = figure(calibration, number);
  const Branch branch = branch_of(calibration, figures);
  bool smooth = recorded != 0;  // 0 is where the range ends
  for (const double value : {recorded * (1 - relative_step), recorded * (1 + relative_step)}) {
    figure(calibration, number) = value;
    smooth &= branch_of(calibration, figures) == branch;
  }
  figure(calibration, number) = recorded;
  return smooth;
}

struct DerivativeCount {
  std::size_t compared = 0;
  std::size_t at_a_kink = 0;
};

void compare_derivatives(Calibration& calibration, std::size_t gate, DerivativeCount& count) {
  for (const ChannelDerivative& derivative : aer_gate_noise_derivatives(calibration, gate)) {
    if (!is_smooth_around(calibration, gate, derivative.number)) {
      ++count.at_a_kink;
      continue;
    }
    const double off = relative_deviation(
        derivative.ptm, central_difference(calibration, gate, NoisePolicy::aer, derivative.number));
    // An error of 6e-7 has steps so small that the rounding of the channels' entries shows.
    const double rounding = 4 * std::numeric_limits<double>::epsilon() /
                            (relative_step * figure(calibration, derivative.number)) /
                            arma::abs(derivative.ptm).max();
    CAPTURE(calibration.device, calibration.gates[gate].name, derivative.number);
    REQUIRE(off <= 1e-7 + rounding);
    ++count.compared;
  }
}

// Every derivative of a gate that is at no kink.
void check_derivatives(Calibration& calibration, std::size_t gate) {
  DerivativeCount count;
  compare_derivatives(calibration, gate, count);
  CHECK(count.compared > 0);
  CHECK(count.at_a_kink == 0);
}

std::size_t index_of(Calibration& device, const std::string& name, std::vector<int> qubits) {
  return static_cast<std::size_t>(&gate_of(device, name, std::move(qubits)) - device.gates.data());
}

std::vector<std::string> numbers_of(const Calibration& calibration, std::size_t gate) {
  std::vector<std::string> numbers;
  for (const ChannelDerivative& derivative : aer_gate_noise_derivatives(calibration, gate))
    numbers.push_back(derivative.number);
  return numbers;
}

arma::mat derivative_in(const Calibration& calibration, std::size_t gate,
                        const std::string& number) {
  for (const ChannelDerivative& derivative : aer_gate_noise_derivatives(calibration, gate))
    if (derivative.number == number) return derivative.ptm;
  throw std::logic_error("no derivative in " + number);
}

DerivativeCount compare_snapshot(const std::filesystem::path& path) {
  Calibration calibration = read_calibration(path);
  DerivativeCount count;
  for (std::size_t g = 0; g < calibration.gates.size(); ++g)
    compare_derivatives(calibration, g, count);
  return count;
}

std::filesystem::path snapshots() {
  return std::filesystem::path(RHODRIFT_SOURCE_DIR) / "data" / "calibrations";
}

}  // namespace

TEST_CASE("Gate noise of a small device follows the formulas") {
  const Calibration device = small_device();
  for (const GateCalibration& gate : device.gates) check_gate(device, gate);
  const GateNoise rz = aer_gate_noise(device, device.gates[1]);
  CHECK(arma::abs(rz.channel.ptm() - arma::eye(4, 4)).max() == 0.0);
  CHECK(rz.average_infidelity == 0.0);
  CHECK(rz.notes.empty());
}

TEST_CASE("Gate noise of every gate of every shipped snapshot follows the formulas") {
  std::size_t n_gates = 0;
  for (const auto& entry : std::filesystem::directory_iterator(snapshots())) {
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

TEST_CASE("Derivatives of the gates of shipped snapshots agree with central differences") {
  std::size_t n_compared = 0, n_at_a_kink = 0;
  for (const char* name : {"belem", "guadalupe", "montreal", "sherbrooke", "torino"}) {
    const DerivativeCount count = compare_snapshot(snapshots() / (std::string(name) + ".json"));
    n_compared += count.compared;
    n_at_a_kink += count.at_a_kink;
  }
  CHECK(n_compared > 10000);
  CHECK(n_at_a_kink < n_compared / 10);  // nearly all of them error and duration of virtual rz
}

TEST_CASE("Derivatives of every gate of every shipped snapshot agree with central differences",
          "[long]") {
  std::size_t n_compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(snapshots()))
    if (entry.path().extension() == ".json") n_compared += compare_snapshot(entry.path()).compared;
  CHECK(n_compared > 30000);
}

TEST_CASE("Derivatives keep the trace, and the reported error where the model meets it") {
  std::size_t n_met = 0;
  for (const char* name : {"belem", "guadalupe", "montreal", "sherbrooke"}) {
    const Calibration calibration = read_calibration(snapshots() / (std::string(name) + ".json"));
    for (std::size_t g = 0; g < calibration.gates.size(); ++g) {
      const Branch branch = branch_of(calibration, calibration.gates[g]);
      const bool met = branch.depolarizes && !branch.at_limit;
      n_met += met;
      const double d = std::ldexp(1.0, static_cast<int>(calibration.gates[g].qubits.size()));
      for (const ChannelDerivative& derivative : aer_gate_noise_derivatives(calibration, g)) {
        CAPTURE(name, derivative.number);
        REQUIRE(arma::abs(derivative.ptm.row(0)).max() == 0.0);
        // d(1 - F)/d(number): 1 in the reported error, 0 in what makes it up.
        const double expected = derivative.number.ends_with("/error") ? 1.0 : 0.0;
        const double infidelity = -arma::trace(derivative.ptm) / (d * (d + 1));
        const double scale = std::max(1.0, arma::abs(derivative.ptm).max());
        if (met) REQUIRE(std::abs(infidelity - expected) <= 1e-12 * scale);
      }
    }
  }
  CHECK(n_met > 500);
}

TEST_CASE("A gate has a derivative for each figure that is recorded") {
  Calibration device = small_device();
  const std::size_t cx = index_of(device, "cx", {1, 2});
  REQUIRE(cx == 8);
  CHECK(numbers_of(device, cx) ==
        std::vector<std::string>{"/qubits/1/t1_s", "/qubits/1/t2_s", "/qubits/2/t1_s",
                                 "/qubits/2/t2_s", "/gates/8/error", "/gates/8/duration_s"});
  check_derivatives(device, cx);
  device.qubits[1].t1_s.reset();  // pure dephasing
  check_derivatives(device, cx);
  device.qubits[2].t2_s.reset();
  check_derivatives(device, cx);
  CHECK(numbers_of(device, cx) == std::vector<std::string>{"/qubits/1/t2_s", "/qubits/2/t1_s",
                                                           "/gates/8/error",
                                                           "/gates/8/duration_s"});
  device.gates[cx].error.reset();
  check_derivatives(device, cx);
  device.gates[cx].error = 0.02;
  device.gates[cx].duration_s.reset();
  check_derivatives(device, cx);
  CHECK(numbers_of(device, cx) ==
        std::vector<std::string>{"/qubits/1/t2_s", "/qubits/2/t1_s", "/gates/8/error"});
  CHECK(arma::abs(derivative_in(device, cx, "/qubits/2/t1_s")).max() == 0.0);
  device.gates[cx].error.reset();
  device.qubits[1].t2_s.reset();
  device.qubits[2].t1_s.reset();
  CHECK(numbers_of(device, cx).empty());
}

TEST_CASE("Derivatives name the figures of the calibration file") {
  for (const char* name : {"belem", "montreal", "torino"}) {
    const Calibration calibration = read_calibration(snapshots() / (std::string(name) + ".json"));
    const auto document = nlohmann::json::parse(to_json(calibration));
    Calibration figures = calibration;
    for (std::size_t g = 0; g < calibration.gates.size(); ++g)
      for (const std::string& number : numbers_of(calibration, g)) {
        CAPTURE(name, number);
        const auto& value = document.at(nlohmann::json::json_pointer(number));
        REQUIRE(value.get<double>() == figure(figures, number));
      }
  }
}

TEST_CASE("An error that relaxation explains moves nothing; the other figures move relaxation") {
  Calibration device = small_device();
  const std::size_t cx = index_of(device, "cx", {0, 1});
  const double r = aer_gate_noise(device, device.gates[cx]).relaxation_infidelity;
  for (const double error : {r / 2, r * (1 - 1e-2)}) {
    device.gates[cx].error = error;
    check_derivatives(device, cx);
    CHECK(arma::abs(derivative_in(device, cx, "/gates/6/error")).max() == 0.0);
    const arma::mat in_t1 = derivative_in(device, cx, "/qubits/0/t1_s");
    device.gates[cx].error.reset();
    CHECK(arma::abs(derivative_in(device, cx, "/qubits/0/t1_s") - in_t1).max() == 0.0);
  }
  device.gates[cx].error = r;  // at the kink relaxation still explains all of it
  CHECK(arma::abs(derivative_in(device, cx, "/gates/6/error")).max() == 0.0);
  device.gates[cx].error = r * (1 + 1e-2);
  check_derivatives(device, cx);
  CHECK(arma::abs(derivative_in(device, cx, "/gates/6/error")).max() > 1.0);
}

TEST_CASE("The error of a faulty gate moves nothing; the other figures move relaxation") {
  Calibration device = small_device();
  for (const auto& [name, qubits] :
       {std::pair("sx", std::vector{0}), std::pair("cx", std::vector{1, 2})}) {
    const std::size_t gate = index_of(device, name, qubits);
    const double d = std::ldexp(1.0, static_cast<int>(qubits.size()));
    const std::string number = "/gates/" + std::to_string(gate) + "/error";
    // From a little below d/(d + 1) on, where ε is clamped, λ is at its limit.
    for (const double error : {d / (d + 1) * (1 - 1e-6), d / (d + 1), 0.9999, 1.0, 1.5}) {
      device.gates[gate].error = error;
      CHECK(branch_of(device, device.gates[gate]).at_limit);
      CHECK(arma::abs(derivative_in(device, gate, number)).max() == 0.0);
    }
    check_derivatives(device, gate);
    device.gates[gate].error = 0.6;
    CHECK_FALSE(branch_of(device, device.gates[gate]).at_limit);
    check_derivatives(device, gate);
  }
}

TEST_CASE("Where T2 is taken as 2 T1, T1 moves both and T2 nothing") {
  Calibration device = small_device();
  const std::size_t cx = index_of(device, "cx", {0, 1});
  device.qubits[1].t2_s = 3 * *device.qubits[1].t1_s;
  check_derivatives(device, cx);
  CHECK(arma::abs(derivative_in(device, cx, "/qubits/1/t2_s")).max() == 0.0);
  const arma::mat in_t1 = derivative_in(device, cx, "/qubits/1/t1_s");
  device.qubits[1].t2_s.reset();
  check_derivatives(device, cx);
  CHECK(arma::abs(derivative_in(device, cx, "/qubits/1/t1_s") - in_t1).max() == 0.0);
}

TEST_CASE("At T2 = 2 T1 the derivatives are those within the range of a calibration") {
  Calibration device = small_device();
  const std::size_t cx = index_of(device, "cx", {0, 1});
  const double t1 = *device.qubits[1].t1_s, t2 = 2 * t1;
  device.qubits[1].t2_s = t2;
  const arma::mat in_t1 = one_sided_difference(device, cx, "/qubits/1/t1_s", 1e-3 * t1);
  const arma::mat in_t2 = one_sided_difference(device, cx, "/qubits/1/t2_s", -1e-3 * t2);
  CHECK(relative_deviation(derivative_in(device, cx, "/qubits/1/t1_s"), in_t1) <= 1e-7);
  CHECK(relative_deviation(derivative_in(device, cx, "/qubits/1/t2_s"), in_t2) <= 1e-7);
}

TEST_CASE("A gate that takes no time would relax if it took some") {
  Calibration device = small_device();
  for (const std::string name : {"sx", "rz"}) {
    const std::size_t gate = index_of(device, name, {2});
    device.gates[gate].duration_s = 0.0;
    const std::string number = "/gates/" + std::to_string(gate) + "/duration_s";
    const arma::mat expected = one_sided_difference(device, gate, number, 1e-9);
    CHECK(relative_deviation(derivative_in(device, gate, number), expected) <= 1e-7);
  }
}

TEST_CASE("Derivatives of a gate on three qubits go with the operands' order") {
  Calibration device = small_device();
  device.gates.push_back({"ccx", {2, 0, 1}, 0.05, 2e-6});
  check_derivatives(device, device.gates.size() - 1);
}

TEST_CASE("Derivatives stay finite when nothing is left of the state") {
  Calibration device = small_device();
  const std::size_t cx = index_of(device, "cx", {0, 1});
  device.gates[cx].error.reset();
  device.gates[cx].duration_s = 1e308;
  for (const ChannelDerivative& derivative : aer_gate_noise_derivatives(device, cx))
    CHECK(arma::abs(derivative.ptm).max() == 0.0);
}

TEST_CASE("Derivatives of gates with impossible figures are refused by name") {
  Calibration device = small_device();
  CHECK_THROWS_WITH(aer_gate_noise_derivatives(device, 9),
                    ContainsSubstring("line at 1970-01-01") &&
                        ContainsSubstring("there is no gate 9; the calibration has 9"));
  GateCalibration& gate = device.gates[8];
  gate.error = 0.9;
  gate.duration_s = 1.0;
  CHECK_THROWS_WITH(aer_gate_noise_derivatives(device, 8), ContainsSubstring("at most 1/d"));
  gate.error = -0.1;
  CHECK_THROWS_WITH(aer_gate_noise_derivatives(device, 8), ContainsSubstring("-0.1 is not >= 0"));
}
