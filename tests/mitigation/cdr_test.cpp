#include <algorithm>
#include <numbers>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/circuit/families.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/mitigation/cdr.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>

#include "mitigation/sampling.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

const std::vector<Observable> z0{Observable::z(0)};

/// A plan over circuits of n_bits, for outcomes that are made up.
cdr::CdrPlan made_up_plan(int n_training, std::vector<double> scale_factors, int n_bits = 1) {
  cdr::CdrPlan plan;
  const auto circuit = std::make_shared<const Circuit>(n_bits);
  plan.scale_factors = std::move(scale_factors);
  plan.noiseless.jobs.resize(static_cast<std::size_t>(n_training), {circuit, {}, {}, 0});
  plan.jobs.resize((plan.n_training() + 1) * plan.scale_factors.size(), {circuit, {}, {}, 0});
  return plan;
}

Outcomes exact_bit(double z) {
  return Outcomes::from_probabilities(sampling::with_expectation(z));
}

/// The outcomes with the expectations x, by circuit and scale factor.
std::vector<Outcomes> exact_bits(const std::vector<double>& x) {
  std::vector<Outcomes> outcomes;
  for (const double z : x) outcomes.push_back(exact_bit(z));
  return outcomes;
}
std::vector<Outcomes> drawn_bits(const std::vector<double>& x, std::uint64_t shots,
                                 RandomStream& random) {
  std::vector<Outcomes> outcomes;
  for (const double z : x) outcomes.push_back(draw(exact_bit(z), shots, random));
  return outcomes;
}

bool holds(const Estimate& estimate, double truth) {
  return estimate.ci.low <= truth && truth <= estimate.ci.high;
}

std::size_t count_non_clifford_rz(const Circuit& circuit) {
  std::size_t n = 0;
  for (const Instruction& i : circuit.instructions())
    if (i.op == Op::rz &&
        std::abs(std::remainder(i.angles[0].offset_rad(), std::numbers::pi / 2)) > 1e-9)
      ++n;
  return n;
}

}  // namespace

TEST_CASE("Training circuits differ from the circuit in angles that became Clifford") {
  const Circuit circuit = families::random_clifford_rz(3, 4, 3, 9);
  cdr::TrainingOptions options;
  options.n_training = 12;
  options.n_non_clifford = 4;
  options.scale_factors = {1.0, 3.0};
  options.seed = 8;
  for (const auto replacement : {cdr::Replacement::nearest, cdr::Replacement::random}) {
    options.replacement = replacement;
    const cdr::CdrPlan plan = cdr::construct(circuit, options, 1000, 5000);
    REQUIRE(plan.jobs.size() == 13 * 2);
    CHECK(plan.scale_factors == std::vector{1.0, 3.0});
    CHECK(plan.total_shots() == 2 * (12 * 1000 + 5000));
    bool differ = false;
    for (std::size_t t = 0; t < 12; ++t) {
      const Circuit& training = *plan.noiseless.jobs[t].circuit;
      CHECK(count_non_clifford_rz(training) == 4);
      REQUIRE(training.instructions().size() == circuit.instructions().size());
      for (std::size_t i = 0; i < circuit.instructions().size(); ++i) {
        const Instruction &before = circuit.instructions()[i], &after = training.instructions()[i];
        CHECK(before.op == after.op);
        CHECK(before.qubits == after.qubits);
        if (before.op != Op::rz || replacement == cdr::Replacement::random) continue;
        CHECK(std::abs(before.angles[0].offset_rad() - after.angles[0].offset_rad()) <=
              std::numbers::pi / 4);
      }
      CHECK(arma::abs(oracle::unitary_of(*plan.jobs[2 * t + 1].circuit) -
                      oracle::unitary_of(training))
                .max() < 1e-12);
      differ |= arma::abs(oracle::unitary_of(training) -
                          oracle::unitary_of(*plan.noiseless.jobs[0].circuit))
                    .max() > 0.1;
    }
    CHECK(differ);
    CHECK(
        arma::abs(oracle::unitary_of(*plan.jobs[24].circuit) - oracle::unitary_of(circuit)).max() <
        1e-13);
  }
}

TEST_CASE("Every gate with a non-Clifford angle can be replaced by a Clifford gate") {
  Circuit circuit(2);
  circuit.append(Op::t, {0}).append(Op::tdg, {1}).append(Op::u3, {0}, {0.3, 0.2, 0.1});
  circuit.append(Op::crz, {0, 1}, {0.4}).append(Op::cp, {0, 1}, {2.0});
  circuit.append(Op::xy, {0, 1}, {1.0}).append(Op::rxx, {0, 1}, {0.9}).append(Op::h, {0});
  cdr::TrainingOptions options;
  options.n_non_clifford = 0;
  const cdr::CdrPlan plan = cdr::construct(circuit, options, 10, 10);
  for (const Job& job : plan.noiseless.jobs) {
    // A Clifford unitary takes Pauli strings to Pauli strings.
    const TransferMatrix ptm = unitary_transfer_matrix(oracle::unitary_of(*job.circuit));
    CHECK(arma::abs(arma::abs(ptm) - arma::round(arma::abs(ptm))).max() < 1e-12);
    CHECK(count_non_clifford_rz(*job.circuit) == 0);
  }
}

TEST_CASE("Exact data on the model give the exact value") {
  const cdr::CdrPlan line = made_up_plan(6, {1.0});
  const std::vector<double> y{0.9, -0.4, 0.1, 0.6, -0.8, 0.0};
  std::vector<double> x;
  for (const double value : y) x.push_back((value - 0.05) / 1.3);
  x.push_back(0.4);
  const Estimate e = cdr::combine(line, exact_bits(x), exact_bits(y), z0, raw_estimator())[0];
  CHECK(e.value == Approx(1.3 * 0.4 + 0.05).epsilon(1e-12));
  CHECK(e.std_error < 1e-12);
  CHECK(e.method == "cdr over raw");
  CHECK(e.circuits == 7);
  CHECK(e.diagnostics.at("coefficient[0]") == Approx(1.3).epsilon(1e-12));
  CHECK(e.diagnostics.at("intercept") == Approx(0.05).epsilon(1e-12));
  CHECK(e.diagnostics.at("value[0]") == Approx(0.4).epsilon(1e-12));

  const cdr::CdrPlan plane = made_up_plan(6, {1.0, 3.0});
  const std::vector<double> both{0.7, 0.3,  -0.5, -0.1, 0.2,  0.15, 0.6,
                                 0.5, -0.9, -0.6, 0.1,  -0.2, 0.5,  0.2};
  std::vector<double> exact;
  for (std::size_t t = 0; t < 6; ++t) exact.push_back(1.4 * both[2 * t] - 0.3 * both[2 * t + 1]);
  const Estimate v =
      cdr::combine(plane, exact_bits(both), exact_bits(exact), z0, raw_estimator())[0];
  CHECK(v.value == Approx(1.4 * 0.5 - 0.3 * 0.2).epsilon(1e-11));
  CHECK(v.method == "vncdr over raw");
  CHECK(v.diagnostics.at("directions") == 2.0);
}

TEST_CASE("Of noise strengths that say the same, what they agree on is used") {
  const cdr::CdrPlan plan = made_up_plan(20, {1.0, 3.0});
  RandomStream random(61);
  std::vector<double> x, y;
  for (int t = 0; t <= 20; ++t) {
    y.push_back(1.8 * random.uniform() - 0.9);
    x.push_back(0.8 * y.back());
    x.push_back(0.5 * y.back());
  }
  const double truth = y.back();
  y.pop_back();
  const auto one =
      cdr::combine(plan, drawn_bits(x, 4000, random), exact_bits(y), z0, raw_estimator())[0];
  CHECK(one.diagnostics.at("directions") == 1.0);
  CHECK(std::abs(one.value - truth) < 4 * one.std_error);
}

namespace {

/// y = slope x + offset + scatter · normal.
struct LineModel {
  double slope, offset, scatter;
};

/// Coverage, and how the std_error compares with what values scatter by.
struct Checked {
  double coverage, bias_in_errors, error_ratio;
};

Checked check_line(const LineModel& model, int n_training, std::uint64_t shots,
                   std::uint64_t seed) {
  const cdr::CdrPlan plan = made_up_plan(n_training, {1.0});
  int covered = 0;
  arma::vec deviations(sampling::coverage_repetitions), variances(arma::size(deviations));
  for (int r = 0; r < sampling::coverage_repetitions; ++r) {
    RandomStream random(seed, static_cast<std::uint64_t>(r));
    std::vector<double> x, y;
    for (int t = 0; t < n_training; ++t) {
      x.push_back(1.3 * random.uniform() - 0.65);
      y.push_back(model.slope * x.back() + model.offset + model.scatter * random.normal());
    }
    x.push_back(0.4);
    const double truth = model.slope * 0.4 + model.offset + model.scatter * random.normal();
    const Estimate e =
        cdr::combine(plan, drawn_bits(x, shots, random), exact_bits(y), z0, raw_estimator())[0];
    covered += holds(e, truth) ? 1 : 0;
    deviations(static_cast<arma::uword>(r)) = e.value - truth;
    variances(static_cast<arma::uword>(r)) = e.std_error * e.std_error;
  }
  const double spread = arma::stddev(deviations);
  return {static_cast<double>(covered) / sampling::coverage_repetitions,
          arma::mean(deviations) / spread, std::sqrt(arma::mean(variances)) / spread};
}

}  // namespace

TEST_CASE("Intervals of Clifford data regression cover 95%") {
  for (const auto& [model, seed] :
       {std::pair{LineModel{1.3, 0.05, 0.0}, 62}, std::pair{LineModel{1.3, 0.05, 0.03}, 63}}) {
    const Checked checked = check_line(model, 30, 1000, static_cast<std::uint64_t>(seed));
    UNSCOPED_INFO("coverage " << checked.coverage << ", bias " << checked.bias_in_errors
                              << " errors, errors " << checked.error_ratio << " of the spread");
    CHECK(checked.coverage == Approx(0.95).margin(0.015));
    CHECK(std::abs(checked.bias_in_errors) < 0.07);
    CHECK(checked.error_ratio == Approx(1.0).margin(0.08));
  }
}

TEST_CASE("Intervals of the variable-noise form cover 95%") {
  const cdr::CdrPlan plan = made_up_plan(30, {1.0, 3.0});
  const double truth = 1.4 * 0.5 - 0.3 * 0.2;
  const double covered = sampling::coverage(truth, 64, [&](RandomStream& random) {
    std::vector<double> x, y;
    for (int t = 0; t < 30; ++t) {
      x.push_back(1.0 * random.uniform() - 0.5);
      x.push_back(1.0 * random.uniform() - 0.5);
      y.push_back(1.4 * x[x.size() - 2] - 0.3 * x.back());
    }
    x.insert(x.end(), {0.5, 0.2});
    return cdr::combine(plan, drawn_bits(x, 2000, random), exact_bits(y), z0, raw_estimator())[0];
  });
  CHECK(covered == Approx(0.95).margin(0.015));
}

TEST_CASE("The joint covariance is that of the estimates, and has what they share") {
  const cdr::CdrPlan plan = made_up_plan(10, {1.0}, 2);
  RandomStream random(65);
  std::vector<Outcomes> noisy, exact;
  for (int c = 0; c <= 10; ++c) {
    const std::vector<double> p = sampling::random_distribution(2, random);
    std::vector<double> mixed(4);
    for (std::size_t b = 0; b < 4; ++b) mixed[b] = 0.8 * p[b] + 0.05;
    noisy.push_back(sampling::draw(mixed, 3000, random));
    if (c < 10) exact.push_back(Outcomes::from_probabilities(p));
  }
  const std::vector<Observable> observables{Observable::z(0), Observable::parse("Z0 Z1"),
                                            Observable::parse("2*Z0")};
  const JointEstimate joint =
      cdr::combine_jointly(plan, noisy, exact, observables, raw_estimator());
  const auto estimates = cdr::combine(plan, noisy, exact, observables, raw_estimator());
  for (arma::uword k = 0; k < 3; ++k) {
    CHECK(joint.values(k) == estimates[k].value);
    CHECK(std::sqrt(joint.covariance(k, k)) == Approx(estimates[k].std_error).epsilon(1e-13));
  }
  CHECK(joint.covariance(2, 2) == Approx(4 * joint.covariance(0, 0)).epsilon(1e-9));
  CHECK(joint.covariance(0, 2) == Approx(2 * joint.covariance(0, 0)).epsilon(1e-9));
  CHECK(arma::abs(joint.covariance - joint.covariance.t()).max() < 1e-15);
  CHECK(arma::eig_sym(arma::symmatu(joint.covariance)).min() > -1e-15);
  // What one observable gives does not depend on the others.
  const auto alone = cdr::combine(plan, noisy, exact, z0, raw_estimator())[0];
  CHECK(alone.std_error == Approx(estimates[0].std_error).epsilon(1e-13));
}

TEST_CASE("Clifford data regression helps on a recorded device") {
  const Device device{read_calibration(RHODRIFT_SOURCE_DIR "/data/calibrations/belem.json"),
                      {0, 1, 3},
                      NoisePolicy::device};
  const Circuit circuit = families::random_clifford_rz(3, 8, 5, 20);
  const std::vector<Observable> observables{Observable::parse("Z0"), Observable::parse("Z1"),
                                            Observable::parse("Z0 Z1 Z2")};
  cdr::TrainingOptions options;
  options.n_training = 40;
  options.n_non_clifford = 10;
  const cdr::CdrPlan plan = cdr::construct(circuit, options, 0, 0);
  DensityMatrixExecutor ideal(1);
  DensityMatrixExecutor noisy(
      1, [&](const Circuit& c, double scale) { return on_device(c, device, scale); });
  const auto outcomes = noisy.run(plan.jobs);
  const auto exact = ideal.run(plan.noiseless.jobs);
  const auto mitigated = cdr::combine(plan, outcomes, exact, observables, raw_estimator());
  const arma::cx_mat density = oracle::evolve(circuit);
  double before = 0.0, after = 0.0;
  for (std::size_t k = 0; k < observables.size(); ++k) {
    const double truth = oracle::expectation(observables[k], density);
    before += std::abs(mitigated[k].diagnostics.at("value[0]") - truth);
    after += std::abs(mitigated[k].value - truth);
    CHECK(std::abs(mitigated[k].value - truth) < 3 * mitigated[k].std_error);
  }
  CHECK(after < 0.25 * before);
}

TEST_CASE("Clifford data regression refuses what it cannot learn from") {
  const Circuit circuit = families::random_clifford_rz(2, 2, 3, 4);
  cdr::TrainingOptions options;
  const auto construct = [&](std::uint64_t training_shots = 10) {
    return cdr::construct(circuit, options, training_shots, 10);
  };
  CHECK_THROWS_WITH(construct(), ContainsSubstring("10 are to stay of the 4 the circuit has"));
  options.n_non_clifford = 2;
  CHECK_NOTHROW(construct());
  CHECK_THROWS_WITH(construct(0), ContainsSubstring("0 for training circuits, 10 for the target"));
  options.n_training = 3;
  CHECK_THROWS_WITH(construct(), ContainsSubstring("3 are fewer than 4"));
  options.n_training = 10;
  options.scale_factors = {1.0, 1.0};
  CHECK_THROWS_WITH(construct(), ContainsSubstring("1 reaches 1, as an earlier one does"));
  const Circuit symbolic = Circuit(1).append(Op::rz, {0}, {Angle::weight(0)});
  CHECK_THROWS_WITH(cdr::construct(symbolic, options, 10, 10), ContainsSubstring("bind it first"));

  // All training circuits alike.
  const cdr::CdrPlan plan = made_up_plan(10, {1.0});
  RandomStream random(66);
  const auto alike = drawn_bits(std::vector<double>(11, 0.3), 1000, random);
  const auto exact = exact_bits(std::vector<double>(10, 0.4));
  CHECK_THROWS_AS(cdr::combine(plan, alike, exact, z0, raw_estimator()), RunError);
  CHECK_THROWS_WITH(cdr::combine(plan, alike, alike, z0, raw_estimator()),
                    ContainsSubstring("11 given for 10 circuits"));
}
