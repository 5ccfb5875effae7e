#include <algorithm>
#include <map>
#include <optional>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/noise/noise_model.hpp>
#include <rhodrift/sim/program.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

/// The figure of a calibration that a JSON pointer like "/qubits/3/t1_s" names.
double& figure(Calibration& calibration, const std::string& pointer) {
  const std::size_t second = pointer.find('/', 1), third = pointer.find('/', second + 1);
  const std::size_t index = std::stoul(pointer.substr(second + 1, third - second - 1));
  const std::string kind = pointer.substr(1, second - 1), name = pointer.substr(third + 1);
  if (kind == "zz_couplings") return calibration.zz_couplings.at(index).shift_hz;
  if (kind == "qubits") {
    QubitCalibration& qubit = calibration.qubits.at(index);
    const std::map<std::string, std::optional<double>*> figures{
        {"t1_s", &qubit.t1_s},
        {"t2_s", &qubit.t2_s},
        {"frequency_hz", &qubit.frequency_hz},
        {"readout/p10", &qubit.readout_p10},
        {"readout/p01", &qubit.readout_p01},
        {"readout_duration_s", &qubit.readout_duration_s}};
    return figures.at(name)->value();
  }
  REQUIRE(kind == "gates");
  GateCalibration& gate = calibration.gates.at(index);
  const std::map<std::string, std::optional<double>*> figures{
      {"error", &gate.error},
      {"duration_s", &gate.duration_s},
      {"over_rotation_rad", &gate.over_rotation_rad},
      {"fsim_theta_error_rad", &gate.fsim_theta_error_rad},
      {"fsim_phi_error_rad", &gate.fsim_phi_error_rad}};
  return figures.at(name)->value();
}

Circuit native_circuit() {
  Circuit circuit(3);
  int weight = 0;
  for (int layer = 0; layer < 3; ++layer) {
    for (int q = 0; q < 3; ++q)
      circuit.append(Op::sx, {q})
          .append(Op::rz, {q}, {Angle::weight(weight++)})
          .append(Op::sx, {q});
    circuit.append(Op::cx, {0, 1}).append(Op::cx, {2, 1});
  }
  return circuit;
}

const char* const belem_file = RHODRIFT_SOURCE_DIR "/data/calibrations/belem.json";

/// Sensitivities on qubits 0, 1 and 2 against central differences, in all numbers of the
/// calibration that the noise depends on; how many those are.
std::size_t check_slopes(const Calibration& device, const Circuit& circuit,
                         const NoisePolicy& policy) {
  const Layout layout{0, 1, 2};
  const std::vector<Observable> observables{Observable::z(0), Observable::parse("X0 Y1 + 0.5*Z2")};
  std::vector<double> weights;
  for (int k = 0; k < circuit.n_weights(); ++k) weights.push_back(0.4 + 0.3 * k);

  const NoiseModel noise(device, policy);
  const Program program(noise.apply(circuit, layout, Derivatives::with));
  const arma::mat sensitivities = program.sensitivities({weights, {}}, observables);
  REQUIRE(sensitivities.n_rows == program.numbers().size());
  CHECK(program.numbers().size() >= 12);

  // Derivatives change how steps are kept, not what they do.
  const Program plain(noise.apply(circuit, layout));
  CHECK(arma::abs(program.expectations({weights, {}}, observables) -
                  plain.expectations({weights, {}}, observables))
            .max() <= 1e-13);

  // Per relative change of the number, so that seconds and probabilities compare.
  const auto value_with = [&](const std::string& number, double factor) {
    Calibration changed = device;
    figure(changed, number) *= factor;
    return arma::vec(Program(NoiseModel(changed, policy).apply(circuit, layout))
                         .expectations({weights, {}}, observables));
  };
  arma::mat expected(arma::size(sensitivities)), found(arma::size(sensitivities));
  for (std::size_t k = 0; k < program.numbers().size(); ++k) {
    const std::string& number = program.numbers()[k];
    Calibration calibration = device;
    const double step = 1e-4;
    expected.row(k) =
        ((value_with(number, 1 + step) - value_with(number, 1 - step)) / (2 * step)).t();
    found.row(k) = sensitivities.row(k) * figure(calibration, number);
  }
  const double scale = arma::abs(expected).max();
  CHECK(scale > 1e-4);
  CHECK(arma::abs(expected - found).max() <= 1e-6 * scale);
  return program.numbers().size();
}

}  // namespace

TEST_CASE("Sensitivities are the slopes of the whole path from the calibration to the result") {
  check_slopes(read_calibration(belem_file), native_circuit(), NoisePolicy::aer);
}

TEST_CASE("So they are with coherent errors, waits, measurements and resets") {
  Calibration device = read_calibration(belem_file);
  const auto gate = [&](const std::string& name, const std::vector<int>& qubits) -> auto& {
    return *std::ranges::find_if(device.gates, [&](const GateCalibration& each) {
      return each.name == name && each.qubits == qubits;
    });
  };
  gate("sx", {0}).over_rotation_rad = 0.02;
  gate("cx", {0, 1}).over_rotation_rad = 0.05;
  gate("cx", {2, 1}).fsim_theta_error_rad = 0.04;
  gate("cx", {2, 1}).fsim_phi_error_rad = -0.07;
  gate("sx", {2}).error = 1e-5;  // less than relaxation's
  device.zz_couplings = {{{0, 1}, 45e3}, {{1, 2}, -60e3}};
  Circuit circuit = native_circuit();
  circuit.append(Op::barrier, {0, 1, 2});  // joint waits do not move with durations
  circuit.delay(0, 1e-6).delay(1, 1.5e-6).delay(2, 0.7e-6).append(native_circuit());
  circuit.measure(1, 0).append(Op::reset, {1}).append(Op::sx, {1}).append(Op::cx, {0, 1});
  circuit.append(Op::sx, {0}).append(Op::sx, {1}).append(Op::sx, {2});
  circuit.measure(0, 1).measure(1, 2).measure(2, 3);
  const std::size_t n_numbers = check_slopes(device, circuit, NoisePolicy::device);
  CHECK(check_slopes(device, circuit, parse_noise_policy("scaled:1.6,temperature-mk=70")) ==
        n_numbers + 3);  // the frequencies
}

TEST_CASE("Gradients and batches of them have the sensitivities of what they differentiate") {
  const NoiseModel noise(read_calibration(belem_file), NoisePolicy::aer);
  const Program program(noise.apply(native_circuit(), {0, 1, 2}, Derivatives::with));
  const std::vector<Observable> observables{Observable::z(0), Observable::parse("X0 Y1 + 0.5*Z2")};
  const arma::vec slopes{0.7, -1.2};
  const arma::mat no_features(0, 1);
  arma::mat weights(static_cast<arma::uword>(program.n_weights()), 5);
  for (arma::uword k = 0; k < weights.n_elem; ++k) weights[k] = 0.4 + 0.3 * static_cast<double>(k);
  const ProgramGradients batch =
      program.batch_gradients({5, weights, no_features}, observables,
                              [&](std::size_t, const arma::vec&) { return slopes; });
  REQUIRE(batch.numbers.n_cols == 5);
  for (std::size_t b = 0; b < 5; ++b) {
    const Binding binding{{weights.colptr(b), weights.n_rows}, {}};
    const arma::vec expected = program.sensitivities(binding, observables) * slopes;
    const double scale = arma::abs(expected).max();
    const ProgramGradient one =
        program.gradient(binding, observables, [&](const arma::vec&) { return slopes; });
    CHECK(arma::abs(one.numbers - expected).max() <= 1e-11 * scale);
    CHECK(arma::abs(batch.numbers.col(b) - expected).max() <= 1e-11 * scale);
  }
}

TEST_CASE("A circuit without derivatives has no sensitivities") {
  Circuit circuit(1);
  circuit.append(Op::x, {0});
  const Program program(circuit);
  const std::vector<Observable> observables{Observable::z(0)};
  CHECK(program.numbers().empty());
  CHECK(program.sensitivities({}, observables).n_rows == 0);
}
