#include <rhodrift/core/error.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>
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
  model.n_outputs = 0;
  CHECK_THROWS_WITH(model.validate(), "model: n_outputs: 0, at least 1 is needed");
  model = small_model();
  model.observables.clear();
  CHECK_THROWS_WITH(model.validate(), "model: observables: there are none");
  model.observables = {Observable::z(2)};
  CHECK_THROWS_WITH(model.validate(),
                    Catch::Matchers::StartsWith("model: observables: ") &&
                        Catch::Matchers::EndsWith("Z2 is on a qubit past the circuit's 2"));
}

TEST_CASE("the head is affine and the largest logit wins, the first of equals") {
  const Qnn model = small_model();
  const AffineHead head{{{1, 0}, {0, 2}, {0, 0}}, {0, 0.5, 1}};
  const arma::mat expectations = {{1, -1, 0.5}, {-1, 1, 0.25}};
  const arma::mat logits = {{1, -1, 0.5}, {-1.5, 2.5, 1}, {1, 1, 1}};
  CHECK(arma::approx_equal(head.logits(expectations), logits, "absdiff", 1e-15));
  CHECK(predict(model, head, expectations) == std::vector<int>{0, 1, 1});
  CHECK_THROWS_WITH(head.logits(arma::mat(3, 1)),
                    "head: a 3 x 2 scale and 3 biases do not fit 3 expectations");
  CHECK_THROWS_WITH(predict(model, head, arma::mat{arma::datum::nan, 0}.t()),
                    "predict: an output is not finite: an expectation or the head is not");
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
