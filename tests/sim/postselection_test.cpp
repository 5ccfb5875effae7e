#include "sim/postselection.hpp"

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/program.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

constexpr double tolerance = 1e-12;

/// Mid-circuit measurements and post-selections in noise.
Circuit random_circuit(int n_qubits, RandomStream& random) {
  return oracle::random_measured_circuit(
      {.n_qubits = n_qubits, .n_instructions = 8, .n_weights = 3, .n_features = 2}, 4, true,
      random);
}

std::vector<Observable> some_observables(int n_qubits) {
  return {Observable::z(0), Observable::parse(n_qubits == 1 ? "X0" : "X0 Y1 - 0.3*Z1 + 0.2*I")};
}

/// Extrapolated central differences, of error O(h⁴).
double slope_of(const std::function<double(double)>& f) {
  const auto slope = [&](double h) { return (f(h) - f(-h)) / (2 * h); };
  constexpr double h = 2e-3;
  return (4 * slope(h / 2) - slope(h)) / 3;
}

}  // namespace

TEST_CASE("States after measurements and post-selections are those of the oracle") {
  RandomStream random(651);
  for (int trial = 0; trial < 30; ++trial) {
    const int n = 1 + trial % 5;
    const Circuit circuit = random_circuit(n, random);
    const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
    const std::vector<double> features = oracle::random_angles(circuit.n_features(), random);
    const Binding binding{weights, features};
    const Program program(circuit);
    const arma::cx_mat expected = oracle::evolve(circuit, weights, features);
    const double probability = oracle::postselection_probability(circuit, weights, features);
    CHECK(probability < 1.0);
    const PauliVector state = program.run(binding);
    CHECK(arma::abs(state.density_matrix() - expected).max() <= tolerance);
    CHECK(std::abs(state.trace() - 1.0) <= tolerance);
    const PauliVector part = program.run_unnormalised(binding);
    CHECK(std::abs(part.trace() - probability) <= tolerance);
    CHECK(arma::abs(part.density_matrix() - probability * expected).max() <= tolerance);
    const std::vector<Observable> observables = some_observables(n);
    const arma::vec values = program.expectations(binding, observables);
    for (std::size_t k = 0; k < observables.size(); ++k)
      CHECK(std::abs(values(k) - oracle::expectation(observables[k], expected)) <= tolerance);
  }
}

TEST_CASE("A mid-circuit measurement destroys coherence, a final one leaves the state") {
  const std::vector<Observable> z{Observable::z(0)}, x{Observable::parse("X0")};
  Circuit mid(1);
  mid.append(Op::h, {0}).measure(0, 0).append(Op::h, {0});
  CHECK(std::abs(Program(mid).expectations({}, z)(0)) <= 1e-15);
  Circuit final(1);
  final.append(Op::h, {0}).measure(0, 0).append(Op::barrier, {0});
  CHECK(Program(final).expectations({}, x)(0) == Approx(1.0).epsilon(1e-15));
}

TEST_CASE("Finding one half of a Bell pair tells of the other") {
  for (const int outcome : {0, 1}) {
    Circuit circuit(2);
    circuit.append(Op::h, {0}).append(Op::cx, {0, 1}).postselect(0, outcome);
    const Program program(circuit);
    CHECK(program.run_unnormalised({}).trace() == Approx(0.5).epsilon(1e-15));
    CHECK(program.run({}).expectation(Observable::z(1)) ==
          Approx(outcome == 0 ? 1.0 : -1.0).epsilon(1e-15));
  }
}

TEST_CASE("Gradients given post-selections agree with central differences") {
  RandomStream random(652);
  for (int trial = 0; trial < 8; ++trial) {
    const int n = trial < 4 ? 2 : 3 + trial % 2;
    const Circuit circuit = random_circuit(n, random);
    const Program program(circuit);
    const std::vector<Observable> observables = some_observables(n);
    std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
    std::vector<double> features = oracle::random_angles(circuit.n_features(), random);
    const arma::vec c{0.7, -1.3};
    const auto loss = [&] {
      const arma::vec v = program.expectations({weights, features}, observables);
      return arma::dot(c, v) + 0.5 * arma::dot(v, v);
    };
    const auto derivative = [&](const arma::vec& v) -> arma::vec { return c + v; };
    const ProgramGradient gradient = program.gradient({weights, features}, observables, derivative);
    CHECK(arma::abs(gradient.expectations - program.expectations({weights, features}, observables))
              .max() <= 1e-13);
    const auto check = [&](std::vector<double>& numbers, const arma::vec& found) {
      for (std::size_t k = 0; k < numbers.size(); ++k) {
        const double centre = numbers[k];
        const double expected = slope_of([&](double step) {
          numbers[k] = centre + step;
          return loss();
        });
        numbers[k] = centre;
        CHECK(std::abs(found(k) - expected) <= 1e-7 * std::max(1.0, arma::abs(found).max()));
      }
    };
    check(weights, gradient.weights);
    check(features, gradient.features);
  }
}

TEST_CASE("A batch of post-selected bindings gives what they give one by one") {
  RandomStream random(653);
  const Circuit circuit = random_circuit(3, random);
  const Program program(circuit);
  const std::vector<Observable> observables = some_observables(3);
  const std::size_t size = 11;
  arma::mat weights(static_cast<arma::uword>(circuit.n_weights()), size),
      features(static_cast<arma::uword>(circuit.n_features()), size);
  for (double& w : weights) w = random.normal();
  for (double& x : features) x = random.normal();
  const BindingBatch batch{size, weights, features};
  const auto derivative = [](std::size_t b, const arma::vec& v) -> arma::vec {
    return static_cast<double>(b + 1) * v;
  };
  const arma::mat values = program.batch_expectations(batch, observables);
  const ProgramGradients gradients = program.batch_gradients(batch, observables, derivative);
  for (std::size_t b = 0; b < size; ++b) {
    const ProgramGradient one = program.gradient(
        batch[b], observables, [&](const arma::vec& v) { return derivative(b, v); });
    const double scale = std::max(1.0, arma::abs(one.weights).max());
    CHECK(arma::abs(values.col(b) - one.expectations).max() <= tolerance);
    CHECK(arma::abs(gradients.expectations.col(b) - one.expectations).max() <= tolerance);
    CHECK(arma::abs(gradients.weights.col(b) - one.weights).max() <= tolerance * scale);
    CHECK(arma::abs(gradients.features.col(b) - one.features).max() <= tolerance * scale);
  }
}

TEST_CASE("Sensitivities given a post-selection are slopes of the conditional expectation") {
  const auto circuit_with = [](double lambda) {
    Instruction noise{Op::channel, {0}, {}, nullptr};
    ChannelInstruction channel{"noise", depolarizing(1, lambda).ptm()};
    channel.derivatives.push_back(
        {"/lambda", (depolarizing(1, 0.5).ptm() - depolarizing(1, 0.0).ptm()) / 0.5});
    noise.channel = std::make_shared<const ChannelInstruction>(channel);
    Circuit circuit(2);
    circuit.append(Op::ry, {0}, {0.8}).append(noise).append(Op::cx, {0, 1});
    circuit.append(Op::ry, {1}, {0.5}).postselect(1, 0);
    return circuit;
  };
  const std::vector<Observable> observables{Observable::z(0), Observable::parse("X0 + 0.5*Z1")};
  const arma::mat found = Program(circuit_with(0.2)).sensitivities({}, observables);
  REQUIRE(found.n_rows == 1);
  for (std::size_t k = 0; k < observables.size(); ++k)
    CHECK(found(0, k) ==
          Approx(slope_of([&](double step) {
            return Program(circuit_with(0.2 + step)).expectations({}, observables)(k);
          })).epsilon(1e-8));
  CHECK(std::abs(found(0, 0)) > 0.05);
}

TEST_CASE("A post-selection of probability 0 is refused by its place") {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {Angle::weight(0)}).postselect(0, 1);
  circuit.append(Op::cx, {0, 1}).append(Op::rx, {1}, {Angle::weight(1)}).postselect(1, 0);
  const Program program(circuit);
  const std::vector<Observable> z{Observable::z(0)};
  const std::vector<double> first{0.0, 1.0}, second{1.0, 0.0}, possible{1.0, 1.0};
  const std::string limit = ", less than the 1e-14 that can be told from 0";
  CHECK_THROWS_WITH(program.run({first, {}}),
                    ContainsSubstring("post-selection: instruction 1 (postselect1 0): leaves") &&
                        ContainsSubstring(limit));
  CHECK_THROWS_WITH(program.run({second, {}}),
                    ContainsSubstring("post-selection: instruction 4 (postselect0 1): leaves") &&
                        ContainsSubstring(limit));
  CHECK_THROWS_AS(program.expectations({first, {}}, z), InputError);
  const auto same = [](const arma::vec& v) { return v; };
  CHECK_THROWS_AS(program.gradient({first, {}}, z, same), InputError);
  CHECK(std::abs(program.run_unnormalised({second, {}}).trace()) <= 1e-15);
  CHECK(program.run({possible, {}}).trace() == Approx(1.0).epsilon(1e-14));
  const arma::mat weights = arma::join_rows(arma::vec(possible), arma::vec(second)), features(0, 1);
  CHECK_THROWS_WITH(program.batch_expectations({2, weights, features}, z),
                    ContainsSubstring("instruction 4 (postselect0 1)"));
}
