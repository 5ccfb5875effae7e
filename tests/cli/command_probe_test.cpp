#include <cmath>
#include <numbers>

#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/expressibility.hpp>

#include "cli/captured_run.hpp"
#include "cli/model_probe.hpp"
#include "cli/train_config.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

namespace {

using Verdict = Decay::Verdict;

/// Iris, in one batch, on a device if there is one.
std::string config(const std::string& model, const std::string& device = "",
                   const std::string& training = "") {
  return "[data]\nfile = \"iris\"\n[model]\nencoding = \"angle:ry,rx\"\n" + model +
         (device.empty() ? ""
                         : "[device]\ncalibration = \"" + shipped("calibrations/belem.json") +
                               "\"\n" + device) +
         "[training]\nbatch_size = 1000\n" + training;
}

const std::string on_belem = "layout = [0, 1, 3, 4]\n";
const std::string anywhere = "initial_weights = \"uniform:limit=3.141592653589793\"\n";

/// What a configuration says, and its model, made of the library's parts.
struct Direct {
  explicit Direct(const std::string& path)
      : config(cli::read_train_config(path)),
        data(config.load().train),
        samples(data),
        network(config.setting.task.network(4, data.n_outputs())) {
    const cli::LearningTask& task = config.setting.task;
    const Preprocessing range =
        feature_range(data.features, -std::numbers::pi / 2, std::numbers::pi / 2);
    samples.features =
        Encoder(task.encoding, task.n_qubits, 4).circuit_features(range.apply(data.features));
  }
  SharedExpectations noiseless() const {
    return std::make_shared<const ProgramExpectations>(network.circuit, network.observables);
  }
  SharedExpectations noisy() const {
    return expectations_on(network, config.setting.device->states.back(),
                           config.setting.device->layout);
  }
  QnnParameters start(std::uint64_t seed) const {
    return initial_parameters(network, seed, config.setting.options.initial_weights);
  }
  arma::vec gradient(const SharedExpectations& expectations, std::uint64_t seed) const {
    const QnnParameters parameters = start(seed);
    return training_loss(network, *expectations, parameters, samples, Loss::cross_entropy)
        .gradient.head(parameters.weights.n_elem);
  }
  cli::ModelProbe probe(const cli::ModelProbeOptions& options) const {
    return cli::probe_model(config.setting, data, options, {});
  }

  cli::TrainConfig config;
  Dataset data;
  Dataset samples;  ///< as the circuit takes them
  Qnn network;
};

/// A table of one size.
cli::ModelProbeOptions one_size(std::size_t draws) {
  cli::ModelProbeOptions options;
  options.n_qubits = {4};
  options.layers = {2};
  options.draws = draws;
  return options;
}

bool agree(const Estimate& a, const Estimate& b) {
  return std::abs(a.value - b.value) < 4 * std::hypot(a.std_error, b.std_error);
}

}  // namespace

TEST_CASE("a probe has the gradients of the configured loss, with and without noise") {
  const ScratchDirectory scratch;
  const Direct direct(scratch.write("still.toml", config("initial_weights = \"uniform:limit=0\"\n",
                                                         on_belem, "noise = \"exact\"\n")));
  // All starts are alike: the gradient is one, exactly.
  const cli::ModelProbe still = direct.probe(one_size(3));
  REQUIRE(still.loss_gradients.size() == 2);
  CHECK(still.loss_gradients[0].noise == "without noise");
  CHECK(still.loss_gradients[1].noise == "exact on ibmq_belem 0-1-3-4");
  const SharedExpectations noise[] = {direct.noiseless(), direct.noisy()};
  for (const std::size_t i : {0U, 1U}) {
    CHECK(still.loss_gradients[i].norm.value ==
          Approx(arma::norm(direct.gradient(noise[i], 1))).epsilon(1e-10));
    CHECK(still.loss_gradients[i].variance.value == Approx(0).margin(1e-28));
  }
  CHECK(still.loss_gradients[1].norm.value < still.loss_gradients[0].norm.value);

  const Direct random(scratch.write("random.toml", config(anywhere, on_belem)));
  constexpr std::size_t draws = 300;
  const cli::ModelProbe probe = random.probe(one_size(draws));
  for (const std::size_t i : {0U, 1U}) {
    arma::mat derivatives(random.network.circuit.n_weights(), draws);
    const SharedExpectations expectations = i == 0 ? random.noiseless() : random.noisy();
    for (arma::uword s = 0; s < draws; ++s)
      derivatives.col(s) = random.gradient(expectations, 1000 + s);
    CHECK(agree(probe.loss_gradients[i].variance, gradient_variance(derivatives)));
  }
}

TEST_CASE("a probe's barren-plateau figures are the library's, of the mean of what is read") {
  const ScratchDirectory scratch;
  const Direct direct(scratch.write("iris.toml", config(anywhere, on_belem)));
  const cli::ModelProbe probe = direct.probe(one_size(400));
  CHECK(probe.plateau_observable == "0.25*Z0 + 0.25*Z1 + 0.25*Z2 + 0.25*Z3");
  BarrenPlateauOptions options;
  options.n_qubits = {4};
  options.layers = {2};
  options.draws = 400;
  options.seed = 77;
  const auto by_library = [&](bool noisy) {
    return probe_barren_plateau(
        [&](int, int) {
          Qnn network = direct.network;
          network.observables = {Observable::parse(probe.plateau_observable)};
          SharedExpectations expectations =
              std::make_shared<const ProgramExpectations>(network.circuit, network.observables);
          if (noisy)
            expectations = expectations_on(network, direct.config.setting.device->states.back(),
                                           direct.config.setting.device->layout);
          return ProbedCircuit{expectations,
                               [&](std::uint64_t seed) { return direct.start(seed).weights; },
                               direct.samples.features};
        },
        options);
  };
  REQUIRE(probe.plateau_on_device);
  CHECK(agree(probe.plateau.variances[0].mean_over_weights,
              by_library(false).variances[0].mean_over_weights));
  CHECK(agree(probe.plateau_on_device->variances[0].mean_over_weights,
              by_library(true).variances[0].mean_over_weights));
  CHECK(probe.plateau_on_device->variances[0].mean_over_weights.value <
        probe.plateau.variances[0].mean_over_weights.value);
  CHECK(probe.plateau.variances[0].n_weights == 20);
}

TEST_CASE("of all bitstrings' probabilities, whose mean is a number, the first is differentiated") {
  const ScratchDirectory scratch;
  const Direct direct(scratch.write("iris.toml", config("qubits = 2\nhead = \"probabilities\"\n")));
  const cli::ModelProbe probe = direct.probe(one_size(3));
  CHECK(probe.plateau_observable == "0.25*I + 0.25*Z0 + 0.25*Z0 Z1 + 0.25*Z1");
}

TEST_CASE("a probe's expressibility and entanglement are the library's") {
  const ScratchDirectory scratch;
  const Direct direct(scratch.write("iris.toml", config("", "", "seed = 5\n")));
  const cli::ModelProbe probe = direct.probe(one_size(3));
  const Circuit ansatz = ansatz_circuit(direct.config.setting.task.ansatz, 4);
  DensityMatrixExecutor executor(5);
  CHECK(probe.figures.expressibility.value ==
        expressibility(random_fidelities(ansatz, {}, executor, 2000, 5), 4).value);
  CHECK(
      probe.figures.entangling_capability.value ==
      entangling_capability(ProgramExpectations(ansatz, bloch_observables(4)), arma::vec(), 2000, 5)
          .value);
  // More expressive than product states, less than all states.
  CHECK(probe.product.entangling_capability.value == Approx(0).margin(1e-12));
  CHECK(probe.product.expressibility.ci.low > probe.figures.expressibility.ci.high);
  CHECK(probe.haar.entangling_capability.value == Approx(14.0 / 17));
  CHECK(probe.haar.expressibility.value == 0);
  CHECK_FALSE(probe.plateau_on_device);
}

TEST_CASE("a probe's shot noise is that of parameter shifts") {
  const ScratchDirectory scratch;
  const Direct direct(scratch.write("iris.toml", config(anywhere, on_belem, "seed = 3\n")));
  cli::ModelProbeOptions options = one_size(3);
  options.shots = 50;
  const cli::ShotNoise noise = direct.probe(options).shot_noise;
  CHECK(noise.noise == "exact on ibmq_belem 0-1-3-4");
  CHECK(noise.shots == 50);
  // The loss's derivatives in the expectations, and what the library says of them.
  const SharedExpectations expectations = direct.noisy();
  const QnnParameters start = direct.start(3);
  const arma::mat values = expectations->values(start.weights, direct.samples.features);
  const arma::mat logits = start.head.logits(values);
  arma::mat derivatives(arma::size(values));
  for (arma::uword b = 0; b < values.n_cols; ++b)
    derivatives.col(b) = start.head.scale.t() *
                         cross_entropy(logits.col(b), direct.samples.labels[b]).gradient /
                         static_cast<double>(values.n_cols);
  const arma::vec gradient = direct.gradient(expectations, 3);
  const GradientNoise exact = gradient_noise(
      gradient,
      parameter_shift_variances(*expectations, start.weights, direct.samples.features, derivatives),
      50);
  CHECK(noise.gradient.gradient_norm == Approx(exact.gradient_norm).epsilon(1e-10));
  CHECK(noise.gradient.noise_norm == Approx(exact.noise_norm).epsilon(0.02));
  std::size_t above = 0;
  arma::vec shots(gradient.n_elem);
  for (arma::uword j = 0; j < gradient.n_elem; ++j) {
    CHECK(noise.gradient.std_errors(j) == Approx(exact.std_errors(j)).epsilon(0.05).margin(1e-9));
    above += exact.signal_to_noise(j) > 1 ? 1 : 0;
    shots(j) = 50 / std::pow(exact.signal_to_noise(j), 2);
  }
  CHECK(noise.weights_above == above);
  CHECK(noise.median_shots_at_equality == Approx(arma::sort(shots).eval()(9)).epsilon(0.1));
}

TEST_CASE("a deep model that reads all qubits is flagged, a shallow local one is not") {
  const ScratchDirectory scratch;
  const std::string deep = scratch.write(
      "deep.toml", config("ansatz = \"strongly-entangling:8\"\nhead = \"parity\"\n" + anywhere));
  const auto flagged =
      run({"probe", deep, "--qubits", "2,3,4,5", "--layers", "8", "--draws", "200"});
  INFO(flagged.err);
  REQUIRE(flagged.status == 0);
  INFO(flagged.out);
  CHECK_THAT(flagged.out, ContainsSubstring("! exponential"));
  CHECK_THAT(flagged.out, ContainsSubstring("warning: at 8 layers the gradient's variance falls"));
  // All classes are told from one number: at first they are alike.
  CHECK_THAT(flagged.out, ContainsSubstring("read more observables than one"));

  const std::string shallow = scratch.write("shallow.toml", config("ansatz = \"brick:1\"\n"));
  const auto fine = run({"probe", shallow, "--layers", "1", "--draws", "400"});
  REQUIRE(fine.status == 0);
  INFO(fine.out);
  CHECK_THAT(fine.out, !ContainsSubstring("!") && !ContainsSubstring("warning"));
}

TEST_CASE("probe --json has the figures of the tables") {
  const ScratchDirectory scratch;
  const std::string path =
      scratch.write("iris.toml", config("", on_belem, "noise = \"injected\"\n"));
  const auto probed =
      run({"probe", path, "--qubits", "2,3,4", "--layers", "1,2,3", "--draws", "20", "--json"});
  INFO(probed.err);
  REQUIRE(probed.status == 0);
  const auto json = probed.json();
  CHECK(json["name"] == "iris");
  CHECK(json["weights"] == 20);
  CHECK(json["loss_gradients"][1]["noise"] == "injected:strength=1 on ibmq_belem 0-1-3-4");
  const auto& plateau = json["barren_plateau"];
  CHECK(plateau["variances"].size() == 9);
  CHECK(plateau["variances"][5]["qubits"] == 3);
  CHECK(plateau["variances"][5]["layers"] == 3);
  CHECK(plateau["decay_a_qubit"].size() == 3);
  CHECK(plateau["decay_a_qubit"][0]["verdict"] == "not known");  // of three sizes
  CHECK(plateau["decay_a_qubit"][0]["slope"]["value"].is_number());
  CHECK(plateau["decay_a_qubit"][0]["rate"].is_null());
  CHECK(plateau["on_device"]["variances"].size() == 3);
  CHECK(json["random_states"].size() == 3);
  CHECK(json["shot_noise"]["signal_to_noise"].size() == 20);
  CHECK(json["warnings"].is_array());
}

TEST_CASE("a probe is a function of the seed, whatever the number of threads") {
  const ScratchDirectory scratch;
  const std::string path = scratch.write("iris.toml", config("", on_belem));
  const std::vector<std::string> command{"probe", path,      "--qubits", "2,3",   "--layers",
                                         "1",     "--draws", "10",       "--json"};
  std::string first;
  for (const int n_threads : {1, 2}) {
    const ThreadCount threads(n_threads);
    const auto probed = run(command);
    REQUIRE(probed.status == 0);
    if (first.empty()) first = probed.out;
    CHECK(probed.out == first);
  }
  scratch.write("iris.toml", config("", on_belem, "seed = 2\n"));
  CHECK(run(command).out != first);
}

TEST_CASE("default sizes are those that the model allows") {
  const ScratchDirectory scratch;
  const auto sizes = [&](const std::string& model) {
    const auto probed =
        run({"probe", scratch.write("sizes.toml", config(model)), "--draws", "3", "--json"});
    INFO(probed.err);
    REQUIRE(probed.status == 0);
    const auto plateau = probed.json()["barren_plateau"];
    std::vector<int> qubits, layers;
    for (const auto& decay : plateau["decay_a_layer"]) qubits.push_back(decay["qubits"].get<int>());
    for (const auto& decay : plateau["decay_a_qubit"]) layers.push_back(decay["layers"].get<int>());
    return std::pair(qubits, layers);
  };
  CHECK(sizes("ansatz = \"hardware-efficient:3\"\n") ==
        std::pair(std::vector{2, 3, 4, 5, 6}, std::vector{1, 2, 3, 4, 8}));
  CHECK(sizes("ansatz = \"qcnn:2\"\n") == std::pair(std::vector{3, 4, 5, 6}, std::vector{1, 2}));
  CHECK(sizes("head = \"Z0, X1 Z3\"\n") ==
        std::pair(std::vector{4, 5, 6}, std::vector{1, 2, 4, 8}));
}

TEST_CASE("probe refuses what it cannot probe") {
  const ScratchDirectory scratch;
  const std::string brick = scratch.write("brick.toml", config("ansatz = \"brick:1\"\n"));
  const auto refused = [](const std::vector<std::string>& arguments, const std::string& message) {
    const auto outcome = run(arguments);
    CHECK(outcome.status == 2);
    CHECK(outcome.out.empty());
    CHECK_THAT(outcome.err, ContainsSubstring(message));
  };
  refused({"probe", (scratch / "none.toml").string()}, "none.toml");
  refused({"probe", brick, "--draws", "2"}, "--draws");
  refused({"probe", brick, "--shots", "0"}, "--shots");
  refused({"probe", brick, "--layers", "0"}, "--layers");
  refused({"probe", brick, "--qubits", "16"}, "--qubits");
  refused({"probe", brick, "--qubits", "1,2"}, "brick.toml: ansatz: \"brick:layers=1:block=cx\"");
  refused({"probe", brick, "--qubits", "2,2"}, "n_qubits: one is there twice");
  refused({"probe", scratch.write("full.toml", config("qubits = 1\n"))}, "full.toml: ");
  refused({"probe", scratch.write("start.toml", config("initial_weights = \"identity-blocks\"\n"))},
          "start.toml: ");
}
