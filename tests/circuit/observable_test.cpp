#include <algorithm>
#include <bit>
#include <limits>

#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

ConfusionMatrix random_group(std::vector<int> bits, RandomStream& random) {
  ConfusionMatrix group{std::move(bits), {}};
  const arma::uword dim = arma::uword{1} << group.bits.size();
  group.matrix.set_size(dim, dim);
  group.matrix.imbue([&] { return random.uniform(); });
  group.matrix.each_row() /= arma::rowvec(arma::sum(group.matrix, 0));
  return group;
}

/// Expectation of a Z-type observable in a distribution over bitstrings.
double expectation(const Observable& observable, const std::vector<double>& probabilities) {
  double sum = 0;
  for (const Observable::Term& term : observable.terms()) {
    std::uint64_t mask = 0;
    for (const auto& factor : term.pauli.factors()) mask |= std::uint64_t{1} << factor.qubit;
    for (std::uint64_t bits = 0; bits < probabilities.size(); ++bits)
      sum += term.coefficient * probabilities[bits] * (std::popcount(bits & mask) % 2 ? -1 : 1);
  }
  return sum;
}

}  // namespace

TEST_CASE("Observable::parse reads sums of Pauli strings") {
  CHECK(Observable::parse("Z0").to_string() == "Z0");
  CHECK(Observable::parse("X0 Y3 Z4").to_string() == "X0 Y3 Z4");
  const Observable sum = Observable::parse("0.5*Z0 - 1.25*X1 X2 + 3*I");
  REQUIRE(sum.terms().size() == 3);
  CHECK(sum.to_string() == "3*I + 0.5*Z0 - 1.25*X1 X2");
  CHECK(Observable::parse("-Z1-2e-1*Z0+.5 * Y2").to_string() == "-0.2*Z0 - Z1 + 0.5*Y2");
  CHECK(sum.min_qubits() == 3);
  CHECK_FALSE(sum.is_diagonal());
}

TEST_CASE("Observable adds up terms of one string and drops those that vanish") {
  CHECK(Observable::parse("Z0 + Z0").to_string() == "2*Z0");
  const Observable nothing = Observable::parse("Z0 - Z0");
  CHECK(nothing.terms().empty());
  CHECK(nothing.to_string() == "0*I");
  CHECK(Observable::parse(nothing.to_string()).terms().empty());
}

TEST_CASE("Sums of 100000 terms are parsed, added up and written term by term") {
  // Against an array with a place for every string, filled in the order of the terms.
  RandomStream random(33);
  constexpr int n_qubits = 10, n_terms = 100000;
  std::vector<double> expected(std::size_t{1} << (2 * n_qubits), 0.0);
  std::string text = "0.5*I";
  expected[0] = 0.5;
  for (int t = 0; t < n_terms; ++t) {
    std::vector<PauliString::Factor> factors;
    for (int q = 0; q < n_qubits; ++q) factors.push_back({q, static_cast<Pauli>(random.below(4))});
    // Of 0.25, so that some sums vanish and all are exact.
    const double coefficient = 0.25 * static_cast<double>(1 + random.below(3));
    const bool negative = random.below(2) == 1;
    const PauliString pauli(std::move(factors));
    expected[pauli.index()] += negative ? -coefficient : coefficient;
    text += (negative ? " - " : " + ") + std::to_string(coefficient) + "*" + pauli.to_string();
  }
  const Observable observable = Observable::parse(text);
  CHECK(observable.terms().size() ==
        expected.size() - static_cast<std::size_t>(std::ranges::count(expected, 0.0)));
  CHECK(observable.terms().size() < n_terms);
  CHECK(std::ranges::is_sorted(observable.terms(), {}, &Observable::Term::pauli));
  std::size_t wrong = 0;
  for (const Observable::Term& term : observable.terms())
    wrong += term.coefficient != expected[term.pauli.index()];
  CHECK(wrong == 0);
  CHECK(Observable::parse(observable.to_string()).to_string() == observable.to_string());
  // P -> (P + I)/2 on qubit 3
  const Observable reported = observable.with_readout_error({ConfusionMatrix::single(3, 0.0, 0.5)});
  wrong = 0;
  for (const Observable::Term& term : reported.terms()) {
    const std::uint64_t index = term.pauli.index(), digit = std::uint64_t{3} << 6;
    double value = expected[index];
    if ((index & digit) != 0)
      value /= 2;
    else
      for (std::uint64_t p = 1; p <= 3; ++p) value += expected[index | p << 6] / 2;
    wrong += term.coefficient != value;
  }
  CHECK(wrong == 0);
}

TEST_CASE("Observable::to_string reads back to the same bits") {
  RandomStream random(31);
  for (int i = 0; i < 200; ++i) {
    const Observable original({{random.normal() * 1e-7, PauliString::parse("X0 Z5")},
                               {random.normal(), PauliString()},
                               {random.normal() * 1e30, PauliString::z({2})}});
    const Observable back = Observable::parse(original.to_string());
    REQUIRE(back.terms().size() == original.terms().size());
    for (std::size_t k = 0; k < back.terms().size(); ++k) {
      CHECK(back.terms()[k].coefficient == original.terms()[k].coefficient);
      CHECK(back.terms()[k].pauli == original.terms()[k].pauli);
    }
  }
}

TEST_CASE("Observable::parse says what is wrong and where") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"", "\"\": character 1: expected a Pauli string like \"X0 Z3\", found the end"},
      {"Z0 +", "\"Z0 +\": character 5: expected a Pauli string like \"X0 Z3\", found the end"},
      {"Z0 * 2", "\"Z0 * 2\": character 4: expected '+', '-' or a further X, Y or Z"},
      {"2 Z0", "\"2 Z0\": character 3: expected '*' after the coefficient"},
      {"3", "\"3\": character 2: expected '*' after the coefficient"},
      {".*Z0", "\".*Z0\": character 1: expected a number"},
      {"1e999*Z0", "\"1e999*Z0\": character 1: the coefficient is out of range"},
      {"nan*Z0", "\"nan*Z0\": character 1: expected a Pauli string like \"X0 Z3\", found 'n'"},
      {"Z0 - 0.5*Q1",
       "\"Z0 - 0.5*Q1\": character 10: expected a Pauli string like \"X0 Z3\", found 'Q'"},
      {"Z0 - -Z1", "\"Z0 - -Z1\": character 6: expected a Pauli string like \"X0 Z3\", found '-'"},
      {"Z0 Z0", "\"Z0 Z0\": character 4: qubit 0 is repeated"},
  }));
  CHECK_THROWS_WITH(Observable::parse(text), message);
}

TEST_CASE("Observable refuses a coefficient that is not finite") {
  CHECK_THROWS_WITH(Observable({{std::numeric_limits<double>::infinity(), PauliString::z({3})}}),
                    "observable: Z3: coefficient inf is not finite");
}

TEST_CASE("One misread bit turns Z into (1 - p10 - p01) Z + (p01 - p10) I") {
  const Observable reported =
      Observable::z(2).with_readout_error({ConfusionMatrix::single(2, 0.0625, 0.25)});
  CHECK(reported.to_string() == "0.1875*I + 0.6875*Z2");
}

TEST_CASE("A readout error on other qubits, or none, leaves the observable alone") {
  const Observable observable = Observable::parse("0.5*I + Z0 Z2");
  CHECK(observable.with_readout_error({}).to_string() == observable.to_string());
  const ReadoutError elsewhere{ConfusionMatrix::single(1, 0.1, 0.3)};
  CHECK(observable.with_readout_error(elsewhere).to_string() == observable.to_string());
}

TEST_CASE("with_readout_error is the expectation after apply_readout_error") {
  RandomStream random(32);
  const ReadoutError error{random_group({4}, random), random_group({3, 0}, random),
                           random_group({5, 1, 6}, random)};  // qubit 2 is read perfectly
  const Observable observable = Observable::parse(
      "0.3*I + Z0 - 2*Z2 + Z4 + 0.7*Z0 Z3 - Z1 Z6 + 1.1*Z0 Z1 Z2 Z3 Z4 Z5 Z6 + Z3 Z4 Z5");
  for (int repeat = 0; repeat < 5; ++repeat) {
    std::vector<double> probabilities(128);
    double total = 0;
    for (double& p : probabilities) total += p = random.uniform();
    for (double& p : probabilities) p /= total;
    const double folded = expectation(observable.with_readout_error(error), probabilities);
    apply_readout_error(error, probabilities);
    CHECK(std::abs(folded - expectation(observable, probabilities)) < 1e-13);
  }
}

TEST_CASE("X and Y are folded as the Z that is read after rotating their qubit") {
  const ReadoutError error{ConfusionMatrix::single(0, 0.02, 0.05),
                           ConfusionMatrix::single(1, 0.1, 0.2)};
  const Observable folded = Observable::parse("X0 Y1 + X2").with_readout_error(error);
  // (0.93 X + 0.03)(0.7 Y + 0.1); qubit 2 is read perfectly.
  const Observable expected = Observable::parse("0.651*X0 Y1 + 0.093*X0 + 0.021*Y1 + 0.003*I + X2");
  REQUIRE(folded.terms().size() == expected.terms().size());
  for (std::size_t t = 0; t < folded.terms().size(); ++t) {
    CHECK(folded.terms()[t].pauli == expected.terms()[t].pauli);
    CHECK(std::abs(folded.terms()[t].coefficient - expected.terms()[t].coefficient) < 1e-15);
  }
}

TEST_CASE("with_readout_error refuses invalid errors") {
  const ConfusionMatrix bit0 = ConfusionMatrix::single(0, 0.1, 0.1);
  CHECK_THROWS_AS(Observable::z(0).with_readout_error({bit0, bit0}), InputError);
}
