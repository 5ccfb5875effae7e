#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/distribution.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>

#include "mitigation/readout/calibrated.hpp"
#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("The closest distribution by hand") {
  // 0.9, 0.3, -0.2: dropping the negative one leaves 1.2, so 0.1 less each.
  const arma::vec p = readout::closest_distribution(arma::vec{0.9, 0.3, -0.2});
  CHECK(arma::abs(p - arma::vec{0.8, 0.2, 0.0}).max() < 1e-15);
  CHECK(arma::all(readout::closest_distribution(arma::vec{0.25, 0.75}) == arma::vec{0.25, 0.75}));
  CHECK(arma::abs(readout::closest_distribution(arma::vec{0.1, 0.1}) - 0.5).max() < 1e-15);
}

TEST_CASE("The closest distribution fulfils the conditions of the optimum") {
  // (v - p)·(e_i - p) <= 0 for every vertex e_i of the simplex.
  RandomStream random(51);
  for (int repetition = 0; repetition < 200; ++repetition) {
    arma::vec v(1 + random.below(20));
    for (double& entry : v) entry = 2.0 * random.normal();
    const arma::vec p = readout::closest_distribution(v);
    CHECK(p.min() >= 0.0);
    CHECK(arma::accu(p) == Approx(1.0).margin(1e-12));
    const arma::vec gap = (v - p) - arma::dot(v - p, p);
    CHECK(gap.max() < 1e-12);
  }
}

TEST_CASE("Projection reports its distance and its bias") {
  const Outcomes rows = Outcomes::from_counts(2, {{0, 5}, {1, 3}, {3, 2}});
  const Outcomes quasi = readout::quasi_distribution(rows, arma::vec{0.9, 0.3, -0.2});
  CHECK(quasi.exact());
  CHECK(readout::negativity(quasi) == 0.2);
  const auto observables = parse_observables({"Z0", "Z1", "I"});
  const readout::Projection projection = readout::closest_distribution(quasi, observables);
  CHECK(projection.distribution.size() == 2);
  CHECK(projection.distance == Approx(std::sqrt(0.01 + 0.01 + 0.04)).epsilon(1e-14));
  // <Z0>: 0.9 - 0.3 + 0.2 -> 0.8 - 0.2, <Z1>: 0.9 + 0.3 + 0.2 -> 1.
  CHECK(projection.bias(0) == Approx(0.6 - 0.8).epsilon(1e-14));
  CHECK(projection.bias(1) == Approx(1.0 - 1.4).epsilon(1e-14));
  CHECK(projection.bias(2) == Approx(0.0).margin(1e-15));
}

TEST_CASE("Projection on the named outcomes is projection on all when weights sum to 1") {
  RandomStream random(52);
  const ReadoutError error{ConfusionMatrix::single(0, 0.05, 0.1),
                           ConfusionMatrix::single(1, 0.05, 0.1),
                           ConfusionMatrix::single(2, 0.05, 0.1)};
  for (int repetition = 0; repetition < 20; ++repetition) {
    const Outcomes few =
        draw(Outcomes::from_probabilities({.7, .1, .1, .02, .02, .02, .02, .02}), 20, random);
    const std::vector<double> all = readout::inverted_distribution(error, few);
    arma::vec named(all);
    named.resize(6);
    named /= arma::accu(named);
    arma::vec padded = arma::join_cols(named, arma::vec{0.0, 0.0});
    CHECK(arma::abs(readout::closest_distribution(padded).head(6) -
                    readout::closest_distribution(named))
              .max() < 1e-15);
    const auto projection =
        readout::closest_distribution(Outcomes::from_probabilities(all), parse_observables({"Z0"}));
    const arma::vec dense = readout::closest_distribution(arma::vec(all));
    for (std::size_t r = 0; r < projection.distribution.size(); ++r)
      CHECK(projection.distribution.frequency[r] == dense(projection.distribution.number(r)));
  }
}

TEST_CASE("Weights that are no quasi-distribution of the outcomes are refused") {
  const Outcomes rows = Outcomes::from_counts(2, {{0, 5}, {1, 3}});
  CHECK_THROWS_WITH(readout::quasi_distribution(rows, arma::vec{1.0}),
                    ContainsSubstring("1 weights for 2 outcomes"));
  CHECK_THROWS_WITH(readout::quasi_distribution(rows, arma::vec{1.0, arma::datum::nan}),
                    ContainsSubstring("not a finite number"));
  CHECK_THROWS_WITH(readout::closest_distribution(Outcomes{}, parse_observables({"Z0"})),
                    ContainsSubstring("there are none"));
}
