// What shots buy in gradient descent: fixed numbers of them against adaptive ones, on the energy of
// three spins. No benchmark of speed. Prints the table of docs/validation.md.
//   adaptive_shots [runs, by default 40]

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <numbers>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/shot_expectations.hpp>

namespace {

using namespace rhodrift;

constexpr double learning_rate = 0.1;
const arma::vec budgets{3e3, 1e4, 3e4, 1e5, 3e5, 1e6};

/// A critical Ising chain of 3 spins with open ends, whose lowest energy is 1 - 1/sin(π/14).
/// P. Pfeuty, Ann. Phys. 57, 79 (1970).
const std::vector<Observable> energy{Observable::parse("-1*Z0 Z1 - 1*Z1 Z2 - 1*X0 - 1*X1 - 1*X2")};
const double lowest_energy = 1 - 1 / std::sin(std::numbers::pi / 14);

const Circuit& circuit() {
  static const Circuit ansatz = ansatz_circuit(parse_ansatz("real-amplitudes:layers=2"), 3);
  return ansatz;
}

/// How far above the lowest energy the weights are when each budget has been spent.
arma::vec excess_energies(const ShotExpectations::Options& options, std::uint64_t run) {
  static const ProgramExpectations exact(circuit(), energy);
  DensityMatrixExecutor executor(1000 + run);
  const ShotExpectations shots(executor, circuit(), energy, options);
  const arma::mat no_features(0, 1);
  RandomStream random(run);
  arma::vec weights(shots.n_weights());
  for (double& weight : weights) weight = random.uniform() - 0.5;
  arma::vec excess(budgets.n_elem);
  for (arma::uword i = 0; i < budgets.n_elem; ++i) {
    while (static_cast<double>(shots.state().shots) < budgets(i))
      weights -= learning_rate *
                 shots
                     .gradient(weights, no_features,
                               [](std::size_t, const arma::vec&) -> arma::vec { return {1.0}; })
                     .weights;
    excess(i) = exact.values(weights, no_features)(0) - lowest_energy;
  }
  return excess;
}

void print_row(const std::string& name, const ShotExpectations::Options& options,
               std::uint64_t runs) {
  arma::mat excess(budgets.n_elem, runs);
  for (std::uint64_t run = 0; run < runs; ++run) excess.col(run) = excess_energies(options, run);
  const arma::vec mean = arma::mean(excess, 1);
  const arma::vec error = arma::stddev(excess, 0, 1) / std::sqrt(static_cast<double>(runs));
  std::cout << fmt::format("| {} |", name);
  for (arma::uword i = 0; i < budgets.n_elem; ++i)
    std::cout << fmt::format(" {:.4f} ± {:.4f} |", mean(i), error(i));
  std::cout << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t runs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 40;
  std::cout << "| shots a circuit |";
  for (const double budget : budgets) std::cout << fmt::format(" {:.0f} |", budget);
  std::cout << "\n|---|---|---|---|---|---|---|\n";
  for (const std::uint64_t shots : {5u, 10u, 20u, 50u, 100u, 300u}) {
    ShotExpectations::Options options;
    options.shots = shots;
    print_row(std::to_string(shots), options, runs);
  }
  for (const double lipschitz : {1.0, 3.0, 6.5}) {
    ShotExpectations::Options options;
    options.adaptive.emplace();
    options.adaptive->learning_rate = learning_rate;
    options.adaptive->lipschitz = lipschitz;
    print_row(fmt::format("adaptive, L = {}", lipschitz), options, runs);
  }
}
