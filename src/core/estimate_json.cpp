#include "core/estimate_json.hpp"

namespace rhodrift {

nlohmann::ordered_json estimate_json(const Estimate& estimate) {
  return {{"value", estimate.value},
          {"std_error", estimate.std_error},
          {"ci", {estimate.ci.low, estimate.ci.high}},
          {"level", estimate.level},
          {"shots", estimate.shots},
          {"circuits", estimate.circuits},
          {"method", estimate.method},
          {"diagnostics", estimate.diagnostics}};
}

}  // namespace rhodrift
