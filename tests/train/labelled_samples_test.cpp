#include <limits>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/labelled_samples.hpp>

#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;

namespace {

const std::string remedy = "; remove the sample or fill in a value";
const std::string last = "; put the column of class names last and name it so";

Dataset read_text(const std::string& text, const std::vector<std::string>& classes = {}) {
  const ScratchDirectory directory;
  directory.write("set.csv", text);
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

LabelledSamples in_memory(const arma::mat& features, const std::vector<std::string>& labels) {
  return {"memory", "x", "y", features, labels, {}};
}

}  // namespace

TEST_CASE("comments, empty lines, blanks and carriage returns are passed over") {
  const Dataset data = read_text("# about\r\n\r\na , b,label\r\n 1 ,-2e-1, x\r\n\n# more\n3,4,y");
  CHECK(data.class_names == std::vector<std::string>{"x", "y"});
  CHECK(arma::approx_equal(data.features, arma::mat{{1, 3}, {-0.2, 4}}, "absdiff", 0.0));
}

TEST_CASE("a damaged data set is refused with line and column") {
  CHECK(complaint("a,b,class\n1,2,x\n") ==
        "line 1, column 3: the last column is 'class', not 'label'" + last);
  CHECK(complaint("label\nx\n") ==
        "line 1, column 1: there is no column of features before 'label'");
  CHECK(complaint("# c\na,b,label\n1,2,x\n1,two,x\n") ==
        "line 4, column 2: b is 'two', not a finite number" + remedy);
  CHECK(complaint("a,label\nnan,x\n") ==
        "line 2, column 1: a is 'nan', not a finite number" + remedy);
  CHECK(complaint("a,label\n-inf,x\n") ==
        "line 2, column 1: a is '-inf', not a finite number" + remedy);
  CHECK(complaint("a,label\n1e999,x\n") ==
        "line 2, column 1: a is '1e999', not a finite number" + remedy);
  CHECK(complaint("a,label\n,x\n") == "line 2, column 1: a is '', not a finite number" + remedy);
  CHECK(complaint("a,label\n1 2,x\n") ==
        "line 2, column 1: a is '1 2', not a finite number" + remedy);
  CHECK(complaint("a,b,label\n1,x\n") == "line 2, column 2: the line has 2 fields, the header 3");
  CHECK(complaint("a,label\n1,x,9\n") == "line 2, column 3: the line has 3 fields, the header 2");
  CHECK(complaint("a,label\n1,\n") ==
        "line 2, column 2: the label is empty; remove the sample or give its class");
  CHECK(complaint("a,label\n1,\"x\"\n") ==
        "line 2, column 2: \"x\" is quoted; quotes are not read");
  CHECK(complaint("a,label\n") == "holds no samples");
  CHECK(complaint("") == "holds no samples");
}

TEST_CASE("classes that cannot be had are refused") {
  CHECK(complaint("a,label\n1,x\n", {"x", "y"}) == "no row has the label 'y'; there are x");
  CHECK(complaint("a,label\n1,x\n", {"x", "x"}) == "classes: 'x' is given twice");
  CHECK_THROWS_AS(read_dataset_csv("/nonexistent/set.csv"), InputError);
}

TEST_CASE("what a damaged file holds is quoted in printable characters, and not at length") {
  CHECK(complaint("a,\x1b[2J\xff\n") ==
        "line 1, column 2: the last column is '\\x1b[2J\\xff', not 'label'" + last);
  CHECK(complaint("\x7f,label\n\x01,x\n") ==
        "line 2, column 1: \\x7f is '\\x01', not a finite number" + remedy);
  CHECK(complaint("a,label\n" + std::string(40, 'z') + ",x\n") ==
        "line 2, column 1: a is '" + std::string(40, 'z') + "', not a finite number" + remedy);
  CHECK(complaint("a,label\n" + std::string(41, 'z') + ",x\n") ==
        "line 2, column 1: a is '" + std::string(40, 'z') + "...', not a finite number" + remedy);
}

TEST_CASE("a labelled set is numbered by the given classes, of which some may have no rows") {
  const ScratchDirectory directory;
  const auto read = [&](const std::vector<std::string>& classes) {
    return number_by_classes(read_csv_samples(directory / "set.csv"), classes);
  };
  directory.write("set.csv", "# about\na,b,label\n1,2,y\n\n3,4,x\n5,6,y\n");
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
  directory.write("set.csv", "a,label\none,x\n");
  CHECK_THROWS_WITH(
      read({"x"}), EndsWith("set.csv: line 2, column 1: a is 'one', not a finite number" + remedy));
}

TEST_CASE("a model is not trained on one class alone") {
  CHECK(complaint("a,label\n1,x\n2,x\n") ==
        "every sample is of class 'x', at least 2 classes are needed; add samples of another one");
  CHECK(complaint("a,label\n1,x\n2,y\n", {"y"}) ==
        "every sample that was chosen is of class 'y', at least 2 classes are needed; there are x, "
        "y");
  // To be classified, samples may be of one class.
  const ScratchDirectory directory;
  directory.write("set.csv", "a,label\n1,x\n2,x\n");
  CHECK(number_by_classes(read_csv_samples(directory / "set.csv"), {"y", "x"}).labels ==
        std::vector<int>{1, 1});
}

TEST_CASE("labels that are measured values are not all listed") {
  std::vector<std::string> labels;
  for (int i = 10; i < 40; ++i) labels.push_back("0." + std::to_string(i));
  using Catch::Matchers::EndsWith;
  CHECK_THROWS_WITH(select_classes(in_memory(arma::zeros(1, 30), labels), {"a", "b"}),
                    EndsWith("0.28, 0.29, ..."));
}

TEST_CASE("samples in memory are refused by row and column") {
  const double nan = arma::datum::nan, inf = arma::datum::inf;
  CHECK_NOTHROW(in_memory({{1, 2}, {3, 4}}, {"a", "b"}).validate());
  CHECK_THROWS_WITH(in_memory({{1, 2}, {3, nan}}, {"a", "b"}).validate(),
                    "x: row 2, column 2: nan is not a finite number" + remedy);
  CHECK_THROWS_WITH(in_memory({{1, 2}, {-inf, nan}}, {"a", "b"}).validate(),
                    "x: row 1, column 2: -inf is not a finite number" + remedy);
  CHECK_THROWS_WITH(in_memory({{1, 2}}, {"a"}).validate(),
                    "y: holds 1 labels, but x has 2 samples; every sample needs one");
  CHECK_THROWS_WITH(in_memory({{1, 2}}, {"a", ""}).validate(),
                    "y: row 2: the label is empty; remove the sample or give its class");
  CHECK_THROWS_WITH(in_memory({}, {}).validate(), "x: holds no samples");
  CHECK_THROWS_WITH(in_memory(arma::mat(0, 1), {"a"}).validate(),
                    "x: its samples have no features");
  CHECK_THROWS_WITH(number_by_classes(in_memory({{1, 2}}, {"a", "b"}), {"a"}),
                    "y: row 2: the label 'b' is not one of the classes a");
}

TEST_CASE("labels that are numbers make a regression") {
  const LabelledSamples samples{
      "set", "set.csv", "set.csv", arma::mat{{1, 2, 3}}, {"0.5", "-2e3", "7"}, {2, 3, 5}};
  const Dataset data = as_regression(samples);
  CHECK(data.is_regression());
  CHECK(arma::approx_equal(data.targets, arma::mat{{0.5, -2000, 7}}, "absdiff", 0));
  for (const char* label : {"seven", "7m", "nan", "inf"}) {
    LabelledSamples damaged = samples;
    damaged.labels[2] = label;
    CHECK_THROWS_WITH(as_regression(damaged),
                      ContainsSubstring("line 5, column 2") && ContainsSubstring(label));
  }
}
