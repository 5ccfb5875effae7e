#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/instances.hpp>

namespace rhodrift {

namespace {

std::size_t cells_of(std::span<const Instance> instances) {
  std::size_t n_cells = 0;
  for (const Instance& instance : instances) n_cells = std::max(n_cells, instance.cell + 1);
  return n_cells;
}

struct Cell {
  arma::mat values;      // an instance a column, weighted
  arma::mat covariance;  // of the last instance's shots, weighted
  arma::mat shared;      // summed, weighted
};

void append(Cell& cell, const JointEstimate& reading, const arma::mat& shared, double weight) {
  if (cell.values.is_empty()) cell.shared.zeros(shared.n_rows, shared.n_cols);
  cell.values.insert_cols(cell.values.n_cols, arma::mat(weight * reading.values));
  cell.covariance = weight * weight * reading.covariance;
  cell.shared += weight * shared;
}

JointEstimate mean(const Cell& cell) {
  const auto n = static_cast<double>(cell.values.n_cols);
  const arma::vec values = arma::mean(cell.values, 1);
  if (cell.values.n_cols == 1) return {values, cell.covariance};
  const arma::mat deviations = cell.values.each_col() - values;
  return {values, deviations * deviations.t() / (n * (n - 1.0))};
}

}  // namespace

std::size_t InstancePlan::n_cells() const {
  return cells_of(instances);
}

std::vector<std::uint64_t> InstancePlan::sizes() const {
  std::vector<std::uint64_t> result(n_cells(), 0);
  for (const Instance& instance : instances) ++result[instance.cell];
  return result;
}

ReadExpectations pooled(const ReadExpectations& read, std::span<const Instance> instances) {
  if (read.readings.size() != instances.size())
    throw InputError("instances", "",
                     fmt::format("{} for {} readings", instances.size(), read.readings.size()));
  std::vector<Cell> cells(cells_of(instances));
  arma::uword row = 0;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    const JointEstimate& reading = read.readings[i];
    Cell& cell = cells[instances[i].cell];
    const arma::uword n_values = reading.values.n_elem;
    if (!cell.values.is_empty() && cell.values.n_rows != n_values)
      throw InputError(
          "instances", fmt::format("reading {}", i),
          fmt::format("has {} values, others of its cell have {}", n_values, cell.values.n_rows));
    append(cell, reading, arma::mat(read.shared.rows(row, row + n_values - 1)),
           instances[i].weight);
    row += n_values;
  }
  ReadExpectations result;
  result.shared.zeros(0, read.shared.n_cols);
  for (const Cell& cell : cells) {
    if (cell.values.is_empty())
      throw InputError("instances", fmt::format("cell {}", result.readings.size()), "has none");
    result.readings.push_back(mean(cell));
    result.shared = arma::join_cols(
        result.shared, arma::mat(cell.shared / static_cast<double>(cell.values.n_cols)));
  }
  return result;
}

ReadExpectations pooled(const InstancePlan& plan, std::span<const Outcomes> outcomes,
                        std::span<const Observable> observables,
                        const ExpectationEstimator& estimator) {
  plan.require_matching(outcomes);
  std::vector<Reading> readings;
  for (const Outcomes& outcome : outcomes) readings.push_back({outcome, observables});
  return pooled(estimator.estimate(readings), plan.instances);
}

double effective_degrees_of_freedom(std::span<const double> variances,
                                    std::span<const double> degrees_of_freedom) {
  double sum = 0.0, squares = 0.0;
  for (std::size_t k = 0; k < variances.size(); ++k) {
    sum += variances[k];
    squares += variances[k] * variances[k] / degrees_of_freedom[k];
  }
  if (squares == 0.0) return std::numeric_limits<double>::infinity();
  return std::max(1.0, sum * sum / squares);
}

std::vector<Estimate> combine(const InstancePlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator, const std::string& technique) {
  if (plan.n_cells() != 1)
    throw InputError("plan", "", fmt::format("{} cells, an estimate is of one", plan.n_cells()));
  const ReadExpectations cell = pooled(plan, outcomes, observables, estimator);
  const JointEstimate joint = cell.joint();
  const auto n = static_cast<double>(plan.jobs.size());
  std::uint64_t shots = 0;
  for (const Outcomes& outcome : outcomes) shots += outcome.shots;
  const std::string method = fmt::format("{} over {}", technique, estimator.method);
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < observables.size(); ++k) {
    const double scatter = cell.readings[0].covariance(k, k);
    const double total = joint.covariance(k, k);
    const double freedom =
        effective_degrees_of_freedom(std::array{scatter, total - scatter},
                                     std::array{n - 1.0, std::numeric_limits<double>::infinity()});
    const double error = std::sqrt(total);
    // Beyond a million, Student's distribution is the normal one.
    estimates.push_back(n == 1.0 || freedom > 1e6
                            ? normal_estimate(joint.values(k), error, method)
                            : student_estimate(joint.values(k), error,
                                               static_cast<std::uint64_t>(freedom), method));
    estimates.back().shots = shots;
    estimates.back().circuits = plan.jobs.size();
  }
  return estimates;
}

}  // namespace rhodrift
