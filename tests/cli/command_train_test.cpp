#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/store/run_reader.hpp>
#include <rhodrift/train/ensemble.hpp>
#include <rhodrift/train/model_file.hpp>

#include "cli/captured_run.hpp"
#include "cli/learning_task.hpp"
#include "cli/model_evaluation.hpp"
#include "cli/scores.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

namespace {

std::string config(const std::string& training) {
  return "[data]\nfile = \"iris\"\n[model]\nqubits = 4\nencoding = \"angle:ry\"\n"
         "ansatz = \"hardware-efficient:1\"\n"
         "[device]\ncalibration = \"" +
         shipped("calibrations/belem.json") + "\"\n[training]\nepochs = 2\ntest_shots = 256\n" +
         training;
}

std::string content_of(const std::string& path) {
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

/// Whatever a kill leaves is a checkpoint of some step: keeps one while the run goes on. A second
/// name for the file does that in one operation; a copy would take its size from one checkpoint and
/// its bytes from the next.
test::CapturedRun run_keeping_checkpoint(const std::vector<std::string>& arguments,
                                         const std::string& checkpoint, const std::string& kept) {
  std::thread keeper([&] {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    std::error_code missing;
    do std::filesystem::create_hard_link(checkpoint, kept, missing);
    while (missing && std::chrono::steady_clock::now() < deadline);
  });
  const test::CapturedRun result = run(arguments);
  keeper.join();
  return result;
}

std::string iris() {
  return shipped("datasets/iris.csv");
}

}  // namespace

TEST_CASE("train, predict and drift study work on each other's files") {
  const ScratchDirectory scratch;
  const std::string toml = scratch.write("iris.toml", config("noise = \"exact\"\n"));
  const std::string model = (scratch / "model.json").string();
  const std::string run_file = (scratch / "run.h5").string();
  const auto trained = run({"train", toml, "-o", model, "--run", run_file, "--json"});
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  CHECK(trained.json()["test_samples"] == 90);
  CHECK(trained.json()["device_accuracy"]["shots"] == 90 * 256);
  CHECK(trained.json()["baselines"]["logistic regression"]["value"].get<double>() > 0.9);
  CHECK(trained.json()["baselines"].size() == 2);
  CHECK(trained.json()["ensemble_accuracy"]["value"].get<double>() > 0.8);
  CHECK(trained.json()["labels"].size() == 90);
  CHECK(trained.json()["predictions"].size() == 90);

  const TrainedModel read = read_model(model);
  CHECK(read.name == "iris");
  CHECK(read.training.noise_policy == "device");
  REQUIRE(read.training.device);
  CHECK(read.training.device->name == "ibmq_belem");
  RunReader reader(run_file);
  CHECK(reader.training("iris").history.size() == 4);  // 2 epochs of 60 samples in batches of 32
  CHECK(reader.calibration().device == "ibmq_belem");

  const auto noiseless = run({"predict", model, iris(), "--json"});
  REQUIRE(noiseless.status == 0);
  CHECK(noiseless.json()["predictions"].size() == 150);
  const auto noisy =
      run({"predict", model, iris(), "--calibration", shipped("calibrations/belem.json"), "--shots",
           "512", "--readout", "least-squares", "--zne", "linear", "--json"});
  INFO(noisy.err);
  REQUIRE(noisy.status == 0);
  CHECK(noisy.json()["accuracy"]["ci"].size() == 2);

  std::vector<std::string> study_command = {"drift",
                                            "study",
                                            model,
                                            "--data",
                                            iris(),
                                            "--series",
                                            shipped("calibrations/series/ibmq_athens.json"),
                                            "--layout",
                                            "0,1,2,3",
                                            "--json"};
  const auto refused = run(study_command);  // cx 0,1 was down on one day
  CHECK(refused.status == 2);
  CHECK_THAT(refused.err,
             ContainsSubstring("2021-01-06") && ContainsSubstring("no-exclude-faulty"));
  study_command.insert(study_command.end(), {"--policy", "device:no-exclude-faulty"});
  const auto drift = run(study_command);
  INFO(drift.err);
  REQUIRE(drift.status == 0);
  const auto study = drift.json();
  CHECK(study["times"].size() == 30);
  REQUIRE(study["tracks"].size() == 2);
  CHECK(study["tracks"][0]["name"] == "iris");
  CHECK(study["tracks"][1]["values"][0]["value"].get<double>() < 1e-14);  // its own calibration
  CHECK(study["tracks"][1]["values"][20]["value"].get<double>() > 1e-4);
}

TEST_CASE("models whose pairs are not coupled train, and run, as the compiler routes them") {
  const ScratchDirectory scratch;
  for (const std::string device : {"belem", "athens"}) {  // a T and a line
    const std::string toml = scratch.write(
        device + ".toml",
        "[data]\nfile = \"iris\"\ntest_share = 0.8\npreprocessing = [\"range\"]\n"
        "[model]\nqubits = 5\nencoding = \"angle:ry,rx\"\n"
        "ansatz = \"hardware-efficient:1:entanglement=full\"\n[device]\ncalibration = \"" +
            shipped("calibrations/" + device + ".json") +
            "\"\n[training]\nnoise = \"exact\"\nepochs = 1\nbatch_size = 8\n"
            "test_shots = 16\n");
    const std::string model = (scratch / (device + ".json")).string();
    const auto trained = run({"train", toml, "-o", model, "--json"});
    INFO(trained.err);
    REQUIRE(trained.status == 0);
    const TrainedModel read = read_model(model);
    REQUIRE(read.training.device);
    REQUIRE(read.training.device->routed);
    CHECK(trained.json()["device_qubits"].get<std::vector<int>>() == read.training.device->qubits);
    CHECK(read.training.device->routed->circuit.n_weights() == read.network.circuit.n_weights());

    const auto predicted =
        run({"predict", model, iris(), "--calibration", shipped("calibrations/" + device + ".json"),
             "--shots", "64", "--strategy", "readout+zne", "--json"});
    INFO(predicted.err);
    REQUIRE(predicted.status == 0);
    CHECK(predicted.json()["predictions"].size() == 150);

    const auto evaluated =
        run({"evaluate", "--model", model, "--data", iris(), "--samples", "1", "--calibration",
             shipped("calibrations/" + device + ".json"), "--strategy", "raw", "--strategy",
             "readout", "--shots", "64", "--repetitions", "3", "--json"});
    INFO(evaluated.err);
    CHECK(evaluated.status == 0);
  }
  const auto drift = run({"drift", "study", (scratch / "athens.json").string(), "--data", iris(),
                          "--series", shipped("calibrations/series/ibmq_athens.json"), "--policy",
                          "device:no-exclude-faulty", "--json"});
  INFO(drift.err);
  REQUIRE(drift.status == 0);
  CHECK(drift.json()["tracks"][1]["values"][0]["value"].get<double>() < 1e-14);
}

TEST_CASE("qubits that the device does not have, or does not connect, are refused by key") {
  const ScratchDirectory scratch;
  const auto refused = [&](const std::string& model, const std::string& device,
                           const std::string& message) {
    const std::string toml = scratch.write(
        "bad.toml", "[data]\nfile = \"iris\"\n[model]\nencoding = \"angle:ry,rx\"\n" + model +
                        "[device]\n" + device + "[training]\nnoise = \"exact\"\n");
    const auto result = run({"train", toml, "-o", (scratch / "bad.json").string()});
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK_THAT(result.err, ContainsSubstring("bad.toml") && ContainsSubstring(message));
  };
  const std::string belem = "calibration = \"" + shipped("calibrations/belem.json") + "\"\n";
  refused("qubits = 6\n", belem, "model.qubits: 6 are more than the 5 of ibmq_belem");
  refused("qubits = 3\n", belem + "layout = [0, 1]\n", "device.layout");
  // The middle of the T is down.
  Calibration halves = read_calibration(shipped("calibrations/belem.json"));
  for (GateCalibration& gate : halves.gates)
    if (std::ranges::find(gate.qubits, 1) != gate.qubits.end()) gate.error = 1.0;
  write_calibration(halves, scratch / "halves.json");
  refused("qubits = 4\n", "calibration = \"halves.json\"\n", "model.qubits = 4: ");
  refused("qubits = 2\n", "calibration = \"halves.json\"\nlayout = [0, 4]\n",
          "device.layout = [0, 4]");
}

TEST_CASE("the same configuration trains the same model to the last bit") {
  const ScratchDirectory scratch;
  const std::string toml = scratch.write("iris.toml", config("seed = 9\n"));
  const std::string first = (scratch / "a.json").string(), second = (scratch / "b.json").string();
  REQUIRE(run({"train", toml, "-o", first}).status == 0);
  REQUIRE(run({"train", toml, "-o", second}).status == 0);
  std::stringstream a, b;
  a << std::ifstream(first).rdbuf();
  b << std::ifstream(second).rdbuf();
  CHECK(a.str() == b.str());
}

TEST_CASE("heads and post-measurement are part of the model that predicts") {
  const ScratchDirectory scratch;
  const std::string toml =
      scratch.write("iris.toml",
                    "[data]\nfile = \"iris\"\n[model]\nencoding = \"angle:ry\"\n"
                    "head = \"Z0, Z1 Z2, X3\"\npost_measurement = \"normalise+quantise:7\"\n"
                    "[training]\nepochs = 8\nlearning_rate = 0.05\n");
  const std::string model = (scratch / "model.json").string();
  const auto trained = run({"train", toml, "-o", model, "--json"});
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  const TrainedModel read = read_model(model);
  CHECK(read.network.n_observables() == 3);
  CHECK(to_string(read.network.post_measurement) ==
        "normalise+quantise:levels=7:limit=2:attraction=0.1");
  CHECK(trained.json()["noiseless_accuracy"]["value"].get<double>() > 0.6);
  CHECK(run({"predict", model, iris(), "--json"}).status == 0);

  const auto alone =
      run({"predict", model, scratch.write("one.csv", "a,b,c,d,label\n5.1,3.5,1.4,0.2,setosa\n")});
  CHECK(alone.status == 2);
  CHECK_THAT(alone.err, ContainsSubstring("one sample has no spread"));
}

TEST_CASE("of models for clusters of states, the one for the state at hand is used") {
  const ScratchDirectory scratch;
  const std::string series = shipped("calibrations/series/ibmq_16_melbourne.json");
  const std::string toml =
      scratch.write("iris.toml",
                    "[data]\nfile = \"iris\"\n[model]\nencoding = \"angle:ry\"\n"
                    "ansatz = \"hardware-efficient:1\"\n[device]\nseries = \"" +
                        series +
                        "\"\nstates = 10\npolicy = \"device:no-exclude-faulty\"\n"
                        "[training]\nnoise = \"clusters:count=2\"\nepochs = 2\ntest_shots = 256\n");
  const std::string model = (scratch / "model.json").string();
  const auto trained = run({"train", toml, "-o", model});
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  CHECK_THAT(trained.out, ContainsSubstring("model for the state of"));
  const TrainedModel read = read_model(model);
  REQUIRE(read.repository);
  const auto& entries = read.repository->entries;
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].n_states + entries[1].n_states == 10);
  CHECK(entries[0].parameters.weights(0) != entries[1].parameters.weights(0));

  const CalibrationSeries states = read_calibration_series(series);
  const auto predict_in = [&](const Calibration& state, std::vector<std::string> more) {
    const auto file = scratch.write("now.json", to_json(state));
    std::vector<std::string> command{
        "predict", model, iris(), "--calibration", file, "--policy", "device:no-exclude-faulty",
        "--shots", "64"};
    command.insert(command.end(), more.begin(), more.end());
    return run(command);
  };
  for (const ModelRepository::Entry& entry : entries) {
    const auto centre =
        std::ranges::find(states.states, entry.calibration_time, &Calibration::timestamp);
    REQUIRE(centre != states.states.end());
    const auto chosen = predict_in(*centre, {"--json"});
    INFO(chosen.err);
    REQUIRE(chosen.status == 0);
    CHECK(chosen.json()["chosen"]["calibration_time"] == to_iso8601(entry.calibration_time));
    CHECK(chosen.json()["chosen"]["distance"].get<double>() < 1e-12);
  }
  Calibration bad = states.states[0];
  for (GateCalibration& gate : bad.gates)
    if (gate.name == "cx") gate.error = 0.3;
  CHECK_THAT(predict_in(bad, {}).out, ContainsSubstring("warning: no state of the training"));

  const auto study = run({"drift", "study", model, "--data", iris(), "--series", series, "--policy",
                          "device:no-exclude-faulty", "--json"});
  INFO(study.err);
  CHECK(study.status == 0);
  const auto resumed = run({"train", toml, "-o", model, "--checkpoint-every", "1"});
  CHECK(resumed.status == 2);
  CHECK_THAT(resumed.err,
             ContainsSubstring("training.noise") && ContainsSubstring("no checkpoint"));
}

TEST_CASE("a run that was killed goes on to the same model, to the last bit") {
  const ScratchDirectory scratch;
  const std::string text =
      "[data]\nfile = \"wine\"\ntest_share = 0.4\nvalidation_share = 0.3\n"
      "preprocessing = [\"standardise\", \"pca:4\", \"range\"]\n"
      "[model]\nencoding = \"zz:1:entanglement=linear:uploads=2\"\n"
      "ansatz = \"real-amplitudes:1\"\ninitial_weights = \"small-angles\"\n"
      "[device]\nseries = \"" +
      shipped("calibrations/series/ibmq_16_melbourne.json") +
      "\"\nstates = 3\n[training]\nnoise = \"history\"\nepochs = 6\nbatch_size = 20\n"
      "optimizer = \"adamw\"\nweight_decay = 0.02\nschedule = \"cosine:warmup=2\"\n"
      "clipping = \"norm:1\"\npatience = 5\ntest_shots = 64\n";
  const std::string toml = scratch.write("wine.toml", text);
  const std::string whole = (scratch / "whole.json").string();
  const std::string cut = (scratch / "cut.json").string();
  const auto first = run_keeping_checkpoint({"train", toml, "-o", whole, "--checkpoint-every", "3"},
                                            whole + ".checkpoint", cut + ".checkpoint");
  INFO(first.err);
  REQUIRE(first.status == 0);
  CHECK_FALSE(std::filesystem::exists(whole + ".checkpoint"));
  REQUIRE(std::filesystem::exists(cut + ".checkpoint"));
  CHECK(RunReader(cut + ".checkpoint").training("wine").history.size() >= 3);
  std::filesystem::copy_file(cut + ".checkpoint", scratch / "other.json.checkpoint");

  const auto resumed = run({"train", toml, "-o", cut, "--resume"});
  INFO(resumed.err);
  REQUIRE(resumed.status == 0);
  CHECK(content_of(cut) == content_of(whole));

  const auto other = run({"train", scratch.write("wine.toml", text + "seed = 2\n"), "-o",
                          (scratch / "other.json").string(), "--resume"});
  CHECK(other.status == 2);
  CHECK_THAT(other.err, ContainsSubstring("is of a run with another configuration"));
  const auto nothing = run({"train", toml, "-o", (scratch / "none.json").string(), "--resume"});
  CHECK(nothing.status == 2);
  CHECK_THAT(nothing.err, ContainsSubstring("none.json.checkpoint"));
}

TEST_CASE("shots and minimisers go on where a run was killed, to the last bit") {
  const std::string training = GENERATE(
      as<std::string>(), "gradient = \"parameter-shift:shots=16\"\nbatch_size = 10\nepochs = 1\n",
      "gradient = \"parameter-shift:adaptive=1:max_shots=40\"\noptimizer = \"sgd\"\nepochs = 1\n",
      "gradient = \"spsa:shots=16\"\nepochs = 3\n", "optimizer = \"lbfgs\"\nmax_evaluations = 8\n",
      "optimizer = \"cobyla\"\nmax_evaluations = 8\ngradient = \"spsa:shots=16\"\n",
      "optimizer = \"natural-gradient\"\nepochs = 2\n");
  CAPTURE(training);
  const ScratchDirectory scratch;
  const std::string toml =
      scratch.write("m.toml",
                    "[data]\nfile = \"iris\"\n[model]\nqubits = 4\nencoding = \"angle:ry\"\n"
                    "ansatz = \"hardware-efficient:1\"\n[device]\ncalibration = \"" +
                        shipped("calibrations/belem.json") +
                        "\"\n[training]\nnoise = \"exact\"\ntest_shots = 16\n" + training);
  const std::string whole = (scratch / "whole.json").string();
  const std::string cut = (scratch / "cut.json").string();
  const ThreadCount one(1);
  const auto first =
      run({"train", toml, "-o", whole, "--run", (scratch / "run.h5").string(), "--json"});
  INFO(first.err);
  REQUIRE(first.status == 0);
  const bool counted = training.find("gradient = ") != std::string::npos;
  CHECK((first.json()["training_shots"].get<std::uint64_t>() > 0) == counted);
  const TrainingRecord record = RunReader((scratch / "run.h5").string()).training("m");
  std::uint64_t shots = 0;
  for (const TrainingStep& step : record.history) {
    shots += step.shots;
    CHECK(step.seconds > 0.0);
  }
  // Steps of an optimizer are followed by a look at the loss of all samples, as `values` has it:
  // 16 or 1024 shots in the one basis that is read.
  const auto total = first.json()["training_shots"].get<std::uint64_t>();
  const bool stepped = training.find("max_evaluations") == std::string::npos;
  const std::uint64_t a_circuit = training.find("shots=16") == std::string::npos ? 1024 : 16;
  CHECK(total - shots == (counted && stepped ? 60 * a_circuit : 0));

  const ThreadCount two(2);
  const auto second = run_keeping_checkpoint(
      {"train", toml, "-o", (scratch / "second.json").string(), "--checkpoint-every", "2"},
      (scratch / "second.json.checkpoint").string(), cut + ".checkpoint");
  REQUIRE(second.status == 0);
  CHECK(content_of((scratch / "second.json").string()) == content_of(whole));
  REQUIRE(std::filesystem::exists(cut + ".checkpoint"));
  const auto resumed = run({"train", toml, "-o", cut, "--resume"});
  INFO(resumed.err);
  REQUIRE(resumed.status == 0);
  CHECK(content_of(cut) == content_of(whole));
}

TEST_CASE("models that predict together say what the mean of them says") {
  const ScratchDirectory scratch;
  std::vector<std::string> files;
  std::vector<TrainedModel> models;
  for (const std::string seed : {"1", "2", "3"}) {
    const std::string toml =
        scratch.write("m.toml", config("noise = \"exact\"\nseed = " + seed + "\n"));
    files.push_back((scratch / (seed + ".json")).string());
    REQUIRE(run({"train", toml, "-o", files.back()}).status == 0);
    models.push_back(read_model(files.back()));
  }
  const auto together = [&](std::vector<std::string> more) {
    std::vector<std::string> command{"predict", files[0], iris(),   "--with",
                                     files[1],  "--with", files[2], "--json"};
    command.insert(command.end(), more.begin(), more.end());
    const auto result = run(command);
    INFO(result.err);
    REQUIRE(result.status == 0);
    return result.json();
  };
  const auto alone = [&](std::size_t m, std::vector<std::string> more) {
    std::vector<std::string> command{"predict", files[m], iris(), "--json"};
    command.insert(command.end(), more.begin(), more.end());
    return run(command).json()["accuracy"];
  };

  const Dataset data = cli::samples_for(models[0], cli::load_samples(iris()));
  std::vector<arma::mat> logits;
  for (const TrainedModel& model : models) logits.push_back(cli::noiseless_outputs(model, data));
  const nlohmann::ordered_json mean = together({});
  CHECK(mean["predictions"] == cli::said(mean_probabilities(logits), data));
  REQUIRE(mean["models"].size() == 3);
  for (std::size_t m = 0; m < 3; ++m) {
    CHECK(mean["models"][m]["model"] == files[m]);
    CHECK(mean["models"][m]["accuracy"] == alone(m, {}));
  }

  // On a device each has shots of its own, the first those of the seed.
  const std::vector<std::string> device{"--calibration", shipped("calibrations/belem.json"),
                                        "--shots", "16"};
  const nlohmann::ordered_json noisy = together(device);
  CHECK(noisy["accuracy"]["shots"] == 3 * 150 * 16);
  CHECK(noisy["models"][0]["accuracy"] == alone(0, device));
  const std::string copy = scratch.write("copy.json", content_of(files[0]));
  const auto twins = run({"predict", files[0], iris(), "--with", copy, "--calibration",
                          shipped("calibrations/belem.json"), "--shots", "16", "--json"});
  CHECK(twins.json()["models"][0]["accuracy"] != twins.json()["models"][1]["accuracy"]);
  CHECK_THAT(run({"predict", files[0], iris(), "--with", copy}).out,
             ContainsSubstring("mean of 2 models is better by"));

  const auto twice = run({"predict", files[0], iris(), "--with", files[0]});
  CHECK(twice.status == 2);
  CHECK_THAT(twice.err, ContainsSubstring("--with: " + files[0] + ": is there twice"));
}

TEST_CASE("models and data that do not fit each other are refused by file") {
  const ScratchDirectory scratch;
  const auto train = [&](const std::string& name, const std::string& classes) {
    const std::string text = "name = \"" + name +
                             "\"\n[data]\nfile = \"iris\"\nclasses = " + classes +
                             "\n[model]\nencoding = \"angle:ry\"\n[training]\nepochs = 1\n";
    const std::string model = (scratch / (name + ".json")).string();
    REQUIRE(run({"train", scratch.write(name + ".toml", text), "-o", model}).status == 0);
    return model;
  };
  const std::string forward = train("forward", R"(["setosa", "versicolor"])");
  const std::string backward = train("backward", R"(["versicolor", "setosa"])");
  const std::string data =
      scratch.write("two.csv", "a,b,c,d,label\n5.1,3.5,1.4,0.2,setosa\n7,3.2,4.7,1.4,versicolor\n");
  const std::string series = shipped("calibrations/series/ibmq_athens.json");
  const auto refused = [&](const std::vector<std::string>& arguments, const std::string& message) {
    const auto result = run(arguments);
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK_THAT(result.err, ContainsSubstring(message));
  };
  refused({"drift", "study", forward, backward, "--data", data, "--series", series, "--layout",
           "0,1,2,3"},
          "backward.json: /class_names: are not those of");
  refused({"drift", "study", forward, forward, "--data", data, "--series", series, "--layout",
           "0,1,2,3"},
          "'forward' is also that of");
  refused({"drift", "study", forward, "--data", data, "--series", series}, "--layout");
  refused({"predict", forward, data, "--with", backward},
          "backward.json: /class_names: are not those of");
  refused({"predict", forward, iris()}, "the label 'virginica' is not one of the classes");
  refused({"predict", forward, scratch.write("narrow.csv", "a,label\n1,setosa\n")},
          "has 1 features, the model");
  refused({"predict", forward, data, "--zne", "linear"}, "--calibration");
  refused({"predict", forward, data, "--seed", "99999999999999999999"},
          "not a whole number in [0,");
  CHECK(
      run({"predict", forward, scratch.write("one.csv", "a,b,c,d,label\n5.1,3.5,1.4,0.2,setosa\n")})
          .status == 0);
}

TEST_CASE("data are names, files or drawn, in configurations and as arguments") {
  const ScratchDirectory scratch;
  const auto train = [&](const std::string& name, const std::string& data) {
    const std::string text = "[data]\nfile = \"" + data +
                             "\"\n[model]\nqubits = 2\nencoding = \"angle:ry,rx\"\n"
                             "[training]\nepochs = 1\n";
    const std::string model = (scratch / (name + ".json")).string();
    const auto result =
        run({"train", scratch.write("config/" + name + ".toml", text), "-o", model});
    INFO(result.err);
    REQUIRE(result.status == 0);
    return model;
  };
  const auto predicts = [&](const std::string& model, const std::string& data, std::size_t n) {
    const auto result = run({"predict", model, data, "--json"});
    INFO(result.err);
    REQUIRE(result.status == 0);
    CHECK(result.json()["predictions"].size() == n);
  };
  const std::string moons = train("moons", "moons:samples=60:noise=0.1");
  CHECK(read_model(moons).training.dataset == "moons:samples=60:noise=0.1:seed=1");
  predicts(moons, "moons:samples=30:noise=0.1:seed=2", 30);
  predicts(train("iris", "iris"), "iris", 150);

  // Files are relative to the configuration.
  scratch.write("config/set.csv", "a,b,label\n1,2,x\n1.5,2,x\n3,1,y\n3,1.5,y\n");
  predicts(train("csv", "set.csv"), (scratch / "config/set.csv").string(), 4);
  const std::string shared = RHODRIFT_SOURCE_DIR "/tests/data/datasets/";
  for (const char* file : {"x_f8.npy", "y_u1.npy", "sets.h5"})
    std::filesystem::copy_file(shared + file, scratch / ("config/" + std::string(file)));
  const auto refused = [&](const std::string& data, const std::string& message) {
    const std::string toml = scratch.write("config/bad.toml", "[data]\nfile = \"" + data + "\"\n");
    const auto result = run({"train", toml, "-o", (scratch / "bad.json").string()});
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK_THAT(result.err, ContainsSubstring(message));
  };
  // Its class 7 has one sample.
  refused("x_f8.npy:y_u1.npy", "x_f8: class '7': 1 samples cannot be split");
  refused("sets.h5:/text", "sets: class");
  refused("sets.h5:/bad/nan", "row 3, column 2: nan is not a finite number");
  refused(
      "wines",
      "wines: no data have this name; there are blobs, breast_cancer, circles, "
      "digits_4x4, friedman1, iris, moons, sine, wine, and files by their names with extension");
  refused("moons:size=3", "'size' is no parameter of moons; there are samples, seed, noise");
}

TEST_CASE("a training configuration that is wrong is refused with line, key and remedy") {
  const ScratchDirectory scratch;
  const auto refused = [&](const std::string& text, const std::string& message) {
    const std::string toml = scratch.write("bad.toml", text);
    const auto result = run({"train", toml, "-o", (scratch / "model.json").string()});
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK_THAT(result.err, ContainsSubstring(message));
    CHECK_FALSE(std::filesystem::exists(scratch / "model.json"));
  };
  refused("[data\n", "bad.toml: line 1");
  refused("[data]\nclasses = [\"a\"]\n", "data.file: is missing");
  refused(config("epoch = 3\n"), "training.epoch: unknown key; did you mean 'epochs'?");
  refused("[data]\nfile = \"iris\"\n[training]\nepochs = 0\n", "line 4: training.epochs: 0");
  refused("[data]\nfile = \"iris\"\n[training]\nepochs = \"3\"\n", "must be a whole number");
  refused("[data]\nfile = \"iris\"\n[training]\nnoise = \"exact\"\n", "there is no [device]");
  refused(
      "[data]\nfile = \"iris\"\n[model]\nencoding = \"angle:rq\"\n",
      "line 4: model.encoding: encoding: \"angle:rq\": \"rq\" is no axis; known are rx, ry, rz");
  refused("[data]\nfile = \"iris\"\n[model]\nqubits = 2\nencoding = \"angle:ry\"\n",
          "4 features, but 2 qubits take 1 to 2");
  refused("[data]\nfile = \"iris\"\n[model]\nhead = \"Z0, Z4\"\n", "past the circuit's 4");
  refused("[data]\nfile = \"iris\"\n[model]\nhead = \"zz\"\n", "parity, probabilities, z");
  refused("[data]\nfile = \"iris\"\n[model]\npost_measurement = \"normalize\"\n",
          "line 4: model.post_measurement: post-measurement: \"normalize\"");
  refused("[data]\nfile = \"nowhere.csv\"\n", "nowhere.csv");
  refused("[data]\nfile = \"iris\"\n[device]\ncalibration = \"" +
              shipped("calibrations/belem.json") + "\"\nlayout = [4294967296, 1, 3, 4]\n",
          "device.layout: 4294967296 is outside 0..4");
  refused("[data]\nfile = \"iris\"\ntest_share = 1.5\n", "data.test_share: 1.5 is outside (0, 1)");
  refused("name = \"a/b\"\n[data]\nfile = \"iris\"\n", "name: must not be empty");
  refused(config("gradient = \"shift\"\n"),
          "known are exact, finite-differences, parameter-shift, spsa");
  refused(config("gradient = \"spsa:shots=0\"\n"), "training.gradient: gradient: \"spsa:shots=0\"");
  refused(config("noise = \"gap\"\ngradient = \"spsa\"\n"),
          "training.gradient: takes shots of one circuit: noise = none, exact, readout or "
          "clusters, not gap");
  refused(config("optimizer = \"lbfgs\"\n"), "training.epochs: goes with steps over minibatches");
  refused(config("optimizer = \"l-bfgs\"\n"),
          "natural-gradient: over all the data at once there are lbfgs");
  const std::string iris_only = "[data]\nfile = \"iris\"\n[training]\n";
  refused(iris_only + "optimizer = \"lbfgs\"\nnoise = \"history\"\n",
          "needs the same loss all the time");
  refused(iris_only + "optimizer = \"lbfgs\"\ngradient = \"spsa\"\n",
          "lbfgs takes exact gradients");
  refused(iris_only + "optimizer = \"natural-gradient\"\nregularisation = 0\n", "0 is not > 0");
  refused("[dta]\n", "did you mean 'data'?");
  refused(config("") + "[model2]\n", "did you mean 'model'?");
}

TEST_CASE("a sweep trains every combination, the same on any number of threads") {
  const ScratchDirectory scratch;
  const std::string base = config("");
  const std::string toml = scratch.write(
      "grid.toml", base +
                       "[sweep]\n\"training.noise\" = [\"none\", \"exact\"]\n"
                       "\"training.seed\" = [1, 2]\n\"model.ansatz\" = [\"brick:1\"]\n");
  const std::string file = (scratch / "results.json").string();
  const auto swept = run({"sweep", toml, "--json", "-o", file});
  INFO(swept.err);
  REQUIRE(swept.status == 0);
  const auto runs = swept.json()["runs"];
  REQUIRE(runs.size() == 4);
  CHECK(runs[1]["values"] ==
        nlohmann::ordered_json(
            {{"model.ansatz", "brick:1"}, {"training.noise", "none"}, {"training.seed", "2"}}));
  CHECK(std::filesystem::exists(file));
  for (const int n_threads : {1, 2}) {
    const ThreadCount threads(n_threads);
    CHECK(run({"sweep", toml, "--json"}).out == swept.out);
  }

  // A row is what train makes of the same values.
  std::string alone = base;
  alone.replace(alone.find("hardware-efficient:1"), 20, "brick:1");
  const auto trained =
      run({"train", scratch.write("one.toml", alone + "noise = \"exact\"\nseed = 2\n"), "-o",
           (scratch / "one.json").string(), "--json"});
  REQUIRE(trained.status == 0);
  CHECK(runs[3]["final_loss"] == trained.json()["final_loss"]);
  CHECK(runs[3]["device_accuracy"] == trained.json()["device_accuracy"]);
}

TEST_CASE("random sweeps draw from lists and ranges, by their seed") {
  const ScratchDirectory scratch;
  const auto values_of = [&](const std::string& seed) {
    const std::string toml = scratch.write(
        "random.toml", config("") + "[sweep]\nrandom = 5\nseed = " + seed +
                           "\n\"training.learning_rate\" = {low = 0.001, high = 0.1, log = true}\n"
                           "\"model.encoding\" = [\"angle:ry\", \"dense\"]\n");
    const auto swept = run({"sweep", toml, "--json"});
    INFO(swept.err);
    REQUIRE(swept.status == 0);
    std::vector<std::string> rates;
    const auto runs = swept.json()["runs"];
    for (const auto& one : runs)
      rates.push_back(one["values"]["training.learning_rate"].get<std::string>());
    return rates;
  };
  const auto first = values_of("1");
  REQUIRE(first.size() == 5);
  for (const std::string& rate : first) CHECK((std::stod(rate) >= 0.001 && std::stod(rate) <= 0.1));
  CHECK(first == values_of("1"));
  CHECK(first != values_of("2"));
}

TEST_CASE("sweeps that are wrong are refused before anything runs") {
  const ScratchDirectory scratch;
  const auto refused = [&](const std::string& sweep, const std::string& message) {
    const auto result = run({"sweep", scratch.write("bad.toml", config("") + sweep), "-o",
                             (scratch / "results.json").string()});
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK_THAT(result.err, ContainsSubstring(message));
    CHECK_FALSE(std::filesystem::exists(scratch / "results.json"));
  };
  refused("", "has no [sweep] table");
  refused("[sweep]\n", "names no keys");
  refused("[sweep]\n\"training.sed\" = [1]\n", "training.sed = 1: ");
  refused("[sweep]\n\"training.sed\" = [1]\n", "did you mean 'seed'?");
  refused("[sweep]\n\"training.noise\" = [\"exact\", \"exakt\"]\n", "\"exakt\" is unknown");
  refused("[sweep]\n\"training.seed\" = []\n", "has no values");
  refused("[sweep]\n\"training.learning_rate\" = {low = 0.1, high = 1.0}\n", "takes random = N");
  refused("[sweep]\nrandom = 2\n\"training.learning_rate\" = {low = 1, high = 0.1}\n",
          "low < high");
  refused("[sweep]\nseed = [1]\n", "no whole number");
  const auto trained = run({"train", scratch.write("t.toml", config("") + "[sweep]\n"), "-o",
                            (scratch / "m.json").string()});
  CHECK(trained.status == 2);
  CHECK_THAT(trained.err, ContainsSubstring("is for 'rhodrift sweep'"));
}
