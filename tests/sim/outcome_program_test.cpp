#include "rhodrift/sim/outcome_program.hpp"

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/sim/sampling.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

TEST_CASE("Outcomes, mid-circuit ones too, have the probabilities of the oracle's records") {
  RandomStream random(641);
  int n_mid_circuit = 0;
  for (int trial = 0; trial < 24; ++trial) {
    const int n = 1 + trial % 4, n_bits = 1 + trial % 5;
    Circuit circuit = oracle::random_measured_circuit(
        {.n_qubits = n, .n_instructions = 6, .n_weights = 2, .n_features = 1}, n_bits,
        trial % 2 == 0, random);
    circuit.set_readout_error({oracle::random_confusion({n_bits - 1}, random)});
    if (n_bits >= 3)
      circuit.set_readout_error({oracle::random_confusion({n_bits - 1, 0}, random),
                                 oracle::random_confusion({1}, random)});
    n_mid_circuit += static_cast<int>(circuit.mid_circuit_bits().size());
    const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
    const std::vector<double> features = oracle::random_angles(circuit.n_features(), random);
    const std::vector<double> found = OutcomeProgram(circuit).probabilities({weights, features});
    const arma::vec expected = oracle::recorded_probabilities(circuit, weights, features);
    REQUIRE(found.size() == expected.n_elem);
    for (std::size_t b = 0; b < found.size(); ++b)
      REQUIRE(std::abs(found[b] - expected(b)) <= 1e-12);
  }
  CHECK(n_mid_circuit >= 30);
}

TEST_CASE("A batch has the probabilities of its bindings one by one, small circuits and large") {
  RandomStream random(642);
  for (const int n : {2, 5, 7}) {
    Circuit circuit = oracle::random_measured_circuit(
        {.n_qubits = n, .n_instructions = 8, .n_weights = 2, .n_features = 1}, 3, n == 5, random);
    circuit.set_readout_error({oracle::random_confusion({2, 0}, random)});
    const OutcomeProgram program(circuit);
    constexpr arma::uword size = 19;
    arma::mat weights(static_cast<arma::uword>(circuit.n_weights()), size);
    arma::mat features(static_cast<arma::uword>(circuit.n_features()), size);
    for (arma::mat* numbers : {&weights, &features})
      for (double& number : *numbers) number = 3.0 * random.normal();
    const BindingBatch batch{size, weights, features};
    const auto together = program.batch_probabilities(batch);
    REQUIRE(together.size() == size);
    for (std::size_t b = 0; b < size; ++b) {
      const std::vector<double> alone = program.probabilities(batch[b]);
      REQUIRE(alone.size() == together[b].size());
      for (std::size_t i = 0; i < alone.size(); ++i)
        REQUIRE(std::abs(alone[i] - together[b][i]) <= 1e-13);
    }
  }
}

TEST_CASE("A qubit that is read again gives the same, and after a reset what it was reset to") {
  Circuit again(1);
  again.append(Op::h, {0}).measure(0, 0).measure(0, 1);
  const std::vector<double> same = OutcomeProgram(again).probabilities({});
  for (const std::size_t b : {0u, 1u, 2u, 3u})
    CHECK(same[b] == Approx(b == 0 || b == 3 ? 0.5 : 0.0).margin(1e-15));
  Circuit reused(1);
  reused.append(Op::h, {0}).measure(0, 0).append(Op::reset, {0}).append(Op::x, {0}).measure(0, 1);
  const std::vector<double> fresh = OutcomeProgram(reused).probabilities({});
  for (const std::size_t b : {0u, 1u, 2u, 3u})
    CHECK(fresh[b] == Approx(b >= 2 ? 0.5 : 0.0).margin(1e-15));
}

TEST_CASE("An executor reports mid-circuit bits, given the post-selections") {
  // A Bell pair, of which one half is read and turned back before the other is found in |1>.
  auto circuit = std::make_shared<Circuit>(2);
  circuit->append(Op::h, {0}).append(Op::cx, {0, 1}).measure(0, 0).append(Op::x, {0});
  circuit->postselect(1, 1).measure(0, 1);
  DensityMatrixExecutor executor(1);
  const std::vector<Job> jobs{{circuit, {}, {}, 0}, {circuit, {}, {}, 100}};
  const std::vector<Outcomes> outcomes = executor.run(jobs);
  CHECK(outcomes[0].frequency.at(0) == Approx(1.0).epsilon(1e-15));
  CHECK(outcomes[1].counts() == std::map<Bitstring, std::uint64_t>{{1, 100}});
}

TEST_CASE("What has no outcome probabilities is refused") {
  Circuit many(1);
  for (int bit = 0; bit < 12; ++bit) many.measure(0, bit);
  CHECK_THROWS_WITH(OutcomeProgram(many),
                    "circuit: reads 11 bits mid-circuit, probabilities are known for at most 10; "
                    "trajectories give shots");
  Circuit mid(1);
  mid.append(Op::h, {0}).measure(0, 0).append(Op::h, {0}).measure(0, 1);
  CHECK_THROWS_WITH(reported_probabilities(mid, {0.5, 0.5}),
                    "circuit: classical bit 0: is read mid-circuit, of which the qubits at the end "
                    "say nothing");
  mid.set_readout_error({ConfusionMatrix::single(2, 0.1, 0.1)});
  CHECK_THROWS_WITH(OutcomeProgram(mid).probabilities({}), "readout error: bit 2 is outside 0..1");
  Circuit impossible(1);
  impossible.append(Op::x, {0}).measure(0, 0).postselect(0, 0);
  CHECK_THROWS_WITH(OutcomeProgram(impossible).probabilities({}),
                    ContainsSubstring("post-selection: instruction 2 (postselect0 0): leaves"));
}
