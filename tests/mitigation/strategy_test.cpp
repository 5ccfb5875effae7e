#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/strategy.hpp>

#include "mitigation/sampling.hpp"
#include "mitigation/small_line.hpp"
#include "support/catch.hpp"

using namespace rhodrift;

namespace {

Device line(const NoisePolicy& policy = NoisePolicy::aer) {
  return {small_line::device(), {0, 1, 2}, policy};
}

const std::vector<Observable> some_observables{
    Observable::parse("Z0 Z1"), Observable::parse("X0 X1 X2"),
    Observable::parse("0.5*Z0 Z1 + 0.5*Z1 Z2 - X0 X1 X2")};
const arma::vec truths{1.0, 1.0, 0.0};

std::vector<Outcomes> exact_outcomes(const PreparedStrategy& prepared, const Device& device) {
  std::vector<Job> jobs = prepared.plan().jobs;
  for (Job& job : jobs) job.shots = 0;
  const Device place(device.model, prepared.layout());
  return small_line::simulator(&place)->run(jobs);
}

/// Two qubits on a line of four, which has room for a copy.
Device pair_on_line(const NoisePolicy& policy = NoisePolicy::aer) {
  return {small_line::device(3e-4, 0.004, 0.02, 0.05, 4), {1, 2}, policy};
}

/// `layers` entangling layers.
Circuit deep_pair(int layers) {
  Circuit circuit(2);
  for (int layer = 0; layer < layers; ++layer) {
    circuit.append(Op::ry, {0}, {0.4 + 0.3 * layer}).append(Op::ry, {1}, {1.1 - 0.2 * layer});
    circuit.append(Op::cx, {0, 1});
  }
  return circuit;
}

const std::vector<Observable> pair_observables{Observable::parse("Z0"), Observable::parse("Z0 Z1"),
                                               Observable::parse("0.5*X0 X1 - Y0 + Z1")};

/// Expectations fall off as exp(-rate · scale factor), whatever the circuit.
class ExponentialDevice : public Executor {
 public:
  ExponentialDevice(double amplitude, double rate, std::uint64_t seed)
      : amplitude_(amplitude), rate_(rate), random_(seed, 0) {}

  std::vector<Outcomes> run(std::span<const Job> jobs) override {
    std::vector<Outcomes> outcomes;
    for (const Job& job : jobs) {
      scale_factors.push_back(job.noise_scale);
      const double z = amplitude_ * std::exp(-rate_ * job.noise_scale);
      const std::vector<double> probabilities{0.5 * (1.0 + z), 0.5 * (1.0 - z)};
      outcomes.push_back(draw(Outcomes::from_probabilities(probabilities), job.shots, random_));
    }
    return outcomes;
  }

  std::vector<double> scale_factors;  ///< of all jobs so far

 private:
  double amplitude_, rate_;
  RandomStream random_;
};

}  // namespace

TEST_CASE("Strategies are read from text") {
  const Strategy raw = parse_strategy("raw");
  CHECK(raw.name == "raw");
  CHECK(raw.readout.method == ReadoutMethod::none);
  CHECK_FALSE(raw.zne);
  const Strategy both =
      parse_strategy("readout:least-squares+dd:xx+zne:richardson:scale=1,2,3:by=analog");
  CHECK(both.readout.method == ReadoutMethod::least_squares);
  CHECK(both.decoupling == DecouplingSequence::xx);
  REQUIRE(both.zne);
  CHECK(both.zne->scale_factors == std::vector<double>{1, 2, 3});
  CHECK(both.zne->scaling == NoiseScaling::analog);
  CHECK(parse_strategy("zne:by=layers").zne->folding == zne::Folding::layers);
  CHECK(parse_strategy("pec").instances == 64);
  CHECK(parse_strategy("twirl:8+pec").instances == 8);
  CHECK(parse_strategy("zne:model=linear").zne->scale_factors == std::vector<double>{1, 3, 5});
  CHECK(parse_strategy("zne:richardson:chebyshev=3,4").zne->scale_factors ==
        zne::chebyshev_scale_factors(3, 4.0));
  CHECK(parse_strategy("readout+zne").runs_as(parse_strategy("zne")));
  CHECK_FALSE(parse_strategy("raw").runs_as(parse_strategy("zne")));
}

TEST_CASE("Strategies that are none are refused with what is known") {
  CHECK_THROWS_WITH(
      parse_strategy("magic"),
      ContainsSubstring("unknown stage \"magic\"; known are") && ContainsSubstring("readout"));
  CHECK_THROWS_AS(parse_strategy("magic"), InputError);
  CHECK_THROWS_WITH(parse_strategy(""), ContainsSubstring("unknown stage \"\""));
  CHECK_THROWS_WITH(parse_strategy("zne+zne"), ContainsSubstring("twice"));
  CHECK_THROWS_WITH(parse_strategy("raw+zne"), ContainsSubstring("raw stands alone"));
  CHECK_THROWS_WITH(parse_strategy("readout+raw"), ContainsSubstring("raw stands alone"));
  CHECK_THROWS_WITH(parse_strategy("zne:linear:model=richardson"),
                    ContainsSubstring("model is set twice"));
  CHECK_THROWS_WITH(parse_strategy("dd:xx:yy=1"), ContainsSubstring("unknown setting \"yy\""));
  CHECK_THROWS_WITH(parse_strategy("pec:3"), ContainsSubstring("takes no settings"));
  CHECK_THROWS_WITH(parse_strategy("readout:twirled+cdr"),
                    ContainsSubstring("not read with random flips"));
  CHECK_THROWS_WITH(parse_strategy("symmetry:Z0 Z1+cdr"),
                    ContainsSubstring("do not have the circuit's symmetries"));
  CHECK_THROWS_WITH(parse_strategy("zne:scale=1,x"), ContainsSubstring("\"x\" is no number"));
  CHECK_THROWS_WITH(parse_strategy("zne:linear:by=hand"), ContainsSubstring("hand"));
  CHECK_THROWS_WITH(parse_strategy("pec+zne"), ContainsSubstring("one of them will do"));
  CHECK_THROWS_WITH(parse_strategy("twirl:1"), ContainsSubstring("no whole number in 2..1000000"));
  CHECK_THROWS_WITH(parse_strategy("readout:twirled:calibrate=0"),
                    ContainsSubstring("have to be calibrated"));
  CHECK_THROWS_WITH(parse_strategy("zne:exponential:shots=optimal"),
                    ContainsSubstring("takes a linear model"));
  CHECK_THROWS_WITH(parse_strategy("zne:linear:shot=3"),
                    ContainsSubstring("unknown setting \"shot\"; known are model, order, "
                                      "asymptote, adaptive, scale, chebyshev, by, shots"));
  CHECK_THROWS_WITH(parse_strategy("zne:richardson:chebyshev=2.5,4"),
                    ContainsSubstring("a whole number of nodes"));
  CHECK_THROWS_WITH(parse_strategy("zne:richardson:chebyshev=3,0.5"), ContainsSubstring("0.5"));
  CHECK_THROWS_WITH(parse_strategy("zne:richardson:chebyshev=3,4:scale=1,2"),
                    ContainsSubstring("both say the scale factors"));
  CHECK_THROWS_WITH(parse_strategy("raw:x"), ContainsSubstring("takes no settings"));
}

TEST_CASE("Strategies made by hand are held to the same rules") {
  Strategy by_hand;
  by_hand.readout.method = ReadoutMethod::ctmp;
  CHECK_THROWS_WITH(by_hand.validate(), ContainsSubstring("have to be calibrated"));
  CHECK_THROWS_AS(PreparedStrategy(by_hand, small_line::ghz(), some_observables, line(), 0),
                  InputError);
  by_hand = {};
  by_hand.pec = true;
  CHECK_THROWS_WITH(by_hand.validate(), ContainsSubstring("random instances"));
}

TEST_CASE("Points that the model cannot be fitted to are refused before anything runs") {
  const auto prepare = [](const char* text) {
    return PreparedStrategy(parse_strategy(text), small_line::ghz(), some_observables, line(), 0);
  };
  CHECK_THROWS_WITH(prepare("zne:polynomial:order=3"), ContainsSubstring("takes at least 4"));
  CHECK_THROWS_AS(prepare("zne:by=analog:scale=0.5,1"), InputError);
  CHECK_NOTHROW(prepare("zne:polynomial:order=2"));
}

TEST_CASE("Strategies whose folds are chosen at random are random") {
  CHECK(parse_strategy("zne:by=gates-random").is_random());
  CHECK(parse_strategy("zne:by=layers").is_random());
  CHECK_FALSE(parse_strategy("zne").is_random());
  CHECK_FALSE(parse_strategy("zne:layerwise").is_random());
}

TEST_CASE("Cells and seeds have random circuits of their own") {
  const std::vector<Observable> two_bases{Observable::parse("Z0"), Observable::parse("X0")};
  const auto frames = [&](std::uint64_t seed) {
    const PreparedStrategy prepared(parse_strategy("twirl:8"), small_line::ghz(), two_bases, line(),
                                    0, seed);
    std::vector<std::vector<double>> weights;
    for (const Job& job : prepared.plan().jobs) weights.push_back(job.weights);
    REQUIRE(weights.size() == 16);
    const auto middle = weights.begin() + 8;
    return std::pair(std::vector(weights.begin(), middle), std::vector(middle, weights.end()));
  };
  const auto [first_z, first_x] = frames(1);
  const auto [second_z, second_x] = frames(2);
  CHECK(first_z != first_x);
  CHECK(first_x != second_z);
  CHECK(first_x != second_x);
}

TEST_CASE("A plan holds a circuit a scale factor and basis and spends the whole budget") {
  const PreparedStrategy prepared(parse_strategy("readout+zne:scale=1,3,5"), small_line::ghz(),
                                  some_observables, line(), 10'000);
  CHECK(prepared.plan().jobs.size() == 6);
  CHECK(prepared.plan().total_shots() == 10'000);
  CHECK(prepared.job_names()[3] == "zne-scale-3-basis-1");
  CHECK_THROWS_WITH(
      PreparedStrategy(parse_strategy("zne"), small_line::ghz(), some_observables, line(), 5),
      "shots: 5 are too few for 6 circuits");
  CHECK_THROWS_WITH(
      PreparedStrategy(parse_strategy("zne"), small_line::ghz(), some_observables, line(), 11),
      "shots: are too few: a circuit would get 1, and 2 tell an error");
  CHECK_NOTHROW(
      PreparedStrategy(parse_strategy("zne"), small_line::ghz(), some_observables, line(), 12));
  CHECK_THROWS_WITH(PreparedStrategy(parse_strategy("zne:scale=1,1.01"), small_line::ghz(),
                                     some_observables, line(), 100),
                    ContainsSubstring("as an earlier one does"));
  const std::vector<Observable> constant{Observable::parse("2*I")};
  CHECK_THROWS_WITH(
      PreparedStrategy(parse_strategy("raw"), small_line::ghz(), constant, line(), 100),
      ContainsSubstring("none that has to be measured"));
}

TEST_CASE("Without noise every strategy gives the truth") {
  const Device device = line(NoisePolicy::ideal);
  for (const char* text :
       {"raw", "readout", "readout:least-squares", "readout:m3", "readout:twirled",
        "readout:inversion:calibrate=0.5", "readout:m3:calibrate=0.5", "readout:ctmp", "zne", "dd",
        "zne:richardson:scale=1,2,3:by=gates-left", "zne:by=layers", "zne:by=analog",
        "zne:exponential", "zne:layerwise", "twirl:4", "readout:twirled+twirl:2+zne:by=pauli",
        "readout+pec", "dd:xx+twirl:2+zne"}) {
    INFO(text);
    const PreparedStrategy prepared(parse_strategy(text), small_line::ghz(), some_observables,
                                    device, 0);
    const std::vector<Estimate> estimates = prepared.combine(exact_outcomes(prepared, device));
    for (std::size_t k = 0; k < estimates.size(); ++k) {
      CHECK(estimates[k].value == Approx(truths(k)).margin(1e-9));
      CHECK(estimates[k].std_error == Approx(0.0).margin(1e-6));
    }
  }
}

TEST_CASE("Readout mitigation inside undoes readout error, extrapolation outside the gates'") {
  const Device device = line();
  const auto error = [&](const char* text) {
    const PreparedStrategy prepared(parse_strategy(text), small_line::ghz(), some_observables,
                                    device, 0);
    const std::vector<Estimate> estimates = prepared.combine(exact_outcomes(prepared, device));
    return std::abs(estimates[1].value - truths(1));
  };
  CHECK(error("readout") < 0.5 * error("raw"));
  CHECK(error("readout+zne") < 0.3 * error("readout"));
  CHECK(error("readout+zne:by=analog") < 0.3 * error("readout"));
  Calibration only_readout = small_line::device(0.0, 0.0);
  for (QubitCalibration& qubit : only_readout.qubits) qubit.t1_s = qubit.t2_s = 1e6;
  const Device no_gate_noise(only_readout, device.layout, device.policy());
  const PreparedStrategy prepared(parse_strategy("readout"), small_line::ghz(), some_observables,
                                  no_gate_noise, 0);
  const auto estimates = prepared.combine(exact_outcomes(prepared, no_gate_noise));
  for (std::size_t k = 0; k < 3; ++k) CHECK(estimates[k].value == Approx(truths(k)).margin(1e-9));
}

TEST_CASE("Standard errors are those of repeated runs, covariances of shared shots included") {
  const Device device = line();
  const std::uint64_t shots = 3'000;
  for (const char* text : {"raw", "readout", "readout+zne"}) {
    const PreparedStrategy prepared(parse_strategy(text), small_line::ghz(), some_observables,
                                    device, shots);
    const std::vector<Outcomes> outcomes = exact_outcomes(prepared, device);
    const int repetitions = 1000;
    arma::mat values(repetitions, some_observables.size());
    arma::vec claimed(some_observables.size(), arma::fill::zeros);
    for (int r = 0; r < repetitions; ++r) {
      RandomStream random(3, static_cast<std::uint64_t>(r));
      std::vector<Outcomes> drawn;
      for (std::size_t j = 0; j < outcomes.size(); ++j)
        drawn.push_back(draw(outcomes[j], prepared.plan().jobs[j].shots, random));
      const auto estimates = prepared.combine(drawn);
      for (std::size_t k = 0; k < estimates.size(); ++k) {
        values(static_cast<arma::uword>(r), k) = estimates[k].value;
        claimed(k) += estimates[k].std_error / repetitions;
      }
      CHECK(estimates[0].shots == shots);
    }
    // The standard deviation of 1000 values is known to 2.2 %.
    for (arma::uword k = 0; k < claimed.n_elem; ++k)
      CHECK(arma::stddev(arma::vec(values.col(k))) == Approx(claimed(k)).epsilon(0.08));
  }
}

TEST_CASE("Random strategies: the claimed error is that of other seeds, and intervals cover") {
  const Device device = line();
  const std::uint64_t shots = 20'000;
  for (const char* text :
       {"twirl:16", "readout:twirled", "readout:inversion:calibrate=0.3",
        "readout:m3:calibrate=0.3", "readout+twirl:8+zne", "readout+zne:by=pauli", "readout+pec"}) {
    INFO(text);
    const Strategy strategy = parse_strategy(text);
    const int repetitions = 300;
    arma::vec values(repetitions), claimed(repetitions);
    int covered = 0;
    std::unique_ptr<PreparedStrategy> prepared;
    std::vector<Outcomes> outcomes;
    const auto simulator = small_line::simulator(&device);
    const std::vector<Observable> zz{Observable::parse("Z0 Z2")};
    for (int r = 0; r < repetitions; ++r) {
      if (!prepared || prepared->is_random()) {
        prepared = std::make_unique<PreparedStrategy>(strategy, small_line::ghz(), zz, device,
                                                      shots, static_cast<std::uint64_t>(r));
        std::vector<Job> jobs = prepared->plan().jobs;
        for (Job& job : jobs) job.shots = 0;
        outcomes = simulator->run(jobs);
        CHECK(prepared->plan().total_shots() <= shots);
        CHECK(prepared->plan().total_shots() >= shots - shots / 20);
      }
      RandomStream random(9, static_cast<std::uint64_t>(r));
      std::vector<Outcomes> drawn;
      for (std::size_t j = 0; j < outcomes.size(); ++j)
        drawn.push_back(draw(outcomes[j], prepared->plan().jobs[j].shots, random));
      const Estimate estimate = prepared->combine(drawn)[0];
      values(static_cast<arma::uword>(r)) = estimate.value;
      claimed(static_cast<arma::uword>(r)) = estimate.std_error;
      covered += estimate.ci.low <= 1.0 && 1.0 <= estimate.ci.high;
    }
    // 300 values tell a standard deviation to 4 %.
    CHECK(arma::stddev(values) ==
          Approx(std::sqrt(arma::mean(arma::square(claimed)))).epsilon(0.16));
    if (strategy.pec) CHECK(std::abs(arma::mean(values) - 1.0) <= 4 * arma::stddev(values) / 17.3);
    if (strategy.pec) CHECK(covered >= 0.92 * repetitions);
  }
}

TEST_CASE("Symmetries keep what has the right values, misreading undone first") {
  const Device device = line();
  const std::vector<Observable> zz{Observable::parse("Z0 Z2")};
  const auto error = [&](const char* text) {
    const PreparedStrategy prepared(parse_strategy(text), small_line::ghz(), zz, device, 0);
    return std::abs(prepared.combine(exact_outcomes(prepared, device))[0].value - 1.0);
  };
  CHECK(error("symmetry:Z0 Z1") < 0.8 * error("raw"));
  CHECK(error("readout+symmetry:Z0 Z1,Z1 Z2") == Approx(0.0).margin(1e-9));
  CHECK(parse_strategy("symmetry:-Z0 Z1").symmetries[0].sign == -1);
  CHECK_THROWS_WITH(PreparedStrategy(parse_strategy("symmetry:Z0 Z1"), small_line::ghz(),
                                     some_observables, device, 0),
                    ContainsSubstring("bit 0 is read in X for an observable"));
  CHECK_THROWS_WITH(parse_strategy("symmetry"), ContainsSubstring("needs strings"));
}

TEST_CASE("Symmetries hold of the mean over instances, not of each") {
  // A Pauli inserted between the cx breaks Z0 Z1: in some instances next to nothing is kept.
  const Device device = line();
  const std::vector<Observable> zz{Observable::parse("Z0 Z2")};
  const PreparedStrategy prepared(parse_strategy("readout+symmetry:Z0 Z1+twirl:256+pec"),
                                  small_line::ghz(), zz, device, 0);
  const Estimate estimate = prepared.combine(exact_outcomes(prepared, device))[0];
  CHECK(estimate.std_error > 0.0);
  CHECK(estimate.std_error < 0.1);
  CHECK(std::abs(estimate.value - 1.0) < 4.0 * estimate.std_error);
  CHECK(estimate.method == "pec over symmetry/expanded over readout/inversion");
}

TEST_CASE("Distillation as a stage: without noise the truth, in any basis") {
  const Device device = pair_on_line(NoisePolicy::ideal);
  const PreparedStrategy raw(parse_strategy("raw"), deep_pair(3), pair_observables, device, 0);
  const auto truth = raw.combine(exact_outcomes(raw, device));
  for (const char* text : {"distillation", "readout+distillation", "distillation+zne",
                           "readout:twirled+distillation", "dd+distillation+twirl:2+zne"}) {
    INFO(text);
    const PreparedStrategy prepared(parse_strategy(text), deep_pair(3), pair_observables, device,
                                    0);
    CHECK(prepared.layout().size() == 4);
    const auto estimates = prepared.combine(exact_outcomes(prepared, device));
    for (std::size_t k = 0; k < estimates.size(); ++k)
      CHECK(estimates[k].value == Approx(truth[k].value).margin(1e-9));
  }
}

TEST_CASE("Distillation on a device helps where copies cost more than what joins them") {
  const Device device = pair_on_line();
  const auto errors = [&](const char* text, int layers) {
    const PreparedStrategy exact(parse_strategy("raw"), deep_pair(layers), pair_observables,
                                 pair_on_line(NoisePolicy::ideal), 0);
    const auto truth = exact.combine(exact_outcomes(exact, pair_on_line(NoisePolicy::ideal)));
    const PreparedStrategy prepared(parse_strategy(text), deep_pair(layers), pair_observables,
                                    device, 0);
    const auto estimates = prepared.combine(exact_outcomes(prepared, device));
    arma::vec result(truth.size());
    for (std::size_t k = 0; k < truth.size(); ++k)
      result(k) = std::abs(estimates[k].value - truth[k].value);
    return result;
  };
  CHECK(arma::max(errors("readout+distillation", 30)) < 0.5 * arma::max(errors("readout", 30)));
  CHECK(arma::max(errors("readout+distillation", 1)) > arma::max(errors("readout", 1)));
  // A line through two ratios.
  CHECK(arma::max(errors("readout+distillation+zne:scale=1,3", 30)) <
        arma::max(errors("readout+distillation", 30)));
}

TEST_CASE("Errors of distilled expectations are those of repeated runs") {
  const Device device = pair_on_line();
  for (const char* text :
       {"readout+distillation", "readout:inversion:calibrate=0.3+distillation"}) {
    INFO(text);
    const PreparedStrategy prepared(parse_strategy(text), deep_pair(10), pair_observables, device,
                                    40'000);
    const std::vector<Outcomes> exact = exact_outcomes(prepared, device);
    const auto truth = prepared.combine(exact);
    for (std::size_t k = 0; k < truth.size(); ++k) {
      const double covered = sampling::coverage(
          truth[k].value, 11,
          [&](RandomStream& random) {
            std::vector<Outcomes> drawn;
            for (std::size_t j = 0; j < exact.size(); ++j)
              drawn.push_back(draw(exact[j], prepared.plan().jobs[j].shots, random));
            return prepared.combine(drawn)[k];
          },
          1000);
      CHECK(covered == Approx(0.95).margin(0.025));  // three standard errors and a bit of bias
    }
  }
}

TEST_CASE("Distillation as a stage refuses what it cannot place") {
  const auto prepare = [](const Circuit& circuit, const Device& device) {
    return PreparedStrategy(parse_strategy("distillation"), circuit, pair_observables, device, 0);
  };
  CHECK_THROWS_WITH(prepare(small_line::ghz(), line()), ContainsSubstring("qubits"));
  Circuit free(2);
  free.append(Op::ry, {0}, {Angle::weight(0)});
  CHECK_THROWS_WITH(prepare(free, pair_on_line()), ContainsSubstring("have to be bound"));
  CHECK_THROWS_WITH(prepare(Circuit(8), pair_on_line()), ContainsSubstring("8 qubits a copy"));
  CHECK_THROWS_WITH(parse_strategy("distillation+cdr"), ContainsSubstring("copies"));
  CHECK_THROWS_WITH(parse_strategy("distillation+symmetry:Z0"), ContainsSubstring("one copy"));
}

TEST_CASE("Adaptive points go where the decay is seen best, and intervals cover") {
  const Device device(small_line::device(), {0}, NoisePolicy::aer);
  const double rate = 0.25;
  const Strategy strategy = parse_strategy("zne:exponential:asymptote=0:by=analog:adaptive=4,12");
  const std::vector<Observable> z0{Observable::parse("Z0")};
  Circuit circuit(1);
  circuit.append(Op::x, {0});
  const PreparedStrategy prepared(strategy, circuit, z0, device, 40'000);
  CHECK(prepared.plan().total_shots() == 20'000);  // of the first two points
  ExponentialDevice unfinished(0.8, rate, 0);
  CHECK_THROWS_WITH(prepared.combine(unfinished.run(prepared.plan().jobs)),
                    ContainsSubstring("the next round is still to be run"));
  DensityMatrixExecutor noiseless(0);
  arma::vec last(2000);
  int covered = 0;
  for (arma::uword r = 0; r < last.n_elem; ++r) {
    ExponentialDevice decaying(0.8, rate, r);
    const Estimate estimate = run(prepared, decaying, noiseless)[0];
    REQUIRE(decaying.scale_factors.size() == 4);
    last(r) = decaying.scale_factors[3];
    CHECK(estimate.shots == 40'000);
    covered += estimate.ci.low <= 0.8 && 0.8 <= estimate.ci.high;
  }
  // arXiv:2005.10921: 1 + 1.27846/c
  CHECK(arma::mean(last) == Approx(1.0 + 1.27846 / rate).epsilon(0.05));
  CHECK(covered / 2000.0 == Approx(0.95).margin(0.015));
}

TEST_CASE("Adaptive points that fold alike give way to their neighbours") {
  const Device device = line();
  const PreparedStrategy prepared(
      parse_strategy("readout+zne:exponential:asymptote=0:adaptive=5,7"), small_line::ghz(),
      some_observables, device, 50'000);
  const Device place(device.model, prepared.layout());
  DensityMatrixExecutor noiseless(0);
  const auto simulator = small_line::simulator(&place);
  const auto estimates = run(prepared, *simulator, noiseless);
  CHECK(estimates[0].circuits == 10);
  CHECK(estimates[0].method == "zne/exponential:asymptote=0:adaptive over readout/inversion");
  CHECK(std::abs(estimates[0].value - 1.0) < 5.0 * estimates[0].std_error + 0.02);
  CHECK_THROWS_WITH(parse_strategy("zne:linear:adaptive=4,10"), ContainsSubstring("exponential"));
  CHECK_THROWS_WITH(parse_strategy("zne:exponential:asymptote=0:adaptive=4"),
                    ContainsSubstring("such as 4,10"));
  CHECK_THROWS_WITH(parse_strategy("zne:exponential:asymptote=0:adaptive=3,10:scale=1,2,3,4"),
                    ContainsSubstring("fewer points"));
  CHECK_THROWS_WITH(parse_strategy("zne:exponential:adaptive=4,10"),
                    ContainsSubstring("asymptote"));
}

TEST_CASE("Terms of one cell share its degrees of freedom") {
  const Device device = line();
  const std::vector<Observable> zz{Observable::parse("Z0 + Z1 + Z2")};
  Circuit circuit(3);
  circuit.append(Op::ry, {0}, {0.7}).append(Op::cx, {0, 1}).append(Op::cx, {1, 2});
  const PreparedStrategy prepared(parse_strategy("twirl:2"), circuit, zz, device, 1000);
  RandomStream random(3);
  std::vector<Outcomes> drawn;
  for (const Outcomes& outcomes : exact_outcomes(prepared, device))
    drawn.push_back(draw(outcomes, 500, random));
  const Estimate estimate = prepared.combine(drawn)[0];
  // Student's quantile for one degree of freedom.
  CHECK((estimate.ci.high - estimate.value) / estimate.std_error == Approx(12.706).epsilon(1e-4));
}

TEST_CASE("An average over models has its own error, with instances too") {
  const Device device = line();
  const std::vector<Observable> zz{Observable::parse("Z0 Z2")};
  // Three points leave a degree of freedom to the line alone.
  const PreparedStrategy automatic(parse_strategy("twirl:32+zne:automatic"), small_line::ghz(), zz,
                                   device, 96'000),
      line_alone(parse_strategy("twirl:32+zne:linear"), small_line::ghz(), zz, device, 96'000);
  RandomStream random(3);
  std::vector<Outcomes> drawn;
  for (const Outcomes& outcomes : exact_outcomes(automatic, device))
    drawn.push_back(draw(outcomes, 1000, random));
  const Estimate averaged = automatic.combine(drawn)[0], single = line_alone.combine(drawn)[0];
  CHECK(averaged.value == Approx(single.value));
  // The one takes all points to scatter alike, the other as they do.
  CHECK(averaged.std_error == Approx(single.std_error).epsilon(0.2));
}

TEST_CASE("A constant in an observable moves its estimate and nothing else") {
  const Device device = line();
  Circuit circuit(3);
  for (int layer = 0; layer < 4; ++layer) {
    for (int q = 0; q < 3; ++q) circuit.append(Op::ry, {q}, {0.3 + 0.2 * (q + 3 * layer)});
    circuit.append(Op::cx, {0, 1}).append(Op::cx, {1, 2});
  }
  const std::vector<Observable> both{Observable::parse("Z0 + Z1"),
                                     Observable::parse("2*I + Z0 + Z1")};
  for (const char* text : {"readout+zne", "readout+cdr:non-clifford=4"}) {
    INFO(text);
    const PreparedStrategy prepared(parse_strategy(text), circuit, both, device, 100'000);
    RandomStream random(5);
    std::vector<Outcomes> drawn;
    const std::vector<Outcomes> exact = exact_outcomes(prepared, device);
    for (std::size_t j = 0; j < exact.size(); ++j)
      drawn.push_back(draw(exact[j], prepared.plan().jobs[j].shots, random));
    const std::vector<Outcomes> noiseless =
        small_line::simulator(nullptr)->run(prepared.noiseless_plan().jobs);
    const std::vector<Estimate> estimates = prepared.combine(drawn, noiseless);
    CHECK(estimates[1].value == Approx(estimates[0].value + 2.0));
    CHECK(estimates[1].std_error == Approx(estimates[0].std_error));
    CHECK(estimates[1].ci.low == Approx(estimates[0].ci.low + 2.0));
    CHECK(estimates[1].ci.high == Approx(estimates[0].ci.high + 2.0));
  }
}

TEST_CASE("Circuits with free weights are planned once and bound later") {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {Angle::weight(0)}).append(Op::cx, {0, 1});
  const std::vector<Observable> z{Observable::z(1)};
  Device device{small_line::device(), {0, 1}, NoisePolicy::ideal};
  const PreparedStrategy prepared(parse_strategy("zne"), circuit, z, device, 0);
  const std::vector<Outcomes> outcomes =
      small_line::simulator(&device)->run(prepared.plan().bound({0.7}, {}).jobs);
  CHECK(prepared.combine(outcomes)[0].value == Approx(std::cos(0.7)).epsilon(1e-12));
}
