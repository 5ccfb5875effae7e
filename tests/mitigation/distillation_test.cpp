#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/distillation.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>

#include "mitigation/sampling.hpp"
#include "support/catch.hpp"
#include "support/observables.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

/// ρ²/tr ρ²
arma::cx_mat distilled(const arma::cx_mat& density) {
  const arma::cx_mat square = density * density;
  return square / arma::trace(square);
}

/// Mixed: pure states would not tell ρ² from ρ.
Circuit noisy_circuit() {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {0.9}).append(Op::cx, {0, 1}).append(Op::rx, {1}, {0.5});
  const double decay = 0.2, kept = std::sqrt(1 - decay);
  arma::cx_mat stays(2, 2, arma::fill::eye), falls(2, 2, arma::fill::zeros);
  stays(1, 1) = kept;
  falls(0, 1) = std::sqrt(decay);
  for (const int q : {0, 1})
    circuit.append_channel("damping", {q}, oracle::transfer_matrix({stays, falls}));
  return circuit;
}

}  // namespace

TEST_CASE("Distilled expectations are those of ρ² over its trace") {
  RandomStream random(71);
  const auto observables = parse_observables(
      {"Z0", "Z2", "Z0 Z1", "Z0 Z1 Z2", "0.5*Z1 - 2*Z0 Z2 + 0.25*Z1 Z2 + 3*I", "I"});
  for (int repetition = 0; repetition < 6; ++repetition) {
    const Circuit circuit = oracle::random_circuit({.n_qubits = 3, .n_instructions = 14}, random);
    const auto plan = distillation::construct(circuit, observables, 0);
    REQUIRE(plan.jobs.size() == 5);  // tr ρ² and single Z; 01, 012, 02 and 12
    DensityMatrixExecutor executor(1);
    const auto outcomes = executor.run(plan.jobs);
    const arma::cx_mat density = oracle::evolve(circuit);
    const auto estimates = distillation::combine(plan, outcomes, observables);
    for (std::size_t k = 0; k < observables.size(); ++k) {
      CHECK(estimates[k].value ==
            Approx(oracle::expectation(observables[k], distilled(density))).margin(1e-11));
      CHECK(estimates[k].std_error == 0.0);
    }
    CHECK(estimates[0].diagnostics.at("purity") ==
          Approx(arma::trace(density * density).real()).epsilon(1e-11));
    CHECK(estimates[0].method == "distillation");
    CHECK(estimates[0].circuits == 5);
  }
}

TEST_CASE("Distillation of bits in another order, with weights") {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {Angle::weight(0)}).append(Op::cx, {0, 1});
  circuit.append(Op::ry, {1}, {Angle::feature(0)}).measure(1, 0).measure(0, 1);
  const auto observables = parse_observables({"Z0", "Z1", "Z0 Z1"});
  const std::vector<double> weights{0.7}, features{0.4};
  const auto plan = distillation::construct(circuit, observables, 0).bound(weights, features);
  DensityMatrixExecutor executor(1);
  const auto estimates = distillation::combine(plan, executor.run(plan.jobs), observables);
  const arma::cx_mat density = oracle::evolve(circuit, weights, features);
  const auto by_qubit = parse_observables({"Z1", "Z0", "Z0 Z1"});
  for (std::size_t k = 0; k < 3; ++k)
    CHECK(estimates[k].value == Approx(oracle::expectation(by_qubit[k], density)).margin(1e-12));
}

TEST_CASE("Distillation by strings is distillation by counting, readout mitigation goes inside") {
  Circuit circuit = noisy_circuit();
  const ReadoutError error{ConfusionMatrix::single(0, 0.03, 0.08),
                           ConfusionMatrix::single(1, 0.02, 0.05)};
  const auto observables = parse_observables({"Z0", "Z0 Z1", "Z1 + 0.5*Z0 Z1"});
  const auto plan = distillation::construct(circuit, observables, 1000);
  DensityMatrixExecutor executor(2);
  const auto outcomes = executor.run(plan.jobs);
  const JointEstimate counted = distillation::combine_jointly(plan, outcomes, observables);
  const JointEstimate strings =
      distillation::combine_jointly(plan, outcomes, observables, raw_estimator());
  CHECK(arma::abs(counted.values - strings.values).max() < 1e-13);
  CHECK(arma::abs(counted.covariance - strings.covariance).max() < 1e-15);

  circuit.set_readout_error(error);
  const auto misread = distillation::construct(circuit, observables, 0);
  const ReadoutError& of_pairs = misread.jobs[0].circuit->readout_error();
  REQUIRE(of_pairs.size() == 4);
  const auto exact = executor.run(misread.jobs);
  const auto undone =
      distillation::combine(misread, exact, observables, readout::inversion(of_pairs));
  const arma::cx_mat state = distilled(oracle::evolve(circuit));
  const auto raw = distillation::combine(misread, exact, observables);
  for (std::size_t k = 0; k < observables.size(); ++k) {
    const double truth = oracle::expectation(observables[k], state);
    CHECK(undone[k].value == Approx(truth).margin(1e-12));
    CHECK(std::abs(raw[k].value - truth) > 1e-3);
  }
  CHECK(undone[0].method == "distillation over readout/inversion");
}

TEST_CASE("Depolarizing: expectations shrink by (p² - q²)/(p² + 3q²) instead of p - q") {
  // Two qubits in a pure state with probability p = 1 - 3q, in each other one with q = λ/4.
  const double lambda = 0.2, q = lambda / 4, p = 1 - 3 * q;
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {0.9}).append(Op::cx, {0, 1});
  const auto z0 = parse_observables({"Z0"});
  const double truth = oracle::expectation(z0[0], oracle::evolve(circuit));
  TransferMatrix depolarizing = (1 - lambda) * arma::eye(16, 16);
  depolarizing(0, 0) = 1.0;
  circuit.append_channel("depolarizing", {0, 1}, depolarizing);
  const auto plan = distillation::construct(circuit, z0, 0);
  DensityMatrixExecutor executor(1);
  CHECK(distillation::combine(plan, executor.run(plan.jobs), z0)[0].value ==
        Approx(truth * (p * p - q * q) / (p * p + 3 * q * q)).epsilon(1e-12));
}

TEST_CASE("Intervals of distillation cover 95%") {
  const Circuit circuit = noisy_circuit();
  const auto observables = parse_observables({"Z0 + 0.5*Z0 Z1 - Z1"});
  const double truth = oracle::expectation(observables[0], distilled(oracle::evolve(circuit)));
  const auto plan = distillation::construct(circuit, observables, 0);
  DensityMatrixExecutor executor(1);
  const auto exact = executor.run(plan.jobs);
  const double covered = sampling::coverage(
      truth, 72,
      [&](RandomStream& random) {
        std::vector<Outcomes> outcomes;
        for (const Outcomes& one : exact) outcomes.push_back(draw(one, 2000, random));
        return distillation::combine(plan, outcomes, observables)[0];
      },
      8000);
  CHECK(covered == Approx(0.95).margin(0.015));
}

TEST_CASE("Distillation refuses what it cannot give") {
  const Circuit circuit = noisy_circuit();
  CHECK_THROWS_WITH(distillation::construct(circuit, parse_observables({"X0"}), 10),
                    ContainsSubstring("is not diagonal"));
  CHECK_THROWS_WITH(distillation::construct(circuit, parse_observables({"Z2"}), 10),
                    ContainsSubstring("bit 2 is outside 0..1"));
  Circuit measured(1);
  measured.measure(0, 0).append(Op::x, {0}).measure(0, 1);
  CHECK_THROWS_WITH(distillation::construct(measured, parse_observables({"Z0"}), 10),
                    ContainsSubstring("mid-circuit"));
  const auto z0 = parse_observables({"Z0"});
  const auto plan = distillation::construct(circuit, z0, 10);
  const std::vector<Outcomes> outcomes{Outcomes::from_counts(4, {{0b0001, 10}})};
  CHECK_THROWS_AS(distillation::combine(plan, outcomes, z0), RunError);
  CHECK_THROWS_WITH(distillation::combine(plan, outcomes, parse_observables({"Z0 Z1"})),
                    ContainsSubstring("the plan has no circuit for it"));
  const auto wide = distillation::construct(Circuit(8), z0, 10);
  const std::vector<Outcomes> zero{Outcomes::from_counts(16, {{0, 10}})};
  CHECK(distillation::combine(wide, zero, z0)[0].value == 1.0);
  CHECK_THROWS_WITH(distillation::combine(wide, zero, z0, raw_estimator()),
                    ContainsSubstring("8 qubits are more than the 7"));
}
