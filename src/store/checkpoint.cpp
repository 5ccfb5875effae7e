#include <nlohmann/json.hpp>

#include <rhodrift/core/error.hpp>
#include <rhodrift/store/checkpoint.hpp>
#include <rhodrift/store/run_reader.hpp>
#include <rhodrift/store/run_writer.hpp>

namespace rhodrift {

namespace {

using Json = nlohmann::json;

constexpr const char* text_name = "checkpoint";

std::vector<double> numbers(const arma::vec& values) {
  return arma::conv_to<std::vector<double>>::from(values);
}

arma::vec vector_of(const Json& numbers) {
  return arma::vec(numbers.get<std::vector<double>>());
}

/// What the record of the training does not hold.
Json remembered(const TrainingState& state) {
  const EarlyStopping::State& stopping = state.early_stopping;
  const AdaptiveShots::State& adaptive = state.shots.adaptive;
  Json gradients = Json::array();
  for (const arma::vec& gradient : state.gradients) gradients.push_back(numbers(gradient));
  return {{"first_moment", numbers(state.optimizer.first_moment)},
          {"second_moment", numbers(state.optimizer.second_moment)},
          {"optimizer_steps", state.optimizer.steps},
          {"best_loss", stopping.best_loss},
          {"best_parameters", numbers(stopping.best_parameters)},
          {"best_look", stopping.best_look},
          {"looks", stopping.looks},
          {"shot_runs", state.shots.runs},
          {"shots", state.shots.shots},
          {"shot_circuits", state.shots.circuits},
          {"adaptive_gradient", numbers(adaptive.gradient)},
          {"adaptive_deviation", numbers(adaptive.deviation)},
          {"adaptive_steps", adaptive.steps},
          {"gradients", std::move(gradients)}};
}

void remember(const Json& json, TrainingState& state) {
  state.optimizer = {vector_of(json.at("first_moment")), vector_of(json.at("second_moment")),
                     json.at("optimizer_steps").get<std::uint64_t>()};
  state.early_stopping = {json.at("best_loss").get<double>(), vector_of(json.at("best_parameters")),
                          json.at("best_look").get<std::uint64_t>(),
                          json.at("looks").get<std::uint64_t>()};
  state.shots = {json.at("shot_runs").get<std::uint64_t>(),
                 json.at("shots").get<std::uint64_t>(),
                 json.at("shot_circuits").get<std::uint64_t>(),
                 {vector_of(json.at("adaptive_gradient")), vector_of(json.at("adaptive_deviation")),
                  json.at("adaptive_steps").get<std::uint64_t>()}};
  for (const Json& gradient : json.at("gradients")) state.gradients.push_back(vector_of(gradient));
}

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const RunInfo& info,
                      const CheckpointRun& run, const TrainingState& state) {
  TrainingRecord record;
  record.history = state.history;
  record.n_weights = run.n_weights;
  record.parameters_by_step.set_size(state.parameters().n_elem, state.parameters_by_step.size());
  for (arma::uword s = 0; s < record.parameters_by_step.n_cols; ++s)
    record.parameters_by_step.col(s) = state.parameters_by_step[s];
  RunWriter writer(path, info);
  writer.write_training(run.model, record);
  writer.write_text(text_name,
                    Json{{"identity", run.identity}, {"state", remembered(state)}}.dump());
  writer.commit();
}

TrainingState read_checkpoint(const std::filesystem::path& path, const CheckpointRun& run) {
  const RunReader reader(path);
  try {
    const Json json = Json::parse(reader.text(text_name));
    if (json.at("identity").get<std::string>() != run.identity)
      throw InputError(path.string(), "", "is of a run with another configuration or other data");
    const TrainingRecord record = reader.training(run.model);
    TrainingState state;
    state.history = record.history;
    for (arma::uword s = 0; s < record.parameters_by_step.n_cols; ++s)
      state.parameters_by_step.push_back(record.parameters_by_step.col(s));
    remember(json.at("state"), state);
    return state;
  } catch (const Json::exception& error) {
    throw InputError(path.string(), text_name, error.what());
  }
}

}  // namespace rhodrift
