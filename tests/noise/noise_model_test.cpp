#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <nlohmann/json.hpp>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/correlated_readout.hpp>
#include <rhodrift/noise/noise_model.hpp>

#include "noise/small_device.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

TEST_CASE("apply puts each gate's noise after it, with the device qubits' figures") {
  const NoiseModel model(small_device(), NoisePolicy::aer);
  Circuit circuit(2);
  circuit.append(Op::sx, {0})
      .append(Op::rz, {1}, {Angle::weight(0)})
      .append(Op::cx, {1, 0})
      .append(Op::barrier, {0, 1})
      .append(Op::cx, {1, 0})
      .measure(1, 0);
  const Circuit noisy = model.apply(circuit, {2, 1});  // circuit qubit 0 on 2, 1 on 1
  const auto& list = noisy.instructions();
  REQUIRE(list.size() == 9);  // rz is noiseless
  const std::vector<Op> ops{Op::sx,      Op::channel, Op::rz,      Op::cx,     Op::channel,
                            Op::barrier, Op::cx,      Op::channel, Op::measure};
  for (std::size_t i = 0; i < ops.size(); ++i) CHECK(list[i].op == ops[i]);
  CHECK(list[1].qubits == std::vector{0});
  CHECK(list[1].channel->label == "sx 2");
  CHECK(arma::abs(list[1].channel->ptm - model.gate_noise("sx", {2}).channel.ptm()).max() == 0.0);
  CHECK(list[4].qubits == std::vector{1, 0});
  CHECK(list[4].channel->label == "cx 1,2");
  CHECK(arma::abs(list[4].channel->ptm - model.gate_noise("cx", {1, 2}).channel.ptm()).max() ==
        0.0);
  CHECK(list[4].channel == list[7].channel);  // one matrix for all uses
  CHECK(noisy.n_weights() == 1);
  REQUIRE(noisy.readout_error().size() == 1);
  CHECK(noisy.readout_error()[0].bits == std::vector{0});
  CHECK(noisy.readout_error()[0].matrix(1, 0) == 0.03);
  CHECK(noisy.readout_error()[0].matrix(0, 1) == 0.05);
}

TEST_CASE("Measurements and post-selections have no gate noise, repeated readings the same error") {
  Circuit circuit(1);
  circuit.measure(0, 1).append(Op::sx, {0}).postselect(0, 1).measure(0, 0);
  const Circuit noisy = NoiseModel(small_device(), NoisePolicy::aer).apply(circuit, {1});
  std::vector<Op> ops;
  for (const Instruction& instruction : noisy.instructions()) ops.push_back(instruction.op);
  CHECK(ops == std::vector{Op::measure, Op::sx, Op::channel, Op::postselect1, Op::measure});
  REQUIRE(noisy.readout_error().size() == 2);
  for (const ConfusionMatrix& group : noisy.readout_error()) CHECK(group.matrix(1, 0) == 0.03);
}

TEST_CASE("apply brings the derivatives of the channels when asked") {
  const NoiseModel model(small_device(), NoisePolicy::aer);
  Circuit circuit(2);
  circuit.append(Op::sx, {0}).append(Op::rz, {1}, {Angle::weight(0)}).append(Op::sx, {0});
  const Circuit plain = model.apply(circuit, {2, 1});
  REQUIRE(plain.instructions().size() == 5);
  CHECK(plain.instructions()[1].channel->derivatives.empty());
  const Circuit noisy = model.apply(circuit, {2, 1}, Derivatives::with);
  const auto& list = noisy.instructions();
  REQUIRE(list.size() == 6);  // rz has no noise, but would have with a duration
  CHECK(list[1].channel == list[5].channel);
  CHECK(arma::abs(list[3].channel->ptm - arma::eye(4, 4)).max() == 0.0);
  for (const auto& [at, gate, q] : {std::tuple(1, "sx", 2), std::tuple(3, "rz", 1)}) {
    const auto& carried = list[static_cast<std::size_t>(at)].channel->derivatives;
    const auto expected = model.gate_noise_derivatives(gate, {q});
    REQUIRE(carried.size() == 4);
    REQUIRE(expected.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(carried[i].number == expected[i].number);
      CHECK(arma::abs(carried[i].ptm - expected[i].ptm).max() == 0.0);
    }
  }
  CHECK_THROWS_WITH(model.gate_noise_derivatives("cx", {2, 1}),
                    ContainsSubstring("does not have it on qubits 2,1"));
}

TEST_CASE("A channel that is in the circuit already stays as it is") {
  const NoiseModel model(small_device(), NoisePolicy::aer);
  Circuit circuit(1);
  circuit.append_channel("idle", {0}, amplitude_damping(0.1).ptm());
  CHECK(model.apply(circuit, {1}).instructions().size() == 1);
}

TEST_CASE("Policy ideal checks the gates and adds nothing") {
  const NoiseModel model(small_device(), NoisePolicy::ideal);
  Circuit circuit(2);
  circuit.append(Op::sx, {0}).append(Op::cx, {0, 1});
  const Circuit same = model.apply(circuit, {0, 1});
  CHECK(same.instructions().size() == 2);
  CHECK(same.readout_error().empty());
  CHECK(model.gate_noise("cx", {0, 1}).average_infidelity == 0.0);
  CHECK(model.notes({0, 1}).empty());
  CHECK(model.apply(circuit, {0, 1}, Derivatives::with).instructions().size() == 2);
  CHECK(model.gate_noise_derivatives("cx", {0, 1}).empty());
  CHECK(model.readout_derivatives({0, 1}).empty());
  circuit.append(Op::h, {0});
  CHECK_THROWS_WITH(model.apply(circuit, {0, 1}), ContainsSubstring("gate h"));
}

TEST_CASE("What the device lacks is refused by name") {
  const NoiseModel model(small_device(), NoisePolicy::aer);
  Circuit circuit(2);
  circuit.append(Op::cx, {0, 1});
  CHECK_THROWS_WITH(model.apply(circuit, {2, 1}),
                    ContainsSubstring("line at 1970-01-01T00:00:00Z") &&
                        ContainsSubstring("gate cx") && ContainsSubstring("on qubits 2,1") &&
                        ContainsSubstring("sx, rz, cx"));
  CHECK_THROWS_AS(model.apply(circuit, {2, 1}), InputError);
  CHECK_THROWS_WITH(model.gate_noise("ecr", {0, 1}), ContainsSubstring("gate ecr"));
  const std::string cx = "line at 1970-01-01T00:00:00Z: gate cx: ";
  CHECK_THROWS_WITH(model.gate_noise("cx", {0, 9}), cx + "qubit 9 is outside 0..2");
  CHECK_THROWS_WITH(model.gate_noise("cx", {-1, 0}), cx + "qubit -1 is outside 0..2");
  CHECK_THROWS_WITH(model.gate_noise("cx", {0, 0}), cx + "qubit 0 is repeated");
  CHECK_THROWS_WITH(model.gate_noise("cx", {0}), cx + "cx takes 2 qubits, got 1");
  CHECK_THROWS_WITH(model.gate_noise("sx", {0, 1}), ContainsSubstring("sx takes 1 qubit, got 2"));
  CHECK_THROWS_WITH(model.gate_noise("own", {0, 1}),
                    ContainsSubstring("does not have it on qubits 0,1"));
  CHECK_THROWS_WITH(model.apply(circuit, {0}), ContainsSubstring("layout"));
  CHECK_THROWS_WITH(model.apply(circuit, {0, 0}), ContainsSubstring("device qubit 0 is repeated"));
  CHECK_THROWS_WITH(model.apply(circuit, {0, 3}),
                    ContainsSubstring("device qubit 3 is outside 0..2"));
  const Circuit noisy = model.apply(circuit, {0, 1});
  CHECK_THROWS_WITH(model.apply(noisy, {0, 1}), ContainsSubstring("already has a readout error"));
}

TEST_CASE("Readout errors are the qubits' own, or a recorded group's when all of it is read") {
  Calibration device = small_device();
  const NoiseModel single(device, NoisePolicy::aer);
  const ReadoutError own = single.readout_error({2, 0});
  REQUIRE(own.size() == 2);
  CHECK(own[0].bits == std::vector{0});
  CHECK(own[0].matrix(1, 0) == 0.04);
  CHECK(own[0].matrix(0, 1) == 0.08);
  CHECK(own[1].bits == std::vector{1});
  CHECK(own[1].matrix(1, 0) == 0.01);

  arma::mat together = arma::kron(arma::mat{{0.9, 0.2}, {0.1, 0.8}}, arma::eye(2, 2));
  together(0, 0) -= 0.05;
  together(1, 0) += 0.05;
  device.readout_matrices.push_back({{2, 0}, together});
  const NoiseModel grouped(device, NoisePolicy::aer);
  const ReadoutError all = grouped.readout_error({0, 1, 2});
  REQUIRE(all.size() == 2);
  CHECK(all[0].bits == std::vector{2, 0});
  CHECK(arma::abs(all[0].matrix - together).max() == 0.0);
  CHECK(all[1].bits == std::vector{1});
  const ReadoutError swapped = grouped.readout_error({2, 0});
  REQUIRE(swapped.size() == 1);
  CHECK(swapped[0].bits == std::vector{0, 1});
  const ReadoutError part = grouped.readout_error({0, 1});
  REQUIRE(part.size() == 2);
  CHECK(part[0].matrix(1, 0) == 0.01);

  CHECK_THROWS_WITH(single.readout_error({0, 3}), ContainsSubstring("3 is outside 0..2"));

  const ReadoutError twice = grouped.readout_error({2, 0, 2});
  REQUIRE(twice.size() == 3);
  for (std::size_t bit : {0u, 2u}) {
    CHECK(twice[bit].bits == std::vector{static_cast<int>(bit)});
    CHECK(twice[bit].matrix(1, 0) == 0.04);
  }
}

TEST_CASE("Readout errors move with the figures of the qubits that no recorded group covers") {
  Calibration device = small_device();
  device.readout_matrices.push_back({{2, 0}, arma::eye(4, 4)});
  device.qubits.push_back(qubit(50e-6, 50e-6, 0.1, 0.2));
  device.qubits.push_back({});
  const NoiseModel model(device, NoisePolicy::aer);
  const std::vector<int> read{1, 4, 2, 0, 3};
  const ReadoutError error = model.readout_error(read);
  REQUIRE(error.size() == 3);
  const auto derivatives = model.readout_derivatives(read);
  std::vector<std::string> numbers;
  for (const ReadoutDerivative& derivative : derivatives) {
    numbers.push_back(derivative.number);
    const ConfusionMatrix& group = error.at(derivative.group);
    CHECK(derivative.at_zero.bits == group.bits);
    CHECK(derivative.at_one.bits == group.bits);
    const double value = figure(device, derivative.number);
    const arma::mat between =
        (1 - value) * derivative.at_zero.matrix + value * derivative.at_one.matrix;
    CHECK(arma::abs(between - group.matrix).max() <= 1e-15);
  }
  CHECK(numbers == std::vector<std::string>{"/qubits/1/readout/p10", "/qubits/1/readout/p01",
                                            "/qubits/3/readout/p10", "/qubits/3/readout/p01"});
}

TEST_CASE("Readout derivatives give those of the observable that is reported") {
  Calibration device = small_device();
  const std::vector<int> read{2, 0, 1};
  const auto reported = [&](const Observable& observable, const ReadoutError& error) {
    std::map<std::string, double> coefficients;
    const Observable with_error = observable.with_readout_error(error);
    for (const Observable::Term& term : with_error.terms())
      coefficients[term.pauli.to_string()] = term.coefficient;
    return coefficients;
  };
  const auto difference = [](const std::map<std::string, double>& a,
                             std::map<std::string, double> b) {
    for (const auto& [pauli, coefficient] : a) b[pauli] -= coefficient;
    return b;
  };
  const Observable observable = Observable::parse("Z0 Z1 Z2 + 0.5*X0 Z2 - 2*Y1 + 3*I");
  const ReadoutError error = NoiseModel(device, NoisePolicy::aer).readout_error(read);
  for (const auto& [number, group, at_zero, at_one, slope] :
       NoiseModel(device, NoisePolicy::aer).readout_derivatives(read)) {
    CAPTURE(number);
    ReadoutError zero = error, one = error;
    zero[group] = at_zero;
    one[group] = at_one;
    auto derivative = difference(reported(observable, zero), reported(observable, one));

    // Affine in the number: a difference of any width is the derivative.
    const double h = 5e-3, recorded = figure(device, number);
    figure(device, number) = recorded - h;
    const ReadoutError below = NoiseModel(device, NoisePolicy::aer).readout_error(read);
    figure(device, number) = recorded + h;
    const ReadoutError above = NoiseModel(device, NoisePolicy::aer).readout_error(read);
    figure(device, number) = recorded;
    const auto expected = difference(reported(observable, below), reported(observable, above));
    double largest = 0.0;
    for (const auto& [pauli, change] : expected) {
      CHECK(slope * derivative[pauli] == Approx(change / (2 * h)).epsilon(1e-12).margin(1e-12));
      largest = std::max(largest, std::abs(change));
    }
    CHECK(largest > 0.0);
    CHECK(derivative.size() <= expected.size());
  }
}

TEST_CASE("Readout derivatives name the figures of the calibration file") {
  Calibration calibration =
      read_calibration(RHODRIFT_SOURCE_DIR "/data/calibrations/guadalupe.json");
  const auto document = nlohmann::json::parse(to_json(calibration));
  const auto derivatives = NoiseModel(calibration, NoisePolicy::aer)
                               .readout_derivatives(trivial_layout(calibration.n_qubits()));
  REQUIRE(derivatives.size() == 32);
  for (const ReadoutDerivative& derivative : derivatives)
    CHECK(document.at(nlohmann::json::json_pointer(derivative.number)).get<double>() ==
          figure(calibration, derivative.number));
}

TEST_CASE("Any part of a group is read with the marginal of its matrix") {
  Calibration device = small_device();
  RandomStream random(830);
  device.readout_matrices.push_back({{2, 0}, oracle::random_confusion({0, 1}, random).matrix});
  const NoiseModel model(device, NoisePolicy::device);
  const ReadoutError part = model.readout_error({1, 2});
  REQUIRE(part.size() == 2);
  CHECK(part[0].bits == std::vector{1});
  CHECK(arma::abs(part[0].matrix - marginal_confusion(device.readout_matrices[0], {2}).matrix)
            .max() == 0.0);
  CHECK(part[1].bits == std::vector{0});
  CHECK(part[1].matrix(1, 0) == 0.03);
  CHECK(model.readout_derivatives({1, 2}).size() == 2);
  const ReadoutError whole = model.readout_error({0, 1, 2});
  CHECK(whole[0].bits == std::vector{2, 0});
  CHECK(arma::abs(whole[0].matrix - device.readout_matrices[0].matrix).max() == 0.0);
  CHECK(mentions(model.notes({1, 2}), "readout of 2,0: taken as if the group's other qubits"));
  CHECK_FALSE(mentions(model.notes({0, 2}), "taken as if"));

  // Read repeatedly: its own figures, or the marginal when it has none.
  CHECK(model.readout_error({2, 2})[1].matrix(1, 0) == 0.04);
  device.qubits[2].readout_p10.reset();
  device.qubits[2].readout_p01.reset();
  const NoiseModel without(device, NoisePolicy::device);
  const ReadoutError twice = without.readout_error({2, 2});
  REQUIRE(twice.size() == 2);
  CHECK(twice[1].bits == std::vector{1});
  CHECK(arma::abs(twice[1].matrix - part[0].matrix).max() == 0.0);
  CHECK(without.readout_derivatives({2, 2}).empty());
  CHECK(mentions(without.notes({2}), "qubit 2: no readout error reported; read as its group says"));
  CHECK(mentions(NoiseModel(device, NoisePolicy::aer).notes({2}), "read perfectly"));
}

TEST_CASE("Scaled readout misreads so many times as often") {
  Calibration device = small_device();
  RandomStream random(831);
  device.readout_matrices.push_back({{2, 0}, oracle::random_confusion({0, 1}, random).matrix});
  for (const double alpha : {0.5, 1.0, 1.3}) {
    const ReadoutError once = NoiseModel(device, NoisePolicy::device).readout_error({0, 1, 2});
    const NoiseModel model(device, NoisePolicy::scaled(alpha));
    const ReadoutError scaled = model.readout_error({0, 1, 2});
    REQUIRE(scaled.size() == 2);
    for (std::size_t g = 0; g < 2; ++g) {
      const arma::mat one = arma::eye(arma::size(once[g].matrix));
      CHECK(arma::abs(scaled[g].matrix - one - alpha * (once[g].matrix - one)).max() <= 1e-15);
      CHECK_NOTHROW(scaled[g].validate("scaled"));
    }
    for (const ReadoutDerivative& derivative : model.readout_derivatives({0, 1, 2})) {
      double& number = figure(device, derivative.number);
      const double recorded = number;
      number = recorded + 0.01;
      const arma::mat above = NoiseModel(device, NoisePolicy::scaled(alpha))
                                  .readout_error({0, 1, 2})[derivative.group]
                                  .matrix;
      number = recorded;
      const arma::mat slope =
          derivative.slope * (derivative.at_one.matrix - derivative.at_zero.matrix);
      CHECK(arma::abs((above - scaled[derivative.group].matrix) / 0.01 - slope).max() <= 1e-12);
    }
  }
  CHECK(NoiseModel(device, NoisePolicy::scaled(0)).readout_error({0, 1, 2}).empty());
  CHECK_THROWS_WITH(NoiseModel(device, NoisePolicy::scaled(25)).readout_error({1}),
                    ContainsSubstring("line at 1970-01-01T00:00:00Z: readout error: 25 times the "
                                      "probability 0.05") &&
                        ContainsSubstring("to misread bits 0 is above 1"));
}

TEST_CASE("Delays relax their qubit") {
  Circuit circuit(2);
  circuit.delay(1, 2e-6).append(Op::sx, {0}).delay(1, 0.0).delay(1, 2e-6).delay(1, 3e-6);
  for (const NoisePolicy& policy : {NoisePolicy::aer, NoisePolicy::device}) {
    const NoiseModel model(small_device(), policy);
    const Circuit noisy = model.apply(circuit, {2, 1});
    const auto& list = noisy.instructions();
    std::vector<Op> ops;
    for (const Instruction& instruction : list) ops.push_back(instruction.op);
    CHECK(ops == std::vector{Op::delay, Op::channel, Op::sx, Op::channel, Op::delay, Op::delay,
                             Op::channel, Op::delay, Op::channel});
    CHECK(list[1].channel->label == "delay 1, 2e-06 s");
    CHECK(arma::abs(list[1].channel->ptm - thermal_relaxation(60e-6, 110e-6, 2e-6).ptm()).max() ==
          0.0);
    CHECK(list[6].channel == list[1].channel);
    CHECK(list[8].channel != list[1].channel);
    const Circuit moving = model.apply(circuit, {2, 1}, Derivatives::with);
    const auto& derivatives = moving.instructions()[1].channel->derivatives;
    REQUIRE(derivatives.size() == 2);
    CHECK(derivatives[0].number == "/qubits/1/t1_s");
    CHECK(derivatives[1].number == "/qubits/1/t2_s");
  }
  const NoiseModel perfect(small_device(), parse_noise_policy("device:no-idle"));
  CHECK(perfect.apply(circuit, {2, 1}).instructions().size() == 6);
  CHECK(
      NoiseModel(small_device(), NoisePolicy::ideal).apply(circuit, {2, 1}).instructions().size() ==
      5);
}

TEST_CASE("A qubit relaxes while it is read mid-circuit") {
  Calibration device = small_device();
  device.qubits[1].readout_duration_s = 1e-6;
  Circuit circuit(1);
  circuit.measure(0, 1).append(Op::sx, {0}).measure(0, 0);
  const NoiseModel model(device, NoisePolicy::device);
  const Circuit noisy = model.apply(circuit, {1}, Derivatives::with);
  const auto& list = noisy.instructions();
  REQUIRE(list.size() == 5);  // nothing after the final measurement
  CHECK(list[1].op == Op::channel);
  CHECK(list[1].channel->label == "measure 1, 1e-06 s");
  CHECK(arma::abs(list[1].channel->ptm - thermal_relaxation(60e-6, 110e-6, 1e-6).ptm()).max() ==
        0.0);
  REQUIRE(list[1].channel->derivatives.size() == 3);
  CHECK(list[1].channel->derivatives[2].number == "/qubits/1/readout_duration_s");
  CHECK(list[4].op == Op::measure);
  CHECK_FALSE(noisy.is_mid_circuit(0));
  CHECK(NoiseModel(device, NoisePolicy::aer).apply(circuit, {1}).instructions().size() == 4);
  device.qubits[1].readout_duration_s.reset();
  const NoiseModel unknown(device, NoisePolicy::device);
  CHECK(unknown.apply(circuit, {1}).instructions().size() == 4);
  CHECK(mentions(unknown.notes({1}), "qubit 1: no readout duration reported"));
}

TEST_CASE("Coupled qubits that wait together turn each other, for as long as both do") {
  Calibration device = small_device();
  device.zz_couplings = {{{0, 1}, 40e3}, {{1, 2}, -70e3}};
  Circuit circuit(2);
  circuit.delay(0, 1e-6).append(Op::x, {0}).append(Op::sx, {1}).delay(1, 2e-6).append(Op::x, {1});
  for (int q = 0; q < 3; ++q) device.gates.push_back({"x", {q}, 1e-4, 35e-9});
  const NoiseModel model(device, NoisePolicy::device);
  const Circuit noisy = model.apply(circuit, {1, 2});
  const auto& list = noisy.instructions();
  std::vector<std::size_t> couplings;
  double waited_s[2] = {0.0, 0.0};
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].op == Op::delay) waited_s[list[i].qubits[0]] += list[i].duration_s;
    if (list[i].channel && list[i].channel->label.starts_with("zz")) couplings.push_back(i);
  }
  // Device qubit 1 waits from 0 to 1 µs, qubit 2 from 35 ns to 2.035 µs.
  CHECK(waited_s[0] == Approx(1e-6).epsilon(1e-12));
  CHECK(waited_s[1] == Approx(2e-6).epsilon(1e-12));
  REQUIRE(couplings.size() == 1);
  const Instruction& coupling = list[couplings[0]];
  CHECK(coupling.qubits == std::vector{0, 1});
  CHECK(coupling.channel->label == "zz 1,2, 9.65e-07 s");
  CHECK(arma::abs(coupling.channel->ptm - zz_crosstalk(-70e3, 0.965e-6).ptm()).max() <= 1e-12);
  // Before the x that ends the first wait, and after the sx that precedes the second.
  const auto position = [&](Op op, int qubit) {
    return static_cast<std::size_t>(std::ranges::find_if(list,
                                                         [&](const Instruction& instruction) {
                                                           return instruction.op == op &&
                                                                  instruction.qubits ==
                                                                      std::vector{qubit};
                                                         }) -
                                    list.begin());
  };
  CHECK(position(Op::x, 0) > couplings[0]);
  CHECK(position(Op::sx, 1) < couplings[0]);
  CHECK(position(Op::x, 1) > couplings[0]);

  const auto n_couplings = [&](const std::string& policy) {
    const Circuit other = NoiseModel(device, parse_noise_policy(policy)).apply(circuit, {1, 2});
    return std::ranges::count_if(other.instructions(), [](const Instruction& instruction) {
      return instruction.channel && instruction.channel->label.starts_with("zz");
    });
  };
  CHECK(n_couplings("device") == 1);
  CHECK(n_couplings("device:no-idle") == 0);
  CHECK(n_couplings("device:no-coherent") == 0);
  CHECK(n_couplings("aer") == 0);
  CHECK(n_couplings("ideal") == 0);
  const Circuit moving = model.apply(circuit, {1, 2}, Derivatives::with);
  const auto carried = std::ranges::find_if(moving.instructions(), [](const Instruction& each) {
    return each.channel && each.channel->label.starts_with("zz");
  });
  REQUIRE(carried != moving.instructions().end());
  REQUIRE(carried->channel->derivatives.size() == 1);
  CHECK(carried->channel->derivatives[0].number == "/zz_couplings/1/shift_hz");
}

TEST_CASE("Faulty gates of a layout are told, and refused where a circuit has them") {
  Calibration device = small_device();
  gate_of(device, "cx", {0, 1}).error = 1.0;
  const NoiseModel model(device, NoisePolicy::device);
  CHECK(mentions(model.notes({0, 1}), "cx 0,1: reported error 1 marks a faulty gate; excluded"));
  CHECK_FALSE(mentions(model.notes({1, 2}), "faulty"));
  Circuit circuit(2);
  circuit.append(Op::cx, {0, 1});
  CHECK_THROWS_WITH(model.apply(circuit, {0, 1}),
                    ContainsSubstring("cx 0,1: reported error 1 >= 1 marks a faulty gate"));
  CHECK_NOTHROW(model.apply(circuit, {1, 0}));
}

TEST_CASE("Scaled by 0 a circuit is as policy ideal has it") {
  Circuit circuit(2);
  circuit.append(Op::sx, {0}).delay(0, 1e-6).append(Op::cx, {0, 1}).measure(0, 0).measure(1, 1);
  const Circuit none = NoiseModel(small_device(), NoisePolicy::scaled(0)).apply(circuit, {0, 1});
  CHECK(none.instructions().size() == circuit.instructions().size());
  CHECK(none.readout_error().empty());
}

TEST_CASE("Notes list what was assumed for the qubits of a layout, and only for them") {
  Calibration device = small_device();
  device.qubits[2].t2_s.reset();
  device.qubits[0].readout_p10.reset();
  device.qubits[0].readout_p01.reset();
  const NoiseModel model(device, NoisePolicy::aer);
  CHECK(mentions(model.notes({1, 2}), "sx 2: qubit 2 has no T2"));
  CHECK(mentions(model.notes({1, 2}), "cx 1,2: qubit 2 has no T2"));
  CHECK_FALSE(mentions(model.notes({1, 2}), "qubit 0"));
  CHECK(mentions(model.notes({0, 1}), "qubit 0: no readout error reported"));
  CHECK_FALSE(mentions(model.notes({0, 1}), "qubit 2"));
  CHECK(model.readout_error({0, 1}).size() == 1);
  CHECK_THROWS_WITH(model.notes({0, 7}), ContainsSubstring("7 is outside 0..2"));
}
