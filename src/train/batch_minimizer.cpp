#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <nlopt.hpp>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/batch_minimizer.hpp>

#include "train/names.hpp"

namespace rhodrift {

namespace {

using End = BatchMinimum::End;

constexpr Names<BatchAlgorithm, 4> algorithm_names{{{BatchAlgorithm::lbfgs, "lbfgs"},
                                                    {BatchAlgorithm::cobyla, "cobyla"},
                                                    {BatchAlgorithm::bobyqa, "bobyqa"},
                                                    {BatchAlgorithm::nelder_mead, "nelder-mead"}}};

constexpr Names<End, 5> end_names{{{End::value_tolerance, "value tolerance"},
                                   {End::parameter_tolerance, "parameter tolerance"},
                                   {End::converged, "converged"},
                                   {End::roundoff, "rounding errors"},
                                   {End::max_evaluations, "max evaluations"}}};

nlopt::algorithm nlopt_algorithm_of(BatchAlgorithm algorithm) {
  switch (algorithm) {
    case BatchAlgorithm::cobyla:
      return nlopt::LN_COBYLA;
    case BatchAlgorithm::bobyqa:
      return nlopt::LN_BOBYQA;
    case BatchAlgorithm::nelder_mead:
      return nlopt::LN_NELDERMEAD;
    case BatchAlgorithm::lbfgs:
      break;
  }
  return nlopt::LD_LBFGS;
}

End end_of(nlopt::result result) {
  switch (result) {
    case nlopt::FTOL_REACHED:
      return End::value_tolerance;
    case nlopt::XTOL_REACHED:
      return End::parameter_tolerance;
    default:
      return End::converged;
  }
}

void require_start(const arma::vec& start, const BatchMinimizerOptions& options) {
  const std::string name(to_string(options.algorithm));
  const arma::uword least = options.algorithm == BatchAlgorithm::bobyqa ? 2 : 1;
  if (start.n_elem < least)
    throw InputError(name, "start",
                     fmt::format("{} parameters, at least {} needed", start.n_elem, least));
  if (!start.is_finite()) throw InputError(name, "start", "a parameter is not finite");
}

/// What NLopt calls: hands out the log, then evaluates.
class Evaluator {
 public:
  Evaluator(const BatchLoss& loss, const BatchMinimizerOptions& options,
            std::span<const BatchEvaluation> log,
            const std::function<void(const BatchEvaluation&)>& on_evaluation)
      : loss_(loss), options_(options), log_(log), on_evaluation_(on_evaluation) {}

  /// Throws nlopt::forced_stop when there is nothing more to evaluate: NLopt may call once more
  /// even so.
  double operator()(const std::vector<double>& parameters, std::vector<double>& gradient) {
    exhausted_ = minimum_.evaluations == options_.max_evaluations;
    if (error_ || exhausted_) throw nlopt::forced_stop();
    try {
      const BatchEvaluation evaluation = evaluate(parameters, !gradient.empty());
      const auto& [value, derivatives] = evaluation.loss;
      std::copy(derivatives.begin(), derivatives.end(), gradient.begin());
      if (minimum_.evaluations++ == 0 || value < minimum_.best.loss.value)
        minimum_.best = evaluation;
      return value;
    } catch (...) {
      error_ = std::current_exception();
      throw nlopt::forced_stop();
    }
  }

  /// After NLopt came back, by itself or with a failure.
  BatchMinimum minimum(std::optional<End> end, const std::string& failure) {
    if (error_) std::rethrow_exception(error_);
    if (minimum_.evaluations < log_.size())
      refuse_log(fmt::format("has {} evaluations, the run ends after {}", log_.size(),
                             minimum_.evaluations));
    if (exhausted_) end = End::max_evaluations;  // whatever NLopt made of it
    if (!end)
      throw RunError(fmt::format("{}: after {} evaluations, the best value {}: {}",
                                 to_string(options_.algorithm), minimum_.evaluations,
                                 minimum_.best.loss.value, failure));
    minimum_.end = *end;
    return minimum_;
  }

 private:
  BatchEvaluation evaluate(const arma::vec& parameters, bool with_gradient) {
    const std::uint64_t number = minimum_.evaluations;
    if (number < log_.size()) {
      const BatchEvaluation& logged = log_[number];
      if (!std::equal(parameters.begin(), parameters.end(), logged.parameters.begin(),
                      logged.parameters.end()) ||
          logged.loss.gradient.n_elem != (with_gradient ? parameters.n_elem : 0))
        refuse_log(fmt::format("is of another run: evaluation {} is elsewhere", number));
      return logged;
    }
    BatchEvaluation evaluation{parameters, loss_(parameters, with_gradient)};
    if (!with_gradient) evaluation.loss.gradient.reset();
    if (with_gradient && evaluation.loss.gradient.n_elem != parameters.n_elem)
      throw InputError(std::string(to_string(options_.algorithm)), "loss",
                       fmt::format("{} entries in the gradient of {} parameters",
                                   evaluation.loss.gradient.n_elem, parameters.n_elem));
    if (!std::isfinite(evaluation.loss.value) || !evaluation.loss.gradient.is_finite())
      throw RunError(fmt::format("{}: evaluation {}: the loss is {}, its gradient's norm {}",
                                 to_string(options_.algorithm), number, evaluation.loss.value,
                                 arma::norm(evaluation.loss.gradient)));
    if (on_evaluation_) on_evaluation_(evaluation);
    return evaluation;
  }

  [[noreturn]] void refuse_log(const std::string& problem) const {
    throw InputError(std::string(to_string(options_.algorithm)), "log", problem);
  }

  const BatchLoss& loss_;
  const BatchMinimizerOptions& options_;
  std::span<const BatchEvaluation> log_;
  const std::function<void(const BatchEvaluation&)>& on_evaluation_;
  BatchMinimum minimum_{};
  bool exhausted_ = false;  ///< NLopt wanted more evaluations than it may have
  std::exception_ptr error_;
};

/// The limit of evaluations is the Evaluator's: NLopt's L-BFGS looks at its own only between line
/// searches, and keeps a history of that length, so that another limit would lead another way.
nlopt::opt search_of(const BatchMinimizerOptions& options, unsigned n_parameters) {
  nlopt::opt search(nlopt_algorithm_of(options.algorithm), n_parameters);
  search.set_ftol_rel(options.value_tolerance);
  search.set_xtol_abs(options.parameter_tolerance);
  search.set_initial_step(options.initial_step);
  return search;
}

}  // namespace

std::string_view to_string(BatchAlgorithm algorithm) {
  return name_of(algorithm_names, algorithm);
}

std::optional<BatchAlgorithm> find_batch_algorithm(std::string_view name) {
  for (const auto& [algorithm, known] : algorithm_names)
    if (name == known) return algorithm;
  return std::nullopt;
}

bool uses_gradients(BatchAlgorithm algorithm) {
  return algorithm == BatchAlgorithm::lbfgs;
}

BatchAlgorithm parse_batch_algorithm(std::string_view name) {
  return value_named(algorithm_names, name, "batch minimizer");
}

std::string_view to_string(End end) {
  return name_of(end_names, end);
}

void BatchMinimizerOptions::validate() const {
  const auto require = [&](bool holds, const char* option, double value, const char* range) {
    if (!holds)
      throw InputError(std::string(to_string(algorithm)), option,
                       fmt::format("{} is not {}", value, range));
  };
  require(max_evaluations >= 1, "max_evaluations", 0, ">= 1");
  require(value_tolerance >= 0 && std::isfinite(value_tolerance), "value_tolerance",
          value_tolerance, ">= 0");
  require(parameter_tolerance >= 0 && std::isfinite(parameter_tolerance), "parameter_tolerance",
          parameter_tolerance, ">= 0");
  require(initial_step > 0 && std::isfinite(initial_step), "initial_step", initial_step, "> 0");
}

BatchMinimum minimize_batch(const BatchLoss& loss, const arma::vec& start,
                            const BatchMinimizerOptions& options,
                            std::span<const BatchEvaluation> log,
                            const std::function<void(const BatchEvaluation&)>& on_evaluation) {
  options.validate();
  require_start(start, options);
  Evaluator evaluator(loss, options, log, on_evaluation);
  nlopt::opt search = search_of(options, static_cast<unsigned>(start.n_elem));
  search.set_min_objective(
      [](const std::vector<double>& parameters, std::vector<double>& gradient, void* data) {
        return (*static_cast<Evaluator*>(data))(parameters, gradient);
      },
      &evaluator);
  std::vector<double> parameters = arma::conv_to<std::vector<double>>::from(start);
  double value = 0;
  std::optional<End> end;
  std::string failure;
  try {
    end = end_of(search.optimize(parameters, value));
  } catch (const nlopt::roundoff_limited&) {
    end = End::roundoff;
  } catch (const std::exception& error) {
    failure = error.what();
    // All that its code knows as a failure, and does not say.
    if (uses_gradients(options.algorithm))
      failure += ", nothing lower was found along the negative gradient";
  }
  return evaluator.minimum(end, failure);
}

}  // namespace rhodrift
