#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/noise/pauli_injection.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

/// Every channel a Pauli channel, of one and two qubits.
Circuit noisy_circuit() {
  Circuit circuit(2);
  std::vector<double> pairs(16, 0.01);
  pairs[0] = 0.79;
  pairs[7] = 0.07;  // Z on the first, X on the second
  circuit.append(Op::ry, {0}, {0.8})
      .append_channel("one", {0}, pauli_channel({0.85, 0.08, 0.02, 0.05}).ptm())
      .append(Op::cx, {0, 1})
      .append_channel("two", {0, 1}, pauli_channel(pairs).ptm())
      .append(Op::rx, {1}, {0.3})
      .measure(1, 0);
  circuit.set_readout_error({ConfusionMatrix::single(0, 0.02, 0.05)});
  return circuit;
}

}  // namespace

TEST_CASE("Injected Paulis average to the noise, and to several times of it") {
  const Circuit noisy = noisy_circuit();
  for (const double strength : {1.0, 2.0}) {
    Circuit stronger(2);
    for (const Instruction& instruction : noisy.instructions()) {
      if (instruction.op != Op::channel) {
        stronger.append(instruction);
        continue;
      }
      const TransferMatrix& ptm = instruction.channel->ptm;
      const TransferMatrix identity = arma::eye(arma::size(ptm));
      stronger.append_channel("", instruction.qubits, identity + strength * (ptm - identity));
    }
    const PauliInjection injection(noisy, strength);
    const int n_draws = 4000;
    arma::cx_mat mean(4, 4, arma::fill::zeros);
    arma::mat squares(4, 4, arma::fill::zeros);
    RandomStream random(3);
    for (int i = 0; i < n_draws; ++i) {
      const Circuit drawn = injection.draw(random);
      for (const Instruction& instruction : drawn.instructions())
        REQUIRE(instruction.op != Op::channel);
      const arma::cx_mat state = oracle::evolve(drawn);
      mean += state / n_draws;
      squares += arma::square(arma::abs(state)) / n_draws;
    }
    const arma::cx_mat expected = oracle::evolve(stronger);
    const arma::mat error = arma::sqrt(squares / n_draws);
    CHECK(arma::all(arma::vectorise(arma::abs(mean - expected) <= 4.0 * error + 1e-12)));
    CHECK(error.max() < 0.02);
  }
}

TEST_CASE("Injection leaves what is no channel alone and draws by the stream") {
  const PauliInjection none(noisy_circuit(), 0.0);
  RandomStream random(1);
  const Circuit drawn = none.draw(random);
  CHECK(drawn.instructions().size() == 4);
  CHECK(drawn.qubit_of_bit() == std::vector<int>{1});
  CHECK(drawn.readout_error().size() == 1);

  const PauliInjection injection(noisy_circuit(), 3.0);
  const auto sizes = [&](std::uint64_t seed) {
    RandomStream stream(seed);
    std::vector<std::size_t> counts;
    for (int i = 0; i < 20; ++i) counts.push_back(injection.draw(stream).instructions().size());
    return counts;
  };
  CHECK(sizes(1) == sizes(1));
  CHECK(sizes(1) != sizes(2));
  CHECK_THROWS_WITH(PauliInjection(noisy_circuit(), 7.0),
                    ContainsSubstring("noise injection: one: 7 times its noise is an error with "
                                      "probability 1.05"));
  CHECK_THROWS_AS(PauliInjection(noisy_circuit(), -1.0), InputError);
}
