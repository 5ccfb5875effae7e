#pragma once

#include <armadillo>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rhodrift/circuit/expectation_function.hpp>
#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/loss.hpp>
#include <rhodrift/train/qnn.hpp>

/// What training minimises: losses of a model in one noise or another.
namespace rhodrift {

struct TrainingLoss {
  double value;
  arma::vec gradient;  ///< in QnnParameters::flattened(); empty where it is not asked for
};

/// The loss over a batch in step 0, 1, … of a run: what is drawn at random is a function of the
/// step, so that a run that was killed goes on alike. Batches are valid and parameters fit the
/// model; the batch's features are those of the circuit. Without a gradient it costs neither time
/// nor shots for one.
using TrainingObjective = std::function<TrainingLoss(
    std::uint64_t step, const QnnParameters& parameters, const Dataset& batch, bool with_gradient)>;

/// The same circuit's expectations in some noise. Shared: several objectives may hold it.
using SharedExpectations = std::shared_ptr<const ExpectationFunction>;

/// The mean loss over a batch, with PostMeasurement::attraction, and its gradient by reverse mode
/// through head, post-measurement and circuit; or the loss alone, by a pass forward.
TrainingLoss training_loss(const Qnn& model, const ExpectationFunction& expectations,
                           const QnnParameters& parameters, const Dataset& batch,
                           Loss loss = Loss::cross_entropy, bool with_gradient = true);

/// The derivative of training_loss in the expectations, given these: n_observables x batch.
arma::mat loss_derivatives(const Qnn& model, const arma::mat& values, const AffineHead& head,
                           const Dataset& batch, Loss loss);

// Every function below throws InputError where expectations have another number of features,
// weights or observables than the model.

/// training_loss, always of the same expectations: of the exact circuit (noise-free training), the
/// circuit in calibrated noise (noise-aware), …
TrainingObjective fixed_objective(const Qnn& model, SharedExpectations expectations, Loss loss);

/// The expectations of a step.
using ExpectationsOfStep = std::function<SharedExpectations(std::uint64_t step)>;
/// training_loss of other expectations every step: noise injection, or a calibration drawn from a
/// history (domain randomisation: J. Tobin et al., IROS 2017, arXiv:1703.06907).
TrainingObjective drawn_objective(const Qnn& model, ExpectationsOfStep expectations, Loss loss);

/// What is made of the losses in several noise conditions: the mean of the worst ⌈α n⌉ of n, which
/// is the conditional value at risk at 1 - α: α = 1 is their mean, 0 the worst one alone.
/// R. T. Rockafellar, S. Uryasev, J. Risk 2, 21 (2000).
struct Risk {
  double tail = 1.0;  ///< α, in [0, 1]

  bool operator==(const Risk&) const = default;
};
/// The risk of training_loss over the conditions, a subgradient where two of them tie. Throws
/// InputError when there are no conditions or α is out of range.
TrainingObjective risk_objective(const Qnn& model, std::vector<SharedExpectations> conditions,
                                 Risk risk, Loss loss);

/// training_loss of `noisy`, and strength >= 0 times the mean over samples and observables of
/// (noisy expectation - noiseless one)²: weights are drawn to where the noise changes little.
TrainingObjective noise_gap_objective(const Qnn& model, SharedExpectations noisy,
                                      SharedExpectations noiseless, double strength, Loss loss);

/// Σ_i coefficient_i · f_i: mitigation that is linear in the expectations, inside of a loss, with
/// gradients through it. Richardson's coefficients over scaled noise are zero-noise extrapolation,
/// those of a line fitted to them likewise.
class CombinedExpectations : public ExpectationFunction {
 public:
  struct Part {
    double coefficient;
    SharedExpectations expectations;
  };
  /// Throws InputError when there are no parts or they are not of the same shape.
  explicit CombinedExpectations(std::vector<Part> parts);

  std::size_t n_weights() const override;
  std::size_t n_features() const override;
  std::size_t n_observables() const override;
  arma::mat values(const arma::vec& weights, const arma::mat& features) const override;
  Gradient gradient(const arma::vec& weights, const arma::mat& features,
                    const LossDerivative& loss_derivative) const override;

 private:
  std::vector<Part> parts_;
};

}  // namespace rhodrift
