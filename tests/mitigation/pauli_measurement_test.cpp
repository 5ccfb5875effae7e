#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/pauli_measurement.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

std::vector<Observable> parse(const std::vector<std::string>& texts) {
  std::vector<Observable> observables;
  for (const std::string& text : texts) observables.push_back(Observable::parse(text));
  return observables;
}

}  // namespace

TEST_CASE("Terms that agree on their bits share a basis") {
  const auto observables =
      parse({"0.5*X0 X1 + 2*Z0 - 1*I", "Z0 Z1 + X0 X1", "Y0 Y1", "X0 Z2", "3*Z0 Y2"});
  const PauliMeasurement measurement(observables);
  REQUIRE(measurement.bases.size() == 3);
  CHECK(measurement.bases[0].rotated.to_string() == "X0 X1");  // X0 X1, X0 Z2
  CHECK(measurement.bases[0].terms.size() == 2);
  CHECK(measurement.bases[1].rotated.to_string() == "Y2");  // Z0, Z0 Z1, Z0 Y2
  CHECK(measurement.bases[1].terms.size() == 3);
  CHECK(measurement.bases[2].rotated.to_string() == "Y0 Y1");
  CHECK(measurement.n_terms() == 6);
  CHECK(measurement.constants(0) == -1.0);
  for (const auto& basis : measurement.bases)
    for (const Observable& term : basis.terms) CHECK(term.is_diagonal());
}

TEST_CASE("A circuit read in a basis gives that basis' expectations") {
  RandomStream random(5);
  for (int repetition = 0; repetition < 5; ++repetition) {
    const Circuit circuit = oracle::random_circuit({3, 20}, random);
    const arma::cx_mat density = oracle::evolve(circuit);
    const auto observables = parse({"0.3*X0 Y1 Z2 - 0.7*Y0 + Z1 Z2 + 0.25*I", "Y0 Y1 Y2 + X2"});
    const PauliMeasurement measurement(observables);
    JointEstimate terms;
    terms.values.set_size(measurement.n_terms());
    terms.covariance.zeros(measurement.n_terms(), measurement.n_terms());
    arma::uword t = 0;
    for (const auto& basis : measurement.bases) {
      const Circuit rotated = in_basis(circuit, basis.rotated);
      const auto outcomes = Outcomes::from_probabilities(arma::conv_to<std::vector<double>>::from(
          oracle::reported_probabilities(rotated, oracle::evolve(rotated))));
      for (const double value : raw_expectations(outcomes, basis.terms).values)
        terms.values(t++) = value;
    }
    const arma::vec values = measurement.observables(terms).values;
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

TEST_CASE("Terms of one basis bring their covariance along") {
  const auto observables = parse({"Z0 + Z0 Z1", "Z1 - 2*Z0 Z1"});
  const PauliMeasurement measurement(observables);
  REQUIRE(measurement.bases.size() == 1);
  const auto outcomes = Outcomes::from_counts(2, {{0, 50}, {1, 30}, {2, 5}, {3, 15}});
  const JointEstimate by_terms =
      measurement.observables(raw_expectations(outcomes, measurement.bases[0].terms));
  const JointEstimate at_once = raw_expectations(outcomes, observables);
  CHECK(arma::approx_equal(by_terms.values, at_once.values, "absdiff", 1e-14));
  CHECK(arma::approx_equal(by_terms.covariance, at_once.covariance, "absdiff", 1e-15));
}
