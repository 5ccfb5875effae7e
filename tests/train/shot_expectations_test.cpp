#include <thread>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/shot_expectations.hpp>

#include "support/catch.hpp"
#include "support/observables.hpp"
#include "support/oracle.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;

namespace {

using Options = ShotExpectations::Options;

/// ry(w0 + x0), a noisy cx, crx(2 w1 - w0) and rz(w1): shared weights, mixed angles, bases.
Circuit small_circuit() {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {Angle::weight(0) + Angle::feature(0)});
  circuit.append(Op::cx, {0, 1});
  circuit.append_channel("damping", {1}, amplitude_damping(0.1).ptm());
  circuit.append(Op::crx, {0, 1}, {Angle::weight(1, 2) - Angle::weight(0)});
  circuit.append(Op::rz, {1}, {Angle::weight(1)});
  circuit.set_readout_error({ConfusionMatrix::single(0, 0.02, 0.05)});
  return circuit;
}

const std::vector<Observable>& small_observables() {
  static const auto observables = parse_observables({"Z0", "0.5*X0 X1 - 0.3*Z0 Z1 + 0.2*I"});
  return observables;
}

const arma::vec small_weights{0.4, -0.9};
const arma::mat small_features{{0.3, -1.1}};

/// Of Σ_samples |f - target|²/2: linear in f.
arma::vec squares_derivative(std::size_t sample, const arma::vec& f) {
  return f - arma::vec{0.5, sample == 0 ? 1.0 : -1.0};
}

ExpectationFunction::Gradient exact_gradient() {
  return ProgramExpectations(small_circuit(), small_observables())
      .gradient(small_weights, small_features, squares_derivative);
}

/// ry(w) read in Z: f = cos w.
Circuit cosine() {
  Circuit circuit(1);
  circuit.append(Op::ry, {0}, {Angle::weight(0)});
  return circuit;
}

arma::vec one(std::size_t, const arma::vec&) {
  return {1.0};
}

/// The mean of `samples` (a column each) against `expected`, in standard errors.
arma::vec deviations(const arma::mat& samples, const arma::vec& expected) {
  const arma::vec error =
      arma::stddev(samples, 0, 1) / std::sqrt(static_cast<double>(samples.n_cols));
  return arma::abs(arma::mean(samples, 1) - expected) / error;
}

}  // namespace

TEST_CASE("From exact probabilities values and parameter shifts are exact") {
  RandomStream random(6201);
  const auto observables = parse_observables({"Z0", "0.3*X0 Y1 Z2 - 0.7*Y0 + 0.25*I", "X2"});
  for (int repetition = 0; repetition < 5; ++repetition) {
    Circuit circuit = oracle::random_circuit(
        {.n_qubits = 3, .n_instructions = 40, .n_weights = 3, .n_features = 2}, random);
    circuit.append(Op::ry, {0}, {Angle::weight(2) + Angle::feature(1)});
    for (const int qubit : {0, 1, 2}) circuit.measure(qubit, (qubit + 1) % 3);
    circuit.set_readout_error({oracle::random_confusion({0}, random)});
    DensityMatrixExecutor executor(1);
    const ShotExpectations shots(executor, circuit, observables, {.shots = 0});
    const ProgramExpectations exact(circuit, observables);
    const arma::vec weights(oracle::random_angles(3, random));
    arma::mat features(2, 3);
    for (double& feature : features) feature = random.normal();
    const auto derivative = [](std::size_t b, const arma::vec& f) -> arma::vec {
      return arma::square(f) + static_cast<double>(b);
    };
    const auto found = shots.estimate_gradient(weights, features, derivative);
    const auto expected = exact.gradient(weights, features, derivative);
    CHECK(arma::abs(shots.values(weights, features) - expected.values).max() < 1e-12);
    CHECK(arma::abs(found.gradient.values - expected.values).max() < 1e-12);
    CHECK(arma::abs(found.gradient.weights - expected.weights).max() < 1e-11);
    CHECK(arma::all(found.std_error == 0));
  }
}

TEST_CASE("Rules of four circuits hold for noisy halves of the angle") {
  Circuit circuit(2);
  circuit.append(Op::h, {0}).append(Op::h, {1}).append(Op::crz, {0, 1}, {Angle::weight(0)});
  const PrepareCircuit translated = [](const Circuit& logical, double) {
    Circuit native(2);
    for (const Instruction& instruction : logical.instructions()) {
      if (instruction.op != Op::crz) {
        native.append(instruction);
        continue;
      }
      for (const double half : {0.5, -0.5})
        native.append(Op::rz, {1}, {half * instruction.angles[0]})
            .append_channel("damping", {1}, amplitude_damping(0.2).ptm())
            .append(Op::cx, {0, 1});
    }
    return native;
  };
  const auto x = parse_observables({"X1"});
  DensityMatrixExecutor executor(1, translated);
  const ShotExpectations shots(executor, circuit, x, {.shots = 0});
  const ProgramExpectations exact(translated(circuit, 1), x);
  const arma::mat no_features(0, 1);
  CHECK(shots.gradient({0.8}, no_features, one).weights(0) ==
        Approx(exact.gradient({0.8}, no_features, one).weights(0)).epsilon(1e-12));
}

TEST_CASE("Gradients from shots have no bias and cover as their errors say") {
  const ThreadCount scope(1);  // these circuits are too small to share
  const ExpectationFunction::Gradient exact = exact_gradient();
  constexpr arma::uword n_seeds = 2000;
  DensityMatrixExecutor executor(11);
  const ShotExpectations shots(executor, small_circuit(), small_observables(), {.shots = 60});
  arma::mat found(2, n_seeds), standardised(2, n_seeds);
  // With the loss's derivatives at exact values the errors of the shots are all there are.
  const auto at_exact = [&](std::size_t b, const arma::vec&) {
    return squares_derivative(b, exact.values.col(b));
  };
  for (arma::uword s = 0; s < n_seeds; ++s) {
    const auto given = shots.estimate_gradient(small_weights, small_features, at_exact);
    standardised.col(s) = (given.gradient.weights - exact.weights) / given.std_error;
    found.col(s) = shots.gradient(small_weights, small_features, squares_derivative).weights;
  }
  CHECK(deviations(found, exact.weights).max() < 3.5);
  const arma::vec covered =
      arma::mean(arma::conv_to<arma::mat>::from(arma::abs(standardised) < 1.959964), 1);
  CHECK(covered.min() > 0.95 - 3 * std::sqrt(0.95 * 0.05 / n_seeds));
  CHECK(covered.max() < 0.95 + 3 * std::sqrt(0.95 * 0.05 / n_seeds));
}

TEST_CASE("The variance of a parameter shift is known") {
  const ThreadCount scope(1);
  // (f(w + π/2) - f(w - π/2))/2, with f = cos w and variance (1 - f²)/N each.
  const double w = 0.6;
  constexpr arma::uword n_seeds = 4000, n_shots = 50;
  DensityMatrixExecutor executor(12);
  const std::vector<Observable> z{Observable::z(0)};
  const ShotExpectations shots(executor, cosine(), z, {.shots = n_shots});
  arma::rowvec found(n_seeds), claimed(n_seeds);
  for (arma::uword s = 0; s < n_seeds; ++s) {
    const auto estimate = shots.estimate_gradient({w}, arma::mat(0, 1), one);
    found(s) = estimate.gradient.weights(0);
    claimed(s) = std::pow(estimate.std_error(0), 2);
  }
  const double variance = std::cos(w) * std::cos(w) / (2 * n_shots);
  CHECK(deviations(found, {-std::sin(w)})(0) < 3.5);
  CHECK(deviations(claimed, {variance})(0) < 3.5);
  CHECK(arma::var(found) == Approx(variance).epsilon(3.5 * std::sqrt(2.0 / n_seeds)));
}

TEST_CASE("Finite differences have the bias that is stated") {
  DensityMatrixExecutor executor(1);
  const std::vector<Observable> z{Observable::z(0)};
  const Options options{.shots = 0, .method = GradientMethod::finite_differences, .step_rad = 0.5};
  const ShotExpectations differences(executor, cosine(), z, options);
  CHECK(differences.gradient({0.6}, arma::mat(0, 1), one).weights(0) ==
        Approx(-std::sin(0.6) * std::sin(0.5) / 0.5).epsilon(1e-12));

  Options small_step = options;
  small_step.step_rad = 1e-5;
  const ShotExpectations fine(executor, small_circuit(), small_observables(), small_step);
  CHECK(arma::abs(fine.gradient(small_weights, small_features, squares_derivative).weights -
                  exact_gradient().weights)
            .max() < 1e-9);
}

TEST_CASE("SPSA is right on average, with the variance of its directions") {
  const ThreadCount scope(1);
  DensityMatrixExecutor executor(1);
  const ShotExpectations spsa(
      executor, small_circuit(), small_observables(),
      {.shots = 0, .method = GradientMethod::spsa, .step_rad = 1e-4, .spsa_draws = 2});
  const arma::vec expected = exact_gradient().weights;
  constexpr arma::uword n_seeds = 1000;
  arma::mat found(2, n_seeds);
  for (arma::uword s = 0; s < n_seeds; ++s)
    found.col(s) = spsa.gradient(small_weights, small_features, squares_derivative).weights;
  CHECK(deviations(found, expected).max() < 3.5);
  // g_i + Δ_i Δ_j g_j: 0 or twice that as often, so that two draws have kurtosis 2.
  for (const arma::uword i : {0u, 1u}) {
    const double variance = expected(1 - i) * expected(1 - i) / 2;
    CHECK(arma::var(found.row(i)) == Approx(variance).epsilon(3.5 * std::sqrt(1.0 / n_seeds)));
  }
}

TEST_CASE("Shots and circuits are counted") {
  DensityMatrixExecutor executor(1);
  // Two bases and two samples: 4 circuits a setting.
  const auto spent = [&](const Options& options) {
    const ShotExpectations shots(executor, small_circuit(), small_observables(), options);
    shots.gradient(small_weights, small_features, squares_derivative);
    return shots.state();
  };
  const auto shifts = spent({.shots = 10});
  CHECK(shifts.runs == 1);
  CHECK(shifts.circuits == 4 * (1 + 2 + 4 + 2));  // the values; ry, crx and rz shifted
  CHECK(shifts.shots == 10 * shifts.circuits);
  CHECK(spent({.shots = 10, .method = GradientMethod::finite_differences}).circuits ==
        4 * (1 + 2 + 2));
  CHECK(spent({.shots = 10, .method = GradientMethod::spsa, .spsa_draws = 3}).shots ==
        10 * 4 * (1 + 6));
  CHECK(spent({.shots = 0}).shots == 0);

  const ShotExpectations shots(executor, small_circuit(), small_observables(), {.shots = 10});
  shots.values(small_weights, small_features);
  CHECK(shots.state().circuits == 4);
  CHECK(shots.state().shots == 40);
}

TEST_CASE("Calls from several threads are all counted") {
  DensityMatrixExecutor executor(1);
  const ShotExpectations shots(executor, small_circuit(), small_observables(), {.shots = 10});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int call = 0; call < 10; ++call)
        shots.gradient(small_weights, small_features, squares_derivative);
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(shots.state().runs == 40);
  CHECK(shots.state().circuits == 40 * 36);
}

TEST_CASE("Gradients from shots are the same for any number of threads, and go on") {
  for (const GradientMethod method : {GradientMethod::parameter_shift, GradientMethod::spsa}) {
    Options options{.shots = 30, .method = method};
    if (method == GradientMethod::parameter_shift) options.adaptive.emplace();
    const auto steps = [&](int n, const ShotExpectations::State& state) {
      DensityMatrixExecutor executor(5, {}, state.runs);
      const ShotExpectations shots(executor, small_circuit(), small_observables(), options, state);
      arma::vec weights = small_weights;
      for (int i = 0; i < n; ++i)
        weights = shots.gradient(small_weights, small_features, squares_derivative).weights;
      return std::pair(weights, shots.state());
    };
    const auto [whole, whole_state] = [&] {
      const ThreadCount scope(1);
      return steps(5, {});
    }();
    const ThreadCount scope(2);
    const auto [resumed, resumed_state] = steps(2, steps(3, {}).second);
    CHECK(arma::all(resumed == whole));
    CHECK(resumed_state.shots == whole_state.shots);
    CHECK(resumed_state.runs == 5);
    CHECK(arma::any(steps(1, {}).first != whole));
  }
}

TEST_CASE("Adaptive shots rise where the gradient is small") {
  const ThreadCount scope(1);
  DensityMatrixExecutor executor(3);
  const AdaptiveShots::Options rule{
      .learning_rate = 1, .lipschitz = 1, .decay = 0.9, .min_shots = 20};
  const std::vector<Observable> z{Observable::z(0)};
  const ShotExpectations shots(executor, cosine(), z, {.shots = 7, .adaptive = rule});
  const auto spent_by = [&](const auto& call) {
    const std::uint64_t before = shots.state().shots;
    call();
    return shots.state().shots - before;
  };
  const auto steps = [&](double w, int n) {
    return [&shots, w, n] {
      for (int i = 0; i < n; ++i) shots.gradient({w}, arma::mat(0, 1), one);
    };
  };
  CHECK(spent_by(steps(1.6, 1)) == 3 * 20);  // nothing is known yet
  CHECK(spent_by(steps(1.6, 10)) == 10 * 3 * 20);
  steps(3.1, 100)();  // by the minimum of cos w: 2 · cos²w/2 / sin²w = 578 shots
  CHECK(spent_by(steps(3.1, 100)) > 100 * 3 * 200);
  CHECK(spent_by([&] { shots.values({1.0}, arma::mat(0, 1)); }) == 7);
}

TEST_CASE("Adaptive shots get further with half the shots than fixed ones") {
  const ThreadCount scope(1);
  // The energy of three spins, see bench/train/adaptive_shots.cpp.
  const auto energy = parse_observables({"-1*Z0 Z1 - 1*Z1 Z2 - 1*X0 - 1*X1 - 1*X2"});
  const Circuit circuit = ansatz_circuit(parse_ansatz("real-amplitudes:layers=2"), 3);
  const ProgramExpectations exact(circuit, energy);
  const arma::mat no_features(0, 1);
  const auto mean_energy = [&](const Options& options, std::uint64_t budget) {
    constexpr std::uint64_t n_runs = 8;
    double sum = 0;
    for (std::uint64_t run = 0; run < n_runs; ++run) {
      DensityMatrixExecutor executor(1000 + run);
      const ShotExpectations shots(executor, circuit, energy, options);
      RandomStream random(run);
      arma::vec weights(shots.n_weights());
      for (double& weight : weights) weight = random.uniform() - 0.5;
      while (shots.state().shots < budget)
        weights -= 0.1 * shots.gradient(weights, no_features, one).weights;
      sum += exact.values(weights, no_features)(0);
    }
    return sum / n_runs;
  };
  const double adaptive =
      mean_energy({.adaptive = AdaptiveShots::Options{.learning_rate = 0.1}}, 150'000);
  CHECK(adaptive < mean_energy({.shots = 10}, 300'000));   // which are too noisy to get nearer
  CHECK(adaptive < mean_energy({.shots = 100}, 300'000));  // which are still on their way
  CHECK(adaptive < mean_energy({.shots = 300}, 300'000));
}

TEST_CASE("What shot expectations cannot do is refused") {
  DensityMatrixExecutor executor(1);
  const auto make = [&](const Circuit& circuit, const char* observable, const Options& options) {
    const std::vector<Observable> observables{Observable::parse(observable)};
    ShotExpectations(executor, circuit, observables, options);
  };
  CHECK_THROWS_WITH(make(cosine(), "Z0", {.step_rad = 0}),
                    "shot expectations: step_rad: 0 is not > 0");
  CHECK_THROWS_WITH(make(cosine(), "Z0", {.spsa_draws = 0}),
                    "shot expectations: spsa_draws: 0 is not >= 1");
  CHECK_THROWS_WITH(
      make(cosine(), "Z0", {.method = GradientMethod::spsa, .adaptive = AdaptiveShots::Options()}),
      ContainsSubstring("shot expectations: adaptive: spsa"));
  CHECK_THROWS_WITH(make(cosine(), "X0 Z1", {}), "observable: X0 Z1: qubit 1 is outside 0..0");
  Circuit measured(2);
  measured.measure(1, 0);
  CHECK_THROWS_WITH(make(measured, "Z0", {}), "observable: Z0: qubit 0 is not measured");
  Circuit selected = cosine();
  selected.postselect(0, 0);
  CHECK_THROWS_WITH(make(selected, "Z0", {}), ContainsSubstring("has a post-selection"));
  CHECK_NOTHROW(make(selected, "Z0", {.method = GradientMethod::spsa}));

  const ShotExpectations shots(executor, small_circuit(), small_observables(), {});
  CHECK_THROWS_WITH(shots.values({1}, small_features),
                    "shot expectations: weights: 1, the circuit has 2");
  CHECK_THROWS_WITH(shots.values({1, 2}, arma::mat(3, 1)),
                    "shot expectations: features: 3, the circuit has 1");
}

TEST_CASE("Gradient methods have names") {
  for (const GradientMethod method :
       {GradientMethod::parameter_shift, GradientMethod::finite_differences, GradientMethod::spsa})
    CHECK(parse_gradient_method(to_string(method)) == method);
  CHECK_THROWS_WITH(parse_gradient_method("adjoint"),
                    "gradient method: 'adjoint' is unknown; known are parameter-shift, "
                    "finite-differences, spsa");
}

TEST_CASE("where gradients come from is a text, and back") {
  CHECK_FALSE(parse_gradient("exact"));
  CHECK(to_string(parse_gradient("exact")) == "exact");
  for (const char* text :
       {"parameter-shift:shots=64", "finite-differences:shots=1024:step=0.1",
        "spsa:shots=10:step=0.25:draws=3",
        "parameter-shift:shots=1024:adaptive=0.5:min_shots=8:max_shots=100:decay=0.9"})
    CHECK(to_string(parse_gradient(text)) == text);
  CHECK(parse_gradient("spsa:7")->shots == 7);
  CHECK_THROWS_AS(parse_gradient("parameter-shift:step=0.1"), InputError);
  CHECK_THROWS_AS(parse_gradient("spsa:adaptive=1"), InputError);
  CHECK_THROWS_AS(parse_gradient("spsa:shots=0"), InputError);
  CHECK_THROWS_AS(parse_gradient("parameter-shift:adaptive=1:min_shots=9:max_shots=8"), InputError);
}
