#include <rhodrift/circuit/pauli_measurement.hpp>
#include <rhodrift/core/error.hpp>

#include "support/catch.hpp"
#include "support/observables.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

std::vector<std::string> texts(const std::vector<Observable>& observables) {
  std::vector<std::string> result;
  for (const Observable& observable : observables) result.push_back(observable.to_string());
  return result;
}

}  // namespace

TEST_CASE("Terms that agree on their bits share a basis") {
  const auto observables =
      parse_observables({"0.5*X0 X1 + 2*Z0 - 1*I", "Z0 Z1 + X0 X1", "Y0 Y1", "X0 Z2", "3*Z0 Y2"});
  const PauliMeasurement measurement(observables);
  REQUIRE(measurement.bases.size() == 3);
  CHECK(measurement.bases[0].rotated.to_string() == "X0 X1");  // X0 X1, X0 Z2
  CHECK(texts(measurement.bases[0].parts) ==
        texts(parse_observables({"0.5*Z0 Z1", "Z0 Z1", "Z0 Z2"})));
  CHECK(measurement.bases[1].rotated.to_string() == "Y2");  // Z0, Z0 Z1, Z0 Y2
  CHECK(texts(measurement.bases[1].parts) ==
        texts(parse_observables({"2*Z0", "Z0 Z1", "3*Z0 Z2"})));
  CHECK(measurement.bases[2].rotated.to_string() == "Y0 Y1");
  CHECK(measurement.n_parts() == 7);
  CHECK(measurement.constants(0) == -1.0);
  CHECK(arma::find(measurement.sums.row(4)).eval().n_elem == 1);
  CHECK(measurement.sums(4, 5) == 1.0);  // 3*Z0 Y2 is the third part of the second basis
}

TEST_CASE("A circuit read in a basis gives that basis' expectations") {
  RandomStream random(5);
  for (int repetition = 0; repetition < 5; ++repetition) {
    const Circuit circuit = oracle::random_circuit({3, 20}, random);
    const arma::cx_mat density = oracle::evolve(circuit);
    const auto observables =
        parse_observables({"0.3*X0 Y1 Z2 - 0.7*Y0 + Z1 Z2 + 0.25*I", "Y0 Y1 Y2 + X2"});
    const PauliMeasurement measurement(observables);
    arma::vec parts(measurement.n_parts());
    arma::uword j = 0;
    for (const auto& basis : measurement.bases) {
      const Circuit rotated = in_basis(circuit, basis.rotated);
      const auto outcomes = Outcomes::from_probabilities(arma::conv_to<std::vector<double>>::from(
          oracle::reported_probabilities(rotated, oracle::evolve(rotated))));
      const arma::vec frequency(outcomes.frequency);
      for (const double value : arma::vec(tabulate(outcomes, basis.parts).t() * frequency))
        parts(j++) = value;
    }
    const arma::vec values = measurement.constants + measurement.sums * parts;
    for (arma::uword k = 0; k < observables.size(); ++k)
      CHECK(values(k) == Approx(oracle::expectation(observables[k], density)).margin(1e-12));
  }
}

TEST_CASE("Bits are rotated where they are read") {
  Circuit circuit(3);
  circuit.append(Op::h, {2}).measure(2, 0).measure(0, 1);
  const Circuit rotated = in_basis(circuit, PauliString::parse("X0"));
  CHECK(rotated.qubit_of_bit() == std::vector<int>{2, 0});
  REQUIRE(rotated.instructions().size() == 4);
  CHECK(rotated.instructions()[1].op == Op::h);
  CHECK(rotated.instructions()[1].qubits == std::vector<int>{2});
  CHECK_THROWS_WITH(in_basis(circuit, PauliString::parse("X2")),
                    "observable: bit 2: is outside 0..1");
  Circuit mid(1);
  mid.measure(0, 0).append(Op::x, {0}).measure(0, 1);
  CHECK_THROWS_WITH(in_basis(mid, PauliString::parse("Y0")),
                    ContainsSubstring("is read mid-circuit"));
}
