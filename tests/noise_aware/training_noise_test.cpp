#include <set>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise_aware/training_noise.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/training.hpp>

#include "mitigation/small_line.hpp"
#include "noise_aware/halves.hpp"
#include "support/catch.hpp"
#include "train/central_differences.hpp"

using namespace rhodrift;

namespace {

constexpr Loss loss = Loss::cross_entropy;

/// 3 features, 9 weights, <Z> of three qubits, 2 classes.
Qnn model() {
  Circuit circuit = angle_encoding(3, 3, {Op::ry});
  circuit.append(hardware_efficient_ansatz(3, 1, {{0, 1}, {1, 2}}));
  return {circuit, {Observable::z(0), Observable::z(1), Observable::z(2)}, 2};
}

NoiseModel state(double times) {
  return {small_line::device(1e-3 * times, 0.02 * times, 0.02 * times, 0.05 * times),
          NoisePolicy::aer};
}

DeviceHistory history() {
  return {{state(0.5), state(2.0), state(1.0)}, {0, 1, 2}};
}

Dataset samples() {
  return halves(12);
}

QnnParameters parameters() {
  arma::vec values = initial_parameters(model(), 1).flattened();
  RandomStream random(6);
  for (double& value : values) value += 0.3 * random.normal();
  return QnnParameters::from_flattened(values, model());
}

double value_of(const char* text, const DeviceHistory& device = history(), std::uint64_t step = 0,
                std::uint64_t seed = 1) {
  return training_objective(parse_training_noise(text), model(), device, loss, seed)(
             step, parameters(), samples(), false)
      .value;
}

double value_in(double times) {
  return training_loss(model(), *expectations_on(model(), state(times), {0, 1, 2}), parameters(),
                       samples(), loss)
      .value;
}

}  // namespace

TEST_CASE("Training noise has a text") {
  for (const char* text :
       {"none", "exact", "readout", "injected:strength=0.5", "history", "risk:tail=0.25:states=3",
        "gap:strength=2", "sensitivity:strength=2", "sensitivity:strength=1:relative=0.2",
        "clusters:count=4", "mitigated", "mitigated:scale=1,3"})
    CHECK(to_string(parse_training_noise(text)) == text);
  CHECK(parse_training_noise("injected") == TrainingNoise(InjectedNoise{}));
  CHECK(parse_training_noise("risk:0") == TrainingNoise(RiskNoise{.tail = 0.0}));
  CHECK_THROWS_WITH(parse_training_noise("exakt"),
                    ContainsSubstring("\"exakt\" is unknown; known are clusters, exact, gap"));
  CHECK_THROWS_WITH(parse_training_noise("injected:-1"), ContainsSubstring("-1 is not >= 0"));
  CHECK_THROWS_WITH(parse_training_noise("sensitivity:relative=0"),
                    ContainsSubstring("relative: 0 is not > 0"));
  CHECK_THROWS_WITH(parse_training_noise("risk:2"), ContainsSubstring("outside [0, 1]"));
  CHECK_THROWS_WITH(parse_training_noise("mitigated:scale=3"), ContainsSubstring("at least 2"));
  CHECK_THROWS_WITH(parse_training_noise("exact:strength=1"), ContainsSubstring("no settings"));
}

TEST_CASE("Losses in the noise are those of the states they name") {
  CHECK(value_of("exact") == Approx(value_in(1.0)).epsilon(1e-12));
  CHECK(value_of("clusters") == value_of("exact"));
  CHECK(value_of("risk:tail=0") ==
        Approx(std::max({value_in(0.5), value_in(1.0), value_in(2.0)})).epsilon(1e-12));
  CHECK(value_of("risk:tail=1") ==
        Approx((value_in(0.5) + value_in(1.0) + value_in(2.0)) / 3).epsilon(1e-12));
  CHECK(value_of("risk:tail=1:states=2") ==
        Approx((value_in(0.5) + value_in(1.0)) / 2).epsilon(1e-12));
  CHECK(value_of("gap:strength=0") == Approx(value_in(1.0)).epsilon(1e-12));
  CHECK(value_of("gap:strength=1") > value_in(1.0));
  CHECK(value_of("sensitivity:strength=0") == Approx(value_in(1.0)).epsilon(1e-12));
  CHECK(value_of("sensitivity:strength=1") > value_in(1.0));
  CHECK(value_of("sensitivity:strength=1:relative=0.1", {{state(1.0)}, {0, 1, 2}}) > value_in(1.0));
  const NoiseModel ideal(small_line::device(), NoisePolicy::ideal);
  CHECK(value_of("none") ==
        Approx(training_loss(model(), *expectations_on(model(), ideal, {0, 1, 2}), parameters(),
                             samples(), loss)
                   .value)
            .epsilon(1e-12));
  CHECK(value_of("none", {{}, {}}) == value_of("none"));

  const double noiseless = value_of("none");
  const auto error = [&](const char* text) { return std::abs(value_of(text) - noiseless); };
  CHECK(error("mitigated") < error("exact"));
  CHECK(error("mitigated:scale=1,2") < 0.3 * error("mitigated"));
  CHECK(error("readout") < error("exact"));
  // What readout and gates take away adds up, to first order.
  CHECK(error("readout") + error("mitigated") == Approx(error("exact")).epsilon(0.1));
}

TEST_CASE("What is drawn is a function of seed and step") {
  std::set<double> seen;
  for (std::uint64_t step = 0; step < 30; ++step) {
    const double drawn = value_of("history", history(), step);
    CHECK(drawn == value_of("history", history(), step));
    seen.insert(drawn);
  }
  CHECK(seen.size() == 3);
  std::set<double> injected, other_seed;
  for (std::uint64_t step = 0; step < 30; ++step) {
    injected.insert(value_of("injected:strength=5", history(), step));
    other_seed.insert(value_of("injected:strength=5", history(), step, 2));
  }
  CHECK(injected.size() > 5);
  CHECK(injected != other_seed);
  CHECK(value_of("injected:strength=0") == Approx(value_of("readout")).epsilon(1e-12));
}

TEST_CASE("Injected noise has, on average, the expectations of the noise") {
  // Of a model whose logits are the expectations themselves, and a loss that is nearly linear in
  // them: mean squared error of small numbers.
  QnnParameters small = parameters();
  small.head.scale *= 1e-3;
  const TrainingObjective injected =
      training_objective(InjectedNoise{}, model(), history(), Loss::mse, 3);
  const TrainingObjective exact =
      training_objective(ExactNoise{}, model(), history(), Loss::mse, 3);
  const int n_draws = 600;
  arma::vec values(n_draws);
  for (int i = 0; i < n_draws; ++i)
    values(static_cast<arma::uword>(i)) =
        injected(static_cast<std::uint64_t>(i), small, samples(), false).value;
  const double std_error = arma::stddev(values) / std::sqrt(double(n_draws));
  CHECK(std_error > 0.0);
  // Relaxation, which is not in the Paulis, is a small part of this device's noise.
  CHECK(std::abs(arma::mean(values) - exact(0, small, samples(), false).value) <
        4.0 * std_error + 2e-6);
}

TEST_CASE("Gradients in all kinds of training noise agree with central differences") {
  for (const char* text : {"none", "exact", "readout", "injected", "history", "risk:tail=0.5",
                           "gap:strength=2", "sensitivity:strength=100", "mitigated:scale=1,3"}) {
    INFO(text);
    const TrainingObjective objective =
        training_objective(parse_training_noise(text), model(), history(), loss, 1);
    const auto value = [&](const arma::vec& at) {
      return objective(7, QnnParameters::from_flattened(at, model()), samples(), false).value;
    };
    const arma::vec differences = central_differences(value, parameters().flattened());
    const TrainingLoss whole = objective(7, parameters(), samples(), true);
    CHECK(arma::norm(whole.gradient - differences) <= 1e-6 * arma::norm(differences));
    const TrainingLoss alone = objective(7, parameters(), samples(), false);
    CHECK(alone.gradient.is_empty());
    CHECK(std::abs(alone.value - whole.value) < 1e-13 * whole.value);
  }
}

TEST_CASE("Training in the noise ends lower in the noise") {
  TrainingOptions options;
  options.epochs = 40;
  options.optimizer.learning_rate = 0.05;
  const DeviceHistory noisy{{state(6.0)}, {0, 1, 2}};
  const auto trained = [&](const char* text) {
    return train(model(), training_objective(parse_training_noise(text), model(), noisy, loss, 1),
                 samples(), options)
        .parameters;
  };
  const SharedExpectations device = expectations_on(model(), noisy.states[0], noisy.layout);
  const auto in_noise = [&](const char* text) {
    return training_loss(model(), *device, trained(text), samples(), loss).value;
  };
  CHECK(in_noise("exact") < in_noise("none"));
}

TEST_CASE("Training noise that the device's records do not allow is refused") {
  const DeviceHistory one{{state(1.0)}, {0, 1, 2}};
  CHECK_THROWS_WITH(value_of("history", one), ContainsSubstring("a series is needed"));
  CHECK_THROWS_WITH(value_of("risk", one), ContainsSubstring("a series is needed"));
  CHECK_THROWS_WITH(value_of("sensitivity", one), ContainsSubstring("a series is needed"));
  CHECK_THROWS_WITH(value_of("exact", {{}, {}}), ContainsSubstring("there is no device"));
  CHECK_THROWS_AS(training_objective(InjectedNoise{-1.0}, model(), one, loss, 1), InputError);
  CHECK_THROWS_AS(value_of("exact", {{state(1.0)}, {0, 2, 1}}), InputError);
}

TEST_CASE("gradients of exact probabilities are those of the circuit in its noise") {
  for (const char* text : {"none", "exact", "readout"}) {
    CAPTURE(text);
    ShotExpectations::Options options;
    options.shots = 0;
    const TrainingNoise noise = parse_training_noise(text);
    const auto shots = shot_expectations(noise, model(), history(), options, 1);
    const TrainingLoss found =
        fixed_objective(model(), shots, loss)(0, parameters(), samples(), true);
    const TrainingLoss expected =
        training_objective(noise, model(), history(), loss, 1)(0, parameters(), samples(), true);
    CHECK(std::abs(found.value - expected.value) < 1e-12);
    CHECK(arma::abs(found.gradient - expected.gradient).max() < 1e-12);
  }
}

TEST_CASE("shots are counted, drawn by the seed, and go on from a state") {
  const ShotExpectations::Options options{.shots = 8};
  const auto step = [&](const std::shared_ptr<const ShotExpectations>& shots) {
    return fixed_objective(model(), shots, loss)(0, parameters(), samples(), true).value;
  };
  const auto whole = shot_expectations(ExactNoise{}, model(), history(), options, 1);
  const double first = step(whole);
  const ShotExpectations::State state = whole->state();
  // The values and two shifts of each angle, of every sample.
  CHECK(state.circuits % samples().n_samples() == 0);
  CHECK(state.shots == 8 * state.circuits);
  CHECK(state.runs == 1);
  const double second = step(whole);
  CHECK(first != second);
  CHECK(step(shot_expectations(ExactNoise{}, model(), history(), options, 1, state)) == second);
  CHECK(step(shot_expectations(ExactNoise{}, model(), history(), options, 2)) != first);
  CHECK_THROWS_WITH(shot_expectations(HistoryNoise{}, model(), history(), options, 1),
                    ContainsSubstring("is not that of one circuit"));
}
