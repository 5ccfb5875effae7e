#include <algorithm>
#include <limits>
#include <numbers>
#include <set>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/train/dataset.hpp>

#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;

namespace {

const std::filesystem::path datasets = RHODRIFT_SOURCE_DIR "/data/datasets";
constexpr double pi = std::numbers::pi;

Dataset read_text(const std::string& text, const std::vector<std::string>& classes = {}) {
  const ScratchDirectory directory;
  write_file(directory / "set.csv", text);
  return read_dataset_csv(directory / "set.csv", classes);
}

/// What reading `text` complains about, without the path in front.
std::string complaint(const std::string& text, const std::vector<std::string>& classes = {}) {
  try {
    read_text(text, classes);
  } catch (const InputError& error) {
    const std::string message = error.what();
    const std::size_t name = message.find("set.csv: ");
    return name == std::string::npos ? message : message.substr(name + 9);
  }
  return "no complaint";
}

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

TEST_CASE("chosen classes are kept and numbered in the order given") {
  const Dataset digits = read_dataset_csv(datasets / "digits_4x4.csv", {"3", "0"});
  CHECK(digits.class_names == std::vector<std::string>{"3", "0"});
  CHECK(class_counts(digits) == std::vector<std::ptrdiff_t>{183, 178});
  CHECK(digits.labels.front() == 1);  // the file starts with a 0
}

TEST_CASE("comments, empty lines, blanks and carriage returns are passed over") {
  const Dataset data = read_text("# about\r\n\r\na , b,label\r\n 1 ,-2e-1, x\r\n\n# more\n3,4,y");
  CHECK(data.class_names == std::vector<std::string>{"x", "y"});
  CHECK(arma::approx_equal(data.features, arma::mat{{1, 3}, {-0.2, 4}}, "absdiff", 0.0));
}

TEST_CASE("a damaged data set is refused with line and column") {
  CHECK(complaint("a,b,class\n1,2,x\n") ==
        "line 1, column 3: the last column is 'class', not 'label'");
  CHECK(complaint("label\nx\n") ==
        "line 1, column 1: there is no column of features before 'label'");
  CHECK(complaint("# c\na,b,label\n1,2,x\n1,two,x\n") ==
        "line 4, column 2: b is 'two', not a finite number");
  CHECK(complaint("a,label\nnan,x\n") == "line 2, column 1: a is 'nan', not a finite number");
  CHECK(complaint("a,label\n-inf,x\n") == "line 2, column 1: a is '-inf', not a finite number");
  CHECK(complaint("a,label\n1e999,x\n") == "line 2, column 1: a is '1e999', not a finite number");
  CHECK(complaint("a,label\n,x\n") == "line 2, column 1: a is '', not a finite number");
  CHECK(complaint("a,label\n1 2,x\n") == "line 2, column 1: a is '1 2', not a finite number");
  CHECK(complaint("a,b,label\n1,x\n") == "line 2, column 2: the line has 2 fields, the header 3");
  CHECK(complaint("a,label\n1,x,9\n") == "line 2, column 3: the line has 3 fields, the header 2");
  CHECK(complaint("a,label\n1,\n") == "line 2, column 2: the label is empty");
  CHECK(complaint("a,label\n1,\"x\"\n") ==
        "line 2, column 2: \"x\" is quoted; quotes are not read");
  CHECK(complaint("a,label\n") == "holds no samples");
  CHECK(complaint("") == "holds no samples");
}

TEST_CASE("classes that cannot be had are refused") {
  CHECK(complaint("a,label\n1,x\n", {"x", "y"}) == "no row has the label 'y'");
  CHECK(complaint("a,label\n1,x\n", {"x", "x"}) == "classes: 'x' is given twice");
  CHECK_THROWS_AS(read_dataset_csv("/nonexistent/set.csv"), InputError);
}

TEST_CASE("a labelled set is numbered by the given classes, of which some may have no rows") {
  const ScratchDirectory directory;
  const auto read = [&](const std::vector<std::string>& classes) {
    return read_labelled_csv(directory / "set.csv", classes);
  };
  write_file(directory / "set.csv", "# about\na,b,label\n1,2,y\n\n3,4,x\n5,6,y\n");
  const Dataset data = read({"y", "w", "x"});
  CHECK(data.name == "set");
  CHECK(data.class_names == std::vector<std::string>{"y", "w", "x"});
  CHECK(data.labels == std::vector<int>{0, 2, 0});
  CHECK(arma::approx_equal(data.features, arma::mat{{1, 3, 5}, {2, 4, 6}}, "absdiff", 0.0));

  using Catch::Matchers::EndsWith;
  CHECK_THROWS_AS(read({"y", "w"}), InputError);
  CHECK_THROWS_WITH(
      read({"y", "w"}),
      EndsWith("set.csv: line 5, column 3: the label 'x' is not one of the classes y, w"));
  CHECK_THROWS_WITH(read({"x", "y", "x"}), "classes: 'x' is given twice");
  write_file(directory / "set.csv", "a,label\none,x\n");
  CHECK_THROWS_WITH(read({"x"}),
                    EndsWith("set.csv: line 2, column 1: a is 'one', not a finite number"));
}

TEST_CASE("what a damaged file holds is quoted in printable characters, and not at length") {
  CHECK(complaint("a,\x1b[2J\xff\n") ==
        "line 1, column 2: the last column is '\\x1b[2J\\xff', not 'label'");
  CHECK(complaint("\x7f,label\n\x01,x\n") ==
        "line 2, column 1: \\x7f is '\\x01', not a finite number");
  CHECK(complaint("a,label\n" + std::string(40, 'z') + ",x\n") ==
        "line 2, column 1: a is '" + std::string(40, 'z') + "', not a finite number");
  CHECK(complaint("a,label\n" + std::string(41, 'z') + ",x\n") ==
        "line 2, column 1: a is '" + std::string(40, 'z') + "...', not a finite number");
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

  std::set<double> seen;
  for (const Dataset* part : {&split.train, &split.test}) {
    CHECK(std::is_sorted(part->features.begin(), part->features.end()));
    for (std::size_t i = 0; i < part->n_samples(); ++i) {
      const double position = part->features(0, i);
      CHECK(part->labels[i] == data.labels[static_cast<std::size_t>(position)]);
      CHECK(seen.insert(position).second);
    }
  }
  CHECK(seen.size() == data.n_samples());
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
                    "numbered: class 'b': 1 samples cannot be split, at least 2 can");
  CHECK_THROWS_WITH(stratified_split(numbered_samples({4, 4}), 1.0, 1),
                    "split: test_share: 1 is outside (0, 1)");
  CHECK_THROWS_AS(stratified_split(numbered_samples({4, 4}), 0.0, 1), InputError);
}

TEST_CASE("scaling maps the range of the fitted samples onto the interval") {
  const arma::mat features = {{1, 3, 2}, {-5, -5, -5}, {0, 0.25, 1}};
  const FeatureScaling scaling = FeatureScaling::fit(features, -pi / 2, pi);
  const arma::mat expected = {
      {-pi / 2, pi, pi / 4}, {pi / 4, pi / 4, pi / 4}, {-pi / 2, -pi / 8, pi}};
  CHECK(arma::approx_equal(scaling.apply(features), expected, "absdiff", 1e-15));
}

TEST_CASE("scaling knows the training part only and does not clamp the rest") {
  Dataset data = numbered_samples({10, 10});
  const Split split = stratified_split(data, 0.5, 3);
  const FeatureScaling scaling = FeatureScaling::fit(split.train.features, 0, 1);
  Dataset wild = split.test;
  wild.features *= 100;
  CHECK(scaling.apply(split.train.features).min() == Approx(0).margin(1e-15));
  CHECK(scaling.apply(split.train.features).max() == Approx(1).epsilon(1e-15));
  const double low = split.train.features.min(), high = split.train.features.max();
  const arma::mat expected = (wild.features - low) / (high - low);
  CHECK(arma::approx_equal(scaling.apply(wild.features), expected, "reldiff", 1e-14));
  CHECK(scaling.apply(wild.features).max() > 50);
}

TEST_CASE("scaling refuses what it cannot fit or apply") {
  const arma::mat features = {{1, 2}, {3, 4}};
  CHECK_THROWS_WITH(FeatureScaling::fit(features, 1, 1),
                    "feature scaling: [1, 1] rad is not an interval");
  CHECK_THROWS_WITH(FeatureScaling::fit(arma::mat(2, 0), 0, 1),
                    "feature scaling: there are no samples to fit");
  CHECK_THROWS_WITH(FeatureScaling::fit({{1, arma::datum::nan}}, 0, 1),
                    "feature scaling: there is a feature that is not finite");
  CHECK_THROWS_WITH(FeatureScaling::fit(features, 0, 1).apply(arma::mat(3, 1)),
                    "feature scaling: fitted on 2 features, given 3");
}
