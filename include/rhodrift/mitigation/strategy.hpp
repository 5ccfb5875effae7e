#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/estimate.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/mitigation/plan.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>
#include <rhodrift/mitigation/symmetry.hpp>
#include <rhodrift/mitigation/zne/extrapolation.hpp>
#include <rhodrift/mitigation/zne/folding.hpp>

namespace rhodrift {

/// Which readout mitigation stands between counts and expectations.
enum class ReadoutMethod {
  none,
  inversion,
  least_squares,
  subspace,
  unfolding,
  twirled,
  ctmp,  ///< has to be calibrated, by the balanced scheme
};

struct ReadoutStage {
  ReadoutMethod method = ReadoutMethod::none;
  /// The share of the shots that measures the confusion matrices (or what twirled readout divides
  /// by), in (0, 1); 0: they are what is believed of the device, exactly.
  double calibration_share = 0.0;
  readout::CalibrationScheme scheme = readout::CalibrationScheme::balanced;

  bool operator==(const ReadoutStage&) const = default;
};

/// How noise is made stronger.
enum class NoiseScaling {
  folding,    ///< of native gates (zne/folding.hpp), weighed by the errors that are believed
  analog,     ///< by the device (Job::noise_scale)
  amplified,  ///< by inserting Paulis of the believed noise (zne/amplification.hpp)
};

/// Layerwise Richardson (zne/layerwise.hpp) in place of a model of one scale factor: chunks of
/// layers are folded each for itself, to scale factors of their own.
struct Layerwise {
  int degree = 1;
  int chunks = 2;

  bool operator==(const Layerwise&) const = default;
};

/// An exponential's scale factors beyond the first ones are chosen from what was measured
/// (zne::next_scale_factor; of several observables the mean), one a round of the strategy.
struct AdaptivePoints {
  int n_points = 4;  ///< in all
  double highest = 10.0;

  bool operator==(const AdaptivePoints&) const = default;
};

struct ZneStage {
  std::variant<zne::Extrapolation, Layerwise> model = {};
  std::vector<double> scale_factors = {1.0, 3.0, 5.0};  ///< not of Layerwise, as all that follows
  NoiseScaling scaling = NoiseScaling::folding;
  zne::Folding folding = zne::Folding::global;  ///< with NoiseScaling::folding
  /// Of an exponential with a known asymptote; `scale_factors` are those of the first round.
  std::optional<AdaptivePoints> adaptive = std::nullopt;
  /// Shots ∝ |coefficient| of the scale factor in place of even ones; linear models only.
  bool optimal_shots = false;

  bool operator==(const ZneStage&) const = default;
};

/// Clifford data regression (cdr.hpp); with several scale factors its variable-noise form.
struct CdrStage {
  int n_training = 20;
  int n_non_clifford = 10;
  double training_share = 0.5;  ///< of the shots, in (0, 1)
  std::vector<double> scale_factors = {1.0};

  bool operator==(const CdrStage&) const = default;
};

/// A way to get expectations from a noisy device: techniques that stand inside each other, of which
/// any may be missing. From the counts outwards: readout mitigation, symmetry
/// verification or virtual distillation, Pauli twirling, then error cancellation, extrapolation or
/// regression.
///
/// As text, stages joined by "+", a stage being its name and settings "key=value" after colons; the
/// key of the first one may be left out:
///   raw      nothing at all
///   readout  method=inversion (default), least-squares, m3, ibu, twirled, ctmp; calibrate=SHARE of
///            the shots (default 0, of twirled and ctmp, which need it, 0.2); scheme=balanced
///            (default), independent, marginal
///   symmetry strings=Z0 Z1,-Z1 Z2: keeps what has these values (symmetry::projected and divided,
///            readout mitigation inside); their bits must be read in Z by every observable
///   distillation  of two copies (distillation.hpp), which are placed on the device where it does
///            them best
///   dd       sequence=xy4 (default), xx: pulses in idle times
///   twirl    instances=32: Pauli twirling of the entanglers
///   zne      model=linear (default) or another of zne::Extrapolation, with order= and asymptote=
///            where it has them, or layerwise with degree=1 and chunks=2; scale=1,3,5 or
///            chebyshev=4,5 (so many Chebyshev nodes up to there);
///            by=global (default), gates-left, gates-right, gates-random, layers, identities (ways
///            to fold), analog, pauli; shots=even (default), optimal; adaptive=4,10 of an
///            exponential with an asymptote: four points up to 10, those after the first two
///            (scale=1,3) where the ones before say
///   pec      cancellation of the believed Pauli noise
///   cdr      training=20 circuits with non-clifford=10 gates, share=0.5 of the shots, scale=1
///            (more: variable noise)
/// "twirl" says the number of instances of pec and of zne by pauli, too; without it they have 64.
/// e.g. "readout:m3+twirl:16+zne:richardson:scale=1,2,3".
struct Strategy {
  std::string name;
  ReadoutStage readout = {};
  std::vector<symmetry::Symmetry> symmetries = {};
  bool distillation = false;
  DecouplingSequence decoupling = DecouplingSequence::none;
  std::uint64_t instances = 0;  ///< random instances of each circuit; 0: the circuit itself
  std::optional<ZneStage> zne = std::nullopt;
  bool pec = false;
  std::optional<CdrStage> cdr = std::nullopt;

  /// Throws InputError where settings are out of range or stages do not go together. What
  /// parse_strategy makes is valid.
  void validate() const;
  /// Whether another seed gives other circuits.
  bool is_random() const;
  /// Whether it always runs the same circuits: it is not random, nor chooses them by outcomes.
  bool runs_fixed_circuits() const;
  /// Whether both run the same circuits and differ at most in how they read the counts.
  bool runs_as(const Strategy& other) const;
};

/// Throws InputError naming the stage, the setting and what is known.
Strategy parse_strategy(std::string_view text);

/// A strategy made ready for one circuit, some observables and what is believed of the device: what
/// it runs, and what it makes of the outcomes.
class PreparedStrategy {
 public:
  /// `total_shots` are what one evaluation costs, calibration and learning circuits included; 0
  /// asks for exact values. Circuits may have weights and features, to be bound later
  /// (Plan::bound), unless the strategy has random instances or distils. Observables speak of
  /// classical bits (of qubits where the circuit measures nothing). Throws InputError when the
  /// budget is too small for the plan, or strategy, circuit, observables and device do not fit.
  PreparedStrategy(const Strategy& strategy, const Circuit& circuit,
                   std::span<const Observable> observables, const Device& believed,
                   std::uint64_t total_shots, std::uint64_t seed = 0);

  const Strategy& strategy() const;
  const Plan& plan() const;
  /// What to run after this plan, when the strategy chooses circuits by their outcomes: a plan that
  /// begins with the same jobs, of which those beyond are still to be run. nullopt when the plan is
  /// whole. Throws as combine, and RunError when no other scale factor can be reached.
  std::optional<PreparedStrategy> next_round(std::span<const Outcomes> outcomes) const;

  /// The device qubits that the plan's circuits are on: believed.layout, unless the strategy takes
  /// others besides.
  const Layout& layout() const;
  /// What is to run without noise as well, exactly: the training circuits of cdr.
  const Plan& noiseless_plan() const;
  /// Whether another seed gives another plan.
  bool is_random() const { return strategy().is_random(); }
  /// What the jobs are, one each: "raw", "zne-scale-3", …
  const std::vector<std::string>& job_names() const;

  /// One estimate an observable from the outcomes of the plan; method "zne/linear over
  /// readout/inversion" and the like. Where circuits are random the interval is Student's. Of cdr
  /// in several bases it adds up the squares of the bases' half-widths, and takes the errors that
  /// they share through a measured readout for independent. Throws InputError when the outcomes do
  /// not fit the plan or it is not whole (next_round), and RunError where they allow no estimate (a
  /// fit that does not exist). `noiseless` are the outcomes of noiseless_plan().
  std::vector<Estimate> combine(std::span<const Outcomes> outcomes,
                                std::span<const Outcomes> noiseless = {}) const;

 private:
  class Implementation;
  std::shared_ptr<const Implementation> implementation_;
};

/// Runs a strategy to its end, all rounds of it, on its layout() of a device; `noiseless` runs what
/// has to be known without noise. Throws as PreparedStrategy::combine.
std::vector<Estimate> run(PreparedStrategy prepared, Executor& device, Executor& noiseless);

}  // namespace rhodrift
