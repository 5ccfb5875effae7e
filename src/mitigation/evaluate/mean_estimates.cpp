#include "mitigation/evaluate/mean_estimates.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <boost/math/distributions/students_t.hpp>

namespace rhodrift {

Estimate of_unknown_error(double value, const std::string& method) {
  Estimate estimate;
  estimate.value = value;
  estimate.std_error = arma::datum::nan;
  estimate.ci = {arma::datum::nan, arma::datum::nan};
  estimate.method = method;
  return estimate;
}

Estimate mean_estimate(const arma::vec& values, const std::string& method) {
  const double mean = arma::mean(values);
  if (values.n_elem < 2) return of_unknown_error(mean, method);
  const double error = arma::stddev(values) / std::sqrt(static_cast<double>(values.n_elem));
  return student_estimate(mean, error, values.n_elem - 1, method);
}

MeanOverPairs mean_over_pairs(const arma::vec& values,
                              std::span<const std::pair<std::size_t, std::size_t>> states,
                              const std::string& method) {
  const arma::uvec made = arma::find_finite(values);
  const double sum = arma::accu(values.elem(made));
  const auto n = static_cast<double>(made.n_elem);
  struct Share {  // what the pairs of a state add to sum and number
    double sum = 0.0, n = 0.0;
  };
  std::map<std::size_t, Share> shares;
  const auto add = [&](std::size_t state, double value) {
    shares[state].sum += value;
    shares[state].n += 1.0;
  };
  for (const arma::uword p : made) {
    const auto& [one, other] = states[p];
    add(one, values(p));
    if (other != one) add(other, values(p));
  }
  const double mean = sum / n;
  double squares = 0.0;
  for (const auto& [state, share] : shares) {
    if (share.n == n) return {of_unknown_error(mean, method), 1.0};
    squares += std::pow((sum - share.sum) / (n - share.n) - mean, 2);
  }
  if (shares.empty()) return {of_unknown_error(mean, method), 1.0};
  const auto m = static_cast<double>(shares.size());
  const double error = std::sqrt((m - 1.0) / m * squares);
  const std::size_t freedom = std::min<std::size_t>(shares.size(), made.n_elem) - 1;
  return {student_estimate(mean, error, freedom, method),
          two_sided_p_value(mean, error, static_cast<double>(freedom))};
}

Estimate root_of(const Estimate& mean_square, const std::string& method) {
  Estimate root = mean_square;
  root.method = method;
  root.value = std::sqrt(mean_square.value);
  if (root.value > 0.0) root.std_error = mean_square.std_error / (2.0 * root.value);
  // max keeps the NaN of an unknown interval: it is its first argument unless the second is larger.
  root.ci = {std::sqrt(std::max(mean_square.ci.low, 0.0)), std::sqrt(mean_square.ci.high)};
  return root;
}

double two_sided_p_value(double difference, double std_error, double degrees_of_freedom) {
  if (std::isnan(std_error)) return 1.0;
  if (std_error == 0.0) return difference == 0.0 ? 1.0 : 0.0;
  const boost::math::students_t_distribution<double> student(degrees_of_freedom);
  return 2.0 * boost::math::cdf(boost::math::complement(student, std::abs(difference) / std_error));
}

}  // namespace rhodrift
