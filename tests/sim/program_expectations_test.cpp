#include <omp.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/sim/sampling.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

Circuit model(RandomStream& random) {
  Circuit circuit = oracle::random_circuit(
      {.n_qubits = 4, .n_instructions = 40, .n_weights = 5, .n_features = 2, .noisy = false},
      random);
  for (int q = 0; q < 4; ++q) {
    circuit.append_channel("c", {q}, oracle::transfer_matrix(oracle::random_kraus(1, 2, random)));
    circuit.append(Op::rx, {q}, {Angle::weight(q) + Angle::feature(q % 2)});
  }
  circuit.append(Op::ry, {0}, {Angle::weight(4)});
  return circuit;
}

// Signs of a Z string over the bits of an outcome.
double parity(std::size_t outcome, const std::vector<int>& bits) {
  double sign = 1.0;
  for (const int bit : bits)
    if ((outcome >> bit) & 1) sign = -sign;
  return sign;
}

}  // namespace

TEST_CASE("Values are the expectations of every sample") {
  RandomStream random(501);
  const Circuit circuit = model(random);
  const std::vector<Observable> observables{Observable::z(0), Observable::parse("X1 Y3"),
                                            Observable::parse("0.5*Z0 Z2 - 2*I")};
  const ProgramExpectations f(circuit, observables);
  CHECK(f.n_weights() == 5);
  CHECK(f.n_features() == 2);
  CHECK(f.n_observables() == 3);
  const arma::vec weights(oracle::random_angles(5, random));
  const arma::mat features = arma::reshape(arma::vec(oracle::random_angles(12, random)), 2, 6);
  const arma::mat values = f.values(weights, features);
  REQUIRE(arma::size(values) == arma::SizeMat(3, 6));
  for (arma::uword b = 0; b < 6; ++b) {
    const arma::cx_mat density =
        oracle::evolve(circuit, arma::conv_to<std::vector<double>>::from(weights),
                       arma::conv_to<std::vector<double>>::from(features.col(b)));
    for (std::size_t k = 0; k < 3; ++k)
      CHECK(std::abs(values(k, b) - oracle::expectation(observables[k], density)) <= 1e-12);
  }
  CHECK(f.values(weights, arma::mat(2, 0)).n_cols == 0);
}

TEST_CASE(
    "The gradient of a sum over samples agrees with central differences, for any number of "
    "threads") {
  RandomStream random(502);
  const Circuit circuit = model(random);
  const ProgramExpectations f(circuit, {Observable::z(0), Observable::parse("X1 Y3 + 0.3*Z2")});
  arma::vec weights(oracle::random_angles(5, random));
  const arma::mat features = arma::reshape(arma::vec(oracle::random_angles(10, random)), 2, 5);
  const arma::mat target = arma::reshape(arma::vec(oracle::random_angles(10, random)), 2, 5);
  const auto loss = [&](const arma::vec& w) {
    return 0.5 * arma::accu(arma::square(f.values(w, features) - target));
  };
  const auto derivative = [&](std::size_t sample, const arma::vec& values) -> arma::vec {
    return values - target.col(sample);
  };
  const auto gradient = f.gradient(weights, features, derivative);
  CHECK(arma::abs(gradient.values - f.values(weights, features)).max() <= 1e-14);
  const double scale = arma::abs(gradient.weights).max();
  for (arma::uword k = 0; k < weights.n_elem; ++k) {
    const auto slope = [&](double h) {
      arma::vec plus = weights, minus = weights;
      plus(k) += h;
      minus(k) -= h;
      return (loss(plus) - loss(minus)) / (2 * h);
    };
    CHECK(std::abs(gradient.weights(k) - (4 * slope(1e-3) - slope(2e-3)) / 3) <= 1e-7 * scale);
  }
  const int threads = omp_get_max_threads();
  for (const int n : {1, 2, 3}) {
    omp_set_num_threads(n);
    CHECK(arma::approx_equal(f.gradient(weights, features, derivative).weights, gradient.weights,
                             "absdiff", 0.0));
  }
  omp_set_num_threads(threads);
}

TEST_CASE("Folded observables give what the reported probabilities give") {
  RandomStream random(503);
  for (int trial = 0; trial < 6; ++trial) {
    Circuit circuit = model(random);
    // Qubits 2, 0, 3 into bits 0, 1, 2; bits 2 and 0 are misread together, bit 1 alone.
    circuit.measure(2, 0).measure(0, 1).measure(3, 2);
    circuit.set_readout_error(
        {oracle::random_confusion({2, 0}, random), oracle::random_confusion({1}, random)});
    const std::vector<std::vector<int>> bit_sets{{0}, {1}, {2}, {0, 1}, {0, 2}, {0, 1, 2}};
    const std::vector<int> qubit_of_bit{2, 0, 3};
    std::vector<Observable> observables;
    for (const auto& bits : bit_sets) {
      std::vector<int> qubits;
      for (const int bit : bits) qubits.push_back(qubit_of_bit[static_cast<std::size_t>(bit)]);
      observables.push_back(Observable(PauliString::z(qubits)));
    }
    const arma::vec weights(oracle::random_angles(5, random));
    const arma::vec features(oracle::random_angles(2, random));
    const arma::mat values = ProgramExpectations(circuit, observables).values(weights, features);
    const arma::vec reported = oracle::reported_probabilities(
        circuit, oracle::evolve(circuit, arma::conv_to<std::vector<double>>::from(weights),
                                arma::conv_to<std::vector<double>>::from(features)));
    for (std::size_t k = 0; k < observables.size(); ++k) {
      double expected = 0.0;
      for (arma::uword b = 0; b < reported.n_elem; ++b)
        expected += parity(b, bit_sets[k]) * reported(b);
      CHECK(std::abs(values(k, 0) - expected) <= 1e-12);
    }
  }
}

TEST_CASE("One qubit's readout error folds as Z -> (1 - p10 - p01) Z + (p01 - p10) I") {
  Circuit circuit(2);
  circuit.measure(1, 0).measure(0, 1);
  circuit.set_readout_error({ConfusionMatrix::single(0, 0.1, 0.25)});
  const Observable folded = reported_observable(Observable::z(1), circuit);
  REQUIRE(folded.terms().size() == 2);
  for (const Observable::Term& term : folded.terms())
    CHECK(term.coefficient == Approx(term.pauli == PauliString() ? 0.15 : 0.65).epsilon(1e-14));
  // Bit 1 reads qubit 0, which is read perfectly.
  CHECK(reported_observable(Observable::z(0), circuit).to_string() == "Z0");
}

TEST_CASE("Readout of what is not measured is refused") {
  Circuit circuit(3);
  circuit.measure(1, 0);
  circuit.set_readout_error({ConfusionMatrix::single(0, 0.1, 0.2)});
  CHECK_THROWS_WITH(reported_observable(Observable::parse("Z1 Z2"), circuit),
                    ContainsSubstring("qubit 2 is not measured"));
  circuit.set_readout_error({ConfusionMatrix::single(1, 0.1, 0.2)});
  CHECK_THROWS_WITH(reported_observable(Observable::z(1), circuit),
                    ContainsSubstring("bit 1 is outside 0..0"));
}

TEST_CASE("Mid-circuit readings are no reading of an observable, nor is their error") {
  Circuit circuit(2);
  circuit.measure(1, 0).append(Op::x, {1}).measure(0, 1);
  CHECK_THROWS_WITH(reported_observable(Observable::z(1), circuit),
                    ContainsSubstring("qubit 1 is not measured"));
  circuit.measure(1, 2);
  circuit.set_readout_error(
      {ConfusionMatrix::single(0, 0.3, 0.4), ConfusionMatrix::single(2, 0.1, 0.25)});
  const Observable folded = reported_observable(Observable::z(1), circuit);
  REQUIRE(folded.terms().size() == 2);
  for (const Observable::Term& term : folded.terms())
    CHECK(term.coefficient == Approx(term.pauli == PauliString() ? 0.15 : 0.65).epsilon(1e-14));
  RandomStream random(505);
  circuit.set_readout_error({oracle::random_confusion({2, 0}, random)});
  CHECK_THROWS_WITH(reported_observable(Observable::z(1), circuit),
                    "readout error: bit 2: is misread together with one that is read mid-circuit");
}

TEST_CASE("Wrong shapes and numbers are refused, and errors of a sample come out of the threads") {
  RandomStream random(504);
  const Circuit circuit = model(random);
  const ProgramExpectations f(circuit, {Observable::z(0)});
  const arma::vec weights(5, arma::fill::ones);
  CHECK_THROWS_WITH(f.values(arma::vec(4), arma::mat(2, 3)), ContainsSubstring("takes 5, got 4"));
  CHECK_THROWS_WITH(f.values(weights, arma::mat(3, 3)), ContainsSubstring("takes 2, got 3"));
  arma::mat features(2, 3, arma::fill::zeros);
  features(1, 2) = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH(f.values(weights, features),
                    ContainsSubstring("features") && ContainsSubstring("inf"));
  CHECK_THROWS_WITH(ProgramExpectations(circuit, {Observable::z(4)}),
                    ContainsSubstring("Z4") && ContainsSubstring("4 qubits"));
  const arma::mat good(2, 8, arma::fill::zeros);
  for (const int n : {1, 2}) {
    const int threads = omp_get_max_threads();
    omp_set_num_threads(n);
    CHECK_THROWS_WITH(f.gradient(weights, good,
                                 [](std::size_t sample, const arma::vec& v) -> arma::vec {
                                   if (sample >= 3)
                                     throw RunError("sample " + std::to_string(sample));
                                   return v;
                                 }),
                      "sample 3");
    omp_set_num_threads(threads);
  }
}
