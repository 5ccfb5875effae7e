#include <map>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/quasi_product.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("Given its sign, a choice is as probable as it should be") {
  const QuasiProduct product({{0.9, -0.2, 0.3}, {1.0, 0.0}, {-0.1, 1.1}});
  CHECK(product.gamma() == Approx(1.4 * 1.2).epsilon(1e-15));
  CHECK(product.negative_probability() == Approx(0.5 * (1.0 - 1.0 / (1.4 * 1.2))).epsilon(1e-14));
  RandomStream random(17);
  constexpr int n = 20000;
  for (const bool negative : {false, true}) {
    const double all = product.gamma() * (negative ? product.negative_probability()
                                                   : 1.0 - product.negative_probability());
    std::map<std::vector<std::size_t>, int> seen;
    for (int i = 0; i < n; ++i) ++seen[product.draw(negative, random)];
    for (const auto& [choice, count] : seen) {
      double weight = 1.0;
      for (std::size_t k = 0; k < 3; ++k) weight *= product.sites()[k](choice[k]);
      CHECK((weight < 0.0) == negative);
      const double p = std::abs(weight) / all;
      CHECK(std::abs(count - n * p) < 4.5 * std::sqrt(n * p * (1 - p)));
    }
    CHECK(seen.size() == 3);
  }
}

TEST_CASE("Shares keep the mean: Σ weight n = n Σ quasi") {
  const QuasiProduct product({{1.1, -0.1}});
  for (const std::uint64_t n : {4, 5, 30, 1000}) {
    const auto shares = product.shares(n);
    REQUIRE(shares.size() == 2);
    CHECK(shares[0].n_instances + shares[1].n_instances == n);
    CHECK(shares[1].n_instances >= 2);
    CHECK(shares[0].weight * static_cast<double>(shares[0].n_instances) ==
          Approx(1.1 * static_cast<double>(n)).epsilon(1e-14));
    CHECK(shares[1].weight * static_cast<double>(shares[1].n_instances) ==
          Approx(-0.1 * static_cast<double>(n)).epsilon(1e-14));
  }
  CHECK_THROWS_WITH(product.shares(3), ContainsSubstring("3 given, at least 4"));
  const QuasiProduct positive({{0.4, 0.6}});
  CHECK(positive.shares(2).size() == 1);
  CHECK(positive.shares(2)[0].weight == 1.0);
  CHECK_THROWS_WITH(positive.shares(1), ContainsSubstring("at least 2"));
}
