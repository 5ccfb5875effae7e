#pragma once

#include <armadillo>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/executor.hpp>
#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/train/encoding.hpp>

/// Similarities of samples that are measured on quantum states. What is done about noise in them:
/// kernel_mitigation.hpp; what learns from them: kernel_classifier.hpp.
namespace rhodrift {

/// x -> |φ(x)> = U(x)|0…0>: the states of samples.
class FeatureMap {
 public:
  /// The encoder's circuit, Encoding::uploads times.
  explicit FeatureMap(const Encoder& encoder);
  /// encoder.before(ansatz) with weights that stay as they are. What follows the last upload
  /// changes no fidelity. Throws InputError as before() does, and when there are not as many
  /// weights as that has.
  FeatureMap(const Encoder& encoder, const Circuit& ansatz, std::vector<double> weights);

  /// U, of circuit features (see Encoder).
  const Circuit& circuit() const { return circuit_; }
  const std::vector<double>& weights() const { return weights_; }
  /// circuit().n_features() x n_samples, of n_features x n_samples. Throws InputError when there
  /// are no samples, and as Encoder does.
  arma::mat circuit_features(const arma::mat& features) const;

 private:
  Encoder encoder_;
  Circuit circuit_;
  std::vector<double> weights_;
};

/// Numbers that were estimated, and what that took.
struct EstimatedMatrix {
  arma::mat values;
  arma::mat std_error;         ///< of each value; 0 where it is exact or holds by definition
  std::uint64_t circuits = 0;  ///< that were run
  std::uint64_t shots = 0;     ///< of all of them; 0 when exact
};

/// What is read from the outcomes of one circuit.
struct OutcomeReading {
  arma::vec values;
  arma::vec std_error;  ///< of each value, due to the shots; 0 when exact
};
/// How that is read. Readout error is dealt with here: the defaults below count, and a function
/// that inverts a confusion matrix may stand in their place.
using OutcomeReader = std::function<OutcomeReading(const Outcomes&)>;

/// The frequency f of 0…0, one value, with √(f (1 - f)/(shots - 1)), whose square is unbiased; it
/// is 0 when all shots agree.
OutcomeReading zeros_frequency(const Outcomes& outcomes);
/// <Z> of every bit, with the same kind of error.
OutcomeReading z_averages(const Outcomes& outcomes);

/// What stands on the diagonal of a kernel matrix.
enum class KernelDiagonal {
  one,       ///< 1 by definition, nothing is run
  measured,  ///< what the device says of k(x, x), which is 1 without noise
};

/// k(x, x') = |<φ(x')|φ(x)>|², the probability of 0…0 after U(x) and U(x')^-1. V. Havlíček et al.,
/// Nature 567, 209 (2019). With noise it is what that circuit gives, and k(x, x) then says how much
/// of a state survives (DepolarizingStep).
class FidelityKernel {
 public:
  /// `zeros` reads the probability of 0…0. Throws InputError when U has no inverse.
  explicit FidelityKernel(FeatureMap map, OutcomeReader zeros = zeros_frequency);

  /// U(x) and U(x')^-1: the circuit features of x, then those of x'. One circuit for all entries,
  /// so that an executor compiles it once.
  const Circuit& circuit() const { return *circuit_; }

  // Features are n_features x n_samples; each entry is a circuit with `shots`, 0 being exact. All
  // throw InputError as FeatureMap::circuit_features and the executor do.

  /// n x n, symmetric: entry (i, j), i < j, prepares sample i and undoes sample j, and stands for
  /// (j, i) too. n (n - 1)/2 circuits, with a measured diagonal n more.
  EstimatedMatrix matrix(Executor& executor, const arma::mat& features, std::uint64_t shots,
                         KernelDiagonal diagonal) const;
  /// n_rows x n_columns: entry (i, j) prepares sample i of `rows`, by custom the ones trained on,
  /// and undoes sample j of `columns`. As many circuits.
  EstimatedMatrix between(Executor& executor, const arma::mat& rows, const arma::mat& columns,
                          std::uint64_t shots) const;
  /// k(x, x) as measured, n x 1. n circuits.
  EstimatedMatrix diagonal(Executor& executor, const arma::mat& features,
                           std::uint64_t shots) const;

 private:
  struct Pairs;
  EstimatedMatrix measured(Executor& executor, const Pairs& pairs, std::uint64_t shots) const;

  FeatureMap map_;
  OutcomeReader zeros_;
  std::shared_ptr<const Circuit> circuit_;
};

/// <X>, <Y> and <Z> of every qubit of the samples' states, in rows 3q, 3q + 1 and 3q + 2 of
/// 3n x n_samples. Three circuits a sample, one for each axis, with `shots` each, 0 being exact.
/// `z` reads <Z> of all bits. Throws InputError as FidelityKernel does.
EstimatedMatrix one_qubit_expectations(Executor& executor, const FeatureMap& map,
                                       const arma::mat& features, std::uint64_t shots,
                                       const OutcomeReader& z = z_averages);

/// The projected quantum kernel, from one_qubit_expectations of two sets of samples:
///   k(x, x') = exp(-γ Σ_q |ρ_q(x) - ρ_q(x')|²) = exp(-γ/2 Σ_q Σ_P (<P_q>(x) - <P_q>(x'))²),
/// ρ_q being the state of qubit q, |.| the Frobenius norm. n_rows x n_columns; for the same samples
/// symmetric with 1 on the diagonal and positive semidefinite, whatever the noise. Noise that
/// multiplies all expectations by λ is a smaller γ, λ² γ; shots add their variances to the squared
/// distances of different samples. H.-Y. Huang et al., Nat. Commun. 12, 2631 (2021).
/// Throws InputError when the numbers of expectations differ, or γ is not > 0.
arma::mat projected_kernel(const arma::mat& rows, const arma::mat& columns, double gamma);

}  // namespace rhodrift
