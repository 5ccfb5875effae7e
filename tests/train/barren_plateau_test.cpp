#include <cmath>
#include <numbers>
#include <numeric>
#include <span>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/barren_plateau.hpp>
#include <rhodrift/train/initial_weights.hpp>

#include "support/catch.hpp"
#include "train/cosine_products.hpp"

using namespace rhodrift;

namespace {

using Verdict = Decay::Verdict;

const UniformWeights anywhere{std::numbers::pi};

/// ry(w_q) on every qubit and the mean of Z, which noise makes smaller: f = factor mean_q cos w_q.
class CosineMean : public ExpectationFunction {
 public:
  CosineMean(std::size_t n, double factor) : n_(n), factor_(factor) {}
  std::size_t n_weights() const override { return n_; }
  std::size_t n_features() const override { return 0; }
  std::size_t n_observables() const override { return 1; }
  arma::mat values(const arma::vec& weights, const arma::mat&) const override {
    return {factor_ * arma::mean(arma::cos(weights))};
  }
  Gradient gradient(const arma::vec& weights, const arma::mat& features,
                    const LossDerivative&) const override {
    return {values(weights, features), -factor_ / static_cast<double>(n_) * arma::sin(weights)};
  }

 private:
  std::size_t n_;
  double factor_;
};

arma::vec anywhere_on_circle(std::size_t n, std::uint64_t seed) {
  RandomStream random(seed);
  arma::vec weights(n);
  for (double& weight : weights) weight = std::numbers::pi * (2 * random.uniform() - 1);
  return weights;
}

/// ry on every qubit and the product of all Z, f = Π_q cos w_q: Cerezo's warm-up example.
ProbedCircuit global_product(int n_qubits, int) {
  const auto n = static_cast<std::size_t>(n_qubits);
  return {std::make_shared<CosineProducts>(n, 1, 1),
          [n](std::uint64_t seed) { return anywhere_on_circle(n, seed); }, arma::mat(1, 1)};
}

/// Each layer's noise halves expectations.
ProbedCircuit local_product(int n_qubits, int layers) {
  const auto n = static_cast<std::size_t>(n_qubits);
  return {std::make_shared<CosineMean>(n, std::exp2(-layers)),
          [n](std::uint64_t seed) { return anywhere_on_circle(n, seed); }};
}

ProbedCircuit probed(const Circuit& circuit, const Observable& observable, std::size_t weight) {
  return {std::make_shared<ProgramExpectations>(circuit, std::vector{observable}),
          [circuit](std::uint64_t seed) { return initial_weights(anywhere, circuit, seed); },
          {},
          weight};
}

/// |0…0><0…0| = Π_q (1 + Z_q)/2
Observable projector_on_zeros(int n_qubits) {
  std::vector<Observable::Term> terms;
  for (int subset = 0; subset < 1 << n_qubits; ++subset) {
    std::vector<int> qubits;
    for (int q = 0; q < n_qubits; ++q)
      if ((subset >> q & 1) != 0) qubits.push_back(q);
    terms.push_back({std::exp2(-n_qubits), PauliString::z(qubits)});
  }
  return Observable(terms);
}

/// Estimates of the variances 2^log2_variance, with errors of 20 %.
std::vector<Estimate> noisy_estimates(const std::vector<double>& log2_variances,
                                      RandomStream& random) {
  std::vector<Estimate> estimates;
  for (const double log2_variance : log2_variances) {
    const double error = 0.2;
    const double value = std::exp2(log2_variance) * std::exp(error * random.normal());
    estimates.push_back(normal_estimate(value, error * value, "drawn"));
  }
  return estimates;
}

/// Within 4 standard errors.
bool holds_roughly(const Estimate& estimate, double truth) {
  return std::abs(estimate.value - truth) < 4 * estimate.std_error;
}

const std::vector<double> even_sizes{2, 4, 6, 8, 10};

/// The share of the verdict among fits to noisy estimates of 2^model(size).
template <typename Model>
double share_of(Verdict verdict, Model model, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<double> truth;
  for (const double size : even_sizes) truth.push_back(model(size));
  constexpr int repetitions = 2000;
  int found = 0;
  for (int i = 0; i < repetitions; ++i)
    found += fit_decay(even_sizes, noisy_estimates(truth, random)).verdict == verdict ? 1 : 0;
  return static_cast<double>(found) / repetitions;
}

}  // namespace

TEST_CASE("a gradient variance is the mean of the weights' variances") {
  const arma::mat derivatives{{1, 2, 4, 5}, {0, 0, 0, 8}};
  const Estimate variance = gradient_variance(derivatives);
  CHECK(variance.value == Approx(arma::mean(arma::var(derivatives, 0, 1))));
  // The jackknife, naively.
  arma::vec left_out(4);
  for (arma::uword i = 0; i < 4; ++i) {
    arma::mat rest = derivatives;
    rest.shed_col(i);
    left_out(i) = std::log(arma::mean(arma::var(rest, 0, 1)));
  }
  const double log_error =
      std::sqrt(3.0 / 4 * arma::accu(arma::square(left_out - arma::mean(left_out))));
  CHECK(variance.std_error == Approx(variance.value * log_error));
  CHECK(std::log(variance.ci.high / variance.value) == Approx(3.182446 * log_error).epsilon(1e-6));
  CHECK(variance.ci.low * variance.ci.high == Approx(variance.value * variance.value));
  CHECK(gradient_variance(arma::ones(2, 5)).std_error == 0);
  CHECK_THROWS_WITH(gradient_variance(arma::mat(2, 2)),
                    "barren plateau: derivatives: 2 draws, at least 3 are needed");
  CHECK_THROWS_WITH(gradient_variance(arma::rowvec{0, 0, 0, 1}),
                    "barren plateau: derivatives: all draws but one are alike");
}

TEST_CASE("intervals of gradient variances cover") {
  // Derivatives of a product of cosines: of more qubits, of heavier tails.
  for (const int n_qubits : {1, 3, 6}) {
    const ProbedCircuit circuit = global_product(n_qubits, 1);
    constexpr int repetitions = 1000;
    constexpr arma::uword draws = 200;
    int one = 0, all = 0;
    RandomStream seeds(static_cast<std::uint64_t>(n_qubits));
    for (int i = 0; i < repetitions; ++i) {
      arma::mat derivatives(static_cast<arma::uword>(n_qubits), draws);
      for (arma::uword s = 0; s < draws; ++s) {
        const arma::vec w = circuit.start(seeds());
        const double product = arma::prod(arma::cos(w));
        derivatives.col(s) = -product * arma::tan(w);
      }
      const auto covers = [&](const Estimate& variance) {
        const double truth = std::exp2(-n_qubits);
        return variance.ci.low <= truth && truth <= variance.ci.high ? 1 : 0;
      };
      one += covers(gradient_variance(derivatives.row(0)));
      all += covers(gradient_variance(derivatives));
    }
    CHECK(one > 0.92 * repetitions);
    CHECK(all > 0.93 * repetitions);
  }
}

TEST_CASE("the slope of a decay covers") {
  RandomStream random(1);
  int covers = 0;
  for (int i = 0; i < 2000; ++i) {
    const Interval ci =
        fit_decay(even_sizes, noisy_estimates({-2, -4, -6, -8, -10}, random)).slope->ci;
    covers += ci.low <= -1 && -1 <= ci.high ? 1 : 0;
  }
  CHECK(covers / 2000.0 == Approx(0.96).margin(0.015));
}

TEST_CASE("decays are told from powers") {
  const auto halved = [](double n) { return -n; };
  const auto slowest = [](double n) { return -n / 2; };
  const auto inverse_square = [](double n) { return -2 * std::log2(n); };
  const auto constant = [](double) { return -2.0; };
  CHECK(share_of(Verdict::exponential, halved, 2) > 0.97);
  // Wrong with a probability of at most 2.5 %, half of 1 - level.
  CHECK(share_of(Verdict::exponential, inverse_square, 3) < 0.03);
  CHECK(share_of(Verdict::exponential, constant, 4) < 0.03);
  CHECK(share_of(Verdict::not_exponential, slowest, 5) < 0.03);
  CHECK(share_of(Verdict::not_exponential, halved, 6) == 0);
  CHECK(share_of(Verdict::not_exponential, inverse_square, 7) > 0.5);
  CHECK(share_of(Verdict::not_exponential, constant, 8) > 0.5);
}

TEST_CASE("a decay is fitted exactly to exact figures, as far as there are enough") {
  const auto estimates = [](const std::vector<double>& values) {
    std::vector<Estimate> made;
    for (const double value : values) made.push_back(normal_estimate(value, value / 10, "made"));
    return made;
  };
  const std::vector<double> sizes{1, 2, 3, 4};
  const Decay decay = fit_decay(sizes, estimates({1.0 / 4, 1.0 / 16, 1.0 / 64, 1.0 / 256}));
  CHECK(decay.slope->value == Approx(-2));
  CHECK(decay.rate->value == Approx(-2));
  // An error of 10 % is 0.144 bits; over 1, 2, 3, 4 the squared deviations sum to 5.
  CHECK(decay.slope->std_error == Approx(0.1 / std::numbers::ln2 / std::sqrt(5.0)));
  CHECK(decay.verdict == Verdict::exponential);
  const Decay off = fit_decay(sizes, estimates({1.0, 1.0 / 16, 1.0 / 16, 1.0 / 256}));
  CHECK(off.slope->std_error > 3 * decay.slope->std_error);

  const std::span<const double> three(sizes.data(), 3);
  const Decay short_one = fit_decay(three, estimates({1.0 / 4, 1.0 / 16, 1.0 / 64}));
  CHECK(short_one.slope->value == Approx(-2));
  CHECK_FALSE(short_one.rate);
  CHECK(short_one.verdict == Verdict::not_known);
  CHECK_FALSE(fit_decay(sizes, estimates({0.25, 0.06, 1e-31, 0.004})).slope);
  CHECK_THROWS_WITH(fit_decay(three, estimates({1, 1})),
                    "barren plateau: decay: 3 sizes, 2 variances");
  CHECK_THROWS_WITH(fit_decay(std::vector<double>{2, 2}, estimates({1, 1})),
                    "barren plateau: sizes: one is there twice");
  CHECK_THROWS_WITH(fit_decay(sizes, estimates({1, 1, 1, 1}), 0),
                    "barren plateau: slowest_rate: 0 is not > 0");
}

TEST_CASE("an observable on all qubits has a barren plateau, one on each has not") {
  BarrenPlateauOptions options;
  options.n_qubits = {2, 3, 4, 5, 6, 7};
  options.layers = {1};
  options.draws = 400;
  const BarrenPlateauProbe global = probe_barren_plateau(global_product, options);
  REQUIRE(global.variances.size() == 6);
  for (const auto& variance : global.variances) {
    CHECK(holds_roughly(variance.mean_over_weights, std::exp2(-variance.n_qubits)));
    CHECK(holds_roughly(variance.one_weight, std::exp2(-variance.n_qubits)));
    CHECK(variance.n_weights == static_cast<std::size_t>(variance.n_qubits));
  }
  REQUIRE(global.in_qubits.size() == 1);
  const Decay& decay = global.in_qubits[0].mean_over_weights;
  CHECK(decay.verdict == Verdict::exponential);
  CHECK(holds_roughly(*decay.slope, -1));
  REQUIRE(global.warnings.size() == 1);
  CHECK(to_string(global.warnings[0].code) == "barren-plateau");
  CHECK_THAT(global.warnings[0].finding,
             Catch::Matchers::StartsWith("at 1 layers the gradient's variance falls exponentially, "
                                         "by 2^"));
  CHECK_THAT(global.warnings[0].remedy,
             Catch::Matchers::StartsWith("read single qubits where observables are on several"));
  CHECK(global.in_layers.size() == 6);
  CHECK_FALSE(global.in_layers[0].one_weight.slope);

  const BarrenPlateauProbe local = probe_barren_plateau(local_product, options);
  for (const auto& variance : local.variances)
    CHECK(holds_roughly(variance.one_weight, 0.125 / (variance.n_qubits * variance.n_qubits)));
  CHECK(local.in_qubits[0].mean_over_weights.verdict == Verdict::not_exponential);
  CHECK(local.in_qubits[0].one_weight.verdict == Verdict::not_exponential);
  CHECK(local.warnings.empty());
}

TEST_CASE("noise makes a barren plateau in the number of layers") {
  BarrenPlateauOptions options;
  options.n_qubits = {3};
  options.layers = {1, 2, 3, 5, 8};
  const BarrenPlateauProbe probe = probe_barren_plateau(local_product, options);
  REQUIRE(probe.in_layers.size() == 1);
  CHECK(probe.in_layers[0].at == 3);
  CHECK(holds_roughly(*probe.in_layers[0].mean_over_weights.slope, -2));
  REQUIRE(probe.warnings.size() == 1);
  CHECK_THAT(probe.warnings[0].finding, Catch::Matchers::StartsWith("on 3 qubits "));
  CHECK_THAT(probe.warnings[0].remedy, Catch::Matchers::StartsWith("use fewer layers"));
}

TEST_CASE("deep circuits are 2-designs, whatever is read") {
  // With 2-designs on both sides of a rotation about P/2: Var = tr(O²) d/(2 (d² - 1)(d + 1)) for O
  // without trace, d = 2^n. McClean et al.; tr O² = d of a Pauli string, 1 - 1/d of the projector.
  BarrenPlateauOptions options;
  options.n_qubits = {2, 3, 4, 5};
  options.layers = {12};
  for (const bool projector : {false, true}) {
    const auto circuits = [&](int n_qubits, int layers) {
      const Circuit circuit = ansatz_circuit({Brick{layers, BrickBlock::su4}}, n_qubits);
      return probed(circuit, projector ? projector_on_zeros(n_qubits) : Observable::z(0),
                    static_cast<std::size_t>(circuit.n_weights()) / 2);
    };
    const BarrenPlateauProbe probe = probe_barren_plateau(circuits, options);
    for (const auto& variance : probe.variances) {
      const double d = std::exp2(variance.n_qubits);
      const double square = projector ? 1 - 1 / d : d;
      CHECK(holds_roughly(variance.one_weight, square * d / (2 * (d * d - 1) * (d + 1))));
    }
    CHECK(probe.in_qubits[0].mean_over_weights.verdict == Verdict::exponential);
  }
}

TEST_CASE("shallow circuits have a barren plateau where all qubits are read", "[long]") {
  BarrenPlateauOptions options;
  options.n_qubits = {4, 5, 6, 7, 8};
  options.layers = {2};
  options.draws = 400;
  const auto probe = [&](bool global) {
    return probe_barren_plateau(
        [&](int n_qubits, int layers) {
          std::vector<int> read{1};
          if (global) {
            read.resize(static_cast<std::size_t>(n_qubits));
            std::iota(read.begin(), read.end(), 0);
          }
          return probed(ansatz_circuit({Brick{layers}}, n_qubits), Observable(PauliString::z(read)),
                        0);
        },
        options);
  };
  const BarrenPlateauProbe local = probe(false);
  // Weight 0 has the same light cone on any number of qubits.
  CHECK(holds_roughly(*local.in_qubits[0].one_weight.slope, 0));
  CHECK(local.in_qubits[0].mean_over_weights.verdict == Verdict::not_exponential);
  CHECK(local.warnings.empty());
  const BarrenPlateauProbe global = probe(true);
  CHECK(global.in_qubits[0].mean_over_weights.verdict == Verdict::exponential);
  CHECK(global.warnings.size() == 1);
}

TEST_CASE("a probe is a function of its seed and draws other starts for other sizes") {
  BarrenPlateauOptions options;
  options.n_qubits = {2};
  options.layers = {1, 2};
  options.draws = 20;
  const auto variance = [&](std::size_t i) {
    return probe_barren_plateau(local_product, options).variances[i].mean_over_weights.value;
  };
  const double first = variance(0);
  CHECK(variance(0) == first);
  CHECK(std::abs(4 * variance(1) - first) > 1e-6 * first);
  options.seed = 2;
  CHECK(variance(0) != first);
}

TEST_CASE("a probe looks at the samples in turn") {
  // With w = 0 the derivative is 0 for a feature of 0, and another one for another.
  BarrenPlateauOptions options;
  options.n_qubits = {1};
  options.layers = {1};
  options.draws = 10;
  const auto circuits = [](int, int) {
    return ProbedCircuit{std::make_shared<CosineProducts>(1, 1, 1),
                         [](std::uint64_t) { return arma::zeros(1); }, arma::mat{{0.0, 0.7}}};
  };
  const BarrenPlateauProbe probe = probe_barren_plateau(circuits, options);
  const double expected = std::pow(std::sin(0.7), 2) / 4 * 10 / 9;
  CHECK(probe.variances[0].one_weight.value == Approx(expected));
}

TEST_CASE("a probe refuses circuits and options that do not fit") {
  BarrenPlateauOptions options;
  options.n_qubits = {2};
  const auto refused = [&](const ProbedCircuit& circuit, const std::string& message) {
    CHECK_THROWS_WITH(probe_barren_plateau([&](int, int) { return circuit; }, options),
                      "barren plateau: 2 qubits, 1 layers: " + message);
  };
  const auto start_of = [](arma::uword n) { return [n](std::uint64_t) { return arma::zeros(n); }; };
  refused({std::make_shared<CosineProducts>(2, 1, 2), start_of(2), arma::mat(1, 1)},
          "2 observables, not one");
  refused({std::make_shared<CosineProducts>(2, 1, 1), start_of(3), arma::mat(1, 1)},
          "a start of 3 weights, the circuit has 2");
  refused({std::make_shared<CosineProducts>(2, 1, 1), start_of(2), arma::mat(2, 1)},
          "2 x 1 features, the circuit has 1");
  refused({std::make_shared<CosineProducts>(2, 1, 1), start_of(2), arma::mat(1, 1), 2},
          "weight 2 of 2 weights");
  options.draws = 2;
  CHECK_THROWS_WITH(probe_barren_plateau(local_product, options),
                    "barren plateau: draws: 2 is not >= 3");
  options.draws = 10;
  options.layers = {1, 0};
  CHECK_THROWS_WITH(probe_barren_plateau(local_product, options),
                    "barren plateau: layers: 0 is not >= 1");
  options.layers = {3, 3};
  CHECK_THROWS_WITH(probe_barren_plateau(local_product, options),
                    "barren plateau: layers: one is there twice");
}
