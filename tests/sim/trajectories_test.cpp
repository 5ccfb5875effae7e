#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/program.hpp>
#include <rhodrift/sim/sampling.hpp>
#include <rhodrift/sim/trajectories.hpp>

#include "support/catch.hpp"
#include "support/chi_square.hpp"
#include "support/oracle.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;

namespace {

/// Terms of all kinds, on as many qubits as there are.
Observable some_observable(int n_qubits, RandomStream& random) {
  std::vector<Observable::Term> terms{{random.normal(), PauliString()}};
  for (int term = 0; term < 3; ++term) {
    std::vector<PauliString::Factor> factors;
    for (int q = 0; q < n_qubits; ++q) factors.push_back({q, static_cast<Pauli>(random.below(4))});
    terms.push_back({random.normal(), PauliString(factors)});
  }
  return Observable(terms);
}

/// Random operations with a random channel after every few, and a reset.
Circuit random_noisy_circuit(int n_qubits, RandomStream& random) {
  Circuit circuit(n_qubits);
  for (int part = 0; part < 5; ++part) {
    circuit.append(oracle::random_circuit(
        {.n_qubits = n_qubits, .n_instructions = 6, .n_weights = 2, .n_features = 1}, random));
    const int k = n_qubits == 1 ? 1 : 1 + part % 2;
    const auto kraus = oracle::random_kraus(k, 1 + static_cast<int>(random.below(4)), random);
    circuit.append_channel("random", oracle::random_operands(k, n_qubits, random),
                           oracle::transfer_matrix(kraus));
    if (part == 2) circuit.append(Op::reset, oracle::random_operands(1, n_qubits, random));
  }
  return circuit;
}

/// Mid-circuit measurements and post-selections in noise.
Circuit random_measured_circuit(int n_qubits, int n_bits, RandomStream& random) {
  return oracle::random_measured_circuit(
      {.n_qubits = n_qubits, .n_instructions = 20, .n_weights = 2, .n_features = 1}, n_bits, true,
      random);
}

/// Rotations and a cx, with the depolarizing and the relaxation of a device that is `strength`
/// times too noisy.
Circuit small_noisy_circuit(double strength) {
  Circuit circuit(2);
  for (int layer = 0; layer < 2; ++layer) {
    for (int q = 0; q < 2; ++q) {
      circuit.append(Op::ry, {q}, {0.7 + 0.4 * q + 0.9 * layer});
      circuit.append_channel("ry", {q}, amplitude_damping(0.02 * strength).ptm());
    }
    circuit.append(Op::cx, {0, 1});
    circuit.append_channel("cx", {0, 1}, depolarizing(2, 0.03 * strength).ptm());
    circuit.append_channel("cx", {1}, phase_damping(0.02 * strength).ptm());
  }
  return circuit;
}

Circuit noisy_ghz(int n_qubits, double depolarizing_lambda) {
  Circuit circuit(n_qubits);
  circuit.append(Op::h, {0});
  const TransferMatrix noise = depolarizing(2, depolarizing_lambda).ptm();
  for (int q = 0; q + 1 < n_qubits; ++q) {
    circuit.append(Op::cx, {q, q + 1});
    circuit.append_channel("cx", {q, q + 1}, noise);
  }
  return circuit;
}

/// (estimate - exact)/std_error of estimates that are independent of each other.
class Deviations {
 public:
  /// What is not random (its error is rounding) has to be exact.
  void add(const Estimate& estimate, double exact) {
    if (estimate.std_error < 1e-14) {
      CHECK(std::abs(estimate.value - exact) <= 1e-12);
      return;
    }
    const double deviation = (estimate.value - exact) / estimate.std_error;
    CHECK(std::abs(deviation) < 4.5);
    sum_of_squares_ += deviation * deviation;
    ++n_random_;
  }
  /// Errors that are neither too small nor too large: the sum is χ² of n_random degrees of freedom,
  /// with standard deviation √(2 n_random).
  void check_chi_square(int min_random) const {
    REQUIRE(n_random_ >= min_random);
    CHECK(std::abs(sum_of_squares_ - n_random_) < 4 * std::sqrt(2.0 * n_random_));
  }

 private:
  double sum_of_squares_ = 0.0;
  int n_random_ = 0;
};

/// How many of the 95% intervals for tr(O ρ) hold the exact value.
int n_covering(const Circuit& circuit, const Observable& observable, std::uint64_t trajectories,
               int repetitions) {
  const double exact = oracle::expectation(observable, oracle::evolve(circuit));
  const TrajectoryProgram program(circuit);
  int covering = 0;
  for (int r = 0; r < repetitions; ++r) {
    const Estimate estimate = program.expectations({}, {&observable, 1}, trajectories, 701,
                                                   static_cast<std::uint64_t>(r))[0];
    if (estimate.ci.low <= exact && exact <= estimate.ci.high) ++covering;
  }
  return covering;
}

}  // namespace

TEST_CASE("Expectations of random noisy circuits agree with the oracle within their error") {
  RandomStream random(621);
  Deviations deviations;
  for (int trial = 0; trial < 40; ++trial) {
    const int n = 1 + trial % 5;
    const Circuit circuit = random_noisy_circuit(n, random);
    const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
    const std::vector<double> features = oracle::random_angles(circuit.n_features(), random);
    const Observable observable = some_observable(n, random);
    deviations.add(
        TrajectoryProgram(circuit).expectations({weights, features}, {&observable, 1}, 400, 31,
                                                static_cast<std::uint64_t>(trial))[0],
        oracle::expectation(observable, oracle::evolve(circuit, weights, features)));
  }
  deviations.check_chi_square(30);
}

TEST_CASE("Circuits without noise are exact") {
  RandomStream random(622);
  for (int trial = 0; trial < 30; ++trial) {
    const int n = 1 + trial % 5;
    const Circuit circuit = oracle::random_circuit(
        {.n_qubits = n, .n_instructions = 30, .n_weights = 2, .n_features = 1, .noisy = false},
        random);
    const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
    const std::vector<double> features = oracle::random_angles(circuit.n_features(), random);
    const Observable observable = some_observable(n, random);
    const double exact =
        oracle::expectation(observable, oracle::evolve(circuit, weights, features));
    const Estimate estimate =
        TrajectoryProgram(circuit).expectations({weights, features}, {&observable, 1}, 2, 1)[0];
    CHECK(std::abs(estimate.value - exact) <= 1e-12);
    CHECK(estimate.std_error == 0.0);
    CHECK(estimate.ci.low == estimate.value);
    CHECK(estimate.ci.high == estimate.value);
    CHECK(estimate.shots == 0);
    CHECK(estimate.diagnostics.at("reference_probability") == 1.0);
  }
}

TEST_CASE("Every operation, on far-apart qubits of a large state, is what the oracle makes of it") {
  // The oracle's five qubits stand among fifteen, which are many chunks of amplitudes.
  RandomStream random(623);
  const std::vector<int> places{14, 0, 6, 13, 3};
  const Circuit small =
      oracle::random_circuit({.n_qubits = 5, .n_instructions = 60, .noisy = false}, random);
  Circuit large(15);
  large.append(small, places);
  const arma::cx_mat density = oracle::evolve(small);
  std::vector<Observable> observables;
  std::vector<double> exact;
  for (int k = 0; k < 5; ++k) {
    const Observable observable = some_observable(5, random);
    exact.push_back(oracle::expectation(observable, density));
    std::vector<Observable::Term> moved = observable.terms();
    for (Observable::Term& term : moved) {
      std::vector<PauliString::Factor> factors = term.pauli.factors();
      for (PauliString::Factor& factor : factors)
        factor.qubit = places[static_cast<std::size_t>(factor.qubit)];
      term.pauli = PauliString(factors);
    }
    observables.push_back(Observable(moved));
  }
  const auto estimates = TrajectoryProgram(large).expectations({}, observables, 2, 1);
  for (std::size_t k = 0; k < exact.size(); ++k)
    CHECK(std::abs(estimates[k].value - exact[k]) <= 1e-12);
}

TEST_CASE("A reset of a qubit in a known state is no matter of chance") {
  Circuit circuit(2);
  circuit.append(Op::reset, {0}).append(Op::x, {1}).append(Op::reset, {1}).append(Op::h, {0});
  const std::vector<Observable> observables{Observable::parse("X0"), Observable::z(1)};
  for (const Estimate& estimate : TrajectoryProgram(circuit).expectations({}, observables, 2, 1)) {
    CHECK(std::abs(estimate.value - 1.0) <= 1e-15);
    CHECK(estimate.std_error == 0.0);
  }
}

TEST_CASE("Estimates carry what they cost and how they came about") {
  const Circuit circuit = small_noisy_circuit(1.0);
  const std::vector<Observable> observables{Observable::z(0), Observable::parse("X0 X1")};
  const auto estimates = TrajectoryProgram(circuit).expectations({}, observables, 50, 3);
  REQUIRE(estimates.size() == 2);
  for (const Estimate& estimate : estimates) {
    CHECK(estimate.method == "trajectories");
    CHECK(estimate.shots == 50);
    CHECK(estimate.circuits == 1);
    CHECK(estimate.level == 0.95);
    CHECK(estimate.std_error > 0.0);
    // Student's 97.5% quantile for 49 degrees of freedom.
    CHECK((estimate.ci.high - estimate.value) / estimate.std_error ==
          Approx(2.0095752371292397).epsilon(1e-12));
    // Four dampings of a floor 1 - γ, two depolarizings, two dephasings: the reference's share.
    const double dephasing = (1 + std::sqrt(0.98)) / 2;
    CHECK(estimate.diagnostics.at("reference_probability") ==
          Approx(std::pow(0.98, 4) * std::pow(1 - 0.03 * 15 / 16, 2) * dephasing * dephasing)
              .epsilon(1e-12));
  }
  CHECK(TrajectoryProgram(circuit).expectations({}, {}, 2, 1).empty());
}

TEST_CASE("Intervals cover at their level", "[long]") {
  // 2000 repetitions: the standard deviation of the coverage is 0.5%.
  const int repetitions = 2000;
  SECTION("strong noise") {
    const double coverage =
        n_covering(small_noisy_circuit(5.0), Observable::parse("Z0 + 0.5*X0 X1"), 60, repetitions) /
        static_cast<double>(repetitions);
    CHECK(std::abs(coverage - 0.95) <= 0.015);
  }
  SECTION(
      "noise so weak that most samples of this size would hold no error without the reference") {
    const double coverage = n_covering(small_noisy_circuit(0.01),
                                       Observable::parse("Z0 + 0.5*X0 X1"), 60, repetitions) /
                            static_cast<double>(repetitions);
    CHECK(std::abs(coverage - 0.95) <= 0.015);
  }
}

TEST_CASE("Expectations given post-selections agree with the oracle within their error") {
  RandomStream random(626);
  Deviations of_values, of_probabilities;
  for (int trial = 0; trial < 40; ++trial) {
    const int n = 1 + trial % 4;
    const Circuit circuit = random_measured_circuit(n, 4, random);
    const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
    const std::vector<double> features = oracle::random_angles(circuit.n_features(), random);
    const Observable observable = some_observable(n, random);
    const TrajectoryProgram program(circuit);
    const auto stream = static_cast<std::uint64_t>(trial);
    const Estimate value =
        program.expectations({weights, features}, {&observable, 1}, 1000, 32, stream)[0];
    const Estimate passing =
        program.postselection_probability({weights, features}, 1000, 32, stream);
    CHECK(passing.value == value.diagnostics.at("postselection_probability"));
    of_values.add(value,
                  oracle::expectation(observable, oracle::evolve(circuit, weights, features)));
    of_probabilities.add(passing, oracle::postselection_probability(circuit, weights, features));
  }
  of_values.check_chi_square(20);
  of_probabilities.check_chi_square(30);
}

TEST_CASE("Intervals given a post-selection cover at their level", "[long]") {
  Circuit circuit = small_noisy_circuit(5.0);
  circuit.postselect(1, 0).append(Op::ry, {0}, {0.4});
  const int repetitions = 2000;
  const double coverage = n_covering(circuit, Observable::parse("Z0 + 0.5*X0"), 200, repetitions) /
                          static_cast<double>(repetitions);
  CHECK(std::abs(coverage - 0.95) <= 0.015);
}

TEST_CASE("A post-selection without noise is exact, and so is its probability") {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {0.8}).append(Op::cx, {0, 1}).postselect(1, 1);
  const TrajectoryProgram program(circuit);
  const std::vector<Observable> z{Observable::z(0)};
  const Estimate estimate = program.expectations({}, z, 2, 1)[0];
  CHECK(estimate.value == Approx(-1.0).epsilon(1e-14));
  CHECK(estimate.std_error == 0.0);
  const Estimate passing = program.postselection_probability({}, 2, 1);
  CHECK(passing.value == Approx(std::pow(std::sin(0.4), 2)).epsilon(1e-14));
  CHECK(passing.std_error == 0.0);
  CHECK(passing.shots == 0);
}

TEST_CASE("Shots hold what was read mid-circuit, given the post-selections") {
  // Pearson's test at the 0.1% level, a seed a circuit.
  RandomStream random(627);
  for (int trial = 0; trial < 8; ++trial) {
    const int n_bits = 2 + trial % 3;
    Circuit circuit = random_measured_circuit(1 + trial % 4, n_bits, random);
    circuit.set_readout_error({oracle::random_confusion({n_bits - 1, 0}, random)});
    const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
    const std::vector<double> features = oracle::random_angles(circuit.n_features(), random);
    const arma::vec expected = oracle::recorded_probabilities(circuit, weights, features);
    const ShotTable table = TrajectoryProgram(circuit).sample({weights, features}, 10'000, 78,
                                                              static_cast<std::uint64_t>(trial));
    CHECK(table.n_bits() == n_bits);
    CHECK(chi_square_p_value(table, arma::conv_to<std::vector<double>>::from(expected)) > 1e-3);
  }
}

TEST_CASE("A post-selection that nothing passes is refused by its place") {
  Circuit circuit(2);
  circuit.append(Op::h, {0}).postselect(0, 0).append(Op::cx, {0, 1});
  circuit.append_channel("noise", {0}, phase_damping(0.3).ptm()).postselect(1, 1);
  const TrajectoryProgram program(circuit);
  const std::vector<Observable> z{Observable::z(0)};
  const std::string place = "post-selection: instruction 4 (postselect1 1): ";
  CHECK_THROWS_WITH(program.expectations({}, z, 10, 1), place + "none of 11 trajectories passes");
  CHECK_THROWS_WITH(program.sample({}, 1, 1), place + "none of 100000 trajectories passes");
  CHECK(program.postselection_probability({}, 10, 1).value == 0.0);
}

TEST_CASE("Results with measurements and post-selections are the same for any number of threads") {
  RandomStream random(628);
  const Circuit circuit = random_measured_circuit(4, 5, random);
  const TrajectoryProgram program(circuit);
  const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
  const std::vector<double> features = oracle::random_angles(circuit.n_features(), random);
  const std::vector<Observable> z{Observable::z(0)};
  const auto results_with = [&](int n_threads) {
    const ThreadCount scope(n_threads);
    const Estimate estimate = program.expectations({weights, features}, z, 101, 5, 6)[0];
    std::vector<double> numbers{estimate.value, estimate.std_error};
    const ShotTable table = program.sample({weights, features}, 301, 5, 6);
    numbers.insert(numbers.end(), table.packed().begin(), table.packed().end());
    return numbers;
  };
  const auto one = results_with(1);
  CHECK(results_with(2) == one);
  CHECK(results_with(3) == one);
}

TEST_CASE("Results are functions of seed and stream, for any number of threads") {
  RandomStream random(624);
  Circuit circuit = random_noisy_circuit(4, random);
  circuit.set_readout_error({oracle::random_confusion({2, 0}, random)});
  const TrajectoryProgram program(circuit);
  const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
  const std::vector<double> features = oracle::random_angles(circuit.n_features(), random);
  const std::vector<Observable> observables{some_observable(4, random), Observable::z(2)};
  const auto results_with = [&](int n_threads, std::uint64_t seed, std::uint64_t stream) {
    const ThreadCount scope(n_threads);
    std::vector<double> numbers;
    for (const Estimate& e :
         program.expectations({weights, features}, observables, 101, seed, stream))
      numbers.insert(numbers.end(), {e.value, e.std_error, e.ci.low, e.ci.high});
    const ShotTable table = program.sample({weights, features}, 301, seed, stream);
    numbers.insert(numbers.end(), table.packed().begin(), table.packed().end());
    return numbers;
  };
  const auto one = results_with(1, 5, 6);
  CHECK(results_with(2, 5, 6) == one);
  CHECK(results_with(3, 5, 6) == one);
  CHECK(results_with(1, 5, 7) != one);
  CHECK(results_with(1, 6, 6) != one);
}

TEST_CASE("A longer table of shots begins with a shorter one") {
  const TrajectoryProgram program(small_noisy_circuit(1.0));
  const std::vector<std::uint8_t> longer = program.sample({}, 500, 1).packed();
  const std::vector<std::uint8_t> shorter = program.sample({}, 123, 1).packed();
  CHECK(std::equal(shorter.begin(), shorter.end(), longer.begin()));
  CHECK(program.sample({}, 0, 1).size() == 0);
}

TEST_CASE("Shots follow the reported probabilities, independently of each other") {
  // Pearson's test at the 0.1% level, a seed a circuit. Shots that shared their trajectories would
  // scatter more than it allows.
  RandomStream random(625);
  for (int trial = 0; trial < 8; ++trial) {
    const int n = 1 + trial % 4;
    Circuit circuit =
        trial < 4 ? random_noisy_circuit(n, random) : small_noisy_circuit(trial - 3.0);
    const int n_bits = trial % 3 == 0 ? circuit.n_qubits() : 1;
    const std::vector<int> qubits = oracle::random_operands(n_bits, circuit.n_qubits(), random);
    for (int bit = 0; bit < n_bits; ++bit)
      circuit.measure(qubits[static_cast<std::size_t>(bit)], bit);
    circuit.set_readout_error({oracle::random_confusion({n_bits - 1}, random)});
    if (n_bits >= 2) circuit.set_readout_error({oracle::random_confusion({n_bits - 1, 0}, random)});
    const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
    const std::vector<double> features = oracle::random_angles(circuit.n_features(), random);
    const arma::vec expected =
        oracle::reported_probabilities(circuit, oracle::evolve(circuit, weights, features));
    const ShotTable table = TrajectoryProgram(circuit).sample({weights, features}, 20'000, 77,
                                                              static_cast<std::uint64_t>(trial));
    CHECK(table.n_bits() == n_bits);
    CHECK(table.size() == 20'000);
    CHECK(chi_square_p_value(table, arma::conv_to<std::vector<double>>::from(expected)) > 1e-3);
  }
}

TEST_CASE("Outcomes without probability are never reported") {
  const ShotTable table = TrajectoryProgram(noisy_ghz(6, 0.0)).sample({}, 5000, 9);
  std::vector<double> expected(64, 0.0);
  expected.front() = expected.back() = 0.5;
  CHECK(chi_square_p_value(table, expected) > 1e-3);
}

TEST_CASE("Circuits that cannot be run on pure states are refused") {
  Circuit wide(3);
  wide.append_channel("three", {0, 1, 2}, arma::eye(64, 64));
  CHECK_THROWS_WITH(TrajectoryProgram(wide),
                    "trajectories: channel 'three': acts on 3 qubits, at most 2 are supported");
  Circuit unphysical(1);
  unphysical.append_channel("inverse", {0}, arma::diagmat(arma::vec{1.0, 1.1, 1.1, 1.1}));
  CHECK_THROWS_WITH(TrajectoryProgram(unphysical),
                    ContainsSubstring("trajectories: channel 'inverse': ") &&
                        ContainsSubstring("not completely positive"));
  CHECK_THROWS_WITH(TrajectoryProgram(Circuit(45)),
                    ContainsSubstring("memory: a state of 45 qubits takes 16*2^45 bytes"));
}

TEST_CASE("Wrong arguments are refused with the value and the limit") {
  Circuit circuit = small_noisy_circuit(1.0);
  circuit.append(Op::rx, {0}, {Angle::weight(1) + Angle::feature(0)});
  const TrajectoryProgram program(circuit);
  CHECK(program.n_qubits() == 2);
  CHECK(program.n_weights() == 2);
  CHECK(program.n_features() == 1);
  const std::vector<Observable> z{Observable::z(0)};
  const std::vector<double> two{0.1, 0.2}, one{0.3}, infinite{INFINITY};
  CHECK_THROWS_WITH(program.expectations({one, one}, z, 10, 1),
                    "weights: the circuit takes 2, got 1");
  CHECK_THROWS_WITH(program.sample({two, two}, 10, 1), "features: the circuit takes 1, got 2");
  CHECK_THROWS_WITH(program.sample({two, infinite}, 10, 1), "features: entry 0: inf is not finite");
  CHECK_THROWS_WITH(program.expectations({two, one}, z, 1, 1),
                    "trajectories: 1 give no standard error, at least 2 are needed");
  const std::vector<Observable> far{Observable::z(2)};
  CHECK_THROWS_WITH(program.expectations({two, one}, far, 10, 1),
                    "observable: Z2: reaches qubit 2, the circuit has 2 qubits");
  // From 2^59 on the bytes would be more than can be counted.
  for (const int exponent : {50, 59, 63}) {
    const std::uint64_t many = std::uint64_t{1} << exponent;
    CHECK_THROWS_WITH(program.sample({two, one}, many, 1),
                      ContainsSubstring("memory: a run over states of 2 qubits takes") &&
                          ContainsSubstring("this machine has"));
    CHECK_THROWS_WITH(program.expectations({two, one}, z, many, 1),
                      ContainsSubstring("memory: a run over states of 2 qubits takes") &&
                          ContainsSubstring("this machine has"));
  }
  circuit.set_readout_error({ConfusionMatrix::single(2, 0.1, 0.1)});
  CHECK_THROWS_WITH(TrajectoryProgram(circuit).sample({two, one}, 10, 1),
                    "readout error: bit 2 is outside 0..1");
}

TEST_CASE("Twenty qubits are no obstacle") {
  // Going back, Z0 Z19 picks up a Z at every qubit of the chain, and so a factor of 1 - λ at the
  // noise of every cx; in the end all of it is on qubits in |0>.
  const double lambda = 0.01, exact = std::pow(1 - lambda, 19);
  const std::vector<Observable> ends{Observable(PauliString::z({0, 19}))};
  const Estimate estimate =
      TrajectoryProgram(noisy_ghz(20, lambda)).expectations({}, ends, 24, 5)[0];
  CHECK(estimate.std_error < 0.05);
  CHECK(std::abs(estimate.value - exact) <= 4 * estimate.std_error);
}
