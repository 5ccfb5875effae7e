#pragma once

#include <armadillo>
#include <cstdint>
#include <vector>

namespace rhodrift {

/// How many shots the next gradient is worth, from what was seen of the last ones: gCANS, A. Gu et
/// al., arXiv:2108.10434 (2021), the rule of J. Kübler et al.,
/// Quantum 4, 263 (2020) for all components of the gradient at once.
///
/// A gradient g is made of directions (of parameter shift one an angle). Direction a is read from
/// n_a circuits with s_a shots each and adds an error of variance σ_a²/s_a to g. If the gradient of
/// the loss is Lipschitz with constant L, a step of gradient descent with learning rate α gains at
/// least, in expectation,
///   α (1 - αL/2) |g|² - α² L/2 Σ_a σ_a²/s_a,
/// and that per shot, divided by Σ_a n_a s_a, is largest for
///   s_a = 2αL/(2 - αL) · σ_a/√n_a · Σ_b √n_b σ_b / |g|²,
/// which is gCANS where all n_a are alike. g and σ are unknown; in their place stand exponential
/// moving averages of the gradients and deviations that were seen, with their bias taken out as
/// Adam does. As long as there are none, every direction has min_shots.
class AdaptiveShots {
 public:
  struct Options {
    double learning_rate = 0.01;  ///< α > 0 of the steps
    /// L > 0, αL < 2. With the largest curvature anywhere the bound holds, and much is spent; less
    /// can be faster (docs/validation.md).
    double lipschitz = 1.0;
    double decay = 0.99;                ///< of the averages, in [0, 1)
    std::uint64_t min_shots = 4;        ///< >= 2: one shot shows no deviation
    std::uint64_t max_shots = 100'000;  ///< >= min_shots; with g = 0 they are taken

    /// Throws InputError "adaptive shots: option: value and limit" when one is out of range.
    void validate() const;
    bool operator==(const Options&) const = default;
  };

  /// All that is remembered; both are empty before the first step.
  struct State {
    arma::vec gradient;   ///< moving average, an entry a parameter, its bias still in it
    arma::vec deviation;  ///< of σ, an entry a direction, >= 0, likewise
    std::uint64_t steps = 0;
  };

  /// Before the first step. Throws InputError when the options are not valid.
  explicit AdaptiveShots(const Options& options);
  /// Where another one of the same options was. Throws InputError when one is not valid.
  AdaptiveShots(const Options& options, State state);

  const State& state() const { return state_; }
  /// s_a, given n_a > 0. Throws InputError when there are not as many as before.
  std::vector<std::uint64_t> shots(const arma::vec& circuits) const;
  /// Takes note of a gradient and of its σ. Throws InputError when they are not as many as before,
  /// RunError when one is not finite.
  void observe(const arma::vec& gradient, const arma::vec& deviation);

 private:
  Options options_;
  State state_;
};

}  // namespace rhodrift
