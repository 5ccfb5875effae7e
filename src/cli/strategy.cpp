#include "cli/strategy.hpp"

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>

namespace rhodrift::cli {

ReadoutMethod parse_readout_method(const std::string& name) {
  if (name == "none") return ReadoutMethod::none;
  if (name == "inversion") return ReadoutMethod::inversion;
  if (name == "least-squares") return ReadoutMethod::least_squares;
  throw InputError("--readout", "",
                   fmt::format("'{}' is unknown; known are none, inversion, least-squares", name));
}

zne::Extrapolation parse_extrapolation(const std::string& name) {
  for (const auto method : {zne::Extrapolation::linear, zne::Extrapolation::richardson})
    if (to_string(method) == name) return method;
  throw InputError("--zne", "", fmt::format("'{}' is unknown; known are linear, richardson", name));
}

ExpectationEstimator estimator(ReadoutMethod method, const ReadoutError& error) {
  switch (method) {
    case ReadoutMethod::none:
      return raw_estimator();
    case ReadoutMethod::inversion:
      return readout::inversion(error);
    case ReadoutMethod::least_squares:
      return readout::least_squares(error);
  }
  throw RunError("readout method out of range");
}

PreparedStrategy::PreparedStrategy(const Strategy& strategy, const Circuit& circuit,
                                   const ReadoutError& readout_error, std::uint64_t total_shots)
    : strategy_(strategy), estimator_(estimator(strategy.readout, readout_error)) {
  const std::size_t n_circuits = strategy.extrapolation ? strategy.scale_factors.size() : 1;
  if (total_shots > 0 && total_shots < n_circuits)
    throw InputError("shots", "",
                     fmt::format("{} are too few for {} circuits", total_shots, n_circuits));
  const std::uint64_t shots = total_shots / n_circuits;
  if (strategy.extrapolation)
    plan_ = zne::construct(circuit, strategy.scale_factors, shots);
  else
    plan_.jobs = readout::construct(std::make_shared<const Circuit>(circuit), shots).jobs;
}

std::string PreparedStrategy::circuit_name(std::size_t circuit) const {
  return strategy_.extrapolation ? fmt::format("zne-scale-{:.4g}", plan_.scale_factors[circuit])
                                 : "raw";
}

Plan PreparedStrategy::construct(const std::vector<double>& weights,
                                 const std::vector<double>& features) const {
  return static_cast<const Plan&>(plan_).bound(weights, features);
}

std::vector<Estimate> PreparedStrategy::combine(std::span<const Outcomes> outcomes,
                                                std::span<const Observable> observables) const {
  if (strategy_.extrapolation)
    return zne::combine(plan_, outcomes, observables, estimator_, *strategy_.extrapolation);
  return readout::combine(plan_, outcomes, observables, estimator_);
}

}  // namespace rhodrift::cli
