#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/kernel_alignment.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

/// 1 for the same class, `other` else.
arma::mat classes_kernel(const std::vector<int>& labels, double other) {
  arma::mat kernel(labels.size(), labels.size());
  for (std::size_t i = 0; i < labels.size(); ++i)
    for (std::size_t j = 0; j < labels.size(); ++j)
      kernel(i, j) = labels[i] == labels[j] ? 1 : other;
  return kernel;
}

}  // namespace

TEST_CASE("alignment is 1 with the target and has its known values elsewhere") {
  const std::vector<int> two{0, 1, 1, 0}, three{2, 0, 1, 1, 0, 2}, uneven{0, 0, 0, 1};
  CHECK(kernel_target_alignment(classes_kernel(two, -1), two) == Approx(1).epsilon(1e-15));
  CHECK(kernel_target_alignment(-classes_kernel(two, -1), two) == Approx(-1).epsilon(1e-15));
  CHECK(kernel_target_alignment(classes_kernel(three, -0.5), three) == Approx(1).epsilon(1e-15));
  // yᵀ1 = 0 with equal classes, 2 of 4 with three and one.
  CHECK(kernel_target_alignment(arma::ones(4, 4), two) == 0);
  CHECK(kernel_target_alignment(arma::ones(4, 4), uneven) == Approx(0.25).epsilon(1e-15));
  CHECK(kernel_target_alignment(arma::eye(4, 4), two) == Approx(0.5).epsilon(1e-15));
  CHECK(centred_kernel_target_alignment(arma::eye(4, 4), two) ==
        Approx(1 / std::sqrt(3)).epsilon(1e-15));
}

TEST_CASE(
    "centred alignment does not see constants, nor the number that stands for other classes") {
  RandomStream random(31);
  const std::vector<int> labels{0, 1, 2, 0, 1, 0, 0};
  arma::mat kernel(7, 7);
  for (double& entry : kernel) entry = random.uniform();
  kernel = kernel * kernel.t();
  const double alignment = centred_kernel_target_alignment(kernel, labels);
  CHECK(std::abs(alignment) < 1);
  CHECK(centred_kernel_target_alignment(3 * kernel + 5, labels) ==
        Approx(alignment).epsilon(1e-12));
  for (const double other : {-0.5, 0.0, 0.9})
    CHECK(centred_kernel_target_alignment(classes_kernel(labels, other), labels) ==
          Approx(1).epsilon(1e-13));
  // Centring is H K H with H = 1 - 11ᵀ/n.
  const arma::mat h = arma::eye(7, 7) - arma::ones(7, 7) / 7;
  const arma::mat k = h * kernel * h, t = h * classes_kernel(labels, 0) * h;
  CHECK(alignment ==
        Approx(arma::accu(k % t) / (arma::norm(k, "fro") * arma::norm(t, "fro"))).epsilon(1e-13));
}

TEST_CASE("alignment refuses what is no kernel of labelled samples") {
  const arma::mat kernel = arma::eye(3, 3);
  CHECK_THROWS_WITH(kernel_target_alignment(arma::mat(2, 3), {0, 1}),
                    "kernel-target alignment: kernel: is 2 x 3, not square");
  CHECK_THROWS_WITH(kernel_target_alignment(arma::mat(), {}),
                    "kernel-target alignment: kernel: is 0 x 0, not square");
  CHECK_THROWS_WITH(kernel_target_alignment({{1, 0.5}, {0.25, 1}}, {0, 1}),
                    "kernel-target alignment: kernel (0, 1): 0.5 is not finite or not 0.25, as at "
                    "(1, 0)");
  CHECK_THROWS_WITH(kernel_target_alignment({{arma::datum::nan, 0}, {0, 1}}, {0, 1}),
                    Catch::Matchers::Contains("kernel (0, 0): nan is not finite"));
  CHECK_THROWS_WITH(kernel_target_alignment(kernel, {0, 1}),
                    "kernel-target alignment: labels: 2 for 3 samples");
  CHECK_THROWS_WITH(kernel_target_alignment(kernel, {0, 0, 0}),
                    "kernel-target alignment: labels: all samples are of one class");
  CHECK_THROWS_WITH(kernel_target_alignment(kernel, {0, 2, 0}),
                    "kernel-target alignment: labels: class 1 has no sample");
  CHECK_THROWS_WITH(kernel_target_alignment(kernel, {0, -1, 1}),
                    "kernel-target alignment: labels: -1 is negative");
  CHECK_THROWS_WITH(kernel_target_alignment(arma::zeros(2, 2), {0, 1}),
                    "kernel-target alignment: kernel: is 0 everywhere");
  CHECK_THROWS_WITH(centred_kernel_target_alignment(0.3 * arma::ones(3, 3), {0, 1, 1}),
                    "kernel-target alignment: kernel: has nothing but the means of its rows and "
                    "columns");
}
