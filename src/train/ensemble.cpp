#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/ensemble.hpp>

namespace rhodrift {

namespace {

void require(bool holds, const std::string& problem) {
  if (!holds) throw InputError("ensemble", "", problem);
}

}  // namespace

arma::mat class_probabilities(const arma::mat& logits) {
  require(logits.is_finite(), "a logit is not finite");
  // The largest logit is taken off each column, so that nothing overflows.
  const arma::mat exponentials = arma::exp(logits.each_row() - arma::max(logits, 0));
  return exponentials.each_row() / arma::sum(exponentials, 0);
}

arma::mat mean_probabilities(std::span<const arma::mat> logits_by_model) {
  require(!logits_by_model.empty(), "there are no models");
  const auto shape = arma::size(logits_by_model.front());
  arma::mat sum(shape);
  for (const arma::mat& logits : logits_by_model) {
    require(arma::size(logits) == shape,
            fmt::format("{} x {} logits of a model, {} x {} of another", logits.n_rows,
                        logits.n_cols, shape.n_rows, shape.n_cols));
    sum += class_probabilities(logits);
  }
  return sum / static_cast<double>(logits_by_model.size());
}

std::vector<int> majority_vote(std::span<const std::vector<int>> predictions_by_model) {
  require(!predictions_by_model.empty(), "there are no models");
  const std::size_t n_samples = predictions_by_model.front().size();
  for (const auto& predictions : predictions_by_model)
    require(predictions.size() == n_samples,
            fmt::format("{} predictions of a model, {} of another", predictions.size(), n_samples));
  std::vector<int> winners(n_samples);
  for (std::size_t i = 0; i < n_samples; ++i) {
    const auto votes_for = [&](int label) {
      return std::ranges::count_if(predictions_by_model,
                                   [&](const auto& model) { return model[i] == label; });
    };
    winners[i] = predictions_by_model.front()[i];
    for (const auto& model : predictions_by_model)
      if (votes_for(model[i]) > votes_for(winners[i])) winners[i] = model[i];
  }
  return winners;
}

}  // namespace rhodrift
