#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/compile/translate.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/pec/pec.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>

#include "mitigation/noisy_executor.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

arma::vec ideal_values(const Circuit& circuit, const std::vector<Observable>& observables) {
  DensityMatrixExecutor simulator(1);
  return exact_values(simulator, circuit, observables);
}

/// Depolarizing pulses, whatever after entanglers.
SimpleNoise pauli_after_twirling(double strength) {
  return {depolarizing(1, 0.05 * strength).ptm(), rough_two_qubit_noise(strength)};
}

/// Two qubits; amplitude damping after rx, relaxation of both and depolarizing after cx.
Circuit damped(const Circuit& circuit, double strength) {
  Circuit noisy(circuit.n_qubits());
  const TransferMatrix after_cx = amplitude_damping(strength)
                                      .tensor(thermal_relaxation(1.0, 0.7, strength))
                                      .then(depolarizing(2, strength))
                                      .ptm();
  for (const Instruction& instruction : circuit.instructions()) {
    noisy.append(instruction);
    if (instruction.op == Op::rx)
      noisy.append_channel("rx", instruction.qubits, amplitude_damping(strength).ptm());
    if (instruction.op == Op::cx) noisy.append_channel("cx", instruction.qubits, after_cx);
  }
  return noisy;
}

Circuit two_qubit_circuit() {
  return Circuit(2)
      .append(Op::rx, {0}, {0.9})
      .append(Op::cx, {0, 1})
      .append(Op::rx, {1}, {-0.4})
      .append(Op::cx, {1, 0});
}

const std::vector<Observable> z0{Observable::z(0)};

}  // namespace

TEST_CASE("PEC is unbiased where what it believes is true") {
  const Circuit circuit = three_qubit_circuit();
  const std::vector<Observable>& observables = three_qubit_observables();
  const DressedCircuit dressed = dress(circuit);
  const DressedNoise truth = noise_of(dressed, pauli_after_twirling(0.1)(*dressed.circuit));
  DensityMatrixExecutor simulator(1);
  const pec::Figures figures =
      pec::exact_figures(dressed, pauli_twirled(dressed, truth), truth, observables, simulator);
  CHECK(arma::abs(figures.mean - ideal_values(circuit, observables)).max() < 1e-12);
  CHECK(figures.gamma > 1.2);

  SECTION("channel by channel too, with resets") {
    const Circuit noisy = damped(two_qubit_circuit(), 0.05);
    const pec::ChannelInverses inverses =
        pec::invert_channels(noisy, pec::channel_basis(1), pec::channel_basis(2));
    const std::vector<Observable> of_two{Observable::parse("Z0"), Observable::parse("Z0 Z1")};
    const pec::Figures by_channel = pec::exact_figures(inverses, noisy, of_two, simulator);
    CHECK(arma::abs(by_channel.mean - ideal_values(two_qubit_circuit(), of_two)).max() < 1e-9);
    CHECK(by_channel.gamma == Approx(inverses.gamma()).epsilon(1e-14));
  }
}

TEST_CASE("The variance of one shot is γ² - mean² for ±1 observables, less with strata") {
  const DressedCircuit dressed = dress(three_qubit_circuit());
  const SimpleNoise noise = pauli_after_twirling(0.1);
  const DressedNoise truth = noise_of(dressed, noise(*dressed.circuit));
  const PauliNoise believed = pauli_twirled(dressed, truth);
  const std::vector<Observable>& observables = three_qubit_observables();
  DensityMatrixExecutor device(3, noise);
  DensityMatrixExecutor simulator(1);
  const pec::Figures figures = pec::exact_figures(dressed, believed, truth, observables, simulator);
  for (const arma::uword k : {0, 1})
    CHECK(figures.one_shot_variance(k) ==
          Approx(figures.gamma * figures.gamma - figures.mean(k) * figures.mean(k)).epsilon(1e-12));

  constexpr std::uint64_t n = 40000;
  const pec::PecPlan plan = pec::construct(dressed, believed, n, 1, 5);
  CHECK(plan.gamma == Approx(figures.gamma).epsilon(1e-14));
  const auto estimates = pec::combine(plan, device.run(plan.jobs), observables, raw_estimator());
  for (arma::uword k = 0; k < 3; ++k) {
    // A sample variance is known to a few times sqrt(2/n).
    CHECK(estimates[k].std_error * estimates[k].std_error * n ==
          Approx(figures.stratified_variance(k)).epsilon(4 * std::sqrt(2.0 / n)));
    CHECK(figures.stratified_variance(k) < figures.one_shot_variance(k));
    CHECK(std::abs(estimates[k].value - figures.mean(k)) < 4 * estimates[k].std_error);
    CHECK(estimates[k].diagnostics.at("gamma") == plan.gamma);
    CHECK(estimates[k].shots == n);
  }
}

TEST_CASE("Under a stale calibration the bias is the exact one") {
  const Circuit circuit = three_qubit_circuit();
  const std::vector<Observable>& observables = three_qubit_observables();
  const DressedCircuit dressed = dress(circuit);
  const SimpleNoise now = pauli_after_twirling(0.25);
  const DressedNoise truth = noise_of(dressed, now(*dressed.circuit));
  const PauliNoise believed =
      pauli_twirled(dressed, noise_of(dressed, pauli_after_twirling(0.1)(*dressed.circuit)));
  DensityMatrixExecutor simulator(1), device(4, now);
  const pec::Figures figures = pec::exact_figures(dressed, believed, truth, observables, simulator);
  const arma::vec bias = figures.mean - ideal_values(circuit, observables);
  CHECK(arma::abs(bias).max() > 0.02);

  const pec::PecPlan plan = pec::construct(dressed, believed, 20000, 10, 6);
  const auto estimates = pec::combine(plan, device.run(plan.jobs), observables, raw_estimator());
  for (arma::uword k = 0; k < 3; ++k)
    CHECK(std::abs(estimates[k].value - figures.mean(k)) < 4 * estimates[k].std_error);
  CHECK(std::abs(bias(2)) > 5 * estimates[2].std_error);
}

TEST_CASE("PEC's 95% intervals cover 95%, readout inverted inside") {
  const Circuit circuit = Circuit(2).append(Op::ry, {0}, {0.9}).append(Op::cx, {0, 1});
  const DressedCircuit dressed = dress(circuit);
  SimpleNoise noise = pauli_after_twirling(0.2);
  noise.readout_error = {ConfusionMatrix::single(0, 0.02, 0.06)};
  const PauliNoise believed = pauli_twirled(dressed, noise_of(dressed, noise(*dressed.circuit)));
  const ExpectationEstimator inversion = readout::inversion(noise.readout_error);
  DensityMatrixExecutor device(8, noise);
  const double truth = ideal_values(circuit, z0)(0);
  const double covered = coverage_of_plans(
      truth, device,
      [&](std::uint64_t seed) { return pec::construct(dressed, believed, 100, 50, seed); },
      [&](const pec::PecPlan& plan, std::span<const Outcomes> outcomes) {
        return pec::combine(plan, outcomes, z0, inversion)[0];
      });
  CHECK(covered == Approx(0.95).margin(0.015));
}

TEST_CASE("Instances with resets cancel amplitude damping in the mean") {
  const Circuit circuit = two_qubit_circuit();
  const auto device_noise = [](const Circuit& c, double) { return damped(c, 0.05); };
  const pec::ChannelInverses inverses =
      pec::invert_channels(damped(circuit, 0.05), pec::channel_basis(1), pec::channel_basis(2));
  DensityMatrixExecutor device(9, device_noise);
  const pec::PecPlan plan = pec::construct(inverses, 4000, 10, 7);
  const Estimate estimate = pec::combine(plan, device.run(plan.jobs), z0, raw_estimator())[0];
  const double ideal = ideal_values(circuit, z0)(0);
  CHECK(std::abs(estimate.value - ideal) < 4 * estimate.std_error);
  const double raw = exact_values(device, circuit, z0)(0);
  CHECK(std::abs(raw - ideal) > 4 * estimate.std_error);
}

TEST_CASE("PEC on a recorded device, whose pulses relax") {
  const Device device{read_calibration(RHODRIFT_SOURCE_DIR "/data/calibrations/belem.json"),
                      {0, 1, 2}};
  const Circuit circuit = three_qubit_circuit();
  const std::vector<Observable>& observables = three_qubit_observables();
  const Circuit native = translate(circuit, device.calibration(), device.layout);
  const DressedCircuit dressed = dress(native);
  DressedNoise truth = noise_of(dressed, device);
  truth.readout_error = {};
  DensityMatrixExecutor simulator(1);
  const pec::Figures figures =
      pec::exact_figures(dressed, pauli_twirled(dressed, truth), truth, observables, simulator);
  const arma::vec ideal = ideal_values(circuit, observables);
  const arma::vec unmitigated = exact_values(
      simulator,
      mean_circuit(dressed, truth, PauliInsertions(PauliNoise::none(dressed), 1.0), Signs::kept),
      observables);
  // Left is that the last slots relax towards |0>, which Paulis do not undo.
  CHECK(arma::abs(figures.mean - ideal).max() < 0.05 * arma::abs(unmitigated - ideal).max());
}

TEST_CASE("What PEC cannot do is refused") {
  const DressedCircuit dressed = dress(three_qubit_circuit());
  CHECK_THROWS_WITH(pec::construct(dressed, PauliNoise::none(dressed), 1, 10, 1),
                    ContainsSubstring("at least 2 are needed"));
  const Circuit noisy = damped(two_qubit_circuit(), 0.05);
  CHECK_THROWS_WITH(pec::invert_channels(noisy, pec::pauli_basis(1), pec::pauli_basis(2)),
                    ContainsSubstring("channel 'rx' 0") && ContainsSubstring("does not span"));
  const pec::ChannelInverses projecting =
      pec::invert_channels(noisy, pec::channel_basis(1), pec::endo_basis(2));
  CHECK_THROWS_WITH(pec::construct(projecting, 10, 10, 1),
                    ContainsSubstring("does not keep the trace"));
  DensityMatrixExecutor simulator(1);
  CHECK_THROWS_WITH(pec::exact_figures(projecting, Circuit(2), z0, simulator),
                    ContainsSubstring("fewer gates"));
}
