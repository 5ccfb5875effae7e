#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/head.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("Heads read what they say") {
  CHECK(parse_head("z").on({2, 0}).size() == 2);
  CHECK(parse_head("z").on({2, 0})[0].to_string() == Observable::z(2).to_string());
  CHECK(parse_head("parity").on({0, 2}).front().to_string() ==
        Observable::parse("Z0 Z2").to_string());
  const auto any = parse_head("Z0, X1 Z2").on({0});
  REQUIRE(any.size() == 2);
  CHECK(any[1].to_string() == Observable::parse("X1 Z2").to_string());

  // Qubit 0 is 1 with probability sin²(0.3), qubit 2 with sin²(0.5).
  Circuit circuit(3);
  circuit.append(Op::ry, {0}, {0.6});
  circuit.append(Op::ry, {2}, {1.0});
  const ProgramExpectations probabilities(circuit, parse_head("probabilities").on({0, 2}));
  const double p = std::pow(std::sin(0.3), 2), q = std::pow(std::sin(0.5), 2);
  CHECK(arma::approx_equal(probabilities.values({}, arma::mat(0, 1)),
                           arma::vec{(1 - p) * (1 - q), (1 - p) * q, p * (1 - q), p * q}, "absdiff",
                           1e-14));
}

TEST_CASE("Heads that cannot be are refused") {
  using Catch::Matchers::Contains;
  CHECK_THROWS_WITH(parse_head("parities"), Contains("parity, probabilities, z"));
  CHECK_THROWS_WITH(parse_head("Z0,"), Contains("head: \"Z0,\""));
  CHECK_THROWS_WITH(parse_head("probabilities").on({0, 1, 2, 3, 4, 5, 6, 7, 8}),
                    "head: probabilities: of 9 qubits, at most 8 can be read so");
}
