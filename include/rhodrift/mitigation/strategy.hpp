#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/mitigation/expectations.hpp>
#include <rhodrift/mitigation/pauli_measurement.hpp>
#include <rhodrift/mitigation/plan.hpp>
#include <rhodrift/mitigation/zne/extrapolation.hpp>

namespace rhodrift {

/// Which readout mitigation stands between counts and expectations.
enum class ReadoutMethod { none, inversion, least_squares };

struct ReadoutStage {
  ReadoutMethod method = ReadoutMethod::none;
  bool operator==(const ReadoutStage&) const = default;
};

/// How noise is made stronger.
enum class NoiseScaling {
  global,  ///< by folding the whole circuit
  analog,  ///< by the device (Job::noise_scale)
};

struct ZneStage {
  zne::Extrapolation extrapolation = {};
  std::vector<double> scale_factors = {1.0, 3.0, 5.0};
  NoiseScaling scaling = NoiseScaling::global;
  bool operator==(const ZneStage&) const = default;
};

/// A way to get expectations from a noisy device: techniques that stand inside each other, of which
/// any may be missing. From the counts outwards: readout mitigation, then extrapolation.
///
/// As text, stages joined by "+", a stage being its name and settings "key=value" after colons:
///   raw                              nothing at all
///   readout                          =method: inversion (default), least-squares
///   dd                               =sequence: xx, xy4: pulses in idle times
///   zne                              =model: linear (default) or another of zne::Extrapolation,
///   with
///                                    order= and asymptote= where it has them; scale=1,3,5;
///                                    by=global (folding, default), analog
/// e.g. "readout:least-squares+zne:richardson:scale=1,2,3".
struct Strategy {
  std::string name;
  ReadoutStage readout = {};
  DecouplingSequence decoupling = DecouplingSequence::none;
  std::optional<ZneStage> zne = std::nullopt;

  /// Whether both run the same circuits and differ at most in how they read the counts.
  bool runs_as(const Strategy& other) const {
    return decoupling == other.decoupling && zne == other.zne;
  }
};

/// Throws InputError naming the stage, the setting and what is known.
Strategy parse_strategy(std::string_view text);

/// A strategy made ready for one circuit, some observables and what is believed of the device: what
/// it runs, and what it makes of the outcomes.
class PreparedStrategy {
 public:
  /// `total_shots` are what one evaluation costs, calibration and learning circuits included; 0
  /// asks for exact values. Circuits may have weights and features, to be bound later
  /// (Plan::bound), unless the strategy is_random. Observables speak of classical bits (of qubits
  /// where the circuit measures nothing). Throws InputError when the budget is too small for the
  /// plan, or circuit, observables and device do not fit.
  PreparedStrategy(const Strategy& strategy, const Circuit& circuit,
                   std::span<const Observable> observables, const Device& believed,
                   std::uint64_t total_shots, std::uint64_t seed = 0);

  const Strategy& strategy() const { return strategy_; }
  const Plan& plan() const { return plan_; }
  /// Whether another seed gives another plan.
  bool is_random() const { return false; }
  /// What the jobs are, one each: "raw", "zne-scale-3", …
  const std::vector<std::string>& job_names() const { return job_names_; }

  /// One estimate an observable from the outcomes of the plan; method "zne/linear over
  /// readout/inversion" and the like. Throws InputError when they do not
  /// fit it, and RunError where the outcomes allow no estimate (a fit that does not exist).
  std::vector<Estimate> combine(std::span<const Outcomes> outcomes) const;

 private:
  /// A circuit of a basis at a scale factor.
  struct Target {
    std::size_t scale;
    std::size_t basis;
  };

  void add_targets(const Circuit& circuit, const Device& believed, std::uint64_t total_shots);
  void add_scale_factor(double wanted, double reached);
  std::string job_name(double scale_factor, std::size_t basis) const;
  /// Scale factor by scale factor, every observable.
  JointEstimate at_every_scale(std::span<const Outcomes> outcomes) const;
  Estimate extrapolated(const JointEstimate& at_scales, arma::uword observable) const;
  std::string method() const;

  Strategy strategy_;
  PauliMeasurement measurement_;
  ExpectationEstimator estimator_;
  Plan plan_;
  std::vector<Target> targets_;        // one a job
  std::vector<double> scale_factors_;  // reached
  std::vector<std::string> job_names_;
};

}  // namespace rhodrift
