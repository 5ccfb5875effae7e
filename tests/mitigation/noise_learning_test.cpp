#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/noise_learning.hpp>
#include <rhodrift/mitigation/pauli_insertions.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>

#include "mitigation/noisy_executor.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

/// A Pauli channel after the gate, depolarizing slots, and misread bits.
SimpleNoise pauli_device() {
  return {depolarizing(1, 0.002).ptm(),
          Channel::from_ptm(rough_two_qubit_noise(0.1)).pauli_twirled().ptm(),
          {ConfusionMatrix::single(0, 0.02, 0.06)}};
}

/// Of one run of the gate with its slots; P and U P U† share their product.
arma::vec learnable(Op gate, const SimpleNoise& noise) {
  const arma::vec slots = arma::kron(noise.one_qubit.diag(), noise.one_qubit.diag());
  const arma::vec fidelities = slots % noise.two_qubit.diag();
  const arma::mat sizes = arma::abs(unitary_transfer_matrix(info(gate).unitary({})));
  arma::vec result(16);
  for (arma::uword p = 0; p < 16; ++p)
    result(p) = std::sqrt(fidelities(p) * fidelities(sizes.col(p).index_max()));
  return result;
}

const std::vector<int> depths{1, 8};

}  // namespace

TEST_CASE("Pauli noise is learned exactly from exact outcomes, misread or not") {
  for (const Op gate : {Op::cx, Op::ecr, Op::iswap}) {
    SimpleNoise noise = pauli_device();
    noise.readout_error = {ConfusionMatrix::single(0, 0.04, 0.04)};
    DensityMatrixExecutor device(1, noise);
    const auto plan = noise_learning::construct(gate, 3, {2, 0}, depths, 2, 0, 1);
    CHECK(plan.jobs.size() == 9 * depths.size() * 2);
    const JointEstimate learned =
        noise_learning::combine(plan, device.run(plan.jobs), raw_estimator());
    CHECK(arma::abs(learned.values - learnable(gate, pauli_device())).max() < 1e-7);
  }
}

TEST_CASE("The learned fidelities' intervals cover 95%") {
  // Pauli noise does not depend on the twirl, only on which bits are inverted: a cell has four
  // distributions of outcomes, run once and drawn from.
  DensityMatrixExecutor device(1, pauli_device());
  const auto many = noise_learning::construct(Op::cx, 2, {0, 1}, depths, 60, 0, 1);
  const std::vector<Outcomes> outcomes = device.run(many.jobs);
  std::vector<std::array<const Outcomes*, 4>> exact(9 * depths.size());
  for (std::size_t j = 0; j < outcomes.size(); ++j)
    exact[many.instances[j].cell][many.inverted[j]] = &outcomes[j];
  auto plan = noise_learning::construct(Op::cx, 2, {0, 1}, depths, 12, 100, 1);
  const arma::vec truth = learnable(Op::cx, pauli_device());
  arma::vec covered(16, arma::fill::zeros);
  constexpr int repetitions = 2000;
  for (int r = 0; r < repetitions; ++r) {
    RandomStream random(77, static_cast<std::uint64_t>(r));
    std::vector<Outcomes> drawn;
    for (std::size_t j = 0; j < plan.jobs.size(); ++j) {
      plan.inverted[j] = static_cast<std::uint8_t>(random.below(4));
      drawn.push_back(draw(*exact[plan.instances[j].cell][plan.inverted[j]], 100, random));
    }
    const JointEstimate learned = noise_learning::combine(plan, drawn, raw_estimator());
    for (arma::uword p = 1; p < 16; ++p)
      if (std::abs(learned.values(p) - truth(p)) < 1.96 * std::sqrt(learned.covariance(p, p)))
        covered(p) += 1.0 / repetitions;
  }
  INFO(covered.t());
  CHECK(arma::mean(covered.tail(15)) == Approx(0.95).margin(0.015));
}

TEST_CASE("What is learned amplifies and cancels") {
  const SimpleNoise noise{arma::eye(4, 4),
                          Channel::from_ptm(rough_two_qubit_noise(0.1)).pauli_twirled().ptm()};
  DensityMatrixExecutor device(1, noise);
  const auto plan = noise_learning::construct(Op::cz, 2, {0, 1}, depths, 2, 0, 1);
  const JointEstimate learned =
      noise_learning::combine(plan, device.run(plan.jobs), raw_estimator());
  const DressedCircuit dressed =
      dress(Circuit(2).append(Op::ry, {0}, {0.7}).append(Op::cz, {0, 1}));
  PauliNoise believed = PauliNoise::none(dressed);
  believed.entanglers[0] = learned.values;
  CHECK(PauliInsertions(believed, 0.0).gamma() ==
        Approx(
            PauliInsertions(pauli_twirled(dressed, noise_of(dressed, noise(*dressed.circuit))), 0.0)
                .gamma())
            .epsilon(0.02));
}

TEST_CASE("Gates and depths that tell nothing are refused") {
  const auto construct = [](Op gate, const std::vector<int>& m) {
    return noise_learning::construct(gate, 2, {0, 1}, m, 2, 10, 1);
  };
  CHECK_THROWS_WITH(construct(Op::sqrt_iswap, {1, 2}), ContainsSubstring("sqrt_iswap"));
  CHECK_THROWS_WITH(construct(Op::rzz, {1, 2}), ContainsSubstring("without angles"));
  CHECK_THROWS_WITH(construct(Op::cx, {3, 3}), ContainsSubstring("at least 2 different"));
  CHECK_THROWS_WITH(construct(Op::cx, {0, 3}), ContainsSubstring("none below 1"));
}
