#include <algorithm>
#include <limits>

#include <rhodrift/circuit/circuit_json.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/model_file.hpp>

#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;

namespace {

arma::mat random_matrix(arma::uword rows, arma::uword columns, std::uint64_t stream) {
  RandomStream random(2024, stream);
  arma::mat matrix(rows, columns);
  for (double& entry : matrix) entry = random.normal();
  return matrix;
}

TrainedModel example() {
  Circuit circuit = angle_encoding(2, 3, {Op::ry, Op::rx});
  circuit.append(hardware_efficient_ansatz(2, 1, {{0, 1}}));
  TrainedModel model{
      "digits noise-aware",
      {circuit, {Observable::z(0), Observable::parse("0.1*Z0 Z1 - 0.30000000000000004*X0")}, 3},
      {"zero", "dièse", "two \"quoted\""},
      {random_matrix(3, 5, 1), random_matrix(3, 1, 2)},
      parse_encoding("angle:ry,rx"),
      {random_matrix(6, 1, 3), {random_matrix(3, 2, 4), random_matrix(3, 1, 5)}},
      {"digits_4x4", "exact", "aer", {}, {}, 1.0 / 3}};
  model.training.device = {"ibmq_belem", {1615782544}, std::string(64, 'a'), {4, 3}};
  model.training.options.seed = std::numeric_limits<std::uint64_t>::max();
  model.training.options.optimizer.learning_rate = 0.1 + 0.2;
  return model;
}

bool same_bits(const arma::mat& a, const arma::mat& b) {
  return arma::size(a) == arma::size(b) && std::equal(a.begin(), a.end(), b.begin());
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

/// What reading the example complains about when `from` is replaced by `to` in its file.
std::string complaint(const std::string& from, const std::string& to) {
  try {
    model_from_json(replaced(to_json(example()), from, to), "m.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no complaint";
}

/// What writing complains about after `damage` was done to the example.
template <typename Damage>
std::string complaint_of_writer(Damage&& damage) {
  TrainedModel model = example();
  model.name = "m";
  damage(model);
  try {
    to_json(model);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no complaint";
}

}  // namespace

TEST_CASE("a model file reads back to the same bits") {
  TrainedModel model = example();
  model.network.post_measurement = parse_post_measurement("normalise+quantise:levels=4");
  model.parameters.weights(0) = 5e-324;
  model.parameters.weights(1) = -std::numeric_limits<double>::max();
  model.parameters.weights(2) = 0.1;
  const std::string text = to_json(model);
  const TrainedModel read = model_from_json(text, "m.json");
  CHECK(to_json(read) == text);

  CHECK(read.name == model.name);
  CHECK(to_json(read.network.circuit) == to_json(model.network.circuit));
  REQUIRE(read.network.n_observables() == 2);
  CHECK(read.network.observables[1].to_string() == model.network.observables[1].to_string());
  CHECK(read.network.n_outputs == 3);
  CHECK(read.network.post_measurement == model.network.post_measurement);
  CHECK(read.class_names == model.class_names);
  CHECK(same_bits(read.preprocessing.matrix, model.preprocessing.matrix));
  CHECK(same_bits(read.preprocessing.offset, model.preprocessing.offset));
  CHECK(read.encoding == model.encoding);
  CHECK(read.n_features() == 5);
  const arma::mat raw = random_matrix(5, 4, 6);
  CHECK(same_bits(read.circuit_features(raw), model.preprocessing.apply(raw)));
  CHECK(same_bits(read.parameters.flattened(), model.parameters.flattened()));
}

TEST_CASE("a model file keeps how the model was trained") {
  const TrainedModel model = example();
  const TrainingConditions read = model_from_json(to_json(model), "m.json").training;
  CHECK(read.dataset == "digits_4x4");
  CHECK(read.noise_policy == "aer");
  REQUIRE(read.device.has_value());
  CHECK(read.device->name == "ibmq_belem");
  CHECK(read.device->calibration_time == model.training.device->calibration_time);
  CHECK(read.device->calibration_sha256 == std::string(64, 'a'));
  CHECK(read.device->qubits == std::vector<int>{4, 3});
  CHECK(read.options.seed == std::numeric_limits<std::uint64_t>::max());
  CHECK(read.options.epochs == model.training.options.epochs);
  CHECK(read.options.batch_size == model.training.options.batch_size);
  CHECK(read.options.optimizer.learning_rate == 0.1 + 0.2);
  CHECK(read.options.optimizer.epsilon == 1e-8);
  CHECK(read.final_loss == 1.0 / 3);
}

TEST_CASE("a model file keeps the circuit that ran in place of the model's, if one did") {
  TrainedModel model = example();
  CHECK_THAT(to_json(model), !Catch::Matchers::Contains("routed"));
  Circuit swapped(3);
  swapped.append(Op::swap, {0, 2}).append(model.network.circuit, {2, 1});
  std::vector<Observable> moved{Observable::z(2), Observable::parse("Z2 Z1 - X2")};
  model.training.device->routed = RoutedCircuit{swapped, moved, {4, 3, 7}};
  const std::string text = to_json(model);
  const TrainedModel read = model_from_json(text, "m.json");
  CHECK(to_json(read) == text);
  REQUIRE(read.training.device->routed);
  CHECK(to_json(read.training.device->routed->circuit) == to_json(swapped));
  CHECK(read.training.device->routed->observables[1].to_string() == moved[1].to_string());
  CHECK(read.training.device->routed->layout == std::vector<int>{4, 3, 7});

  const auto refused = [&](RoutedCircuit routed, const std::string& message) {
    TrainedModel damaged = model;
    damaged.training.device->routed = std::move(routed);
    CHECK_THROWS_WITH(to_json(damaged), Catch::Matchers::Contains(message));
  };
  refused({swapped, moved, {4, 3}}, "/training/device/routed/qubits: 2 entries");
  refused({swapped, moved, {4, 3, 3}}, "/training/device/routed/qubits/2: 3 is given twice");
  refused({swapped, moved, {3, 4, 7}}, "/training/device/routed/qubits: do not begin with");
  refused({swapped, {moved[0]}, {4, 3, 7}}, "/training/device/routed/observables: 1 entries");
  refused({swapped, {moved[0], Observable::z(3)}, {4, 3, 7}}, "is on a qubit past the circuit's 3");
  refused({Circuit(3), moved, {4, 3, 7}}, "has 0 weights, the model's circuit has 6");
}

TEST_CASE("a model file keeps the options of its optimizer's rule, and no others") {
  TrainedModel model = example();
  model.training.options.optimizer = {
      .rule = Optimizer::Rule::sgd, .learning_rate = 0.25, .momentum = 0.5};
  const std::string text = to_json(model);
  CHECK_THAT(text, Catch::Matchers::Contains(
                       R"("optimizer":{"name":"sgd","learning_rate":0.25,"momentum":0.5})"));
  CHECK(model_from_json(text, "m.json").training.options.optimizer ==
        model.training.options.optimizer);
}

TEST_CASE("a model file keeps a minimiser, and where the gradients came from") {
  TrainedModel model = example();
  model.training.options.gradient = parse_gradient("spsa:shots=64");
  model.training.options.minimizer =
      BatchMinimizerOptions{.algorithm = BatchAlgorithm::cobyla, .max_evaluations = 7};
  const TrainingOptions read = model_from_json(to_json(model), "m.json").training.options;
  CHECK(read.minimizer == model.training.options.minimizer);
  CHECK(to_string(read.gradient) == "spsa:shots=64:step=0.25:draws=1");
}

TEST_CASE("noise-free training needs no device, noise-aware training does") {
  TrainedModel model = example();
  model.training.device.reset();
  CHECK_THROWS_WITH(to_json(model),
                    "digits noise-aware: /training/device: is missing, but the noise policy is "
                    "'aer'");
  model.training.noise_policy = "ideal";
  CHECK_FALSE(model_from_json(to_json(model), "m.json").training.device.has_value());
}

namespace {

/// Another set of parameters for another state of the device.
TrainedModel with_repository() {
  TrainedModel model = example();
  model.repository = ModelRepository{{"t1_s of 4", "error of cx 4,3"}, {2e3, 0.7}, 0.01, {}};
  for (std::uint64_t e = 0; e < 2; ++e)
    model.repository->entries.push_back(
        {{1615782544 + static_cast<std::int64_t>(e)},
         e + 3,
         random_matrix(2, 1, 7 + e),
         {random_matrix(6, 1, 9 + e), {random_matrix(3, 2, 11 + e), random_matrix(3, 1, 13 + e)}},
         0.1 * static_cast<double>(e)});
  return model;
}

}  // namespace

TEST_CASE("a model's repository is read as it was written") {
  const TrainedModel model = with_repository();
  const std::string text = to_json(model);
  const TrainedModel read = model_from_json(text, "m.json");
  CHECK(to_json(read) == text);
  REQUIRE(read.repository);
  CHECK(read.repository->numbers == model.repository->numbers);
  CHECK(same_bits(read.repository->importance, model.repository->importance));
  REQUIRE(read.repository->entries.size() == 2);
  const ModelRepository::Entry &now = read.repository->entries[1],
                               &before = model.repository->entries[1];
  CHECK(now.calibration_time == before.calibration_time);
  CHECK(now.n_states == 4);
  CHECK(same_bits(now.centre, before.centre));
  CHECK(same_bits(now.parameters.flattened(), before.parameters.flattened()));
  CHECK(now.final_loss == before.final_loss);
  CHECK_FALSE(model_from_json(to_json(example()), "m.json").repository);
}

TEST_CASE("a repository that does not fit its model is refused") {
  const auto refused = [](const std::string& problem, auto damage) {
    TrainedModel model = with_repository();
    damage(model, *model.repository);
    CHECK_THROWS_WITH(to_json(model), ContainsSubstring(problem));
  };
  using Repository = ModelRepository;
  refused("/repository: is there, but no /training/device", [](TrainedModel& model, Repository&) {
    model.training.device.reset();
    model.training.noise_policy = "ideal";
  });
  refused("/repository/importance/1: 0 is not > 0",
          [](TrainedModel&, Repository& r) { r.importance(1) = 0.0; });
  refused("/repository/importance: 3 entries, the model has 2 numbers",
          [](TrainedModel&, Repository& r) { r.importance = arma::ones(3); });
  refused("/repository/reach: -1", [](TrainedModel&, Repository& r) { r.reach = -1.0; });
  refused("/repository/models: is empty", [](TrainedModel&, Repository& r) { r.entries.clear(); });
  refused("/repository/models/1/centre: 1 entries",
          [](TrainedModel&, Repository& r) { r.entries[1].centre = arma::ones(1); });
  refused("/repository/models/0/weights/2: nan is not finite", [](TrainedModel&, Repository& r) {
    r.entries[0].parameters.weights(2) = arma::datum::nan;
  });
}

TEST_CASE("models are written under their name whole and read from there") {
  const ScratchDirectory directory;
  write_model(example(), directory / "model.json");
  CHECK(to_json(read_model(directory / "model.json")) == to_json(example()));

  TrainedModel broken = example();
  broken.parameters.weights(0) = arma::datum::nan;
  CHECK_THROWS_AS(write_model(broken, directory / "model.json"), InputError);
  CHECK(to_json(read_model(directory / "model.json")) == to_json(example()));
  CHECK_THROWS_AS(read_model(directory / "absent.json"), InputError);

  write_file(directory / "cut.json", to_json(example()).substr(0, 200));
  CHECK_THROWS_WITH(read_model(directory / "cut.json"),
                    Catch::Matchers::StartsWith((directory / "cut.json").string() + ": line "));
}

TEST_CASE("a model file that is not one is refused with the JSON pointer") {
  CHECK(complaint("rhodrift/model", "rhodrift/run") ==
        "m.json: /schema: 'rhodrift/run' is not 'rhodrift/model'");
  CHECK(complaint("\"schema_version\": 2", "\"schema_version\": 1") ==
        "m.json: /schema_version: version 1 is not the one known, 2");
  CHECK_THAT(complaint("\"n_classes\"", "\"classes\""),
             Catch::Matchers::StartsWith("m.json: /classes: unknown key"));
  CHECK(complaint("\"bias\"", "\"scale\"") == "m.json: /head/scale: the key is given twice");
  CHECK_THAT(complaint("\"seed\":18446744073709551615", "\"seed\":-1"),
             Catch::Matchers::StartsWith("m.json: /training/seed: expected a whole number >= 0"));
  CHECK_THAT(complaint("\"epochs\":20", "\"epochs\":2.5"),
             Catch::Matchers::StartsWith("m.json: /training/epochs: "));
  CHECK_THAT(complaint("\"name\":\"adam\"", "\"name\":\"lion\""),
             Catch::Matchers::EndsWith(
                 "'lion' is unknown; known are sgd, rmsprop, adam, adamw, natural-gradient"));
  CHECK_THAT(complaint("\"name\":\"adam\"", "\"name\":\"adamw\""),
             Catch::Matchers::EndsWith("the key \"weight_decay\" is missing"));
  CHECK_THAT(complaint("\"beta1\":0.9", "\"beta1\":0.9,\"momentum\":0.5"),
             Catch::Matchers::StartsWith("m.json: /training/optimizer/momentum: unknown key"));
  CHECK_THAT(complaint("\"beta1\":0.9", "\"beta1\":1.5"),
             Catch::Matchers::EndsWith("beta1: 1.5 is not in [0, 1)"));
  CHECK_THAT(complaint("\"Z0\"", "\"Q0\""),
             Catch::Matchers::StartsWith("m.json: /observables/0: "));
  CHECK_THAT(complaint("\"Z0\"", "\"Z7\""),
             Catch::Matchers::EndsWith("Z7 is on a qubit past the circuit's 2"));
  CHECK_THAT(complaint("\"post_measurement\": \"none\"", "\"post_measurement\": \"clip\""),
             Catch::Matchers::StartsWith("m.json: /post_measurement: "));
  CHECK_THAT(complaint("2021-03-15T04:29:04Z", "yesterday"),
             Catch::Matchers::StartsWith("m.json: /training/device/calibration_time: "));
  CHECK_THAT(complaint("\"circuit\": {", "\"circuit\": {\"surprise\": 1,"),
             Catch::Matchers::StartsWith("m.json: /circuit"));
}

TEST_CASE("parts of a model that do not fit each other are refused") {
  CHECK(complaint("\"n_classes\": 3", "\"n_classes\": 4") ==
        "m.json: /class_names: 3 entries, the model has 4 classes");
  CHECK(complaint("\"weights\": [", "\"weights\": [0.5,") ==
        "m.json: /weights: 7 entries, the model has 6 weights");
  CHECK(complaint("\"offset\":[", "\"offset\":[1,") ==
        "m.json: /preprocessing/offset: 4 entries, the model has 3 rows of its matrix");
  CHECK_THAT(complaint("angle:ry,rx", "angle:ry"),
             ContainsSubstring("3 features, but 2 qubits take 1 to 2"));
  CHECK(complaint("\"scale\":[[", "\"scale\":[[1,") ==
        "m.json: /head/scale/1: 2 entries, the row before has 3");
  CHECK(complaint("\"scale\":[[", "\"scale\":[[1,2],[") ==
        "m.json: /head/scale: 4 entries, the model has 3 classes");
  CHECK(complaint("\"bias\":[", "\"bias\":[1,") ==
        "m.json: /head/bias: 4 entries, the model has 3 classes");
  CHECK(complaint("\"qubits\":[4,3]", "\"qubits\":[4]") ==
        "m.json: /training/device/qubits: 1 entries, the model has 2 qubits");
  CHECK(complaint("\"qubits\":[4,3]", "\"qubits\":[4,4]") ==
        "m.json: /training/device/qubits/1: 4 is given twice");
  CHECK(complaint("\"qubits\":[4,3]", "\"qubits\":[4,-3]") ==
        "m.json: /training/device/qubits/1: -3 is negative");
}

TEST_CASE("what cannot be read back is not written") {
  CHECK(complaint_of_writer([](TrainedModel& m) {
          m.parameters.head.bias(1) = arma::datum::inf;
        }) == "m: /head/bias/1: inf is not finite");
  CHECK(complaint_of_writer([](TrainedModel& m) {
          m.preprocessing.offset(2) = arma::datum::nan;
        }) == "m: /preprocessing/offset/2: nan is not finite");
  CHECK(complaint_of_writer([](TrainedModel& m) { m.training.final_loss = -1; }) ==
        "m: /training/final_loss: -1 is not a finite number >= 0");
  CHECK(complaint_of_writer([](TrainedModel& m) { m.class_names[1] = m.class_names[0]; }) ==
        "m: /class_names/1: 'zero' is given twice");
  CHECK(complaint_of_writer([](TrainedModel& m) { m.class_names[1] = "\xE9"; }) ==
        "m: /class_names: holds a text that is not UTF-8");
  CHECK(
      complaint_of_writer([](TrainedModel& m) { m.training.device->calibration_sha256 = "abc"; }) ==
      "m: /training/device/calibration_sha256: 'abc' is not 64 lower-case hexadecimal digits");
  CHECK(complaint_of_writer([](TrainedModel& m) { m.training.options.batch_size = 0; }) ==
        "training: batch_size: 0 is not >= 1");
}

TEST_CASE("a regressor's file has targets and no classes") {
  TrainedModel model = example();
  model.class_names.clear();
  model.target_names = {"depth", "height", "width"};
  model.training.options.loss = Loss::huber;
  const std::string text = to_json(model);
  const TrainedModel read = model_from_json(text, "m.json");
  CHECK(to_json(read) == text);
  CHECK(read.is_regressor());
  CHECK(read.target_names == model.target_names);
  CHECK(read.network.n_outputs == 3);
  CHECK_THROWS_WITH(
      model_from_json(replaced(text, "\"target_names\"", "\"n_classes\": 3, \"target_names\""),
                      "m.json"),
      "m.json: /n_classes: is there, and target_names too");
  CHECK_THROWS_WITH(model_from_json(replaced(text, "\"height\",", ""), "m.json"),
                    ContainsSubstring("/head/scale: 3 entries, the model has 2 outputs"));
}
