#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/outcome_distribution.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("bars and stripes are the pictures whose columns or rows are of one colour") {
  const arma::vec pictures = bars_and_stripes(2, 2);
  // Pixels 0 1 / 2 3: nothing, either row, either column, everything.
  for (arma::uword b = 0; b < 16; ++b) {
    const bool is_one =
        b == 0b0000 || b == 0b0011 || b == 0b1100 || b == 0b0101 || b == 0b1010 || b == 0b1111;
    CHECK(pictures(b) == Approx(is_one ? 1.0 / 6 : 0.0));
  }
  CHECK(arma::accu(bars_and_stripes(2, 3) > 0) == 4 + 8 - 2);
  CHECK(arma::accu(bars_and_stripes(2, 4)) == Approx(1.0));
  CHECK_THROWS_AS(bars_and_stripes(3, 3), InputError);
  CHECK_THROWS_AS(bars_and_stripes(1, 1), InputError);
  CHECK_THROWS_AS(bars_and_stripes(-2, -2), InputError);
}

TEST_CASE("a discretised Gaussian has the ratios of its heights") {
  const arma::vec heights = discretised_gaussian(4, 6.5, 2.0);
  CHECK(arma::accu(heights) == Approx(1.0));
  CHECK(heights(6) == Approx(heights(7)));
  CHECK(std::log(heights(6) / heights(10)) == Approx((3.5 * 3.5 - 0.5 * 0.5) / 8));
  CHECK(discretised_gaussian(3, 1e6, 1.0)(7) == Approx(1.0));
  CHECK_THROWS_AS(discretised_gaussian(4, 6.5, 0.0), InputError);
  CHECK_THROWS_AS(discretised_gaussian(9, 6.5, 1.0), InputError);
  CHECK_THROWS_AS(discretised_gaussian(3, NAN, 1.0), InputError);
}

TEST_CASE("distributions of outcomes have names") {
  CHECK(arma::approx_equal(parse_outcome_distribution("bars-and-stripes:2x3"),
                           bars_and_stripes(2, 3), "absdiff", 0));
  CHECK(arma::approx_equal(parse_outcome_distribution("gaussian:3:mean=2:deviation=0.5"),
                           discretised_gaussian(3, 2, 0.5), "absdiff", 0));
  CHECK(arma::approx_equal(parse_outcome_distribution("gaussian:4"),
                           discretised_gaussian(4, 7.5, 4), "absdiff", 0));
  CHECK(is_outcome_distribution("gaussian"));
  CHECK_FALSE(is_outcome_distribution("gaussians.csv"));
  CHECK_THROWS_WITH(parse_outcome_distribution("bar"), ContainsSubstring("bars-and-stripes"));
  for (const char* size : {"2", "2x", "x2", "2x2x2", "axb", "3x3", "0x4"})
    CHECK_THROWS_WITH(parse_outcome_distribution(std::string("bars-and-stripes:") + size),
                      ContainsSubstring(size));
  CHECK_THROWS_AS(parse_outcome_distribution("gaussian:4:variance=2"), InputError);
}

TEST_CASE("distances between distributions are those of their definitions") {
  const arma::vec p{0.5, 0.25, 0.25, 0.0}, q{0.25, 0.25, 0.25, 0.25};
  CHECK(total_variation(p, q) == Approx(0.25));
  CHECK(total_variation(p, p) == 0.0);
  CHECK(kl_divergence(p, q) == Approx(0.5 * std::log(2.0)));
  CHECK(std::isinf(kl_divergence(q, p)));
  CHECK(kl_divergence(q, q) == 0.0);
  CHECK_THROWS_AS(total_variation(p, arma::vec{1.0, 0.0}), InputError);
}

TEST_CASE("independent bits have the marginals, and no product is nearer") {
  const arma::vec q{0.5, 0.1, 0.1, 0.3};
  const arma::vec product = independent_bits(q);
  CHECK(arma::approx_equal(product, arma::vec{0.36, 0.24, 0.24, 0.16}, "absdiff", 1e-12));
  for (const double shift : {-0.05, 0.05}) {
    const double a = 0.4 + shift;
    const arma::vec other{(1 - a) * 0.6, a * 0.6, (1 - a) * 0.4, a * 0.4};
    CHECK(kl_divergence(q, other) > kl_divergence(q, product));
  }
  CHECK_THROWS_AS(independent_bits(arma::vec{0.5, 0.25, 0.25}), InputError);
}
