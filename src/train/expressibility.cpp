#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/expressibility.hpp>

#include "train/random.hpp"
#include "train/renumbered.hpp"

namespace rhodrift {

namespace {

constexpr double rounding = 1e-9;
constexpr int max_qubits = 30;
/// Jobs are run so many at a time, so that their outcomes need not all be held.
constexpr std::size_t jobs_at_once = 256;

void require(bool holds, const char* source, const std::string& problem) {
  if (!holds) throw InputError(source, "", problem);
}

arma::vec random_weights(std::size_t n, RandomStream& random) {
  arma::vec weights(n);
  for (double& weight : weights) weight = std::numbers::pi * (2 * random.uniform() - 1);
  return weights;
}

/// U(w), then the inverse of U(w'): the weights w, then w'.
Circuit overlap_circuit(const Circuit& circuit) {
  const Circuit prepared = circuit.without_measurements();
  const int n_weights = prepared.n_weights();
  Circuit overlap = prepared;
  overlap.append(renumbered(prepared, [&](int w) { return w + n_weights; }).inverse());
  return overlap;
}

double probability_of_zeros(const Outcomes& outcomes) {
  require(outcomes.exact(), "random fidelities", "the executor took shots, not exact outcomes");
  const auto zeros = [](std::uint64_t word) { return word == 0; };
  // Ascending: 0…0 is the first outcome if it is there.
  const auto first = outcomes.outcome(0);
  return std::all_of(first.begin(), first.end(), zeros) ? outcomes.frequency[0] : 0.0;
}

/// ln of Haar's probability of bin i, where the probability itself may underflow:
/// ln(a^d - b^d) = d ln a + ln(1 - (b/a)^d).
double log_haar_of_bin(int i, int n_bins, int n_qubits) {
  const double d = std::exp2(n_qubits) - 1;
  const double a = 1 - static_cast<double>(i) / n_bins;
  const double b = 1 - static_cast<double>(i + 1) / n_bins;
  return d * std::log(a) + std::log1p(-std::pow(b / a, d));
}

/// Σ_i p_i ln(p_i/q_i), p_i = counts_i/N, by the jackknife that leaves out one of the N at a time:
/// as many times the same as a bin has of them.
Estimate jackknife_entropy(const arma::vec& counts, const arma::vec& log_q, double level) {
  const auto term = [&](double count, arma::uword i) {
    return count == 0 ? 0.0 : count * (std::log(count) - log_q(i));
  };
  double sum = 0;
  for (arma::uword i = 0; i < counts.n_elem; ++i) sum += term(counts(i), i);
  const double n = arma::accu(counts);
  arma::vec left_out(counts.n_elem);
  for (arma::uword i = 0; i < counts.n_elem; ++i)
    if (counts(i) > 0)
      left_out(i) = (sum - term(counts(i), i) + term(counts(i) - 1, i)) / (n - 1) - std::log(n - 1);
  const double entropy = sum / n - std::log(n);
  const double mean = arma::dot(counts, left_out) / n;
  const double bias = (n - 1) * (mean - entropy);
  const double variance = (n - 1) / n * arma::dot(counts, arma::square(left_out - mean));
  Estimate estimate = normal_estimate(entropy - bias, std::sqrt(variance), "jackknife", level);
  estimate.ci = {std::max(estimate.ci.low, 0.0), std::max(estimate.ci.high, 0.0)};
  estimate.diagnostics["bias"] = bias;
  return estimate;
}

}  // namespace

arma::vec random_fidelities(const Circuit& circuit, const std::vector<double>& features,
                            Executor& executor, std::size_t n_pairs, std::uint64_t seed) {
  require(n_pairs > 0, "random fidelities", "0 pairs are not > 0");
  require(features.size() == static_cast<std::size_t>(circuit.n_features()), "random fidelities",
          fmt::format("{} features, the circuit has {}", features.size(), circuit.n_features()));
  const auto overlap = std::make_shared<const Circuit>(overlap_circuit(circuit));
  const auto n_weights = static_cast<std::size_t>(overlap->n_weights());
  RandomStream random = training_stream(seed, StreamPurpose::random_states, 0);
  arma::vec fidelities(n_pairs);
  for (std::size_t begin = 0; begin < n_pairs; begin += jobs_at_once) {
    std::vector<Job> jobs(std::min(jobs_at_once, n_pairs - begin));
    for (Job& job : jobs) {
      const arma::vec weights = random_weights(n_weights, random);
      job = {overlap, {weights.begin(), weights.end()}, features};
    }
    const std::vector<Outcomes> outcomes = executor.run(jobs);
    std::transform(outcomes.begin(), outcomes.end(), fidelities.begin() + begin,
                   probability_of_zeros);
  }
  return fidelities;
}

Estimate expressibility(const arma::vec& fidelities, int n_qubits, int n_bins, double level) {
  constexpr const char* source = "expressibility";
  require(fidelities.n_elem >= 2, source,
          fmt::format("{} fidelities, at least 2 are needed", fidelities.n_elem));
  require(n_qubits >= 1 && n_qubits <= max_qubits, source,
          fmt::format("{} qubits are outside 1..{}", n_qubits, max_qubits));
  require(n_bins >= 2, source, fmt::format("{} bins, at least 2 are needed", n_bins));
  arma::vec counts(static_cast<arma::uword>(n_bins)), log_haar(counts.n_elem);
  for (int i = 0; i < n_bins; ++i)
    log_haar(static_cast<arma::uword>(i)) = log_haar_of_bin(i, n_bins, n_qubits);
  for (const double fidelity : fidelities) {
    require(fidelity >= -rounding && fidelity <= 1 + rounding, source,
            fmt::format("a fidelity of {} is outside [0, 1]", fidelity));
    const int bin = std::clamp(static_cast<int>(std::floor(fidelity * n_bins)), 0, n_bins - 1);
    counts(static_cast<arma::uword>(bin)) += 1;
  }
  return jackknife_entropy(counts, log_haar, level);
}

std::vector<Observable> bloch_observables(int n_qubits) {
  std::vector<Observable> observables;
  for (int q = 0; q < n_qubits; ++q)
    for (const Pauli pauli : {Pauli::X, Pauli::Y, Pauli::Z})
      observables.emplace_back(PauliString({{q, pauli}}));
  return observables;
}

Estimate entangling_capability(const ExpectationFunction& bloch_vectors, const arma::vec& features,
                               std::size_t n_states, std::uint64_t seed, double level) {
  constexpr const char* source = "entangling capability";
  const std::size_t n_observables = bloch_vectors.n_observables();
  require(n_observables > 0 && n_observables % 3 == 0, source,
          fmt::format("{} observables are not 3 a qubit", n_observables));
  require(
      features.n_elem == bloch_vectors.n_features(), source,
      fmt::format("{} features, the circuit has {}", features.n_elem, bloch_vectors.n_features()));
  require(n_states >= 2, source, fmt::format("{} states, at least 2 are needed", n_states));
  RandomStream random = training_stream(seed, StreamPurpose::random_states, 1);
  const double n_qubits = static_cast<double>(n_observables) / 3;
  arma::vec q(n_states);
  for (double& value : q) {
    const arma::vec weights = random_weights(bloch_vectors.n_weights(), random);
    const arma::mat bloch = bloch_vectors.values(weights, arma::mat(features));
    value = 1 - arma::accu(arma::square(bloch)) / n_qubits;
  }
  const double error = arma::stddev(q) / std::sqrt(static_cast<double>(n_states));
  return student_estimate(arma::mean(q), error, n_states - 1, "Meyer-Wallach", level);
}

std::optional<Warning> entanglement_warning(const Estimate& capability) {
  if (capability.value >= rounding) return std::nullopt;
  return Warning{Warning::Code::no_entanglement, "the circuit entangles nothing",
                 "add entangling gates, or use a classical model: this circuit is simulated qubit "
                 "by qubit"};
}

}  // namespace rhodrift
