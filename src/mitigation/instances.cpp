#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/instances.hpp>

namespace rhodrift {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

using Members = std::vector<std::size_t>;  // of a stratum, as numbers of instances

/// By cell and stratum.
std::vector<std::map<std::size_t, Members>> sorted(std::span<const Instance> instances) {
  std::vector<std::map<std::size_t, Members>> cells;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    if (cells.size() <= instances[i].cell) cells.resize(instances[i].cell + 1);
    cells[instances[i].cell][instances[i].stratum].push_back(i);
  }
  return cells;
}

/// Where each reading's rows begin in `shared`.
std::vector<arma::uword> first_rows(const ReadExpectations& read) {
  std::vector<arma::uword> rows;
  arma::uword row = 0;
  for (const JointEstimate& reading : read.readings) {
    rows.push_back(row);
    row += reading.values.n_elem;
  }
  return rows;
}

/// The weighted values of some instances, a column each.
arma::mat weighted(const ReadExpectations& read, std::span<const Instance> instances,
                   const Members& members) {
  arma::mat values(read.readings[members[0]].values.n_elem, members.size());
  for (arma::uword k = 0; k < members.size(); ++k) {
    const arma::vec& reading = read.readings[members[k]].values;
    if (reading.n_elem != values.n_rows)
      throw InputError(
          "instances", fmt::format("reading {}", members[k]),
          fmt::format("has {} values, others of its cell have {}", reading.n_elem, values.n_rows));
    values.col(k) = instances[members[k]].weight * reading;
  }
  return values;
}

struct Cell {
  JointEstimate reading;
  arma::vec degrees_of_freedom;
};

Cell of_one(const JointEstimate& reading, double weight) {
  arma::vec known(reading.values.n_elem);
  known.fill(infinity);
  return {{weight * reading.values, weight * weight * reading.covariance}, known};
}

/// From the weighted values in each stratum.
Cell of_scatter(const std::vector<arma::mat>& strata, std::size_t cell) {
  const arma::uword n_values = strata.front().n_rows;
  double n = 0.0;
  for (const arma::mat& stratum : strata) n += static_cast<double>(stratum.n_cols);
  Cell result{
      {arma::vec(n_values, arma::fill::zeros), arma::mat(n_values, n_values, arma::fill::zeros)},
      arma::vec(n_values)};
  arma::mat variances(n_values, strata.size());
  arma::vec freedom(strata.size());
  for (arma::uword h = 0; h < strata.size(); ++h) {
    const auto n_h = static_cast<double>(strata[h].n_cols);
    if (strata[h].n_cols == 1)
      throw InputError("instances", fmt::format("cell {}", cell),
                       "has one instance in a stratum, which has no scatter to tell an error by");
    if (strata[h].n_rows != n_values)
      throw InputError("instances", fmt::format("cell {}", cell),
                       "has readings of different numbers of values");
    const arma::vec mean = arma::mean(strata[h], 1);
    const arma::mat deviations = strata[h].each_col() - mean;
    const double share = n_h / n;
    const arma::mat covariance = share * share / (n_h * (n_h - 1.0)) * deviations * deviations.t();
    result.reading.values += share * mean;
    result.reading.covariance += covariance;
    variances.col(h) = covariance.diag();
    freedom(h) = n_h - 1.0;
  }
  for (arma::uword k = 0; k < n_values; ++k)
    result.degrees_of_freedom(k) = effective_degrees_of_freedom(variances.row(k).t(), freedom);
  return result;
}

}  // namespace

std::size_t InstancePlan::n_cells() const {
  std::size_t n = 0;
  for (const Instance& instance : instances) n = std::max(n, instance.cell + 1);
  return n;
}

PooledExpectations pooled(const ReadExpectations& read, std::span<const Instance> instances) {
  if (read.readings.size() != instances.size())
    throw InputError("instances", "",
                     fmt::format("{} for {} readings", instances.size(), read.readings.size()));
  const std::vector<arma::uword> first_row = first_rows(read);
  PooledExpectations result;
  result.shared.zeros(0, read.shared.n_cols);
  const auto cells = sorted(instances);
  for (std::size_t c = 0; c < cells.size(); ++c) {
    if (cells[c].empty()) throw InputError("instances", fmt::format("cell {}", c), "has none");
    std::vector<arma::mat> strata;
    arma::mat shared;
    double n = 0.0;
    for (const auto& [stratum, members] : cells[c]) {
      strata.push_back(weighted(read, instances, members));
      shared.resize(strata.back().n_rows, read.shared.n_cols);
      for (const std::size_t i : members)
        shared +=
            instances[i].weight * read.shared.rows(first_row[i], first_row[i] + shared.n_rows - 1);
      n += static_cast<double>(members.size());
    }
    const std::size_t first = cells[c].begin()->second[0];
    const Cell cell =
        n == 1.0 ? of_one(read.readings[first], instances[first].weight) : of_scatter(strata, c);
    result.readings.push_back(cell.reading);
    result.shared = arma::join_cols(result.shared, arma::mat(shared / n));
    result.degrees_of_freedom = arma::join_cols(result.degrees_of_freedom, cell.degrees_of_freedom);
  }
  return result;
}

PooledExpectations pooled(const InstancePlan& plan, std::span<const Outcomes> outcomes,
                          std::span<const Observable> observables,
                          const ExpectationEstimator& estimator) {
  plan.require_matching(outcomes);
  std::vector<Reading> readings;
  for (const Outcomes& outcome : outcomes) readings.push_back({outcome, observables});
  return pooled(estimator.estimate(readings), plan.instances);
}

double effective_degrees_of_freedom(const arma::vec& variances,
                                    const arma::vec& degrees_of_freedom) {
  const double squares = arma::accu(arma::square(variances) / degrees_of_freedom);
  if (squares == 0.0) return infinity;
  const double sum = arma::accu(variances);
  return std::max(1.0, sum * sum / squares);
}

std::vector<Estimate> combine(const InstancePlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator, const std::string& technique) {
  if (plan.n_cells() != 1)
    throw InputError("plan", "", fmt::format("{} cells, an estimate is of one", plan.n_cells()));
  const PooledExpectations cell = pooled(plan, outcomes, observables, estimator);
  const JointEstimate joint = cell.joint();
  std::uint64_t shots = 0;
  for (const Outcomes& outcome : outcomes) shots += outcome.shots;
  const std::string method = fmt::format("{} over {}", technique, estimator.method);
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < observables.size(); ++k) {
    const double scatter = cell.readings[0].covariance(k, k), total = joint.covariance(k, k);
    const double freedom = effective_degrees_of_freedom({scatter, total - scatter},
                                                        {cell.degrees_of_freedom(k), infinity});
    const double error = std::sqrt(total);
    constexpr double many = 1e6;  // beyond, Student's distribution is the normal one
    estimates.push_back(freedom > many
                            ? normal_estimate(joint.values(k), error, method)
                            : student_estimate(joint.values(k), error,
                                               static_cast<std::uint64_t>(freedom), method));
    estimates.back().shots = shots;
    estimates.back().circuits = plan.jobs.size();
  }
  return estimates;
}

}  // namespace rhodrift
