#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/pauli_insertions.hpp>
#include <rhodrift/mitigation/zne/amplification.hpp>

#include "mitigation/noisy_executor.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

namespace {

/// Twirled, and that to a power.
TransferMatrix power_of_twirled(const TransferMatrix& noise, double power) {
  return arma::diagmat(arma::pow(noise.diag(), power));
}

}  // namespace

TEST_CASE("The mean of amplified instances is the circuit with noise of that strength") {
  const DressedCircuit dressed = dress(three_qubit_circuit());
  const std::vector<Observable>& observables = three_qubit_observables();
  const SimpleNoise noise{depolarizing(1, 0.01).ptm(), rough_two_qubit_noise(0.1)};
  const DressedNoise truth = noise_of(dressed, noise(*dressed.circuit));
  const PauliNoise believed = pauli_twirled(dressed, truth);
  const std::vector<double> bare = dressed.weights(PauliFrame(dressed.slots.size()));
  DensityMatrixExecutor simulator(1);
  for (const double factor : {1.0, 1.3, 2.0, 3.0}) {
    const arma::vec mean = exact_values(
        simulator, mean_circuit(dressed, truth, PauliInsertions(believed, factor), Signs::kept),
        observables);
    const SimpleNoise amplified{power_of_twirled(noise.one_qubit, factor),
                                power_of_twirled(noise.two_qubit, factor)};
    DensityMatrixExecutor device(1, amplified);
    CHECK(arma::approx_equal(mean, exact_values(device, *dressed.circuit, observables, bare),
                             "absdiff", 1e-13));
  }
}

TEST_CASE("Amplified instances sample that mean") {
  const DressedCircuit dressed = dress(three_qubit_circuit());
  const std::vector<Observable>& observables = three_qubit_observables();
  const SimpleNoise noise{depolarizing(1, 0.01).ptm(), rough_two_qubit_noise(0.1)};
  const DressedNoise truth = noise_of(dressed, noise(*dressed.circuit));
  const PauliNoise believed = pauli_twirled(dressed, truth);
  const std::vector<double> factors{1.0, 1.5, 2.5};
  DensityMatrixExecutor device(5, noise), simulator(1);
  const zne::AmplifiedPlan plan = zne::amplify(dressed, believed, factors, 2000, 20, 9);
  CHECK(plan.scale_factors == factors);
  CHECK(plan.jobs.size() == 6000);
  const JointEstimate joint =
      pooled(plan, device.run(plan.jobs), observables, raw_estimator()).joint();
  for (arma::uword c = 0; c < 3; ++c) {
    const arma::vec mean = exact_values(
        simulator, mean_circuit(dressed, truth, PauliInsertions(believed, factors[c]), Signs::kept),
        observables);
    for (arma::uword k = 0; k < 3; ++k) {
      const double error = std::sqrt(joint.covariance(3 * c + k, 3 * c + k));
      CHECK(error < 0.02);
      CHECK(std::abs(joint.values(3 * c + k) - mean(k)) < 4 * error);
    }
  }
  CHECK(joint.covariance(0, 1) != 0.0);  // observables of a cell share its shots,
  CHECK(joint.covariance(0, 3) == 0.0);  // cells share nothing
}

TEST_CASE("Factors that do not amplify are refused") {
  const DressedCircuit dressed = dress(three_qubit_circuit());
  const PauliNoise none = PauliNoise::none(dressed);
  const auto amplify = [&](const std::vector<double>& factors) {
    return zne::amplify(dressed, none, factors, 10, 10, 1);
  };
  CHECK_THROWS_WITH(amplify({}), ContainsSubstring("there are none"));
  CHECK_THROWS_WITH(amplify({1.0, 0.5}), ContainsSubstring("0.5 is not finite and >= 1"));
  CHECK_THROWS_WITH(amplify({1.0, 3.0, 3.0}), ContainsSubstring("3 is repeated"));
  CHECK_THROWS_AS(zne::amplify(dressed, none, std::vector{1.0}, 1, 10, 1), InputError);
}
