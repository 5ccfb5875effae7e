#include <cmath>

#include <nlohmann/json.hpp>
#include <omp.h>

#include <rhodrift/core/file.hpp>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

namespace {

const char* const bell = R"(OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
rz(pi/2) q[0]; sx q[0]; rz(pi/2) q[0];
cx q[0],q[1];
)";

}  // namespace

TEST_CASE("simulate without a calibration is noiseless") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("bell.qasm", bell);
  const auto result = run({"simulate", file, "--json", "--observable", "Z0 Z1", "--observable",
                           "X0 X1", "--observable", "Z0", "--probabilities"});
  REQUIRE(result.status == 0);
  const auto json = result.json();
  CHECK(json["n_qubits"] == 2);
  CHECK(json["expectations"]["Z0 Z1"].get<double>() == Approx(1.0).margin(1e-14));
  CHECK(json["expectations"]["X0 X1"].get<double>() == Approx(1.0).margin(1e-14));
  CHECK(json["expectations"]["Z0"].get<double>() == Approx(0.0).margin(1e-14));
  CHECK(json["probabilities"].size() == 4);
  CHECK(json["probabilities"][3].get<double>() == Approx(0.5).margin(1e-14));
}

TEST_CASE("simulate reads OpenQASM 3 and binds its inputs") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write(
      "inputs.qasm",
      "OPENQASM 3.0;\ninput float a;\n@rhodrift.feature\ninput float x;\ninput float b;\n"
      "qubit[2] q;\nrx(a + x) q[0];\ndelay[4dt] q[1];\nctrl @ ry(b/2) q[0], q[1];\n");
  const auto result = run({"simulate", file, "--json", "--weights", "0.5,-1.5", "--features",
                           "0.25", "--dt", "1e-9", "--observable", "Z0", "--observable", "Z1"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const auto json = result.json();
  const double z0 = std::cos(0.75), p1 = (1 - z0) / 2;
  CHECK(json["expectations"]["Z0"].get<double>() == Approx(z0).margin(1e-14));
  CHECK(json["expectations"]["Z1"].get<double>() ==
        Approx(1 - p1 * (1 - std::cos(0.75))).margin(1e-14));
  const auto refused = [&](const std::vector<std::string>& further, const std::string& message) {
    std::vector<std::string> arguments{"simulate", file};
    arguments.insert(arguments.end(), further.begin(), further.end());
    const auto refusal = run(arguments);
    INFO(refusal.err);
    CHECK(refusal.status == 2);
    CHECK_THAT(refusal.err, ContainsSubstring(message));
  };
  refused({"--dt", "1e-9"}, "inputs.qasm: weights: the circuit takes 2, got 0");
  refused({"--dt", "1e-9", "--weights", "1,2"},
          "inputs.qasm: features: the circuit takes 1, got 0");
  refused({}, "inputs.qasm: line 8, column 8: a duration in dt needs the length of a dt");
  refused({"--dt", "0"}, "--dt");
}

TEST_CASE("simulate gives the same counts with one and two threads") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("bell.qasm", bell);
  const std::vector<std::string> arguments{"simulate",
                                           file,
                                           "--json",
                                           "--calibration",
                                           shipped("calibrations/belem.json"),
                                           "--shots",
                                           "10000",
                                           "--seed",
                                           "7"};
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto one = run(arguments);
  omp_set_num_threads(2);
  const auto two = run(arguments);
  omp_set_num_threads(threads);
  REQUIRE(one.status == 0);
  CHECK(one.out == two.out);
  std::uint64_t total = 0;
  const auto json = one.json();
  for (const auto& [bits, count] : json["counts"].items()) {
    CHECK(bits.size() == 2);
    total += count.get<std::uint64_t>();
  }
  CHECK(total == 10000);
}

TEST_CASE("the readout error folds into the expectations as the probabilities have it") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("bell.qasm", bell);
  const std::string calibration = shipped("calibrations/belem.json");
  const auto state = run({"simulate", file, "--json", "--calibration", calibration, "--observable",
                          "Z0 Z1", "--probabilities"})
                         .json();
  const auto read = run({"simulate", file, "--json", "--calibration", calibration, "--observable",
                         "Z0 Z1", "--readout"})
                        .json();
  const auto& p = state["probabilities"];
  const double reported =
      p[0].get<double>() - p[1].get<double>() - p[2].get<double>() + p[3].get<double>();
  CHECK(read["expectations"]["Z0 Z1"].get<double>() == Approx(reported).margin(1e-13));
  CHECK(state["expectations"]["Z0 Z1"].get<double>() > reported + 0.05);
}

TEST_CASE("simulate reports what is read mid-circuit, with the same error each time") {
  const ScratchDirectory scratch;
  const std::string file =
      scratch.write("again.qasm",
                    "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[1];\ncreg c[2];\n"
                    "x q[0]; measure q[0] -> c[0]; measure q[0] -> c[1];\n");
  const auto perfect =
      run({"simulate", file, "--json", "--probabilities", "--shots", "100"}).json();
  CHECK(perfect["probabilities"][3].get<double>() == Approx(1.0).epsilon(1e-14));
  CHECK(perfect["counts"]["11"] == 100);
  const auto result = run({"simulate", file, "--json", "--probabilities", "--readout",
                           "--sensitivities", "--observable", "Z0", "--calibration",
                           shipped("calibrations/belem.json"), "--policy", "aer"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const auto json = result.json();
  const auto& p = json["probabilities"];
  // Of two readings the errors are independent and alike, when nothing relaxes between them.
  CHECK(p[1].get<double>() == Approx(p[2].get<double>()).epsilon(1e-12));
  CHECK(p[1].get<double>() > 0.001);
  // d<Z0>/dp01 = 2 P(1), of the one reading that <Z0> is.
  const double p1 = json["sensitivities"]["Z0"]["/qubits/0/readout/p01"].get<double>() / 2;
  CHECK(p1 > 0.99);
  CHECK(p1 <= 1.0);
}

TEST_CASE("a gate that the device lacks is refused by name, with status 2") {
  const ScratchDirectory scratch;
  const std::string file =
      scratch.write("h.qasm", "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[2];\nh q[0];\n");
  const auto result = run({"simulate", file, "--calibration", shipped("calibrations/belem.json")});
  CHECK(result.status == 2);
  CHECK(result.out.empty());
  CHECK_THAT(result.err, ContainsSubstring("ibmq_belem") && ContainsSubstring("gate h"));
}

TEST_CASE("bad input to simulate is refused with place and value") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("bell.qasm", bell);
  const std::string wide =
      scratch.write("wide.qasm", "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[20];\nx q[19];\n");
  const auto refused = [](const std::vector<std::string>& arguments, const std::string& message) {
    const auto result = run(arguments);
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, ContainsSubstring(message));
  };
  refused({"simulate", "/nowhere/x.qasm"}, "/nowhere/x.qasm");
  refused({"simulate", scratch.write("bad.qasm", "OPENQASM 2.0;\nqreg q[2]\n")},
          "bad.qasm: line 2, column 10");
  refused({"simulate", file, "--observable", "Z7"}, "reaches qubit 7, the circuit has 2 qubits");
  refused({"simulate", file, "--observable", "Q0"}, "Q0");
  refused({"simulate", file, "--layout", "0,1"}, "--calibration");
  refused({"simulate", file, "--shots", "-4"}, "'-4' is not a whole number in [0,");
  refused({"simulate", file, "--policy", "aer"}, "--calibration");
  refused({"simulate", wide}, "8796093022208 bytes");
  refused(
      {"simulate", file, "--calibration", shipped("calibrations/belem.json"), "--layout", "0,0"},
      "device qubit 0 is repeated");
  refused(
      {"simulate", file, "--calibration", shipped("calibrations/belem.json"), "--layout", "0,9"},
      "device qubit 9 is outside 0..4");
  refused(
      {"simulate", file, "--calibration", shipped("calibrations/belem.json"), "--policy", "aero"},
      "'aero' is unknown");
  refused({"simulat"}, "simulat: unknown verb; known are calibration, noise, compile, simulate");
  refused({"calibration", "imprt", "x"},
          "imprt: unknown verb; known are import, show, validate, diff, history");
  refused({}, "subcommand");
}

TEST_CASE("simulate --sensitivities are the slopes in the numbers of the calibration file") {
  const ScratchDirectory scratch;
  const std::string circuit = scratch.write("circuit.qasm", R"(OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
sx q[0]; rz(0.4) q[0]; sx q[1]; rz(1.1) q[1]; sx q[2];
cx q[0],q[1]; cx q[2],q[1]; sx q[0]; rz(0.3) q[1]; sx q[1];
)");
  const auto recorded = nlohmann::json::parse(read_file(shipped("calibrations/belem.json")));
  const auto simulate = [&](const nlohmann::json& calibration, bool sensitivities) {
    const std::string file = scratch.write("calibration.json", calibration.dump());
    std::vector<std::string> arguments{"simulate",     circuit,     "--json",       "--calibration",
                                       file,           "--readout", "--observable", "Z0 Z1",
                                       "--observable", "Z2"};
    if (sensitivities) arguments.push_back("--sensitivities");
    const auto result = run(arguments);
    INFO(result.err);
    REQUIRE(result.status == 0);
    return result.json();
  };
  const auto json = simulate(recorded, true);
  for (const std::string observable : {"Z0 Z1", "Z2"}) {
    const auto& slopes = json["sensitivities"][observable];
    CHECK(slopes.contains("/qubits/1/readout/p10"));
    double largest = 0.0, worst = 0.0;
    for (const auto& [number, slope] : slopes.items()) {
      const nlohmann::json::json_pointer pointer(number);
      const double value = recorded[pointer].get<double>(), step = 1e-4;
      const auto with = [&](double factor) {
        auto changed = recorded;
        changed[pointer] = value * factor;
        return simulate(changed, false)["expectations"][observable].get<double>();
      };
      const double expected = (with(1 + step) - with(1 - step)) / (2 * step);
      largest = std::max(largest, std::abs(expected));
      worst = std::max(worst, std::abs(expected - slope.get<double>() * value));
    }
    CHECK(largest > 1e-3);
    CHECK(worst <= 1e-6 * largest);
  }
}

TEST_CASE("simulate --sensitivities needs a calibration and an observable") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("bell.qasm", bell);
  CHECK(run({"simulate", file, "--sensitivities", "--observable", "Z0"}).status == 2);
  CHECK(run({"simulate", file, "--sensitivities", "--calibration",
             shipped("calibrations/belem.json")})
            .status == 2);
}

TEST_CASE("simulate --trajectories estimates what the density matrix gives") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("bell.qasm", bell);
  std::vector<std::string> arguments{
      "simulate",     file,    "--json",       "--calibration", shipped("calibrations/belem.json"),
      "--observable", "Z0 Z1", "--observable", "X0 X1"};
  const auto exact = run(arguments).json();
  for (const char* more : {"--trajectories", "20000", "--shots", "5000", "--seed", "3"})
    arguments.push_back(more);
  const auto result = run(arguments);
  INFO(result.err);
  REQUIRE(result.status == 0);
  const auto json = result.json();
  for (const char* name : {"Z0 Z1", "X0 X1"}) {
    INFO(name);
    const auto& estimate = json["estimates"][name];
    CHECK(estimate["value"] == json["expectations"][name]);
    CHECK(estimate["method"] == "trajectories");
    const double error = estimate["std_error"].get<double>();
    CHECK(error > 0.0);
    CHECK(error < 0.01);
    CHECK(std::abs(estimate["value"].get<double>() - exact["expectations"][name].get<double>()) <
          4.0 * error);
  }
  std::uint64_t total = 0;
  for (const auto& [bits, count] : json["counts"].items()) total += count.get<std::uint64_t>();
  CHECK(total == 5000);
  CHECK(run(arguments).out == result.out);
}

TEST_CASE("simulate --trajectories refuses what trajectories do not give") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("bell.qasm", bell);
  for (const char* exact : {"--probabilities", "--sensitivities"}) {
    const auto result = run({"simulate", file, "--calibration", shipped("calibrations/belem.json"),
                             "--observable", "Z0", "--trajectories", "10", exact});
    CHECK(result.status == 2);
    CHECK_THAT(result.err, ContainsSubstring(exact));
  }
  const auto one = run({"simulate", file, "--observable", "Z0", "--trajectories", "1"});
  CHECK(one.status == 2);
}
