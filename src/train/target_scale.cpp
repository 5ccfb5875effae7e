#include <rhodrift/core/error.hpp>
#include <rhodrift/train/target_scale.hpp>

#include "train/require_equal.hpp"

namespace rhodrift {

TargetScale TargetScale::of(const Dataset& data) {
  if (!data.is_regression()) throw InputError(data.name, "", "has classes and no targets");
  data.validate();
  data.require_differences();
  return {arma::mean(data.targets, 1), arma::stddev(data.targets, 0, 1)};
}

Dataset TargetScale::scaled(Dataset data) const {
  require_equal("targets of the data", data.targets.n_rows, mean.n_elem, "the scale");
  data.targets.each_col() -= mean;
  data.targets.each_col() /= deviation;
  return data;
}

AffineHead TargetScale::in_units(AffineHead head) const {
  require_equal("outputs of the head", head.bias.n_elem, mean.n_elem, "the scale");
  head.scale.each_col() %= deviation;
  head.bias = mean + deviation % head.bias;
  return head;
}

}  // namespace rhodrift
