#pragma once

#include <armadillo>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rhodrift/circuit/executor.hpp>
#include <rhodrift/circuit/expectation_function.hpp>
#include <rhodrift/circuit/pauli_measurement.hpp>
#include <rhodrift/train/adaptive_shots.hpp>

namespace rhodrift {

struct GateAngles;
struct GradientDirection;

/// How df/dw is estimated from values of f alone; h is ShotExpectations::Options::step_rad.
enum class GradientMethod {
  /// Each angle of each gate that depends on weights is shifted on its own, by the rule of its gate
  /// (two circuits for a Pauli rotation, p, cp, u2 and u3, four for a controlled rotation and xy),
  /// and the chain rule leads to the weights: without bias, whatever an angle is made of and how
  /// many gates share a weight. In noise too, if it does not depend on the angles and what the
  /// executor translates a gate into has its angle in one gate, or half of it in two where the rule
  /// has four circuits. Else (cp in other native gates) hand over the translated circuit.
  parameter_shift,
  /// (f(w + h e_i) - f(w - h e_i))/(2h) for each weight, two circuits a weight. Its bias is
  /// h²/6 d³f/dw³ + O(h⁴): of a weight that turns one Pauli rotation by w the factor sin(h)/h; its
  /// variance goes with 1/h².
  finite_differences,
  /// Δ (f(w + hΔ) - f(w - hΔ))/(2h), every Δ_i being ±1 with equal probability, averaged over
  /// spsa_draws draws of Δ that all samples have in common: two circuits a draw whatever the number
  /// of weights. J. C. Spall, IEEE Trans. Autom. Control 37, 332 (1992). The bias is O(h²); one
  /// draw adds Σ_{j≠i} g_j² to the variance of g_i.
  spsa,
};
/// "parameter-shift", "finite-differences", "spsa"
std::string_view to_string(GradientMethod method);
/// Throws InputError that lists the known names.
GradientMethod parse_gradient_method(std::string_view name);

/// The expectations of a circuit as a device gives them: from shots, with gradients from shots of
/// the same circuit at other angles. Their interface is that of the exact ones
/// (ProgramExpectations), so that training can be studied as it is on hardware.
///
/// Terms of the observables that agree on their qubits are read from the same shots
/// (PauliMeasurement), a circuit a basis and sample. A gradient is one call of Executor::run: the
/// values and all that is shifted, from independent shots. Therefore the estimate is without bias
/// (that of the method apart) for losses whose derivative is linear in f; for others the derivative
/// at noisy values has one of O(1/shots).
///
/// Calls from several threads are safe and take turns at the executor; only calls in the same order
/// give the same numbers.
class ShotExpectations : public ExpectationFunction {
 public:
  struct Options {
    std::uint64_t shots = 1024;  ///< of a circuit; 0: exact probabilities
    GradientMethod method = GradientMethod::parameter_shift;
    double step_rad = 0.25;  ///< h > 0 of finite_differences and spsa
    int spsa_draws = 1;      ///< >= 1
    std::uint64_t seed = 1;  ///< of spsa's Δ; shots are drawn by the executor
    /// Shots of gradients as these say, not with spsa; the values that come with a gradient have as
    /// many as its direction with the most. values() takes `shots` all the same.
    std::optional<AdaptiveShots::Options> adaptive = std::nullopt;

    /// Throws InputError "shot expectations: option: value and limit" when one is out of range.
    void validate() const;
  };

  /// All that is remembered. A run that was killed goes on to the same bits from here, with an
  /// executor whose next run is number `runs`.
  struct State {
    std::uint64_t runs = 0;      ///< calls of Executor::run
    std::uint64_t shots = 0;     ///< spent, over all circuits; exact probabilities cost none
    std::uint64_t circuits = 0;  ///< run, over all samples
    AdaptiveShots::State adaptive;
  };

  /// Observables speak of the circuit's qubits. `executor` must live as long as this.
  /// Throws InputError when the options or the state are not valid, when an observable speaks of a
  /// qubit that the circuit has not, or measures, but not at its end; with parameter_shift also
  /// when the circuit post-selects, which takes expectations out of the rule.
  ShotExpectations(Executor& executor, const Circuit& circuit,
                   std::span<const Observable> observables, const Options& options);
  ShotExpectations(Executor& executor, const Circuit& circuit,
                   std::span<const Observable> observables, const Options& options, State state);
  ~ShotExpectations() override;

  std::size_t n_weights() const override;
  std::size_t n_features() const override;
  std::size_t n_observables() const override { return measurement_.n_observables(); }

  /// Throw InputError when there are not n_weights() weights or n_features() rows of features.
  arma::mat values(const arma::vec& weights, const arma::mat& features) const override;
  Gradient gradient(const arma::vec& weights, const arma::mat& features,
                    const LossDerivative& loss_derivative) const override;

  struct GradientEstimate {
    Gradient gradient;
    /// Of gradient.weights, given the loss's derivatives; of the shots only: neither the step's
    /// bias nor, with spsa, the draw of Δ is in it. 0 where probabilities are exact, and where a
    /// circuit has one shot, which shows none.
    arma::vec std_error;
  };
  /// gradient() with its error.
  GradientEstimate estimate_gradient(const arma::vec& weights, const arma::mat& features,
                                     const LossDerivative& loss_derivative) const;

  State state() const;
  const Options& options() const { return options_; }

 private:
  struct Setting;

  void validate(const arma::vec& weights, const arma::mat& features) const;
  std::vector<GradientDirection> directions() const;
  std::vector<std::uint64_t> shots_of(std::span<const GradientDirection> directions,
                                      arma::uword n_samples) const;
  std::vector<Outcomes> run(std::span<const Setting> settings, const arma::mat& features) const;
  arma::mat values_from(std::span<const Outcomes> outcomes, arma::uword n_samples) const;

  Executor& executor_;
  std::unique_ptr<const GateAngles> angles_;
  PauliMeasurement measurement_;                          // of classical bits
  std::vector<std::shared_ptr<const Circuit>> circuits_;  // with angles_' weights, a basis each
  Options options_;
  mutable std::mutex mutex_;  // of all below and of the executor
  mutable State state_;       // adaptive is in adaptive_, if there is one
  mutable std::optional<AdaptiveShots> adaptive_;
};

/// How training gets its gradients: nothing for exact ones, else from shots of a simulated device.
/// As text: "exact", "parameter-shift:shots=1024", "finite-differences:shots=1024:step=0.25",
/// "spsa:shots=1024:step=0.25:draws=1". The first two take `adaptive=L`, shots by AdaptiveShots
/// with the Lipschitz constant L, and with it min_shots=4, max_shots=100000 and decay=0.99; its
/// learning rate and the seed are not in the text. Throws InputError naming what is unknown or out
/// of range.
std::optional<ShotExpectations::Options> parse_gradient(std::string_view text);
/// What parse_gradient reads, with all settings.
std::string to_string(const std::optional<ShotExpectations::Options>& gradient);

}  // namespace rhodrift
