#include "sim/linear_batch.hpp"

#include <omp.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/program.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

/// Features in RY and, unless real, RZ with noise, entangled before the last of them if asked for;
/// then a noisy ansatz with a weight in every rotation.
Circuit model(int n, bool entangled, bool real = false) {
  Circuit circuit(n);
  const TransferMatrix relaxation = amplitude_damping(0.02).ptm();
  for (int q = 0; q < n; ++q) {
    circuit.append(Op::ry, {q}, {Angle::feature(q)});
    circuit.append_channel("relaxation", {q}, relaxation);
  }
  for (int q = 0; entangled && q + 1 < n; ++q) circuit.append(Op::cx, {q, q + 1});
  for (int q = 0; !real && q < n; ++q)
    circuit.append(Op::rz, {q}, {0.5 * Angle::feature(n - 1 - q)});
  int weight = 0;
  for (int layer = 0; layer < 2; ++layer) {
    for (int q = 0; q < n; ++q) {
      circuit.append(Op::rx, {q}, {Angle::weight(weight++)});
      circuit.append(Op::ry, {q}, {Angle::weight(weight++) + Angle(0.1)});
    }
    for (int q = 0; n > 1 && q < n; ++q) {
      circuit.append(Op::cx, {q, (q + 1) % n});
      circuit.append_channel("depolarizing", {q, (q + 1) % n}, depolarizing(2, 0.02).ptm());
    }
  }
  return circuit;
}

std::vector<Observable> some_observables(int n, std::size_t count) {
  std::vector<Observable> observables;
  for (std::size_t k = 0; k < count; ++k) {
    const int q = static_cast<int>(k) % n;
    const Observable::Term z{1.0 + static_cast<double>(k), PauliString::z({q})};
    const Observable::Term all{0.3, PauliString::parse("X0")};
    observables.emplace_back(std::vector<Observable::Term>{z, all});
  }
  return observables;
}

arma::mat random_matrix(arma::uword rows, arma::uword columns, RandomStream& random) {
  arma::mat m(rows, columns);
  for (double& x : m) x = random.normal();
  return m;
}

}  // namespace

TEST_CASE("A circuit falls into an encoder and an ansatz where features come before weights") {
  Circuit circuit(3);
  circuit.append(Op::h, {0}).append(Op::rx, {1}, {Angle::weight(0)});
  circuit.append(Op::ry, {0}, {Angle::feature(0)}).append(Op::h, {0});
  circuit.append(Op::ry, {2}, {Angle::feature(1)});
  circuit.append(Op::cx, {0, 1}).append(Op::rx, {0}, {Angle::weight(1)}).measure(0, 0);
  const std::optional<EncoderAnsatz> parts = split(circuit);
  REQUIRE(parts);
  std::vector<Op> encoder, ansatz;
  for (const Instruction& i : parts->encoder.instructions()) encoder.push_back(i.op);
  for (const Instruction& i : parts->ansatz.instructions()) ansatz.push_back(i.op);
  CHECK(encoder == std::vector{Op::h, Op::ry, Op::ry});
  CHECK(ansatz == std::vector{Op::rx, Op::h, Op::cx, Op::rx});

  CHECK_FALSE(split(Circuit(2).append(Op::rx, {0}, {Angle::weight(0)})));
  // Uploaded again behind a weight: on the same qubit, and by way of another one.
  Circuit again = circuit.without_measurements();
  CHECK_FALSE(split(again.append(Op::ry, {1}, {Angle::feature(0)})));
  CHECK_FALSE(split(Circuit(1).append(Op::ry, {0}, {Angle::feature(0) + Angle::weight(0)})));
}

TEST_CASE("A whole batch agrees with its samples run one by one") {
  // What is encoded without RZ has no Pauli strings with Y (with an odd number of them).
  for (const auto& [entangled, real] :
       {std::pair{false, false}, {true, false}, {false, true}, {true, true}})
    for (const int n : {1, 2, 4, 7, 8})
      for (const std::size_t n_observables : {std::size_t{1}, std::size_t{6}}) {
        CAPTURE(n, entangled, real, n_observables);
        RandomStream random(901, static_cast<std::uint64_t>(n));
        const Circuit circuit = model(n, entangled, real);
        const std::vector<Observable> observables = some_observables(n, n_observables);
        const LinearBatch linear(split(circuit).value(), circuit.n_weights(), observables);
        const std::size_t n_samples = 35;
        const arma::vec weights =
            random_matrix(static_cast<arma::uword>(circuit.n_weights()), 1, random);
        const arma::mat features = random_matrix(static_cast<arma::uword>(n), n_samples, random);
        const auto slope = [](std::size_t b, const arma::vec& values) -> arma::vec {
          return (static_cast<double>(b) - 7.0) * values;
        };
        const ProgramGradients expected =
            Program(circuit).batch_gradients({n_samples, weights, features}, observables, slope);
        const auto found = linear.gradient(weights, features, slope);
        const arma::vec expected_weights = arma::sum(expected.weights, 1);
        REQUIRE(arma::abs(found.values - expected.expectations).max() <= 1e-12);
        REQUIRE(arma::abs(linear.values(weights, features) - expected.expectations).max() <= 1e-12);
        REQUIRE(arma::abs(found.weights - expected_weights).max() <=
                1e-12 * (1.0 + arma::accu(arma::abs(expected.weights))));
        CHECK(linear.pays(n_samples));
      }
}

TEST_CASE("Slopes of low rank lead back through as many mixed observables") {
  const int n = 8;
  const Circuit circuit = model(n, false);
  const std::vector<Observable> observables = some_observables(n, 6);
  RandomStream random(903);
  const arma::vec weights = random_matrix(static_cast<arma::uword>(circuit.n_weights()), 1, random);
  const arma::mat features = random_matrix(static_cast<arma::uword>(n), 40, random);
  const LinearBatch linear(split(circuit).value(), circuit.n_weights(), observables);
  for (const arma::uword rank : {0U, 1U, 2U, 5U}) {
    CAPTURE(rank);
    const arma::mat left = random_matrix(observables.size(), rank, random);
    const arma::mat right = random_matrix(rank, features.n_cols, random);
    const arma::mat slopes = left * right;
    const auto slope = [&](std::size_t b, const arma::vec&) -> arma::vec { return slopes.col(b); };
    const ProgramGradients expected =
        Program(circuit).batch_gradients({features.n_cols, weights, features}, observables, slope);
    const arma::vec found = linear.gradient(weights, features, slope).weights;
    CHECK(arma::abs(found - arma::sum(expected.weights, 1)).max() <=
          1e-12 * (1.0 + arma::accu(arma::abs(expected.weights))));
  }
}

TEST_CASE("A batch no larger than its observables is better run sample by sample") {
  const Circuit circuit = model(7, false);
  const LinearBatch linear(split(circuit).value(), circuit.n_weights(), some_observables(7, 5));
  CHECK_FALSE(linear.pays(1));
  CHECK_FALSE(linear.pays(5));
  CHECK(linear.pays(6));
}

TEST_CASE("A whole batch has the same bits for any number of threads") {
  for (const int n : {4, 8}) {
    RandomStream random(902);
    const Circuit circuit = model(n, false);
    const LinearBatch linear(split(circuit).value(), circuit.n_weights(), some_observables(n, 3));
    const arma::vec weights =
        random_matrix(static_cast<arma::uword>(circuit.n_weights()), 1, random);
    const arma::mat features = random_matrix(static_cast<arma::uword>(n), 50, random);
    const auto slope = [](std::size_t, const arma::vec& values) { return values; };
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const auto one = linear.gradient(weights, features, slope);
    omp_set_num_threads(2);
    const auto two = linear.gradient(weights, features, slope);
    omp_set_num_threads(before);
    CHECK(arma::approx_equal(one.values, two.values, "absdiff", 0.0));
    CHECK(arma::approx_equal(one.weights, two.weights, "absdiff", 0.0));
  }
}

TEST_CASE("A loss with the wrong number of derivatives is refused") {
  const Circuit circuit = model(2, false);
  const LinearBatch linear(split(circuit).value(), circuit.n_weights(), some_observables(2, 2));
  const arma::vec weights(static_cast<arma::uword>(circuit.n_weights()), arma::fill::zeros);
  CHECK_THROWS_WITH(linear.gradient(weights, arma::mat(2, 8, arma::fill::zeros),
                                    [](std::size_t, const arma::vec&) { return arma::vec{1.0}; }),
                    ContainsSubstring("1 entries for 2 observables"));
}
