#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/symmetry.hpp>

#include "mitigation/sampling.hpp"
#include "support/catch.hpp"
#include "support/observables.hpp"

using namespace rhodrift;
using symmetry::Symmetry;

namespace {

const std::vector<Symmetry> even_and_odd{{PauliString::z({0, 1}), 1}, {PauliString::z({1, 2}), -1}};

const std::vector<Observable> observables = parse_observables({"Z0", "Z2 - 0.5*Z0 Z1 Z2", "Z0 Z1"});

/// By hand: bits 0 and 1 agree, bits 1 and 2 do not: outcomes 3 = "011" and 4 = "100".
double conditional(const std::vector<double>& p, double at_011, double at_100) {
  return (p[3] * at_011 + p[4] * at_100) / (p[3] + p[4]);
}

}  // namespace

TEST_CASE("Post-selection keeps the outcomes that have the symmetries") {
  const Outcomes outcomes =
      Outcomes::from_counts(3, {{0, 100}, {3, 250}, {4, 50}, {5, 70}, {7, 30}});
  const symmetry::PostSelected kept = symmetry::post_select(outcomes, even_and_odd);
  CHECK(kept.share == Approx(0.6).epsilon(1e-15));
  CHECK(kept.outcomes.shots == 300);
  CHECK(kept.outcomes.counts() == std::map<Bitstring, std::uint64_t>{{3, 250}, {4, 50}});
  const JointEstimate joint = symmetry::post_selection(even_and_odd)(outcomes, observables);
  CHECK(joint.values(0) == Approx((50.0 - 250.0) / 300).epsilon(1e-14));
  CHECK(joint.values(2) == 1.0);
  CHECK(joint.covariance(0, 0) == Approx((1 - 4.0 / 9) / 299).epsilon(1e-13));
  CHECK(joint.covariance(2, 2) == 0.0);

  std::vector<double> p(8, 0.125);
  CHECK(symmetry::post_select(Outcomes::from_probabilities(p), even_and_odd).share ==
        Approx(0.25).epsilon(1e-15));
}

TEST_CASE("The expanded projector over raw counts is post-selection") {
  RandomStream random(51);
  for (int repetition = 0; repetition < 20; ++repetition) {
    const auto outcomes = sampling::draw(sampling::random_distribution(4, random), 400, random);
    const JointEstimate selected = symmetry::post_selection(even_and_odd)(outcomes, observables);
    const JointEstimate expanded =
        symmetry::expanded(even_and_odd, raw_estimator())(outcomes, observables);
    CHECK(arma::abs(selected.values - expanded.values).max() < 1e-13);
    // The same but for the divisors, all shots less one and the kept ones less one.
    const auto kept = symmetry::post_select(outcomes, even_and_odd).outcomes.shots;
    const double selected_bias = 1.0 - 1.0 / static_cast<double>(kept),
                 expanded_bias = 399.0 / 400.0;
    CHECK(
        arma::abs(selected_bias * selected.covariance - expanded_bias * expanded.covariance).max() <
        1e-14);
  }
}

TEST_CASE("Readout mitigation inside: symmetries are those of the qubits, not of their reading") {
  RandomStream random(52);
  const ReadoutError error{ConfusionMatrix::single(0, 0.03, 0.08),
                           ConfusionMatrix::single(1, 0.02, 0.05),
                           ConfusionMatrix::single(2, 0.04, 0.06)};
  const std::vector<double> truth = sampling::random_distribution(3, random);
  std::vector<double> seen = truth;
  apply_readout_error(error, seen);
  const ExpectationEstimator mitigated =
      symmetry::expanded(even_and_odd, readout::inversion(error));
  CHECK(mitigated.method == "symmetry/expanded over readout/inversion");
  const JointEstimate exact = mitigated(Outcomes::from_probabilities(seen), observables);
  CHECK(exact.values(0) == Approx(conditional(truth, -1, 1)).epsilon(1e-12));
  CHECK(exact.values(1) == Approx(conditional(truth, 1.0 - 0.5, -1.0 + 0.5)).epsilon(1e-12));
  CHECK(arma::abs(exact.covariance).max() == 0.0);
  const JointEstimate raw =
      symmetry::post_selection(even_and_odd)(Outcomes::from_probabilities(seen), observables);
  CHECK(std::abs(raw.values(0) - conditional(truth, -1, 1)) > 0.005);
}

TEST_CASE("Errors that circuits share go through the ratio") {
  // An inner estimator whose calibration is uncertain: a multiple of every parity, the same for all
  // circuits.
  const auto scaled = [](double scale) {
    return ExpectationEstimator{"scaled", [scale](std::span<const Reading> readings) {
                                  ReadExpectations result = raw_estimator().estimate(readings);
                                  std::vector<arma::vec> slopes;
                                  for (std::size_t r = 0; r < readings.size(); ++r) {
                                    const auto n = readings[r].observables.size();
                                    arma::vec identity(n);
                                    for (std::size_t k = 0; k < n; ++k)
                                      for (const auto& term : readings[r].observables[k].terms())
                                        if (term.pauli.factors().empty())
                                          identity(k) += term.coefficient;
                                    slopes.push_back(result.readings[r].values - identity);
                                    result.readings[r].values = identity + scale * slopes.back();
                                    result.readings[r].covariance *= scale * scale;
                                  }
                                  result.shared = 0.05 * arma::join_cols(slopes[0], slopes[1]);
                                  return result;
                                }};
  };
  RandomStream random(53);
  const auto first = sampling::draw(sampling::random_distribution(3, random), 4000, random);
  const auto second = sampling::draw(sampling::random_distribution(3, random), 4000, random);
  const std::vector<Reading> readings{{first, observables}, {second, observables}};
  const auto values = [&](double scale) {
    return symmetry::expanded(even_and_odd, scaled(scale)).estimate(readings).joint().values;
  };
  const ReadExpectations read = symmetry::expanded(even_and_odd, scaled(1.1)).estimate(readings);
  REQUIRE(read.shared.n_rows == 6);
  const double step = 1e-5;
  const arma::vec slope = (values(1.1 + step) - values(1.1 - step)) / (2 * step);
  CHECK(arma::abs(read.shared - 0.05 * slope).max() < 1e-9);
}

TEST_CASE("Intervals of symmetry verification cover 95%") {
  RandomStream seed(54);
  const ReadoutError error{ConfusionMatrix::single(0, 0.03, 0.08),
                           ConfusionMatrix::single(2, 0.04, 0.06)};
  const std::vector<double> truth = sampling::random_distribution(3, seed);
  std::vector<double> seen = truth;
  apply_readout_error(error, seen);
  const std::vector<Observable> z0{Observable::z(0)};
  const auto covered = [&](const ExpectationEstimator& estimator, double value,
                           std::uint64_t stream) {
    return sampling::coverage(value, stream, [&](RandomStream& random) {
      const JointEstimate joint = estimator(sampling::draw(seen, 2000, random), z0);
      return normal_estimate(joint.values(0), std::sqrt(joint.covariance(0, 0)), "");
    });
  };
  CHECK(covered(symmetry::expanded(even_and_odd, readout::inversion(error)),
                conditional(truth, -1, 1), 55) == Approx(0.95).margin(0.015));
  CHECK(covered(symmetry::post_selection(even_and_odd), conditional(seen, -1, 1), 56) ==
        Approx(0.95).margin(0.015));
}

TEST_CASE("Symmetries that make no sense are refused") {
  const Outcomes outcomes = Outcomes::from_counts(2, {{0, 10}, {3, 10}});
  const auto z = PauliString::z({0, 1});
  CHECK_THROWS_WITH(symmetry::post_selection({}), ContainsSubstring("there are none"));
  CHECK_THROWS_WITH(symmetry::post_selection({{PauliString::parse("X0"), 1}}),
                    ContainsSubstring("X0: is not diagonal"));
  CHECK_THROWS_WITH(symmetry::post_selection({{z, 2}}),
                    ContainsSubstring("sign 2 is neither 1 nor -1"));
  CHECK_THROWS_WITH(symmetry::expanded({{z, 1}, {z, -1}}, raw_estimator()),
                    ContainsSubstring("exclude each other"));
  CHECK_THROWS_WITH(symmetry::expanded(std::vector<Symmetry>(13, {z, 1}), raw_estimator()),
                    ContainsSubstring("13 are more than the 12"));
  CHECK_THROWS_WITH(symmetry::post_selection({{PauliString::z({2}), 1}})(outcomes, observables),
                    ContainsSubstring("bit 2 is outside 0..1"));
  const std::vector<Observable> z0{Observable::z(0)};
  CHECK_THROWS_AS(symmetry::post_selection({{z, -1}})(outcomes, z0), RunError);
  CHECK_THROWS_AS(symmetry::expanded({{z, -1}}, raw_estimator())(outcomes, z0), RunError);
}
