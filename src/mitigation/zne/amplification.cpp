#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/pauli_insertions.hpp>
#include <rhodrift/mitigation/zne/amplification.hpp>

namespace rhodrift::zne {

AmplifiedPlan amplify(const DressedCircuit& dressed, const PauliNoise& believed,
                      std::span<const double> scale_factors, std::uint64_t n_instances,
                      std::uint64_t shots, std::uint64_t seed) {
  const auto refuse = [](const std::string& problem) {
    throw InputError("amplification", "scale factors", problem);
  };
  if (scale_factors.empty()) refuse("there are none");
  AmplifiedPlan plan;
  for (const double factor : scale_factors) {
    if (!(factor >= 1.0) || !std::isfinite(factor))
      refuse(fmt::format("{} is not finite and >= 1", factor));
    if (std::ranges::count(plan.scale_factors, factor) > 0)
      refuse(fmt::format("{} is repeated", factor));
    add_instances(plan, dressed, PauliInsertions(believed, factor), plan.scale_factors.size(),
                  n_instances, shots, seed);
    plan.scale_factors.push_back(factor);
  }
  return plan;
}

}  // namespace rhodrift::zne
