#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise_aware/model_choice.hpp>
#include <rhodrift/report/format_estimate.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/device_setting.hpp"
#include "cli/learning_task.hpp"
#include "cli/model_evaluation.hpp"
#include "cli/model_training.hpp"
#include "cli/output.hpp"
#include "cli/score_table.hpp"
#include "cli/scores.hpp"
#include "cli/strategy_options.hpp"

namespace rhodrift::cli {

namespace {

constexpr std::uint64_t members_purpose = 0x7072'0001;  // of the members' seeds

struct Options {
  std::string model;
  std::string data;
  std::vector<std::string> others;  ///< files of models that predict along with it
  DeviceOptions device;
  StrategyOptions strategy;
  std::uint64_t shots = 4096;
  std::uint64_t seed = 1;
  bool json = false;
};

/// A model that was named, and what it says.
struct Member {
  std::string file;
  TrainedModel model;
  Tested tested = {};
  std::optional<ModelChoice> choice = std::nullopt;  ///< of the model's repository
};

std::vector<Member> read_members(const Options& options) {
  std::vector<Member> members{{options.model, read_model(options.model)}};
  for (const std::string& file : options.others) {
    if (std::ranges::find(members, file, &Member::file) != members.end())
      throw InputError("--with", file, "is there twice");
    members.push_back({file, read_model(file)});
    require_same_outputs(members.back().model, file, members.front().model, options.model);
  }
  return members;
}

void run_without_noise(Member& member, const Dataset& data) {
  member.tested = {member.file, "without noise", noiseless_outputs(member.model, data)};
  member.tested.score = score_of(member.tested.outputs, data);
}

void run_on_device(Member& member, const Dataset& data, const Options& options,
                   std::uint64_t seed) {
  const TrainedModel& model = member.model;
  if (options.device.layout.empty() && !model.training.device)
    throw InputError(
        "--layout", "",
        fmt::format("is needed: {} was not trained on a device's qubits", member.file));
  const Device device =
      options.device.read(model.network.circuit.n_qubits(),
                          model.training.device ? model.training.device->qubits : Layout{});
  ProgressBar bar("running " + model.name);
  const Strategy strategy = options.strategy.parse();
  StrategyEvaluation evaluation =
      evaluate_strategies(model_for(model, device.calibration()), data, device, {strategy},
                          options.shots, seed, nullptr, std::ref(bar))
          .front();
  member.tested = {member.file, "on " + place_name(device), std::move(evaluation.outputs),
                   evaluation.score};
  if (model.repository) member.choice = choose_model(*model.repository, device.calibration());
}

/// On a device every member draws shots of its own, the first one those of the seed itself.
void run_all(std::vector<Member>& members, const Dataset& data, const Options& options) {
  RandomStream random(options.seed, stream_id(members_purpose, 0));
  std::uint64_t seed = options.seed;
  for (Member& member : members) {
    require_fitting(member.model, member.file, data, options.data);
    if (options.device.calibration.empty())
      run_without_noise(member, data);
    else
      run_on_device(member, data, options, seed);
    seed = random();
  }
}

/// What is predicted: of one model itself, of several the mean of all, at the cost of all.
Tested judged_of(const std::vector<Member>& members, const Dataset& data) {
  if (members.size() == 1) return members.front().tested;
  std::vector<arma::mat> outputs;
  std::uint64_t shots = 0, circuits = 0;
  for (const Member& member : members) {
    outputs.push_back(member.tested.outputs);
    shots += member.tested.score->shots;
    circuits += member.tested.score->circuits;
  }
  Tested mean = ensemble_of(fmt::format("mean of {} models", members.size()), outputs, data);
  if (circuits > 0) mean.score->shots = shots;
  mean.score->circuits = circuits;
  return mean;
}

Json choice_json(const ModelChoice& choice, const ModelRepository& repository) {
  const ModelRepository::Entry& entry = repository.entries[choice.entry];
  return {{"calibration_time", to_iso8601(entry.calibration_time)},
          {"distance", choice.distance},
          {"reach", repository.reach}};
}

std::string choice_text(const ModelChoice& choice, const ModelRepository& repository) {
  std::string text =
      fmt::format("model {} of {}, trained in the state of {}: the device is {:.3g} from it\n",
                  choice.entry + 1, repository.entries.size(),
                  to_iso8601(repository.entries[choice.entry].calibration_time), choice.distance);
  if (choice.distance > repository.reach)
    text += fmt::format(
        "warning: no state of the training was further than {:.3g}; train again with newer ones\n",
        repository.reach);
  return text;
}

Json scores_json(const Tested& tested, const Dataset& data) {
  return {{data.is_regression() ? "scores" : "accuracy",
           score_json(*tested.score, tested.outputs, data)}};
}

Json member_json(const Member& member, const Dataset& data) {
  Json result = scores_json(member.tested, data);
  if (member.choice) result["chosen"] = choice_json(*member.choice, *member.model.repository);
  return result;
}

Json result_json(const std::vector<Member>& members, const Tested& judged, const Dataset& data) {
  const bool several = members.size() > 1;
  Json result = several ? scores_json(judged, data) : member_json(members.front(), data);
  result["predictions"] = said(judged.outputs, data);
  if (!several) return result;
  for (const Member& member : members) {
    result["models"].push_back(member_json(member, data));
    result["models"].back()["model"] = member.file;
  }
  return result;
}

std::string result_text(const std::vector<Member>& members, const Tested& judged,
                        const Dataset& data) {
  const bool several = members.size() > 1;
  std::string text;
  for (const Json& one : said(judged.outputs, data))
    text += (one.is_string() ? one.get<std::string>() : one.dump()) + "\n";
  std::vector<Tested> alone;
  for (const Member& member : members) alone.push_back(member.tested);
  text += several ? ScoreTable({judged}, std::move(alone), data).to_string()
                  : fmt::format("{} {}\n", score_name(data), with_interval(*judged.score));
  for (const Member& member : members)
    if (member.choice)
      text += (several ? member.file + ": " : "") +
              choice_text(*member.choice, *member.model.repository);
  return text;
}

void predict(const Options& options) {
  std::vector<Member> members = read_members(options);
  const Dataset data = samples_for(members.front().model, load_samples(options.data));
  run_all(members, data, options);
  const Tested judged = judged_of(members, data);
  if (options.json)
    print(result_json(members, judged, data));
  else
    print(result_text(members, judged, data));
}

}  // namespace

void add_predict(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "predict", "Apply a trained model to samples, noiseless or on a recorded device");
  auto options = std::make_shared<Options>();
  verb->add_option("model", options->model, "Model file of 'rhodrift train'")->required();
  verb->add_option("data", options->data, "Labelled samples, see docs/formats/data.md")->required();
  verb->add_option(
          "--with", options->others,
          "Another model of the same classes, once for each: what is predicted is the mean of "
          "all models' probabilities, or targets")
      ->allow_extra_args(false);
  verb->add_option("--calibration", options->device.calibration,
                   "Run on this device; without it there is no noise");
  options->device.add_policy_and_layout(*verb, "those the model was trained on");
  options->strategy.add_to(*verb);
  verb->add_option("--shots", options->shots, "Shots a sample")
      ->check(whole_number(1, max_shots))
      ->capture_default_str();
  verb->add_option("--seed", options->seed, "Seed of the shots")
      ->check(whole_number(0, max_seed))
      ->capture_default_str();
  for (const char* name : {"--policy", "--layout", "--strategy", "--readout", "--zne"})
    verb->get_option(name)->needs(verb->get_option("--calibration"));
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift predict model.json test.csv --calibration belem.json");
  verb->callback([options] { predict(*options); });
}

}  // namespace rhodrift::cli
