#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/transfer_matrix.hpp>
#include <rhodrift/train/natural_gradient.hpp>

#include "train/gate_angles.hpp"
#include "train/generator.hpp"

namespace rhodrift {

namespace {

/// The gates with u2 and u3 as rotations, up to a phase:
///   u3(θ, φ, λ) = rz(φ) ry(θ) rz(λ), u2(φ, λ) = u3(π/2, φ, λ).
std::vector<Instruction> gates_of(const Circuit& circuit) {
  std::vector<Instruction> gates;
  const Circuit unread = circuit.without_measurements();
  for (std::size_t i = 0; i < unread.instructions().size(); ++i) {
    const Instruction& instruction = unread.instructions()[i];
    const auto& [op, qubits, angles, channel, bit, duration_s] = instruction;
    if (op == Op::barrier) continue;
    if (info(op).unitary == nullptr)
      throw InputError("natural gradient", unread.place_of(i), "is no gate: the state is not pure");
    if (op != Op::u2 && op != Op::u3) {
      gates.push_back(instruction);
      continue;
    }
    const bool u3 = op == Op::u3;
    gates.push_back({Op::rz, qubits, {angles[u3 ? 2 : 1]}, nullptr});
    gates.push_back({Op::ry, qubits, {u3 ? angles[0] : Angle(std::numbers::pi / 2)}, nullptr});
    gates.push_back({Op::rz, qubits, {angles[u3 ? 1 : 0]}, nullptr});
  }
  return gates;
}

bool depends_on_weights(const Instruction& gate) {
  return !gate.angles.empty() && depends_on_weights(gate.angles[0]);
}

/// The gates of a layer, and what follows until the next.
struct Stage {
  std::vector<Instruction> layer;
  std::vector<Instruction> others;
};

/// The first one has no layer. On every qubit the gates stay in their order.
std::vector<Stage> stages_of(const Circuit& circuit) {
  std::vector<Stage> stages(1);
  std::vector<std::size_t> stage_of_qubit(static_cast<std::size_t>(circuit.n_qubits()), 0);
  for (const Instruction& gate : gates_of(circuit)) {
    std::size_t stage = 0;
    for (const int qubit : gate.qubits)
      stage = std::max(stage, stage_of_qubit[static_cast<std::size_t>(qubit)]);
    const bool weighted = depends_on_weights(gate);
    if (weighted) ++stage;
    stages.resize(std::max(stages.size(), stage + 1));
    (weighted ? stages[stage].layer : stages[stage].others).push_back(gate);
    for (const int qubit : gate.qubits) stage_of_qubit[static_cast<std::size_t>(qubit)] = stage;
  }
  return stages;
}

/// A Hermitian matrix on the qubits as Σ_P 2^-k tr(P M) P.
Observable observable_of(const arma::cx_mat& matrix, const std::vector<int>& qubits) {
  constexpr double rounding = 1e-14;
  const int k = static_cast<int>(qubits.size());
  std::vector<Observable::Term> terms;
  for (std::size_t index = 0; index < std::size_t{1} << (2 * k); ++index) {
    const double coefficient =
        std::real(arma::trace(pauli_matrix(index, k) * matrix)) / static_cast<double>(1 << k);
    if (std::abs(coefficient) < rounding) continue;
    std::vector<PauliString::Factor> factors;
    for (int i = 0; i < k; ++i)
      factors.push_back(
          {qubits[static_cast<std::size_t>(i)], static_cast<Pauli>(index >> (2 * i) & 3)});
    terms.push_back({coefficient, PauliString(std::move(factors))});
  }
  return Observable(std::move(terms));
}

/// Of observables on different qubits.
Observable product(const Observable& a, const Observable& b) {
  std::vector<Observable::Term> terms;
  for (const Observable::Term& term_a : a.terms())
    for (const Observable::Term& term_b : b.terms()) {
      std::vector<PauliString::Factor> factors = term_a.pauli.factors();
      factors.insert(factors.end(), term_b.pauli.factors().begin(), term_b.pauli.factors().end());
      terms.push_back({term_a.coefficient * term_b.coefficient, PauliString(std::move(factors))});
    }
  return Observable(std::move(terms));
}

/// K_a of all gates, then K_a K_b for b = 0, a <= b; b = 1, a <= b; …
std::vector<Observable> moments(const std::vector<Instruction>& layer) {
  std::vector<Observable> first, result;
  for (const Instruction& gate : layer)
    first.push_back(observable_of(generator(gate.op, 0), gate.qubits));
  result = first;
  for (std::size_t b = 0; b < layer.size(); ++b) {
    for (std::size_t a = 0; a < b; ++a) result.push_back(product(first[a], first[b]));
    const arma::cx_mat k = generator(layer[b].op, 0);
    result.push_back(observable_of(k * k, layer[b].qubits));
  }
  return result;
}

/// Of the generators, the mean over the samples, from the values of `moments`.
arma::mat mean_covariance(const arma::mat& values, arma::uword n) {
  arma::mat covariance(n, n);
  arma::uword row = n;
  for (arma::uword b = 0; b < n; ++b)
    for (arma::uword a = 0; a <= b; ++a, ++row)
      covariance(a, b) = covariance(b, a) =
          arma::mean(values.row(row) - values.row(a) % values.row(b));
  return covariance;
}

}  // namespace

struct FubiniStudyMetric::Layer {
  arma::mat coefficients;  // of its angles in the weights, n_angles x n_weights
  std::unique_ptr<ExpectationFunction> moments;  // in the state before it
};

FubiniStudyMetric::FubiniStudyMetric(const Circuit& circuit, const MakeExpectations& make)
    : n_weights_(circuit.n_weights()), n_features_(circuit.n_features()) {
  Circuit before(circuit.n_qubits());
  for (const auto& [layer, others] : stages_of(circuit)) {
    if (!layer.empty()) {
      arma::mat coefficients(layer.size(), static_cast<arma::uword>(n_weights_));
      for (arma::uword a = 0; a < layer.size(); ++a)
        coefficients.row(a) = weight_coefficients(layer[a].angles[0], n_weights_);
      layers_.push_back({coefficients, make(before, moments(layer))});
    }
    for (const Instruction& gate : layer) before.append(gate);
    for (const Instruction& gate : others) before.append(gate);
  }
}

FubiniStudyMetric::~FubiniStudyMetric() = default;

std::size_t FubiniStudyMetric::n_layers() const {
  return layers_.size();
}

arma::mat FubiniStudyMetric::operator()(const arma::vec& weights, const arma::mat& features) const {
  const auto n_weights = static_cast<arma::uword>(n_weights_);
  if (weights.n_elem != n_weights)
    throw InputError("natural gradient", "weights",
                     fmt::format("{}, the circuit has {}", weights.n_elem, n_weights_));
  if (features.n_rows != static_cast<arma::uword>(n_features_))
    throw InputError("natural gradient", "features",
                     fmt::format("{}, the circuit has {}", features.n_rows, n_features_));
  if (features.n_cols == 0) throw InputError("natural gradient", "features", "of no samples");
  arma::mat metric(n_weights, n_weights, arma::fill::zeros);
  for (const auto& [coefficients, moments] : layers_) {
    // What stands before a layer has the first weights and features, if not all.
    const arma::mat values = moments->values(weights.head(moments->n_weights()),
                                             features.head_rows(moments->n_features()));
    metric += coefficients.t() * mean_covariance(values, coefficients.n_rows) * coefficients;
  }
  return metric;
}

arma::vec natural_gradient(const arma::mat& metric, const arma::vec& gradient,
                           double regularisation) {
  if (metric.n_rows != gradient.n_elem || metric.n_cols != gradient.n_elem)
    throw InputError("natural gradient", "metric",
                     fmt::format("is {} x {}, the gradient has {} entries", metric.n_rows,
                                 metric.n_cols, gradient.n_elem));
  if (!(regularisation >= 0 && std::isfinite(regularisation)))
    throw InputError("natural gradient", "regularisation",
                     fmt::format("{} is not >= 0", regularisation));
  arma::mat regular = metric;
  regular.diag() += regularisation;
  arma::vec result;
  if (!regular.is_finite() || !arma::solve(result, regular, gradient, arma::solve_opts::no_approx))
    throw RunError(fmt::format(
        "natural gradient: the metric plus {} is singular; take a larger regularisation",
        regularisation));
  return result;
}

TrainingObjective natural_objective(const Qnn& model, TrainingObjective objective,
                                    std::shared_ptr<const FubiniStudyMetric> metric,
                                    double regularisation) {
  const auto n_weights = static_cast<arma::uword>(model.circuit.n_weights());
  return [=](std::uint64_t step, const QnnParameters& parameters, const Dataset& batch,
             bool with_gradient) {
    TrainingLoss loss = objective(step, parameters, batch, with_gradient);
    if (!with_gradient) return loss;
    loss.gradient.head(n_weights) = natural_gradient((*metric)(parameters.weights, batch.features),
                                                     loss.gradient.head(n_weights), regularisation);
    return loss;
  };
}

}  // namespace rhodrift
