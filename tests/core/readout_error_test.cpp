#include <numeric>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/core/readout_error.hpp>

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

/// The value of the group's bits in an outcome.
std::size_t group_value(const std::vector<int>& bits, std::size_t outcome) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) value |= (outcome >> bits[i] & 1) << i;
  return value;
}

/// P(m | p) over all bits, entry by entry from the definition.
double transition(const ReadoutError& error, std::size_t m, std::size_t p) {
  double probability = 1;
  std::size_t untouched = ~std::size_t{0};
  for (const ConfusionMatrix& group : error) {
    probability *= group.matrix(group_value(group.bits, m), group_value(group.bits, p));
    for (const int bit : group.bits) untouched &= ~(std::size_t{1} << bit);
  }
  return (m & untouched) == (p & untouched) ? probability : 0.0;
}

}  // namespace

TEST_CASE("A single bit has prepared values as columns, measured ones as rows") {
  const ConfusionMatrix matrix = ConfusionMatrix::single(2, 0.1, 0.25);
  CHECK(matrix.bits == std::vector<int>{2});
  CHECK(matrix.matrix(1, 0) == 0.1);
  CHECK(matrix.matrix(0, 1) == 0.25);
  CHECK(matrix.matrix(0, 0) == 0.9);
  CHECK(matrix.matrix(1, 1) == 0.75);
  matrix.validate("test");
  CHECK_THROWS_WITH(ConfusionMatrix::single(2, 1.5, 0),
                    "readout error: bit 2: p10 = 1.5 is outside [0, 1]");
  CHECK_THROWS_WITH(ConfusionMatrix::single(0, 0, -0.5),
                    "readout error: bit 0: p01 = -0.5 is outside [0, 1]");
}

TEST_CASE("apply_readout_error is the product over groups, entry by entry") {
  RandomStream random(5);
  const int n_bits = 5;
  const ReadoutError error{random_group({3, 0}, random), random_group({4}, random),
                           random_group({2}, random)};
  std::vector<double> prepared(std::size_t{1} << n_bits);
  for (double& p : prepared) p = random.uniform();
  std::vector<double> measured = prepared;
  apply_readout_error(error, measured);
  for (std::size_t m = 0; m < measured.size(); ++m) {
    double expected = 0;
    for (std::size_t p = 0; p < prepared.size(); ++p)
      expected += transition(error, m, p) * prepared[p];
    CHECK(measured[m] == Approx(expected).epsilon(1e-14));
  }
}

TEST_CASE("No readout error changes nothing") {
  std::vector<double> probabilities{0.1, 0.2, 0.3, 0.4};
  apply_readout_error({}, probabilities);
  CHECK(probabilities == std::vector<double>{0.1, 0.2, 0.3, 0.4});
}

TEST_CASE("Confusion matrices are checked") {
  const arma::mat good{{0.9, 0.2}, {0.1, 0.8}};
  const auto message = [](std::vector<int> bits, const arma::mat& matrix) -> std::string {
    try {
      ConfusionMatrix{std::move(bits), matrix}.validate("cal.json");
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK(message({0}, good) == "accepted");
  CHECK(message({}, good) == "cal.json: bits: at least one bit is needed");
  CHECK(message({-1}, good) == "cal.json: bits: bit -1 is negative");
  CHECK(message({1, 1}, arma::mat(4, 4, arma::fill::eye)) == "cal.json: bits: bit 1 is repeated");
  CHECK(message({0, 1}, good) == "cal.json: matrix: 2 bits need a 2^2 x 2^2 matrix, got 2 x 2");
  CHECK(message({0}, arma::mat(2, 4, arma::fill::zeros)) ==
        "cal.json: matrix: 1 bits need a 2^1 x 2^1 matrix, got 2 x 4");
  CHECK(message({0}, {{1.5, 0.2}, {-0.5, 0.8}}) ==
        "cal.json: matrix: P(measured 0 | prepared 0) = 1.5 is outside [0, 1]");
  CHECK(message({0}, {{0.9, arma::datum::nan}, {0.1, 0.8}}) ==
        "cal.json: matrix: P(measured 0 | prepared 1) = nan is outside [0, 1]");
  CHECK(message({0}, {{0.875, 0.25}, {0.25, 0.75}}) ==
        "cal.json: matrix: column 0 sums to 1.125, not to 1 within 1e-09");
  CHECK(message({0}, {{0.9 + 5e-10, 0.2}, {0.1, 0.8}}) == "accepted");
}

TEST_CASE("Readout errors are checked as a whole") {
  const ConfusionMatrix bit1 = ConfusionMatrix::single(1, 0.1, 0.1);
  CHECK_THROWS_WITH(validate_readout_error({bit1, bit1}, "circuit"),
                    "circuit: group 1: bit 1 is in an earlier group as well");
  std::vector<double> one_bit{0.5, 0.5};
  CHECK_THROWS_WITH(apply_readout_error({bit1}, one_bit), "readout error: bit 1 is outside 0..0");
  std::vector<double> three(3, 0.0);
  CHECK_THROWS_WITH(apply_readout_error({}, three),
                    "probabilities: 3 entries are not a power of 2");
}
