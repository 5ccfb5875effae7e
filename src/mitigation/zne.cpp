#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/zne.hpp>

namespace rhodrift::zne {

namespace {

bool is_gate(const Instruction& instruction) {
  return info(instruction.op).unitary != nullptr;
}

std::size_t count_gates(const Circuit& circuit) {
  return static_cast<std::size_t>(std::ranges::count_if(circuit.instructions(), is_gate));
}

/// The end of `circuit` that holds its last `n_gates` gates.
Circuit last_gates(const Circuit& circuit, std::size_t n_gates) {
  const auto& instructions = circuit.instructions();
  auto begin = instructions.end();
  while (n_gates > 0) n_gates -= is_gate(*--begin) ? 1 : 0;
  Circuit result(circuit.n_qubits());
  std::for_each(begin, instructions.end(), [&](const Instruction& i) { result.append(i); });
  return result;
}

/// Appends U† U, fenced off from what stands before.
void append_fold(Circuit& circuit, const Circuit& u, const Circuit& inverse) {
  std::vector<int> all(static_cast<std::size_t>(circuit.n_qubits()));
  std::iota(all.begin(), all.end(), 0);
  circuit.append(Op::barrier, all).append(inverse).append(Op::barrier, all).append(u);
}

void require_scale_factor(double scale_factor) {
  if (!(scale_factor >= 1.0 && scale_factor <= max_scale_factor))
    throw InputError("zne", "scale factor",
                     fmt::format("{} is outside 1..{}", scale_factor, max_scale_factor));
}

void require_points(std::span<const double> scale_factors, const arma::vec& variances) {
  const auto fail = [](const std::string& problem) { throw InputError("zne", "", problem); };
  if (scale_factors.size() < 2)
    fail(fmt::format("{} scale factors, an extrapolation takes at least 2", scale_factors.size()));
  if (variances.n_elem != scale_factors.size())
    fail(fmt::format("{} variances for {} scale factors", variances.n_elem, scale_factors.size()));
  for (std::size_t j = 0; j < scale_factors.size(); ++j) {
    if (!(scale_factors[j] > 0.0 && std::isfinite(scale_factors[j])))
      fail(fmt::format("scale factor {} is not a finite number > 0", scale_factors[j]));
    if (std::ranges::count(scale_factors, scale_factors[j]) > 1)
      fail(fmt::format("scale factor {} is repeated", scale_factors[j]));
    if (!(variances(j) >= 0.0 && std::isfinite(variances(j))))
      fail(fmt::format("variance {} at scale factor {} is not a finite number >= 0", variances(j),
                       scale_factors[j]));
  }
}

arma::vec fit_weights(const arma::vec& variances) {
  const arma::vec positive = variances.elem(arma::find(variances > 0.0));
  if (positive.empty()) return arma::ones(variances.n_elem);
  return 1.0 / arma::clamp(variances, positive.min(), arma::datum::inf);
}

/// A straight line as linear functions of the measured values.
struct LineFit {
  arma::vec intercept;
  arma::vec slope;
};

LineFit fit_line(const arma::vec& x, const arma::vec& weights) {
  const arma::vec share = weights / arma::accu(weights);
  const double center = arma::dot(share, x);
  const arma::vec slope = share % (x - center) / arma::dot(share, arma::square(x - center));
  return {share - center * slope, slope};
}

arma::vec lagrange_at_zero(const arma::vec& x) {
  arma::vec coefficients(x.n_elem, arma::fill::ones);
  for (arma::uword j = 0; j < x.n_elem; ++j)
    for (arma::uword k = 0; k < x.n_elem; ++k)
      if (k != j) coefficients(j) *= x(k) / (x(k) - x(j));
  return coefficients;
}

arma::vec to_arma(std::span<const double> values) {
  return arma::conv_to<arma::vec>::from(std::vector<double>(values.begin(), values.end()));
}

/// How far the values lie from the straight line, in units of their shot errors.
void add_goodness_of_fit(Estimate& estimate, const arma::vec& x, const arma::vec& values,
                         const arma::vec& variances) {
  if (arma::all(variances == 0.0)) return;
  const arma::vec weights = fit_weights(variances);
  const LineFit line = fit_line(x, weights);
  const arma::vec residuals =
      values - arma::dot(line.intercept, values) - arma::dot(line.slope, values) * x;
  estimate.diagnostics["chi2"] = arma::dot(weights, arma::square(residuals));
  estimate.diagnostics["degrees_of_freedom"] = static_cast<double>(x.n_elem - 2);
}

Estimate extrapolate(std::span<const double> scale_factors, const arma::vec& values,
                     const arma::vec& variances, Extrapolation method,
                     const std::string& method_name) {
  const arma::vec coefficients = extrapolation_coefficients(method, scale_factors, variances);
  const double variance = arma::dot(arma::square(coefficients), variances);
  Estimate estimate =
      normal_estimate(arma::dot(coefficients, values), std::sqrt(variance), method_name);
  for (arma::uword j = 0; j < values.n_elem; ++j) {
    estimate.diagnostics[fmt::format("scale_factor[{}]", j)] = scale_factors[j];
    estimate.diagnostics[fmt::format("coefficient[{}]", j)] = coefficients(j);
    estimate.diagnostics[fmt::format("value[{}]", j)] = values(j);
  }
  if (method == Extrapolation::linear)
    add_goodness_of_fit(estimate, to_arma(scale_factors), values, variances);
  return estimate;
}

}  // namespace

FoldedCircuit fold_global(const Circuit& circuit, double scale_factor) {
  require_scale_factor(scale_factor);
  const Circuit inverse = circuit.inverse();
  const Circuit body = circuit.without_measurements();
  const std::size_t n_gates = count_gates(body);
  if (n_gates == 0) throw InputError("zne", "circuit", "holds no gate to fold");

  // Every gate added comes with its inverse, so what is spent are pairs.
  const auto n_pairs = static_cast<std::size_t>(
      std::llround((scale_factor - 1.0) / 2.0 * static_cast<double>(n_gates)));
  Circuit folded = body;
  for (std::size_t fold = 0; fold < n_pairs / n_gates; ++fold) append_fold(folded, body, inverse);
  if (n_pairs % n_gates > 0) {
    const Circuit tail = last_gates(body, n_pairs % n_gates);
    append_fold(folded, tail, tail.inverse());
  }
  for (const Instruction& instruction : circuit.instructions())
    if (instruction.op == Op::measure) folded.append(instruction);
  folded.set_readout_error(circuit.readout_error());
  const double reached = 1.0 + 2.0 * static_cast<double>(n_pairs) / static_cast<double>(n_gates);
  return {std::move(folded), reached};
}

ZnePlan ZnePlan::bound(const std::vector<double>& weights,
                       const std::vector<double>& features) const {
  return {Plan::bound(weights, features), scale_factors};
}

ZnePlan construct(const Circuit& circuit, std::span<const double> scale_factors,
                  std::uint64_t shots_per_circuit) {
  if (scale_factors.size() < 2)
    throw InputError(
        "zne", "scale factors",
        fmt::format("{} given, an extrapolation takes at least 2", scale_factors.size()));
  ZnePlan plan;
  for (const double wanted : scale_factors) {
    FoldedCircuit folded = fold_global(circuit, wanted);
    if (std::ranges::count(plan.scale_factors, folded.scale_factor) > 0)
      throw InputError("zne", "scale factors",
                       fmt::format("{} folds to {} times the gates, as an earlier one does", wanted,
                                   folded.scale_factor));
    Job job;
    job.circuit = std::make_shared<const Circuit>(std::move(folded.circuit));
    job.shots = shots_per_circuit;
    plan.jobs.push_back(std::move(job));
    plan.scale_factors.push_back(folded.scale_factor);
  }
  return plan;
}

std::string_view to_string(Extrapolation method) {
  return method == Extrapolation::linear ? "linear" : "richardson";
}

arma::vec extrapolation_coefficients(Extrapolation method, std::span<const double> scale_factors,
                                     const arma::vec& variances) {
  require_points(scale_factors, variances);
  const arma::vec x = to_arma(scale_factors);
  if (method == Extrapolation::richardson) return lagrange_at_zero(x);
  return fit_line(x, fit_weights(variances)).intercept;
}

std::vector<Estimate> combine(const ZnePlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const ExpectationEstimator& estimator, Extrapolation method) {
  plan.require_matching(outcomes);
  std::vector<JointEstimate> joint;
  std::uint64_t shots = 0;
  for (const Outcomes& outcome : outcomes) {
    joint.push_back(estimator.estimate(outcome, observables));
    shots += outcome.shots;
  }
  const std::string name = fmt::format("zne/{} over {}", to_string(method), estimator.method);
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < observables.size(); ++k) {
    arma::vec values(joint.size()), variances(joint.size());
    for (arma::uword j = 0; j < joint.size(); ++j) {
      values(j) = joint[j].values(k);
      variances(j) = joint[j].covariance(k, k);
    }
    estimates.push_back(extrapolate(plan.scale_factors, values, variances, method, name));
    estimates.back().shots = shots;
    estimates.back().circuits = outcomes.size();
  }
  return estimates;
}

}  // namespace rhodrift::zne
