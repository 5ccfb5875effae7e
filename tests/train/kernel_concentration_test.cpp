#include <cmath>
#include <numbers>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/train/kernel_concentration.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

/// Uniform in ±range.
arma::mat features(int n_features, arma::uword n, double range) {
  RandomStream random(17);
  arma::mat samples(static_cast<arma::uword>(n_features), n);
  for (double& x : samples) x = range * (2 * random.uniform() - 1);
  return samples;
}

FeatureMap iqp(int n_qubits) {
  return FeatureMap(Encoder(parse_encoding("iqp:2"), n_qubits, n_qubits));
}

KernelConcentration of_iqp(int n_qubits, double range, std::uint64_t shots) {
  DensityMatrixExecutor executor(5);
  return fidelity_concentration(
      FidelityKernel(iqp(n_qubits))
          .matrix(executor, features(n_qubits, 24, range), 0, KernelDiagonal::one),
      shots);
}

}  // namespace

TEST_CASE("a fidelity kernel's concentration is that of its entries beside the diagonal") {
  const EstimatedMatrix kernel{
      {{1, 0.2, 0.4}, {0.2, 1, 0.6}, {0.4, 0.6, 1}}, arma::zeros(3, 3), 3, 0};
  const KernelConcentration found = fidelity_concentration(kernel, 100);
  CHECK(found.mean == Approx(0.4));
  CHECK(found.spread == Approx(0.2));
  CHECK(found.shot_error == Approx(std::sqrt((0.16 + 0.24 + 0.24) / 3 / 100)));
  CHECK(found.shots_needed() == Approx((0.16 + 0.24 + 0.24) / 3 / 0.04));
  CHECK_FALSE(concentration_warning(found));

  EstimatedMatrix alike = kernel;
  alike.values.fill(0.3);
  CHECK(std::isinf(fidelity_concentration(alike, 100).shots_needed()));
  CHECK(concentration_warning(fidelity_concentration(alike, 100)));
}

TEST_CASE("shots are taken out of the spread") {
  const arma::mat samples = features(4, 40, 1.0);
  const FidelityKernel kernel(iqp(4));
  DensityMatrixExecutor executor(6);
  const auto measured = [&](std::uint64_t shots) {
    return kernel.matrix(executor, samples, shots, KernelDiagonal::one);
  };
  const double truth = fidelity_concentration(measured(0), 50).spread;
  const EstimatedMatrix sampled = measured(50);
  const KernelConcentration found = fidelity_concentration(sampled, 50);
  const arma::vec entries = sampled.values(arma::trimatu_ind(arma::size(sampled.values), 1));
  CHECK(found.spread == Approx(truth).epsilon(0.03));
  CHECK(arma::stddev(entries) > 1.05 * truth);  // what it would be with them

  const EstimatedMatrix exact = one_qubit_expectations(executor, iqp(4), samples, 0);
  const EstimatedMatrix few = one_qubit_expectations(executor, iqp(4), samples, 50);
  CHECK(projected_concentration(few, 50).spread ==
        Approx(projected_concentration(exact, 50).spread).epsilon(0.05));
  CHECK(projected_concentration(few, 50).shot_error ==
        Approx(arma::norm(arma::vectorise(few.std_error)) /
               std::sqrt(static_cast<double>(few.std_error.n_elem)))
            .epsilon(0.05));
}

TEST_CASE("kernels concentrate with qubits, and what the warning advises helps") {
  const double wide = std::numbers::pi;
  CHECK(of_iqp(2, wide, 50).spread > 3 * of_iqp(8, wide, 50).spread);
  CHECK_FALSE(concentration_warning(of_iqp(2, wide, 50)));
  const auto warning = concentration_warning(of_iqp(8, wide, 50));
  REQUIRE(warning);
  CHECK(warning->code == Warning::Code::kernel_concentration);
  CHECK_THAT(warning->finding, ContainsSubstring("50 shots"));
  CHECK_THAT(warning->remedy, ContainsSubstring("narrower range"));
  CHECK_FALSE(concentration_warning(of_iqp(8, 0.7, 50)));

  const auto narrow = concentration_warning(of_iqp(8, 0.1, 50));
  REQUIRE(narrow);
  CHECK_THAT(narrow->remedy, ContainsSubstring("wider range"));

  const auto needed = static_cast<std::uint64_t>(of_iqp(8, wide, 50).shots_needed());
  CHECK(needed > 50);
  CHECK_FALSE(concentration_warning(of_iqp(8, wide, needed + 1)));
}

TEST_CASE("noise that takes all of a state concentrates a projected kernel") {
  EstimatedMatrix lost{arma::zeros(6, 10), arma::zeros(6, 10), 30, 0};
  CHECK_THAT(concentration_warning(projected_concentration(lost, 1000))->remedy,
             ContainsSubstring("narrower range"));
  lost.values.row(0) = arma::linspace(-0.5, 0.5, 10).t();
  CHECK_FALSE(concentration_warning(projected_concentration(lost, 1000)));
  EstimatedMatrix alike{arma::zeros(6, 10), arma::zeros(6, 10), 30, 0};
  alike.values.rows(arma::uvec{2, 5}).ones();  // all samples in |00>
  CHECK_THAT(concentration_warning(projected_concentration(alike, 1000))->remedy,
             ContainsSubstring("wider range"));
}

TEST_CASE("concentration of too few samples or no shots is refused") {
  const EstimatedMatrix pair{arma::eye(2, 2), arma::zeros(2, 2), 1, 0};
  CHECK_THROWS_AS(fidelity_concentration(pair, 100), InputError);
  const EstimatedMatrix three{arma::eye(3, 3), arma::zeros(3, 3), 3, 0};
  CHECK_THROWS_AS(fidelity_concentration(three, 0), InputError);
  CHECK_THROWS_AS(projected_concentration({arma::zeros(3, 1), arma::zeros(3, 1), 3, 0}, 100),
                  InputError);
}
