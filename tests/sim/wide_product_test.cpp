#include "sim/wide_product.hpp"

#include <cmath>
#include <numbers>
#include <numeric>

#include <dlfcn.h>
#include <omp.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/program.hpp>

#include "sim/linear_batch.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

constexpr double tolerance = 1e-12;

arma::cx_mat applied(const oracle::Kraus& kraus, const std::vector<int>& qubits,
                     const arma::cx_mat& density) {
  const auto n = static_cast<int>(std::lround(std::log2(density.n_rows)));
  oracle::Kraus everywhere;
  for (const arma::cx_mat& k : kraus) everywhere.push_back(oracle::embed(k, qubits, n));
  return oracle::apply_kraus(everywhere, density);
}

/// Gates with an angle each on every qubit, and neighbours coupled.
void append_layer(Circuit& circuit, int& n_weights) {
  const int n = circuit.n_qubits();
  for (int q = 0; q < n; ++q) {
    circuit.append(q % 2 == 0 ? Op::rx : Op::ry, {q}, {Angle::weight(n_weights++)});
    circuit.append_channel("damping", {q}, amplitude_damping(0.05 + 0.02 * q).ptm());
  }
  for (int q = 0; q + 1 < n; ++q) circuit.append(Op::cx, {q, q + 1});
}

std::vector<Observable> some_observables(int n) {
  return {Observable::z(n - 1), Observable::parse("X0 Y1 - 0.5*Z0 Z1 + 0.25*Y0"),
          Observable({{1.0, PauliString::z({0, n - 1})}, {0.5, PauliString({{n - 1, Pauli::X}})}})};
}

}  // namespace

// --- On a tile ----------------------------------------------------------------------------------

TEST_CASE("A wide product is the matrix on the digits of a tile, and its transpose") {
  RandomStream random(701);
  const int n = 5;
  for (const std::size_t lanes : {1U, 4U})
    for (const std::vector<int>& digits : {std::vector{1, 2, 3}, std::vector{4, 1, 3},
                                           std::vector{1, 2, 3, 4}, std::vector{3, 1, 4, 2}}) {
      CAPTURE(lanes, digits);
      std::vector<std::size_t> strides(n);
      for (int d = 0; d < n; ++d) strides[static_cast<std::size_t>(d)] = lanes << (2 * d);
      const auto dim = arma::uword{1} << (2 * digits.size());
      arma::mat matrix(dim, dim);
      for (double& entry : matrix) entry = random.normal() / static_cast<double>(dim);
      std::vector<double> in(lanes << (2 * n));
      for (double& x : in) x = random.normal();

      // out[i on the digits, the rest as it is] = Σ_j M(i, j) in[j on the digits, …]
      const auto with_digits = [&](std::size_t place, std::size_t index) {
        for (std::size_t k = 0; k < digits.size(); ++k) {
          const std::size_t stride = strides[static_cast<std::size_t>(digits[k])];
          place += (index >> (2 * k) & 3) * stride - (place / stride & 3) * stride;
        }
        return place;
      };
      const auto expected = [&](const arma::mat& m) {
        std::vector<double> out(in.size(), 0.0);
        for (std::size_t place = 0; place < in.size(); ++place) {
          if (with_digits(place, 0) != place) continue;
          for (std::size_t i = 0; i < dim; ++i)
            for (std::size_t j = 0; j < dim; ++j)
              out[with_digits(place, i)] += m(i, j) * in[with_digits(place, j)];
        }
        return arma::vec(out);
      };
      const WideProduct<double> product(digits, strides);
      std::vector<double> out(in.size());
      product.apply(matrix, in.data(), out.data());
      CHECK(arma::abs(arma::vec(out) - expected(matrix)).max() <= tolerance);
      std::vector<double> in_place = in;
      product.apply_transposed(matrix, in_place.data(), in_place.data());
      CHECK(arma::abs(arma::vec(in_place) - expected(matrix.t())).max() <= tolerance);
    }
}

// --- In programs --------------------------------------------------------------------------------

TEST_CASE("Channels on 3 and 4 permuted qubits of 5 agree with their Kraus operators") {
  RandomStream random(702);
  const int n = 5;
  for (int trial = 0; trial < 10; ++trial) {
    const int k = 3 + trial % 2;
    const std::vector<int> qubits = oracle::random_operands(k, n, random);
    CAPTURE(qubits);
    const oracle::Kraus kraus = oracle::random_kraus(k, 1 + trial % 3, random);
    Circuit circuit = oracle::random_circuit({.n_qubits = n, .n_weights = 3}, random);
    const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
    arma::cx_mat density = applied(kraus, qubits, oracle::evolve(circuit, weights));
    circuit.append_channel("wide", qubits, Channel::from_kraus(kraus).ptm());
    // What follows is not moved across it.
    const std::vector<int> pair{qubits[1], qubits[0]};
    circuit.append(Op::ecr, pair).append(Op::h, {qubits[2]});
    density = applied({oracle::gate_matrix(Op::ecr, {})}, pair, density);
    density = applied({oracle::gate_matrix(Op::h, {})}, {qubits[2]}, density);
    CHECK(arma::abs(Program(circuit).run({weights, {}}).density_matrix() - density).max() <=
          tolerance);
  }
}

TEST_CASE("A channel may take all the qubits that there are") {
  RandomStream random(703);
  for (int n = 3; n <= 4; ++n) {
    const oracle::Kraus kraus = oracle::random_kraus(n, 2, random);
    Circuit circuit = oracle::random_circuit({.n_qubits = n}, random);
    std::vector<int> qubits(static_cast<std::size_t>(n));
    std::iota(qubits.rbegin(), qubits.rend(), 0);
    const arma::cx_mat density = applied(kraus, qubits, oracle::evolve(circuit));
    circuit.append_channel("wide", qubits, oracle::transfer_matrix(kraus));
    CHECK(arma::abs(Program(circuit).run({}).density_matrix() - density).max() <= tolerance);
  }
}

TEST_CASE("Wide channels in a batch give what the oracle gives for every binding") {
  RandomStream random(704);
  const int n = 5;
  for (int k = 3; k <= 4; ++k) {
    const std::vector<int> qubits = oracle::random_operands(k, n, random);
    const oracle::Kraus kraus = oracle::random_kraus(k, 2, random);
    Circuit before(n);
    int n_weights = 0;
    append_layer(before, n_weights);
    Circuit circuit = before;
    circuit.append_channel("wide", qubits, Channel::from_kraus(kraus).ptm());
    const std::size_t size = 11;
    arma::mat weights(static_cast<arma::uword>(n_weights), size);
    for (double& w : weights) w = random.normal();
    const std::vector<Observable> observables = some_observables(n);
    const arma::mat values =
        Program(circuit).batch_expectations({size, weights, arma::mat(0, 1)}, observables);
    for (std::size_t b = 0; b < size; ++b) {
      const arma::cx_mat density =
          applied(kraus, qubits,
                  oracle::evolve(before, arma::conv_to<std::vector<double>>::from(weights.col(b))));
      for (std::size_t o = 0; o < observables.size(); ++o)
        REQUIRE(std::abs(values(o, b) - oracle::expectation(observables[o], density)) <= tolerance);
    }
  }
}

TEST_CASE("Wide channels on states of several tiles agree with the oracle") {
  // Two registers that never meet, each within the oracle's reach: ρ is the product of theirs.
  RandomStream random(705);
  const std::vector<int> left{6, 1, 7, 3}, right{0, 5, 2, 4}, three{2, 0, 3};
  const Circuit on_left = oracle::random_circuit({.n_qubits = 4}, random),
                on_right = oracle::random_circuit({.n_qubits = 4}, random);
  const oracle::Kraus wide = oracle::random_kraus(4, 2, random),
                      narrower = oracle::random_kraus(3, 3, random);
  Circuit circuit(8);
  circuit.append(on_left, left).append(on_right, right);
  circuit.append_channel("wide", left, Channel::from_kraus(wide).ptm());
  circuit.append_channel("wide", {right[2], right[0], right[3]},
                         Channel::from_kraus(narrower).ptm());
  const PauliVector state = Program(circuit).run({});
  const PauliVector a =
      PauliVector::from_density_matrix(applied(wide, {0, 1, 2, 3}, oracle::evolve(on_left)));
  const PauliVector b =
      PauliVector::from_density_matrix(applied(narrower, three, oracle::evolve(on_right)));
  const auto index_in = [](const std::vector<int>& qubits, std::size_t p) {
    std::size_t index = 0;
    for (std::size_t k = 0; k < qubits.size(); ++k) index |= (p >> (2 * k) & 3) << (2 * qubits[k]);
    return index;
  };
  double worst = 0.0;
  for (std::size_t p = 0; p < 256; ++p)
    for (std::size_t q = 0; q < 256; ++q)
      worst =
          std::max(worst, std::abs(state.coefficients()[index_in(left, p) | index_in(right, q)] -
                                   a.coefficients()[p] * b.coefficients()[q]));
  CHECK(worst <= tolerance);
}

TEST_CASE("Gradients through wide channels agree with the parameter shift rule, also in a batch") {
  RandomStream random(706);
  for (const int n : {4, 5, 8})
    for (int k = 3; k <= 4; ++k) {
      CAPTURE(n, k);
      Circuit circuit(n);
      int n_weights = 0;
      append_layer(circuit, n_weights);
      circuit.append_channel("wide", oracle::random_operands(k, n, random),
                             Channel::from_kraus(oracle::random_kraus(k, 2, random)).ptm());
      append_layer(circuit, n_weights);
      const Program program(circuit);
      const std::vector<Observable> observables = some_observables(n);
      std::vector<double> weights = oracle::random_angles(n_weights, random);
      const arma::vec slopes{1.0, -0.7, 2.0};
      const auto slope = [&](const arma::vec&) { return slopes; };
      const ProgramGradient gradient = program.gradient({weights, {}}, observables, slope);
      const auto value = [&] {
        return arma::dot(slopes, program.expectations({weights, {}}, observables));
      };
      for (std::size_t w = 0; w < weights.size(); ++w) {
        const double centre = weights[w];
        weights[w] = centre + std::numbers::pi / 2;
        const double plus = value();
        weights[w] = centre - std::numbers::pi / 2;
        const double minus = value();
        weights[w] = centre;
        REQUIRE(std::abs(gradient.weights(w) - (plus - minus) / 2) <= tolerance);
      }
      const ProgramGradients batch =
          program.batch_gradients({3, arma::vec(weights), arma::mat(0, 1)}, observables,
                                  [&](std::size_t, const arma::vec&) { return slopes; });
      for (arma::uword b = 0; b < 3; ++b)
        REQUIRE(arma::abs(batch.weights.col(b) - gradient.weights).max() <= tolerance);
    }
}

TEST_CASE("Wide channels are undone where the memory plan says so, and run in floats") {
  RandomStream random(708);
  Circuit circuit(8);
  int n_weights = 0;
  append_layer(circuit, n_weights);
  const Channel channel =
      Channel::from_unitary(oracle::random_unitary(4, random)).then(depolarizing(4, 0.1));
  circuit.append_channel("wide", {5, 0, 7, 2}, channel.ptm());
  append_layer(circuit, n_weights);
  const std::vector<double> weights = oracle::random_angles(n_weights, random);
  const std::vector<Observable> observables{Observable::z(7)};
  const auto gradient = [&](const Program& program) {
    return program.gradient({weights, {}}, observables,
                            [](const arma::vec&) { return arma::vec{1.0}; });
  };
  const Program inverting(circuit), storing(circuit, {.inversion_limit = 0.0}),
      floats(circuit, {.precision = Precision::float32, .inversion_limit = 0.0});
  REQUIRE(inverting.memory().gradient == MemoryPlan::Gradient::invert);
  REQUIRE(storing.memory().gradient == MemoryPlan::Gradient::store);
  const ProgramGradient expected = gradient(storing);
  CHECK(arma::abs(gradient(inverting).weights - expected.weights).max() <=
        inverting.memory().inversion_error);
  CHECK(arma::abs(gradient(floats).weights - expected.weights).max() <= 1e-5);

  Circuit singular = circuit;
  singular.append_channel("forget", {1, 2, 3}, depolarizing(3, 1.0).ptm());
  CHECK(Program(singular).memory().gradient == MemoryPlan::Gradient::store);
}

TEST_CASE("A whole batch is carried back through wide channels") {
  RandomStream random(709);
  for (const int n : {4, 8}) {
    CAPTURE(n);
    Circuit circuit(n);
    for (int q = 0; q < n; ++q) circuit.append(Op::ry, {q}, {Angle::feature(q)});
    circuit.append_channel("in the encoder", {n - 1, 0, 2},
                           Channel::from_kraus(oracle::random_kraus(3, 2, random)).ptm());
    circuit.append(Op::rz, {0}, {Angle::feature(0)});
    int n_weights = 0;
    append_layer(circuit, n_weights);
    circuit.append_channel("in the ansatz", oracle::random_operands(4, n, random),
                           Channel::from_kraus(oracle::random_kraus(4, 2, random)).ptm());
    const std::vector<Observable> observables = some_observables(n);
    arma::vec weights(static_cast<arma::uword>(n_weights));
    arma::mat features(static_cast<arma::uword>(n), 12);
    for (double& w : weights) w = random.normal();
    for (double& x : features) x = random.normal();
    const auto slope = [](std::size_t, const arma::vec& values) -> arma::vec { return 2 * values; };
    const ExpectationFunction::Gradient whole =
        LinearBatch(split(circuit).value(), n_weights, observables)
            .gradient(weights, features, slope);
    const ProgramGradients one_by_one =
        Program(circuit).batch_gradients({12, weights, features}, observables, slope);
    CHECK(arma::abs(whole.values - one_by_one.expectations).max() <= tolerance);
    CHECK(arma::abs(whole.weights - arma::sum(one_by_one.weights, 1)).max() <= tolerance);
  }
}

TEST_CASE("Wide channels give the same bits for any number of threads, and leave BLAS as it was") {
  RandomStream random(707);
  Circuit circuit(8);
  int n_weights = 0;
  append_layer(circuit, n_weights);
  circuit.append_channel("wide", {5, 0, 7, 2},
                         Channel::from_kraus(oracle::random_kraus(4, 2, random)).ptm());
  const std::vector<double> weights = oracle::random_angles(n_weights, random);
  const Program program(circuit);
  const auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  const auto get = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
  const int ours = omp_get_max_threads(), blas = get ? get() : 1;
  std::vector<std::vector<double>> results;
  for (const int n_threads : {1, 2, 3}) {
    if (set) set(n_threads);
    omp_set_num_threads(n_threads);
    const PauliVector state = program.run({weights, {}});
    results.emplace_back(state.coefficients().begin(), state.coefficients().end());
    if (get) CHECK(get() == n_threads);
    CHECK(omp_get_max_threads() == n_threads);
  }
  omp_set_num_threads(ours);
  if (set) set(blas);
  CHECK(results[0] == results[1]);
  CHECK(results[0] == results[2]);
}

TEST_CASE("Channels that are too wide, or wide with derivatives, are refused by name") {
  Circuit five(5);
  five.append_channel("crosstalk", {0, 1, 2, 3, 4}, arma::eye(1024, 1024));
  CHECK_THROWS_WITH(Program(five),
                    "program: channel 'crosstalk': acts on 5 qubits, at most 4 are supported");
  CHECK_THROWS_AS(Program(five), InputError);
  ChannelInstruction channel{"crosstalk", arma::eye(64, 64)};
  channel.derivatives.push_back({"/qubits/0/t1_s", arma::mat(64, 64, arma::fill::zeros)});
  Instruction instruction{Op::channel, {2, 0, 1}, {}, {}, -1};
  instruction.channel = std::make_shared<const ChannelInstruction>(channel);
  Circuit three(3);
  three.append(instruction);
  CHECK_THROWS_WITH(Program(three),
                    "program: channel 'crosstalk': acts on 3 qubits and has derivatives, which "
                    "are supported for at most 2");
}
