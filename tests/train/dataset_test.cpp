#include <algorithm>
#include <limits>
#include <numbers>
#include <set>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/dataset.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

const std::filesystem::path datasets = RHODRIFT_SOURCE_DIR "/data/datasets";
constexpr double pi = std::numbers::pi;

/// `counts[k]` samples of class k, interleaved, whose only feature is their position.
Dataset numbered_samples(std::vector<int> counts) {
  Dataset data{"numbered", {}, {}, {}};
  for (std::size_t k = 0; k < counts.size(); ++k)
    data.class_names.push_back(std::string(1, static_cast<char>('a' + k)));
  while (std::any_of(counts.begin(), counts.end(), [](int n) { return n > 0; }))
    for (std::size_t k = 0; k < counts.size(); ++k)
      if (counts[k]-- > 0) data.labels.push_back(static_cast<int>(k));
  data.features = arma::regspace<arma::rowvec>(0, static_cast<double>(data.n_samples()) - 1);
  return data;
}

std::vector<std::ptrdiff_t> class_counts(const Dataset& data) {
  std::vector<std::ptrdiff_t> counts;
  for (int k = 0; k < data.n_classes(); ++k)
    counts.push_back(std::count(data.labels.begin(), data.labels.end(), k));
  return counts;
}

/// Every sample of numbered data is in one part, with its label, and parts keep their order.
void check_parts(const std::vector<const Dataset*>& parts, const Dataset& data) {
  std::set<double> seen;
  for (const Dataset* part : parts) {
    CHECK(std::is_sorted(part->features.begin(), part->features.end()));
    for (std::size_t i = 0; i < part->n_samples(); ++i) {
      const double position = part->features(0, i);
      CHECK(part->labels[i] == data.labels[static_cast<std::size_t>(position)]);
      CHECK(seen.insert(position).second);
    }
  }
  CHECK(seen.size() == data.n_samples());
}

}  // namespace

TEST_CASE("the shipped iris set is whole") {
  const Dataset iris = read_dataset_csv(datasets / "iris.csv");
  CHECK(iris.name == "iris");
  CHECK(iris.class_names == std::vector<std::string>{"setosa", "versicolor", "virginica"});
  CHECK(class_counts(iris) == std::vector<std::ptrdiff_t>{50, 50, 50});
  CHECK(arma::approx_equal(iris.features.col(0), arma::vec{5.1, 3.5, 1.4, 0.2}, "absdiff", 0.0));
  // Means as the repository's summary states them.
  const arma::vec mean = arma::mean(iris.features, 1);
  CHECK(arma::approx_equal(mean, arma::vec{5.84, 3.05, 3.76, 1.20}, "absdiff", 0.0075));
  CHECK_NOTHROW(iris.validate());
}

TEST_CASE("the shipped digits are whole, pooled in quarter steps of 0 to 16") {
  const Dataset digits = read_dataset_csv(datasets / "digits_4x4.csv");
  CHECK(digits.n_samples() == 1797);
  CHECK(digits.features.n_rows == 16);
  CHECK(class_counts(digits) ==
        std::vector<std::ptrdiff_t>{178, 182, 177, 183, 181, 182, 181, 179, 174, 180});
  CHECK(digits.class_names.front() == "0");
  CHECK(digits.class_names.back() == "9");
  const arma::mat quarters = 4 * digits.features;
  CHECK(arma::all(arma::vectorise(quarters == arma::round(quarters))));
  CHECK(digits.features.min() == 0.0);
  CHECK(digits.features.max() <= 16.0);
}

TEST_CASE("the shipped wines are whole, to the last digit of the source") {
  const Dataset wine = read_dataset_csv(datasets / "wine.csv");
  CHECK(wine.class_names == std::vector<std::string>{"class_0", "class_1", "class_2"});
  CHECK(class_counts(wine) == std::vector<std::ptrdiff_t>{59, 71, 48});
  CHECK(wine.features.n_rows == 13);
  CHECK(arma::any(wine.features.row(9) == 9.899999));
  // Least, largest and mean as the source's summary states them: alcohol, malic acid, magnesium.
  const arma::uvec stated = {0, 1, 4};
  const arma::mat some = wine.features.rows(stated);
  CHECK(arma::approx_equal(arma::min(some, 1), arma::vec{11.0, 0.74, 70}, "absdiff", 0.05));
  CHECK(arma::approx_equal(arma::max(some, 1), arma::vec{14.8, 5.80, 162}, "absdiff", 0.05));
  CHECK(arma::approx_equal(arma::mean(some, 1), arma::vec{13.0, 2.34, 99.7}, "absdiff", 0.05));
}

TEST_CASE("the shipped breast cancer set is whole") {
  const Dataset cancer = read_dataset_csv(datasets / "breast_cancer.csv");
  CHECK(cancer.class_names == std::vector<std::string>{"benign", "malignant"});
  CHECK(class_counts(cancer) == std::vector<std::ptrdiff_t>{357, 212});
  CHECK(cancer.features.n_rows == 30);
  // Least and largest as the source's summary states them: mean radius, error and worst of area.
  const arma::uvec stated = {0, 13, 23};
  const arma::mat some = cancer.features.rows(stated);
  CHECK(arma::approx_equal(arma::min(some, 1), arma::vec{6.981, 6.802, 185.2}, "absdiff", 0));
  CHECK(arma::approx_equal(arma::max(some, 1), arma::vec{28.11, 542.2, 4254}, "absdiff", 0));
}

TEST_CASE("chosen classes are kept and numbered in the order given") {
  const Dataset digits = read_dataset_csv(datasets / "digits_4x4.csv", {"3", "0"});
  CHECK(digits.class_names == std::vector<std::string>{"3", "0"});
  CHECK(class_counts(digits) == std::vector<std::ptrdiff_t>{183, 178});
  CHECK(digits.labels.front() == 1);  // the file starts with a 0
}

TEST_CASE("Dataset::validate names the sample at fault") {
  Dataset data = numbered_samples({2, 2});
  CHECK_NOTHROW(data.validate());
  data.labels[1] = 2;
  CHECK_THROWS_WITH(data.validate(), "numbered: sample 1: label 2 is outside 0..1");
  data.labels[1] = -1;
  CHECK_THROWS_WITH(data.validate(), "numbered: sample 1: label -1 is outside 0..1");
  data.labels[1] = 1;
  data.features(0, 3) = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH(data.validate(), "numbered: sample 3: feature 0 is nan");
  data.labels.pop_back();
  CHECK_THROWS_WITH(data.validate(), "numbered: 4 columns of features, 3 labels");
  data.labels.clear();
  CHECK_THROWS_WITH(data.validate(), "numbered: holds no samples");
  CHECK_THROWS_WITH(numbered_samples({2, 2}).subset({0, 4}),
                    "numbered: there is no sample 4, it has 4");
}

TEST_CASE("a stratified split holds the classes in the same shares and loses nothing") {
  const Dataset data = numbered_samples({40, 10, 25});
  const Split split = stratified_split(data, 0.3, 7);
  CHECK(class_counts(split.test) == std::vector<std::ptrdiff_t>{12, 3, 8});  // 7.5 rounds up
  CHECK(class_counts(split.train) == std::vector<std::ptrdiff_t>{28, 7, 17});

  check_parts({&split.train, &split.test}, data);
}

TEST_CASE("a split depends on its seed and on nothing else") {
  const Dataset data = numbered_samples({40, 10, 25});
  const auto tested = [&](std::uint64_t seed) {
    return arma::conv_to<std::vector<double>>::from(
        stratified_split(data, 0.3, seed).test.features.row(0));
  };
  CHECK(tested(7) == tested(7));
  CHECK(tested(7) != tested(8));
}

TEST_CASE("every class stands on both sides of a split") {
  const Split mostly_train = stratified_split(numbered_samples({2, 90}), 0.01, 1);
  CHECK(class_counts(mostly_train.test) == std::vector<std::ptrdiff_t>{1, 1});
  const Split mostly_test = stratified_split(numbered_samples({2, 90}), 0.999, 1);
  CHECK(class_counts(mostly_test.train) == std::vector<std::ptrdiff_t>{1, 1});

  CHECK_THROWS_WITH(stratified_split(numbered_samples({4, 1}), 0.5, 1),
                    "numbered: class 'b': 1 samples cannot be split in 2, at least 2 can");
  CHECK_THROWS_WITH(stratified_split(numbered_samples({4, 4}), 1.0, 1),
                    "split: test_share: 1 is outside (0, 1)");
  CHECK_THROWS_AS(stratified_split(numbered_samples({4, 4}), 0.0, 1), InputError);
}

TEST_CASE("a split in three holds the classes in the same shares and loses nothing") {
  const Dataset data = numbered_samples({40, 10, 25});
  const ThreeWaySplit split = stratified_split(data, 0.2, 0.3, 7);
  CHECK(class_counts(split.test) == std::vector<std::ptrdiff_t>{12, 3, 8});  // 7.5 rounds up
  CHECK(class_counts(split.validation) == std::vector<std::ptrdiff_t>{8, 2, 5});
  CHECK(class_counts(split.train) == std::vector<std::ptrdiff_t>{20, 5, 12});
  check_parts({&split.train, &split.validation, &split.test}, data);
  const arma::mat tested_of_two = stratified_split(data, 0.3, 7).test.features;
  CHECK(arma::approx_equal(split.test.features, tested_of_two, "absdiff", 0));
}

TEST_CASE("every class stands in all three parts, or the split is refused") {
  const ThreeWaySplit split = stratified_split(numbered_samples({3, 90}), 0.01, 0.98, 1);
  CHECK(class_counts(split.train) == std::vector<std::ptrdiff_t>{1, 1});
  CHECK(class_counts(split.validation) == std::vector<std::ptrdiff_t>{1, 1});
  CHECK(class_counts(split.test) == std::vector<std::ptrdiff_t>{1, 88});

  const Dataset data = numbered_samples({4, 2});
  CHECK_THROWS_WITH(stratified_split(data, 0.2, 0.2, 1),
                    "numbered: class 'b': 2 samples cannot be split in 3, at least 3 can");
  CHECK_THROWS_WITH(stratified_split(data, 0.0, 0.2, 1),
                    "split: validation_share: 0 is outside (0, 1)");
  CHECK_THROWS_WITH(stratified_split(data, 0.2, 1.5, 1),
                    "split: test_share: 1.5 is outside (0, 1)");
  CHECK_THROWS_WITH(stratified_split(data, 0.5, 0.5, 1),
                    "split: validation_share + test_share: 1 is outside (0, 1)");
}

TEST_CASE("a regression's samples keep their targets, whatever is drawn of them") {
  const Dataset data{"line", arma::mat{{0, 1, 2, 3, 4}},     {},
                     {},     arma::mat{{0, 10, 20, 30, 40}}, {"y"}};
  CHECK_NOTHROW(data.validate());
  CHECK(data.n_samples() == 5);
  CHECK(data.n_outputs() == 1);
  const Split parts = split(data, 0.4, 3);
  CHECK(parts.test.n_samples() == 2);
  CHECK(parts.train.n_samples() == 3);
  for (const Dataset& part : {parts.train, parts.test})
    CHECK(arma::approx_equal(part.targets, 10 * part.features, "absdiff", 0));
  CHECK(arma::accu(parts.train.features) + arma::accu(parts.test.features) == 10);
  CHECK(random_split(data, 0.4, 3).test.features(0) == parts.test.features(0));
  CHECK(random_split(data, 0.01, 1).test.n_samples() == 1);
  CHECK(random_split(data, 0.99, 1).train.n_samples() == 1);
  CHECK_THROWS_AS(random_split(data.subset({1}), 0.5, 1), InputError);
  CHECK_THROWS_AS(data.subset({5}), InputError);
}

TEST_CASE("Dataset::validate names what is wrong with a regression") {
  const Dataset data{"line", arma::mat{{0, 1, 2}}, {}, {}, arma::mat{{0, 10, 20}}, {"y"}};
  Dataset damaged = data;
  damaged.targets(0, 1) = arma::datum::inf;
  CHECK_THROWS_WITH(damaged.validate(), "line: sample 1: target 'y' is inf");
  damaged = data;
  damaged.labels = {0, 1, 0};
  CHECK_THROWS_WITH(damaged.validate(), ContainsSubstring("classes and targets"));
  damaged = data;
  damaged.features = arma::mat(1, 2);
  CHECK_THROWS_WITH(damaged.validate(), "line: 2 columns of features, 3 of targets");
  damaged = data;
  damaged.target_names = {"x", "y"};
  CHECK_THROWS_WITH(damaged.validate(), "line: 1 targets, 2 names");
  damaged = data;
  damaged.targets.fill(4);
  CHECK_THROWS_WITH(damaged.require_differences(),
                    "line: the target 'y' is 4 for every sample; there is nothing to learn");
}
