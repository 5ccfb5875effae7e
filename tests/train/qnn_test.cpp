#include <rhodrift/core/error.hpp>
#include <rhodrift/train/qnn.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

Qnn small_model() {
  Circuit circuit = angle_encoding(2, 3, {Op::ry, Op::rx});
  circuit.append(hardware_efficient_ansatz(2, 1, {{0, 1}}));
  return {circuit, {Observable::z(0), Observable::z(1)}, 3};
}

}  // namespace

TEST_CASE("angle encoding deals the features out qubit by qubit, axis by axis") {
  const Circuit circuit = angle_encoding(2, 5, {Op::ry, Op::rx, Op::rz});
  CHECK(circuit.n_features() == 5);
  CHECK(circuit.n_weights() == 0);
  const std::vector<Op> axes = {Op::ry, Op::ry, Op::rx, Op::rx, Op::rz};
  REQUIRE(circuit.instructions().size() == 5);
  for (int j = 0; j < 5; ++j) {
    const Instruction& turn = circuit.instructions()[static_cast<std::size_t>(j)];
    CHECK(turn.op == axes[static_cast<std::size_t>(j)]);
    CHECK(turn.qubits == std::vector<int>{j % 2});
    CHECK(turn.angles == std::vector<Angle>{Angle::feature(j)});
  }
}

TEST_CASE("angle encoding refuses features without a place and axes that are none") {
  CHECK_THROWS_WITH(angle_encoding(2, 5, {Op::ry, Op::rx}),
                    "angle encoding: 5 features, but 2 qubits turned about 2 axes take 1 to 4");
  CHECK_THROWS_AS(angle_encoding(2, 0, {Op::ry}), InputError);
  CHECK_THROWS_AS(angle_encoding(0, 1, {Op::ry}), InputError);
  CHECK_THROWS_WITH(angle_encoding(2, 2, {Op::ry, Op::h}),
                    "angle encoding: axes: 'h' is not rx, ry or rz");
}

TEST_CASE("the hardware-efficient ansatz has n (2 layers + 1) weights, used once each in order") {
  for (const int layers : {0, 1, 3}) {
    const Circuit circuit = hardware_efficient_ansatz(3, layers, {{0, 1}, {2, 1}});
    CHECK(circuit.n_weights() == 3 * (2 * layers + 1));
    CHECK(circuit.n_features() == 0);
    int weight = 0, entanglers = 0;
    for (const Instruction& instruction : circuit.instructions()) {
      if (instruction.op == Op::cx) {
        ++entanglers;
        continue;
      }
      CHECK(instruction.angles == std::vector<Angle>{Angle::weight(weight++)});
    }
    CHECK(weight == circuit.n_weights());
    CHECK(entanglers == 2 * layers);
  }
  CHECK_THROWS_WITH(hardware_efficient_ansatz(3, -1, {}),
                    "hardware-efficient ansatz: layers: -1 < 0");
  CHECK_THROWS_AS(hardware_efficient_ansatz(3, 1, {{0, 3}}), InputError);
  CHECK_THROWS_AS(hardware_efficient_ansatz(3, 1, {{1, 1}}), InputError);
}

TEST_CASE("parameters survive being flattened") {
  const Qnn model = small_model();
  const arma::vec values = arma::linspace(-1, 1, 6 + 3 * 2 + 3);
  const QnnParameters parameters = QnnParameters::from_flattened(values, model);
  CHECK(parameters.weights.n_elem == 6);
  CHECK(parameters.head.scale(2, 0) == values(6 + 2));
  CHECK(parameters.head.bias(0) == values(12));
  CHECK(arma::approx_equal(parameters.flattened(), values, "absdiff", 0.0));
  CHECK_THROWS_WITH(QnnParameters::from_flattened(arma::zeros(14), model),
                    "parameters: 14 values, the model has 6 weights, 6 scales and 3 biases");
}

TEST_CASE("a model on qubits it does not have, or with nothing to tell apart, is refused") {
  Qnn model = small_model();
  CHECK_NOTHROW(model.validate());
  model.n_classes = 1;
  CHECK_THROWS_WITH(model.validate(), "model: n_classes: 1, at least 2 are needed");
  model = small_model();
  model.observables.clear();
  CHECK_THROWS_WITH(model.validate(), "model: observables: there are none");
  model.observables = {Observable::z(2)};
  CHECK_THROWS_WITH(model.validate(),
                    Catch::Matchers::StartsWith("model: observables: ") &&
                        Catch::Matchers::EndsWith("Z2 is on a qubit past the circuit's 2"));
}

TEST_CASE("the head is affine and the largest logit wins, the first of equals") {
  const AffineHead head{{{1, 0}, {0, 2}, {0, 0}}, {0, 0.5, 1}};
  const arma::mat expectations = {{1, -1, 0.5}, {-1, 1, 0.25}};
  const arma::mat logits = {{1, -1, 0.5}, {-1.5, 2.5, 1}, {1, 1, 1}};
  CHECK(arma::approx_equal(head.logits(expectations), logits, "absdiff", 1e-15));
  CHECK(predict(head, expectations) == std::vector<int>{0, 1, 1});
  CHECK_THROWS_WITH(head.logits(arma::mat(3, 1)),
                    "head: a 3 x 2 scale and 3 biases do not fit 3 expectations");
  CHECK_THROWS_WITH(predict(head, arma::mat{arma::datum::nan, 0}.t()),
                    "predict: a logit is not finite: an expectation or the head is not");
}

TEST_CASE("accuracy is a proportion of samples with Wilson's interval") {
  const Estimate estimate = accuracy({0, 1, 2, 1}, {0, 1, 1, 1}, 0.9);
  const Estimate wilson = proportion_estimate(3, 4, 0.9);
  CHECK(estimate.value == 0.75);
  CHECK(estimate.ci.low == wilson.ci.low);
  CHECK(estimate.ci.high == wilson.ci.high);
  CHECK(estimate.level == 0.9);
  CHECK(estimate.method == "accuracy/wilson");
  CHECK(estimate.shots == 0);
  CHECK(estimate.diagnostics.at("samples") == 4);
  CHECK_THROWS_WITH(accuracy({0}, {0, 1}), "accuracy: 1 predictions, 2 labels");
  CHECK_THROWS_AS(accuracy({}, {}), InputError);
}
