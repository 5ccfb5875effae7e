#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/compile/translate.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/pauli_insertions.hpp>
#include <rhodrift/mitigation/twirling.hpp>

#include "mitigation/noisy_executor.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

/// Every twirl of every entangler, each once.
InstancePlan all_twirls(const DressedCircuit& dressed) {
  std::vector<PauliFrame> frames{PauliFrame(dressed.slots.size())};
  for (const Entangler& entangler : dressed.entanglers) {
    std::vector<PauliFrame> longer;
    for (const PauliFrame& frame : frames)
      for (const Entangler::Twirl& twirl : entangler.twirls) {
        longer.push_back(frame);
        longer.back().insert_after(entangler.before, twirl.pauli);
        longer.back().insert_before(entangler.after, twirl.image);
      }
    frames = std::move(longer);
  }
  InstancePlan plan;
  for (const PauliFrame& frame : frames) {
    plan.jobs.push_back(dressed.job(frame, 0));
    plan.instances.push_back({0});
  }
  return plan;
}

arma::vec mean_over_all_twirls(const DressedCircuit& dressed, Executor& executor,
                               const std::vector<Observable>& observables) {
  const InstancePlan plan = all_twirls(dressed);
  return pooled(plan, executor.run(plan.jobs), observables, raw_estimator()).readings[0].values;
}

arma::vec values_of_mean_circuit(const DressedCircuit& dressed, const DressedNoise& noise,
                                 const std::vector<Observable>& observables) {
  DensityMatrixExecutor simulator(1);
  const PauliInsertions nothing(PauliNoise::none(dressed), 1.0);
  return exact_values(simulator, mean_circuit(dressed, noise, nothing, Signs::kept), observables);
}

Device belem(const NoisePolicy& policy = NoisePolicy::device) {
  return {read_calibration(RHODRIFT_SOURCE_DIR "/data/calibrations/belem.json"), {0, 1, 2}, policy};
}

}  // namespace

TEST_CASE("The mean over all twirls is the circuit with twirled noise") {
  const std::vector<Observable>& observables = three_qubit_observables();
  Circuit circuit = Circuit(3).append(Op::ry, {0}, {0.9}).append(Op::cx, {0, 1});
  circuit.append(Op::rx, {1}, {0.4}).append(Op::ecr, {1, 2}).append(Op::ry, {2}, {0.7});
  const DressedCircuit dressed = dress(circuit);
  const SimpleNoise noise{depolarizing(1, 0.03).ptm(), rough_two_qubit_noise(0.2)};
  DensityMatrixExecutor device(1, noise);
  const arma::vec mean = mean_over_all_twirls(dressed, device, observables);

  const DressedNoise of_circuit = noise_of(dressed, noise(*dressed.circuit));
  CHECK(arma::approx_equal(mean, values_of_mean_circuit(dressed, of_circuit, observables),
                           "absdiff", 1e-13));
  // The same said without any of this: Channel::pauli_twirled.
  SimpleNoise twirled = noise;
  twirled.two_qubit = Channel::from_ptm(noise.two_qubit).pauli_twirled().ptm();
  DensityMatrixExecutor twirled_device(1, twirled);
  const std::vector<double> bare = dressed.weights(PauliFrame(dressed.slots.size()));
  CHECK(arma::approx_equal(mean, exact_values(twirled_device, *dressed.circuit, observables, bare),
                           "absdiff", 1e-13));
}

TEST_CASE("Noise of a device is found between slots, carried behind entanglers") {
  const Circuit circuit = Circuit(2).append(Op::h, {0}).append(Op::cx, {0, 1});
  const DressedCircuit dressed = dress(circuit);
  const TransferMatrix damping = amplitude_damping(0.1).ptm();
  Circuit noisy(2);
  for (const Instruction& instruction : dressed.circuit->instructions()) {
    if (instruction.op == Op::cx) noisy.append_channel("wait", {1}, damping);
    noisy.append(instruction);
    if (instruction.op == Op::cx) noisy.append_channel("cx", {1, 0}, rough_two_qubit_noise(0.1));
  }
  const DressedNoise noise = noise_of(dressed, noisy);
  const arma::mat cx = unitary_transfer_matrix(info(Op::cx).unitary({}));
  const TransferMatrix wait = Channel::identity(1).tensor(Channel::from_ptm(damping)).ptm();
  // Digits exchanged: the channel's operand 0 is qubit 1.
  arma::uvec exchanged(16);
  for (arma::uword i = 0; i < 16; ++i) exchanged(i) = i / 4 + 4 * (i % 4);
  const TransferMatrix after = rough_two_qubit_noise(0.1);
  CHECK(arma::approx_equal(noise.entanglers[0],
                           arma::mat(after(exchanged, exchanged) * cx * wait * cx.t()), "absdiff",
                           1e-14));
  for (const TransferMatrix& slot : noise.slots)
    CHECK(arma::approx_equal(slot, arma::eye(4, 4), "absdiff", 1e-14));
}

TEST_CASE("On a recorded device the mean of twirls is its mean circuit to second order") {
  const std::vector<Observable>& observables = three_qubit_observables();
  Circuit circuit = Circuit(3).append(Op::ry, {0}, {0.9}).append(Op::cx, {0, 1});
  circuit.append(Op::rx, {1}, {0.4}).append(Op::cx, {1, 2}).append(Op::ry, {2}, {0.7});
  const Device device = belem();
  const DressedCircuit dressed = dress(translate(circuit, device.calibration(), device.layout));
  DensityMatrixExecutor executor(
      1, [&](const Circuit& c, double scale) { return on_device(c, device, scale); });
  const arma::vec mean = mean_over_all_twirls(dressed, executor, observables);
  const arma::vec predicted =
      values_of_mean_circuit(dressed, noise_of(dressed, device), observables);
  const arma::vec ideal =
      values_of_mean_circuit(dressed, noise_of(dressed, *dressed.circuit), observables);
  CHECK(arma::abs(mean - ideal).max() > 0.01);
  // What is left out is an error of a pulse (some 5e-4) together with one of a cx (some 1e-2).
  CHECK(arma::abs(mean - predicted).max() < 1e-5);
}

TEST_CASE("Twirling is a plan of one circuit with other weights") {
  const DressedCircuit dressed = dress(three_qubit_circuit());
  const InstancePlan plan = twirling::construct(dressed, 8, 100, 3);
  REQUIRE(plan.jobs.size() == 8);
  CHECK(plan.n_cells() == 1);
  CHECK(plan.total_shots() == 800);
  for (const Job& job : plan.jobs) CHECK(job.circuit == dressed.circuit);
  CHECK(plan.jobs[0].weights != plan.jobs[1].weights);
  const InstancePlan longer = twirling::construct(dressed, 9, 100, 3);
  CHECK(longer.jobs[7].weights == plan.jobs[7].weights);
  CHECK_THROWS_WITH(twirling::construct(dressed, 1, 100, 3),
                    ContainsSubstring("1 given, at least 2"));
}

TEST_CASE("Twirling's 95% intervals cover 95%") {
  const std::vector<Observable> observables{Observable::parse("Z0 Z1")};
  const DressedCircuit dressed =
      dress(Circuit(2).append(Op::ry, {0}, {0.9}).append(Op::cx, {0, 1}).append(Op::cx, {0, 1}));
  const SimpleNoise noise{arma::eye(4, 4), rough_two_qubit_noise(0.4)};
  const double truth =
      values_of_mean_circuit(dressed, noise_of(dressed, noise(*dressed.circuit)), observables)(0);
  DensityMatrixExecutor device(7, noise);
  for (const std::uint64_t n_instances : {4, 16}) {
    const double covered = coverage_of_plans(
        truth, device,
        [&](std::uint64_t seed) { return twirling::construct(dressed, n_instances, 200, seed); },
        [&](const InstancePlan& plan, std::span<const Outcomes> outcomes) {
          return twirling::combine(plan, outcomes, observables, raw_estimator())[0];
        });
    CHECK(covered == Approx(0.95).margin(0.015));
  }
}
