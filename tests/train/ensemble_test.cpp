#include <rhodrift/core/error.hpp>
#include <rhodrift/train/ensemble.hpp>
#include <rhodrift/train/loss.hpp>
#include <rhodrift/train/qnn.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

TEST_CASE("class probabilities are the softmax of logits") {
  const arma::mat logits{{1, 1000, 0}, {2, 0, 0}, {0.5, -1000, 0}};
  const arma::mat p = class_probabilities(logits);
  CHECK(arma::approx_equal(arma::sum(p, 0), arma::ones<arma::rowvec>(3), "absdiff", 1e-15));
  for (arma::uword k = 0; k < 3; ++k)
    CHECK(-std::log(p(k, 0)) ==
          Approx(cross_entropy(logits.col(0), static_cast<int>(k)).value).epsilon(1e-14));
  CHECK(p(0, 1) == 1.0);
  CHECK(p(1, 2) == Approx(1.0 / 3));
  CHECK_THROWS_AS(class_probabilities(arma::mat(2, 1).fill(arma::datum::nan)), InputError);
}

TEST_CASE("the mean of probabilities weighs models by how sure they are") {
  // Two models lean a little towards class 0, one is sure of class 1.
  const std::vector<arma::mat> logits{arma::vec{0.2, 0}, arma::vec{0.2, 0}, arma::vec{0, 5}};
  const arma::mat mean = mean_probabilities(logits);
  const double lean = 1 / (1 + std::exp(-0.2)), sure = 1 / (1 + std::exp(-5.0));
  CHECK(mean(0, 0) == Approx((2 * lean + 1 - sure) / 3));
  CHECK(predicted_classes(mean) == std::vector<int>{1});
  CHECK(majority_vote(std::vector<std::vector<int>>{{0}, {0}, {1}}) == std::vector<int>{0});
  CHECK_THROWS_WITH(mean_probabilities({}), "ensemble: there are no models");
  CHECK_THROWS_WITH(mean_probabilities(std::vector<arma::mat>{arma::mat(2, 3), arma::mat(2, 2)}),
                    "ensemble: 2 x 2 logits of a model, 2 x 3 of another");
}

TEST_CASE("ties of a vote go to the earlier model") {
  const std::vector<std::vector<int>> votes{{2, 0, 1, 3}, {1, 1, 1, 2}, {0, 1, 0, 2}, {1, 0, 2, 0}};
  CHECK(majority_vote(votes) == std::vector<int>{1, 0, 1, 2});
  CHECK(majority_vote(std::vector<std::vector<int>>{{2, 1}, {1, 2}}) == std::vector<int>{2, 1});
  CHECK_THROWS_WITH(majority_vote({}), "ensemble: there are no models");
  CHECK_THROWS_WITH(majority_vote(std::vector<std::vector<int>>{{1, 2}, {1}}),
                    "ensemble: 1 predictions of a model, 2 of another");
}
