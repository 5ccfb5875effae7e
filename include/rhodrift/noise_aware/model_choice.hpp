#pragma once

#include <cstddef>

#include <rhodrift/calibration/calibration.hpp>
#include <rhodrift/train/model_file.hpp>

namespace rhodrift {

struct ModelChoice {
  std::size_t entry;  ///< of the repository
  double distance;    ///< state_distance of the state from its centre
};
/// The entry whose centre is nearest to the state; of equals the first. Throws InputError that
/// names a number that the state does not have.
ModelChoice choose_model(const ModelRepository& repository, const Calibration& state);

/// The model with the parameters that its repository has for the state; as it is where it has no
/// repository. Throws InputError as choose_model does, or when the state is of another device than
/// the model was trained on, with which its repository has nothing to do.
TrainedModel model_for(const TrainedModel& model, const Calibration& state);

}  // namespace rhodrift
