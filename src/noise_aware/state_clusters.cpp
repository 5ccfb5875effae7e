#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include <rhodrift/calibration/number.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/noise_aware/drifting_expectations.hpp>
#include <rhodrift/noise_aware/state_clusters.hpp>
#include <rhodrift/train/model_repository.hpp>

namespace rhodrift {

namespace {

void require_count(std::size_t count, std::size_t n_states) {
  if (count < 1 || count > n_states)
    throw InputError("clusters", "count",
                     fmt::format("{} is outside 1..{}, the number of states", count, n_states));
}

/// The sum of distances from each point to the nearest of the centres.
double cost_of(const arma::mat& distances, const std::vector<std::size_t>& centres) {
  double sum = 0.0;
  for (arma::uword point = 0; point < distances.n_cols; ++point) {
    double nearest = std::numeric_limits<double>::infinity();
    for (const std::size_t centre : centres) nearest = std::min(nearest, distances(centre, point));
    sum += nearest;
  }
  return sum;
}

bool contains(const std::vector<std::size_t>& centres, std::size_t point) {
  return std::ranges::find(centres, point) != centres.end();
}

/// Puts the best point in the place of one centre; whether the cost is smaller then.
bool improve(const arma::mat& distances, std::vector<std::size_t>& centres, std::size_t place) {
  const std::vector<std::size_t> given = centres;
  std::size_t best = given[place];
  double lowest = cost_of(distances, given);
  for (std::size_t point = 0; point < distances.n_cols; ++point) {
    if (contains(given, point)) continue;
    centres[place] = point;
    if (const double cost = cost_of(distances, centres); cost < lowest) {
      lowest = cost;
      best = point;
    }
  }
  centres[place] = best;
  return best != given[place];
}

/// Root mean square over samples and observables of the slopes in each number.
arma::vec mean_slopes(const DriftingExpectations& drifting, const Qnn& model,
                      const arma::vec& weights, const arma::mat& features) {
  arma::vec squares(drifting.numbers().size(), arma::fill::zeros);
  for (std::size_t k = 0; k < model.n_observables(); ++k) {
    arma::mat derivatives(model.n_observables(), features.n_cols, arma::fill::zeros);
    derivatives.row(k).ones();
    squares += arma::mean(arma::square(drifting.sensitivities(weights, features, derivatives)), 1);
  }
  return arma::sqrt(squares / static_cast<double>(model.n_observables()));
}

/// One number in all states; empty where one of them does not have it.
std::vector<double> values_of(const std::string& name, const DeviceHistory& device) {
  std::vector<double> values;
  for (const NoiseModel& state : device.states) {
    const auto value = find_number(state.calibration(), name);
    if (!value) return {};
    values.push_back(*value);
  }
  return values;
}

}  // namespace

Medoids k_medoids(const arma::mat& distances, std::size_t count) {
  require_count(count, distances.n_cols);
  std::vector<std::size_t> centres;
  while (centres.size() < count) {
    std::size_t first = 0;
    while (contains(centres, first)) ++first;
    centres.push_back(first);
    improve(distances, centres, centres.size() - 1);
  }
  for (bool better = true; better;) {
    better = false;
    for (std::size_t place = 0; place < count; ++place)
      better = improve(distances, centres, place) || better;
  }
  std::ranges::sort(centres);
  Medoids result{centres, {}};
  for (arma::uword point = 0; point < distances.n_cols; ++point)
    result.centre_of.push_back(static_cast<std::size_t>(
        std::ranges::min_element(centres, {},
                                 [&](std::size_t centre) { return distances(centre, point); }) -
        centres.begin()));
  // Also where another centre is the same point.
  for (std::size_t c = 0; c < count; ++c) result.centre_of[centres[c]] = c;
  return result;
}

StateClusters cluster_states(const Qnn& model, const DeviceHistory& device,
                             const arma::vec& weights, const arma::mat& features,
                             std::size_t count) {
  require_count(count, device.states.size());
  const NoiseModel& now = device.states.back();
  const DriftingExpectations drifting(model, now, device.layout);
  const arma::vec slopes = mean_slopes(drifting, model, weights, features);
  StateClusters result{{}, {}, 0.0, {}};
  std::vector<double> importance;
  std::vector<std::vector<double>> by_number;
  for (std::size_t i = 0; i < drifting.numbers().size(); ++i) {
    const std::string name = number_name(now.calibration(), drifting.numbers()[i]);
    std::vector<double> values = values_of(name, device);
    if (values.empty() || slopes(i) == 0.0 || std::ranges::min(values) == std::ranges::max(values))
      continue;
    result.numbers.push_back(name);
    importance.push_back(slopes(i));
    by_number.push_back(std::move(values));
  }
  if (result.numbers.empty())
    throw InputError("clusters", "", "the states do not differ in any number that matters");
  result.importance = importance;

  const std::size_t n_states = device.states.size();
  arma::mat states(by_number.size(), n_states), distances(n_states, n_states);
  for (std::size_t i = 0; i < by_number.size(); ++i) states.row(i) = arma::rowvec(by_number[i]);
  for (std::size_t a = 0; a < n_states; ++a)
    for (std::size_t b = 0; b < n_states; ++b)
      distances(a, b) = state_distance(result.importance, states.col(a), states.col(b));
  const Medoids medoids = k_medoids(distances, count);
  for (const std::size_t centre : medoids.centres)
    result.clusters.push_back({centre, 0, states.col(centre)});
  for (std::size_t state = 0; state < n_states; ++state) {
    StateClusters::Cluster& cluster = result.clusters[medoids.centre_of[state]];
    ++cluster.n_states;
    result.reach = std::max(result.reach, distances(cluster.centre, state));
  }
  return result;
}

}  // namespace rhodrift
