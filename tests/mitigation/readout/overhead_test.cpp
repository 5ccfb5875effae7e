#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/overhead.hpp>

#include "mitigation/readout/calibrated.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using calibrated::parse;

TEST_CASE("The shot overhead is the ratio of variances") {
  const ReadoutError error{ConfusionMatrix::single(0, 0.02, 0.05)};
  const auto inversion = readout::inversion(error);
  const auto z = parse({"Z0", "0.5*I", "Z1"});
  const Outcomes shots = Outcomes::from_counts(2, {{0, 600}, {1, 400}});
  const arma::vec overhead = readout::shot_overhead(inversion, shots, z);
  CHECK(overhead(0) == Approx(1 / (0.93 * 0.93)).epsilon(1e-12));
  CHECK(overhead(1) == 1.0);
  CHECK(overhead(2) == 1.0);
  CHECK(overhead(0) <= readout::inversion_overhead(error));
  const Outcomes exact = Outcomes::from_probabilities({0.6, 0.4, 0.0, 0.0});
  CHECK(readout::shot_overhead(inversion, exact, z)(0) == Approx(overhead(0)).epsilon(1e-12));
  CHECK(readout::shot_overhead(raw_estimator(), shots, z)(0) == 1.0);

  const ExpectationEstimator noisy{"noisy", [](std::span<const Reading> readings) {
                                     auto read = raw_estimator().estimate(readings);
                                     read.readings[0].covariance += 1.0;
                                     return read;
                                   }};
  CHECK(readout::shot_overhead(noisy, shots, z)(2) == arma::datum::inf);
}
