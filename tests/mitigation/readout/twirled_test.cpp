#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/twirled.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>

#include "mitigation/readout/calibrated.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;
using calibrated::misread;

namespace {

const ReadoutError device{ConfusionMatrix::single(0, 0.03, 0.10),
                          ConfusionMatrix::single(1, 0.02, 0.05),
                          ConfusionMatrix::single(2, 0.12, 0.04)};

/// What is read of `truth` when `flips` come before the readout.
Outcomes read_flipped(const std::vector<double>& truth, std::uint64_t flips) {
  std::vector<double> flipped(truth.size());
  for (std::size_t b = 0; b < truth.size(); ++b) flipped[b ^ flips] = truth[b];
  return Outcomes::from_probabilities(misread(device, flipped));
}

std::vector<Outcomes> read_twirled(const readout::TwirledPlan& plan,
                                   const std::vector<double>& truth) {
  std::vector<Outcomes> outcomes;
  for (const auto& flips : plan.flips) outcomes.push_back(read_flipped(truth, flips[0]));
  return outcomes;
}

const std::vector<double> zeros{1, 0, 0, 0, 0, 0, 0, 0};

}  // namespace

TEST_CASE("Exact twirled readout is free of the readout error, correlated ones too") {
  RandomStream random(71);
  Circuit circuit(3);
  circuit.append(Op::ry, {0}, {Angle::weight(0)})
      .append(Op::cx, {0, 1})
      .append(Op::rx, {2}, {0.7})
      .append(Op::cx, {1, 2});
  circuit.set_readout_error(
      {oracle::random_confusion({0, 2}, random), ConfusionMatrix::single(1, 0.02, 0.09)});
  const auto plan = readout::construct_twirled(circuit, 8, 0, random).bound({0.4}, {});
  const auto calibration = readout::construct_twirled_calibration(circuit, 8, 0, random);
  CHECK(plan.jobs.size() == 8);
  DensityMatrixExecutor executor(1);
  const Outcomes seen = readout::untwirled(plan, executor.run(plan.jobs));
  const Outcomes zero = readout::untwirled(calibration, executor.run(calibration.jobs));
  const auto observables = parse_observables({"Z0", "Z1", "Z0 Z2", "Z0 Z1 Z2 - 2*Z2 + 0.5*I"});
  const JointEstimate joint = readout::twirled(zero)(seen, observables);
  Circuit perfect = circuit;
  perfect.set_readout_error({});
  const arma::cx_mat density = oracle::evolve(perfect, {0.4});
  for (std::size_t k = 0; k < observables.size(); ++k)
    CHECK(joint.values(k) == Approx(oracle::expectation(observables[k], density)).margin(1e-12));
  CHECK(arma::abs(joint.covariance).max() == 0.0);
}

TEST_CASE("The ratio is of averages, not the average of ratios") {
  // One bit, two twirls: 0.9 and 0.8 of |0> are read right, flips undone.
  readout::TwirledPlan plan;
  const auto circuit = std::make_shared<const Circuit>(1);
  for (const std::uint64_t flip : {0u, 1u}) {
    Job job;
    job.circuit = circuit;
    plan.jobs.push_back(job);
    plan.flips.push_back({flip});
  }
  const Outcomes zero =
      readout::untwirled(plan, std::vector<Outcomes>{Outcomes::from_counts(1, {{0, 90}, {1, 10}}),
                                                     Outcomes::from_counts(1, {{0, 20}, {1, 80}})});
  CHECK(zero.shots == 200);
  CHECK(zero.frequency[0] == Approx(0.85).epsilon(1e-14));
  const Outcomes seen =
      readout::untwirled(plan, std::vector<Outcomes>{Outcomes::from_counts(1, {{0, 60}, {1, 40}}),
                                                     Outcomes::from_counts(1, {{0, 30}, {1, 70}})});
  const JointEstimate joint = readout::twirled(zero)(seen, parse_observables({"Z0"}));
  CHECK(joint.values(0) == Approx(0.3 / 0.7).epsilon(1e-14));
  const double f = 0.7 * 200 / 201;
  const double calibration = std::pow(0.3 / 0.49, 2) * (1 - f * f) / 200;
  CHECK(joint.covariance(0, 0) == Approx((1 - 0.09) / 199 / 0.49 + calibration).epsilon(1e-12));
}

TEST_CASE("Twirled readout's intervals cover 95%") {
  RandomStream seed(72);
  const std::vector<double> truth_distribution = sampling::random_distribution(3, seed);
  const auto observables = parse_observables({"Z0 Z2 + 0.5*Z1 - 0.25*Z0 Z1 Z2"});
  const double truth =
      raw_expectations(Outcomes::from_probabilities(truth_distribution), observables).values(0);
  for (const std::uint64_t calibration_shots : {100u, 1000u})
    for (const std::uint64_t shots : {100u, 2000u}) {
      CAPTURE(calibration_shots, shots);
      const double covered = sampling::coverage(truth, 73, [&](RandomStream& random) {
        const auto plan = readout::construct_twirled(Circuit(3), 8, shots, random);
        const auto calibration = readout::construct_twirled_calibration(Circuit(3), 8, 1, random);
        const Outcomes zero = readout::untwirled(
            calibration,
            calibrated::draw_each(read_twirled(calibration, zeros), calibration_shots, random));
        const Outcomes seen = readout::untwirled(
            plan, calibrated::draw_each(read_twirled(plan, truth_distribution), shots, random));
        return calibrated::estimate(readout::twirled(zero)(seen, observables));
      });
      CHECK(covered == Approx(0.95).margin(0.015));
    }
}

TEST_CASE("Circuits that are read with one twirled calibration share its error") {
  RandomStream random(74);
  const auto plan = readout::construct_twirled(Circuit(3), 8, 1, random);
  const auto observables = parse_observables({"Z0", "Z0 Z1"});
  RandomStream seed(75);
  const auto a = sampling::random_distribution(3, seed), b = sampling::random_distribution(3, seed);
  const Outcomes first = readout::untwirled(plan, read_twirled(plan, a));
  const Outcomes second = readout::untwirled(plan, read_twirled(plan, b));
  const Outcomes calibration = readout::untwirled(plan, read_twirled(plan, zeros));
  arma::mat values(3000, 4);
  JointEstimate typical;
  for (arma::uword r = 0; r < values.n_rows; ++r) {
    RandomStream shots(76, r);
    const Outcomes zero = draw(calibration, 2000, shots);
    const std::vector<Reading> readings{{first, observables}, {second, observables}};
    typical = readout::twirled(zero).estimate(readings).joint();
    values.row(r) = typical.values.t();
  }
  const arma::mat scatter = arma::cov(values);
  for (arma::uword i = 0; i < 4; ++i)
    for (arma::uword j = 0; j < 4; ++j)
      CHECK(std::abs(scatter(i, j) - typical.covariance(i, j)) <
            0.1 * std::sqrt(scatter(i, i) * scatter(j, j)));
}

TEST_CASE("Twirled readout refuses what it cannot do") {
  RandomStream random(77);
  CHECK(readout::min_twirls(1) == 2);
  CHECK(readout::min_twirls(127) == 256);
  CHECK_THROWS_WITH(readout::construct_twirled(Circuit(3), 4, 10, random),
                    ContainsSubstring("4 is not a power of two of at least 8, what 3 bits take"));
  CHECK_THROWS_WITH(readout::construct_twirled(Circuit(3), 12, 10, random),
                    ContainsSubstring("12 is not a power of two"));
  Circuit mid(2);
  mid.measure(0, 0).append(Op::h, {0}).measure(1, 1);
  CHECK_THROWS_WITH(readout::construct_twirled(mid, 4, 10, random),
                    ContainsSubstring("bit 0 is read mid-circuit"));
  const auto plan = readout::construct_twirled(Circuit(1), 2, 10, random);
  CHECK_THROWS_WITH(
      readout::untwirled(plan, std::vector<Outcomes>{Outcomes::from_counts(1, {{0, 10}}),
                                                     Outcomes::from_counts(1, {{0, 20}})}),
      ContainsSubstring("circuit 1: 20 shots, circuit 0 has 10"));
  const auto weak = readout::twirled(Outcomes::from_counts(1, {{0, 55}, {1, 45}}));
  CHECK_THROWS_WITH(weak(Outcomes::from_counts(1, {{0, 10}}), parse_observables({"Z0"})),
                    ContainsSubstring("a string of 1 Z keeps 0.1 ± 0.099 of its expectation"));
  CHECK_THROWS_WITH(weak(Outcomes::from_counts(2, {{0, 10}}), parse_observables({"Z0"})),
                    ContainsSubstring("2 bits given, the twirled calibration has 1"));
}
