#include "sim/kernels.hpp"

#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/program.hpp>

#include "sim/block_structure.hpp"
#include "sim/step.hpp"
#include "support/catch.hpp"
#include "support/for_each_target.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

constexpr double tolerance = 1e-12;

double largest_difference(const PauliVector& state, const arma::cx_mat& density) {
  return arma::abs(state.density_matrix() - density).max();
}

/// Every digit prepared differently, by channels with no symmetry.
Circuit mixed_start(int n_qubits, RandomStream& random) {
  Circuit circuit(n_qubits);
  for (int q = 0; q < n_qubits; ++q)
    circuit.append_channel("start", {q},
                           oracle::transfer_matrix(oracle::random_kraus(1, 2, random)));
  for (int q = 0; q + 1 < n_qubits; ++q)
    circuit.append_channel("start", {q, q + 1},
                           oracle::transfer_matrix(oracle::random_kraus(2, 3, random)));
  return circuit;
}

}  // namespace

TEST_CASE("The kernels exist for scalar code and for what this machine has") {
  const std::vector<std::int64_t> targets = kernels::runnable_targets();
  CHECK(targets.size() >= 2);
  if (std::ranges::find(targets, HWY_AVX3) == targets.end())
    WARN("this machine has no AVX-512: its kernels are compiled but not run here");
}

TEST_CASE(
    "Every noisy gate on every ordered pair of digits agrees with the oracle on every target") {
  for_each_target([] {
    RandomStream random(601);
    const int n = 4;
    const Circuit start = mixed_start(n, random);
    const Channel relaxation = thermal_relaxation(50e-6, 70e-6, 10e-6);
    for (const OperationInfo& row : operation_table()) {
      if (!row.unitary) continue;
      CAPTURE(row.name);
      for (int a = 0; a < n; ++a)
        for (int b = 0; b < (row.n_qubits == 1 ? 1 : n); ++b) {
          if (row.n_qubits == 2 && a == b) continue;
          const std::vector<int> qubits = row.n_qubits == 1 ? std::vector{a} : std::vector{a, b};
          Circuit circuit = start;
          std::vector<Angle> angles;
          for (int k = 0; k < row.n_angles; ++k) angles.push_back(Angle::weight(k));
          circuit.append(Op::barrier, {0, 1, 2, 3}).append(row.op, qubits, angles);
          for (const int q : qubits) circuit.append_channel("relaxation", {q}, relaxation.ptm());
          const std::vector<double> weights = oracle::random_angles(row.n_angles, random);
          REQUIRE(largest_difference(Program(circuit).run({weights, {}}),
                                     oracle::evolve(circuit, weights)) <= tolerance);
        }
    }
  });
}

TEST_CASE("A batch gives what its bindings give one by one, on every target") {
  for_each_target([] {
    for (int n = 1; n <= 4; ++n) {
      RandomStream random(602, static_cast<std::uint64_t>(n));
      const Circuit circuit = oracle::random_circuit(
          {.n_qubits = n, .n_instructions = 30, .n_weights = 3, .n_features = 2}, random);
      const Program program(circuit);
      const std::vector<Observable> observables{Observable::z(0),
                                                Observable::parse(n > 1 ? "X0 Y1" : "X0")};
      const std::size_t size = 11;
      arma::mat weights(static_cast<arma::uword>(circuit.n_weights()), 1),
          features(static_cast<arma::uword>(circuit.n_features()), size);
      for (double& w : weights) w = random.normal();
      for (double& x : features) x = random.normal();
      const BindingBatch batch{size, weights, features};
      const auto slope = [](std::size_t b, const arma::vec& values) -> arma::vec {
        return static_cast<double>(b + 1) * values;
      };
      const arma::mat values = program.batch_expectations(batch, observables);
      const ProgramGradients gradients = program.batch_gradients(batch, observables, slope);
      for (std::size_t b = 0; b < size; ++b) {
        const ProgramGradient one = program.gradient(
            batch[b], observables, [&](const arma::vec& v) { return slope(b, v); });
        REQUIRE(arma::abs(values.col(b) - one.expectations).max() <= tolerance);
        REQUIRE(arma::abs(gradients.expectations.col(b) - one.expectations).max() <= tolerance);
        if (!one.weights.is_empty())
          REQUIRE(arma::abs(gradients.weights.col(b) - one.weights).max() <= 1e-11);
        if (!one.features.is_empty())
          REQUIRE(arma::abs(gradients.features.col(b) - one.features).max() <= 1e-11);
      }
    }
  });
}

TEST_CASE("A batch leaves a channel on all of its qubits no spectators, on every target") {
  RandomStream random(604);
  const oracle::Kraus kraus = oracle::random_kraus(3, 2, random);
  Circuit before(3);
  for (int q = 0; q < 3; ++q) before.append(Op::ry, {q}, {Angle::weight(q)});
  Circuit circuit = before;
  circuit.append_channel("wide", {0, 1, 2}, oracle::transfer_matrix(kraus));
  const std::vector<Observable> observables{Observable::parse("X0 Y1 + Z2")};
  arma::mat weights(3, 5), expected(1, 5);
  for (double& w : weights) w = random.normal();
  for (arma::uword b = 0; b < 5; ++b)
    expected(0, b) = oracle::expectation(
        observables[0],
        oracle::apply_kraus(kraus, oracle::evolve(before, arma::conv_to<std::vector<double>>::from(
                                                              weights.col(b)))));
  for_each_target([&] {
    const arma::mat values =
        Program(circuit).batch_expectations({5, weights, arma::mat(0, 1)}, observables);
    REQUIRE(arma::abs(values - expected).max() <= tolerance);
  });
}

TEST_CASE("States of several tiles agree with the oracle and with any number of threads") {
  // Ten qubits are 64 tiles; a product of two independent halves is within the oracle's reach.
  RandomStream random(603);
  const oracle::RandomCircuit shape{.n_qubits = 5, .n_instructions = 40, .n_weights = 3};
  const Circuit low = oracle::random_circuit(shape, random),
                high = oracle::random_circuit(shape, random);
  Circuit both(10);
  const std::vector<int> low_qubits{7, 2, 9, 0, 4}, high_qubits{1, 8, 3, 6, 5};
  both.append(low, low_qubits).append(high, high_qubits);
  const std::vector<double> weights = oracle::random_angles(both.n_weights(), random);
  const auto weights_of = [&](const Circuit& part) {
    return std::vector<double>(weights.begin(), weights.begin() + part.n_weights());
  };
  const PauliVector state = Program(both).run({weights, {}});
  const arma::cx_mat rho_low = oracle::evolve(low, weights_of(low)),
                     rho_high = oracle::evolve(high, weights_of(high));
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<PauliString::Factor> factors;
    arma::uword p_low = 0, p_high = 0;
    for (std::size_t k = 0; k < 5; ++k) {
      const auto a = random.below(4), b = random.below(4);
      factors.push_back({low_qubits[k], static_cast<Pauli>(a)});
      factors.push_back({high_qubits[k], static_cast<Pauli>(b)});
      p_low |= a << (2 * k);
      p_high |= b << (2 * k);
    }
    const double expected = std::real(arma::trace(oracle::pauli(p_low, 5) * rho_low)) *
                            std::real(arma::trace(oracle::pauli(p_high, 5) * rho_high));
    REQUIRE(std::abs(state.expectation(PauliString(factors)) - expected) <= tolerance);
  }
}

TEST_CASE("The blocks of noisy gates are small, and every block fits its shape") {
  const Channel relaxation = thermal_relaxation(50e-6, 70e-6, 10e-6);
  const TransferMatrix both = relaxation.tensor(relaxation).ptm();
  for (const Op op : {Op::cx, Op::cz, Op::swap}) {
    CAPTURE(info(op).name);
    Circuit circuit(2);
    circuit.append(op, {0, 1}).append_channel("relaxation", {0, 1}, both);
    const std::vector<Step> steps = fuse(circuit).steps;
    REQUIRE(steps.size() == 1);
    for (const NonZeros& zeros :
         {steps[0].product->non_zeros, steps[0].product->non_zeros.transposed()}) {
      const BlockStructure& structure = block_structure(zeros);
      CHECK(structure.cost <= 1.1);  // one store a number, and hardly more
      for (const BlockStructure::Block& block : structure.blocks) CHECK(block.shape >= 0);
    }
  }
}
