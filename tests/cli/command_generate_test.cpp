#include <cmath>
#include <string>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

namespace {

std::string on_belem() {
  return "[device]\ncalibration = \"" + shipped("calibrations/belem.json") + "\"\n";
}

std::string config(const std::string& data, const std::string& rest = {}) {
  return "[data]\nfile = \"" + data + "\"\n" + rest;
}

}  // namespace

TEST_CASE("a generator is trained without noise and in it, and its circuit simulates alike") {
  const ScratchDirectory scratch;
  const std::string toml = scratch.write(
      "bars.toml",
      config("bars-and-stripes:2x2", "[model]\nansatz = \"hardware-efficient:3\"\n" + on_belem() +
                                         "[training]\nmax_evaluations = 200\n"));
  const std::string circuit = (scratch / "bars.qasm").string();
  const auto trained = run({"generate", toml, "-o", circuit, "--json"});
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  const auto document = trained.json();
  CHECK(document["n_qubits"] == 4);
  REQUIRE(document["trainings"].size() == 2);
  const auto mmd = [&](int training, int from) {
    return document["trainings"][training]["outcomes"][from]["mmd"].get<double>();
  };
  CHECK(document["trainings"][0]["outcomes"][0]["total_variation"].get<double>() <
        document["independent_bits"]["total_variation"].get<double>() / 2);
  CHECK(mmd(0, 0) < mmd(0, 1));  // noise costs what was trained without it
  CHECK(mmd(1, 1) < mmd(0, 1));  // less so what was trained in it
  CHECK(document["warnings"].empty());

  const auto simulated = run({"simulate", circuit, "--probabilities", "--json"});
  INFO(simulated.err);
  REQUIRE(simulated.status == 0);
  double distance = 0;  // of what the circuit gives without noise
  const auto probabilities = simulated.json()["probabilities"];
  for (std::size_t b = 0; b < 16; ++b) {
    const bool picture = b == 0 || b == 3 || b == 12 || b == 5 || b == 10 || b == 15;
    distance += std::abs(probabilities[b].get<double>() - (picture ? 1.0 / 6 : 0.0)) / 2;
  }
  CHECK(distance == Approx(document["trainings"][1]["outcomes"][0]["total_variation"].get<double>())
                        .epsilon(1e-9));

  const ThreadCount one(1);
  CHECK(run({"generate", toml, "-o", circuit, "--json"}).out == trained.out);
}

TEST_CASE("a generator's target is counts or samples, bit 0 rightmost") {
  const ScratchDirectory scratch;
  scratch.write("counts.json", "{\"01\": 30, \"00\": 10}");
  scratch.write("counts.csv", "01,30\n00,10\n");
  scratch.write("samples.csv", "high,low\n0,1\n0,1\n0,0\n0,1\n");
  const std::string rest = "[model]\nansatz = \"real-amplitudes:1\"\n";
  for (const char* file : {"counts.json", "counts.csv", "samples.csv"}) {
    INFO(file);
    const auto trained = run({"generate", scratch.write("g.toml", config(file, rest)), "-o",
                              (scratch / "g.qasm").string()});
    INFO(trained.err);
    REQUIRE(trained.status == 0);
    // Independent bits: nothing is better than them here, and that is said.
    CHECK_THAT(trained.out, ContainsSubstring("warning") && ContainsSubstring("independent bits"));
    const auto simulated =
        run({"simulate", (scratch / "g.qasm").string(), "--probabilities", "--json"});
    REQUIRE(simulated.status == 0);
    CHECK(simulated.json()["probabilities"][1].get<double>() == Approx(0.75).margin(1e-3));
  }
}

TEST_CASE("what is wrong with a generator configuration is named") {
  const ScratchDirectory scratch;
  const auto refused = [&](const std::string& text) {
    const auto result = run(
        {"generate", scratch.write("generator.toml", text), "-o", (scratch / "g.qasm").string()});
    CHECK(result.status == 2);
    return result.err;
  };
  CHECK_THAT(refused(config("bars")),
             ContainsSubstring("data.file") && ContainsSubstring("bars-and-stripes"));
  CHECK_THAT(refused(config("bars-and-stripes:4x4")), ContainsSubstring("16 bits"));
  CHECK_THAT(refused("[model]\nansatz = \"qcnn:1\"\n"),
             ContainsSubstring("data.file") && ContainsSubstring("missing"));
  CHECK_THAT(refused(config("gaussian:3", "[model]\nqubits = 3\n")),
             ContainsSubstring("model.qubits"));
  CHECK_THAT(refused(config("gaussian:3", "[training]\nnoise = \"exact\"\n")),
             ContainsSubstring("training.noise"));
  CHECK_THAT(refused(config("gaussian:3", "[training]\nvariances = [1, 0]\n")),
             ContainsSubstring("training.variances") && ContainsSubstring("0 is not > 0"));
  CHECK_THAT(refused(config("gaussian:3", "[training]\nvariances = [1, \"2\"]\n")),
             ContainsSubstring("numbers only"));
  CHECK_THAT(refused(config("gaussian:3", "[training]\ndistance = \"hamming\"\n")),
             ContainsSubstring("bits and integers"));
  CHECK_THAT(refused(config("gaussian:8", on_belem())), ContainsSubstring("belem"));
  scratch.write("bad.csv", "a,b\n0,1\n0,2\n");
  CHECK_THAT(refused(config("bad.csv")),
             ContainsSubstring("line 3, column 2") && ContainsSubstring("neither 0 nor 1"));
  scratch.write("empty.csv", "a,b\n");
  CHECK_THAT(refused(config("empty.csv")), ContainsSubstring("no samples"));
  scratch.write("wide.json", "{\"000000001\": 3}");
  CHECK_THAT(refused(config("wide.json")), ContainsSubstring("8 at most"));
  CHECK_THAT(refused(config("none.json")), ContainsSubstring("none.json"));
}

TEST_CASE("a generator of pairs that the device does not couple is routed") {
  const ScratchDirectory scratch;
  const std::string toml = scratch.write(
      "bars.toml",
      "[data]\nfile = \"bars-and-stripes:2x2\"\n[model]\n"
      "ansatz = \"hardware-efficient:1:entanglement=full\"\n[device]\ncalibration = \"" +
          shipped("calibrations/belem.json") + "\"\n[training]\nmax_evaluations = 20\n");
  const auto trained = run({"generate", toml, "-o", (scratch / "bars.qasm").string(), "--json"});
  INFO(trained.err);
  REQUIRE(trained.status == 0);
  const auto document = trained.json();
  REQUIRE(document["trainings"].size() == 2);
  // Trained in the noise it is at least as near the target there.
  const auto mmd_on_device = [&](std::size_t training) {
    return document["trainings"][training]["outcomes"][1]["mmd"].get<double>();
  };
  CHECK(mmd_on_device(1) <= mmd_on_device(0) * 1.05);
}
