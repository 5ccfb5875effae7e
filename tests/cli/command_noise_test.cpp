#include <armadillo>

#include <fmt/format.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/noise/error_budget.hpp>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

TEST_CASE("noise channel prints the library's figures") {
  const std::string file = shipped("calibrations/belem.json");
  const auto result =
      run({"noise", "channel", "--calibration", file, "--gate", "cx", "--qubits", "0,1", "--json"});
  REQUIRE(result.status == 0);
  const auto json = result.json();
  const GateNoise noise =
      NoiseModel(read_calibration(file), NoisePolicy::device).gate_noise("cx", {0, 1});
  CHECK(json["average_infidelity"].get<double>() == noise.average_infidelity);
  CHECK(json["depolarizing_lambda"].get<double>() == noise.depolarizing_lambda);
  CHECK(json["relaxation_infidelity"].get<double>() == noise.relaxation_infidelity);
  CHECK(json["coherent_infidelity"].get<double>() == noise.coherent_infidelity);
  CHECK(json["relaxation_s"].get<double>() == noise.relaxation_s);
  CHECK(json["notes"].size() == noise.notes.size());
  REQUIRE(json["ptm"].size() == 16);
  for (arma::uword r = 0; r < 16; ++r)
    for (arma::uword c = 0; c < 16; ++c)
      CHECK(json["ptm"][r][c].get<double>() == noise.channel.ptm()(r, c));
}

TEST_CASE("noise channel refuses gates and qubits the device does not have") {
  const std::string file = shipped("calibrations/belem.json");
  const auto lacking =
      run({"noise", "channel", "--calibration", file, "--gate", "cx", "--qubits", "0,4"});
  CHECK(lacking.status == 2);
  CHECK_THAT(lacking.err, ContainsSubstring("does not have it on qubits 0,4"));
  CHECK(run({"noise", "channel", "--calibration", file, "--gate", "cx"}).status == 2);
}

TEST_CASE("noise channel takes a policy with options") {
  const std::string file = shipped("calibrations/belem.json");
  const auto infidelity = [&](const std::string& policy) {
    const auto result = run({"noise", "channel", "--calibration", file, "--gate", "sx", "--qubits",
                             "2", "--policy", policy, "--json"});
    INFO(result.err);
    REQUIRE(result.status == 0);
    return result.json()["average_infidelity"].get<double>();
  };
  // Relaxation alone would exceed what is reported for this gate.
  const double reported = *read_calibration(file).find_gate("sx", {2})->error;
  CHECK(infidelity("device") == Approx(reported).epsilon(1e-12));
  CHECK(infidelity("aer") > 1.2 * infidelity("device"));
  CHECK(infidelity("device:no-keep-error") == infidelity("aer"));
  CHECK(infidelity("scaled:2") == Approx(2 * infidelity("device")).epsilon(1e-3));
  CHECK(infidelity("scaled:0") == 0.0);
  CHECK(infidelity("ideal") == 0.0);
  const auto refused = run({"noise", "channel", "--calibration", file, "--gate", "sx", "--qubits",
                            "2", "--policy", "scaled:much"});
  CHECK(refused.status == 2);
  CHECK_THAT(refused.err, ContainsSubstring("'much' is not a finite number >= 0"));
}

TEST_CASE("a qubit that waits for another relaxes, as if the circuit said so") {
  const ScratchDirectory scratch;
  const std::string calibration = shipped("calibrations/belem.json");
  const double wait_s = 100 * *read_calibration(calibration).find_gate("sx", {1})->duration_s;
  const auto infidelity = [&](const std::string& waiting, const std::string& policy) {
    std::string text =
        "OPENQASM 3.0;\ninclude \"stdgates.inc\";\nqubit[2] q;\nx q[0];\ncx q[0], q[1];\n";
    for (int k = 0; k < 100; ++k) text += "sx q[1];\n";
    const std::string file = scratch.write("waits.qasm", text + waiting + "cx q[0], q[1];\n");
    const auto result = run({"noise", "show", "--calibration", calibration, "--circuit", file,
                             "--policy", policy, "--json"});
    INFO(result.err);
    REQUIRE(result.status == 0);
    return result.json()["circuit"]["expected_infidelity"].get<double>();
  };
  const double as_written = infidelity("", "device:no-schedule");
  CHECK(infidelity("", "device") > as_written + 0.01);
  CHECK(infidelity("", "device") ==
        Approx(infidelity(fmt::format("delay[{}s] q[0];\n", wait_s), "device:no-schedule"))
            .epsilon(1e-9));
  CHECK(infidelity("", "device:no-idle") == Approx(as_written).epsilon(1e-12));
}

TEST_CASE("noise show prints the library's budget, of the device and of a circuit") {
  const ScratchDirectory scratch;
  const std::string file = shipped("calibrations/belem.json");
  const std::string circuit = scratch.write(
      "ghz.qasm", "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[2];\nh q[0];\ncx q[0],q[1];\n");
  const auto result = run(
      {"noise", "show", "--calibration", file, "--circuit", circuit, "--layout", "1,3", "--json"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const auto json = result.json();
  CHECK(json["device"] == "ibmq_belem");
  CHECK(json["policy"] == "device");
  const NoiseModel model(read_calibration(file), NoisePolicy::device);
  const ErrorBudget budget = device_error_budget(model);
  REQUIRE(json["kinds"].size() == budget.by_kind.size());
  for (std::size_t k = 0; k < budget.by_kind.size(); ++k) {
    const auto& row = json["kinds"][k];
    CHECK(row["kind"].get<std::string>() == budget.by_kind[k].kind);
    CHECK(row["number"].get<std::size_t>() == budget.by_kind[k].count);
    CHECK(row["relaxation"].get<double>() == budget.by_kind[k].errors.relaxation);
    CHECK(row["total"].get<double>() == budget.by_kind[k].errors.total());
    CHECK(row["worst"]["total"].get<double>() == budget.by_kind[k].worst);
  }
  CHECK(json["qubits"].size() == 5);
  CHECK(json["readout_groups"].empty());
  CHECK(json["circuit"]["layout"].get<std::vector<int>>() == std::vector{1, 3});
  CHECK(json["circuit"]["qubits"].size() == 2);
  const double expected = json["circuit"]["expected_infidelity"].get<double>();
  CHECK(expected > 0.02);
  CHECK(expected < 0.2);
  CHECK(json["notes"].size() == model.notes({1, 3}).size());

  const auto text =
      run({"noise", "show", "--calibration", file, "--circuit", circuit, "--layout", "1,3"});
  REQUIRE(text.status == 0);
  CHECK_THAT(text.out, ContainsSubstring("policy device"));
  CHECK_THAT(text.out, ContainsSubstring("depolarizing"));
  CHECK_THAT(text.out, ContainsSubstring("on qubits 1-3: expected infidelity 0."));
}

TEST_CASE("noise show cuts long lists for people only") {
  const std::string file = shipped("calibrations/kingston.json");
  const auto text = run({"noise", "show", "--calibration", file});
  REQUIRE(text.status == 0);
  CHECK_THAT(text.out, ContainsSubstring("… and 146 qubits with less (--json has all)"));
  CHECK_THAT(text.out, ContainsSubstring("faulty)"));
  const auto json = run({"noise", "show", "--calibration", file, "--json"}).json();
  CHECK(json["qubits"].size() == 156);
  CHECK_FALSE(json.contains("circuit"));
}

TEST_CASE("noise show refuses a circuit that does not fit the device") {
  const ScratchDirectory scratch;
  const std::string file = shipped("calibrations/belem.json");
  const std::string circuit = scratch.write(
      "far.qasm", "OPENQASM 2.0;\ninclude \"qelib1.inc\";\nqreg q[2];\ncx q[0],q[1];\n");
  const auto refused = [&](const std::vector<std::string>& options, const std::string& message) {
    std::vector<std::string> arguments{"noise", "show", "--calibration", file};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const auto result = run(arguments);
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK_THAT(result.err, ContainsSubstring(message));
  };
  refused({"--circuit", circuit, "--layout", "0,4"}, "far.qasm");
  refused({"--circuit", circuit, "--layout", "0"}, "names 1 device qubits, the circuit has 2");
  refused({"--layout", "0,1"}, "--circuit");
  refused({"--circuit", "nowhere.qasm"}, "nowhere.qasm");
  refused({"--policy", "qiskit"}, "'qiskit' is unknown");
}
