#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/dressed_noise.hpp>
#include <rhodrift/mitigation/pauli_insertions.hpp>
#include <rhodrift/noise/channel.hpp>

#include "mitigation/noisy_executor.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::testing;

TEST_CASE("A sparse Pauli-Lindblad model is its generators' product") {
  const std::vector<LindbladTerm> terms{{PauliString::parse("X0").index(), 0.02},
                                        {PauliString::parse("Z0 Z1").index(), 0.05}};
  // exp(λ(P·P - 1)) is P with probability (1 - e^{-2λ})/2.
  const auto generator = [](const LindbladTerm& term) {
    std::vector<double> probability(16, 0.0);
    probability[term.pauli] = 0.5 * (1.0 - std::exp(-2.0 * term.rate));
    probability[0] = 1.0 - probability[term.pauli];
    return pauli_channel(probability);
  };
  const arma::vec expected = generator(terms[0]).then(generator(terms[1])).ptm().diag();
  CHECK(arma::approx_equal(lindblad_fidelities(2, terms), expected, "absdiff", 1e-15));
  CHECK_THROWS_WITH(lindblad_fidelities(1, std::vector<LindbladTerm>{{7, 0.1}}),
                    ContainsSubstring("Pauli 7"));
}

TEST_CASE("Insertions are the powers of a channel") {
  PauliNoise noise = PauliNoise::none(dress(Circuit(2).append(Op::cx, {0, 1})));
  std::vector<double> probability(16, 0.004);
  probability[0] = 1.0 - 15 * 0.004;
  probability[5] += 0.01, probability[0] -= 0.01;
  noise.entanglers[0] = pauli_channel(probability).ptm().diag();
  CHECK(PauliInsertions(noise, 1.0).gamma() == Approx(1.0).epsilon(1e-14));
  // Twice as strong: the channel itself is inserted.
  const PauliInsertions twice(noise, 2.0);
  CHECK(twice.gamma() == Approx(1.0).epsilon(1e-14));
  CHECK(arma::approx_equal(twice.after_entangler(0), arma::vec(probability), "absdiff", 1e-14));
  // None: its inverse.
  const PauliInsertions none(noise, 0.0);
  CHECK(none.gamma() > 1.1);
  CHECK(arma::accu(none.after_entangler(0)) == Approx(1.0).epsilon(1e-14));
  CHECK(none.gamma() == Approx(arma::accu(arma::abs(none.after_entangler(0)))).epsilon(1e-14));

  noise.entanglers[0](3) = 0.0;
  CHECK_THROWS_WITH(PauliInsertions(noise, 0.0),
                    ContainsSubstring("entangler 0") && ContainsSubstring("Pauli 3"));
  CHECK_THROWS_AS(PauliInsertions(noise, -1.0), InputError);
}

TEST_CASE("Noise of another circuit, and noise that Paulis do not twirl, are refused") {
  const DressedCircuit dressed = dress(Circuit(2).append(Op::cx, {0, 1}));
  const DressedCircuit other = dress(Circuit(2).append(Op::cz, {0, 1}));
  CHECK_THROWS_WITH(noise_of(dressed, *other.circuit),
                    ContainsSubstring("its gates are not those of the dressed circuit"));
  CHECK_THROWS_WITH(noise_of(dressed, Circuit(2)), ContainsSubstring("not the dressed circuit"));
  Circuit joined(3);
  joined.append(Op::cx, {0, 1}).append(Op::sx, {2});
  const DressedCircuit three = dress(joined);
  Circuit noisy = *three.circuit;
  noisy.append_channel("crosstalk", {1, 2}, arma::eye(16, 16));
  CHECK_THROWS_WITH(noise_of(three, noisy),
                    ContainsSubstring("crosstalk") && ContainsSubstring("no entangler"));
  const DressedCircuit partial = dress(Circuit(2).append(Op::rzz, {0, 1}, {0.3}));
  CHECK_THROWS_WITH(pauli_twirled(partial, noise_of(partial, *partial.circuit)),
                    ContainsSubstring("rzz") && ContainsSubstring("no Clifford gate"));
}
