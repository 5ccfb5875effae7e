#include <rhodrift/core/error.hpp>
#include <rhodrift/core/pauli.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("PauliString sorts by qubit and drops identities") {
  const PauliString string({{4, Pauli::Z}, {2, Pauli::I}, {0, Pauli::X}});
  CHECK(string.factors() == std::vector<PauliString::Factor>{{0, Pauli::X}, {4, Pauli::Z}});
  CHECK(string.min_qubits() == 5);
  CHECK(string.to_string() == "X0 Z4");
}

TEST_CASE("PauliString refuses negative and repeated qubits") {
  CHECK_THROWS_WITH(PauliString({{-1, Pauli::X}}), "Pauli string: qubit -1 is negative");
  CHECK_THROWS_WITH(PauliString({{3, Pauli::X}, {1, Pauli::Y}, {3, Pauli::Z}}),
                    "Pauli string: qubit 3 is repeated");
  CHECK_THROWS_AS(PauliString::z({2, 2}), InputError);
}

TEST_CASE("The identity has no factors") {
  const PauliString identity;
  CHECK(identity.min_qubits() == 0);
  CHECK(identity.index() == 0);
  CHECK(identity.is_diagonal());
  CHECK(identity.to_string() == "I");
  CHECK(PauliString::parse("I") == identity);
}

TEST_CASE("PauliString::index has qubit q in base-4 digit q") {
  CHECK(PauliString::parse("X0").index() == 1);
  CHECK(PauliString::parse("Y0").index() == 2);
  CHECK(PauliString::parse("Z0").index() == 3);
  CHECK(PauliString::parse("X0 Y3 Z4").index() == 1 + 2 * 64 + 3 * 256);
  CHECK(PauliString::parse("Z31").index() == 0xC000000000000000);
  CHECK_THROWS_WITH(PauliString::parse("Z32").index(),
                    "Pauli string: Z32: qubit 32 has no index in a Pauli vector: the limit is 31");
}

TEST_CASE("is_diagonal means Z only") {
  CHECK(PauliString::z({0, 7}).is_diagonal());
  CHECK_FALSE(PauliString::parse("Z0 X1").is_diagonal());
}

TEST_CASE("PauliString::parse reads any order and spacing") {
  const PauliString expected({{0, Pauli::X}, {3, Pauli::Y}, {12, Pauli::Z}});
  CHECK(PauliString::parse("X0 Y3 Z12") == expected);
  CHECK(PauliString::parse("  Z12   X0 Y3 ") == expected);
  CHECK(PauliString::parse("Z12X0Y3") == expected);
  CHECK(PauliString::parse(expected.to_string()) == expected);
}

TEST_CASE("PauliString::parse says what is wrong and where") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"", "\"\": character 1: expected a Pauli string like \"X0 Z3\", found the end"},
      {"x0", "\"x0\": character 1: expected a Pauli string like \"X0 Z3\", found 'x'"},
      {"X0 Q3", "\"X0 Q3\": character 4: expected X, Y or Z, found 'Q'"},
      {"X0 Y", "\"X0 Y\": character 5: expected a qubit number, found the end"},
      {"Z -1", "\"Z -1\": character 2: expected a qubit number, found ' '"},
      {"Z-1", "\"Z-1\": character 2: expected a qubit number, found '-'"},
      {"Z0 Z0", "\"Z0 Z0\": character 4: qubit 0 is repeated"},
      {"Z99999999999", "\"Z99999999999\": character 2: the qubit number is too large"},
      {"I0", "\"I0\": character 2: nothing may follow the identity \"I\""},
      {"I Z0", "\"I Z0\": character 3: nothing may follow the identity \"I\""},
      {"X0 I1", "\"X0 I1\": character 4: expected X, Y or Z, found 'I'"},
  }));
  CHECK_THROWS_WITH(PauliString::parse(text), message);
}

TEST_CASE("PauliString::parse_at stops behind the string") {
  const std::string_view text = "2*X0 Z1  - Y2";
  std::size_t position = 2;
  CHECK(PauliString::parse_at(text, position) == PauliString::parse("X0 Z1"));
  CHECK(position == 9);
}
