#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include <rhodrift/circuit/circuit_json.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/train/model_file.hpp>

#include "core/json_reader.hpp"

namespace rhodrift {

namespace {

using nlohmann::ordered_json;

constexpr int schema_version = 2;
constexpr std::string_view noise_free_policy = "ideal";

// --- validation ---------------------------------------------------------------------------------

/// Complains about the parts of one model.
class Validator {
 public:
  explicit Validator(const std::string& source) : source_(source) {}

  void require(bool holds, const std::string& pointer, const std::string& problem) const {
    if (!holds) throw InputError(source_, pointer, problem);
  }
  void require_text(const std::string& text, const std::string& pointer) const {
    require(!text.empty(), pointer, "is empty");
  }
  void require_count(std::size_t count, std::size_t wanted, const char* of_what,
                     const std::string& pointer) const {
    require(count == wanted, pointer,
            fmt::format("{} entries, the model has {} {}", count, wanted, of_what));
  }
  void require_vector(const arma::vec& values, std::size_t wanted, const char* of_what,
                      const std::string& pointer) const {
    require_count(values.n_elem, wanted, of_what, pointer);
    for (arma::uword i = 0; i < values.n_elem; ++i)
      require(std::isfinite(values(i)), fmt::format("{}/{}", pointer, i),
              fmt::format("{} is not finite", values(i)));
  }

 private:
  const std::string& source_;
};

void validate_outputs(const TrainedModel& model, const Validator& check) {
  const bool regressor = model.is_regressor();
  const std::string key = regressor ? "/target_names" : "/class_names";
  const std::vector<std::string>& names = regressor ? model.target_names : model.class_names;
  check.require(!regressor || model.class_names.empty(), key, "are there, and classes too");
  check.require(regressor || model.network.n_outputs >= 2, "/n_classes",
                fmt::format("{}, at least 2 are needed", model.network.n_outputs));
  check.require_count(names.size(), static_cast<std::size_t>(model.network.n_outputs),
                      regressor ? "outputs" : "classes", key);
  std::set<std::string> seen;
  for (std::size_t k = 0; k < names.size(); ++k) {
    const std::string pointer = fmt::format("{}/{}", key, k);
    check.require_text(names[k], pointer);
    check.require(seen.insert(names[k]).second, pointer,
                  fmt::format("'{}' is given twice", names[k]));
  }
}

/// From raw features to those of the circuit.
void validate_features(const TrainedModel& model, const Validator& check) {
  const arma::mat& matrix = model.preprocessing.matrix;
  check.require(!matrix.empty() && matrix.is_finite(), "/preprocessing/matrix",
                "is empty, or has an entry that is not finite");
  check.require_vector(model.preprocessing.offset, matrix.n_rows, "rows of its matrix",
                       "/preprocessing/offset");
  const Circuit& circuit = model.network.circuit;
  const auto n_encoded = [&] {
    try {
      return Encoder(model.encoding, circuit.n_qubits(), static_cast<int>(matrix.n_rows))
          .circuit()
          .n_features();
    } catch (const InputError& error) {
      check.require(false, "/encoding", error.what());
      throw;
    }
  }();
  check.require(n_encoded == circuit.n_features(), "/encoding",
                fmt::format("makes {} features for the circuit, which takes {}", n_encoded,
                            circuit.n_features()));
}

/// Their members being at `place`.
void validate_parameters(const QnnParameters& parameters, const TrainedModel& model,
                         const std::string& place, const Validator& check) {
  const Qnn& network = model.network;
  const char* outputs = model.is_regressor() ? "outputs" : "classes";
  check.require_vector(parameters.weights, static_cast<std::size_t>(network.circuit.n_weights()),
                       "weights", place + "/weights");
  const auto n_outputs = static_cast<std::size_t>(network.n_outputs);
  const AffineHead& head = parameters.head;
  check.require_count(head.scale.n_rows, n_outputs, outputs, place + "/head/scale");
  for (arma::uword k = 0; k < head.scale.n_rows; ++k)
    check.require_vector(head.scale.row(k).t(), network.n_observables(), "observables",
                         fmt::format("{}/head/scale/{}", place, k));
  check.require_vector(head.bias, n_outputs, outputs, place + "/head/bias");
}

void require_not_negative(double value, const std::string& pointer, const Validator& check) {
  check.require(std::isfinite(value) && value >= 0, pointer,
                fmt::format("{} is not a finite number >= 0", value));
}

void validate_repository(const TrainedModel& model, const Validator& check) {
  const ModelRepository& repository = *model.repository;
  const std::string place = "/repository";
  const std::size_t n_numbers = repository.numbers.size();
  check.require(model.training.device.has_value(), place, "is there, but no /training/device");
  check.require(n_numbers > 0, place + "/numbers", "is empty");
  check.require_vector(repository.importance, n_numbers, "numbers", place + "/importance");
  for (std::size_t i = 0; i < n_numbers; ++i)
    check.require(repository.importance(i) > 0, fmt::format("{}/importance/{}", place, i),
                  fmt::format("{} is not > 0", repository.importance(i)));
  require_not_negative(repository.reach, place + "/reach", check);
  check.require(!repository.entries.empty(), place + "/models", "is empty");
  for (std::size_t e = 0; e < repository.entries.size(); ++e) {
    const ModelRepository::Entry& entry = repository.entries[e];
    const std::string at = fmt::format("{}/models/{}", place, e);
    check.require(entry.n_states > 0, at + "/n_states", "0 is not >= 1");
    check.require_vector(entry.centre, n_numbers, "numbers", at + "/centre");
    validate_parameters(entry.parameters, model, at, check);
    require_not_negative(entry.final_loss, at + "/final_loss", check);
  }
}

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

void validate_qubits(const std::vector<int>& qubits, std::size_t expected,
                     const std::string& pointer, const Validator& check) {
  check.require_count(qubits.size(), expected, "qubits", pointer);
  std::set<int> seen;
  for (std::size_t i = 0; i < qubits.size(); ++i) {
    const std::string place = fmt::format("{}/{}", pointer, i);
    check.require(qubits[i] >= 0, place, fmt::format("{} is negative", qubits[i]));
    check.require(seen.insert(qubits[i]).second, place,
                  fmt::format("{} is given twice", qubits[i]));
  }
}

/// It stands for the model's circuit: same parameters, same observables, on qubits that begin with
/// those of the device.
void validate_routed(const RoutedCircuit& routed, const TrainingDevice& device, const Qnn& network,
                     const Validator& check) {
  const std::string pointer = "/training/device/routed";
  const auto require_same = [&](int found, int expected, const char* what) {
    check.require(found == expected, pointer + "/circuit",
                  fmt::format("has {} {}, the model's circuit has {}", found, what, expected));
  };
  require_same(routed.circuit.n_weights(), network.circuit.n_weights(), "weights");
  require_same(routed.circuit.n_features(), network.circuit.n_features(), "features");
  check.require_count(routed.observables.size(), network.n_observables(), "observables",
                      pointer + "/observables");
  for (std::size_t k = 0; k < routed.observables.size(); ++k)
    check.require(routed.observables[k].min_qubits() <= routed.circuit.n_qubits(),
                  fmt::format("{}/observables/{}", pointer, k),
                  fmt::format("is on a qubit past the circuit's {}", routed.circuit.n_qubits()));
  validate_qubits(routed.layout, static_cast<std::size_t>(routed.circuit.n_qubits()),
                  pointer + "/qubits", check);
  check.require(routed.layout.size() >= device.qubits.size() &&
                    std::equal(device.qubits.begin(), device.qubits.end(), routed.layout.begin()),
                pointer + "/qubits", "do not begin with the device's");
}

void validate_device(const TrainingDevice& device, const Qnn& network, const Validator& check) {
  const std::string pointer = "/training/device";
  check.require_text(device.name, pointer + "/name");
  check.require(
      is_sha256(device.calibration_sha256), pointer + "/calibration_sha256",
      fmt::format("'{}' is not 64 lower-case hexadecimal digits", device.calibration_sha256));
  validate_qubits(device.qubits, static_cast<std::size_t>(network.circuit.n_qubits()),
                  pointer + "/qubits", check);
  if (device.routed) validate_routed(*device.routed, device, network, check);
}

void validate_conditions(const TrainedModel& model, const Validator& check) {
  const TrainingConditions& training = model.training;
  check.require_text(training.dataset, "/training/dataset");
  check.require_text(training.noise, "/training/noise");
  check.require_text(training.noise_policy, "/training/noise_policy");
  check.require(training.device.has_value() || training.noise_policy == noise_free_policy,
                "/training/device",
                fmt::format("is missing, but the noise policy is '{}'", training.noise_policy));
  if (training.device) validate_device(*training.device, model.network, check);
  require_not_negative(training.final_loss, "/training/final_loss", check);
}

// --- writing ------------------------------------------------------------------------------------

ordered_json rows(const arma::mat& matrix) {
  ordered_json result = ordered_json::array();
  for (arma::uword i = 0; i < matrix.n_rows; ++i)
    result.push_back(arma::conv_to<std::vector<double>>::from(matrix.row(i)));
  return result;
}

ordered_json numbers(const arma::vec& values) {
  return arma::conv_to<std::vector<double>>::from(values);
}

ordered_json head_json(const AffineHead& head) {
  return {{"scale", rows(head.scale)}, {"bias", numbers(head.bias)}};
}

ordered_json repository_json(const ModelRepository& repository) {
  ordered_json models = ordered_json::array();
  for (const ModelRepository::Entry& entry : repository.entries)
    models.push_back({{"calibration_time", to_iso8601(entry.calibration_time)},
                      {"n_states", entry.n_states},
                      {"centre", numbers(entry.centre)},
                      {"weights", numbers(entry.parameters.weights)},
                      {"head", head_json(entry.parameters.head)},
                      {"final_loss", entry.final_loss}});
  return {{"numbers", repository.numbers},
          {"importance", numbers(repository.importance)},
          {"reach", repository.reach},
          {"models", std::move(models)}};
}

ordered_json observables_json(const std::vector<Observable>& observables) {
  ordered_json result = ordered_json::array();
  for (const Observable& observable : observables) result.push_back(observable.to_string());
  return result;
}

ordered_json outputs_json(const TrainedModel& model) {
  if (model.is_regressor()) return {{"target_names", model.target_names}};
  return {{"n_classes", model.network.n_outputs}, {"class_names", model.class_names}};
}

ordered_json device_json(const std::optional<TrainingDevice>& device) {
  if (!device) return nullptr;
  ordered_json result = {{"name", device->name},
                         {"calibration_time", to_iso8601(device->calibration_time)},
                         {"calibration_sha256", device->calibration_sha256},
                         {"qubits", device->qubits}};
  if (device->routed)
    result["routed"] = {{"circuit", ordered_json::parse(to_json(device->routed->circuit))},
                        {"observables", observables_json(device->routed->observables)},
                        {"qubits", device->routed->layout}};
  return result;
}

ordered_json minimizer_json(const BatchMinimizerOptions& minimizer) {
  return {{"name", to_string(minimizer.algorithm)},
          {"max_evaluations", minimizer.max_evaluations},
          {"value_tolerance", minimizer.value_tolerance},
          {"parameter_tolerance", minimizer.parameter_tolerance},
          {"initial_step", minimizer.initial_step}};
}

ordered_json optimizer_json(const Optimizer::Options& optimizer) {
  ordered_json result = {{"name", to_string(optimizer.rule)}};
  for (const OptimizerOption& option : options_of(optimizer.rule))
    result[std::string(option.name)] = optimizer.*option.value;
  return result;
}

ordered_json early_stopping_json(const std::optional<EarlyStopping::Options>& early_stopping) {
  if (!early_stopping) return nullptr;
  return {{"patience", early_stopping->patience},
          {"min_improvement", early_stopping->min_improvement}};
}

ordered_json training_json(const TrainingConditions& training) {
  const TrainingOptions& options = training.options;
  return {{"dataset", training.dataset},
          {"noise", training.noise},
          {"noise_policy", training.noise_policy},
          {"device", device_json(training.device)},
          {"seed", options.seed},
          {"epochs", options.epochs},
          {"batch_size", options.batch_size},
          {"loss", to_string(options.loss)},
          {"weight_decay", options.weight_decay},
          {"initial_weights", to_string(options.initial_weights)},
          {"optimizer", options.minimizer ? minimizer_json(*options.minimizer)
                                          : optimizer_json(options.optimizer)},
          {"gradient", to_string(options.gradient)},
          {"schedule", to_string(options.schedule)},
          {"clipping", to_string(options.clipping)},
          {"early_stopping", early_stopping_json(options.early_stopping)},
          {"final_loss", training.final_loss}};
}

std::string line_of_json(const ordered_json& value, const std::string& source,
                         const std::string& pointer) {
  try {
    return value.dump();
  } catch (const ordered_json::type_error&) {  // the only one that dump() knows
    throw InputError(source, pointer, "holds a text that is not UTF-8");
  }
}

// --- reading ------------------------------------------------------------------------------------

/// Runs a check of another part of the library; what it complains about is at `place`.
template <typename Check>
auto at_place(const JsonPlace& place, Check&& check) {
  try {
    return check();
  } catch (const InputError& error) {
    place.refuse(error.what());
  }
}

std::uint64_t natural(const JsonPlace& place) {
  if (!place.value().is_number_unsigned())
    place.refuse("expected a whole number >= 0, found " + place.value().dump());
  return place.value().get<std::uint64_t>();
}

arma::vec vector_from_json(const JsonPlace& place) {
  const std::vector<JsonPlace> elements = place.elements();
  arma::vec values(elements.size());
  std::transform(elements.begin(), elements.end(), values.begin(),
                 [](const JsonPlace& element) { return element.number(); });
  return values;
}

arma::mat matrix_from_json(const JsonPlace& place) {
  arma::mat matrix;
  for (const JsonPlace& element : place.elements()) {
    const arma::rowvec row = vector_from_json(element).t();
    if (!matrix.empty() && row.n_elem != matrix.n_cols)
      element.refuse(fmt::format("{} entries, the row before has {}", row.n_elem, matrix.n_cols));
    matrix.insert_rows(matrix.n_rows, row);
  }
  return matrix;
}

template <typename Read>
auto list_from_json(const JsonPlace& place, Read&& read) {
  std::vector<decltype(read(place))> list;
  for (const JsonPlace& element : place.elements()) list.push_back(read(element));
  return list;
}

Observable observable_from_json(const JsonPlace& place) {
  return at_place(place, [&] { return Observable::parse(place.string()); });
}

Circuit circuit_from_place(const JsonPlace& place) {
  return circuit_from_json(place.value().dump(), place.source() + ": " + place.pointer());
}

AffineHead head_from_json(const JsonPlace& place) {
  place.allow_keys({"scale", "bias"});
  return {matrix_from_json(place.at("scale")), vector_from_json(place.at("bias"))};
}

Preprocessing preprocessing_from_json(const JsonPlace& place) {
  place.allow_keys({"matrix", "offset"});
  return {matrix_from_json(place.at("matrix")), vector_from_json(place.at("offset"))};
}

/// What a text says, as `parse` reads it.
template <typename Parse>
auto parsed(const JsonPlace& place, Parse&& parse) {
  return at_place(place, [&] { return parse(place.string()); });
}

std::optional<EarlyStopping::Options> early_stopping_from_json(const JsonPlace& place) {
  if (place.is_null()) return std::nullopt;
  place.allow_keys({"patience", "min_improvement"});
  return EarlyStopping::Options{place.at("patience").integer(),
                                place.at("min_improvement").number()};
}

UtcTime time_from_json(const JsonPlace& place) {
  return parse_utc(place.string(), place.source(), place.pointer());
}

std::string text_from_json(const JsonPlace& place) {
  return place.string();
}

std::vector<int> qubits_from_json(const JsonPlace& place) {
  return list_from_json(place, [](const JsonPlace& qubit) { return qubit.integer(); });
}

RoutedCircuit routed_from_json(const JsonPlace& place) {
  place.allow_keys({"circuit", "observables", "qubits"});
  return {circuit_from_place(place.at("circuit")),
          list_from_json(place.at("observables"), observable_from_json),
          qubits_from_json(place.at("qubits"))};
}

std::optional<TrainingDevice> device_from_json(const JsonPlace& place) {
  if (place.is_null()) return std::nullopt;
  place.allow_keys({"name", "calibration_time", "calibration_sha256", "qubits", "routed"});
  TrainingDevice device{place.at("name").string(), time_from_json(place.at("calibration_time")),
                        place.at("calibration_sha256").string(),
                        qubits_from_json(place.at("qubits"))};
  if (const auto routed = place.find("routed")) device.routed = routed_from_json(*routed);
  return device;
}

std::optional<BatchMinimizerOptions> minimizer_from_json(const JsonPlace& place) {
  const std::optional<BatchAlgorithm> algorithm = find_batch_algorithm(place.at("name").string());
  if (!algorithm) return std::nullopt;
  place.allow_keys(
      {"name", "max_evaluations", "value_tolerance", "parameter_tolerance", "initial_step"});
  return BatchMinimizerOptions{
      *algorithm, natural(place.at("max_evaluations")), place.at("value_tolerance").number(),
      place.at("parameter_tolerance").number(), place.at("initial_step").number()};
}

Optimizer::Options optimizer_from_json(const JsonPlace& place) {
  Optimizer::Options optimizer;
  const JsonPlace name = place.at("name");
  optimizer.rule = at_place(name, [&] { return parse_optimizer_rule(name.string()); });
  std::vector<std::string_view> keys{"name"};
  for (const OptimizerOption& option : options_of(optimizer.rule)) {
    keys.push_back(option.name);
    optimizer.*option.value = place.at(std::string(option.name)).number();
  }
  place.allow_keys(keys);
  return optimizer;
}

TrainingConditions training_from_json(const JsonPlace& place) {
  place.allow_keys({"dataset", "noise", "noise_policy", "device", "seed", "epochs", "batch_size",
                    "loss", "weight_decay", "initial_weights", "optimizer", "gradient", "schedule",
                    "clipping", "early_stopping", "final_loss"});
  TrainingConditions training{place.at("dataset").string(),
                              place.at("noise").string(),
                              place.at("noise_policy").string(),
                              device_from_json(place.at("device")),
                              {},
                              place.at("final_loss").number()};
  training.options.seed = natural(place.at("seed"));
  training.options.epochs = place.at("epochs").integer();
  training.options.batch_size = natural(place.at("batch_size"));
  training.options.loss = parsed(place.at("loss"), parse_loss);
  training.options.weight_decay = place.at("weight_decay").number();
  training.options.initial_weights = parsed(place.at("initial_weights"), parse_initial_weights);
  training.options.minimizer = minimizer_from_json(place.at("optimizer"));
  if (!training.options.minimizer)
    training.options.optimizer = optimizer_from_json(place.at("optimizer"));
  training.options.gradient = parsed(place.at("gradient"), parse_gradient);
  training.options.schedule = parsed(place.at("schedule"), parse_schedule);
  training.options.clipping = parsed(place.at("clipping"), parse_gradient_clipping);
  training.options.early_stopping = early_stopping_from_json(place.at("early_stopping"));
  at_place(place, [&] { training.options.validate(); });
  return training;
}

ModelRepository::Entry entry_from_json(const JsonPlace& place) {
  place.allow_keys({"calibration_time", "n_states", "centre", "weights", "head", "final_loss"});
  return {time_from_json(place.at("calibration_time")),
          natural(place.at("n_states")),
          vector_from_json(place.at("centre")),
          {vector_from_json(place.at("weights")), head_from_json(place.at("head"))},
          place.at("final_loss").number()};
}

ModelRepository repository_from_json(const JsonPlace& place) {
  place.allow_keys({"numbers", "importance", "reach", "models"});
  return {list_from_json(place.at("numbers"), text_from_json),
          vector_from_json(place.at("importance")), place.at("reach").number(),
          list_from_json(place.at("models"), entry_from_json)};
}

void require_schema(const JsonPlace& place) {
  place.allow_keys({"schema", "schema_version", "name", "circuit", "observables", "n_classes",
                    "class_names", "target_names", "preprocessing", "encoding", "weights",
                    "post_measurement", "head", "training", "repository"});
  if (const JsonPlace schema = place.at("schema"); schema.string() != "rhodrift/model")
    schema.refuse(fmt::format("'{}' is not 'rhodrift/model'", schema.string()));
  if (const JsonPlace version = place.at("schema_version"); version.integer() != schema_version)
    version.refuse(
        fmt::format("version {} is not the one known, {}", version.integer(), schema_version));
}

/// What is regressed has no classes.
void refuse_classes(const JsonPlace& root) {
  for (const char* key : {"n_classes", "class_names"})
    if (const auto place = root.find(key)) place->refuse("is there, and target_names too");
}

}  // namespace

arma::mat TrainedModel::circuit_features(const arma::mat& features) const {
  const arma::mat encoded = preprocessing.apply(features);
  return Encoder(encoding, network.circuit.n_qubits(), static_cast<int>(encoded.n_rows))
      .circuit_features(encoded);
}

void TrainedModel::validate(const std::string& source) const {
  const Validator check(source);
  check.require_text(name, "/name");
  network.validate();
  training.options.validate();
  validate_outputs(*this, check);
  validate_features(*this, check);
  validate_parameters(parameters, *this, "", check);
  validate_conditions(*this, check);
  if (repository) validate_repository(*this, check);
}

std::string to_json(const TrainedModel& model) {
  model.validate(model.name);
  ordered_json document = {{"schema", "rhodrift/model"},
                           {"schema_version", schema_version},
                           {"name", model.name},
                           {"circuit", ordered_json::parse(to_json(model.network.circuit))},
                           {"observables", observables_json(model.network.observables)}};
  document.update(outputs_json(model));
  document.update({{"preprocessing",
                    {{"matrix", rows(model.preprocessing.matrix)},
                     {"offset", numbers(model.preprocessing.offset)}}},
                   {"encoding", to_string(model.encoding)},
                   {"weights", numbers(model.parameters.weights)},
                   {"post_measurement", to_string(model.network.post_measurement)},
                   {"head", head_json(model.parameters.head)},
                   {"training", training_json(model.training)}});
  if (model.repository) document["repository"] = repository_json(*model.repository);
  // One line a member: short enough to look through, long enough to compare with diff.
  std::string text;
  for (const auto& [key, value] : document.items())
    text += fmt::format("{} \"{}\": {}", text.empty() ? "{\n" : ",\n", key,
                        line_of_json(value, model.name, "/" + key));
  return text + "\n}\n";
}

TrainedModel model_from_json(std::string_view text, const std::string& source) {
  const JsonDocument document(text, source);
  const JsonPlace root = document.root();
  require_schema(root);
  const auto texts = [&](const char* key) { return list_from_json(root.at(key), text_from_json); };
  const bool regressor = root.find("target_names").has_value();
  const std::vector<std::string> targets =
      regressor ? texts("target_names") : std::vector<std::string>{};
  const Qnn network{circuit_from_place(root.at("circuit")),
                    list_from_json(root.at("observables"), observable_from_json),
                    regressor ? static_cast<int>(targets.size()) : root.at("n_classes").integer(),
                    parsed(root.at("post_measurement"), parse_post_measurement)};
  at_place(root, [&] { network.validate(); });
  TrainedModel model{root.at("name").string(),
                     network,
                     regressor ? std::vector<std::string>{} : texts("class_names"),
                     preprocessing_from_json(root.at("preprocessing")),
                     parsed(root.at("encoding"), parse_encoding),
                     {vector_from_json(root.at("weights")), head_from_json(root.at("head"))},
                     training_from_json(root.at("training")),
                     targets};
  if (regressor) refuse_classes(root);
  if (const auto repository = root.find("repository"))
    model.repository = repository_from_json(*repository);
  model.validate(source);
  return model;
}

TrainedModel read_model(const std::filesystem::path& path) {
  return model_from_json(read_file(path), path.string());
}

void write_model(const TrainedModel& model, const std::filesystem::path& path) {
  write_file(path, to_json(model));
}

}  // namespace rhodrift
