#include <cmath>

#include <fmt/format.h>

#include <rhodrift/report/format_estimate.hpp>

namespace rhodrift {

std::string with_std_error(const Estimate& estimate, int digits) {
  const std::string value = fmt::format("{:.{}f} ± ", estimate.value, digits);
  if (std::isnan(estimate.std_error)) return value + "–";
  return value + fmt::format("{:.{}f}", estimate.std_error, digits);
}

std::string with_interval(const Estimate& estimate, int digits) {
  return fmt::format("{:.{}f} [{:.{}f}, {:.{}f}]", estimate.value, digits, estimate.ci.low, digits,
                     estimate.ci.high, digits);
}

}  // namespace rhodrift
