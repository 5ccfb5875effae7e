#include <algorithm>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>
#include <rhodrift/mitigation/zne/folding.hpp>
#include <rhodrift/mitigation/zne/zne.hpp>

#include "mitigation/sampling.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

bool is_gate(const Instruction& instruction) {
  return info(instruction.op).unitary != nullptr;
}

std::size_t count(const Circuit& circuit, Op op) {
  return static_cast<std::size_t>(std::ranges::count(circuit.instructions(), op, &Instruction::op));
}

std::size_t count_gates(const Circuit& circuit) {
  return static_cast<std::size_t>(std::ranges::count_if(circuit.instructions(), is_gate));
}

/// 10 gates on 3 qubits with parameters, a barrier within, and measurements in another order.
Circuit example() {
  Circuit circuit(3);
  circuit.append(Op::rx, {0}, {Angle::feature(0)})
      .append(Op::ry, {1}, {Angle::weight(0) + 0.25})
      .append(Op::sx, {2})
      .append(Op::ecr, {0, 1})
      .append(Op::barrier, {0, 1, 2})
      .append(Op::t, {0})
      .append(Op::u3, {1}, {0.3, Angle::weight(1), -0.7})
      .append(Op::iswap, {1, 2})
      .append(Op::crz, {2, 0}, {0.9})
      .append(Op::s, {2})
      .append(Op::cx, {0, 2});
  circuit.measure(2, 0).measure(0, 1);
  circuit.set_readout_error({ConfusionMatrix::single(1, 0.02, 0.05)});
  return circuit;
}

constexpr std::size_t example_gates = 10;

/// A plan over one-bit circuits with the given factors, for outcomes that are made up.
zne::ZnePlan one_bit_plan(const std::vector<double>& scale_factors) {
  zne::ZnePlan plan;
  for (const double factor : scale_factors) {
    plan.jobs.push_back({std::make_shared<const Circuit>(1), {}, {}, 0});
    plan.scale_factors.push_back(factor);
  }
  return plan;
}

const std::vector<Observable> z0{Observable::z(0)};

std::vector<Outcomes> exact(const std::vector<double>& expectations) {
  std::vector<Outcomes> outcomes;
  for (const double z : expectations)
    outcomes.push_back(Outcomes::from_probabilities(sampling::with_expectation(z)));
  return outcomes;
}

}  // namespace

TEST_CASE("Folded circuits do what the original does and have the gates they claim") {
  const Circuit circuit = example();
  const std::vector<double> weights{0.4, -1.1}, features{0.8};
  const Binding binding{weights, features};
  const arma::cx_mat original = oracle::unitary_of(circuit, binding);
  REQUIRE(count_gates(circuit) == example_gates);
  for (const double factor : {1.0, 1.2, 1.5, 2.0, 2.95, 3.0, 3.7, 5.0, 7.4}) {
    const zne::FoldedCircuit folded = zne::fold_global(circuit, factor);
    CHECK(arma::abs(oracle::unitary_of(folded.circuit, binding) - original).max() < 1e-13);
    CHECK(static_cast<double>(count_gates(folded.circuit)) ==
          Approx(folded.scale_factor * example_gates).epsilon(1e-15));
    // Gates come in pairs, so the count is within one gate of what was asked for.
    CHECK(std::abs(folded.scale_factor - factor) * example_gates <= 1.0 + 1e-12);
    CHECK(folded.circuit.n_weights() == circuit.n_weights());
    CHECK(folded.circuit.n_features() == circuit.n_features());
  }
}

TEST_CASE("Folding reaches the closest factor it can") {
  const Circuit circuit = example();
  CHECK(zne::fold_global(circuit, 1.0).scale_factor == 1.0);
  CHECK(zne::fold_global(circuit, 1.09).scale_factor == 1.0);
  CHECK(zne::fold_global(circuit, 1.11).scale_factor == Approx(1.2).epsilon(1e-15));
  CHECK(zne::fold_global(circuit, 3.0).scale_factor == 3.0);
  CHECK(zne::fold_global(circuit, 4.85).scale_factor == Approx(4.8).epsilon(1e-15));
}

TEST_CASE("Measurements stay last and the readout error stays") {
  const zne::FoldedCircuit folded = zne::fold_global(example(), 3.4);
  const auto& instructions = folded.circuit.instructions();
  REQUIRE(instructions.size() > 2);
  CHECK(instructions[instructions.size() - 2].op == Op::measure);
  CHECK(instructions[instructions.size() - 1].op == Op::measure);
  CHECK(count(folded.circuit, Op::measure) == 2);
  CHECK(folded.circuit.qubit_of_bit() == std::vector<int>{2, 0});
  REQUIRE(folded.circuit.readout_error().size() == 1);
  CHECK(folded.circuit.readout_error()[0].matrix(1, 0) == 0.02);
}

TEST_CASE("A barrier over all qubits stands between folds") {
  Circuit circuit(2);
  circuit.append(Op::h, {0}).append(Op::s, {1}).append(Op::cx, {0, 1});
  const auto names = [](const Circuit& c) {
    std::string text;
    for (const Instruction& i : c.instructions()) {
      if (!text.empty()) text += ' ';
      text += info(i.op).name;
      if (i.op == Op::barrier) CHECK(i.qubits == std::vector<int>{0, 1});
    }
    return text;
  };
  CHECK(names(zne::fold_global(circuit, 1.0).circuit) == "h s cx");
  CHECK(names(zne::fold_global(circuit, 3.0).circuit) == "h s cx barrier cx sdg h barrier h s cx");
  // One gate pair more: the last gate alone is folded.
  CHECK(names(zne::fold_global(circuit, 3.0 + 2.0 / 3.0).circuit) ==
        "h s cx barrier cx sdg h barrier h s cx barrier cx barrier cx");
  CHECK(names(zne::fold_global(circuit, 1.0 + 4.0 / 3.0).circuit) ==
        "h s cx barrier cx sdg barrier s cx");
}

TEST_CASE("Circuits that cannot be folded are refused") {
  const Circuit circuit = example();
  CHECK_THROWS_AS(zne::fold_global(circuit, 0.5), InputError);
  CHECK_THROWS_WITH(zne::fold_global(circuit, 0.5), ContainsSubstring("0.5 is outside 1..1000"));
  CHECK_THROWS_WITH(zne::fold_global(circuit, 1e9), ContainsSubstring("outside 1..1000"));
  CHECK_THROWS_WITH(zne::fold_global(circuit, std::nan("")), ContainsSubstring("outside 1..1000"));
  Circuit with_reset(1);
  with_reset.append(Op::x, {0}).append(Op::reset, {0});
  CHECK_THROWS_WITH(zne::fold_global(with_reset, 3.0),
                    ContainsSubstring("instruction 1 (reset 0): has no inverse"));
  Circuit read_twice(1);
  read_twice.append(Op::x, {0}).measure(0, 0).append(Op::x, {0}).measure(0, 1);
  CHECK_THROWS_WITH(zne::fold_global(read_twice, 3.0),
                    ContainsSubstring("instruction 1 (measure 0): has no inverse"));
  CHECK_THROWS_WITH(zne::fold_global(Circuit(1), 3.0), ContainsSubstring("holds no gate to fold"));
}

TEST_CASE("A ZNE plan holds a circuit a factor") {
  const Circuit circuit = example();
  const zne::ZnePlan plan = zne::construct(circuit, std::vector{1.0, 2.0, 3.3}, 4096);
  REQUIRE(plan.jobs.size() == 3);
  CHECK(plan.total_shots() == 3 * 4096);
  CHECK(plan.scale_factors[0] == 1.0);
  CHECK(plan.scale_factors[1] == 2.0);
  CHECK(plan.scale_factors[2] == Approx(3.4).epsilon(1e-15));
  for (std::size_t j = 0; j < 3; ++j)
    CHECK(static_cast<double>(count_gates(*plan.jobs[j].circuit)) ==
          Approx(example_gates * plan.scale_factors[j]).epsilon(1e-15));
  const zne::ZnePlan bound = plan.bound({0.1, 0.2}, {0.3});
  CHECK(bound.scale_factors == plan.scale_factors);
  CHECK(bound.jobs[2].weights == std::vector<double>{0.1, 0.2});
  CHECK(bound.jobs[2].circuit == plan.jobs[2].circuit);

  CHECK_THROWS_WITH(zne::construct(circuit, std::vector{1.0}, 10), ContainsSubstring("at least 2"));
  CHECK_THROWS_WITH(zne::construct(circuit, std::vector{1.0, 3.0, 3.05}, 10),
                    ContainsSubstring("3.05 folds to 3 times the gates, as an earlier one does"));
}

TEST_CASE("Richardson coefficients are Lagrange's at zero") {
  const std::vector<double> x{1, 3, 5};
  const arma::vec c = zne::extrapolation_coefficients(zne::Extrapolation::richardson, x,
                                                      arma::vec(3, arma::fill::ones));
  CHECK(c(0) == Approx(15.0 / 8).epsilon(1e-15));
  CHECK(c(1) == Approx(-5.0 / 4).epsilon(1e-15));
  CHECK(c(2) == Approx(3.0 / 8).epsilon(1e-15));
  // Exact for every polynomial of lower degree than there are points.
  const std::vector<double> y{1.0, 1.4, 2.2, 3.9};
  const arma::vec d = zne::extrapolation_coefficients(zne::Extrapolation::richardson, y,
                                                      arma::vec(4, arma::fill::zeros));
  const arma::vec points(y);
  CHECK(arma::accu(d) == Approx(1.0).epsilon(1e-13));
  for (int power = 1; power <= 3; ++power)
    CHECK(arma::dot(d, arma::pow(points, power)) == Approx(0.0).margin(1e-12));
}

TEST_CASE("Linear coefficients are the weighted fit's intercept") {
  const std::vector<double> x{1, 2, 3.4, 5};
  const arma::vec variances{0.1, 0.4, 0.2, 0.9};
  const arma::vec c = zne::extrapolation_coefficients(zne::Extrapolation::linear, x, variances);
  arma::mat design(4, 2, arma::fill::ones);
  design.col(1) = arma::vec(x);
  const arma::mat weights = arma::diagmat(1.0 / variances);
  const arma::mat fit = arma::solve(design.t() * weights * design, design.t() * weights);
  CHECK(arma::abs(c - fit.row(0).t()).max() < 1e-14);

  // Equal weights at (1, 3, 5): mean 3, Sxx 8, so 1/3 - 3 (x - 3)/8.
  const std::vector<double> odd{1, 3, 5};
  const arma::vec equal =
      zne::extrapolation_coefficients(zne::Extrapolation::linear, odd, arma::vec(3));
  CHECK(equal(0) == Approx(1.0 / 3 + 0.75).epsilon(1e-14));
  CHECK(equal(1) == Approx(1.0 / 3).epsilon(1e-14));
  CHECK(equal(2) == Approx(1.0 / 3 - 0.75).epsilon(1e-14));
  // Agreement of all shots at one factor does not make it exact.
  CHECK(arma::approx_equal(
      zne::extrapolation_coefficients(zne::Extrapolation::linear, odd, arma::vec{0, 0.1, 0.4}),
      zne::extrapolation_coefficients(zne::Extrapolation::linear, odd, arma::vec{0.1, 0.1, 0.4}),
      "absdiff", 1e-15));
}

TEST_CASE("Extrapolations that make no sense are refused") {
  const auto coefficients = [](const std::vector<double>& x, const arma::vec& variances) {
    return zne::extrapolation_coefficients(zne::Extrapolation::linear, x, variances);
  };
  CHECK_THROWS_AS(coefficients({1}, {0}), InputError);
  CHECK_THROWS_WITH(coefficients({1}, {0}), ContainsSubstring("at least 2"));
  CHECK_THROWS_WITH(coefficients({1, 3, 1}, {0, 0, 0}),
                    ContainsSubstring("scale factor 1 is repeated"));
  CHECK_THROWS_WITH(coefficients({1, 3}, {0}), ContainsSubstring("1 variances for 2"));
  CHECK_THROWS_WITH(coefficients({1, 3}, {0, -1}), ContainsSubstring("variance -1"));
  CHECK_THROWS_WITH(coefficients({0, 3}, {0, 1}), ContainsSubstring("scale factor 0"));
  const zne::ZnePlan plan = one_bit_plan({1, 3});
  CHECK_THROWS_WITH(
      zne::combine(plan, exact({0.5}), z0, raw_estimator(), zne::Extrapolation::linear),
      ContainsSubstring("1 given for 2 circuits"));
}

TEST_CASE("Exact polynomial data extrapolate exactly") {
  const zne::ZnePlan plan = one_bit_plan({1, 3, 5});
  const auto line = zne::combine(plan, exact({0.8, 0.6, 0.4}), z0, raw_estimator(),
                                 zne::Extrapolation::linear)[0];
  CHECK(line.value == Approx(0.9).epsilon(1e-14));
  CHECK(line.std_error == 0.0);
  CHECK(line.shots == 0);
  CHECK(line.circuits == 3);
  CHECK(line.method == "zne/linear over raw");
  CHECK(line.diagnostics.at("value[1]") == Approx(0.6).epsilon(1e-14));
  CHECK(line.diagnostics.at("scale_factor[2]") == 5.0);
  CHECK(line.diagnostics.at("coefficient[0]") == Approx(13.0 / 12).epsilon(1e-14));
  CHECK(line.diagnostics.count("chi2") == 0);

  // 0.9 - 0.1 x + 0.01 x²
  const auto parabola = zne::combine(plan, exact({0.81, 0.69, 0.65}), z0, raw_estimator(),
                                     zne::Extrapolation::richardson)[0];
  CHECK(parabola.value == Approx(0.9).epsilon(1e-13));
  CHECK(parabola.method == "zne/richardson over raw");
}

TEST_CASE("Extrapolated errors come from the shots, weights from each observable alone") {
  zne::ZnePlan plan;
  plan.scale_factors = {1, 2, 3};
  for (int j = 0; j < 3; ++j) plan.jobs.push_back({std::make_shared<const Circuit>(2), {}, {}, 0});
  std::vector<Outcomes> outcomes;
  outcomes.push_back(Outcomes::from_counts(2, {{0, 900}, {1, 60}, {2, 30}, {3, 10}}));
  outcomes.push_back(Outcomes::from_counts(2, {{0, 1500}, {1, 200}, {2, 250}, {3, 50}}));
  outcomes.push_back(Outcomes::from_counts(2, {{0, 340}, {1, 80}, {2, 60}, {3, 20}}));
  const std::vector<Observable> observables{Observable::z(0), Observable::parse("Z0 Z1")};
  const auto estimates =
      zne::combine(plan, outcomes, observables, raw_estimator(), zne::Extrapolation::linear);
  for (std::size_t k = 0; k < 2; ++k) {
    arma::vec values(3), variances(3);
    for (std::size_t j = 0; j < 3; ++j) {
      const JointEstimate joint = raw_expectations(outcomes[j], observables);
      values(j) = joint.values(k);
      variances(j) = joint.covariance(k, k);
    }
    arma::mat design(3, 2, arma::fill::ones);
    design.col(1) = arma::vec(plan.scale_factors);
    const arma::mat weights = arma::diagmat(1.0 / variances);
    const arma::mat covariance = arma::inv(design.t() * weights * design);
    const arma::vec fit = covariance * design.t() * weights * values;
    const arma::vec residuals = values - design * fit;
    CHECK(estimates[k].value == Approx(fit(0)).epsilon(1e-12));
    CHECK(estimates[k].std_error == Approx(std::sqrt(covariance(0, 0))).epsilon(1e-12));
    CHECK(estimates[k].diagnostics.at("chi2") ==
          Approx(arma::as_scalar(residuals.t() * weights * residuals)).epsilon(1e-10));
    CHECK(estimates[k].diagnostics.at("degrees_of_freedom") == 1.0);
    CHECK(estimates[k].shots == 3500);
    CHECK(estimates[k].circuits == 3);
  }
  CHECK(estimates[0].diagnostics.at("coefficient[0]") !=
        estimates[1].diagnostics.at("coefficient[0]"));
}

TEST_CASE("Extrapolation's 95% intervals cover 95%") {
  const std::vector<double> factors{1, 3, 5};
  const zne::ZnePlan plan = one_bit_plan(factors);
  const auto covered = [&](zne::Extrapolation method, double curvature, std::uint64_t seed) {
    return sampling::coverage(0.9, seed, [&](RandomStream& random) {
      std::vector<Outcomes> outcomes;
      for (const double x : factors)
        outcomes.push_back(sampling::draw(
            sampling::with_expectation(0.9 - 0.12 * x + curvature * x * x), 2000, random));
      return zne::combine(plan, outcomes, z0, raw_estimator(), method)[0];
    });
  };
  CHECK(covered(zne::Extrapolation::linear, 0.0, 41) == Approx(0.95).margin(0.015));
  CHECK(covered(zne::Extrapolation::richardson, 0.01, 42) == Approx(0.95).margin(0.015));
}

TEST_CASE("Readout mitigation composes with extrapolation") {
  // <Z> = 0.9 - 0.1 x before readout, which adds an error of its own that does not scale with x.
  const std::vector<double> factors{1, 3, 5};
  const ReadoutError error{ConfusionMatrix::single(0, 0.03, 0.08)};
  const zne::ZnePlan plan = one_bit_plan(factors);
  std::vector<std::vector<double>> seen;
  std::vector<Outcomes> outcomes;
  for (const double x : factors) {
    seen.push_back(sampling::with_expectation(0.9 - 0.1 * x));
    apply_readout_error(error, seen.back());
    outcomes.push_back(Outcomes::from_probabilities(seen.back()));
  }
  const auto method = zne::Extrapolation::linear;
  const auto unmitigated = zne::combine(plan, outcomes, z0, raw_estimator(), method)[0];
  CHECK(unmitigated.value == Approx(0.9 * 0.89 + 0.05).epsilon(1e-13));
  const ExpectationEstimator inversion = readout::inversion(error);
  const auto both = zne::combine(plan, outcomes, z0, inversion, method)[0];
  CHECK(both.value == Approx(0.9).epsilon(1e-13));
  CHECK(both.method == "zne/linear over readout/inversion");
  CHECK(zne::combine(plan, outcomes, z0, readout::least_squares(error), method)[0].value ==
        Approx(0.9).epsilon(1e-13));

  const double covered = sampling::coverage(0.9, 43, [&](RandomStream& random) {
    std::vector<Outcomes> drawn;
    for (const auto& p : seen) drawn.push_back(sampling::draw(p, 2000, random));
    return zne::combine(plan, drawn, z0, inversion, method)[0];
  });
  CHECK(covered == Approx(0.95).margin(0.015));
}
