#include "mitigation/readout/conditioning.hpp"

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>

namespace rhodrift {

namespace {

void require_condition_number(double condition_number, const std::string& place) {
  // Negated, so that the NaN and infinity of a singular matrix are caught.
  if (!(condition_number <= readout::max_condition_number))
    throw InputError("readout error", place,
                     fmt::format("the confusion matrix has condition number {:.3g}, the limit is "
                                 "{:.3g}",
                                 condition_number, readout::max_condition_number));
}

}  // namespace

const ReadoutError& require_groups_conditioned(const ReadoutError& error) {
  validate_readout_error(error, "readout error");
  for (const ConfusionMatrix& group : error)
    require_condition_number(arma::cond(group.matrix),
                             fmt::format("bits {}", fmt::join(group.bits, ",")));
  return error;
}

const ReadoutError& require_conditioned(const ReadoutError& error) {
  validate_readout_error(error, "readout error");
  double product = 1.0;
  for (const ConfusionMatrix& group : error) product *= arma::cond(group.matrix);
  require_condition_number(product, "all bits");
  return error;
}

}  // namespace rhodrift
