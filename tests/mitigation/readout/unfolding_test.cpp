#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/unfolding.hpp>

#include "mitigation/readout/calibrated.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;
using calibrated::misread;
using readout::MeasuredReadout;

namespace {

const ReadoutError device{
    ConfusionMatrix::single(0, 0.03, 0.08),
    {{2, 1},
     oracle::confusion(
         {ConfusionMatrix::single(0, 0.02, 0.05), ConfusionMatrix::single(1, 0.04, 0.06)}, 2)}};

MeasuredReadout with_shots(const ReadoutError& error, double shots) {
  MeasuredReadout measured{error, {}};
  for (const ConfusionMatrix& group : error)
    measured.shots.push_back(arma::vec(group.matrix.n_cols).fill(shots));
  return measured;
}

/// The same outcomes on more bits, the new ones 0: past max_unfolding_bits, so over seen ones only.
Outcomes widened(Outcomes outcomes) {
  outcomes.n_bits = readout::max_unfolding_bits + 1;
  return outcomes;
}

}  // namespace

TEST_CASE("An unfolding step is Bayes' rule") {
  // One bit, p10 = 0.1, p01 = 0.2, read as (0.7, 0.3): from even, A p = (0.55, 0.45).
  const ReadoutError error{ConfusionMatrix::single(0, 0.1, 0.2)};
  const Outcomes outcomes = Outcomes::from_counts(1, {{0, 70}, {1, 30}});
  const readout::Unfolded once = readout::unfold(error, outcomes, {1, 0.0});
  const double p0 = 0.5 * (0.9 * 0.7 / 0.55 + 0.1 * 0.3 / 0.45);
  CHECK(once.iterations == 1);
  CHECK(once.distribution.frequency[0] == Approx(p0).epsilon(1e-14));
  CHECK(once.distribution.frequency[1] == Approx(1 - p0).epsilon(1e-14));
  CHECK(once.last_change == Approx(2 * (p0 - 0.5)).epsilon(1e-14));
}

TEST_CASE("Unfolding raises the likelihood and converges to inversion inside the simplex") {
  RandomStream random(61);
  const std::vector<double> truth{0.2, 0.1, 0.15, 0.05, 0.1, 0.1, 0.2, 0.1};
  const Outcomes outcomes =
      draw(Outcomes::from_probabilities(misread(device, truth)), 100000, random);
  double last = -arma::datum::inf;
  for (const int iterations : {1, 2, 3, 5, 10, 30}) {
    arma::vec read(readout::unfold(device, outcomes, {iterations, 0.0}).distribution.frequency);
    apply_to_bits({0}, device[0].matrix, {read.memptr(), read.n_elem});
    apply_to_bits({2, 1}, device[1].matrix, {read.memptr(), read.n_elem});
    const double likelihood = arma::dot(arma::vec(outcomes.frequency), arma::log(read));
    CHECK(likelihood > last);
    last = likelihood;
  }
  const readout::Unfolded converged = readout::unfold(device, outcomes, {1000, 1e-13});
  CHECK(converged.iterations < 300);
  CHECK(converged.last_change < 1e-13);
  const std::vector<double> inverted = readout::inverted_distribution(device, outcomes);
  CHECK(arma::abs(arma::vec(converged.distribution.frequency) - arma::vec(inverted)).max() < 1e-11);

  const auto observables = parse_observables({"Z0", "Z0 Z2 - 0.5*Z1"});
  const MeasuredReadout measured = with_shots(device, 500);
  const JointEstimate a = readout::unfolding(measured, {1000, 1e-13})(outcomes, observables);
  const JointEstimate b = readout::inversion(measured)(outcomes, observables);
  CHECK(arma::abs(a.values - b.values).max() < 1e-10);
  CHECK(arma::abs(a.covariance - b.covariance).max() < 1e-8 * b.covariance.max());
}

TEST_CASE("Tensored and full unfolding are the same") {
  RandomStream random(62);
  const Outcomes outcomes = sampling::draw(sampling::random_distribution(3, random), 50, random);
  const ReadoutError full{{{0, 1, 2}, oracle::confusion(device, 3)}};
  const arma::vec a(readout::unfold(device, outcomes, {20, 0.0}).distribution.frequency);
  const arma::vec b(readout::unfold(full, outcomes, {20, 0.0}).distribution.frequency);
  CHECK(arma::abs(a - b).max() < 1e-14);
}

TEST_CASE("Unfolding over the seen outcomes equals unfolding with no others") {
  // By the definition, with an explicit matrix of the seen rows and columns.
  RandomStream random(63);
  const Outcomes outcomes = Outcomes::from_counts(3, {{0, 40}, {1, 7}, {5, 20}, {6, 3}});
  const arma::uvec seen{0, 1, 5, 6};
  const arma::mat a = oracle::confusion(device, 3).eval().submat(seen, seen);
  const arma::vec f(outcomes.frequency);
  arma::vec p(4);
  p.fill(0.25);
  for (int i = 0; i < 15; ++i) p %= a.t() * (f / (a * p));
  const readout::Unfolded unfolded = readout::unfold(device, widened(outcomes), {15, 0.0});
  CHECK(unfolded.distribution.size() == 4);
  CHECK(arma::abs(arma::vec(unfolded.distribution.frequency) - p).max() < 1e-14);
  CHECK(arma::accu(p) == Approx(1.0).epsilon(1e-13));
}

TEST_CASE("Unfolding's errors are the derivative of its steps, propagated") {
  RandomStream random(64);
  const auto observables = parse_observables({"Z0", "Z1 Z2 - 0.5*Z0"});
  for (const bool seen_only : {false, true})
    for (const int iterations : {1, 7}) {
      CAPTURE(seen_only, iterations);
      const Outcomes narrow = sampling::draw(sampling::random_distribution(3, random), 30, random);
      const Outcomes outcomes = seen_only ? widened(narrow) : narrow;
      const MeasuredReadout measured = with_shots(device, 1e8);
      const readout::UnfoldingStop stop{iterations, 0.0};

      const double step = 1e-6;
      arma::mat derivative(observables.size(), outcomes.size());
      for (std::size_t r = 0; r < outcomes.size(); ++r) {
        Outcomes up = outcomes, down = outcomes;
        up.frequency[r] += step;
        down.frequency[r] -= step;
        derivative.col(r) = (readout::unfolding(measured, stop)(up, observables).values -
                             readout::unfolding(measured, stop)(down, observables).values) /
                            (2 * step);
      }
      const arma::vec f(outcomes.frequency);
      const arma::mat expected =
          derivative * (arma::diagmat(f) - f * f.t()) * derivative.t() / 29.0;
      const Reading reading{outcomes, observables};
      const auto read = readout::unfolding(measured, stop).estimate({&reading, 1});
      CHECK(arma::abs(read.readings[0].covariance - expected).max() < 1e-8);

      const auto values = [&](const MeasuredReadout& moved) {
        return readout::unfolding(moved, stop).estimate({&reading, 1}).joint().values;
      };
      const arma::mat shared = calibrated::shared_covariance(measured, values);
      CHECK(arma::abs(read.shared * read.shared.t() - shared).max() <
            1e-4 * arma::abs(shared).max());
    }
}

TEST_CASE("Unfolding over the seen outcomes, all being seen, is unfolding over all") {
  RandomStream random(66);
  const auto observables = parse_observables({"Z0", "Z1 Z2 - 0.5*Z0"});
  const Outcomes outcomes =
      draw(Outcomes::from_probabilities(sampling::random_distribution(3, random)), 1000, random);
  REQUIRE(outcomes.size() == 8);
  // An entry of 0 was never seen, but may not be 0: it has a derivative all the same. Bit 1 is in
  // no group.
  const MeasuredReadout measured = with_shots(
      {ConfusionMatrix::single(0, 0.0, 0.1), ConfusionMatrix::single(2, 0.05, 0.02)}, 50);
  const auto unfolding = readout::unfolding(measured, {9, 0.0});
  const JointEstimate all = unfolding(outcomes, observables);
  const JointEstimate seen = unfolding(widened(outcomes), observables);
  CHECK(arma::abs(all.values - seen.values).max() < 1e-14);
  CHECK(arma::abs(all.covariance - seen.covariance).max() < 1e-15);
}

TEST_CASE("Converged unfolding's intervals cover 95%, early stopped ones their own limit") {
  const std::vector<double> truth_distribution{0.2, 0.1, 0.15, 0.05, 0.1, 0.1, 0.2, 0.1};
  const auto seen = Outcomes::from_probabilities(misread(device, truth_distribution));
  const auto observables = parse_observables({"Z0 Z1 + 0.5*Z2"});
  const double truth =
      raw_expectations(Outcomes::from_probabilities(truth_distribution), observables).values(0);
  const auto plan = readout::construct_calibration(Circuit(3), readout::CalibrationScheme::grouped,
                                                   {{0}, {2, 1}}, 1000);
  const auto exact = calibrated::exact_outcomes(plan, device, 3);
  for (const int iterations : {100, 3}) {
    const readout::UnfoldingStop stop{iterations, 1e-9};
    const double limit = readout::unfolding({device, {}}, stop)(seen, observables).values(0);
    if (iterations == 100) CHECK(limit == Approx(truth).margin(1e-6));
    const double covered = sampling::coverage(limit, 65, [&](RandomStream& random) {
      const auto measured =
          readout::combine_calibration(plan, calibrated::draw_each(exact, 1000, random));
      return calibrated::estimate(
          readout::unfolding(measured, stop)(draw(seen, 4000, random), observables));
    });
    CAPTURE(iterations, limit, truth);
    CHECK(covered == Approx(0.95).margin(0.015));
  }
}

TEST_CASE("Rounding below 0 in exact outcomes changes nothing in unfolding") {
  // Bit 1 is read right, so that outcome 2 is never read when it is never true.
  const ReadoutError error{ConfusionMatrix::single(0, 0.1, 0.2), ConfusionMatrix::single(1, 0, 0)};
  Outcomes clean = Outcomes::from_probabilities({0.6, 0.4, 0.0, 0.0}), rounded = clean;
  rounded.words = {0, 1, 2, 3};
  rounded.frequency = {0.6, 0.4, -1e-18, 0.0};
  const auto observables = parse_observables({"Z0", "Z0 Z1"});
  for (const bool wide : {false, true}) {
    const Outcomes one = wide ? widened(clean) : clean, other = wide ? widened(rounded) : rounded;
    const readout::UnfoldingStop stop{200, 0.0};
    const auto estimator = readout::unfolding(with_shots(error, 500), stop);
    const JointEstimate expected = estimator(one, observables),
                        joint = estimator(other, observables);
    CHECK(joint.covariance.is_finite());
    CHECK(arma::approx_equal(joint.values, expected.values, "absdiff", 1e-15));
    CHECK(arma::approx_equal(joint.covariance, expected.covariance, "absdiff", 1e-15));
    CHECK(readout::unfold(error, other, stop).distribution.frequency ==
          readout::unfold(error, one, stop).distribution.frequency);
  }
  rounded.frequency = {0.7, 0.4, -0.1, 0.0};
  CHECK_THROWS_WITH(readout::unfold(error, rounded, {1, 0.0}),
                    ContainsSubstring("10: has frequency -0.1, unfolding takes none below 0"));
}

TEST_CASE("Unfolding refuses what it cannot do") {
  const Outcomes outcomes = Outcomes::from_counts(1, {{0, 7}, {1, 3}});
  const ReadoutError error{ConfusionMatrix::single(0, 0.1, 0.2)};
  CHECK_THROWS_WITH(readout::unfold(error, outcomes, {0, 0.0}),
                    ContainsSubstring("iterations: 0 is outside 1..1000"));
  CHECK_THROWS_WITH(readout::unfold(error, outcomes, {1, -1.0}),
                    ContainsSubstring("tolerance: -1 is not >= 0"));
  CHECK_THROWS_WITH(readout::unfolding({{ConfusionMatrix::single(0, 0.5, 0.5)}, {}}, {1, 0.0}),
                    ContainsSubstring("condition number"));
  CHECK_THROWS_WITH(readout::unfold({ConfusionMatrix::single(1, 0.1, 0.1)}, outcomes, {1, 0.0}),
                    ContainsSubstring("bit 1 is outside 0..0"));
  Outcomes many;
  many.n_bits = 15;
  for (std::uint64_t r = 0; r < 5000; ++r) {
    many.words.push_back(r);
    many.frequency.push_back(1.0 / 5000);
  }
  CHECK_THROWS_WITH(readout::unfold(error, many, {1, 0.0}),
                    ContainsSubstring("5000 different ones of more than 14 bits"));
}
