#include <cmath>
#include <set>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/evaluate/calibration_age.hpp>
#include <rhodrift/mitigation/evaluate/comparison.hpp>
#include <rhodrift/mitigation/evaluate/help_harm.hpp>

#include "mitigation/small_line.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

EvaluationCase ghz_case() {
  return {"ghz",
          small_line::ghz(),
          {Observable::parse("Z0 Z1"), Observable::parse("X0 X1 X2")},
          {0, 1, 2}};
}

std::vector<Strategy> parse(const std::vector<std::string>& texts) {
  std::vector<Strategy> strategies;
  for (const std::string& text : texts) strategies.push_back(parse_strategy(text));
  return strategies;
}

/// Only readout error: what readout inversion is unbiased for.
Calibration readout_only(double p10, double p01) {
  Calibration device = small_line::device(0.0, 0.0, p10, p01);
  for (QubitCalibration& qubit : device.qubits) qubit.t1_s = qubit.t2_s = 1e6;
  return device;
}

template <typename Figure>
double mean_of(const std::vector<Score>& scores, Figure figure) {
  double sum = 0.0;
  for (const Score& score : scores) sum += figure(score);
  return sum / static_cast<double>(scores.size());
}

/// A simulator that keeps the weights of the jobs of every run: what random instances differ in.
class Recorder : public Executor {
 public:
  using Runs = std::vector<std::vector<std::vector<double>>>;
  Recorder(std::unique_ptr<Executor> simulator, Runs& runs)
      : simulator_(std::move(simulator)), runs_(runs) {}
  std::vector<Outcomes> run(std::span<const Job> jobs) override {
    if (!jobs.empty()) runs_.emplace_back();
    for (const Job& job : jobs) runs_.back().push_back(job.weights);
    return simulator_->run(jobs);
  }

 private:
  std::unique_ptr<Executor> simulator_;
  Runs& runs_;
};

}  // namespace

TEST_CASE("Scores are what repetitions of known errors give") {
  const NoiseModel model(readout_only(0.02, 0.05), NoisePolicy::aer);
  const auto strategies = parse({"raw", "readout"});
  EvaluationOptions options;
  options.shots = 2000;
  options.repetitions = 1000;
  const CaseEvaluation result =
      evaluate(ghz_case(), strategies, model, model, small_line::simulator, options);
  REQUIRE(result.strategies.size() == 2);
  const Score& raw = result.strategies[0].scores[0];
  const Score& readout = result.strategies[1].scores[0];
  CHECK(raw.truth == Approx(1.0).margin(1e-12));
  // <Z0 Z1> of (|00> + |11>)/2: each of the bits reads right with 0.98 or 0.95.
  const double expected = 0.5 * (0.96 * 0.96 + 0.90 * 0.90);
  CHECK(raw.bias.value == Approx(expected - 1.0).epsilon(1e-6));
  CHECK(raw.bias.std_error == 0.0);
  CHECK(raw.std_dev == Approx(std::sqrt((1 - expected * expected) / 1000)).epsilon(0.1));
  CHECK(raw.coverage.value < 0.01);
  CHECK(std::abs(readout.bias.value) < 1e-6);
  CHECK(readout.coverage.value == Approx(0.95).margin(0.025));
  CHECK(readout.rmse.value == Approx(readout.std_dev).epsilon(0.05));
  CHECK(readout.mean_std_error == Approx(readout.std_dev).epsilon(0.1));
  CHECK(result.strategies[1].cost.shots == 2000);
  CHECK(result.strategies[1].cost.circuits == 2);
  CHECK(result.strategies[1].cost.two_qubit_gates == 4000);
}

TEST_CASE("The same seed gives the same evaluation, another one another") {
  const NoiseModel model(small_line::device(), NoisePolicy::aer);
  const auto strategies = parse({"readout+zne"});
  EvaluationOptions options;
  options.repetitions = 5;
  const auto errors = [&](std::uint64_t seed) {
    options.seed = seed;
    return evaluate(ghz_case(), strategies, model, model, small_line::simulator, options)
        .strategies[0]
        .errors;
  };
  CHECK(arma::approx_equal(errors(1), errors(1), "absdiff", 0.0));
  CHECK_FALSE(arma::approx_equal(errors(1), errors(2), "absdiff", 1e-6));
}

TEST_CASE("Expected errors are those of many repetitions") {
  const NoiseModel model(small_line::device(), NoisePolicy::aer);
  const EvaluationCase of = ghz_case();
  const arma::vec truth = true_expectations(of, model, small_line::simulator);
  EvaluationOptions options;
  options.shots = 3000;
  options.repetitions = 1000;
  for (const Strategy& strategy : parse({"raw", "readout", "zne", "readout+zne:richardson"})) {
    const auto expected =
        expected_error(of, strategy, model, model, small_line::simulator, truth, options.shots, 1);
    const CaseEvaluation measured =
        evaluate(of, std::vector{strategy}, model, model, small_line::simulator, options);
    const std::vector<Score>& scores = measured.strategies[0].scores;
    REQUIRE(expected);
    CHECK(expected->without_shots.value == Approx(mean_of(scores, [](const Score& s) {
                                             return s.bias.value * s.bias.value;
                                           })).epsilon(1e-9));
    CHECK(expected->shot_variance.value == Approx(mean_of(scores, [](const Score& s) {
                                             return s.std_dev * s.std_dev;
                                           })).epsilon(0.12));
    CHECK(expected->without_shots.std_error == 0.0);
  }
}

namespace {

/// The expected error of a random strategy beside the mean of the repetitions' squared errors.
void check_expected_error(const std::string& text, std::uint64_t shots, std::size_t repetitions) {
  const NoiseModel model(small_line::device(3e-4, 0.01, 0.02, 0.12), NoisePolicy::aer);
  const EvaluationCase of = ghz_case();
  const arma::vec truth = true_expectations(of, model, small_line::simulator);
  EvaluationOptions options;
  options.shots = shots;
  options.repetitions = repetitions;
  const auto strategies = parse({text});
  const auto expected =
      expected_error(of, strategies[0], model, model, small_line::simulator, truth, shots, 1);
  const CaseEvaluation measured =
      evaluate(of, strategies, model, model, small_line::simulator, options);
  REQUIRE(expected);
  INFO(text << " with " << shots << " shots");
  const arma::vec squares = arma::mean(arma::square(measured.strategies[0].errors), 1);
  const double spread =
      std::hypot(arma::stddev(squares) / std::sqrt(static_cast<double>(repetitions)),
                 expected->without_shots.std_error, expected->shot_variance.std_error);
  CHECK(std::abs(expected->mean_square() - arma::mean(squares)) < 3.0 * spread);
  CHECK(spread < arma::mean(squares) / 3.0);  // or nothing was tested
}

}  // namespace

TEST_CASE("Expected errors of random circuits hold both their scatter and the shots'") {
  check_expected_error("readout+twirl:4", 1000, 200);
  check_expected_error("pec+twirl:16", 1000, 100);
}

TEST_CASE("Expected errors of random strategies of all kinds", "[long]") {
  for (const char* text : {"twirl:4", "readout+pec+twirl:160", "twirl:4+zne", "readout:twirled",
                           "readout+zne:linear:by=pauli+twirl:8"})
    for (const std::uint64_t shots : {5000, 50'000}) check_expected_error(text, shots, 300);
}

TEST_CASE("The shots' part of an expected error goes with 1/shots, the circuits' stays") {
  const NoiseModel model(small_line::device(3e-4, 0.01, 0.02, 0.12), NoisePolicy::aer);
  const EvaluationCase of = ghz_case();
  const arma::vec truth = true_expectations(of, model, small_line::simulator);
  const auto error = [&](std::uint64_t shots) {
    return expected_error(of, parse_strategy("twirl:16"), model, model, small_line::simulator,
                          truth, shots, 1)
        .value();
  };
  const ExpectedError few = error(3200), many = error(320'000);
  CHECK(many.without_shots.value == Approx(few.without_shots.value).epsilon(1e-9));
  CHECK(many.shot_variance.value == Approx(few.shot_variance.value / 100.0).epsilon(0.2));
}

TEST_CASE("A stale calibration is a bias") {
  // (p10, p01) = (.02, .05) believed, (.03, .08) on the device: <Z> = 1 reads 0.9785.
  const NoiseModel believed(readout_only(0.02, 0.05), NoisePolicy::aer);
  const NoiseModel actual(readout_only(0.03, 0.08), NoisePolicy::aer);
  const EvaluationCase of{"zero", Circuit(1), {Observable::z(0)}, {0}};
  EvaluationOptions options;
  options.repetitions = 2;
  const CaseEvaluation result =
      evaluate(of, parse({"readout"}), believed, actual, small_line::simulator, options);
  CHECK(result.strategies[0].scores[0].bias.value == Approx(0.9785 - 1.0).margin(5e-5));
}

TEST_CASE("What cannot be planned is refused before anything runs") {
  const NoiseModel model(small_line::device(), NoisePolicy::aer);
  EvaluationOptions options;
  options.shots = 5;
  CHECK_THROWS_WITH(
      evaluate(ghz_case(), parse({"raw", "zne"}), model, model, small_line::simulator, options),
      ContainsSubstring("strategy zne") && ContainsSubstring("5 are too few for 6"));
  options.shots = 0;
  CHECK_THROWS_WITH(
      evaluate(ghz_case(), parse({"raw"}), model, model, small_line::simulator, options),
      ContainsSubstring("0 buy nothing"));
}

TEST_CASE("A strategy that never gets an estimate is told, and the others are scored") {
  // Values that go up and down again: no exponential is near them.
  const NoiseModel model(small_line::device(0.0, 0.0), NoisePolicy::ideal);
  EvaluationOptions options;
  options.repetitions = 5;
  options.shots = 30;
  Circuit circuit(1);
  circuit.append(Op::h, {0});
  const CaseEvaluation result =
      evaluate({"plus", circuit, {Observable::z(0)}, {0}}, parse({"zne:exponential", "raw"}), model,
               model, small_line::simulator, options);
  CHECK(result.strategies[0].failures == 5);
  CHECK(result.strategies[0].scores.empty());
  CHECK_FALSE(result.strategies[0].first_failure.empty());
  CHECK(result.strategies[1].scores.size() == 1);
  CHECK(compare_pairs({result}).empty());
}

TEST_CASE("Pairs are compared, and what differs is significant") {
  const NoiseModel model(small_line::device(), NoisePolicy::aer);
  EvaluationOptions options;
  options.repetitions = 100;
  const std::vector<CaseEvaluation> cases{evaluate(ghz_case(),
                                                   parse({"raw", "readout", "readout+zne"}), model,
                                                   model, small_line::simulator, options)};
  const std::vector<Comparison> comparisons = compare_pairs(cases);
  REQUIRE(comparisons.size() == 3);
  CHECK(comparisons[0].better == "readout");
  CHECK(comparisons[0].worse == "raw");
  CHECK(comparisons[0].significant);
  CHECK(comparisons[0].adjusted_p_value >= comparisons[0].p_value);
  CHECK(find_harm(cases, "raw").empty());
}

TEST_CASE("False alarms stay below the level") {
  // Both strategies are the same one: whatever is found significant is a false alarm.
  int alarms = 0;
  const int studies = 400;
  for (int study = 0; study < studies; ++study) {
    RandomStream random(11, static_cast<std::uint64_t>(study));
    CaseEvaluation of{"c", {"Z0"}, {}};
    for (const char* name : {"raw", "a", "b", "c"}) {
      StrategyEvaluation strategy{name, {}, {}, arma::mat(60, 1), 0, ""};
      strategy.errors.imbue([&] { return random.normal(); });
      of.strategies.push_back(strategy);
    }
    const auto comparisons = compare_pairs({of});
    for (const Comparison& comparison : comparisons)
      if (comparison.significant) {
        ++alarms;
        break;
      }
  }
  // At most 5 % of the studies, two standard errors of 1.1 % above.
  CHECK(alarms <= studies * 0.072);
}

TEST_CASE("Zero-noise extrapolation that harms is found: amplitude damping alone") {
  // Only T1: noise pulls towards |0>, often nearer to the truth at first and then past it.
  Calibration damped = small_line::device(3e-4, 0.01, 0.0, 0.0);
  for (QubitCalibration& qubit : damped.qubits) {
    qubit.t1_s = 4e-6;
    qubit.t2_s = 8e-6;
  }
  for (GateCalibration& gate : damped.gates) gate.error.reset();
  const NoiseModel model(damped, NoisePolicy::aer);
  EvaluationOptions options;
  options.shots = 100'000;
  options.repetitions = 50;
  std::vector<CaseEvaluation> cases;
  RandomStream random(17);
  for (int c = 0; c < 30; ++c) {
    Circuit circuit(2);
    for (int layer = 0; layer < 3; ++layer) {
      for (int q = 0; q < 2; ++q) circuit.append(Op::ry, {q}, {6.283 * random.uniform()});
      circuit.append(Op::cx, {0, 1});
    }
    cases.push_back(evaluate({"circuit " + std::to_string(c), circuit, {Observable::z(1)}, {0, 1}},
                             parse({"raw", "zne"}), model, model, small_line::simulator, options));
  }
  const std::vector<Comparison> harm = find_harm(cases, "raw");
  CHECK_FALSE(harm.empty());
  std::size_t truly_worse = 0;
  for (const CaseEvaluation& of : cases)
    truly_worse += std::abs(of.strategies[1].scores[0].bias.value) >
                   1.05 * std::abs(of.strategies[0].scores[0].bias.value) + 0.005;
  CHECK(harm.size() >= truly_worse);
  for (const Comparison& comparison : harm) {
    CHECK(comparison.better == "raw");
    CHECK(comparison.worse == "zne");
  }
}

TEST_CASE("Repetitions share no random circuits") {
  const NoiseModel model(small_line::device(), NoisePolicy::aer);
  Recorder::Runs runs;
  const ExecutorFor recording = [&](const Device* device) -> std::unique_ptr<Executor> {
    auto simulator = small_line::simulator(device);
    if (device == nullptr) return simulator;
    return std::make_unique<Recorder>(std::move(simulator), runs);
  };
  // Analog scaling: three cells that run the same circuit, with 8 instances each.
  const EvaluationCase of{"ghz", small_line::ghz(), {Observable::parse("Z0 Z1")}, {0, 1, 2}};
  EvaluationOptions options;
  options.repetitions = 4;
  evaluate(of, parse({"twirl:8+zne:by=analog"}), model, model, recording, options);
  REQUIRE(runs.size() == 4);
  std::set<std::vector<std::vector<double>>> cells;
  for (const auto& run : runs) {
    REQUIRE(run.size() == 24);
    for (auto first = run.begin(); first != run.end(); first += 8) cells.insert({first, first + 8});
  }
  CHECK(cells.size() == 12);
}

TEST_CASE("The help-harm boundary is where errors are equal") {
  const NoiseModel model(small_line::device(), NoisePolicy::aer);
  EvaluationOptions options;
  const std::vector<double> scales{1.0};
  const auto point_at = [&](const std::string& strategy) {
    return help_harm(ghz_case(), parse({strategy}), model, scales, small_line::simulator, options)
        .boundaries.at(0)
        .points.at(0);
  };
  const HelpHarmPoint point = point_at("readout+zne");
  REQUIRE(point.crossing_shots);
  CHECK(to_string(point.helps) == "above");
  for (const double factor : {0.5, 1.0, 2.0}) {
    options.shots = static_cast<std::uint64_t>(std::llround(factor * *point.crossing_shots));
    const double ratio = point_at("readout+zne").rmse_ratio.value();
    if (factor < 1.0) CHECK(ratio > 1.1);
    if (factor == 1.0) CHECK(ratio == Approx(1.0).epsilon(0.02));
    if (factor > 1.0) CHECK(ratio < 0.95);
  }
  const std::vector<double> negative{-1.0};
  CHECK_THROWS_WITH(
      help_harm(ghz_case(), parse({"raw"}), model, negative, small_line::simulator, options),
      ContainsSubstring("-1 is not a finite number >= 0"));
}

TEST_CASE("Raw is not set against itself") {
  const NoiseModel model(small_line::device(), NoisePolicy::aer);
  const std::vector<double> scales{1.0};
  const HelpHarm result =
      help_harm(ghz_case(), parse({"raw", "readout"}), model, scales, small_line::simulator, {});
  CHECK(result.name == "ghz");
  REQUIRE(result.boundaries.size() == 1);
  CHECK(result.boundaries[0].strategy == "readout");
}

TEST_CASE("Without noise rounding decides nothing") {
  const NoiseModel model(small_line::device(), NoisePolicy::aer);
  const std::vector<double> scales{0.0};
  const auto point_of = [&](const EvaluationCase& of, const std::string& strategy) {
    return help_harm(of, parse({strategy}), model, scales, small_line::simulator, {})
        .boundaries[0]
        .points[0];
  };
  // Every shot of GHZ has the parities: neither bias nor variance.
  const HelpHarmPoint exact = point_of(ghz_case(), "readout+zne");
  CHECK(exact.helps == HelpHarmPoint::Helps::never);
  CHECK_FALSE(exact.rmse_ratio);
  // <Z> = 0 has a variance, which extrapolation makes larger and readout mitigation leaves.
  Circuit circuit(1);
  circuit.append(Op::h, {0});
  const EvaluationCase plus{"plus", circuit, {Observable::z(0)}, {0}};
  CHECK(point_of(plus, "zne").helps == HelpHarmPoint::Helps::never);
  CHECK(point_of(plus, "zne").rmse_ratio.value() > 1.5);
  CHECK(point_of(plus, "readout").helps == HelpHarmPoint::Helps::never);
  CHECK(point_of(plus, "readout").rmse_ratio.value() == Approx(1.0).epsilon(1e-9));
}

TEST_CASE("Help and harm of random circuits: what the draws do not tell is not known") {
  const NoiseModel model(small_line::device(3e-4, 0.01, 0.02, 0.12), NoisePolicy::aer);
  const std::vector<double> scales{1.0};
  EvaluationOptions options;
  const auto point_at = [&](const std::string& strategy, std::uint64_t shots) {
    options.shots = shots;
    return help_harm(ghz_case(), parse({strategy}), model, scales, small_line::simulator, options)
        .boundaries[0]
        .points[0];
  };
  // Cancellation removes a bias for a variance that has the shots' part in it.
  const HelpHarmPoint pec = point_at("readout+pec+twirl:64", 10'000);
  REQUIRE(pec.helps == HelpHarmPoint::Helps::above);
  CHECK(point_at("readout+pec+twirl:64", 1'000'000).crossing_shots.value() ==
        Approx(*pec.crossing_shots).epsilon(0.3));
  CHECK(point_at("readout+pec+twirl:64", 640).rmse_ratio.value() > 2.0 * pec.rmse_ratio.value());
  // Twirling with depolarizing noise changes next to nothing.
  CHECK(point_at("twirl:64", 10'000).helps == HelpHarmPoint::Helps::unknown);
}

TEST_CASE("Where a fit does not exist there is no estimate, and all else is there") {
  // Values that do not decay: no exponential is near them.
  Circuit circuit(1);
  circuit.append(Op::h, {0});
  const EvaluationCase plus{"plus", circuit, {Observable::z(0)}, {0}};
  const NoiseModel model(small_line::device(0.0, 0.0, 0.02, 0.05), NoisePolicy::aer);
  const std::vector<double> scales{0.0, 1.0};
  EvaluationOptions options;
  const HelpHarm result = help_harm(plus, parse({"zne:exponential", "readout"}), model, scales,
                                    small_line::simulator, options);
  for (const HelpHarmPoint& point : result.boundaries[0].points) {
    CHECK(point.helps == HelpHarmPoint::Helps::no_estimate);
    CHECK_FALSE(point.rmse_ratio);
  }
  CHECK(result.boundaries[1].points[1].rmse_ratio);
  CalibrationSeries series{"line", {}};
  for (int day = 0; day < 3; ++day) {
    series.states.push_back(small_line::device(0.0, 0.0));
    series.states.back().timestamp.unix_s += 86400 * day;
  }
  const std::vector<double> edges{2.5};
  const AgeStudy study =
      study_calibration_age({&plus, 1}, parse({"zne:exponential", "raw"}), series, NoisePolicy::aer,
                            edges, 20, small_line::simulator, options);
  for (const AgeStudy::Age& age : study.ages) {
    CHECK(std::isnan(age.rmse[0].value));
    CHECK(age.n_estimated == std::vector<std::size_t>{0, 3});
    CHECK(age.rmse[1].value > 0.0);
  }
  CHECK(study.flips.empty());
}

TEST_CASE("A setting that fits no outcomes is refused, not counted") {
  const NoiseModel model(small_line::device(), NoisePolicy::aer);
  EvaluationOptions options;
  options.repetitions = 3;
  // Three points do not tell the four parameters of a cubic.
  CHECK_THROWS_AS(evaluate(ghz_case(), parse({"zne:polynomial:order=3"}), model, model,
                           small_line::simulator, options),
                  InputError);
}

TEST_CASE("The age at which the ranking flips is found") {
  // The readout error of the device moves steadily; gates stay. With a fresh calibration readout
  // inversion is best, with an old one it does harm.
  CalibrationSeries series{"line", {}};
  for (int day = 0; day < 10; ++day) {
    series.states.push_back(small_line::device(0.0, 0.0, 0.10 - 0.01 * day, 0.12 - 0.01 * day));
    series.states.back().timestamp.unix_s += 86400 * day;
  }
  const std::vector<EvaluationCase> cases{{"zero", Circuit(1), {Observable::z(0)}, {0}}};
  EvaluationOptions options;
  options.shots = 100'000;
  const std::vector<double> edges{1.5, 3.5, 5.5, 9.5};
  const AgeStudy study =
      study_calibration_age(cases, parse({"raw", "readout"}), series, NoisePolicy::aer, edges, 20,
                            small_line::simulator, options);
  REQUIRE(study.ages.size() == 5);
  CHECK(study.ages[0].days == 0.0);
  CHECK(study.ages[0].n_pairs == 10);
  CHECK(study.ages[1].days == Approx(1.0));
  CHECK(study.ages[0].rmse[1].value < study.ages[0].rmse[0].value);
  REQUIRE(study.flips.size() == 1);
  CHECK(study.flips[0].was_better == "readout");
  CHECK(study.flips[0].is_better == "raw");
  CHECK(study.flips[0].days > 1.0);
  CHECK(study.flips[0].difference.value > 0.0);
  CHECK(study.flips[0].significant);
  const std::vector<double> wrong{2.0, 1.0};
  CHECK_THROWS_WITH(study_calibration_age(cases, parse({"raw"}), series, NoisePolicy::aer, wrong,
                                          20, small_line::simulator, options),
                    ContainsSubstring("1 days is not above 2"));
}

TEST_CASE("One pair tells no error, and its changes of place are not significant") {
  CalibrationSeries series{"line", {}};
  for (int day = 0; day < 2; ++day) {
    series.states.push_back(small_line::device(0.0, 0.0, 0.10 - 0.08 * day, 0.12 - 0.08 * day));
    series.states.back().timestamp.unix_s += 86400 * day;
  }
  const std::vector<EvaluationCase> cases{{"zero", Circuit(1), {Observable::z(0)}, {0}}};
  const std::vector<double> edges{1.5};
  const AgeStudy study =
      study_calibration_age(cases, parse({"raw", "readout"}), series, NoisePolicy::aer, edges, 20,
                            small_line::simulator, {});
  REQUIRE(study.ages[1].n_pairs == 1);
  CHECK(std::isnan(study.ages[1].rmse[0].std_error));
  CHECK(std::isnan(study.ages[1].rmse[0].ci.high));
  REQUIRE(study.flips.size() == 1);
  CHECK_FALSE(study.flips[0].significant);
  CHECK(study.flips[0].adjusted_p_value == 1.0);
}

TEST_CASE("Money and time follow from the plan") {
  const NoiseModel model(small_line::device(), NoisePolicy::aer);
  const EvaluationCase of = ghz_case();
  const PreparedStrategy prepared(parse_strategy("raw"), of.circuit, of.observables, of.on(model),
                                  1000);
  PriceTable prices;
  prices.currency = "EUR";
  prices.per_circuit = 0.3;
  prices.per_shot = 0.001;
  prices.per_second = 2.0;
  prices.repetition_delay_s = 250e-6;
  prices.circuit_delay_s = 0.01;
  const Cost cost = cost_of(prepared.plan(), of.on(model), prices);
  REQUIRE(cost.seconds);
  // Two circuits of 500 shots: h is two sx at most, two cx, for X three h more; reading 1 µs.
  CHECK(*cost.seconds > 1000 * (250e-6 + 1.6e-6) + 2 * 0.01);
  CHECK(*cost.seconds < 1000 * (250e-6 + 1.9e-6) + 2 * 0.01);
  REQUIRE(cost.money);
  CHECK(*cost.money == Approx(2 * 0.3 + 1.0 + 2.0 * *cost.seconds));
  Calibration untimed = small_line::device();
  untimed.qubits[1].readout_duration_s.reset();
  const NoiseModel without_time(untimed, NoisePolicy::aer);
  const Cost of_untimed = cost_of(prepared.plan(), of.on(without_time), prices);
  CHECK_FALSE(of_untimed.seconds);
  CHECK_FALSE(of_untimed.money);
  CHECK(of_untimed.two_qubit_gates == cost.two_qubit_gates);
  prices.per_shot = -1.0;
  CHECK_THROWS_WITH(prices.validate("prices.toml"),
                    "prices.toml: per_shot: -1 is not a finite number >= 0");
}
