#include <cmath>
#include <string>

#include <rhodrift/store/run_reader.hpp>
#include <rhodrift/train/model_file.hpp>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

namespace {

std::string sine(const std::string& training = {}, const std::string& data = {}) {
  return "[data]\ntask = \"regression\"\nfile = \"sine:samples=80:noise=0.05\"\n"
         "test_share = 0.5\n" +
         data +
         "[model]\nqubits = 2\nencoding = \"angle:ry,ry:uploads=2\"\n"
         "ansatz = \"hardware-efficient:1\"\n[device]\ncalibration = \"" +
         shipped("calibrations/belem.json") +
         "\"\n[training]\nepochs = 60\nlearning_rate = 0.05\n" + training;
}

}  // namespace

TEST_CASE("a regression trains, is compared with baselines, and predicts numbers") {
  const ScratchDirectory scratch;
  const std::string toml = scratch.write("sine.toml", sine("noise = \"exact\"\n"));
  const std::string model = (scratch / "model.json").string();
  const std::string run_file = (scratch / "run.h5").string();
  const auto trained = run({"train", toml, "-o", model, "--run", run_file, "--json"});
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  const auto document = trained.json();
  CHECK(document["device_scores"]["r_squared"]["value"].get<double>() > 0.9);
  CHECK(document["device_scores"]["rmse"]["shots"] == 40 * 4096);
  CHECK(document["baselines"]["linear regression"]["r_squared"]["value"].get<double>() < 0.8);
  CHECK(document["baselines"].size() == 2);
  CHECK(document["ensemble_scores"]["r_squared"]["value"].get<double>() >
        document["baselines"]["linear regression"]["r_squared"]["value"].get<double>());
  REQUIRE(document["targets"].size() == 40);
  double squares = 0;
  for (std::size_t b = 0; b < 40; ++b)
    squares += std::pow(
        document["predictions"][b].get<double>() - document["targets"][b].get<double>(), 2);
  CHECK(document["device_scores"]["rmse"]["value"].get<double>() ==
        Approx(std::sqrt(squares / 40)));
  CHECK(read_model(model).is_regressor());
  CHECK(RunReader(run_file).training("sine").history.size() == 60 * 2);

  const std::string fresh =
      scratch.write("fresh.csv", "x,label\n0,0\n1.5707963,1\n-1.5707963,-1\n");
  const auto predicted = run({"predict", model, fresh});
  INFO(predicted.err);
  REQUIRE(predicted.status == 0);
  CHECK(std::abs(std::stod(predicted.out)) < 0.3);
  CHECK_THAT(predicted.out, ContainsSubstring("RMSE"));
  const auto on_device =
      run({"predict", model, fresh, "--calibration", shipped("calibrations/belem.json"), "--json"});
  REQUIRE(on_device.status == 0);
  CHECK(on_device.json()["predictions"][1].get<double>() == Approx(1).margin(0.4));
  CHECK(on_device.json()["scores"].size() == 3);

  const auto text = run({"train", toml, "-o", model});
  REQUIRE(text.status == 0);
  CHECK_THAT(text.out, ContainsSubstring("RMSE on 40 test samples") && ContainsSubstring("R²") &&
                           ContainsSubstring("mean of sine and linear regression") &&
                           ContainsSubstring("paired t"));
}

TEST_CASE("a regression's targets may be in any unit") {
  const ScratchDirectory scratch;
  std::string metres = "x,label\n", millimetres = metres;
  for (int i = 0; i < 30; ++i) {
    const double x = 0.2 * i - 3, y = 4 + 0.5 * x;
    metres += std::to_string(x) + "," + std::to_string(y) + "\n";
    millimetres += std::to_string(x) + "," + std::to_string(1000 * y) + "\n";
  }
  scratch.write("m.csv", metres);
  scratch.write("mm.csv", millimetres);
  const auto error_on = [&](const std::string& file) {
    const std::string toml =
        scratch.write("line.toml", "[data]\ntask = \"regression\"\nfile = \"" + file +
                                       "\"\n[model]\nqubits = 1\nencoding = \"angle:ry\"\n"
                                       "[training]\nloss = \"huber\"\nepochs = 30\n");
    const auto trained = run({"train", toml, "-o", (scratch / "model.json").string(), "--json"});
    INFO(trained.err);
    REQUIRE(trained.status == 0);
    return trained.json()["noiseless_scores"]["rmse"]["value"].get<double>();
  };
  CHECK(error_on("mm.csv") == Approx(1000 * error_on("m.csv")).epsilon(1e-3));
}

TEST_CASE("what a regression cannot be is refused") {
  const ScratchDirectory scratch;
  const auto refused = [&](const std::string& verb, const std::string& text) {
    std::vector<std::string> words{verb, scratch.write("sine.toml", text)};
    if (verb == "train") words.insert(words.end(), {"-o", (scratch / "model.json").string()});
    const auto result = run(words);
    CHECK(result.status == 2);
    return result.err;
  };
  CHECK_THAT(refused("train", sine("loss = \"hinge\"\n")),
             ContainsSubstring("training.loss") && ContainsSubstring("huber"));
  CHECK_THAT(refused("train", "[data]\nfile = \"iris\"\n[training]\nloss = \"huber\"\n"),
             ContainsSubstring("training.loss") && ContainsSubstring("cross-entropy"));
  CHECK_THAT(refused("train", sine("", "classes = [\"0\", \"1\"]\n")),
             ContainsSubstring("data.classes"));
  CHECK_THAT(refused("train", "[data]\ntask = \"ranking\"\nfile = \"iris\"\n"),
             ContainsSubstring("data.task") && ContainsSubstring("regression"));
  CHECK_THAT(refused("train", "[data]\ntask = \"regression\"\nfile = \"iris\"\n"),
             ContainsSubstring("'setosa' is no finite number"));
  CHECK_THAT(refused("kernel", "[data]\ntask = \"regression\"\nfile = \"sine\"\n"),
             ContainsSubstring("data.task"));
}
