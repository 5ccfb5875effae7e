#include "mitigation/strategy_plan.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/compile/compile.hpp>
#include <rhodrift/compile/translate.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/distillation.hpp>
#include <rhodrift/mitigation/dressed_noise.hpp>
#include <rhodrift/mitigation/pauli_insertions.hpp>
#include <rhodrift/mitigation/zne/device_weights.hpp>
#include <rhodrift/mitigation/zne/folding.hpp>
#include <rhodrift/mitigation/zne/layerwise.hpp>
#include <rhodrift/mitigation/zne/shot_allocation.hpp>

#include "mitigation/pair_readings.hpp"

namespace rhodrift {

namespace {

// What random numbers of a seed are for.
constexpr std::uint64_t flips_purpose = 2, regression_purpose = 3, instances_purpose = 4;

/// A circuit at a point of the extrapolation.
struct ScaledCircuit {
  Circuit circuit;
  std::vector<double> scale_factors;  // reached: one, or one a chunk of layers
  double noise_scale = 1.0;           // of the job
};

/// What every native instruction costs, for the foldings. Without noise all gates count alike.
std::vector<double> weights_of(const Circuit& native, const Device& believed) {
  std::vector<double> weights = zne::device_error_weights(native, believed);
  if (std::ranges::all_of(weights, [](double weight) { return weight == 0.0; })) weights.clear();
  return weights;
}

zne::FoldingOptions folding_options(const Circuit& native, const ZneStage& zne,
                                    const Device& believed, std::uint64_t seed) {
  zne::FoldingOptions options{.folding = zne.folding, .seed = seed};
  if (zne.scaling != NoiseScaling::folding) return options;
  if (zne.folding == zne::Folding::identities)
    options.durations_s = zne::device_durations_s(native, believed);
  else
    options.weights = weights_of(native, believed);
  return options;
}

/// `folding` as folding_options has it.
ScaledCircuit scaled(const Circuit& native, const std::vector<double>& factors, const ZneStage& zne,
                     const zne::FoldingOptions& folding) {
  if (std::holds_alternative<Layerwise>(zne.model)) {
    zne::FoldedChunks folded = zne::fold_layers(native, factors, folding.weights, folding.seed);
    return {std::move(folded.circuit), std::move(folded.scale_factors)};
  }
  const double factor = factors.front();
  if (factor == 1.0 || zne.scaling == NoiseScaling::amplified) return {native, factors};
  if (zne.scaling == NoiseScaling::analog) return {native, factors, factor};
  zne::FoldedCircuit folded = zne::fold(native, factor, folding);
  return {std::move(folded.circuit), {folded.scale_factor}};
}

/// The points of the extrapolation as they are wanted.
std::vector<std::vector<double>> wanted_points(const std::optional<ZneStage>& zne) {
  if (!zne) return {std::vector<double>{1.0}};
  if (const auto* layerwise = std::get_if<Layerwise>(&zne->model))
    return zne::layerwise_scale_factors(layerwise->chunks, layerwise->degree);
  std::vector<std::vector<double>> points;
  for (const double factor : zne->scale_factors) points.push_back({factor});
  return points;
}

/// The factors themselves and, of adaptive points, all within the bound that are halves away.
std::vector<std::vector<double>> near(const std::vector<double>& factors,
                                      const std::optional<AdaptivePoints>& adaptive) {
  std::vector<std::vector<double>> candidates{factors};
  if (!adaptive) return candidates;
  for (double away = 0.5; away < adaptive->highest; away += 0.5)
    for (const double factor : {factors.front() - away, factors.front() + away})
      if (factor >= 1.0 && factor <= adaptive->highest) candidates.push_back({factor});
  return candidates;
}

/// `total` in parts as equal as whole numbers allow, the first ones getting one more.
std::vector<std::uint64_t> evenly(std::uint64_t total, std::size_t n) {
  std::vector<std::uint64_t> parts(n, total / n);
  for (std::size_t i = 0; i < total % n; ++i) ++parts[i];
  return parts;
}

/// Builds a StrategyPlan, cell after cell.
class Planner {
 public:
  Planner(const Strategy& strategy, const Circuit& circuit, const PauliMeasurement& measurement,
          const Device& believed, std::uint64_t total_shots, std::uint64_t seed)
      : strategy_(strategy),
        measurement_(measurement),
        believed_(believed),
        exact_(total_shots == 0),
        seed_(seed) {
    if (strategy.distillation)
      place_copies(circuit);
    else
      translate_bases(circuit);
    result_.layout = believed_.layout;
    result_.read_qubits = device_qubits(believed_.layout, native_.front().qubit_of_bit());
    const auto for_calibration = static_cast<std::uint64_t>(
        std::llround(strategy.readout.calibration_share * static_cast<double>(total_shots)));
    if (strategy.readout.calibration_share > 0.0) add_calibration(for_calibration);
    if (strategy.cdr)
      add_regressions(*strategy.cdr, total_shots - for_calibration);
    else
      add_targets(total_shots - for_calibration);
  }

  StrategyPlan take() { return std::move(result_); }

 private:
  void translate_bases(const Circuit& circuit) {
    for (std::size_t b = 0; b < measurement_.bases.size(); ++b) {
      native_.push_back(translate(in_basis(circuit, measurement_.bases[b].rotated),
                                  believed_.calibration(), believed_.layout));
      const std::vector<Observable>& parts = measurement_.bases[b].parts;
      result_.settings.push_back({b, strategy_.symmetries.empty()
                                         ? parts
                                         : symmetry::projected(strategy_.symmetries, parts)});
    }
  }

  /// Compiled once: all settings then read the same qubits.
  void place_copies(const Circuit& circuit) {
    if (circuit.n_weights() + circuit.n_features() > 0)
      throw InputError("distillation", "", "the circuit's weights and features have to be bound");
    if (circuit.n_qubits() > distillation::max_expanded_qubits)
      throw InputError("distillation", "",
                       fmt::format("{} qubits a copy are more than {}", circuit.n_qubits(),
                                   distillation::max_expanded_qubits));
    std::set<int> rotated;
    for (const PauliMeasurement::Basis& basis : measurement_.bases)
      for (const PauliString::Factor& factor : basis.rotated.factors())
        rotated.insert(factor.qubit);
    const distillation::TwoCopies copies(circuit, {rotated.begin(), rotated.end()});
    const CompiledCircuit placed =
        compile(copies.circuit(), believed_.calibration(), {.schedule = false});
    believed_.layout = placed.layout;
    for (std::size_t b = 0; b < measurement_.bases.size(); ++b) {
      const auto& [rotations, parts] = measurement_.bases[b];
      for (const auto& support : distillation::supports_of(parts, circuit.qubit_of_bit())) {
        native_.push_back(placed.circuit.bound({copies.angles(support, rotations), {}}));
        result_.settings.push_back({b, copies.asked(support, parts)});
      }
    }
  }

  void require_enough(std::uint64_t shots, std::size_t n_circuits, const char* what) const {
    if (!exact_ && shots < n_circuits)
      throw InputError("shots", "",
                       fmt::format("{} are too few for {} {}", shots, n_circuits, what));
  }

  int n_bits() const { return static_cast<int>(native_.front().qubit_of_bit().size()); }
  std::uint64_t n_flips() const {
    return strategy_.readout.method == ReadoutMethod::twirled ? readout::min_twirls(n_bits()) : 1;
  }
  RandomStream flips_stream(std::size_t read) const {
    return RandomStream(seed_, stream_id(flips_purpose, read));
  }

  void add_job(Job job, std::string name) {
    result_.plan.jobs.push_back(std::move(job));
    result_.job_names.push_back(std::move(name));
  }

  void add_calibration(std::uint64_t shots) {
    if (strategy_.readout.method == ReadoutMethod::twirled) {
      require_enough(shots, n_flips(), "calibration circuits");
      RandomStream random = flips_stream(0);
      result_.twirled_calibration = readout::construct_twirled_calibration(
          native_.front(), n_flips(), shots / n_flips(), random);
      for (const Job& job : result_.twirled_calibration->jobs) add_job(job, "calibration");
      return;
    }
    // Planned twice: how many circuits share the shots is known when they are there.
    const auto construct = [&](std::uint64_t each) {
      return readout::construct_calibration(native_.front(), strategy_.readout.scheme,
                                            readout::single_bits(n_bits()), each);
    };
    const std::size_t n_circuits = construct(0).jobs.size();
    require_enough(shots, n_circuits, "calibration circuits");
    result_.calibration = construct(shots / n_circuits);
    for (const Job& job : result_.calibration->jobs) add_job(job, "calibration");
  }

  void add_targets(std::uint64_t shots) {
    const ZneStage zne = strategy_.zne.value_or(ZneStage{});
    std::vector<zne::FoldingOptions> folding;  // by setting
    for (const Circuit& native : native_)
      folding.push_back(strategy_.zne ? folding_options(native, zne, believed_, seed_)
                                      : zne::FoldingOptions{});
    std::vector<std::vector<ScaledCircuit>> circuits;  // [point][setting]
    for (const std::vector<double>& factors : wanted_points(strategy_.zne))
      circuits.push_back(at_new_point(factors, zne, folding));
    require_points(zne);
    const std::size_t per_cell = std::max<std::uint64_t>(strategy_.instances, 1) * n_flips();
    const std::size_t n_points =
        zne.adaptive ? static_cast<std::size_t>(zne.adaptive->n_points) : circuits.size();
    require_enough(shots, n_points * native_.size() * per_cell, "circuits");
    const std::vector<std::uint64_t> by_point = shots_by_point(zne, shots);
    for (std::size_t p = 0; p < circuits.size(); ++p) {
      const std::vector<std::uint64_t> by_setting = evenly(by_point[p], native_.size());
      for (std::size_t s = 0; s < native_.size(); ++s)
        add_cell(circuits[p][s], p * native_.size() + s, s, by_setting[s] / per_cell * n_flips());
    }
  }

  std::vector<ScaledCircuit> at_point(const std::vector<double>& factors, const ZneStage& zne,
                                      const std::vector<zne::FoldingOptions>& folding) const {
    std::vector<ScaledCircuit> circuits;
    for (std::size_t s = 0; s < native_.size(); ++s)
      circuits.push_back(scaled(native_[s], factors, zne, folding[s]));
    return circuits;
  }

  /// Points have to differ by what is reached. A factor that was chosen, and not asked for, gives
  /// way to the nearest one that folds to another.
  std::vector<ScaledCircuit> at_new_point(const std::vector<double>& wanted, const ZneStage& zne,
                                          const std::vector<zne::FoldingOptions>& folding) {
    for (const std::vector<double>& factors : near(wanted, zne.adaptive)) {
      std::vector<ScaledCircuit> circuits = at_point(factors, zne, folding);
      const std::vector<double>& reached = circuits.front().scale_factors;
      if (std::ranges::count(result_.points, reached) > 0) continue;
      result_.points.push_back(reached);
      return circuits;
    }
    throw InputError(
        "zne", "scale factors",
        fmt::format("{} folds to as much noise as an earlier one does", fmt::join(wanted, " ")));
  }

  void add_regressions(const CdrStage& stage, std::uint64_t shots) {
    const std::vector<std::uint64_t> by_basis = evenly(shots, native_.size());
    const auto training = static_cast<std::uint64_t>(stage.n_training);
    for (std::size_t b = 0; b < native_.size(); ++b) {
      cdr::TrainingOptions options;
      options.n_training = stage.n_training;
      options.n_non_clifford = stage.n_non_clifford;
      options.seed = stream_id(regression_purpose, seed_, b);
      options.scale_factors = stage.scale_factors;
      options.folding.weights = weights_of(native_[b], believed_);
      const std::uint64_t n_factors = stage.scale_factors.size();
      const auto for_training = static_cast<std::uint64_t>(
          std::llround(stage.training_share * static_cast<double>(by_basis[b])));
      require_enough(for_training, training * n_factors, "training circuits");
      require_enough(by_basis[b] - for_training, n_factors, "circuits");
      StrategyPlan::Regression regression{
          result_.plan.jobs.size(), result_.noiseless.jobs.size(),
          cdr::construct(native_[b], options, for_training / (training * n_factors),
                         (by_basis[b] - for_training) / n_factors)};
      for (Job& job : regression.plan.jobs) {
        job.circuit = with_pulses(job.circuit);
        add_job(job, fmt::format("cdr-basis-{}", b));
      }
      for (const Job& job : regression.plan.noiseless.jobs) result_.noiseless.jobs.push_back(job);
      result_.regressions.push_back(std::move(regression));
    }
  }

  std::vector<double> scale_factors() const {
    std::vector<double> factors;
    for (const std::vector<double>& point : result_.points) factors.push_back(point.front());
    return factors;
  }

  /// The model can be fitted to the points that were reached.
  void require_points(const ZneStage& zne) const {
    const auto* model = std::get_if<zne::Extrapolation>(&zne.model);
    if (strategy_.zne && model) zne::require_points(*model, scale_factors());
  }

  std::vector<std::uint64_t> shots_by_point(const ZneStage& zne, std::uint64_t shots) const {
    const arma::uword n = result_.points.size();
    if (zne.adaptive) return evenly(shots, static_cast<std::size_t>(zne.adaptive->n_points));
    if (exact_ || !zne.optimal_shots) return evenly(shots, n);
    const arma::vec unknown(n, arma::fill::zeros), deviations(n, arma::fill::ones);
    return zne::allocate_shots(std::get<zne::Extrapolation>(zne.model), scale_factors(), unknown,
                               deviations, shots);
  }

  std::string name_of(std::size_t cell, std::size_t setting) const {
    std::string name = "raw";
    if (strategy_.zne)
      name = fmt::format("zne-scale-{:.4g}", fmt::join(result_.points[cell / native_.size()], "-"));
    if (measurement_.bases.size() > 1)
      name += fmt::format("-basis-{}", result_.settings[setting].basis);
    if (strategy_.distillation) name += fmt::format("-pairs-{}", setting);
    return name;
  }

  /// `shots` an instance, in all its flips.
  void add_cell(const ScaledCircuit& at_scale, std::size_t cell, std::size_t setting,
                std::uint64_t shots) {
    // Where circuits are no random instances, the error is in the shots of each.
    const std::uint64_t least = strategy_.instances > 0 ? 1 : 2;
    if (!exact_ && shots < least)
      throw InputError(
          "shots", "",
          fmt::format("are too few: a circuit would get {}, and {} tell an error", shots, least));
    if (strategy_.instances > 0) {
      add_instances_of(at_scale, cell, setting, shots);
      return;
    }
    Job job;
    job.circuit = with_pulses(std::make_shared<const Circuit>(at_scale.circuit));
    job.shots = exact_ ? 0 : shots;
    job.noise_scale = at_scale.noise_scale;
    add_read(job, {cell}, setting, name_of(cell, setting));
  }

  void add_instances_of(const ScaledCircuit& at_scale, std::size_t cell, std::size_t setting,
                        std::uint64_t shots) {
    const DressedCircuit dressed = dress(at_scale.circuit);
    const double strength = strategy_.pec ? 0.0
                            : strategy_.zne && strategy_.zne->scaling == NoiseScaling::amplified
                                ? at_scale.scale_factors.front()
                                : 1.0;
    const PauliNoise noise = strength == 1.0 ? PauliNoise::none(dressed)
                                             : pauli_twirled(dressed, noise_of(dressed, believed_));
    InstancePlan instances;
    add_instances(instances, dressed, PauliInsertions(noise, strength), 0, strategy_.instances,
                  exact_ ? 0 : shots, stream_id(instances_purpose, seed_, cell));
    const std::shared_ptr<const Circuit> circuit = with_pulses(dressed.circuit);
    for (std::size_t i = 0; i < instances.jobs.size(); ++i) {
      Job job = instances.jobs[i];
      job.circuit = circuit;
      job.noise_scale = at_scale.noise_scale;
      Instance instance = instances.instances[i];
      instance.cell = cell;
      add_read(job, instance, setting, fmt::format("{}-instance-{}", name_of(cell, setting), i));
    }
  }

  std::shared_ptr<const Circuit> with_pulses(std::shared_ptr<const Circuit> circuit) const {
    if (strategy_.decoupling == DecouplingSequence::none) return circuit;
    return std::make_shared<const Circuit>(
        native_circuit(*circuit, believed_, strategy_.decoupling));
  }

  void add_read(const Job& job, const Instance& instance, std::size_t setting,
                const std::string& name) {
    StrategyPlan::Read read{result_.plan.jobs.size(), setting, std::nullopt};
    if (strategy_.readout.method == ReadoutMethod::twirled) {
      RandomStream random = flips_stream(1 + result_.reads.size());
      read.flips =
          readout::construct_twirled(*job.circuit, n_flips(), job.shots / n_flips(), random);
      for (Job& flipped : read.flips->jobs) {
        flipped.weights = job.weights;
        flipped.noise_scale = job.noise_scale;
        add_job(flipped, name + "-flipped");
      }
    } else {
      add_job(job, name);
    }
    result_.reads.push_back(std::move(read));
    result_.instances.push_back(instance);
  }

  const Strategy& strategy_;
  const PauliMeasurement& measurement_;
  Device believed_;  // on the layout of the circuits
  bool exact_;
  std::uint64_t seed_;
  std::vector<Circuit> native_;  // one a setting
  StrategyPlan result_;
};

}  // namespace

std::size_t StrategyPlan::n_calibration_jobs() const {
  if (calibration) return calibration->jobs.size();
  return twirled_calibration ? twirled_calibration->jobs.size() : 0;
}

StrategyPlan plan_strategy(const Strategy& strategy, const Circuit& circuit,
                           const PauliMeasurement& measurement, const Device& believed,
                           std::uint64_t total_shots, std::uint64_t seed) {
  return Planner(strategy, circuit, measurement, believed, total_shots, seed).take();
}

}  // namespace rhodrift
