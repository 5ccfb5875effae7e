#include <set>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/number.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise_aware/sensitivity_objective.hpp>
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

const Layout layout{0, 1, 2};

/// Also with an observable of two qubits: readout errors multiply in it.
Qnn model() {
  Circuit circuit = angle_encoding(3, 3, {Op::ry});
  circuit.append(hardware_efficient_ansatz(3, 1, {{0, 1}, {1, 2}}));
  return {circuit, {Observable::z(0), Observable::parse("0.5*Z1 Z2 - X0"), Observable::z(2)}, 2};
}

NoiseModel state() {
  return {small_line::device(2e-3, 0.03, 0.03, 0.06), NoisePolicy::device};
}

Dataset samples() {
  return halves(7);
}

QnnParameters parameters() {
  arma::vec values = initial_parameters(model(), 1).flattened();
  RandomStream random(6);
  for (double& value : values) value += 0.3 * random.normal();
  return QnnParameters::from_flattened(values, model());
}

std::shared_ptr<const DriftingExpectations> drifting(const Qnn& of = model()) {
  return std::make_shared<const DriftingExpectations>(of, state(), layout);
}

/// Of the loss in the numbers of `drifting`, by central differences of moved().
arma::vec loss_slopes(const Qnn& of, const DriftingExpectations& expectations,
                      const arma::vec& spreads, const QnnParameters& at, Loss loss) {
  arma::vec slopes(spreads.n_elem);
  for (arma::uword i = 0; i < spreads.n_elem; ++i) {
    arma::vec change(spreads.n_elem, arma::fill::zeros);
    change(i) = 1e-3 * spreads(i);
    const auto loss_with = [&](const arma::vec& by) {
      return training_loss(of, *expectations.moved(by), at, samples(), loss).value;
    };
    slopes(i) = (loss_with(change) - loss_with(-change)) / 2e-3;
  }
  return slopes;
}

}  // namespace

TEST_CASE("Drifting expectations are those of the calibration, and move as it does") {
  const auto expectations = drifting();
  const std::set<std::string> numbers(expectations->numbers().begin(),
                                      expectations->numbers().end());
  CHECK(numbers.size() == expectations->numbers().size());
  for (const char* number : {"/qubits/0/t1_s", "/qubits/2/t2_s", "/qubits/1/readout/p10",
                             "/qubits/2/readout/p01", "/gates/0/error"})
    CHECK(numbers.contains(number));

  const arma::vec weights = parameters().weights;
  const arma::mat features = samples().features;
  const auto values = [&](const NoiseModel& noise) {
    return expectations_on(model(), noise, layout)->values(weights, features);
  };
  const arma::vec none(numbers.size(), arma::fill::zeros);
  CHECK(arma::approx_equal(expectations->moved(none)->values(weights, features), values(state()),
                           "absdiff", 1e-13));

  // In another calibration each number is a little larger; to first order that is a move.
  for (const auto& [number, place] : std::map<std::string, std::function<double&(Calibration&)>>{
           {"/qubits/0/t1_s", [](Calibration& c) -> double& { return *c.qubits[0].t1_s; }},
           {"/qubits/1/readout/p10",
            [](Calibration& c) -> double& { return *c.qubits[1].readout_p10; }},
           {"/qubits/2/readout/p01",
            [](Calibration& c) -> double& { return *c.qubits[2].readout_p01; }},
           {"/gates/0/error", [](Calibration& c) -> double& { return *c.gates[0].error; }}}) {
    INFO(number);
    arma::vec change = none;
    for (std::size_t i = 0; i < expectations->numbers().size(); ++i)
      if (expectations->numbers()[i] == number)
        change(i) =
            1e-3 * *find_number(state().calibration(), number_name(state().calibration(), number));
    REQUIRE(arma::accu(change) > 0.0);
    Calibration above = state().calibration(), below = above;
    place(above) += arma::accu(change);
    place(below) -= arma::accu(change);
    const arma::mat difference =
                        values({above, NoisePolicy::device}) - values({below, NoisePolicy::device}),
                    moved = expectations->moved(change)->values(weights, features) -
                            expectations->moved(-change)->values(weights, features);
    CHECK(arma::norm(moved) > 0.0);
    CHECK(arma::norm(moved - difference) <= 1e-4 * arma::norm(difference));
  }
}

TEST_CASE("The penalty is the sum of the squared sensitivities, and has its gradient") {
  Qnn normalised = model();
  normalised.post_measurement.normalise = true;
  for (const Qnn& of : {model(), normalised})
    for (const Loss loss : {Loss::cross_entropy, Loss::mse}) {
      const auto expectations = drifting(of);
      const arma::vec spreads =
          relative_spreads(expectations->numbers(), state().calibration(), 0.3);
      // So strong that the gradient is the penalty's.
      const double strength = 1e8;
      const TrainingObjective objective =
          sensitivity_objective(of, expectations, spreads, strength, loss);
      const auto value = [&](const arma::vec& at) {
        return objective(0, QnnParameters::from_flattened(at, of), samples(), false).value;
      };
      const double plain =
          training_loss(of, *expectations_on(of, state(), layout), parameters(), samples(), loss)
              .value;
      const arma::vec at = parameters().flattened();
      const double penalty = value(at) - plain;
      CHECK(penalty > 10.0 * plain);
      CHECK(penalty == Approx(strength * std::pow(arma::norm(loss_slopes(of, *expectations, spreads,
                                                                         parameters(), loss)),
                                                  2))
                           .epsilon(1e-5));
      const arma::vec differences = central_differences(value, at);
      CHECK(arma::norm(objective(0, parameters(), samples(), true).gradient - differences) <=
            1e-5 * arma::norm(differences));
    }
}

TEST_CASE("Training with the penalty ends where the loss depends less on the calibration") {
  const auto expectations = drifting();
  const arma::vec spreads = relative_spreads(expectations->numbers(), state().calibration(), 0.3);
  // Two samples are mislabelled: the loss, and with it what changes it, does not go to 0.
  Dataset data = samples();
  data.labels[1] = 0;
  data.labels[4] = 1;
  TrainingOptions options;
  options.epochs = 100;
  options.optimizer.learning_rate = 0.05;
  const auto changes_after = [&](double strength) {
    const QnnParameters trained =
        train(model(),
              sensitivity_objective(model(), expectations, spreads, strength, Loss::cross_entropy),
              data, options)
            .parameters;
    const auto loss_of = [&](double objective_strength) {
      return sensitivity_objective(model(), expectations, spreads, objective_strength,
                                   Loss::cross_entropy)(0, trained, data, false)
          .value;
    };
    return std::sqrt(loss_of(1.0) - loss_of(0.0));
  };
  CHECK(changes_after(1e5) < 0.5 * changes_after(0.0));
}

TEST_CASE("Spreads are those of the records, without the days a gate was down") {
  std::vector<Calibration> states(4, state().calibration());
  const double errors[] = {0.01, 1.0, 0.03, 0.02}, times_s[] = {1e-4, 2e-4, 3e-4, 4e-4};
  for (std::size_t s = 0; s < 4; ++s) {
    states[s].gates[0].error = errors[s];
    states[s].qubits[1].t1_s = times_s[s];
  }
  states[0].qubits[1].t1_s = std::nullopt;
  const arma::vec spreads =
      recorded_spreads({"/gates/0/error", "/qubits/1/t1_s", "/qubits/0/t1_s"}, states);
  CHECK(spreads(0) == Approx(0.01));
  CHECK(spreads(1) == Approx(1e-4));
  CHECK(spreads(2) == 0.0);
  CHECK(recorded_spreads({"/qubits/1/t1_s"}, {states.data(), 2})(0) == 0.0);
  CHECK(relative_spreads({"/qubits/1/t1_s"}, states[3], 0.1)(0) == Approx(4e-5));
  CHECK_THROWS_WITH(recorded_spreads({}, {}), ContainsSubstring("there are no states"));
}

TEST_CASE("A penalty without a meaning is refused") {
  const auto expectations = drifting();
  const auto objective = [&](std::size_t n_spreads, double strength) {
    return sensitivity_objective(model(), expectations, arma::zeros(n_spreads), strength,
                                 Loss::mse);
  };
  CHECK_THROWS_WITH(objective(expectations->numbers().size(), -1.0),
                    "training: strength: -1 is not >= 0");
  CHECK_THROWS_WITH(objective(2, 1.0), ContainsSubstring("spreads: 2 for"));
}
