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

TEST_CASE("Noise of another circuit is refused, and noise on other numbers of qubits") {
  const DressedCircuit dressed = dress(Circuit(2).append(Op::cx, {0, 1}));
  const DressedCircuit longer = dress(Circuit(2).append(Op::cx, {0, 1}).append(Op::cx, {1, 0}));
  const auto add = [&](const DressedCircuit& circuit, const PauliNoise& noise) {
    InstancePlan plan;
    add_instances(plan, circuit, PauliInsertions(noise, 0.0), 0, 10, 10, 1);
  };
  add(dressed, PauliNoise::none(dressed));
  CHECK_THROWS_WITH(add(dressed, PauliNoise::none(longer)),
                    ContainsSubstring("6 slots and 2 entanglers, this one has 4 and 1"));
  CHECK_THROWS_WITH(add(longer, PauliNoise::none(dressed)),
                    ContainsSubstring("4 slots and 1 entanglers, this one has 6 and 2"));

  PauliNoise noise = PauliNoise::none(dressed);
  noise.joint.push_back({{{0, false}, {4, false}}, arma::ones(16)});
  CHECK_THROWS_WITH(add(dressed, noise), ContainsSubstring("stands at slot 4, the circuit has 4"));
  noise.joint[0].places.pop_back();
  CHECK_THROWS_WITH(add(dressed, noise), ContainsSubstring("has 1 places, not 2"));
  noise.joint.clear();
  noise.entanglers[0] = arma::ones(4);
  CHECK_THROWS_WITH(add(dressed, noise), ContainsSubstring("entangler 0") &&
                                             ContainsSubstring("has 4 fidelities, 2 qubit(s)"));
  noise = PauliNoise::none(dressed);
  noise.slots[1] = arma::ones(16);
  CHECK_THROWS_WITH(add(dressed, noise), ContainsSubstring("slot 1") &&
                                             ContainsSubstring("has 16 fidelities, 1 qubit(s)"));

  DressedNoise truth;
  truth.slots.assign(4, arma::eye(4, 4));
  truth.entanglers.assign(1, arma::eye(16, 16));
  truth.joint.push_back({{{0, false}, {9, false}}, arma::eye(16, 16)});
  CHECK_THROWS_WITH(
      mean_circuit(dressed, truth, PauliInsertions(PauliNoise::none(dressed), 0.0), Signs::kept),
      ContainsSubstring("stands at slot 9"));
}

TEST_CASE("Noise of another circuit, and noise that Paulis do not twirl, are refused") {
  const DressedCircuit dressed = dress(Circuit(2).append(Op::cx, {0, 1}));
  const DressedCircuit other = dress(Circuit(2).append(Op::cz, {0, 1}));
  CHECK_THROWS_WITH(noise_of(dressed, *other.circuit),
                    ContainsSubstring("its gates are not those of the dressed circuit"));
  CHECK_THROWS_WITH(noise_of(dressed, Circuit(2)), ContainsSubstring("not the dressed circuit"));
  const DressedCircuit partial = dress(Circuit(2).append(Op::rzz, {0, 1}, {0.3}));
  CHECK_THROWS_WITH(pauli_twirled(partial, noise_of(partial, *partial.circuit)),
                    ContainsSubstring("rzz") && ContainsSubstring("no Clifford gate"));
}

TEST_CASE("Joint noise of waiting neighbours is found, twirled and cancelled") {
  // Qubits 1 and 2 are coupled while they wait after different entanglers.
  Circuit circuit(4);
  circuit.append(Op::ry, {1}, {0.8}).append(Op::ry, {2}, {0.5});
  circuit.append(Op::cz, {1, 0}).append(Op::cz, {2, 3});
  circuit.append(Op::ry, {1}, {0.7}).append(Op::rx, {2}, {0.6}).append(Op::cz, {1, 2});
  const DressedCircuit dressed = dress(circuit);
  const TransferMatrix zz = zz_crosstalk(1e5, 1e-6).ptm();
  // Put where the second of them has been appended: the slots between come later.
  const auto noisy_circuit = [&](const Circuit& original, double) {
    Circuit noisy(4);
    for (const Instruction& instruction : original.instructions()) {
      if (instruction.op == Op::cz && instruction.qubits == std::vector{1, 2})
        noisy.append_channel("cz", {1}, depolarizing(1, 0.05).ptm());
      noisy.append(instruction);
      if (instruction.op == Op::cz && instruction.qubits == std::vector{2, 3})
        noisy.append_channel("zz", {1, 2}, zz);
    }
    return noisy;
  };
  const DressedNoise noise = noise_of(dressed, noisy_circuit(*dressed.circuit, 1.0));
  REQUIRE(noise.joint.size() == 1);
  CHECK(arma::approx_equal(noise.joint[0].ptm, Channel::from_ptm(zz).pauli_twirled().ptm(),
                           "absdiff", 1e-14));
  const std::vector<Observable> observables{Observable::parse("Z1"), Observable::parse("Z1 Z2")};
  DensityMatrixExecutor simulator(1), device(2, noisy_circuit);
  const PauliNoise believed = pauli_twirled(dressed, noise);
  const auto mean_values = [&](double strength) {
    return exact_values(
        simulator, mean_circuit(dressed, noise, PauliInsertions(believed, strength), Signs::kept),
        observables);
  };
  const arma::vec ideal = exact_values(simulator, circuit, observables);
  CHECK(arma::abs(mean_values(0.0) - ideal).max() < 1e-12);
  CHECK(arma::abs(mean_values(1.0) - ideal).max() > 0.01);
  InstancePlan plan;
  add_instances(plan, dressed, PauliInsertions(believed, 0.0), 0, 20000, 0, 3);
  const JointEstimate joint =
      pooled(plan, device.run(plan.jobs), observables, raw_estimator()).joint();
  for (arma::uword k = 0; k < 2; ++k)
    CHECK(std::abs(joint.values(k) - ideal(k)) < 4 * std::sqrt(joint.covariance(k, k)));
}
