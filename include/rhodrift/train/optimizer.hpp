#pragma once

#include <armadillo>
#include <cstdint>
#include <span>
#include <string_view>

namespace rhodrift {

/// Steps down a gradient. With g the gradient, α the learning rate, element by element:
///   sgd      m ← μ m + g;  θ ← θ - α m                      (μ = 0: plain gradient descent)
///   rmsprop  v ← ρ v + (1-ρ) g²;  θ ← θ - α g / (√v + ε)
///            T. Tieleman, G. Hinton, Neural networks for machine learning, lecture 6.5 (2012)
///   adam     m ← β1 m + (1-β1) g;  v ← β2 v + (1-β2) g²;
///            θ ← θ - α m/(1-β1^t) / (√(v/(1-β2^t)) + ε) in step t = 1, 2, …
///            D. P. Kingma, J. Ba, ICLR 2015, arXiv:1412.6980, algorithm 1
///   adamw    θ ← (1 - α λ) θ, then as adam: the decay is not in the moments.
///            I. Loshchilov, F. Hutter, ICLR 2019, arXiv:1711.05101, whose λ is α λ here
///   natural-gradient  θ ← θ - α g, g being natural already (natural_objective)
/// Our own because a run that was killed goes on to the same bits: everything that an optimizer
/// remembers is a State that can be stored. The packaged libraries hide their moments.
class Optimizer {
 public:
  enum class Rule { sgd, rmsprop, adam, adamw, natural_gradient };

  /// Only those of the rule count (options_of).
  struct Options {
    Rule rule = Rule::adam;
    double learning_rate = 0.01;  ///< α > 0
    double momentum = 0.9;        ///< μ of sgd, in [0, 1)
    double decay = 0.9;           ///< ρ of rmsprop, in [0, 1)
    double beta1 = 0.9;           ///< of adam and adamw, in [0, 1)
    double beta2 = 0.999;         ///< of adam and adamw, in [0, 1)
    double epsilon = 1e-8;        ///< of rmsprop, adam and adamw, > 0
    double weight_decay = 0.01;   ///< λ of adamw, >= 0
    double regularisation = 0.1;  ///< of natural_gradient's metric, > 0

    /// Throws InputError "rule: option: value and limit" when one is outside its range.
    void validate() const;
    bool operator==(const Options&) const = default;
  };

  /// All that an optimizer remembers. Both vectors have an entry a parameter, 0 where the rule has
  /// no such moment, and are empty before the first step.
  struct State {
    arma::vec first_moment;   ///< m
    arma::vec second_moment;  ///< v, >= 0
    std::uint64_t steps = 0;  ///< t
  };

  /// Before its first step. Throws InputError when the options are not valid.
  explicit Optimizer(const Options& options);
  /// Where another one of the same options was. Throws InputError when one is not valid.
  Optimizer(const Options& options, State state);

  const State& state() const { return state_; }
  /// One step with `rate_factor` times the learning rate (Schedule): changes `parameters` in place.
  /// Throws InputError when the number of parameters is not that of the gradient or of the step
  /// before.
  void step(arma::vec& parameters, const arma::vec& gradient, double rate_factor = 1.0);

 private:
  Options options_;
  State state_;
};

/// "sgd", "rmsprop", "adam", "adamw", "natural-gradient"
std::string_view to_string(Optimizer::Rule rule);
/// Throws InputError that lists the known names.
Optimizer::Rule parse_optimizer_rule(std::string_view name);

/// An option of a rule: what it is called in files and messages, and where its value is.
struct OptimizerOption {
  std::string_view name;
  double Optimizer::Options::*value;
};
/// Those that the rule takes, the learning rate first.
std::span<const OptimizerOption> options_of(Optimizer::Rule rule);

}  // namespace rhodrift
