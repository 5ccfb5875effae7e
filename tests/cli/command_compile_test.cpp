#include <rhodrift/circuit/circuit_json.hpp>
#include <rhodrift/core/file.hpp>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

namespace {

// Every pair of four qubits, which belem does not couple.
const char* const all_pairs = R"(OPENQASM 2.0;
include "qelib1.inc";
qreg q[4];
creg c[4];
h q;
cx q[0],q[1]; t q[1]; cx q[0],q[2]; t q[2]; cx q[0],q[3];
cx q[1],q[2]; t q[2]; cx q[1],q[3]; t q[3]; cx q[2],q[3];
measure q -> c;
)";

}  // namespace

TEST_CASE("compile prints what it made, and writes the circuit") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("pairs.qasm", all_pairs);
  const std::string output = (scratch / "compiled.json").string();
  const auto result = run({"compile", file, "--calibration", shipped("calibrations/belem.json"),
                           "-o", output, "--format", "json", "--json"});
  REQUIRE(result.status == 0);
  const auto json = result.json();
  CHECK(json["device"] == "ibmq_belem");
  CHECK(json["final_qubit"].size() == 4);
  CHECK(json["two_qubit_gates"].get<int>() >= 7);  // six pairs, and at least one swap
  CHECK(json["expected_fidelity"].get<double>() > 0.5);
  CHECK(json["expected_fidelity"].get<double>() < 1.0);
  CHECK(json["duration_s"].get<double>() > 5e-6);
  CHECK(json["start_s"].size() == json["circuit"]["instructions"].size());
  const Circuit circuit = circuit_from_json(read_file(output), output);
  CHECK(circuit.instructions().size() == json["circuit"]["instructions"].size());
  CHECK(circuit.n_qubits() == static_cast<int>(json["layout"].size()));

  const auto text = run({"compile", file, "--calibration", shipped("calibrations/belem.json")});
  CHECK(text.status == 0);
  CHECK_THAT(text.out, ContainsSubstring("ibmq_belem as recorded 2021-03-15T04:49:04Z"));
  CHECK_THAT(text.out, ContainsSubstring("2-qubit gates"));
}

TEST_CASE("what compile writes does what the source does, and keeps its inputs") {
  const ScratchDirectory scratch;
  const std::string source =
      scratch.write("turned.qasm",
                    "OPENQASM 3;\ninclude \"stdgates.inc\";\ninput float[64] a;\nqubit[3] q;\n"
                    "bit[3] c;\nh q[0]; cx q[0], q[1]; delay[50dt] q[2]; ry(2*a) q[2];\n"
                    "cx q[0], q[2]; cx q[1], q[2];\nc = measure q;\n");
  const auto probabilities = [](const std::string& file, const std::string& dt) {
    std::vector<std::string> arguments{"simulate",        file,    "--weights", "0.4",
                                       "--probabilities", "--json"};
    if (!dt.empty()) arguments.insert(arguments.end(), {"--dt", dt});
    const auto result = run(arguments);
    INFO(result.err);
    REQUIRE(result.status == 0);
    return result.json()["probabilities"].get<std::vector<double>>();
  };
  const std::vector<double> expected = probabilities(source, "1e-9");
  const std::string native = (scratch / "native.qasm").string();
  const std::vector<std::string> to_native{
      "compile", source, "--calibration", shipped("calibrations/belem.json"),
      "-o",      native, "--dt",          "1e-9"};
  REQUIRE(run(to_native).status == 0);
  const std::vector<double> actual = probabilities(native, "");
  REQUIRE(actual.size() == expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k)
    CHECK(actual[k] == Approx(expected[k]).margin(1e-12));

  std::vector<std::string> to_qasm2 = to_native;
  to_qasm2.insert(to_qasm2.end(), {"--format", "qasm2"});
  const auto refused = run(to_qasm2);
  CHECK(refused.status == 2);
  CHECK_THAT(refused.err, ContainsSubstring("OpenQASM 2"));
}

TEST_CASE("compile takes a layout, a sequence, and no schedule") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("pairs.qasm", all_pairs);
  const auto with = [&](std::vector<std::string> options) {
    std::vector<std::string> arguments{"compile", file, "--calibration",
                                       shipped("calibrations/belem.json"), "--json"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return run(arguments);
  };
  const auto placed = with({"--layout", "4,3,1,0"}).json();
  CHECK(std::vector<int>(placed["layout"].begin(), placed["layout"].begin() + 4) ==
        std::vector{4, 3, 1, 0});
  CHECK(with({"--no-schedule"}).json()["start_s"].empty());
  CHECK(with({"--decoupling", "xx"}).json()["one_qubit_gates"] >
        with({}).json()["one_qubit_gates"]);
  CHECK(with({"--layout", "4,3,1"}).status == 2);
  CHECK_THAT(with({"--layout", "4,3,1"}).err, ContainsSubstring("the circuit has 4"));
  CHECK_THAT(with({"--decoupling", "cpmg"}).err,
             ContainsSubstring("--decoupling: decoupling: cpmg: unknown sequence"));
  CHECK(with({"--trials", "0"}).status == 2);
}

TEST_CASE("compile refuses a circuit that is too large, with the file's name") {
  const ScratchDirectory scratch;
  const std::string file = scratch.write("large.qasm", "OPENQASM 2.0;\nqreg q[6];\nCX q[0],q[5];");
  const auto result = run({"compile", file, "--calibration", shipped("calibrations/belem.json")});
  CHECK(result.status == 2);
  CHECK_THAT(result.err, ContainsSubstring("large.qasm: ibmq_belem: has 5 qubits, the circuit "
                                           "needs 6"));
}
