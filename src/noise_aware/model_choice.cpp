#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/calibration/number.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/noise_aware/model_choice.hpp>

namespace rhodrift {

namespace {

std::string source_of(const Calibration& state) {
  return fmt::format("{} at {}", state.device, to_iso8601(state.timestamp));
}

}  // namespace

ModelChoice choose_model(const ModelRepository& repository, const Calibration& state) {
  arma::vec values(repository.numbers.size());
  for (std::size_t i = 0; i < repository.numbers.size(); ++i) {
    const auto value = find_number(state, repository.numbers[i]);
    if (!value)
      throw InputError(source_of(state), repository.numbers[i],
                       "is missing, but the model is chosen by it");
    values(i) = *value;
  }
  std::vector<double> distances;
  for (const ModelRepository::Entry& entry : repository.entries)
    distances.push_back(state_distance(repository.importance, entry.centre, values));
  const auto nearest = std::ranges::min_element(distances);
  return {static_cast<std::size_t>(nearest - distances.begin()), *nearest};
}

TrainedModel model_for(const TrainedModel& model, const Calibration& state) {
  if (!model.repository) return model;
  if (state.device != model.training.device->name)
    throw InputError(source_of(state), "",
                     fmt::format("{} has models for states of {} to choose from", model.name,
                                 model.training.device->name));
  TrainedModel chosen = model;
  const ModelRepository::Entry& entry =
      model.repository->entries[choose_model(*model.repository, state).entry];
  chosen.parameters = entry.parameters;
  chosen.training.final_loss = entry.final_loss;
  return chosen;
}

}  // namespace rhodrift
