#include <cmath>
#include <numbers>

#include <dlfcn.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/preprocessing.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

constexpr double pi = std::numbers::pi;

Dataset shipped(const std::string& name) {
  return read_dataset_csv(RHODRIFT_SOURCE_DIR "/data/datasets/" + name + ".csv");
}

arma::mat standardised(const arma::mat& features) {
  return standardisation(features).apply(features);
}

arma::mat random_features(arma::uword n_features, arma::uword n_samples, std::uint64_t seed) {
  RandomStream random(seed);
  arma::mat features(n_features, n_samples);
  for (double& value : features) value = random.normal();
  return features;
}

/// The shares of the variance along the components.
arma::vec shares(const arma::mat& features, std::size_t n_components) {
  const Preprocessing pca = principal_components(features, n_components, Whitening::no);
  const arma::vec along = arma::var(pca.apply(features), 0, 1);
  return along / arma::accu(arma::vec(arma::var(features, 0, 1)));
}

}  // namespace

TEST_CASE("feature ranges: maps the range of the fitted samples onto the interval") {
  const arma::mat features = {{1, 3, 2}, {-5, -5, -5}, {0, 0.25, 1}};
  const Preprocessing scaling = feature_range(features, -pi / 2, pi);
  const arma::mat expected = {
      {-pi / 2, pi, pi / 4}, {pi / 4, pi / 4, pi / 4}, {-pi / 2, -pi / 8, pi}};
  CHECK(arma::approx_equal(scaling.apply(features), expected, "absdiff", 1e-15));
}

TEST_CASE("feature ranges: other samples are on the same line, not clamped") {
  const arma::mat fitted = shipped("wine").features.head_cols(60);
  const Preprocessing range = feature_range(fitted, 0, 1);
  CHECK(range.apply(fitted).min() == Approx(0).margin(1e-14));
  CHECK(range.apply(fitted).max() == Approx(1).epsilon(1e-14));
  const arma::mat wild = 100 * fitted;
  const arma::vec low = arma::min(fitted, 1), high = arma::max(fitted, 1);
  const arma::mat expected = (wild.each_col() - low).each_col() / arma::vec(high - low);
  CHECK(arma::approx_equal(range.apply(wild), expected, "reldiff", 1e-12));
}

TEST_CASE("feature ranges: refuses what it cannot fit or apply") {
  const arma::mat features = {{1, 2}, {3, 4}};
  CHECK_THROWS_WITH(feature_range(features, 1, 1), "feature range: [1, 1] rad is not an interval");
  CHECK_THROWS_WITH(feature_range(arma::mat(2, 0), 0, 1),
                    "feature range: there are no samples to fit");
  CHECK_THROWS_WITH(feature_range({{1, arma::datum::nan}}, 0, 1),
                    "feature range: there is a feature that is not finite");
  CHECK_THROWS_WITH(feature_range(features, 0, 1).apply(arma::mat(3, 1)),
                    "preprocessing: fitted on 2 features, given 3");
}

TEST_CASE("standardised features have mean 0 and deviation 1, constant ones are 0") {
  arma::mat features = shipped("breast_cancer").features;
  features.insert_rows(30, arma::rowvec(features.n_cols).fill(0.1));
  const arma::mat result = standardised(features);
  CHECK(arma::abs(arma::mean(result, 1)).max() < 1e-13);
  CHECK(arma::abs(arma::stddev(result.head_rows(30), 0, 1) - 1).max() < 1e-13);
  CHECK(arma::all(result.row(30) == 0));
  const Preprocessing fitted = standardisation({{1, 3}, {-4, -4}});
  CHECK(arma::approx_equal(fitted.apply({{2, 4}, {9, -4}}), arma::mat{{0, std::sqrt(2.0)}, {0, 0}},
                           "absdiff", 1e-15));
}

TEST_CASE("principal components have the shares of variance that are known of the shipped sets") {
  // As scikit-learn 1.9's PCA has them for standardised features, to four digits.
  const arma::vec wine = {0.3620, 0.1921, 0.1112, 0.0707};
  const arma::vec cancer = {0.4427, 0.1897, 0.0939, 0.0660};
  CHECK(
      arma::approx_equal(shares(standardised(shipped("wine").features), 4), wine, "absdiff", 5e-5));
  CHECK(arma::approx_equal(shares(standardised(shipped("breast_cancer").features), 4), cancer,
                           "absdiff", 5e-5));
}

TEST_CASE("principal components are uncorrelated, orthogonal and ordered by variance") {
  const arma::mat features = shipped("wine").features;  // deviations from 0.12 to 315
  const Preprocessing all = principal_components(features, 13, Whitening::no);
  CHECK(arma::approx_equal(all.matrix * all.matrix.t(), arma::eye(13, 13), "absdiff", 1e-13));
  const arma::mat result = all.apply(features);
  CHECK(arma::abs(arma::mean(result, 1)).max() < 1e-10);
  const arma::mat covariance = arma::cov(result.t());
  const arma::vec variances = covariance.diag();
  CHECK(variances.is_sorted("descend"));
  CHECK(arma::abs(covariance - arma::diagmat(variances)).max() < 1e-12 * variances.max());
  // The eigenvalues of the covariance, by another routine.
  const arma::vec eigenvalues = arma::reverse(arma::eig_sym(arma::cov(features.t())));
  CHECK(arma::approx_equal(variances, eigenvalues, "reldiff", 1e-8));
  // A rotation: distances stay.
  CHECK(arma::norm(result.col(3) - result.col(150)) ==
        Approx(arma::norm(features.col(3) - features.col(150))).epsilon(1e-12));

  const Preprocessing some = principal_components(features, 4, Whitening::no);
  CHECK(arma::approx_equal(some.matrix, all.matrix.head_rows(4), "absdiff", 1e-13));
  const arma::mat white = principal_components(features, 13, Whitening::yes).apply(features);
  CHECK(arma::approx_equal(arma::cov(white.t()), arma::eye(13, 13), "absdiff", 1e-10));
}

TEST_CASE("the first component is the direction along which samples lie") {
  // Samples on the line (1, 2, 5) + t (2, -3, 6)/7, far more spread than across it.
  const arma::vec direction = arma::vec{2, -3, 6} / 7;
  arma::mat features = 1e-6 * random_features(3, 200, 4);
  const arma::mat along = 10 * random_features(1, 200, 5);
  features += direction * along;
  features.each_col() += arma::vec{1, 2, 5};
  const Preprocessing first = principal_components(features, 1, Whitening::no);
  CHECK(arma::approx_equal(first.matrix, direction.t(), "absdiff", 1e-6));
  const arma::mat centred = along - arma::mean(arma::vectorise(along));
  CHECK(arma::approx_equal(first.apply(features), centred, "absdiff", 1e-4));
}

TEST_CASE("the sign of a component does not depend on the order or the sign of the samples") {
  const arma::mat features = standardised(shipped("wine").features);
  const arma::mat expected = principal_components(features, 13, Whitening::no).matrix;
  for (arma::uword k = 0; k < 13; ++k) {
    const arma::rowvec row = expected.row(k);
    CHECK(row.max() == arma::abs(row).max());
  }
  const arma::mat mirrored = -arma::fliplr(features);
  CHECK(arma::approx_equal(principal_components(mirrored, 13, Whitening::no).matrix, expected,
                           "absdiff", 1e-12));
  // Of two standardised features both entries are equally large: the first one is positive.
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6, 7, 8}) {
    const arma::mat two = standardised(random_features(2, 20, seed));
    const arma::mat matrix = principal_components(two, 2, Whitening::no).matrix;
    CHECK(matrix.col(0).min() == Approx(1 / std::sqrt(2.0)));
  }
}

TEST_CASE("components are the same to the last bit for any number of BLAS threads") {
  const auto set = reinterpret_cast<void (*)(int)>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  const auto get = reinterpret_cast<int (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
  if (set == nullptr || get == nullptr) {
    WARN("not run: another BLAS is linked");
    return;
  }
  const int before = get();
  const arma::mat x = standardised(shipped("digits_4x4").features);
  std::vector<arma::mat> results;
  for (const int threads : {1, 2, 3}) {
    set(threads);
    results.push_back(principal_components(x, 16, Whitening::no).apply(x));
    CHECK(get() == threads);
  }
  set(before);
  for (const arma::mat& result : results)
    CHECK(arma::approx_equal(result, results[0], "absdiff", 0));
}

TEST_CASE("steps one after another are one matrix and one offset") {
  const Split split = stratified_split(shipped("breast_cancer"), 0.4, 2);
  const arma::mat& x = split.train.features;
  const std::vector<PreprocessingStep> steps = {parse_preprocessing_step("standardise"),
                                                parse_preprocessing_step("pca:4"),
                                                parse_preprocessing_step("range")};
  const Preprocessing all = fit_preprocessing(steps, x);
  CHECK(arma::size(all.matrix) == arma::size(4, 30));
  CHECK(all.offset.n_elem == 4);
  CHECK(arma::abs(arma::min(all.apply(x), 1) + pi / 2).max() < 1e-12);
  CHECK(arma::abs(arma::max(all.apply(x), 1) - pi / 2).max() < 1e-12);

  const Preprocessing first = standardisation(x);
  const Preprocessing second = principal_components(first.apply(x), 4, Whitening::no);
  const Preprocessing third = feature_range(second.apply(first.apply(x)), -pi / 2, pi / 2);
  const arma::mat& test = split.test.features;  // fitted on the training part, applied to this one
  const arma::mat expected = third.apply(second.apply(first.apply(test)));
  CHECK(arma::approx_equal(all.apply(test), expected, "absdiff", 1e-12));
  CHECK(arma::abs(all.apply(test)).max() > pi / 2);  // nothing is clamped

  const Preprocessing nothing = fit_preprocessing({}, x);
  CHECK(arma::approx_equal(nothing.apply(x), x, "absdiff", 0));
}

TEST_CASE("steps have texts") {
  const arma::mat x = shipped("wine").features;
  const auto same = [&](const std::string& text, const Preprocessing& expected) {
    const Preprocessing found = parse_preprocessing_step(text)(x);
    return arma::approx_equal(found.matrix, expected.matrix, "absdiff", 0) &&
           arma::approx_equal(found.offset, expected.offset, "absdiff", 0);
  };
  CHECK(same("standardise", standardisation(x)));
  CHECK(same("pca:3", principal_components(x, 3, Whitening::no)));
  CHECK(same("pca:3:whiten", principal_components(x, 3, Whitening::yes)));
  CHECK(same("range", feature_range(x, -pi / 2, pi / 2)));
  CHECK(same("range:-1:2.5", feature_range(x, -1, 2.5)));
  for (const std::string text : {"pca", "pca:", "pca:-1", "pca:two", "pca:3:white",
                                 "pca:3:whitened", "range:1", "range:1:2:3", "normalise", ""}) {
    INFO(text);
    CHECK_THROWS_WITH(parse_preprocessing_step(text),
                      "preprocessing: " + (text.empty() ? "" : text + ": ") +
                          "is none of standardise, pca:N, pca:N:whiten, range and range:LOW:HIGH");
  }
}

TEST_CASE("preprocessing that cannot be fitted or applied is refused") {
  const arma::mat x = random_features(3, 10, 1);
  CHECK_THROWS_WITH(principal_components(x, 4, Whitening::no),
                    "principal components: 4 components are not in 1..3, the dimensions that 10 "
                    "samples of 3 features fill");
  CHECK_THROWS_AS(principal_components(x, 0, Whitening::no), InputError);
  CHECK_THROWS_WITH(principal_components(x.head_cols(2), 2, Whitening::no),
                    "principal components: 2 components are not in 1..1, the dimensions that 2 "
                    "samples of 3 features fill");
  const arma::mat dependent = arma::join_cols(x, x.row(0) + x.row(1));
  CHECK_NOTHROW(principal_components(dependent, 3, Whitening::yes));
  CHECK_THROWS_AS(principal_components(dependent, 4, Whitening::yes), InputError);
  CHECK_THROWS_AS(principal_components(arma::ones(3, 5), 1, Whitening::no), InputError);
  CHECK_THROWS_WITH(standardisation(arma::mat(3, 0)),
                    "standardisation: there are no samples to fit");
  CHECK_THROWS_WITH(principal_components({{1, arma::datum::nan}}, 1, Whitening::no),
                    "principal components: there is a feature that is not finite");
  CHECK_THROWS_WITH(standardisation(x).apply(arma::mat(2, 1)),
                    "preprocessing: fitted on 3 features, given 2");
  CHECK_THROWS_WITH(principal_components(x, 2, Whitening::no).then(standardisation(x)),
                    "preprocessing: fitted on 3 features, given 2");
}
