#pragma once

#include <armadillo>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include <rhodrift/train/loss.hpp>

namespace rhodrift {

/// NLopt's minimisers, for losses over the whole data set: without the noise of minibatches they
/// take fewer evaluations than steps of an Optimizer.
enum class BatchAlgorithm {
  lbfgs,        ///< with gradients; D. C. Liu, J. Nocedal, Math. Program. 45, 503 (1989)
  cobyla,       ///< linear models; M. J. D. Powell (1994)
  bobyqa,       ///< quadratic models, of at least 2 parameters; M. J. D. Powell, NA2009/06 (2009)
  nelder_mead,  ///< a simplex; J. A. Nelder, R. Mead, Comput. J. 7, 308 (1965)
};
/// "lbfgs", "cobyla", "bobyqa", "nelder-mead"
std::string_view to_string(BatchAlgorithm algorithm);
/// Throws InputError that lists the known names.
BatchAlgorithm parse_batch_algorithm(std::string_view name);
/// The same, or nothing.
std::optional<BatchAlgorithm> find_batch_algorithm(std::string_view name);
/// Whether the algorithm asks for gradients.
bool uses_gradients(BatchAlgorithm algorithm);

struct BatchMinimizerOptions {
  BatchAlgorithm algorithm = BatchAlgorithm::lbfgs;
  /// The run ends after so many evaluations, >= 1, of the log or new.
  std::uint64_t max_evaluations = 1000;
  /// … or when the value, or every parameter, changes by less than this in an iteration: relative
  /// to the value, and absolute (radians). >= 0; 0: never for this reason.
  double value_tolerance = 1e-8;
  double parameter_tolerance = 1e-6;
  /// How far from the start those without gradients look first, in every parameter; > 0.
  double initial_step = 0.3;

  /// Throws InputError when one is outside its range.
  void validate() const;
  bool operator==(const BatchMinimizerOptions&) const = default;
};

/// Where the loss was looked at, and what it was there; the gradient is empty with algorithms that
/// use none.
struct BatchEvaluation {
  arma::vec parameters;
  LossValue loss;
};

struct BatchMinimum {
  enum class End {
    value_tolerance,
    parameter_tolerance,
    converged,  ///< by the algorithm's own measure; lbfgs: every derivative is below 1e-8
    roundoff,   ///< as near as doubles come
    max_evaluations,
  };

  BatchEvaluation best;           ///< the lowest value of all evaluations; of equal ones the first
  std::uint64_t evaluations = 0;  ///< of the log and new
  End end = End::max_evaluations;
};
/// "value tolerance", "parameter tolerance", "converged", "rounding errors", "max evaluations"
std::string_view to_string(BatchMinimum::End end);

/// The loss at `parameters`, with its gradient if that is wanted; else what it gives is dropped.
using BatchLoss = std::function<LossValue(const arma::vec& parameters, bool with_gradient)>;

/// Minimises the loss from `start` on.
///
/// NLopt's state cannot be stored, so a run that was killed is resumed by replaying it: every new
/// evaluation goes to `on_evaluation` (may be empty), which can store it, and is not asked for
/// again when it is in `log`, those of the run so far in their order. The resumed run takes the
/// same way to the same bits, with another max_evaluations too.
///
/// Throws InputError when the options or the start are not valid, or the log is of another run: it
/// is elsewhere than the minimiser at its evaluation, or longer than the run. Throws RunError with
/// the number of the evaluation when the loss or its gradient is not finite, or with NLopt's reason
/// when it fails (having reached the limit of rounding is no failure). What the two functions throw
/// is passed on.
BatchMinimum minimize_batch(const BatchLoss& loss, const arma::vec& start,
                            const BatchMinimizerOptions& options,
                            std::span<const BatchEvaluation> log = {},
                            const std::function<void(const BatchEvaluation&)>& on_evaluation = {});

}  // namespace rhodrift
