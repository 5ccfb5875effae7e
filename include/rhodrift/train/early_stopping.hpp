#pragma once

#include <armadillo>
#include <cstdint>

namespace rhodrift {

/// Ends training when the loss on samples that are not trained on no longer improves, and keeps the
/// parameters where it was best.
class EarlyStopping {
 public:
  struct Options {
    int patience = 10;             ///< looks in a row without improvement that end training, >= 1
    double min_improvement = 0.0;  ///< a loss improves when below best - min_improvement; >= 0

    /// Throws InputError "early stopping: option: value and limit" when one is outside its range.
    void validate() const;
    bool operator==(const Options&) const = default;
  };

  /// All that is remembered. Looks count from 1; 0: there was none.
  struct State {
    double best_loss = 0.0;     ///< with best_look > 0
    arma::vec best_parameters;  ///< empty with best_look == 0
    std::uint64_t best_look = 0;
    std::uint64_t looks = 0;
  };

  /// Before its first look. Throws InputError when the options are not valid.
  explicit EarlyStopping(const Options& options);
  /// Where another one of the same options was. Throws InputError when one is not valid.
  EarlyStopping(const Options& options, State state);

  const State& state() const { return state_; }
  /// Takes note of a look: the validation loss of these parameters.
  /// Throws RunError when the loss is not finite.
  void look(double loss, const arma::vec& parameters);
  /// Whether training is to end; then state().best_parameters are its result.
  bool done() const;

 private:
  Options options_;
  State state_;
};

}  // namespace rhodrift
