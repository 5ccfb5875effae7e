#include <complex>
#include <numbers>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

constexpr double pi = std::numbers::pi;

arma::vec random_features(int n, RandomStream& random) {
  arma::vec features(static_cast<arma::uword>(n));
  for (double& feature : features) feature = 2 * random.normal();
  return features;
}

/// The state vector of one sample, by the dense oracle.
arma::cx_vec state_of(const Encoder& encoder, const arma::vec& features) {
  const auto inputs = arma::conv_to<std::vector<double>>::from(encoder.circuit_features(features));
  return oracle::unitary_of(encoder.circuit(), {{}, inputs}).col(0);
}

double distance(const arma::cx_vec& a, const arma::cx_vec& b) {
  return arma::abs(a - b).max();
}

int count(const Circuit& circuit, Op op) {
  int n = 0;
  for (const Instruction& instruction : circuit.instructions()) n += instruction.op == op ? 1 : 0;
  return n;
}

/// From |0…0> `repetitions` times h on the first m qubits and a phase for every basis state.
template <typename Phase>
arma::cx_vec phases_between_hadamards(int n_qubits, int m, int repetitions, Phase phase) {
  Circuit hadamards(n_qubits);
  for (int q = 0; q < m; ++q) hadamards.append(Op::h, {q});
  const arma::cx_mat h = oracle::unitary_of(hadamards);
  arma::cx_vec state(h.n_rows, arma::fill::zeros);
  state(0) = 1;
  for (int repetition = 0; repetition < repetitions; ++repetition) {
    state = h * state;
    for (arma::uword z = 0; z < state.n_elem; ++z) state(z) *= std::polar(1.0, phase(z));
  }
  return state;
}

/// The eigenvalue of Z on a qubit.
double sign(arma::uword basis_state, int qubit) {
  return (basis_state >> qubit & 1) == 0 ? 1.0 : -1.0;
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
  CHECK_THROWS_WITH(
      angle_encoding(2, 5, {Op::ry, Op::rx}),
      "encoding: \"angle:ry,rx\": 5 features, but 2 qubits take 1 to 4: use more qubits, or "
      "preprocess with pca:4");
  CHECK_THROWS_AS(angle_encoding(2, 0, {Op::ry}), InputError);
  CHECK_THROWS_AS(angle_encoding(0, 1, {Op::ry}), InputError);
  CHECK_THROWS_AS(angle_encoding(2, 1, {}), InputError);
  CHECK_THROWS_WITH(angle_encoding(2, 2, {Op::ry, Op::h}),
                    "angle encoding: axes: 'h' is not rx, ry or rz");
}

TEST_CASE("dense angle encoding has two features in the state of each qubit") {
  RandomStream random(11);
  const Encoder encoder({DenseAngleEncoding{}}, 3, 5);
  const arma::vec x = random_features(5, random);
  const arma::cx_vec state = state_of(encoder, x);
  arma::cx_vec expected(8);
  for (arma::uword z = 0; z < 8; ++z) {
    std::complex<double> amplitude = 1;
    for (arma::uword q = 0; q < 3; ++q) {
      const double phase = 2 * q + 1 < 5 ? x(2 * q + 1) : 0.0;
      amplitude *= sign(z, static_cast<int>(q)) > 0
                       ? std::cos(x(2 * q) / 2)
                       : std::polar(1.0, phase) * std::sin(x(2 * q) / 2);
    }
    expected(z) = amplitude;
  }
  CHECK(distance(state, expected) < 1e-14);
}

TEST_CASE("amplitude encoding's state is the normalised features, with their signs") {
  RandomStream random(12);
  for (const int n : {1, 2, 3, 4, 6}) {
    const int most = 1 << n;
    for (const int n_features : {1, most / 2 + 1, most}) {
      const Encoder encoder({AmplitudeEncoding{}}, n, n_features);
      CHECK(encoder.circuit().n_features() == most - 1);
      CHECK(count(encoder.circuit(), Op::ry) == most - 1);
      CHECK(count(encoder.circuit(), Op::cx) == most - 2);
      arma::vec x = random_features(n_features, random);
      if (n_features > 2) x(1) = 0;
      arma::cx_vec expected(static_cast<arma::uword>(most), arma::fill::zeros);
      expected.head(x.n_elem) = oracle::complex(x / arma::norm(x)).as_col();
      CHECK(distance(state_of(encoder, x), expected) < 1e-12);
      CHECK(distance(state_of(encoder, 1e-200 * x), expected) < 1e-12);
      CHECK(distance(state_of(encoder, 1e200 * x), expected) < 1e-12);
      CHECK(distance(state_of(encoder, -x), -expected) < 1e-12);
    }
  }
}

TEST_CASE("amplitude encoding refuses samples that have no norm, and too many qubits") {
  const Encoder encoder({AmplitudeEncoding{}}, 2, 3);
  CHECK_THROWS_WITH(encoder.circuit_features({{1, 0}, {2, 0}, {3, 0}}),
                    "sample 1: amplitude encoding: the norm of the features is 0, no state has "
                    "them");
  CHECK_THROWS_AS(encoder.circuit_features(arma::vec{1, arma::datum::nan, 1}), InputError);
  CHECK_THROWS_AS(encoder.circuit_features(arma::vec{1, arma::datum::inf, 1}), InputError);
  CHECK_THROWS_WITH(Encoder({AmplitudeEncoding{}}, 21, 3),
                    "amplitude encoding: 21 qubits, at most 20");
}

TEST_CASE("IQP encoding turns phases by the features and their products") {
  RandomStream random(13);
  const QubitPairs pairs{{2, 0}, {1, 2}};
  const std::vector<std::pair<Entanglement, QubitPairs>> cases{
      {EntanglementPattern::full, {{0, 1}, {0, 2}, {1, 2}}},
      {EntanglementPattern::linear, {{0, 1}, {1, 2}}},
      {EntanglementPattern::circular, {{2, 0}, {0, 1}, {1, 2}}},
      {pairs, pairs}};
  for (const auto& [entanglement, expected_pairs] : cases)
    for (const int n_qubits : {3, 4}) {  // with 4 one qubit has no feature
      const Encoder encoder({IqpEncoding{3, entanglement}}, n_qubits, 3);
      CHECK(encoder.circuit().n_features() == 3 + static_cast<int>(expected_pairs.size()));
      const arma::vec x = random_features(3, random);
      const QubitPairs& products = expected_pairs;
      const auto phase = [&x, &products](arma::uword z) {
        double sum = 0;
        for (int q = 0; q < 3; ++q) sum -= x(static_cast<arma::uword>(q)) * sign(z, q) / 2;
        for (const auto& pair : products)
          sum -= x(static_cast<arma::uword>(pair.first)) *
                 x(static_cast<arma::uword>(pair.second)) * sign(z, pair.first) *
                 sign(z, pair.second) / 2;
        return sum;
      };
      CHECK(distance(state_of(encoder, x), phases_between_hadamards(n_qubits, 3, 3, phase)) <
            1e-13);
    }
}

TEST_CASE("ZZ encoding is Qiskit's ZZFeatureMap up to a global phase") {
  RandomStream random(14);
  const Encoder encoder({ZzEncoding{}}, 3, 3);
  const arma::vec x = random_features(3, random);
  Circuit qiskit(3);
  for (int repetition = 0; repetition < 2; ++repetition) {
    for (int q = 0; q < 3; ++q)
      qiskit.append(Op::h, {q}).append(Op::p, {q}, {2 * x(static_cast<arma::uword>(q))});
    for (const auto& [a, b] : QubitPairs{{0, 1}, {0, 2}, {1, 2}}) {
      const double product =
          (pi - x(static_cast<arma::uword>(a))) * (pi - x(static_cast<arma::uword>(b)));
      qiskit.append(Op::cx, {a, b}).append(Op::p, {b}, {2 * product}).append(Op::cx, {a, b});
    }
  }
  const arma::cx_vec expected = oracle::unitary_of(qiskit).col(0);
  CHECK(std::abs(arma::cdot(expected, state_of(encoder, x))) == Approx(1).margin(1e-13));
  // The kernel of Havlíček et al. for one qubit: |<x|y>|² of two repetitions of p(2x) h.
  const Encoder one({ZzEncoding{1}}, 1, 1);
  const double overlap =
      std::norm(arma::cdot(state_of(one, arma::vec{0.3}), state_of(one, arma::vec{1.0})));
  CHECK(overlap == Approx(std::pow(std::cos(0.7), 2)).margin(1e-14));
}

TEST_CASE("each encoding says how many features it takes") {
  const std::vector<std::pair<std::string, std::size_t>> most_on_4{
      {"angle", 4}, {"angle:ry,rz,ry", 12}, {"dense", 8}, {"amplitude", 16}, {"iqp", 4}, {"zz", 4}};
  for (const auto& [text, most] : most_on_4) {
    const Encoding encoding = parse_encoding(text);
    CHECK(max_features(encoding, 4) == most);
    CHECK_NOTHROW(Encoder(encoding, 4, static_cast<int>(most)));
    CHECK_THROWS_WITH(
        Encoder(encoding, 4, static_cast<int>(most) + 1),
        ContainsSubstring(fmt::format("{} features, but 4 qubits take 1 to {}", most + 1, most)));
    CHECK_THROWS_AS(Encoder(encoding, 4, 0), InputError);
    const Encoder encoder(encoding, 4, 3);
    CHECK(encoder.n_features() == 3);
    CHECK_THROWS_WITH(encoder.circuit_features(arma::mat(4, 2)),
                      Catch::Matchers::EndsWith("made for 3 features, given 4"));
  }
}

TEST_CASE("data re-uploading puts the features between ansätze with weights of their own") {
  Encoding encoding{AngleEncoding{{Op::rx}}, 3};
  const Encoder encoder(encoding, 2, 2);
  const Circuit ansatz = hardware_efficient_ansatz(2, 1, {{0, 1}});
  const Circuit model = encoder.before(ansatz);
  CHECK(model.n_features() == 2);
  CHECK(model.n_weights() == 3 * ansatz.n_weights());

  // The product of the parts, each with its own weights.
  RandomStream random(15);
  const std::vector<double> weights = oracle::random_angles(model.n_weights(), random);
  const std::vector<double> features{0.7, -1.1};
  arma::cx_mat expected = arma::eye<arma::cx_mat>(4, 4);
  for (int upload = 0; upload < 3; ++upload) {
    const std::span<const double> own(weights.data() + upload * ansatz.n_weights(),
                                      static_cast<std::size_t>(ansatz.n_weights()));
    expected = oracle::unitary_of(ansatz, {own, {}}) *
               oracle::unitary_of(encoder.circuit(), {{}, features}) * expected;
  }
  CHECK(arma::abs(oracle::unitary_of(model, {weights, features}) - expected).max() < 1e-14);

  CHECK_THROWS_WITH(encoder.before(Circuit(3)),
                    "ansatz: has 3 qubits and 0 features, 2 and 0 are needed");
  CHECK_THROWS_AS(encoder.before(encoder.circuit()), InputError);
  encoding.uploads = 0;
  CHECK_THROWS_WITH(Encoder(encoding, 2, 2),
                    "encoding: \"angle:rx:uploads=0\": uploads: 0 is outside 1..1000");
}

TEST_CASE("what is encoded and passed through an ansatz has exact values and gradients") {
  const std::vector<std::pair<std::string, std::string>> models{
      {"amplitude", "qcnn:2"},
      {"dense", "efficient-su2:1:entanglement=circular"},
      {"zz", "brick:2:block=su4"},
      {"angle:ry,rx:uploads=2", "strongly-entangling:1:mirrored=1"}};
  for (const auto& [encoding, ansatz] : models) {
    const Encoder encoder(parse_encoding(encoding), 4, 4);
    const Circuit model = encoder.before(ansatz_circuit(parse_ansatz(ansatz), 4));
    const Observable observable = Observable::parse("Z2 - 0.5*X1 Z3");
    const ProgramExpectations expectations(model, {observable});
    RandomStream random(16);
    const arma::vec weights(oracle::random_angles(model.n_weights(), random));
    const arma::mat inputs =
        encoder.circuit_features(arma::join_rows(random_features(4, random), arma::ones(4)));
    const arma::mat values = expectations.values(weights, inputs);
    for (arma::uword b = 0; b < 2; ++b)
      CHECK(values(0, b) ==
            Approx(oracle::expectation(
                       observable,
                       oracle::evolve(model, arma::conv_to<std::vector<double>>::from(weights),
                                      arma::conv_to<std::vector<double>>::from(inputs.col(b)))))
                .margin(1e-13));

    const ExpectationFunction::Gradient gradient = expectations.gradient(
        weights, inputs, [](std::size_t, const arma::vec&) -> arma::vec { return arma::ones(1); });
    constexpr double h = 1e-5;
    for (arma::uword k = 0; k < weights.n_elem; ++k) {
      arma::vec up = weights, down = weights;
      up(k) += h;
      down(k) -= h;
      const double difference = arma::accu(expectations.values(up, inputs)) -
                                arma::accu(expectations.values(down, inputs));
      CHECK(gradient.weights(k) == Approx(difference / (2 * h)).margin(1e-8));
    }
  }
}

TEST_CASE("encodings survive as text, and unknown ones are told what is known") {
  for (const char* text :
       {"angle:ry", "angle:ry,rx,rz", "dense", "dense:uploads=2", "amplitude",
        "iqp:repetitions=2:entanglement=full", "iqp:repetitions=1:entanglement=0-2,2-1:uploads=4",
        "iqp:repetitions=1:entanglement=none", "zz:repetitions=3:entanglement=circular"})
    CHECK(to_string(parse_encoding(text)) == text);
  CHECK(parse_encoding("angle") == Encoding{});
  CHECK(parse_encoding("zz:3") == Encoding{ZzEncoding{3}});
  CHECK(parse_encoding("zz:3") != Encoding{IqpEncoding{3}});
  CHECK(parse_encoding("iqp:entanglement=linear:uploads=2") ==
        Encoding{IqpEncoding{2, EntanglementPattern::linear}, 2});

  CHECK_THROWS_WITH(parse_encoding("amplitudes"),
                    "encoding: \"amplitudes\": \"amplitudes\" is unknown; known are amplitude, "
                    "angle, dense, iqp, zz");
  CHECK_THROWS_WITH(parse_encoding("angle:ry,h"),
                    "encoding: \"angle:ry,h\": \"h\" is no axis; known are rx, ry, rz");
  CHECK_THROWS_WITH(parse_encoding("dense:repetitions=2"),
                    "encoding: \"dense:repetitions=2\": unknown setting \"repetitions\"; known are "
                    "uploads");
  CHECK_THROWS_WITH(
      parse_encoding("iqp:repetitions=0"),
      "encoding: \"iqp:repetitions=0\": repetitions: 0 is no whole number in 1..1000");
  CHECK_THROWS_WITH(parse_encoding("zz:entanglement=0-1-2"),
                    "encoding: \"zz:entanglement=0-1-2\": entanglement: \"0-1-2\": is neither "
                    "circular, full, linear, none nor pairs of qubits such as 0-1,1-2");
  CHECK_THROWS_WITH(Encoder(parse_encoding("zz:entanglement=0-3"), 4, 3),
                    "entanglement: 0-3: is not a pair of the qubits 0..2");
}
