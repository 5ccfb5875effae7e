#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/kernel_mitigation.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

bool near(const arma::mat& a, const arma::mat& b, double tolerance = 1e-13) {
  return arma::approx_equal(a, b, "absdiff", tolerance);
}

/// Fidelities of random real states of `dimension`: n x n, positive semidefinite, 1 on the
/// diagonal.
arma::mat random_kernel(arma::uword n, arma::uword dimension, RandomStream& random) {
  arma::mat states(dimension, n);
  for (double& amplitude : states) amplitude = random.normal();
  states = arma::normalise(states);
  return arma::symmatu(arma::square(states.t() * states));
}

/// Symmetric, with entries of either sign.
arma::mat random_symmetric(arma::uword n, RandomStream& random) {
  arma::mat matrix(n, n);
  for (double& entry : matrix) entry = random.normal();
  return matrix + matrix.t();
}

arma::vec random_survival(arma::uword n, RandomStream& random) {
  arma::vec survival(n);
  for (double& s : survival) s = 0.5 + random.uniform() / 2;
  return survival;
}

/// By the formula of DepolarizingStep.
arma::mat depolarized(const arma::mat& kernel, const arma::vec& rows, const arma::vec& columns,
                      int n_qubits) {
  arma::mat result = kernel;
  for (arma::uword i = 0; i < rows.n_elem; ++i)
    for (arma::uword j = 0; j < columns.n_elem; ++j) {
      const double s = rows(i) * columns(j);
      result(i, j) = s * kernel(i, j) + (1 - s) / std::pow(2, n_qubits);
    }
  return result;
}

MitigatedKernel mitigated(const arma::mat& kernel, int n_qubits, const char* mitigation) {
  return mitigate(kernel, n_qubits, parse_kernel_mitigation(mitigation));
}

}  // namespace

TEST_CASE("kernel mitigations survive as text, and unknown ones are told what is known") {
  for (const char* text : {"none", "depolarizing", "depolarizing:survival=mean", "clip", "shift",
                           "shift:by=0.125", "depolarizing+clip", "shift:by=1e-05+clip+shift"})
    CHECK(to_string(parse_kernel_mitigation(text)) == text);
  CHECK(parse_kernel_mitigation("none") == KernelMitigation{});
  CHECK(parse_kernel_mitigation("depolarizing:mean+shift:0.5") ==
        KernelMitigation{{DepolarizingStep{DepolarizingStep::Survival::mean}, ShiftStep{0.5}}});
  CHECK(parse_kernel_mitigation("shift").steps.front() == KernelMitigation::Step{ShiftStep{}});

  CHECK_THROWS_WITH(parse_kernel_mitigation("clipped"),
                    "kernel mitigation: \"clipped\": \"clipped\" is unknown; known are clip, "
                    "depolarizing, shift");
  CHECK_THROWS_AS(parse_kernel_mitigation(""), InputError);
  CHECK_THROWS_AS(parse_kernel_mitigation("clip+"), InputError);
  CHECK_THROWS_AS(parse_kernel_mitigation("clip+none"), InputError);
  CHECK_THROWS_WITH(parse_kernel_mitigation("depolarizing:all"),
                    "kernel mitigation: \"depolarizing:all\": unknown survival \"all\"; known are "
                    "each, mean");
  CHECK_THROWS_WITH(parse_kernel_mitigation("clip:0.1"),
                    "kernel mitigation: \"clip:0.1\": takes no settings");
  CHECK_THROWS_WITH(parse_kernel_mitigation("clip+depolarizing"),
                    "kernel mitigation: depolarizing: must be the first step");
  for (const char* text : {"shift:0", "shift:-1", "shift:2e6", "shift:nan"})
    CHECK_THROWS_WITH(parse_kernel_mitigation(text),
                      Catch::Matchers::Contains("is outside (0, 1000000]"));
}

TEST_CASE("undoing depolarizing noise gives back the kernel, of new samples too") {
  RandomStream random(41);
  for (const int n_qubits : {1, 3}) {
    const arma::mat all = random_kernel(12, arma::uword{1} << n_qubits, random);
    const arma::span trained(0, 7), fresh(8, 11);
    const arma::mat kernel = all(trained, trained), between = all(trained, fresh);
    const arma::vec s = random_survival(8, random), s_new = random_survival(4, random);
    const arma::mat noisy = arma::symmatu(depolarized(kernel, s, s, n_qubits));
    const arma::mat noisy_between = depolarized(between, s, s_new, n_qubits);
    const double floor = std::pow(2, -n_qubits);

    const MitigatedKernel each = mitigated(noisy, n_qubits, "depolarizing");
    CHECK(near(each.kernel, kernel));
    CHECK(near(each.correction.survival, s));
    const arma::vec diagonal = s_new % s_new * (1 - floor) + floor;
    CHECK(near(each.correction.apply(noisy_between, diagonal), between));
    CHECK(near(each.correction.apply(noisy, arma::vec(noisy.diag())), kernel));

    const arma::vec same(8, arma::fill::value(0.7)), same_new(4, arma::fill::value(0.7));
    const MitigatedKernel mean = mitigated(arma::symmatu(depolarized(kernel, same, same, n_qubits)),
                                           n_qubits, "depolarizing:mean");
    CHECK(near(mean.kernel, kernel));
    CHECK(near(mean.correction.apply(depolarized(between, same, same_new, n_qubits)), between));
  }
}

TEST_CASE("the mean survival is the one of the mean of the diagonal") {
  // s² = 0.5 and 0.9 on two qubits, mean 0.7.
  const arma::mat noisy{{0.625, 0.4}, {0.4, 0.925}};
  const MitigatedKernel mean = mitigated(noisy, 2, "depolarizing:mean");
  CHECK(near(mean.correction.survival, arma::vec(2, arma::fill::value(std::sqrt(0.7)))));
  CHECK(mean.kernel(0, 1) == Approx(0.25 + 0.15 / 0.7).epsilon(1e-14));
  CHECK(mean.kernel(0, 0) == Approx(0.25 + 0.375 / 0.7).epsilon(1e-14));
  const MitigatedKernel each = mitigated(noisy, 2, "depolarizing");
  CHECK(each.kernel(0, 1) == Approx(0.25 + 0.15 / std::sqrt(0.45)).epsilon(1e-14));
  CHECK(each.kernel(0, 0) == Approx(1).epsilon(1e-15));
}

TEST_CASE("clipping and shifting have their known values") {
  const arma::mat indefinite{{1, 2}, {2, 1}};  // eigenvalues 3 and -1
  CHECK(near(mitigated(indefinite, 1, "clip").kernel, {{1.5, 1.5}, {1.5, 1.5}}));
  CHECK(near(mitigated(indefinite, 1, "shift").kernel, {{2, 2}, {2, 2}}));
  CHECK(near(mitigated(indefinite, 1, "shift:0.5").kernel, {{1.5, 2}, {2, 1.5}}));
  CHECK(near(mitigated(indefinite, 1, "shift:0.5+clip").kernel, {{1.75, 1.75}, {1.75, 1.75}}));
  const arma::mat definite{{1, 0.5}, {0.5, 1}};
  for (const char* nothing : {"none", "clip", "shift", "clip+shift"}) {
    const MitigatedKernel same = mitigated(definite, 1, nothing);
    CHECK(near(same.kernel, definite, 0));
    const arma::mat between{{0.1, 0.2}, {0.7, 0.4}};
    CHECK(near(same.correction.apply(between), between, 0));
  }
}

TEST_CASE("clipping gives the nearest positive semidefinite matrix, as a projection") {
  RandomStream random(42);
  const arma::mat kernel = random_symmetric(9, random);
  const MitigatedKernel clipped = mitigated(kernel, 2, "clip");
  const arma::vec eigenvalues = arma::eig_sym(kernel);
  CHECK(arma::eig_sym(clipped.kernel).min() > -1e-13);
  CHECK(clipped.kernel.is_symmetric());
  CHECK(arma::norm(clipped.kernel - kernel, "fro") ==
        Approx(arma::norm(arma::clamp(eigenvalues, -arma::datum::inf, 0))).epsilon(1e-13));
  CHECK(near(clipped.correction.apply(kernel), clipped.kernel));
  CHECK(near(clipped.correction.projection * clipped.correction.projection,
             clipped.correction.projection));

  const MitigatedKernel shifted = mitigated(kernel, 2, "shift");
  CHECK(arma::eig_sym(shifted.kernel).min() == Approx(0).margin(1e-13));
  CHECK(near(shifted.kernel - kernel, -eigenvalues.min() * arma::eye(9, 9)));
  CHECK(near(shifted.correction.apply(kernel), kernel, 0));
}

TEST_CASE("steps are done in their order, and new samples go through all of them") {
  RandomStream random(43);
  const arma::mat kernel = random_kernel(6, 4, random);
  const arma::vec s = random_survival(6, random);
  arma::mat noisy = depolarized(kernel, s, s, 2) + 0.1 * random_symmetric(6, random);
  noisy = arma::symmatu(noisy);
  noisy.diag() = s % s * 0.75 + 0.25;
  const MitigatedKernel first = mitigated(noisy, 2, "depolarizing");
  REQUIRE(arma::eig_sym(first.kernel).min() < 0);
  const MitigatedKernel both = mitigated(noisy, 2, "depolarizing+clip");
  const MitigatedKernel second = mitigated(first.kernel, 2, "clip");
  CHECK(near(both.kernel, second.kernel));
  const arma::mat between = noisy.cols(1, 2);
  const arma::vec diagonal{noisy(1, 1), noisy(2, 2)};
  CHECK(near(both.correction.apply(between, diagonal),
             second.correction.apply(first.correction.apply(between, diagonal))));
}

TEST_CASE("kernel mitigation refuses what it cannot mend") {
  const arma::mat kernel{{1, 0.2}, {0.2, 0.25}};
  CHECK_THROWS_WITH(mitigated(kernel, 2, "depolarizing"),
                    "kernel mitigation: sample 1: its kernel with itself is measured as 0.25, not "
                    "above 0.25: nothing of its state survives; take more shots, or "
                    "\"depolarizing:survival=mean\"");
  CHECK_THROWS_AS(mitigated(kernel, 2, "depolarizing"), RunError);
  CHECK_NOTHROW(mitigated(kernel, 2, "depolarizing:mean"));
  CHECK_THROWS_WITH(mitigated({{0.2, 0.2}, {0.2, 0.3}}, 2, "depolarizing:mean"),
                    "kernel mitigation: the mean of the diagonal is measured as 0.25, not above "
                    "0.25: nothing of the states survives; take more shots");
  CHECK_THROWS_WITH(mitigated(arma::mat(2, 1), 2, "clip"),
                    "kernel mitigation: kernel: is 2 x 1, not square");
  CHECK_THROWS_WITH(mitigated({{1, 0}, {0.1, 1}}, 2, "clip"),
                    Catch::Matchers::Contains("kernel (0, 1): 0 is not finite or not 0.1"));
  CHECK_THROWS_WITH(mitigated(kernel, 0, "clip"), "kernel mitigation: 0 qubits, at least 1");

  const KernelCorrection correction = mitigated(arma::eye(2, 2), 1, "depolarizing").correction;
  CHECK_THROWS_WITH(correction.apply(arma::mat(2, 3)),
                    "kernel correction: fitted to 2 samples, given a kernel of 2 x 3 and 0 of its "
                    "new samples' with themselves");
  CHECK_THROWS_AS(correction.apply(arma::mat(3, 1), {1}), InputError);
  CHECK_THROWS_WITH(correction.apply(arma::mat(2, 2), {1, 0.4}),
                    Catch::Matchers::Contains("sample 1: its kernel with itself is measured as "
                                              "0.4, not above 0.5"));
}
