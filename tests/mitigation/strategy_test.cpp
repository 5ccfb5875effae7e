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
  return small_line::simulator(&device)->run(jobs);
}

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
  CHECK(parse_strategy("zne:model=linear").zne->scale_factors == std::vector<double>{1, 3, 5});
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
  CHECK_THROWS_WITH(parse_strategy("zne:scale=1,x"), ContainsSubstring("\"x\" is no number"));
  CHECK_THROWS_WITH(parse_strategy("zne:linear:by=hand"),
                    ContainsSubstring("unknown by \"hand\"; known are analog, global"));
  CHECK_THROWS_WITH(
      parse_strategy("zne:linear:shots=3"),
      ContainsSubstring("unknown setting \"shots\"; known are model, order, asymptote, scale, by"));
  CHECK_THROWS_WITH(parse_strategy("raw:x"), ContainsSubstring("takes no settings"));
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
  for (const char* text : {"raw", "readout", "readout:least-squares", "zne", "dd",
                           "readout+zne:richardson:scale=1,2,3"}) {
    const PreparedStrategy prepared(parse_strategy(text), small_line::ghz(), some_observables,
                                    device, 0);
    const std::vector<Estimate> estimates = prepared.combine(exact_outcomes(prepared, device));
    for (std::size_t k = 0; k < estimates.size(); ++k) {
      CHECK(estimates[k].value == Approx(truths(k)).margin(1e-12));
      CHECK(estimates[k].std_error == Approx(0.0).margin(1e-12));
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
  Device no_gate_noise = device;
  no_gate_noise.calibration = small_line::device(0.0, 0.0);
  for (QubitCalibration& qubit : no_gate_noise.calibration.qubits) qubit.t1_s = qubit.t2_s = 1e6;
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
