#include <fmt/format.h>

#include <rhodrift/report/format_estimate.hpp>

namespace rhodrift {

std::string with_std_error(const Estimate& estimate, int digits) {
  return fmt::format("{:.{}f} ± {:.{}f}", estimate.value, digits, estimate.std_error, digits);
}

std::string with_interval(const Estimate& estimate, int digits) {
  return fmt::format("{:.{}f} [{:.{}f}, {:.{}f}]", estimate.value, digits, estimate.ci.low, digits,
                     estimate.ci.high, digits);
}

}  // namespace rhodrift
