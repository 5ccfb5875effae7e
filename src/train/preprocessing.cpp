#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <string_view>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/preprocessing.hpp>

#include "core/one_blas_thread.hpp"
#include "core/shown.hpp"

namespace rhodrift {

namespace {

void require_fittable(const char* step, const arma::mat& features) {
  if (features.empty()) throw InputError(step, "", "there are no samples to fit");
  if (!features.is_finite()) throw InputError(step, "", "there is a feature that is not finite");
}

Preprocessing diagonal(const arma::vec& slope, const arma::vec& offset) {
  return {arma::diagmat(slope), offset};
}

/// +1 or -1, so that the direction's largest entry becomes positive. Entries that are equal but for
/// rounding count as equal: (1, -1)/√2 is the usual second component of two standardised features.
double sign_of_direction(const arma::vec& direction) {
  constexpr double rounding = 1e-8;
  const double largest = arma::abs(direction).max();
  for (const double entry : direction)
    if (std::abs(entry) >= (1 - rounding) * largest) return entry < 0 ? -1.0 : 1.0;
  return 1.0;
}

template <typename Number>
bool parse(std::string_view text, Number& value) {
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  return error == std::errc() && end == last;
}

}  // namespace

arma::mat Preprocessing::apply(const arma::mat& features) const {
  if (features.n_rows != matrix.n_cols)
    throw InputError(
        "preprocessing", "",
        fmt::format("fitted on {} features, given {}", matrix.n_cols, features.n_rows));
  const OneBlasThread one_blas_thread;  // the same bits on any number of cores
  arma::mat result = matrix * features;
  result.each_col() += offset;
  return result;
}

Preprocessing Preprocessing::then(const Preprocessing& next) const {
  const OneBlasThread one_blas_thread;
  const arma::vec moved = next.apply(offset);  // which checks that `next` takes it
  return {next.matrix * matrix, moved};
}

Preprocessing feature_range(const arma::mat& features, double low_rad, double high_rad) {
  if (!(std::isfinite(low_rad) && std::isfinite(high_rad) && low_rad < high_rad))
    throw InputError("feature range", "",
                     fmt::format("[{}, {}] rad is not an interval", low_rad, high_rad));
  require_fittable("feature range", features);
  const arma::vec low = arma::min(features, 1);
  const arma::vec high = arma::max(features, 1);
  arma::vec slope(features.n_rows), offset(features.n_rows);
  for (arma::uword j = 0; j < features.n_rows; ++j) {
    const double range = high(j) - low(j);
    slope(j) = range > 0 ? (high_rad - low_rad) / range : 0.0;
    offset(j) = range > 0 ? low_rad - slope(j) * low(j) : (low_rad + high_rad) / 2;
  }
  return diagonal(slope, offset);
}

Preprocessing standardisation(const arma::mat& features) {
  require_fittable("standardisation", features);
  arma::vec slope(features.n_rows);
  for (arma::uword j = 0; j < features.n_rows; ++j) {
    const arma::rowvec values = features.row(j);
    // The deviation of equal values is not exactly 0 in floating point.
    slope(j) = values.max() > values.min() ? 1 / arma::stddev(values) : 0.0;
  }
  return diagonal(slope, -slope % arma::mean(features, 1));
}

Preprocessing principal_components(const arma::mat& features, std::size_t n_components,
                                   Whitening whitening) {
  require_fittable("principal components", features);
  const OneBlasThread one_blas_thread;
  const arma::vec mean = arma::mean(features, 1);
  // Of the centred samples themselves: their covariance would square the ratio of the largest to
  // the smallest deviation, 10^5 for features as they are measured.
  arma::mat directions, unused;
  arma::vec singular_values;
  if (!arma::svd_econ(directions, singular_values, unused, features.each_col() - mean, "left"))
    throw RunError("principal components: the singular value decomposition did not converge");

  const auto longest = static_cast<double>(std::max(features.n_rows, features.n_cols));
  const double negligible =
      longest * std::numeric_limits<double>::epsilon() * singular_values.front();
  const arma::uword rank = arma::accu(singular_values > negligible);
  if (n_components < 1 || n_components > rank)
    throw InputError(
        "principal components", "",
        fmt::format("{} components are not in 1..{}, the dimensions that {} samples of "
                    "{} features fill",
                    n_components, rank, features.n_cols, features.n_rows));
  Preprocessing components{directions.head_cols(n_components).t(), {}};
  const double root_n = std::sqrt(static_cast<double>(features.n_cols) - 1);
  for (arma::uword k = 0; k < n_components; ++k) {
    const double deviation = singular_values(k) / root_n;
    components.matrix.row(k) *=
        sign_of_direction(directions.col(k)) / (whitening == Whitening::yes ? deviation : 1.0);
  }
  components.offset = -components.matrix * mean;
  return components;
}

PreprocessingStep parse_preprocessing_step(const std::string& text) {
  constexpr double quarter_turn = std::numbers::pi / 2;
  const std::string_view whole = text;
  if (text == "standardise") return standardisation;
  if (text == "range")
    return [](const arma::mat& x) { return feature_range(x, -quarter_turn, quarter_turn); };
  if (whole.starts_with("pca:")) {
    constexpr std::string_view whiten = ":whiten";
    std::string_view number = whole.substr(4);
    const Whitening whitening = number.ends_with(whiten) ? Whitening::yes : Whitening::no;
    if (whitening == Whitening::yes) number.remove_suffix(whiten.size());
    std::size_t n = 0;
    if (parse(number, n))
      return [n, whitening](const arma::mat& x) { return principal_components(x, n, whitening); };
  }
  if (whole.starts_with("range:")) {
    const std::size_t colon = whole.find(':', 6);
    double low = 0, high = 0;
    if (colon != whole.npos && parse(whole.substr(6, colon - 6), low) &&
        parse(whole.substr(colon + 1), high))
      return [low, high](const arma::mat& x) { return feature_range(x, low, high); };
  }
  throw InputError("preprocessing", shown(text),
                   "is none of standardise, pca:N, pca:N:whiten, range and range:LOW:HIGH");
}

Preprocessing fit_preprocessing(const std::vector<PreprocessingStep>& steps,
                                const arma::mat& features) {
  Preprocessing all = diagonal(arma::ones(features.n_rows), arma::zeros(features.n_rows));
  for (const PreprocessingStep& step : steps) all = all.then(step(all.apply(features)));
  return all;
}

}  // namespace rhodrift
