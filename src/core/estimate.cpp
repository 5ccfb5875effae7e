#include <algorithm>
#include <cmath>

#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/estimate.hpp>

namespace rhodrift {

namespace {

/// q with P(|x| <= q) = level for x of a distribution that is symmetric about 0.
template <typename Distribution>
double two_sided_quantile(const Distribution& distribution, double level) {
  if (!(level > 0.0 && level < 1.0))
    throw InputError("estimate", "level", fmt::format("{} is outside (0, 1)", level));
  return boost::math::quantile(boost::math::complement(distribution, (1.0 - level) / 2));
}

/// Value ± quantile·std_error.
template <typename Distribution>
Estimate symmetric_estimate(double value, double std_error, const Distribution& distribution,
                            const std::string& method, double level) {
  if (!(std_error >= 0.0 && std::isfinite(std_error)))
    throw InputError("estimate", "std_error",
                     fmt::format("{} is not a finite number >= 0", std_error));
  const double half_width = two_sided_quantile(distribution, level) * std_error;
  Estimate estimate;
  estimate.value = value;
  estimate.std_error = std_error;
  estimate.ci = {value - half_width, value + half_width};
  estimate.level = level;
  estimate.method = method;
  return estimate;
}

}  // namespace

Estimate normal_estimate(double value, double std_error, const std::string& method, double level) {
  return symmetric_estimate(value, std_error, boost::math::normal(), method, level);
}

Estimate student_estimate(double value, double std_error, std::uint64_t degrees_of_freedom,
                          const std::string& method, double level) {
  if (degrees_of_freedom == 0)
    throw InputError("estimate", "degrees_of_freedom", "0 is not positive");
  const boost::math::students_t student(static_cast<double>(degrees_of_freedom));
  return symmetric_estimate(value, std_error, student, method, level);
}

Estimate proportion_estimate(std::uint64_t successes, std::uint64_t trials, double level) {
  if (trials == 0) throw InputError("proportion", "trials", "0 is not positive");
  if (successes > trials)
    throw InputError("proportion", "successes",
                     fmt::format("{} is more than the {} trials", successes, trials));
  const double z = two_sided_quantile(boost::math::normal(), level);
  const auto n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double variance = p * (1 - p) / n;
  const double shrink = 1 / (1 + z * z / n);
  const double center = shrink * (p + z * z / (2 * n));
  const double half_width = shrink * z * std::sqrt(variance + z * z / (4 * n * n));
  Estimate estimate;
  estimate.value = p;
  estimate.std_error = std::sqrt(variance);
  // In exact arithmetic the interval holds p and stays within [0, 1]; rounding may miss by an ulp.
  estimate.ci = {std::clamp(center - half_width, 0.0, p), std::clamp(center + half_width, p, 1.0)};
  estimate.level = level;
  estimate.shots = trials;
  estimate.method = "proportion/wilson";
  return estimate;
}

}  // namespace rhodrift
