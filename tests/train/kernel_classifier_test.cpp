#include <algorithm>
#include <filesystem>
#include <set>

#include <svm.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/kernel_classifier.hpp>
#include <rhodrift/train/preprocessing.hpp>
#include <rhodrift/train/qnn.hpp>
#include <rhodrift/train/quantum_kernel.hpp>
#include <rhodrift/train/synthetic_data.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

arma::mat random_points(arma::uword n_features, arma::uword n, RandomStream& random) {
  arma::mat points(n_features, n);
  for (double& x : points) x = random.normal();
  return points;
}

/// exp(-|x - x'|²/2), positive definite.
arma::mat gaussian(const arma::mat& rows, const arma::mat& columns) {
  return projected_kernel(rows, columns, 1.0);
}

std::vector<int> random_labels(std::size_t n, int n_classes, RandomStream& random) {
  std::vector<int> labels(n);
  for (int& label : labels)
    label = static_cast<int>(random.below(static_cast<std::uint64_t>(n_classes)));
  for (int k = 0; k < n_classes; ++k) labels[n - 1 - static_cast<std::size_t>(k)] = k;
  return labels;
}

double share_right(const std::vector<int>& predictions, const std::vector<int>& labels) {
  return accuracy(predictions, labels).value;
}

/// LIBSVM's own model and predictions, samples in their own order.
class LibSvm {
 public:
  LibSvm(const arma::mat& kernel, const std::vector<int>& labels, double c)
      : classes_(labels.begin(), labels.end()) {
    svm_set_print_string_function([](const char*) {});
    for (arma::uword i = 0; i < kernel.n_cols; ++i) rows_.push_back(nodes(i, kernel.col(i)));
    for (auto& row : rows_) samples_.push_back(row.data());
    svm_parameter parameter{};
    parameter.svm_type = C_SVC;
    parameter.kernel_type = PRECOMPUTED;
    parameter.C = c;
    parameter.eps = 1e-6;
    parameter.cache_size = 10;
    parameter.shrinking = 1;
    problem_ = {static_cast<int>(samples_.size()), classes_.data(), samples_.data()};
    model_ = svm_train(&problem_, &parameter);
  }
  LibSvm(const LibSvm&) = delete;
  ~LibSvm() { svm_free_and_destroy_model(&model_); }

  int predict(const arma::vec& kernel) const {
    return static_cast<int>(svm_predict(model_, nodes(0, kernel).data()));
  }
  /// Of two classes, > 0 for class 0.
  double decision(const arma::vec& kernel) const {
    double value = 0;
    svm_predict_values(model_, nodes(0, kernel).data(), &value);
    return model_->label[0] == 0 ? value : -value;
  }

 private:
  static std::vector<svm_node> nodes(arma::uword number, const arma::vec& kernel) {
    std::vector<svm_node> row{{0, static_cast<double>(number + 1)}};
    for (arma::uword i = 0; i < kernel.n_elem; ++i)
      row.push_back({static_cast<int>(i + 1), kernel(i)});
    row.push_back({-1, 0});
    return row;
  }

  std::vector<double> classes_;
  std::vector<std::vector<svm_node>> rows_;
  std::vector<svm_node*> samples_;
  svm_problem problem_;
  svm_model* model_;
};

/// Trained on the kernel of a feature map, noise-free.
double fidelity_accuracy(const Split& data, const Encoder& encoder, double c) {
  const FidelityKernel kernel{FeatureMap(encoder)};
  DensityMatrixExecutor executor(1);
  const arma::mat trained =
      kernel.matrix(executor, data.train.features, 0, KernelDiagonal::one).values;
  const KernelClassifier svm = train_kernel_classifier(trained, data.train.labels, c);
  const arma::mat between =
      kernel.between(executor, data.train.features.cols(svm.support), data.test.features, 0).values;
  return share_right(svm.predict(between), data.test.labels);
}

double projected_accuracy(const Split& data, const Encoder& encoder, double gamma, double c) {
  const FeatureMap map(encoder);
  DensityMatrixExecutor executor(1);
  const arma::mat a = one_qubit_expectations(executor, map, data.train.features, 0).values;
  const arma::mat b = one_qubit_expectations(executor, map, data.test.features, 0).values;
  const KernelClassifier svm =
      train_kernel_classifier(projected_kernel(a, a, gamma), data.train.labels, c);
  return share_right(svm.predict(projected_kernel(a.cols(svm.support), b, gamma)),
                     data.test.labels);
}

double linear_accuracy(const Split& data, double c) {
  const arma::mat& x = data.train.features;
  const arma::mat kernel = x.t() * x;
  const KernelClassifier svm = train_kernel_classifier(arma::symmatu(kernel), data.train.labels, c);
  const arma::mat between = x.cols(svm.support).t() * data.test.features;
  return share_right(svm.predict(between), data.test.labels);
}

/// The features of both parts onto [low, high], as those of the first are.
Split scaled(Split data, double low, double high) {
  const Preprocessing range = feature_range(data.train.features, low, high);
  data.train.features = range.apply(data.train.features);
  data.test.features = range.apply(data.test.features);
  return data;
}

}  // namespace

TEST_CASE("two orthogonal samples have the known machine") {
  const KernelClassifier hard = train_kernel_classifier(arma::eye(2, 2), {0, 1}, 10);
  CHECK(hard.n_classes == 2);
  CHECK(arma::approx_equal(hard.coefficients, arma::mat{1, -1}.t(), "absdiff", 1e-6));
  CHECK(hard.bias(0) == Approx(0).margin(1e-6));
  // α stops at c.
  const KernelClassifier soft = train_kernel_classifier(arma::eye(2, 2), {1, 0}, 0.5);
  CHECK(arma::approx_equal(soft.coefficients, arma::mat{-0.5, 0.5}.t(), "absdiff", 1e-12));
  CHECK(soft.predict(arma::eye(2, 2)) == std::vector<int>{1, 0});
}

TEST_CASE("the machine of each pair of classes fulfils the conditions of optimality") {
  RandomStream random(51);
  const arma::mat points = random_points(2, 60, random);
  const std::vector<int> labels = random_labels(60, 3, random);
  const arma::mat kernel = gaussian(points, points);
  const double c = 2;
  const KernelClassifier svm = train_kernel_classifier(kernel, labels, c);
  REQUIRE(svm.coefficients.n_cols == 3);
  const arma::mat decisions = svm.decisions(kernel.rows(svm.support));
  const std::pair<int, int> pairs[] = {{0, 1}, {0, 2}, {1, 2}};
  for (arma::uword p = 0; p < 3; ++p) {
    arma::vec coefficients(60);
    coefficients(svm.support) = svm.coefficients.col(p);
    CHECK(arma::accu(coefficients) == Approx(0).margin(1e-10));
    for (arma::uword i = 0; i < 60; ++i) {
      const bool first = labels[i] == pairs[p].first, second = labels[i] == pairs[p].second;
      const double alpha = first ? coefficients(i) : -coefficients(i);
      if (!first && !second) {
        CHECK(alpha == 0);
        continue;
      }
      const double margin = (first ? 1 : -1) * decisions(p, i);
      CHECK(alpha >= 0);
      CHECK(alpha <= c);
      if (alpha < c) CHECK(margin >= 1 - 1e-6);
      if (alpha > 0) CHECK(margin <= 1 + 1e-6);
    }
  }
}

TEST_CASE("predictions are LIBSVM's own") {
  RandomStream random(52);
  for (const int n_classes : {2, 3, 5}) {
    const arma::mat points = random_points(3, 80, random), fresh = random_points(3, 300, random);
    const std::vector<int> labels = random_labels(80, n_classes, random);
    const arma::mat kernel = gaussian(points, points), between = gaussian(points, fresh);
    const KernelClassifier svm = train_kernel_classifier(kernel, labels, 1);
    const LibSvm reference(kernel, labels, 1);
    CHECK(std::set<int>(labels.begin(), labels.end()).size() ==
          static_cast<std::size_t>(n_classes));
    const std::vector<int> predictions = svm.predict(between.rows(svm.support));
    const arma::mat decisions = svm.decisions(between.rows(svm.support));
    for (arma::uword s = 0; s < 300; ++s) {
      if (n_classes == 2)
        CHECK(decisions(0, s) == Approx(reference.decision(between.col(s))).margin(1e-5));
      // Equal votes go to the lowest class here, to the first seen there.
      arma::uvec votes(static_cast<arma::uword>(n_classes));
      arma::uword p = 0;
      for (arma::uword a = 0; a < votes.n_elem; ++a)
        for (arma::uword b = a + 1; b < votes.n_elem; ++b) ++votes(decisions(p++, s) > 0 ? a : b);
      if (arma::accu(votes == votes.max()) == 1)
        CHECK(predictions[s] == reference.predict(between.col(s)));
      CHECK(predictions[s] == static_cast<int>(votes.index_max()));
    }
  }
}

TEST_CASE("the machine does not depend on the order of samples, and is the same each time") {
  RandomStream random(53);
  const arma::mat points = random_points(2, 50, random), fresh = random_points(2, 40, random);
  const std::vector<int> labels = random_labels(50, 3, random);
  const KernelClassifier svm = train_kernel_classifier(gaussian(points, points), labels, 3);
  const KernelClassifier again = train_kernel_classifier(gaussian(points, points), labels, 3);
  CHECK(arma::approx_equal(svm.coefficients, again.coefficients, "absdiff", 0));
  CHECK(arma::approx_equal(svm.bias, again.bias, "absdiff", 0));

  const arma::uvec order = arma::reverse(arma::regspace<arma::uvec>(0, 49));
  const std::vector<int> reversed(labels.rbegin(), labels.rend());
  const arma::mat turned = points.cols(order);
  const KernelClassifier other = train_kernel_classifier(gaussian(turned, turned), reversed, 3);
  CHECK(arma::approx_equal(svm.decisions(gaussian(points.cols(svm.support), fresh)),
                           other.decisions(gaussian(turned.cols(other.support), fresh)), "absdiff",
                           1e-5));
}

TEST_CASE("kernels that are not positive semidefinite are taken as they are") {
  const arma::mat indefinite{
      {1, 0.9, -0.8, 0.1}, {0.9, 1, 0.9, 0.2}, {-0.8, 0.9, 1, 0.3}, {0.1, 0.2, 0.3, -0.5}};
  REQUIRE(arma::eig_sym(indefinite).min() < -0.5);
  const KernelClassifier svm = train_kernel_classifier(indefinite, {0, 0, 1, 1}, 1);
  CHECK(svm.coefficients.is_finite());
  CHECK(arma::accu(svm.coefficients) == Approx(0).margin(1e-12));
}

TEST_CASE("quantum kernels separate circles and moons, a linear one does not") {
  const double half_pi = arma::datum::pi / 2;
  const Encoder encoder(parse_encoding("angle:ry"), 2, 2);
  const Split rings =
      scaled(stratified_split(circles(120, 0.05, 0.5, 61), 0.5, 62), -half_pi, half_pi);
  CHECK(linear_accuracy(rings, 10) < 0.7);
  CHECK(fidelity_accuracy(rings, encoder, 10) == 1);
  CHECK(projected_accuracy(rings, encoder, 1, 10) == 1);

  const Split crescents = scaled(stratified_split(moons(160, 0.1, 63), 0.5, 64), -half_pi, half_pi);
  CHECK(linear_accuracy(crescents, 10) < 0.9);
  CHECK(fidelity_accuracy(scaled(crescents, 0, 2 * half_pi), Encoder(parse_encoding("iqp"), 2, 2),
                          10) > 0.9);
  CHECK(projected_accuracy(crescents, encoder, 1, 10) > 0.95);
}

TEST_CASE("a machine that is not found is no machine", "[long]") {
  // Rank 9, labels that nothing tells: the steps needed grow with c.
  RandomStream random(54);
  const arma::mat points = random_points(2, 100, random);
  const std::vector<int> labels = random_labels(100, 2, random);
  arma::mat kernel(100, 100);
  for (arma::uword i = 0; i < 100; ++i)
    for (arma::uword j = 0; j < 100; ++j)
      kernel(i, j) =
          arma::prod(arma::square(arma::cos(arma::vec(points.col(i) - points.col(j)) / 2)));
  CHECK_NOTHROW(train_kernel_classifier(kernel, labels, 1e3));
  CHECK_THROWS_WITH(train_kernel_classifier(kernel, labels, 1e8),
                    Catch::Matchers::Contains("classes 0 and 1: no optimum found with c = 1") &&
                        Catch::Matchers::EndsWith("take a smaller c"));
}

TEST_CASE("quantum kernels tell the three irises apart") {
  const Dataset iris =
      read_dataset_csv(std::filesystem::path(RHODRIFT_SOURCE_DIR) / "data/datasets/iris.csv");
  const Split data = scaled(stratified_split(iris, 1.0 / 3, 65), 0, arma::datum::pi);
  const Encoder encoder(parse_encoding("angle:ry"), 4, 4);
  CHECK(fidelity_accuracy(data, encoder, 10) > 0.9);
  CHECK(projected_accuracy(data, encoder, 1, 10) > 0.9);
}

TEST_CASE("the kernel classifier refuses what it cannot learn from") {
  const arma::mat kernel = arma::eye(3, 3);
  CHECK_THROWS_WITH(train_kernel_classifier(kernel, {0, 1}, 1),
                    "kernel classifier: labels: 2 for 3 samples");
  CHECK_THROWS_WITH(train_kernel_classifier(kernel, {0, 0, 0}, 1),
                    "kernel classifier: labels: all samples are of one class");
  CHECK_THROWS_WITH(train_kernel_classifier(kernel, {0, 3, 1}, 1),
                    "kernel classifier: labels: class 2 has no sample");
  CHECK_THROWS_WITH(train_kernel_classifier({{1, 0.5}, {0.4, 1}}, {0, 1}, 1),
                    Catch::Matchers::Contains("kernel (0, 1): 0.5 is not finite or not 0.4"));
  for (const double c : {0.0, -1.0, arma::datum::nan, arma::datum::inf})
    CHECK_THROWS_WITH(train_kernel_classifier(kernel, {0, 1, 1}, c),
                      Catch::Matchers::EndsWith("is not > 0"));
  const KernelClassifier svm = train_kernel_classifier(kernel, {0, 1, 1}, 1);
  CHECK_THROWS_WITH(svm.predict(arma::mat(2, 5)),
                    "kernel classifier: kernel: of 2 samples, 3 are the classifier's support");
  CHECK_THROWS_WITH(svm.predict(arma::vec{1, arma::datum::nan, 0}),
                    "kernel classifier: kernel: is not finite");
  CHECK(svm.predict(arma::mat(3, 0)).empty());
}
