#include <rhodrift/circuit/angle.hpp>
#include <rhodrift/core/error.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("Angles are affine in weights and features") {
  const Angle angle = 0.5 + 2.0 * Angle::weight(1) - Angle::feature(0, 3.0) + Angle::weight(0);
  const std::vector<double> weights{0.1, 0.2}, features{0.3};
  CHECK(angle.value({weights, features}) == Approx(0.5 + 0.4 - 0.9 + 0.1).epsilon(1e-15));
  CHECK(angle.offset_rad() == 0.5);
  CHECK_FALSE(angle.is_constant());
  CHECK(Angle(1.5).is_constant());
  CHECK(Angle(1.5).value({}) == 1.5);
  CHECK(Angle().value({}) == 0.0);
}

TEST_CASE("Terms are sorted by source and index, each once, without zeros") {
  using Source = Angle::Source;
  const Angle angle = Angle::feature(2) + Angle::weight(3) + Angle::feature(0) + Angle::weight(1) +
                      Angle::feature(2, 0.5);
  const std::vector<Angle::Term> expected{{Source::weight, 1, 1.0},
                                          {Source::weight, 3, 1.0},
                                          {Source::feature, 0, 1.0},
                                          {Source::feature, 2, 1.5}};
  CHECK(angle.terms() == expected);
  CHECK((angle - angle).terms().empty());
  CHECK((angle - angle) == Angle(0.0));
  CHECK((0.0 * angle) == Angle(0.0));
  CHECK(Angle::weight(4, 0.0) == Angle(0.0));
  CHECK((Angle::weight(1) - Angle::weight(1) + Angle::feature(1)) == Angle::feature(1));
  CHECK(-(-angle) == angle);
  CHECK((angle + angle) == 2.0 * angle);
  CHECK((angle + Angle::weight(2)) == (Angle::weight(2) + angle));
}

TEST_CASE("Negative parameter indices are refused") {
  CHECK_THROWS_WITH(Angle::weight(-1), ContainsSubstring("-1 is negative"));
  CHECK_THROWS_AS(Angle::feature(-7), InputError);
  CHECK_THROWS_AS(Angle::weight(-1, 0.0), InputError);
}
