#include <rhodrift/core/multiple_tests.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("Holm's adjustment") {
  const std::vector<double> adjusted = holm_adjusted({0.01, 0.04, 0.03, 0.005});
  CHECK(adjusted[0] == Approx(0.03));
  CHECK(adjusted[1] == Approx(0.06));
  CHECK(adjusted[2] == Approx(0.06));
  CHECK(adjusted[3] == Approx(0.02));
  CHECK(holm_adjusted({}).empty());
  CHECK(holm_adjusted({0.9, 0.8}) == std::vector<double>{1.0, 1.0});
}
