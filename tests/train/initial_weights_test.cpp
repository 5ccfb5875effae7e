#include <algorithm>
#include <numbers>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/encoding.hpp>
#include <rhodrift/train/initial_weights.hpp>
#include <rhodrift/train/model_file.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;

namespace {

constexpr double pi = std::numbers::pi;

Circuit circuit_of(const std::string& text, int n_qubits) {
  return ansatz_circuit(parse_ansatz(text), n_qubits);
}

arma::vec start(const std::string& how, const Circuit& circuit, std::uint64_t seed = 5) {
  return initial_weights(parse_initial_weights(how), circuit, seed);
}

bool same_bits(const arma::vec& a, const arma::vec& b) {
  return a.n_elem == b.n_elem && std::equal(a.begin(), a.end(), b.begin());
}

arma::cx_mat unitary(const Circuit& circuit, const arma::vec& weights,
                     const std::vector<double>& features = {}) {
  const auto list = arma::conv_to<std::vector<double>>::from(weights);
  return oracle::unitary_of(circuit, {list, features});
}

double distance(const arma::cx_mat& a, const arma::cx_mat& b) {
  return arma::abs(a - b).max();
}

void write_model_with(const arma::vec& weights, const std::filesystem::path& path) {
  Circuit circuit = angle_encoding(1, 1, {Op::ry});
  for (arma::uword k = 0; k < weights.n_elem; ++k)
    circuit.append(Op::rx, {0}, {Angle::weight(static_cast<int>(k))});
  const AffineHead head{arma::vec{1.0, -1.0}, arma::zeros(2)};
  write_model({"small",
               {circuit, {Observable::z(0)}, 2},
               {"a", "b"},
               {arma::mat{1.0}, arma::vec{0.0}},
               {},
               {weights, head},
               {"data", "none", "ideal", {}, {}, 0.5}},
              path);
}

}  // namespace

TEST_CASE("uniform initial weights are the figures they have always been") {
  const Circuit circuit = hardware_efficient_ansatz(2, 1, {{0, 1}});
  CHECK(same_bits(initial_weights({}, circuit, 1),
                  {0x1.6a8b123aa9a93p-2, 0x1.49d4c520fb722p-2, 0x1.75c83c20433d3p-3,
                   -0x1.4c890edd89b6cp-2, -0x1.5f4d8ffea5147p-2, -0x1.634a20837e02fp-3}));
  CHECK(same_bits(initial_weights({}, circuit, 5),
                  {0x1.88b440bd2c57ep-2, -0x1.2017830f4b5bbp-4, 0x1.34f46e44237aap-2,
                   0x1.b0ad7afd7043bp-5, -0x1.622b0a895bacbp-2, -0x1.3fa07414ef207p-2}));
}

TEST_CASE("random initial weights have their moments and are a function of the seed") {
  const Circuit circuit = circuit_of("hardware-efficient:500", 10);
  const double n = circuit.n_weights();
  REQUIRE(n == 10010);
  const auto check = [&](const std::string& how, double variance, double kurtosis) {
    const arma::vec weights = start(how, circuit);
    // Five standard errors of the mean, and of the variance.
    CHECK(std::abs(arma::mean(weights)) < 5 * std::sqrt(variance / n));
    CHECK(arma::mean(arma::square(weights)) ==
          Approx(variance).epsilon(5 * std::sqrt((kurtosis - 1) / n)));
    CHECK(same_bits(weights, start(how, circuit)));
    CHECK_FALSE(same_bits(weights, start(how, circuit, 6)));
    return weights;
  };
  CHECK(arma::abs(check("uniform:limit=0.3", 0.03, 1.8)).max() <= 0.3);
  check("small-angles", 0.01, 3);
  check("small-angles:deviation=0.2", 0.04, 3);
  check("gaussian", 1.0 / (4 * 1001), 3);
  check("gaussian:locality=2", 1.0 / (8 * 1001), 3);
}

TEST_CASE("the depth of a depth-scaled Gaussian is that of the busiest qubit") {
  const auto same = [](const Circuit& circuit, double depth) {
    return same_bits(initial_weights(DepthScaledGaussian{3}, circuit, 8),
                     initial_weights(SmallAngles{1 / std::sqrt(4.0 * 3 * depth)}, circuit, 8));
  };
  CHECK(same(circuit_of("hardware-efficient:4", 3), 9));
  CHECK(same(circuit_of("efficient-su2:4", 3), 10));
  CHECK(same(circuit_of("brick:2:block=su4", 3), 18));  // of qubit 1, which both blocks are on
  CHECK(same(Encoder({AngleEncoding{}, 3}, 3, 3).before(circuit_of("efficient-su2:4", 3)), 30));
}

TEST_CASE("identity blocks start a mirrored ansatz as the identity, at random") {
  for (const char* text : {"hardware-efficient:2", "real-amplitudes:3:entanglement=circular",
                           "efficient-su2:1:entanglement=full", "strongly-entangling:2", "brick:3",
                           "brick:2:block=su4", "hardware-efficient:2:entanglement=none"})
    for (const int blocks : {1, 2}) {
      const Circuit circuit = circuit_of(fmt::format("{}:mirrored={}", text, blocks), 3);
      const arma::vec weights = start("identity-blocks", circuit);
      CHECK(distance(unitary(circuit, weights), arma::eye<arma::cx_mat>(8, 8)) < 1e-13);
      CHECK(arma::abs(weights).max() > 2);
      CHECK(arma::abs(weights).max() <= pi);
      // As many different weights as there are in the halves.
      CHECK(arma::unique(weights).eval().n_elem == weights.n_elem / 2);
    }
}

TEST_CASE("identity blocks leave the encoders of data re-uploading alone") {
  const Encoder encoder(parse_encoding("angle:ry,rx:uploads=3"), 2, 3);
  const Circuit circuit = encoder.before(circuit_of("real-amplitudes:1:mirrored=1", 2));
  const std::vector<double> features{0.4, -0.9, 1.7};
  const arma::cx_mat once = unitary(encoder.circuit(), {}, features);
  CHECK(distance(unitary(circuit, start("identity-blocks", circuit), features),
                 once * once * once) < 1e-14);
}

TEST_CASE("identity blocks are made of any gates and their inverses, shared weights too") {
  Circuit half(2);
  half.append(Op::u3, {0}, {Angle::weight(0), Angle::weight(1, 2.0), Angle::weight(2)})
      .append(Op::s, {1})
      .append(Op::crx, {0, 1}, {Angle::weight(0)})
      .append(Op::sqrt_iswap, {1, 0});
  Circuit circuit = half;
  circuit.append(Op::sqrt_iswapdg, {1, 0})
      .append(Op::crx, {0, 1}, {Angle::weight(3)})
      .append(Op::sdg, {1})
      .append(Op::u3, {0}, {Angle::weight(3), Angle::weight(4), Angle::weight(5)});
  CHECK(distance(unitary(circuit, start("identity-blocks", circuit)),
                 arma::eye<arma::cx_mat>(4, 4)) < 1e-14);

  // One weight cannot undo two.
  Circuit conflict(1);
  conflict.append(Op::rx, {0}, {Angle::weight(0)}).append(Op::ry, {0}, {Angle::weight(1)});
  conflict.append(Op::ry, {0}, {Angle::weight(2)}).append(Op::rx, {0}, {Angle::weight(2)});
  CHECK_THROWS_AS(start("identity-blocks", conflict), InputError);
}

TEST_CASE("identity blocks are refused where the circuit has none") {
  for (const char* text : {"hardware-efficient", "real-amplitudes", "efficient-su2",
                           "strongly-entangling", "brick", "brick:block=su4", "qcnn:1"})
    CHECK_THROWS_WITH(
        start("identity-blocks", circuit_of(text, 3)),
        Catch::Matchers::StartsWith(
            "initial weights: identity-blocks: no block V(w) V(w')^-1 begins with the "));
  Circuit one(1);
  one.append(Op::ry, {0}, {Angle::weight(0)});
  CHECK_THROWS_WITH(
      start("identity-blocks", one),
      "initial weights: identity-blocks: no block V(w) V(w')^-1 begins with the ry on "
      "qubit 0; use a mirrored ansatz");
  Circuit measured(1);
  measured.append(Op::ry, {0}, {Angle::weight(0)}).measure(0, 0);
  measured.append(Op::ry, {0}, {Angle::weight(1)});
  CHECK_THROWS_AS(start("identity-blocks", measured), InputError);
}

TEST_CASE("weights are transferred from a model by number") {
  const ScratchDirectory scratch;
  const std::filesystem::path path = scratch.path() / "model.json";
  const arma::vec trained{0.1, -0.2, 0.3, 0.4, 0.5, 0.6};
  write_model_with(trained, path);
  const std::string how = "transfer:" + path.string();

  const Circuit same = circuit_of("hardware-efficient:1", 2);
  CHECK(same_bits(start(how, same), trained));
  const Circuit shorter = circuit_of("real-amplitudes:1", 2);
  CHECK(same_bits(start(how, shorter), trained.head(4)));

  const Circuit longer = circuit_of("hardware-efficient:2", 2);
  const arma::vec grown = start(how, longer);
  REQUIRE(grown.n_elem == 10);
  CHECK(same_bits(grown.head(6), trained));
  CHECK(same_bits(grown.tail(4), arma::zeros(4)));
  const arma::vec drawn = start(how + ":limit=0.5", longer);
  CHECK(same_bits(drawn.head(6), trained));
  CHECK(same_bits(drawn.tail(4), start("uniform:limit=0.5", longer).tail(4)));
  CHECK_THROWS_AS(start("transfer:" + (scratch.path() / "none.json").string(), same), InputError);
}

TEST_CASE("initial weights survive as text, and unknown ones are told what is known") {
  for (const char* text :
       {"uniform:limit=0.39269908169872414", "small-angles:deviation=0.1", "identity-blocks",
        "gaussian:locality=2", "transfer:model=runs/a.json:limit=0.25"})
    CHECK(to_string(parse_initial_weights(text)) == text);
  CHECK(parse_initial_weights("uniform") == InitialWeights{});
  CHECK(parse_initial_weights("uniform:0.1") == InitialWeights{UniformWeights{0.1}});
  CHECK(parse_initial_weights("transfer:a.json") == InitialWeights{TransferredWeights{"a.json"}});
  CHECK(parse_initial_weights("small-angles") != parse_initial_weights("small-angles:0.2"));

  CHECK_THROWS_WITH(parse_initial_weights("zeros"),
                    "initial weights: \"zeros\": \"zeros\" is unknown; known are gaussian, "
                    "identity-blocks, small-angles, transfer, uniform");
  CHECK_THROWS_WITH(parse_initial_weights("transfer"),
                    "initial weights: \"transfer\": needs a model file, such as "
                    "transfer:model.json");
  CHECK_THROWS_AS(parse_initial_weights("uniform:limit=-1"), InputError);
  CHECK_THROWS_AS(parse_initial_weights("small-angles:nan"), InputError);
  CHECK_THROWS_AS(parse_initial_weights("gaussian:0"), InputError);
  CHECK_THROWS_AS(parse_initial_weights("identity-blocks:2"), InputError);
  CHECK_THROWS_WITH(to_string(InitialWeights{TransferredWeights{"c:model.json"}}),
                    "initial weights: model: 'c:model.json' has a ':'");
  const Circuit circuit = circuit_of("real-amplitudes:1", 2);
  CHECK_THROWS_WITH(initial_weights(UniformWeights{-1}, circuit, 1),
                    "initial weights: limit: -1 is not a finite number >= 0");
  CHECK_THROWS_AS(initial_weights(DepthScaledGaussian{0}, circuit, 1), InputError);
}
