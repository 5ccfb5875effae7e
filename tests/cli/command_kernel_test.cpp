#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

namespace {

std::string device() {
  return "[device]\ncalibration = \"" + shipped("calibrations/belem.json") + "\"\n";
}

std::string iris(const std::string& kernel, const std::string& device = {}) {
  return "[data]\nfile = \"iris\"\ntest_share = 0.8\n[model]\nqubits = 4\n"
         "encoding = \"angle:ry\"\n" +
         device + "[kernel]\nshots = 512\n" + kernel;
}

}  // namespace

TEST_CASE("a kernel is tested without noise, on the device, and mitigated, beside baselines") {
  const ScratchDirectory scratch;
  const std::string toml =
      scratch.write("iris.toml", iris("c = 2\nmitigation = \"depolarizing+clip\"\n", device()));
  const std::string results = (scratch / "results.json").string();
  const auto tested = run({"kernel", toml, "-o", results, "--json"});
  INFO(tested.err);
  REQUIRE(tested.status == 0);
  const auto document = tested.json();
  CHECK(nlohmann::ordered_json::parse(std::ifstream(results)) == document);
  CHECK(document["training_samples"] == 30);
  CHECK(document["test_samples"] == 120);
  CHECK(document["baselines"].size() == 2);
  CHECK(document["labels"].size() == 120);
  CHECK(document["predictions"].size() == 120);
  REQUIRE(document["runs"].size() == 3);
  const auto& noiseless = document["runs"][0];
  CHECK(noiseless["where"] == "without noise");
  CHECK(noiseless["accuracy"]["shots"] == 0);
  CHECK(noiseless["accuracy"]["value"].get<double>() > 0.85);
  const auto& raw = document["runs"][1];
  // 30 · 29/2 pairs, 30 · 120 with test samples, and each of both with itself.
  CHECK(raw["accuracy"]["circuits"] == 435 + 3600 + 150);
  CHECK(raw["accuracy"]["shots"] == 4185 * 512);
  const auto& mitigated = document["runs"][2];
  CHECK_THAT(mitigated["where"].get<std::string>(), ContainsSubstring(", mitigated"));
  // What survives of overlaps on the device is less than all of it.
  CHECK(raw["measured"]["mean"].get<double>() < noiseless["measured"]["mean"].get<double>());
  CHECK(mitigated["accuracy"]["value"].get<double>() > 0.8);

  const auto text = run({"kernel", toml});
  REQUIRE(text.status == 0);
  CHECK_THAT(text.out, ContainsSubstring("fidelity kernel of 30 training samples, C = 2") &&
                           ContainsSubstring("McNemar"));
}

TEST_CASE("a kernel's results are those of its seed, whatever the number of threads") {
  const ScratchDirectory scratch;
  const auto tested = [&](int threads, const std::string& seed) {
    const ThreadCount count(threads);
    return run({"kernel", scratch.write("iris.toml", iris("seed = " + seed + "\n", device())),
                "--json"})
        .out;
  };
  CHECK(tested(1, "3") == tested(2, "3"));
  CHECK(tested(2, "3") != tested(2, "4"));
}

TEST_CASE("a projected kernel takes three circuits a sample and finds its gamma") {
  const ScratchDirectory scratch;
  const auto tested = run(
      {"kernel", scratch.write("iris.toml", iris("kind = \"projected\"\n", device())), "--json"});
  INFO(tested.err);
  REQUIRE(tested.status == 0);
  const auto runs = tested.json()["runs"];
  REQUIRE(runs.size() == 2);
  CHECK(runs[1]["accuracy"]["circuits"] == 450);
  CHECK(runs[0]["accuracy"]["value"].get<double>() > 0.85);
  // Noise shrinks expectations, which a larger gamma makes up for.
  CHECK(runs[1]["gamma"].get<double>() > runs[0]["gamma"].get<double>());

  const auto given =
      run({"kernel", scratch.write("iris.toml", iris("kind = \"projected\"\ngamma = 0.7\n")),
           "--json"});
  REQUIRE(given.status == 0);
  CHECK(given.json()["runs"].size() == 1);
  CHECK(given.json()["runs"][0]["gamma"] == 0.7);
}

TEST_CASE("a kernel that concentrates is warned of, with a remedy") {
  const ScratchDirectory scratch;
  const std::string toml = scratch.write(
      "wine.toml",
      "[data]\nfile = \"wine\"\nclasses = [\"class_0\", \"class_1\"]\ntest_share = 0.9\n"
      "preprocessing = [\"standardise\", \"pca:8\", \"range:-3.1:3.1\"]\n"
      "[model]\nqubits = 8\nencoding = \"iqp:2\"\n[kernel]\nshots = 64\n");
  const auto tested = run({"kernel", toml});
  INFO(tested.err);
  REQUIRE(tested.status == 0);
  CHECK_THAT(tested.out, ContainsSubstring("warning: without noise: the kernel hardly tells") &&
                             ContainsSubstring("narrower range"));
}

TEST_CASE("what is wrong with a kernel configuration is named") {
  const ScratchDirectory scratch;
  const auto refused = [&](const std::string& text) {
    const auto result = run({"kernel", scratch.write("kernel.toml", text)});
    CHECK(result.status == 2);
    return result.err;
  };
  CHECK_THAT(refused(iris("shotz = 10\n")),
             ContainsSubstring("kernel.shotz") && ContainsSubstring("'shots'"));
  CHECK_THAT(refused(iris("kind = \"linear\"\n")),
             ContainsSubstring("kernel.kind") && ContainsSubstring("projected"));
  CHECK_THAT(refused(iris("c = 0\n")), ContainsSubstring("kernel.c"));
  CHECK_THAT(refused(iris("gamma = 1.0\n")), ContainsSubstring("kernel.gamma"));
  CHECK_THAT(refused(iris("mitigation = \"clip\"\n")), ContainsSubstring("no [device]"));
  CHECK_THAT(refused(iris("mitigation = \"clap\"\n", device())),
             ContainsSubstring("kernel.mitigation") && ContainsSubstring("clip"));
  CHECK_THAT(refused(iris("kind = \"projected\"\nmitigation = \"clip\"\n", device())),
             ContainsSubstring("kernel.mitigation"));
  CHECK_THAT(
      refused("[data]\nfile = \"wine\"\n[model]\nqubits = 4\nencoding = \"iqp\"\n"),
      ContainsSubstring("kernel.toml") && ContainsSubstring("13") && ContainsSubstring("pca"));
  CHECK_THAT(refused("[data]\nfile = \"" +
                     scratch.write("nan.csv", "a,b,label\n1,2,x\n1,nan,y\n2,1,x\n") + "\"\n"),
             ContainsSubstring("nan.csv") && ContainsSubstring("line 3"));
  CHECK_THAT(refused("[training]\nepochs = 3\n" + iris("")), ContainsSubstring("training"));
  const std::string toml = scratch.write("kernel.toml", iris(""));
  CHECK(run({"kernel", toml, "-o", toml}).status == 2);
}

TEST_CASE("a kernel of pairs that the device does not couple is routed") {
  const ScratchDirectory scratch;
  const std::string toml =
      scratch.write("zz.toml",
                    "[data]\nfile = \"iris\"\ntest_share = 0.8\n[model]\nqubits = 4\n"
                    "encoding = \"zz:1\"\n" +
                        device() + "[kernel]\nshots = 256\n");
  const auto tested = run({"kernel", toml, "--json"});
  INFO(tested.err);
  REQUIRE(tested.status == 0);
  const auto document = tested.json();
  REQUIRE(document["runs"].size() == 2);
  CHECK(document["runs"][1]["accuracy"]["value"].get<double>() > 0.5);
}
