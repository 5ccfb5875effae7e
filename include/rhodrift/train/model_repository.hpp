#pragma once

#include <armadillo>
#include <cstddef>
#include <string>
#include <vector>

#include <rhodrift/core/time.hpp>
#include <rhodrift/train/qnn.hpp>

namespace rhodrift {

/// Parameters of one model for several states of a device, of which one is chosen when it is known
/// how the device is: those of the nearest state that some were trained in.
struct ModelRepository {
  struct Entry {
    UtcTime calibration_time;  ///< of the state that it was trained in
    std::size_t n_states;      ///< how many recorded states are nearest to that one; >= 1
    arma::vec centre;          ///< that state's `numbers`, in SI units
    QnnParameters parameters;
    double final_loss;  ///< TrainingResult::final_loss
  };

  std::vector<std::string> numbers;  ///< of a calibration, by number_name
  /// One a number, > 0, per SI unit: distances are state_distance with these.
  arma::vec importance;
  double reach;  ///< the largest distance of a recorded state from the nearest centre; >= 0
  std::vector<Entry> entries;  ///< in order of time
};

/// √(Σ_i (importance_i (a_i - b_i))²).
inline double state_distance(const arma::vec& importance, const arma::vec& a, const arma::vec& b) {
  return arma::norm(importance % (a - b));
}

}  // namespace rhodrift
