#include <algorithm>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise_aware/model_choice.hpp>
#include <rhodrift/noise_aware/state_clusters.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/model_repository.hpp>
#include <rhodrift/train/training.hpp>

#include "mitigation/small_line.hpp"
#include "support/catch.hpp"

using namespace rhodrift;

namespace {

arma::mat distances_between(const arma::vec& points) {
  arma::mat distances(points.n_elem, points.n_elem);
  for (arma::uword a = 0; a < points.n_elem; ++a)
    for (arma::uword b = 0; b < points.n_elem; ++b)
      distances(a, b) = std::abs(points(a) - points(b));
  return distances;
}

double cost_of(const arma::mat& distances, const std::vector<std::size_t>& centres) {
  double sum = 0.0;
  for (arma::uword point = 0; point < distances.n_cols; ++point) {
    double nearest = distances(centres[0], point);
    for (const std::size_t centre : centres) nearest = std::min(nearest, distances(centre, point));
    sum += nearest;
  }
  return sum;
}

Qnn model() {
  Circuit circuit = angle_encoding(3, 3, {Op::ry});
  circuit.append(hardware_efficient_ansatz(3, 1, {{0, 1}, {1, 2}}));
  return {circuit, {Observable::z(0), Observable::z(1), Observable::z(2)}, 2};
}

NoiseModel state(double cx_error, double p10, std::int64_t day) {
  Calibration calibration = small_line::device(1e-3, cx_error, p10, 0.05);
  calibration.timestamp.unix_s = 86400 * day;
  return {calibration, NoisePolicy::aer};
}

/// Good days and bad ones, in no order.
DeviceHistory history() {
  return {{state(0.010, 0.02, 1), state(0.060, 0.02, 2), state(0.011, 0.02, 3),
           state(0.062, 0.02, 4), state(0.012, 0.02, 5), state(0.061, 0.02, 6)},
          {0, 1, 2}};
}

arma::vec weights() {
  return initial_parameters(model(), 1).weights + 0.4;
}

arma::mat features() {
  RandomStream random(4);
  arma::mat values(3, 5);
  for (double& x : values) x = random.normal();
  return values;
}

StateClusters clusters_of(const DeviceHistory& device, std::size_t count) {
  return cluster_states(model(), device, weights(), features(), count);
}

}  // namespace

TEST_CASE("Medoids of points in groups are their middles") {
  const Medoids found = k_medoids(distances_between({0, 10, 1, 11, 2, 12, 50}), 3);
  CHECK(found.centres == std::vector<std::size_t>{2, 3, 6});
  CHECK(found.centre_of == std::vector<std::size_t>{0, 1, 0, 1, 0, 1, 2});
}

TEST_CASE("Medoids cannot be made better by moving one, and nearly are the best") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    INFO(seed);
    RandomStream random(seed);
    arma::vec points(9);
    for (double& x : points) x = random.normal();
    const arma::mat distances = distances_between(points);
    const Medoids found = k_medoids(distances, 2);
    double lowest = 1e300;
    for (std::size_t a = 0; a < 9; ++a)
      for (std::size_t b = 0; b < a; ++b) lowest = std::min(lowest, cost_of(distances, {a, b}));
    const double cost = cost_of(distances, found.centres);
    CHECK(cost <= 1.2 * lowest);
    for (std::size_t place = 0; place < 2; ++place)
      for (std::size_t point = 0; point < 9; ++point) {
        std::vector<std::size_t> moved = found.centres;
        moved[place] = point;
        CHECK(cost <= cost_of(distances, moved) + 1e-12);
      }
  }
}

TEST_CASE("Points that are the same are different centres") {
  const Medoids found = k_medoids(arma::zeros(3, 3), 3);
  CHECK(found.centres == std::vector<std::size_t>{0, 1, 2});
  CHECK(found.centre_of == std::vector<std::size_t>{0, 1, 2});
  CHECK_THROWS_WITH(k_medoids(arma::zeros(3, 3), 4), ContainsSubstring("4 is outside 1..3"));
  CHECK_THROWS_AS(k_medoids(arma::zeros(3, 3), 0), InputError);
}

TEST_CASE("States are clustered by the numbers that matter") {
  const StateClusters clusters = clusters_of(history(), 2);
  REQUIRE(clusters.clusters.size() == 2);
  CHECK(clusters.clusters[0].centre == 2);
  CHECK(clusters.clusters[1].centre == 5);
  CHECK(clusters.clusters[0].n_states == 3);
  // Of cx, what the circuit runs; readout is the same in all states.
  CHECK(std::ranges::all_of(
      clusters.numbers, [](const std::string& name) { return name.starts_with("error of cx "); }));

  // The importance is the root mean square of the slopes, here against differences.
  const auto values_at = [&](double cx_error) {
    return expectations_on(model(), state(cx_error, 0.02, 6), {0, 1, 2})
        ->values(weights(), features());
  };
  DeviceHistory line = history();
  const arma::mat slopes = (values_at(0.0611) - values_at(0.0609)) / 0.0002;
  // All numbers change at once: not above what they do if they add up.
  const double together = std::sqrt(arma::mean(arma::vectorise(arma::square(slopes))));
  CHECK(together <= arma::accu(clusters.importance) * 1.001);
  CHECK(together >= arma::max(clusters.importance));

  // A number that hardly matters does not decide, however much it changes.
  for (std::size_t s = 0; s < 6; ++s) {
    Calibration calibration = line.states[s].calibration();
    calibration.qubits[1].t1_s = s < 3 ? 1e-3 : 2e-3;
    line.states[s] = NoiseModel(calibration, NoisePolicy::aer);
  }
  CHECK(clusters_of(line, 2).clusters[1].n_states == 3);
  CHECK(clusters_of(line, 2).clusters[0].centre == 2);
}

TEST_CASE("States that cannot be told apart, or are too few, are refused") {
  const DeviceHistory same{{state(0.01, 0.02, 1), state(0.01, 0.02, 2)}, {0, 1, 2}};
  CHECK_THROWS_WITH(clusters_of(same, 2), ContainsSubstring("do not differ in any number"));
  CHECK_THROWS_WITH(clusters_of(history(), 7), ContainsSubstring("count: 7 is outside 1..6"));
}

TEST_CASE("The model whose centre is nearest is chosen") {
  const StateClusters clusters = clusters_of(history(), 2);
  ModelRepository repository{clusters.numbers, clusters.importance, clusters.reach, {}};
  const arma::vec head_bias{0.0, 0.0};
  for (const auto& [centre, n_states, values] : clusters.clusters)
    repository.entries.push_back(
        {history().states[centre].calibration().timestamp,
         n_states,
         values,
         {weights() + static_cast<double>(centre), {arma::ones(2, 3), head_bias}},
         0.1 * static_cast<double>(centre)});
  const auto choose = [&](double cx_error) {
    return choose_model(repository, state(cx_error, 0.02, 9).calibration());
  };
  CHECK(choose(0.02).entry == 0);
  CHECK(choose(0.05).entry == 1);
  CHECK(choose(0.011).distance == Approx(0.0).margin(1e-15));
  // Every state of the training is within reach, and one of them at its end.
  double farthest = 0.0;
  for (const NoiseModel& each : history().states)
    farthest = std::max(farthest, choose_model(repository, each.calibration()).distance);
  CHECK(farthest == Approx(repository.reach).epsilon(1e-12));
  CHECK(choose(0.2).distance > repository.reach);

  TrainedModel trained{"m", model(), {"a", "b"}, {}, {}, {}, {}};
  CHECK(model_for(trained, state(0.02, 0.02, 9).calibration()).parameters.weights.empty());
  trained.training.device = {"line", {}, "", {0, 1, 2}};
  trained.repository = repository;
  const TrainedModel chosen = model_for(trained, state(0.05, 0.02, 9).calibration());
  CHECK(arma::approx_equal(chosen.parameters.weights, weights() + 5.0, "absdiff", 0.0));
  CHECK(chosen.training.final_loss == 0.5);

  Calibration now = state(0.02, 0.02, 9).calibration();
  std::erase_if(now.gates, [](const GateCalibration& gate) { return gate.name == "cx"; });
  CHECK_THROWS_WITH(model_for(trained, now),
                    ContainsSubstring("error of cx") && ContainsSubstring("is missing"));
  now.device = "ring";
  CHECK_THROWS_WITH(model_for(trained, now), ContainsSubstring("models for states of line"));
}
