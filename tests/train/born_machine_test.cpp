#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/sim/outcome_program.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/batch_minimizer.hpp>
#include <rhodrift/train/born_machine.hpp>
#include <rhodrift/train/outcome_distribution.hpp>

#include "support/catch.hpp"
#include "train/central_differences.hpp"

using namespace rhodrift;

namespace {

arma::vec random_weights(int n, std::uint64_t seed) {
  RandomStream random(seed);
  arma::vec weights(static_cast<arma::uword>(n));
  for (double& w : weights) w = random.normal();
  return weights;
}

Device belem(Layout layout) {
  return Device(
      read_calibration(std::filesystem::path(RHODRIFT_SOURCE_DIR) / "data/calibrations/belem.json"),
      std::move(layout));
}

}  // namespace

TEST_CASE("a generator's probabilities are what the device reports, gates and readout") {
  const Circuit ansatz = ansatz_circuit(parse_ansatz("hardware-efficient:1"), 3);
  const arma::vec weights = random_weights(ansatz.n_weights(), 3);
  const auto bound = arma::conv_to<std::vector<double>>::from(weights);
  for (const Circuit& circuit : {ansatz, on_device(ansatz, belem({0, 1, 3}))}) {
    const std::vector<double> reported = OutcomeProgram(circuit).probabilities({bound, {}});
    const arma::vec found =
        outcome_probabilities(ProgramExpectations(circuit, outcome_projectors(3)), weights);
    CHECK(arma::approx_equal(found, arma::vec(reported), "absdiff", 1e-12));
  }
}

TEST_CASE("a generator's gradient is that of differences, with noise and without") {
  const Circuit ansatz = ansatz_circuit(parse_ansatz("real-amplitudes:2"), 3);
  const MaximumMeanDiscrepancy discrepancy(discretised_gaussian(3, 3, 1.5), {0.5, 4},
                                           MaximumMeanDiscrepancy::Distance::integers);
  const arma::vec weights = random_weights(ansatz.n_weights(), 4);
  for (const Circuit& circuit : {ansatz, on_device(ansatz, belem({0, 1, 3}))}) {
    const ProgramExpectations projectors(circuit, outcome_projectors(3));
    const LossValue loss = generator_loss(discrepancy, projectors, weights);
    CHECK(loss.value ==
          Approx(discrepancy(outcome_probabilities(projectors, weights)).value).epsilon(1e-12));
    const arma::vec differences = central_differences(
        [&](const arma::vec& at) { return generator_loss(discrepancy, projectors, at).value; },
        weights);
    CHECK(arma::approx_equal(loss.gradient, differences, "absdiff", 1e-8));
  }
}

TEST_CASE("a generator learns bars and stripes, and in noise what noise allows") {
  const arma::vec target = bars_and_stripes(2, 2);
  const MaximumMeanDiscrepancy discrepancy(target, {0.5, 1, 2, 4});
  const Circuit ansatz = ansatz_circuit(parse_ansatz("hardware-efficient:4"), 4);
  const ProgramExpectations ideal(ansatz, outcome_projectors(4));
  const ProgramExpectations noisy(on_device(ansatz, belem({0, 1, 3, 4})), outcome_projectors(4));
  const auto trained = [&](const ProgramExpectations& projectors) {
    return minimize_batch([&](const arma::vec& weights,
                              bool) { return generator_loss(discrepancy, projectors, weights); },
                          0.3 * random_weights(ansatz.n_weights(), 5), {})
        .best.parameters;
  };
  const arma::vec without = trained(ideal), with = trained(noisy);
  CHECK(total_variation(outcome_probabilities(ideal, without), target) < 0.02);
  const double unaware = discrepancy(outcome_probabilities(noisy, without)).value;
  const double aware = discrepancy(outcome_probabilities(noisy, with)).value;
  CHECK(aware < unaware);
}

TEST_CASE("a generator has no features, and at most 8 qubits are read") {
  CHECK_THROWS_AS(outcome_projectors(9), InputError);
  CHECK_THROWS_AS(outcome_projectors(0), InputError);
  Circuit circuit(1);
  circuit.append(Op::ry, {0}, {Angle::feature(0)});
  CHECK_THROWS_WITH(
      outcome_probabilities(ProgramExpectations(circuit, outcome_projectors(1)), arma::vec{}),
      ContainsSubstring("a generator has none"));
}
