#include <algorithm>
#include <cmath>
#include <functional>

#include <rhodrift/noise/error_budget.hpp>

#include "noise/small_device.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

const KindErrors& kind_of(const ErrorBudget& budget, const std::string& kind) {
  const auto found = std::ranges::find(budget.by_kind, kind, &KindErrors::kind);
  REQUIRE(found != budget.by_kind.end());
  return *found;
}

const ErrorShares& qubit_of(const ErrorBudget& budget, int qubit) {
  const auto found = std::ranges::find(budget.by_qubit, qubit, &QubitErrors::qubit);
  REQUIRE(found != budget.by_qubit.end());
  return found->errors;
}

double sum_over_kinds(const ErrorBudget& budget) {
  double sum = 0.0;
  for (const KindErrors& entry : budget.by_kind) sum += entry.errors.total();
  return sum;
}

double sum_over_qubits(const ErrorBudget& budget) {
  double sum = 0.0;
  for (const QubitErrors& entry : budget.by_qubit) sum += entry.errors.total();
  return sum;
}

}  // namespace

TEST_CASE("The budget of a device has the reported errors as its totals") {
  Calibration device = small_device();
  gate_of(device, "cx", {0, 1}).over_rotation_rad = 0.05;
  const ErrorBudget budget = device_error_budget(NoiseModel(device, NoisePolicy::device));
  REQUIRE(budget.by_kind.size() == 4);
  const KindErrors& cx = kind_of(budget, "cx");
  CHECK(cx.count == 3);
  CHECK(std::abs(cx.errors.total() - (0.011 + 0.012 + 0.02) / 3) <= 1e-14);
  CHECK(cx.errors.coherent > 0.0);
  CHECK(cx.errors.readout == 0.0);
  CHECK(cx.worst == Approx(0.02).epsilon(1e-12));
  CHECK(cx.worst_qubits == std::vector{1, 2});
  CHECK(std::abs(kind_of(budget, "sx").errors.total() - 4e-4) <= 1e-15);
  CHECK(kind_of(budget, "rz").errors.total() == 0.0);
  const KindErrors& readout = kind_of(budget, "readout");
  CHECK(std::abs(readout.errors.readout - (0.015 + 0.04 + 0.06) / 3) <= 1e-15);
  CHECK(readout.worst_qubits == std::vector{2});
  CHECK(std::ranges::is_sorted(budget.by_kind, std::ranges::greater{},
                               [](const KindErrors& entry) { return entry.errors.total(); }));
}

TEST_CASE("A qubit bears its own relaxation and its share of the rest") {
  Calibration device = small_device();
  const NoiseModel model(device, NoisePolicy::device);
  const ErrorBudget budget = device_error_budget(model);
  REQUIRE(budget.by_qubit.size() == 3);
  // Qubit 2 has one cx: half of its depolarizing, the part of its relaxation that is its own.
  const GateNoise cx = model.gate_noise("cx", {1, 2}), sx = model.gate_noise("sx", {2});
  const auto share = [](const GateNoise& noise, double part) {
    return noise.average_infidelity * part /
           (noise.relaxation_infidelity + noise.depolarizing_infidelity());
  };
  const auto lost = [&](double t1, double t2) {
    return 1 - thermal_relaxation(t1, t2, 400e-9).process_fidelity();
  };
  const double of_1 = lost(60e-6, 110e-6), of_2 = lost(90e-6, 20e-6);
  const ErrorShares& errors = qubit_of(budget, 2);
  CHECK(errors.depolarizing == Approx(share(cx, cx.depolarizing_infidelity()) / 2 +
                                      share(sx, sx.depolarizing_infidelity()))
                                   .epsilon(1e-12));
  CHECK(errors.relaxation == Approx(share(cx, cx.relaxation_infidelity) * of_2 / (of_1 + of_2) +
                                    share(sx, sx.relaxation_infidelity))
                                 .epsilon(1e-12));
  CHECK(errors.readout == Approx(0.06).epsilon(1e-14));
}

TEST_CASE("Faulty gates are counted apart") {
  Calibration device = small_device();
  gate_of(device, "cx", {1, 2}).error = 1.0;
  const ErrorBudget budget = device_error_budget(NoiseModel(device, NoisePolicy::device));
  CHECK(kind_of(budget, "cx").count == 2);
  CHECK(kind_of(budget, "cx").n_excluded == 1);
  CHECK(std::abs(kind_of(budget, "cx").errors.total() - 0.0115) <= 1e-14);
  gate_of(device, "cx", {0, 1}).error = gate_of(device, "cx", {1, 0}).error = 1.0;
  const KindErrors none =
      kind_of(device_error_budget(NoiseModel(device, NoisePolicy::device)), "cx");
  CHECK(none.count == 0);
  CHECK(none.n_excluded == 3);
  CHECK(none.errors.total() == 0.0);
  CHECK(kind_of(device_error_budget(NoiseModel(device, NoisePolicy::aer)), "cx").n_excluded == 0);
}

TEST_CASE("The budget of a circuit adds up what its instructions and readings have") {
  Calibration device = small_device();
  device.zz_couplings.push_back({{0, 1}, 50e3});
  device.qubits[0].readout_duration_s = 1e-6;
  device.gates.push_back({"reset", {0}, {}, 1e-6});
  const NoiseModel model(device, NoisePolicy::device);
  Circuit circuit(2);
  circuit.append(Op::sx, {0}).append(Op::cx, {0, 1}).append(Op::cx, {0, 1});
  circuit.delay(0, 2e-6).delay(1, 2e-6).measure(0, 0).append(Op::reset, {0}).measure(0, 1);
  circuit.measure(1, 2);
  const CircuitErrorBudget budget = circuit_error_budget(model, circuit, {0, 1});

  double fidelity = 1.0;
  const auto process = [&](const Channel& channel) {
    fidelity *= channel.process_fidelity();
    return 1 - channel.process_fidelity();
  };
  const double cx = 2 * (1 - model.gate_noise("cx", {0, 1}).channel.process_fidelity());
  process(model.gate_noise("cx", {0, 1}).channel);
  process(model.gate_noise("cx", {0, 1}).channel);
  CHECK(kind_of(budget.errors, "cx").count == 2);
  CHECK(kind_of(budget.errors, "cx").errors.total() == Approx(cx).epsilon(1e-12));
  const auto check = [&](const std::string& kind, double expected) {
    CAPTURE(kind);
    CHECK(kind_of(budget.errors, kind).errors.total() == Approx(expected).epsilon(1e-12));
  };
  check("sx", process(model.gate_noise("sx", {0}).channel));
  check("delay", process(thermal_relaxation(100e-6, 80e-6, 2e-6)) +
                     process(thermal_relaxation(60e-6, 110e-6, 2e-6)));
  check("zz", process(zz_crosstalk(50e3, 2e-6)));
  check("measure", process(thermal_relaxation(100e-6, 80e-6, 1e-6)));
  check("reset", process(model.gate_noise("reset", {0}).channel));
  check("readout", 0.015 + 0.015 + 0.04);
  fidelity *= (1 - 0.015) * (1 - 0.015) * (1 - 0.04);
  CHECK(std::abs(budget.expected_infidelity - (1 - fidelity)) <= 1e-13);
  CHECK(kind_of(budget.errors, "reset").errors.readout > 0.0);
  CHECK(kind_of(budget.errors, "zz").errors.coherent > 0.0);
  CHECK(sum_over_qubits(budget.errors) == Approx(sum_over_kinds(budget.errors)).epsilon(1e-12));
}

TEST_CASE("Without noise nothing is expected to go wrong") {
  Circuit circuit(2);
  circuit.append(Op::sx, {0}).append(Op::cx, {0, 1});
  const CircuitErrorBudget budget =
      circuit_error_budget(NoiseModel(small_device(), NoisePolicy::ideal), circuit, {0, 1});
  CHECK(budget.expected_infidelity == 0.0);
  CHECK(sum_over_kinds(budget.errors) == 0.0);
}

TEST_CASE("A circuit's budget refuses what its noise does") {
  Circuit circuit(2);
  circuit.append(Op::cx, {0, 1});
  const NoiseModel model(small_device(), NoisePolicy::device);
  CHECK_THROWS_WITH(circuit_error_budget(model, circuit, {2, 1}),
                    ContainsSubstring("does not have it on qubits 2,1"));
  CHECK_THROWS_WITH(circuit_error_budget(model, circuit, {0, 3}),
                    ContainsSubstring("device qubit 3 is outside 0..2"));
}
