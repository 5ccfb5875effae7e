#include <cmath>
#include <numbers>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/expressibility.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

constexpr double pi = std::numbers::pi;
constexpr int paper_bins = 75;

/// h and rz: fidelities cos²(Δ/2), distributed by the arcsine law.
Circuit circuit_a() {
  Circuit circuit(1);
  circuit.append(Op::h, {0}).append(Op::rz, {0}, {Angle::weight(0)});
  return circuit;
}

/// The relative entropy of the arcsine law to the uniform one of a qubit, in bins.
double entropy_of_arcsine(int n_bins) {
  const auto below = [&](int i) {
    return 2 / pi * std::asin(std::sqrt(static_cast<double>(i) / n_bins));
  };
  double entropy = 0;
  for (int i = 0; i < n_bins; ++i) {
    const double p = below(i + 1) - below(i);
    entropy += p * std::log(p * n_bins);
  }
  return entropy;
}

Estimate expressibility_of(const Circuit& circuit, std::size_t n_pairs) {
  DensityMatrixExecutor executor(1);
  return expressibility(random_fidelities(circuit, {}, executor, n_pairs, 1), circuit.n_qubits());
}

/// How often of 500 times the interval of 1000 fidelities drawn by `draw` holds the truth.
template <typename Draw>
double coverage(Draw draw, int n_qubits, double truth) {
  constexpr int repetitions = 500;
  RandomStream random(7);
  int covered = 0;
  for (int i = 0; i < repetitions; ++i) {
    arma::vec fidelities(1000);
    for (double& fidelity : fidelities) fidelity = draw(random);
    const Interval ci = expressibility(fidelities, n_qubits).ci;
    covered += ci.low <= truth && truth <= ci.high ? 1 : 0;
  }
  return static_cast<double>(covered) / repetitions;
}

Estimate capability_of(const Circuit& circuit, std::size_t n_states) {
  return entangling_capability(ProgramExpectations(circuit, bloch_observables(circuit.n_qubits())),
                               {}, n_states, 1);
}

bool holds(const Estimate& estimate, double truth) {
  return estimate.ci.low <= truth && truth <= estimate.ci.high;
}

}  // namespace

TEST_CASE("circuits of one qubit are as expressible as published") {
  // Sim et al., figure 2: idle 4.30, A 0.22, B 0.02.
  Circuit idle(1);
  idle.append(Op::rz, {0}, {Angle::weight(0)});
  // The published figures are of 5000 fidelities, their bias in them, and of 74 bins: 4.30 = ln 74.
  const Estimate of_idle = expressibility_of(idle, 1000);
  CHECK(of_idle.value == Approx(std::log(75.0)).epsilon(1e-10));
  CHECK(of_idle.std_error < 1e-7);
  const Estimate of_a = expressibility_of(circuit_a(), 5000);
  CHECK(holds(of_a, entropy_of_arcsine(paper_bins)));
  CHECK(of_a.diagnostics.at("bias") == Approx(74.0 / 10000).epsilon(0.1));
  CHECK(of_a.value + of_a.diagnostics.at("bias") == Approx(0.22).margin(0.03));
  Circuit b = circuit_a();
  b.append(Op::rx, {0}, {Angle::weight(1)});
  const Estimate of_b = expressibility_of(b, 5000);
  CHECK(of_b.value + of_b.diagnostics.at("bias") == Approx(0.02).margin(0.005));
}

TEST_CASE("an idle circuit of more qubits is less expressible") {
  CHECK(expressibility(arma::ones(100), 4).value == Approx(15 * std::log(75.0)).epsilon(1e-10));
  // Haar's probability of the last bin is 75^-1023, below the smallest double.
  CHECK(expressibility(arma::ones(100), 10).value == Approx(1023 * std::log(75.0)).epsilon(1e-10));
}

TEST_CASE("intervals of the expressibility cover") {
  const auto arcsine = [](RandomStream& random) {
    return std::pow(std::cos(pi * random.uniform()), 2);
  };
  CHECK(coverage(arcsine, 1, entropy_of_arcsine(paper_bins)) == Approx(0.95).margin(0.03));
  // Of Haar's own states they are conservative.
  for (const int n_qubits : {1, 2, 4}) {
    const double exponent = 1 / (std::exp2(n_qubits) - 1);
    const auto haar = [&](RandomStream& random) {
      return 1 - std::pow(random.uniform(), exponent);
    };
    CHECK(coverage(haar, n_qubits, 0) > 0.97);
  }
}

TEST_CASE("deep circuits are as expressible and entangling as Haar's measure") {
  const Circuit deep = ansatz_circuit({Brick{8, BrickBlock::su4}}, 3);
  const Estimate expressible = expressibility_of(deep, 2000);
  const Estimate entangling = capability_of(deep, 500);
  CHECK(holds(expressible, 0));
  CHECK(holds(entangling, 6.0 / 9));
}

TEST_CASE("known entangling capabilities") {
  const Estimate product = capability_of(ansatz_circuit({RealAmplitudes{0}}, 3), 50);
  CHECK(std::abs(product.value) < 1e-12);
  REQUIRE(entanglement_warning(product));
  CHECK(entanglement_warning(product)->code == Warning::Code::no_entanglement);
  Circuit ghz(3);
  ghz.append(Op::h, {0}).append(Op::cx, {0, 1}).append(Op::cx, {1, 2});
  CHECK(capability_of(ghz, 2).value == Approx(1.0).epsilon(1e-14));
  CHECK_FALSE(entanglement_warning(capability_of(ghz, 2)));
  // cos(w/2)|00> + sin(w/2)|11>: Q = sin² w, of mean 1/2 and variance 1/8.
  Circuit pair(2);
  pair.append(Op::ry, {0}, {Angle::weight(0)}).append(Op::cx, {0, 1});
  const Estimate half = capability_of(pair, 400);
  CHECK(holds(half, 0.5));
  CHECK(half.std_error == Approx(std::sqrt(0.125 / 400)).epsilon(0.1));
}

TEST_CASE("features are as given when circuits are looked at") {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {Angle::feature(0)})
      .append(Op::cx, {0, 1})
      .append(Op::rz, {0}, {Angle::weight(0)});
  const ProgramExpectations bloch(circuit, bloch_observables(2));
  const Estimate capability = entangling_capability(bloch, {0.7}, 10, 1);
  CHECK(capability.value == Approx(std::pow(std::sin(0.7), 2)).epsilon(1e-12));
  CHECK_THROWS_WITH(entangling_capability(bloch, {}, 10, 1),
                    "entangling capability: 0 features, the circuit has 1");
  DensityMatrixExecutor executor(1);
  CHECK(random_fidelities(circuit, {0.0}, executor, 300, 1).min() == Approx(1.0));
  CHECK(random_fidelities(circuit, {0.7}, executor, 300, 1).min() < 0.9);
  CHECK_THROWS_WITH(random_fidelities(circuit, {}, executor, 3, 1),
                    "random fidelities: 0 features, the circuit has 1");
}

TEST_CASE("expressibility refuses what it cannot bin") {
  CHECK_THROWS_WITH(expressibility({0.5}, 1),
                    "expressibility: 1 fidelities, at least 2 are needed");
  CHECK_THROWS_WITH(expressibility({0.5, 1.1}, 1),
                    "expressibility: a fidelity of 1.1 is outside [0, 1]");
  CHECK_THROWS_WITH(expressibility({0.5, 0.6}, 31), "expressibility: 31 qubits are outside 1..30");
  CHECK_THROWS_WITH(expressibility({0.5, 0.6}, 1, 1),
                    "expressibility: 1 bins, at least 2 are needed");
}
