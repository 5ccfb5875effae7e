#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/device/routing.hpp>
#include <rhodrift/noise_aware/placed_qnn.hpp>
#include <rhodrift/noise_aware/training_noise.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>

#include "compile/device.hpp"
#include "support/catch.hpp"

using namespace rhodrift;

namespace {

constexpr int n_qubits = 5, n_features = 5;

Calibration belem() {
  return read_calibration(RHODRIFT_SOURCE_DIR "/data/calibrations/belem.json");
}

Qnn model(const std::string& encoding, const std::string& ansatz) {
  return {Encoder(parse_encoding(encoding), n_qubits, n_features)
              .before(ansatz_circuit(parse_ansatz(ansatz), n_qubits)),
          {Observable::z(0), Observable::parse("Z1 Z4"), Observable::parse("0.5*X2 - Y3 Z0")},
          2};
}

arma::mat random_angles(arma::uword rows, arma::uword columns, std::uint64_t stream) {
  RandomStream random(5, stream);
  arma::mat angles(rows, columns);
  for (double& angle : angles) angle = 2.0 * random.normal();
  return angles;
}

const std::vector<std::pair<std::string, std::string>> kinds{
    {"angle:ry", "hardware-efficient:1:entanglement=full"},
    {"angle:ry", "real-amplitudes:2:entanglement=circular"},
    {"angle:ry", "strongly-entangling:1"},
    {"angle:ry", "qcnn:1"},
    {"zz:1:entanglement=full", "real-amplitudes:1"},
};

}  // namespace

TEST_CASE("without noise a placed model has the expectations and gradients of the model itself") {
  for (const Calibration& device : {belem(), test::device(5, "cx", test::chain(5))}) {
    for (const auto& [encoding, ansatz] : kinds) {
      INFO(device.device << " " << encoding << " " << ansatz);
      const Qnn logical = model(encoding, ansatz);
      const PlacedQnn placed = place(logical, device, choose_layout(logical.circuit, device));
      // A QCNN on the line needs no swaps.
      CHECK(placed.routed == (device.device == "ibmq_belem" || ansatz != "qcnn:1"));
      CHECK(fits(placed.network.circuit, device, placed.layout));
      const auto expected =
          std::make_shared<const ProgramExpectations>(logical.circuit, logical.observables);
      const SharedExpectations found =
          expectations_on(placed.network, {device, NoisePolicy::ideal}, placed.layout);
      const arma::vec weights =
          random_angles(static_cast<arma::uword>(logical.circuit.n_weights()), 1, 1);
      const arma::mat features =
          random_angles(static_cast<arma::uword>(logical.circuit.n_features()), 3, 2);
      CHECK(
          arma::abs(found->values(weights, features) - expected->values(weights, features)).max() <
          1e-10);
      const auto slopes = [](std::size_t, const arma::vec& values) { return arma::vec(values); };
      const arma::vec gradient = expected->gradient(weights, features, slopes).weights;
      CHECK(arma::norm(gradient) > 0.0);
      CHECK(arma::abs(found->gradient(weights, features, slopes).weights - gradient).max() < 1e-9);
    }
  }
}

TEST_CASE("a model whose pairs are coupled is placed as it is") {
  const Qnn logical = model("angle:ry", "hardware-efficient:2");
  const PlacedQnn placed = place(logical, test::device(5, "cx", test::chain(5)), {4, 3, 2, 1, 0});
  CHECK_FALSE(placed.routed);
  CHECK(placed.network.circuit.instructions().size() == logical.circuit.instructions().size());
  CHECK(placed.layout == Layout{4, 3, 2, 1, 0});
}

TEST_CASE("a trained model runs as it was routed for training, and anew elsewhere") {
  const Qnn logical = model("angle:ry", "hardware-efficient:1:entanglement=full");
  const Calibration line = test::device(6, "cx", test::chain(6));
  const Layout layout{0, 1, 2, 3, 4};
  const PlacedQnn placed = place(logical, line, layout);
  TrainedModel trained{"m", logical, {}, {}, {}, {}, {"d", "exact", "device", {}, {}, 0.0}};
  // A mark that routing would not make.
  Circuit marked = placed.network.circuit;
  marked.append(Op::barrier, {0, 1});
  trained.training.device =
      TrainingDevice{line.device,
                     {},
                     "",
                     layout,
                     RoutedCircuit{marked, placed.network.observables, placed.layout}};
  const auto n_instructions = [](const PlacedQnn& found) {
    return found.network.circuit.instructions().size();
  };
  CHECK(n_instructions(place(trained, line, layout)) == marked.instructions().size());
  Calibration other_day = line;
  for (GateCalibration& gate : other_day.gates)
    if (gate.error) *gate.error *= 3.0;
  CHECK(n_instructions(place(trained, other_day, layout)) == marked.instructions().size());
  CHECK(place(trained, line, {5, 4, 3, 2, 1}).layout.front() == 5);
  Calibration other_device = line;
  other_device.device = "another";
  CHECK(n_instructions(place(trained, other_device, layout)) == n_instructions(placed));
}
