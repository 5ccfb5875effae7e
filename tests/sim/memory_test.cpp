#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/program.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

constexpr int n_qubits = 8;
constexpr std::uint64_t state_bytes = std::uint64_t{8} << (2 * n_qubits);

/// Noisy rotations and a ring of cx: several passes, all steps with an inverse. `error_prob` after
/// every gate.
Circuit noisy_ring(int layers, double error_prob) {
  Circuit circuit(n_qubits);
  const TransferMatrix relaxation = amplitude_damping(0.01).ptm();
  int weight = 0;
  for (int layer = 0; layer < layers; ++layer) {
    for (int q = 0; q < n_qubits; ++q) {
      circuit.append(Op::ry, {q}, {Angle::weight(weight++)});
      circuit.append(Op::rz, {q}, {Angle::weight(weight++)});
      circuit.append_channel("relaxation", {q}, relaxation);
    }
    for (int q = 0; q < n_qubits; ++q) {
      circuit.append(Op::cx, {q, (q + 1) % n_qubits});
      circuit.append_channel("depolarizing", {q, (q + 1) % n_qubits},
                             depolarizing(2, error_prob).ptm());
    }
    circuit.append(Op::crx, {0, 5}, {Angle::weight(weight++)});
  }
  return circuit;
}

ProgramGradient gradient(const Program& program, const std::vector<double>& weights) {
  const std::vector<Observable> observables{Observable::z(0), Observable::parse("X2 Y3 Z7")};
  return program.gradient({weights, {}}, observables, [](const arma::vec&) {
    return arma::vec{1.0, -0.5};
  });
}

std::vector<double> weights_of(const Circuit& circuit, std::uint64_t seed) {
  RandomStream random(seed);
  return oracle::random_angles(circuit.n_weights(), random);
}

}  // namespace

TEST_CASE("The way back is chosen by the memory and says what it takes") {
  const Circuit circuit = noisy_ring(3, 0.01);
  const auto plan = [&](std::uint64_t n_states, double limit) {
    return Program(circuit, {.memory_bytes = n_states * state_bytes, .inversion_limit = limit})
        .memory();
  };
  const MemoryPlan inverting = plan(2, 1e-8);
  CHECK(inverting.gradient == MemoryPlan::Gradient::invert);
  CHECK(inverting.run_bytes == state_bytes);
  CHECK(inverting.gradient_bytes == 2 * state_bytes);
  CHECK(inverting.inversion_error > 0.0);
  CHECK(inverting.inversion_error < 1e-8);

  const MemoryPlan storing = plan(100, 0.0);
  CHECK(storing.gradient == MemoryPlan::Gradient::store);
  CHECK(storing.interval == 1);
  const std::uint64_t n_stored = storing.gradient_bytes / state_bytes;
  CHECK(n_stored >= 5);
  CHECK(plan(n_stored, 0.0).gradient == MemoryPlan::Gradient::store);

  const MemoryPlan checkpoints = plan(n_stored - 1, 0.0);
  CHECK(checkpoints.gradient == MemoryPlan::Gradient::checkpoint);
  CHECK(checkpoints.interval == 2);
  CHECK(checkpoints.gradient_bytes < storing.gradient_bytes);

  CHECK(plan(2, 0.0).gradient == MemoryPlan::Gradient::none);
}

TEST_CASE("Checkpoints give the bits that stored states give") {
  const Circuit circuit = noisy_ring(3, 0.01);
  const std::vector<double> weights = weights_of(circuit, 811);
  const Program storing(circuit, {.inversion_limit = 0.0});
  REQUIRE(storing.memory().gradient == MemoryPlan::Gradient::store);
  const ProgramGradient expected = gradient(storing, weights);
  std::size_t n_intervals = 0;
  for (std::uint64_t n_states = storing.memory().gradient_bytes / state_bytes - 1;; --n_states) {
    const Program program(circuit,
                          {.memory_bytes = n_states * state_bytes, .inversion_limit = 0.0});
    if (program.memory().gradient == MemoryPlan::Gradient::none) break;
    REQUIRE(program.memory().gradient == MemoryPlan::Gradient::checkpoint);
    const ProgramGradient found = gradient(program, weights);
    CHECK(arma::all(found.weights == expected.weights));
    CHECK(arma::all(found.expectations == expected.expectations));
    ++n_intervals;
  }
  CHECK(n_intervals >= 2);
}

TEST_CASE("Undoing steps differs from storing by less than the bound that is stated") {
  const auto [layers, error_prob] =
      GENERATE(std::pair(2, 0.0), std::pair(3, 0.01), std::pair(3, 0.2), std::pair(6, 0.2));
  const Circuit circuit = noisy_ring(layers, error_prob);
  const std::vector<double> weights = weights_of(circuit, 812);
  const Program storing(circuit, {.inversion_limit = 0.0}),
      inverting(circuit, {.inversion_limit = 1e9});
  REQUIRE(inverting.memory().gradient == MemoryPlan::Gradient::invert);
  const ProgramGradient expected = gradient(storing, weights), found = gradient(inverting, weights);
  // One Pauli string of weight 1 and one of 0.5.
  const double bound = 1.5 * inverting.memory().inversion_error;
  const double difference = arma::abs(found.weights - expected.weights).max();
  CAPTURE(layers, error_prob, bound, difference);
  CHECK(difference <= bound);
  CHECK(difference > 0.0);
  CHECK(arma::all(found.expectations == expected.expectations));
}

TEST_CASE("Batches in the lanes are undone too, also what does not keep the trace") {
  Circuit circuit(3);
  const TransferMatrix relaxation = amplitude_damping(0.01).ptm();
  for (int q = 0; q < 3; ++q) {
    circuit.append(Op::ry, {q}, {Angle::weight(2 * q)})
        .append(Op::rz, {q}, {Angle::weight(2 * q + 1)});
    circuit.append_channel("relaxation", {q}, relaxation);
    circuit.append_channel("loss", {q}, 0.9 * TransferMatrix(4, 4, arma::fill::eye));
  }
  circuit.append(Op::cx, {0, 1}).append(Op::crx, {1, 2}, {Angle::weight(6)});
  const Program storing(circuit, {.inversion_limit = 0.0}), inverting(circuit);
  REQUIRE(inverting.memory().gradient == MemoryPlan::Gradient::invert);
  arma::mat weights(7, 9);
  for (arma::uword b = 0; b < 9; ++b) weights.col(b) = arma::vec(weights_of(circuit, 816 + b));
  const arma::mat no_features(0, 1);
  const std::vector<Observable> observables{Observable::parse("X0 Y1 Z2")};
  const auto batch = [&](const Program& program) {
    return program
        .batch_gradients({9, weights, no_features}, observables,
                         [](std::size_t, const arma::vec&) { return arma::vec{1.0}; })
        .weights;
  };
  const arma::mat expected = batch(storing), found = batch(inverting);
  CHECK(arma::abs(expected).max() > 1e-3);
  CHECK(arma::abs(found - expected).max() <= inverting.memory().inversion_error);
  CHECK(arma::abs(found.col(8) - inverting
                                     .gradient({{weights.colptr(8), 7}, {}}, observables,
                                               [](const arma::vec&) { return arma::vec{1.0}; })
                                     .weights)
            .max() <= inverting.memory().inversion_error);
}

TEST_CASE("Channels on three qubits are undone too") {
  RandomStream random(814);
  Circuit circuit = noisy_ring(2, 0.01);
  const TransferMatrix channel = oracle::transfer_matrix(oracle::random_kraus(3, 2, random));
  circuit.append_channel("crosstalk", {6, 0, 3}, 0.9 * arma::eye(64, 64) + 0.1 * channel);
  circuit.append(noisy_ring(1, 0.01));
  const std::vector<double> weights = weights_of(circuit, 815);
  const Program storing(circuit, {.inversion_limit = 0.0}), inverting(circuit);
  REQUIRE(inverting.memory().gradient == MemoryPlan::Gradient::invert);
  const arma::vec difference =
      gradient(storing, weights).weights - gradient(inverting, weights).weights;
  CHECK(arma::abs(difference).max() <= 1.5 * inverting.memory().inversion_error);
}

TEST_CASE("A step without an inverse is never undone") {
  Circuit circuit = noisy_ring(2, 0.01);
  circuit.append(Op::reset, {3}).append(noisy_ring(1, 0.01));
  const Program program(circuit, {.inversion_limit = 1e9});
  CHECK(std::isinf(program.memory().inversion_error));
  CHECK(program.memory().gradient == MemoryPlan::Gradient::store);
}

// --- Floats --------------------------------------------------------------------------------------

TEST_CASE("Programs of float32 agree with those of float64 to their precision") {
  for (int n = 1; n <= 8; ++n) {
    RandomStream random(813, static_cast<std::uint64_t>(n));
    const Circuit circuit = oracle::random_circuit(
        {.n_qubits = n, .n_instructions = 40, .n_weights = 3, .n_features = 2}, random);
    arma::mat weights(static_cast<arma::uword>(circuit.n_weights()), 1),
        features(static_cast<arma::uword>(circuit.n_features()), 11);
    for (double& w : weights) w = random.normal();
    for (double& x : features) x = random.normal();
    const std::vector<Observable> observables{Observable::z(0), Observable::parse("0.5*X0 + Y0")};
    const Program floats(circuit, {.precision = Precision::float32}), doubles(circuit);
    CHECK(floats.precision() == Precision::float32);
    CHECK(floats.memory().run_bytes * 2 == doubles.memory().run_bytes);
    const BindingBatch batch{features.n_cols, weights, features};
    const auto slope = [](std::size_t b, const arma::vec& values) -> arma::vec {
      return static_cast<double>(b) * values;
    };
    constexpr double tolerance = 2e-6;  // tens of steps of 6e-8 each
    CAPTURE(n);
    const ProgramGradients found = floats.batch_gradients(batch, observables, slope),
                           expected = doubles.batch_gradients(batch, observables, slope);
    CHECK(arma::abs(found.expectations - expected.expectations).max() <= tolerance);
    CHECK(arma::abs(found.weights - expected.weights).max() <= 50 * tolerance);
    CHECK(arma::abs(floats.batch_expectations(batch, observables) - expected.expectations).max() <=
          tolerance);
    CHECK(arma::abs(floats.expectations(batch[0], observables) - expected.expectations.col(0))
              .max() <= tolerance);
    const std::vector<double> p = floats.probabilities(batch[0]),
                              q = doubles.run(batch[0]).probabilities();
    for (std::size_t b = 0; b < p.size(); ++b) REQUIRE(std::abs(p[b] - q[b]) <= tolerance);
    CHECK(floats.run(batch[0]).coefficients()[0] == Approx(1.0).margin(tolerance));
  }
}
