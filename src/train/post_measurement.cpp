#include <cmath>
#include <map>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/post_measurement.hpp>

#include "core/named_settings.hpp"

namespace rhodrift {

namespace {

constexpr double variance_floor = 1e-8;
constexpr int max_levels = 1000;

void require(bool holds, const char* place, const std::string& problem) {
  if (!holds) throw InputError("post-measurement", place, problem);
}

/// Each observable's root of variance + floor over the batch.
arma::vec spreads(const arma::mat& expectations) {
  return arma::sqrt(arma::var(expectations, 1, 1) + variance_floor);
}

arma::mat normalised(const arma::mat& expectations) {
  require(expectations.n_cols != 1, "normalise",
          "one sample has no spread; classify samples together");
  arma::mat y = expectations;
  y.each_col() -= arma::vec(arma::mean(expectations, 1));
  y.each_col() /= spreads(expectations);
  return y;
}

arma::mat levels_of(const arma::mat& y, const PostMeasurement::Quantisation& quantisation) {
  const double step = 2.0 * quantisation.limit / (quantisation.levels - 1);
  const arma::mat inside = arma::clamp(y, -quantisation.limit, quantisation.limit);
  return arma::round((inside + quantisation.limit) / step) * step - quantisation.limit;
}

/// The gradient in expectations f of a loss with gradient g in y = normalised(f): through the mean
/// and the spread σ too,
///   dL/df_c = (g_c - mean g - y_c · mean of g y)/σ.
arma::mat through_normalisation(const arma::mat& expectations, const arma::mat& gradient) {
  const arma::mat y = normalised(expectations);
  arma::mat result = gradient;
  result.each_col() -= arma::vec(arma::mean(gradient, 1));
  result -= arma::mat(y.each_col() % arma::vec(arma::mean(gradient % y, 1)));
  result.each_col() /= spreads(expectations);
  return result;
}

}  // namespace

void PostMeasurement::validate() const {
  if (!quantisation) return;
  const auto& [levels, limit, attraction] = *quantisation;
  require(levels >= 2 && levels <= max_levels, "levels",
          fmt::format("{} is outside 2..{}", levels, max_levels));
  require(limit > 0.0 && std::isfinite(limit), "limit", fmt::format("{} is not > 0", limit));
  require(attraction >= 0.0 && std::isfinite(attraction), "attraction",
          fmt::format("{} is not >= 0", attraction));
}

arma::mat PostMeasurement::apply(const arma::mat& expectations) const {
  const arma::mat y = normalise ? normalised(expectations) : expectations;
  return quantisation ? levels_of(y, *quantisation) : y;
}

arma::mat PostMeasurement::pulled_back(const arma::mat& expectations,
                                       const arma::mat& gradient) const {
  arma::mat result = gradient;
  if (quantisation) {
    const arma::mat y = normalise ? normalised(expectations) : expectations;
    result.elem(arma::find(arma::abs(y) > quantisation->limit)).zeros();
  }
  return normalise ? through_normalisation(expectations, result) : result;
}

PostMeasurement::Term PostMeasurement::attraction(const arma::mat& expectations) const {
  if (!quantisation) return {0.0, arma::zeros(arma::size(expectations))};
  const arma::mat y = normalise ? normalised(expectations) : expectations;
  const arma::mat distance = y - levels_of(y, *quantisation);
  const double weight = quantisation->attraction / static_cast<double>(y.n_elem);
  const arma::mat gradient = 2.0 * weight * distance;
  return {weight * arma::accu(arma::square(distance)),
          normalise ? through_normalisation(expectations, gradient) : gradient};
}

PostMeasurement parse_post_measurement(std::string_view text) {
  enum class Stage { none, normalise, quantise };
  static const std::map<std::string, Stage> stages{
      {"none", Stage::none}, {"normalise", Stage::normalise}, {"quantise", Stage::quantise}};
  PostMeasurement result;
  const std::vector<std::string> parts = split_text(text, '+');
  for (const std::string& part : parts) {
    NamedSettings settings("post-measurement", part);
    const Stage stage = settings.choose(stages);
    // Normalisation of a few levels would leave other levels: it is always the first.
    if ((stage == Stage::none && parts.size() > 1) || result.quantisation ||
        (stage == Stage::normalise && result.normalise))
      settings.fail(
          fmt::format("in \"{}\": known are none, normalise, quantise and "
                      "normalise+quantise",
                      text));
    if (stage == Stage::normalise) result.normalise = true;
    if (stage == Stage::quantise) {
      result.quantisation = PostMeasurement::Quantisation();
      auto& [levels, limit, attraction] = *result.quantisation;
      settings.take_whole("levels", levels, 2, max_levels, true);
      settings.take_number("limit", limit);
      settings.take_number("attraction", attraction);
    }
    settings.refuse_unknown();
    settings.naming([&] { result.validate(); });
  }
  return result;
}

std::string to_string(const PostMeasurement& post_measurement) {
  if (post_measurement.is_none()) return "none";
  std::string text = post_measurement.normalise ? "normalise" : "";
  if (const auto& quantisation = post_measurement.quantisation)
    text += fmt::format("{}quantise:levels={}:limit={}:attraction={}", text.empty() ? "" : "+",
                        quantisation->levels, quantisation->limit, quantisation->attraction);
  return text;
}

}  // namespace rhodrift
