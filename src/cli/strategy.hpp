#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/mitigation/zne/zne.hpp>

namespace rhodrift::cli {

/// Which readout mitigation stands between counts and expectations.
enum class ReadoutMethod { none, inversion, least_squares };

/// "none", "inversion", "least-squares". Throws InputError that lists them.
ReadoutMethod parse_readout_method(const std::string& name);
/// "linear", "richardson". Throws InputError that lists them.
zne::Extrapolation parse_extrapolation(const std::string& name);

ExpectationEstimator estimator(ReadoutMethod method, const ReadoutError& error);

/// A way to get expectations from a noisy device: readout mitigation inside, extrapolation outside,
/// either of them or none.
struct Strategy {
  std::string name;
  ReadoutMethod readout = ReadoutMethod::none;
  std::optional<zne::Extrapolation> extrapolation = std::nullopt;
  std::vector<double> scale_factors = {1.0, 3.0, 5.0};
};

/// A strategy made ready for one circuit and one calibration of the readout. `total_shots` are what
/// one evaluation costs, split evenly over the circuits the strategy needs; 0 asks for exact
/// values.
class PreparedStrategy {
 public:
  PreparedStrategy(const Strategy& strategy, const Circuit& circuit,
                   const ReadoutError& readout_error, std::uint64_t total_shots);

  const std::string& name() const { return strategy_.name; }
  /// What has to run for these parameters.
  Plan construct(const std::vector<double>& weights, const std::vector<double>& features) const;
  /// One estimate an observable from the outcomes of such a plan.
  std::vector<Estimate> combine(std::span<const Outcomes> outcomes,
                                std::span<const Observable> observables) const;
  std::size_t circuits_per_plan() const { return plan_.jobs.size(); }
  /// "raw", or "zne-scale-3" for the circuit folded to a scale factor of 3.
  std::string circuit_name(std::size_t circuit) const;

 private:
  Strategy strategy_;
  ExpectationEstimator estimator_;
  zne::ZnePlan plan_;  // scale_factors only with extrapolation
};

}  // namespace rhodrift::cli
