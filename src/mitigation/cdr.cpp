#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/cdr.hpp>

namespace rhodrift::cdr {

namespace {

// --- Training circuits -------------------------------------------------------------------------

constexpr double pi = std::numbers::pi;
constexpr double replacement_width_rad = 0.5;

/// Multiples of it as angles make the operation a Clifford gate; nullopt where angles are not what
/// decides that.
std::optional<double> clifford_step_rad(Op op) {
  switch (op) {
    case Op::rx:
    case Op::ry:
    case Op::rz:
    case Op::p:
    case Op::u2:
    case Op::u3:
    case Op::rxx:
    case Op::ryy:
    case Op::rzz:
      return pi / 2;
    case Op::crx:
    case Op::cry:
    case Op::crz:
    case Op::cp:
    case Op::xy:
      return pi;
    default:
      return std::nullopt;
  }
}

/// t and tdg as phases, so that they have an angle.
Instruction with_angle(Instruction instruction) {
  if (instruction.op != Op::t && instruction.op != Op::tdg) return instruction;
  instruction.angles = {instruction.op == Op::t ? pi / 4 : -pi / 4};
  instruction.op = Op::p;
  return instruction;
}

bool is_replaceable(const Instruction& instruction) {
  const Instruction gate = with_angle(instruction);
  const std::optional<double> step = clifford_step_rad(gate.op);
  return step && std::ranges::any_of(gate.angles, [&](const Angle& angle) {
           return std::abs(std::remainder(angle.offset_rad(), *step)) > 1e-9;
         });
}

double replaced(double angle_rad, double step_rad, Replacement replacement, RandomStream& random) {
  const double nearest = std::round(angle_rad / step_rad);
  if (replacement == Replacement::nearest) return nearest * step_rad;
  // All multiples in a full turn around the angle.
  const int half_turn = static_cast<int>(std::lround(pi / step_rad));
  std::vector<double> candidates, weights;
  double total = 0.0;
  for (int k = -half_turn; k <= half_turn; ++k) {
    candidates.push_back((nearest + k) * step_rad);
    const double distance = (candidates.back() - angle_rad) / replacement_width_rad;
    weights.push_back(std::abs(candidates.back() - angle_rad) < pi ? std::exp(-distance * distance)
                                                                   : 0.0);
    total += weights.back();
  }
  double rest = random.uniform() * total;
  std::size_t k = 0;
  while (k + 1 < weights.size() && rest >= weights[k]) rest -= weights[k++];
  return candidates[k];
}

std::vector<std::size_t> replaceable_gates(const Circuit& circuit) {
  std::vector<std::size_t> gates;
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i)
    if (is_replaceable(circuit.instructions()[i])) gates.push_back(i);
  return gates;
}

Circuit training_circuit(const Circuit& circuit, std::vector<std::size_t> gates,
                         const TrainingOptions& options, RandomStream& random) {
  for (std::size_t i = gates.size(); i > 1; --i) std::swap(gates[i - 1], gates[random.below(i)]);
  gates.erase(gates.begin(), gates.begin() + options.n_non_clifford);  // those stay
  std::ranges::sort(gates);
  Circuit training(circuit.n_qubits());
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i) {
    Instruction gate = circuit.instructions()[i];
    if (std::ranges::binary_search(gates, i)) {
      gate = with_angle(std::move(gate));
      for (Angle& angle : gate.angles)
        angle =
            replaced(angle.offset_rad(), *clifford_step_rad(gate.op), options.replacement, random);
    }
    training.append(gate);
  }
  training.set_readout_error(circuit.readout_error());
  return training;
}

void require_valid(const Circuit& circuit, std::size_t n_replaceable,
                   const TrainingOptions& options, std::uint64_t training_shots,
                   std::uint64_t target_shots) {
  const auto fail = [](const std::string& place, const std::string& problem) {
    throw InputError("cdr", place, problem);
  };
  if (circuit.n_weights() + circuit.n_features() > 0)
    fail("circuit", fmt::format("takes {} weights and {} features; training circuits are made of "
                                "numbers, bind it first",
                                circuit.n_weights(), circuit.n_features()));
  if (options.n_non_clifford < 0 ||
      static_cast<std::size_t>(options.n_non_clifford) >= n_replaceable)
    fail("non-Clifford gates", fmt::format("{} are to stay of the {} the circuit has",
                                           options.n_non_clifford, n_replaceable));
  const std::size_t least = options.scale_factors.size() + 3;
  if (options.n_training < 0 || static_cast<std::size_t>(options.n_training) < least)
    fail("training circuits", fmt::format("{} are fewer than {}", options.n_training, least));
  if (options.scale_factors.empty()) fail("scale factors", "there are none");
  if ((training_shots == 0) != (target_shots == 0))
    fail("shots",
         fmt::format("{} for training circuits, {} for the target", training_shots, target_shots));
}

std::shared_ptr<const Circuit> shared(Circuit circuit) {
  return std::make_shared<const Circuit>(std::move(circuit));
}

// --- Regression --------------------------------------------------------------------------------

/// Directions with less than this times the variance that shots alone make are left out.
constexpr double least_variance_ratio = 4.0;

/// One observable's numbers, at all scale factors: training circuits t, then the target.
struct Data {
  arma::mat z;       ///< a column a training circuit, centred where there is a b
  arma::vec y;       ///< exact, centred likewise
  arma::vec target;  ///< less the same mean
  arma::vec mean_z;  ///< 0 without a b
  double mean_y = 0.0;
  std::vector<arma::mat> shots;  ///< U_t
};

struct Fit {
  arma::mat basis;      ///< a column a linear combination of the x_s that is used
  arma::vec a;          ///< coefficients of the x_s
  arma::vec residuals;  ///< y_t - a·z_t
  arma::vec leverage;   ///< d prediction / d y_t
  double prediction;
  /// d prediction / d x_t, a column a training circuit, then that of the target.
  arma::mat gradient;

  double n_parameters(bool has_intercept) const {
    return static_cast<double>(basis.n_cols) + (has_intercept ? 1.0 : 0.0);
  }
};

/// Columns w with wᵀ Ū w = 1 that make moments and mean shot covariance diagonal, where the former
/// is large enough beside the latter. Without shots: all that is not zero to rounding.
arma::mat informative_directions(const arma::mat& moments, const arma::mat& mean_shots) {
  const double scale = arma::trace(moments) / static_cast<double>(moments.n_rows);
  // Rounding is a noise too, and keeps the whitening defined when there are no shots.
  const arma::mat noise = mean_shots + 1e-13 * scale * arma::eye(arma::size(moments));
  arma::vec eigenvalues;
  arma::mat vectors, factor;
  if (scale <= 0.0 || !arma::chol(factor, noise, "lower")) return arma::mat(moments.n_rows, 0);
  const arma::mat whitening = arma::inv(arma::trimatl(factor));
  const arma::mat whitened = whitening * moments * whitening.t();
  arma::eig_sym(eigenvalues, vectors, arma::symmatu(whitened));
  const arma::uvec kept = arma::find(eigenvalues > least_variance_ratio);
  return whitening.t() * vectors.cols(kept);
}

Fit fit(const Data& data, bool has_intercept, const Observable& observable) {
  const arma::uword n = data.z.n_cols;
  const auto n_training = static_cast<double>(n);
  const double share =
      has_intercept ? 1.0 / n_training : 0.0;  // of a training circuit in the means
  arma::mat mean_shots(data.z.n_rows, data.z.n_rows, arma::fill::zeros);
  for (const arma::mat& u : data.shots) mean_shots += u / n_training;
  const arma::mat moments = data.z * data.z.t() / n_training;
  Fit result;
  result.basis = informative_directions(moments, mean_shots);
  if (result.basis.n_cols == 0)
    throw RunError(
        fmt::format("cdr: the training circuits' values of {} do not differ beyond their shot "
                    "errors; take more shots or other circuits",
                    observable.to_string()));
  const arma::mat w = result.basis.t() * data.z;
  const arma::mat corrected = result.basis.t() * (moments - mean_shots) * result.basis;
  const arma::vec in_basis = arma::solve(corrected, w * data.y / n_training);
  result.a = result.basis * in_basis;
  result.residuals = data.y - data.z.t() * result.a;
  result.prediction = data.mean_y + arma::dot(result.a, data.target);
  const arma::vec pull = arma::solve(corrected, result.basis.t() * data.target);
  result.leverage = w.t() * pull / n_training + share;
  // dγ = C⁻¹ Σ (dw_t r_t - w_t γ·dw_t)/n with γ the coefficients of the w and C their corrected
  // moments; the mean of the z moves with the z.
  const arma::vec pull_z = result.basis * pull;
  result.gradient.set_size(data.z.n_rows, n + 1);
  for (arma::uword t = 0; t < n; ++t)
    result.gradient.col(t) =
        pull_z * result.residuals(t) / n_training - result.a * result.leverage(t);
  result.gradient.col(n) = result.a;
  return result;
}

/// All that the readings say, in the order in which the estimator gives it.
struct Readings {
  arma::uword n_training, n_factors, n_observables;
  ReadExpectations noisy;
  std::vector<JointEstimate> exact;

  bool has_intercept() const { return n_factors == 1; }
  arma::uword reading(arma::uword circuit, arma::uword factor) const {
    return circuit * n_factors + factor;
  }
  /// x of a circuit (the target is the last one) for observable k.
  arma::vec values(arma::uword circuit, arma::uword k) const {
    arma::vec x(n_factors);
    for (arma::uword s = 0; s < n_factors; ++s)
      x(s) = noisy.readings[reading(circuit, s)].values(k);
    return x;
  }
  /// Of its shots, between observables k and l: folded circuits have shots of their own.
  arma::mat shots(arma::uword circuit, arma::uword k, arma::uword l) const {
    arma::vec covariance(n_factors);
    for (arma::uword s = 0; s < n_factors; ++s)
      covariance(s) = noisy.readings[reading(circuit, s)].covariance(k, l);
    return arma::diagmat(covariance);
  }

  Data data(arma::uword k) const {
    Data result;
    result.z.set_size(n_factors, n_training);
    result.y.set_size(n_training);
    for (arma::uword t = 0; t < n_training; ++t) {
      result.z.col(t) = values(t, k);
      result.y(t) = exact[t].values(k);
      result.shots.push_back(shots(t, k, k));
    }
    result.target = values(n_training, k);
    result.mean_z.zeros(n_factors);
    if (!has_intercept()) return result;
    result.mean_z = arma::mean(result.z, 1);
    result.mean_y = arma::mean(result.y);
    result.z.each_col() -= result.mean_z;
    result.target -= result.mean_z;
    result.y -= result.mean_y;
    // Centring leaves (1 - 1/n) of the errors.
    for (arma::mat& u : result.shots) u *= 1.0 - 1.0 / static_cast<double>(n_training);
    return result;
  }
};

Readings read(const CdrPlan& plan, std::span<const Outcomes> outcomes,
              std::span<const Outcomes> exact, std::span<const Observable> observables,
              const ExpectationEstimator& estimator) {
  plan.require_matching(outcomes);
  plan.noiseless.require_matching(exact);
  std::vector<Reading> readings;
  for (const Outcomes& outcome : outcomes) readings.push_back({outcome, observables});
  Readings result{plan.n_training(),
                  plan.scale_factors.size(),
                  observables.size(),
                  estimator.estimate(readings),
                  {}};
  for (const Outcomes& outcome : exact)
    result.exact.push_back(raw_expectations(outcome, observables));
  return result;
}

/// Predictions of all observables, their covariance by source.
struct Prediction {
  std::vector<Fit> fits;
  std::vector<double> intercepts;
  arma::vec values;
  arma::mat shots;    ///< of training circuits and target, and what the readings share
  arma::mat scatter;  ///< Cov(ε_k, ε_l)
  arma::mat from_scatter;
};

/// Cov(ε_k, ε_l): that of the residuals beyond their shot errors. Variances below 0 are 0, and the
/// correlations are the nearest that belong to a covariance.
arma::mat scatter_covariance(const Readings& readings, const std::vector<Fit>& fits) {
  const arma::uword n_observables = readings.n_observables;
  arma::mat excess(n_observables, n_observables);
  for (arma::uword k = 0; k < n_observables; ++k)
    for (arma::uword l = 0; l < n_observables; ++l) {
      const double n_parameters = std::max(fits[k].n_parameters(readings.has_intercept()),
                                           fits[l].n_parameters(readings.has_intercept()));
      excess(k, l) = arma::dot(fits[k].residuals, fits[l].residuals) /
                     (static_cast<double>(readings.n_training) - n_parameters);
      for (arma::uword t = 0; t < readings.n_training; ++t)
        excess(k, l) -= (arma::dot(fits[k].a, readings.shots(t, k, l) * fits[l].a) +
                         readings.exact[t].covariance(k, l)) /
                        static_cast<double>(readings.n_training);
    }
  arma::vec eigenvalues;
  arma::mat vectors;
  arma::eig_sym(eigenvalues, vectors, arma::symmatu(excess));
  const arma::vec clipped = arma::clamp(eigenvalues, 0.0, arma::datum::inf);
  arma::mat nearest = vectors * arma::diagmat(clipped) * vectors.t();
  // What one observable's scatter is does not depend on the others that were asked for.
  arma::vec rescale(n_observables, arma::fill::zeros);
  for (arma::uword k = 0; k < n_observables; ++k)
    if (excess(k, k) > 0.0) rescale(k) = std::sqrt(excess(k, k) / nearest(k, k));
  return arma::diagmat(rescale) * nearest * arma::diagmat(rescale);
}

Prediction predict(const Readings& readings, std::span<const Observable> observables) {
  Prediction result;
  const arma::uword n_observables = readings.n_observables;
  const arma::uword n_readings = (readings.n_training + 1) * readings.n_factors;
  result.values.set_size(n_observables);
  arma::mat gradient(n_readings * n_observables, n_observables, arma::fill::zeros);
  for (arma::uword k = 0; k < n_observables; ++k) {
    const Data data = readings.data(k);
    const Fit& one = result.fits.emplace_back(fit(data, readings.has_intercept(), observables[k]));
    result.values(k) = one.prediction;
    result.intercepts.push_back(data.mean_y - arma::dot(one.a, data.mean_z));
    for (arma::uword c = 0; c <= readings.n_training; ++c)
      for (arma::uword s = 0; s < readings.n_factors; ++s)
        gradient(readings.reading(c, s) * n_observables + k, k) = one.gradient(s, c);
  }
  result.shots = gradient.t() * readings.noisy.joint().covariance * gradient;
  result.scatter = scatter_covariance(readings, result.fits);
  result.from_scatter.set_size(n_observables, n_observables);
  for (arma::uword k = 0; k < n_observables; ++k)
    for (arma::uword l = 0; l < n_observables; ++l) {
      const arma::vec leverages = result.fits[k].leverage % result.fits[l].leverage;
      for (arma::uword t = 0; t < readings.n_training; ++t)
        result.shots(k, l) += leverages(t) * readings.exact[t].covariance(k, l);
      result.from_scatter(k, l) = result.scatter(k, l) * (1.0 + arma::accu(leverages));
    }
  return result;
}

Estimate estimate_of(const Prediction& prediction, const Readings& readings, arma::uword k,
                     const std::string& method) {
  const Fit& fit = prediction.fits[k];
  const double variance = prediction.shots(k, k) + prediction.from_scatter(k, k);
  if (prediction.scatter(k, k) <= 0.0)
    return normal_estimate(fit.prediction, std::sqrt(variance), method);
  // The scatter is known as well as the residuals' variance that shot errors were subtracted from.
  const double n_left =
      static_cast<double>(readings.n_training) - fit.n_parameters(readings.has_intercept());
  const double uncertain = arma::dot(fit.residuals, fit.residuals) / n_left *
                           (1.0 + arma::dot(fit.leverage, fit.leverage));
  const double degrees = std::clamp(n_left * std::pow(variance / uncertain, 2), 1.0, 1e15);
  return student_estimate(fit.prediction, std::sqrt(variance), static_cast<std::uint64_t>(degrees),
                          method);
}

}  // namespace

CdrPlan construct(const Circuit& circuit, const TrainingOptions& options,
                  std::uint64_t training_shots, std::uint64_t target_shots) {
  const std::vector<std::size_t> gates = replaceable_gates(circuit);
  require_valid(circuit, gates.size(), options, training_shots, target_shots);
  CdrPlan plan;
  const auto add_folded = [&](const Circuit& one, std::uint64_t shots) {
    std::vector<double> reached;
    for (const double factor : options.scale_factors) {
      zne::FoldedCircuit folded = zne::fold(one, factor, options.folding);
      if (std::ranges::count(reached, folded.scale_factor) > 0)
        throw InputError(
            "cdr", "scale factors",
            fmt::format("{} reaches {}, as an earlier one does", factor, folded.scale_factor));
      reached.push_back(folded.scale_factor);
      plan.jobs.push_back({shared(std::move(folded.circuit)), {}, {}, shots});
    }
    plan.scale_factors = reached;
  };
  for (int t = 0; t < options.n_training; ++t) {
    RandomStream random(options.seed, static_cast<std::uint64_t>(t));
    const Circuit training = training_circuit(circuit, gates, options, random);
    add_folded(training, training_shots);
    plan.noiseless.jobs.push_back({shared(training), {}, {}, 0});
  }
  add_folded(circuit, target_shots);
  return plan;
}

std::vector<Estimate> combine(const CdrPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Outcomes> exact,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator) {
  const Readings readings = read(plan, outcomes, exact, observables, estimator);
  const Prediction prediction = predict(readings, observables);
  const std::string method =
      fmt::format("{} over {}", readings.has_intercept() ? "cdr" : "vncdr", estimator.method);
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < readings.n_observables; ++k) {
    Estimate estimate = estimate_of(prediction, readings, k, method);
    const arma::vec before = readings.values(readings.n_training, k);
    for (arma::uword s = 0; s < readings.n_factors; ++s) {
      estimate.diagnostics[fmt::format("coefficient[{}]", s)] = prediction.fits[k].a(s);
      estimate.diagnostics[fmt::format("value[{}]", s)] = before(s);
    }
    if (readings.has_intercept()) estimate.diagnostics["intercept"] = prediction.intercepts[k];
    estimate.diagnostics["scatter"] = std::sqrt(prediction.scatter(k, k));
    estimate.diagnostics["directions"] = static_cast<double>(prediction.fits[k].basis.n_cols);
    for (const Outcomes& outcome : outcomes) estimate.shots += outcome.shots;
    estimate.circuits = outcomes.size();
    estimates.push_back(std::move(estimate));
  }
  return estimates;
}

JointEstimate combine_jointly(const CdrPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Outcomes> exact,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator) {
  const Prediction prediction =
      predict(read(plan, outcomes, exact, observables, estimator), observables);
  return {prediction.values, prediction.shots + prediction.from_scatter};
}

}  // namespace rhodrift::cdr
