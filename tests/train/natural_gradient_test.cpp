#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/natural_gradient.hpp>
#include <rhodrift/train/shot_expectations.hpp>
#include <rhodrift/train/training.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "train/gate_angles.hpp"

using namespace rhodrift;

namespace {

std::unique_ptr<ExpectationFunction> exact(const Circuit& circuit,
                                           const std::vector<Observable>& observables) {
  return std::make_unique<ProgramExpectations>(circuit, observables);
}

std::vector<double> numbers(const arma::vec& values) {
  return arma::conv_to<std::vector<double>>::from(values);
}

/// |ψ>, or its derivative in angle `place`: that gate's matrix is replaced by its derivative.
arma::cx_vec state_of(const Circuit& circuit, const arma::vec& weights, const arma::vec& features,
                      const GateAngles::Place* place = nullptr) {
  const std::vector<double> w = numbers(weights), x = numbers(features);
  arma::cx_vec state(arma::uword{1} << circuit.n_qubits(), arma::fill::zeros);
  state(0) = 1;
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i) {
    const Instruction& gate = circuit.instructions()[i];
    if (gate.op == Op::barrier) continue;
    std::vector<double> angles;
    for (const Angle& angle : gate.angles) angles.push_back(angle.value({w, x}));
    const arma::cx_mat matrix = place != nullptr && place->instruction == i
                                    ? info(gate.op).derivative(angles, place->angle)
                                    : info(gate.op).unitary(angles);
    state = oracle::embed(matrix, gate.qubits, circuit.n_qubits()) * state;
  }
  return state;
}

/// The metric in the angles of all gates, none of its entries left out.
arma::mat dense_metric(const GateAngles& angles, const arma::vec& weights,
                       const arma::vec& features) {
  const arma::vec theta = angles.coefficients * weights;
  const arma::cx_vec state = state_of(angles.circuit, theta, features);
  arma::cx_mat tangents(state.n_elem, angles.places.size());
  for (arma::uword a = 0; a < tangents.n_cols; ++a)
    tangents.col(a) = state_of(angles.circuit, theta, features, &angles.places[a]);
  const arma::cx_vec along = tangents.t() * state;
  return arma::real(tangents.t() * tangents - along * along.t());
}

/// What the class is to give, angle a being in layer layer_of(a).
arma::mat block_metric(const Circuit& circuit, const arma::vec& weights, const arma::mat& features,
                       const arma::uvec& layer_of) {
  const GateAngles angles(circuit);
  REQUIRE(layer_of.n_elem == angles.places.size());
  arma::mat sum(arma::size(angles.coefficients.t() * angles.coefficients), arma::fill::zeros);
  for (arma::uword b = 0; b < features.n_cols; ++b) {
    arma::mat metric = dense_metric(angles, weights, features.col(b));
    for (arma::uword i = 0; i < metric.n_rows; ++i)
      for (arma::uword j = 0; j < metric.n_cols; ++j)
        if (layer_of(i) != layer_of(j)) metric(i, j) = 0;
    sum += angles.coefficients.t() * metric * angles.coefficients;
  }
  return sum / static_cast<double>(features.n_cols);
}

arma::mat random_matrix(arma::uword rows, arma::uword columns, RandomStream& random) {
  arma::mat result(rows, columns);
  for (double& entry : result) entry = random.normal();
  return result;
}

/// Every kind of gate with an angle, weights in several of them, angles of features too.
Circuit varied_circuit() {
  const auto w = [](int i, double factor = 1) { return Angle::weight(i, factor); };
  Circuit circuit(3);
  circuit.append(Op::ry, {0}, {Angle::feature(0)}).append(Op::h, {1}).append(Op::sx, {2});
  circuit.append(Op::crx, {0, 1}, {w(0)});                                   // 1
  circuit.append(Op::rx, {2}, {w(1) + Angle::feature(1)});                   // 1
  circuit.append(Op::u3, {2}, {w(2), Angle(0.3), w(1, -0.5) + Angle(1.0)});  // 3, 2
  circuit.append(Op::cx, {1, 2});
  circuit.append(Op::xy, {2, 0}, {w(0, 2)});                              // 4
  circuit.append(Op::p, {1}, {w(3) + w(2)});                              // 4
  circuit.append(Op::ryy, {0, 1}, {w(4)});                                // 5
  circuit.append(Op::u2, {2}, {w(3), w(4)});                              // 6, 5
  circuit.append(Op::barrier, {0, 1, 2}).append(Op::cp, {1, 2}, {w(5)});  // 7
  return circuit;
}

}  // namespace

TEST_CASE("The metric of one qubit is known") {
  Circuit circuit(1);
  circuit.append(Op::ry, {0}, {Angle::weight(0)}).append(Op::rz, {0}, {Angle::weight(1)});
  const FubiniStudyMetric metric(circuit, exact);
  CHECK(metric.n_layers() == 2);
  const double theta = 0.7;
  const arma::mat found = metric({theta, 0.4}, arma::mat(0, 1));
  const arma::mat expected =
      arma::diagmat(arma::vec{0.25, std::sin(theta) * std::sin(theta) / 4});  // of the Bloch sphere
  CHECK(arma::abs(found - expected).max() < 1e-14);
}

TEST_CASE("Blocks of the metric are those of the derivatives of the state") {
  RandomStream random(6101);
  const Encoder encoder(parse_encoding("angle:ry"), 3, 3);
  const Circuit circuit = encoder.before(ansatz_circuit(parse_ansatz("efficient-su2:layers=1"), 3));
  const arma::vec weights = random_matrix(12, 1, random);
  const arma::mat features = random_matrix(3, 4, random);
  const FubiniStudyMetric metric(circuit, exact);
  CHECK(metric.n_layers() == 4);
  const arma::mat found = metric(weights, features);
  const arma::uvec layer_of{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3};
  CHECK(arma::abs(found - block_metric(circuit, weights, features, layer_of)).max() < 1e-13);
  CHECK(arma::abs(found.submat(9, 9, 11, 11)).min() > 1e-3);  // blocks are not diagonal
  CHECK(arma::eig_sym(found).min() > -1e-13);
}

TEST_CASE("Gates of any kind and weights of several layers have a metric") {
  RandomStream random(6102);
  const Circuit circuit = varied_circuit();
  // u3's angles are θ and λ here, u2's φ and λ; λ turns first.
  const arma::uvec layer_of{1, 1, 3, 2, 4, 4, 5, 6, 5, 7};
  const FubiniStudyMetric metric(circuit, exact);
  CHECK(metric.n_layers() == 7);
  for (int repetition = 0; repetition < 3; ++repetition) {
    const arma::vec weights = random_matrix(6, 1, random);
    const arma::mat features = random_matrix(2, 2, random);
    CHECK(arma::abs(metric(weights, features) - block_metric(circuit, weights, features, layer_of))
              .max() < 1e-13);
  }
}

TEST_CASE("The metric can be read from shots, a circuit a layer") {
  RandomStream random(6103);
  const Circuit circuit = ansatz_circuit(parse_ansatz("efficient-su2:layers=1"), 3);
  const arma::vec weights = random_matrix(12, 1, random);
  DensityMatrixExecutor executor(7);
  std::vector<ShotExpectations*> layers;
  const FubiniStudyMetric read(
      circuit, [&](const Circuit& before, const std::vector<Observable>& observables) {
        auto made = std::make_unique<ShotExpectations>(executor, before, observables,
                                                       ShotExpectations::Options{.shots = 100'000});
        layers.push_back(made.get());
        return made;
      });
  const arma::mat expected = FubiniStudyMetric(circuit, exact)(weights, arma::mat(0, 1));
  // Entries are at most 1/4 with standard errors of at most 1/4 · √(3/100000) = 0.0014.
  CHECK(arma::abs(read(weights, arma::mat(0, 1)) - expected).max() < 4 * 0.0014);
  for (const ShotExpectations* layer : layers) CHECK(layer->state().circuits == 1);
}

TEST_CASE("The natural gradient solves for the metric") {
  const arma::mat metric{{2, 1}, {1, 2}};
  const arma::vec found = natural_gradient(metric, {1, 0}, 1);  // (3 1; 1 3)⁻¹ = (3 -1; -1 3)/8
  CHECK(found(0) == Approx(3.0 / 8));
  CHECK(found(1) == Approx(-1.0 / 8));
}

TEST_CASE("A natural gradient that cannot be is refused") {
  const arma::mat singular(2, 2, arma::fill::ones);
  CHECK_THROWS_WITH(natural_gradient(singular, {1, 0}, 0),
                    ContainsSubstring("is singular; take a larger regularisation"));
  CHECK_NOTHROW(natural_gradient(singular, {1, 0}, 1e-3));
  CHECK_THROWS_WITH(natural_gradient(singular, {1, 0}, -1),
                    "natural gradient: regularisation: -1 is not >= 0");
  CHECK_THROWS_WITH(natural_gradient(singular, {1, 0, 0}, 1),
                    "natural gradient: metric: is 2 x 2, the gradient has 3 entries");

  Circuit noisy(1);
  noisy.append(Op::rx, {0}, {Angle::weight(0)}).append(Op::reset, {0});
  CHECK_THROWS_WITH(FubiniStudyMetric(noisy, exact),
                    "natural gradient: instruction 1 (reset 0): is no gate: the state is not pure");
  const FubiniStudyMetric metric(varied_circuit(), exact);
  CHECK_THROWS_WITH(metric(arma::vec(5), arma::mat(2, 1)),
                    "natural gradient: weights: 5, the circuit has 6");
  CHECK_THROWS_WITH(metric(arma::vec(6), arma::mat(1, 1)),
                    "natural gradient: features: 1, the circuit has 2");
  CHECK_THROWS_WITH(metric(arma::vec(6), arma::mat(2, 0)),
                    "natural gradient: features: of no samples");
}

TEST_CASE("an objective with natural gradients has the metric's in the weights alone") {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {Angle::feature(0)}).append(Op::ry, {0}, {Angle::weight(0)});
  circuit.append(Op::cx, {0, 1}).append(Op::ry, {1}, {Angle::weight(1)});
  const Qnn model{circuit, {Observable::z(0), Observable::z(1)}, 2};
  const auto metric = std::make_shared<const FubiniStudyMetric>(circuit, exact);
  const Dataset batch{"two", arma::mat{{0.3, -0.8}}, {0, 1}, {"a", "b"}};
  QnnParameters parameters = initial_parameters(model, 3);
  const TrainingObjective plain =
      fixed_objective(model, exact(circuit, model.observables), Loss::cross_entropy);
  const TrainingLoss natural =
      natural_objective(model, plain, metric, 0.1)(0, parameters, batch, true);
  const TrainingLoss expected = plain(0, parameters, batch, true);
  CHECK(natural.value == expected.value);
  const arma::mat regular = (*metric)(parameters.weights, batch.features) + 0.1 * arma::eye(2, 2);
  CHECK(arma::abs(regular * natural.gradient.head(2) - expected.gradient.head(2)).max() < 1e-12);
  CHECK(arma::abs(natural.gradient.tail(6) - expected.gradient.tail(6)).max() == 0.0);
}
