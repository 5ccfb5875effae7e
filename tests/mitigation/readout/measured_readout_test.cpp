#include <bit>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>

#include "mitigation/readout/calibrated.hpp"
#include "mitigation/readout/calibration_error.hpp"
#include "mitigation/readout/orthogonal_array.hpp"
#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;
using readout::CalibrationScheme;
using readout::MeasuredReadout;

namespace {

const ReadoutError two_bits{ConfusionMatrix::single(0, 0.03, 0.08),
                            ConfusionMatrix::single(1, 0.02, 0.05)};

struct SchemeCase {
  CalibrationScheme scheme;
  std::vector<std::vector<int>> groups;
  std::size_t n_circuits;
};

}  // namespace

TEST_CASE("Any three bits of balanced patterns take each of their values equally often") {
  for (const int n_bits : {1, 2, 3, 5, 8, 9, 20}) {
    const std::uint64_t n_rows = min_balanced_patterns(n_bits);
    const auto patterns = balanced_patterns(n_bits, n_rows);
    REQUIRE(patterns.size() == n_rows);
    for (int i = 0; i < n_bits; ++i)
      for (int j = i; j < n_bits; ++j)
        for (int k = j; k < n_bits; ++k) {
          std::map<int, std::uint64_t> seen;
          for (const auto& p : patterns) ++seen[bit_of(p, i) + 2 * bit_of(p, j) + 4 * bit_of(p, k)];
          const std::uint64_t n_values = 2u << ((j > i ? 1 : 0) + (k > j ? 1 : 0));
          REQUIRE(seen.size() == n_values);
          for (const auto& [value, count] : seen) REQUIRE(count == n_rows / n_values);
        }
  }
  CHECK(min_balanced_patterns(127) == 256);
  CHECK(std::popcount(balanced_patterns(127, 256)[128][0]) == 64);
  CHECK(std::popcount(balanced_patterns(127, 256)[128][1]) == 63);
}

TEST_CASE("Exact calibration outcomes give the confusion matrices back") {
  RandomStream random(31);
  const ReadoutError device{oracle::random_confusion({3, 0}, random),
                            oracle::random_confusion({1}, random),
                            oracle::random_confusion({2, 4}, random)};
  const std::vector<std::vector<int>> groups{{3, 0}, {1}, {2, 4}};
  Circuit target(5);
  target.append(Op::h, {0}).append(Op::cx, {0, 4});
  for (int bit = 0; bit < 5; ++bit) target.measure(4 - bit, bit);
  target.set_readout_error(device);
  const std::vector<SchemeCase> cases{{CalibrationScheme::independent, groups, 1 + 3 + 1 + 3},
                                      {CalibrationScheme::balanced, groups, 16},
                                      {CalibrationScheme::grouped, groups, 4},
                                      {CalibrationScheme::grouped, {{0, 1, 2, 3, 4}}, 32}};
  for (const SchemeCase& c : cases) {
    CAPTURE(to_string(c.scheme));
    const auto plan = readout::construct_calibration(target, c.scheme, c.groups, 0);
    REQUIRE(plan.jobs.size() == c.n_circuits);
    const auto outcomes = DensityMatrixExecutor(1).run(plan.jobs);
    const MeasuredReadout measured = readout::combine_calibration(plan, outcomes);
    CHECK(measured.exact());
    CHECK(arma::abs(oracle::confusion(measured.error, 5) - oracle::confusion(device, 5)).max() <
          1e-14);
  }
}

TEST_CASE("The marginal scheme reads all zeros and all ones") {
  Circuit target(3);
  target.measure(2, 0).measure(1, 1);
  const auto plan = readout::construct_calibration(target, CalibrationScheme::marginal,
                                                   readout::single_bits(2), 100);
  REQUIRE(plan.jobs.size() == 2);
  CHECK(plan.total_shots() == 200);
  CHECK(plan.jobs[0].circuit->instructions().size() == 2);
  CHECK(plan.jobs[1].circuit->instructions().size() == 4);
  CHECK(plan.jobs[1].circuit->qubit_of_bit() == std::vector<int>{2, 1});
  const std::vector<Outcomes> outcomes{Outcomes::from_counts(2, {{0, 90}, {1, 10}}),
                                       Outcomes::from_counts(2, {{3, 80}, {1, 20}})};
  const MeasuredReadout measured = readout::combine_calibration(plan, outcomes);
  CHECK(measured.error[0].matrix(1, 0) == Approx(0.1).epsilon(1e-14));
  CHECK(measured.error[0].matrix(1, 1) == 1.0);
  CHECK(measured.error[1].matrix(0, 1) == Approx(0.2).epsilon(1e-14));
  CHECK(measured.shots[1](0) == 100.0);
  CHECK(measured.sampled(0));
}

TEST_CASE("Measured matrices scatter as their stated covariance says") {
  // Derivative = one entry of one column: the calibration error is that entry's.
  Circuit target(2);
  for (const auto scheme : {CalibrationScheme::independent, CalibrationScheme::balanced}) {
    const auto plan = readout::construct_calibration(target, scheme, readout::single_bits(2), 200);
    const auto exact = calibrated::exact_outcomes(plan, two_bits, 2);
    const double shots = scheme == CalibrationScheme::balanced ? 400 : 200;
    arma::mat entries(2000, 3);
    for (arma::uword r = 0; r < entries.n_rows; ++r) {
      RandomStream random(32, r);
      const auto measured =
          readout::combine_calibration(plan, calibrated::draw_each(exact, 200, random));
      REQUIRE(measured.shots[1](1) == shots);
      entries.row(r) = arma::rowvec{measured.error[0].matrix(1, 0), measured.error[0].matrix(0, 1),
                                    measured.error[1].matrix(0, 1)};
    }
    const arma::mat covariance = arma::cov(entries);
    const arma::vec expected = arma::vec{0.03 * 0.97, 0.08 * 0.92, 0.05 * 0.95} / shots;
    for (arma::uword i = 0; i < 3; ++i) {
      CHECK(covariance(i, i) == Approx(expected(i)).epsilon(0.12));
      for (arma::uword j = 0; j < i; ++j)
        CHECK(std::abs(covariance(i, j)) < 0.1 * std::sqrt(expected(i) * expected(j)));
    }
  }
}

TEST_CASE("The calibration error of a value is DᵀΣD of its derivative") {
  RandomStream random(33);
  MeasuredReadout measured{
      {oracle::random_confusion({0, 2}, random), oracle::random_confusion({1}, random)},
      {arma::vec(4).fill(1e9), {}}};
  const arma::mat d(4, 4, arma::fill::randn);
  const arma::rowvec row = readout::calibration_error(measured, {d, {}});
  double expected = 0.0;
  for (arma::uword p = 0; p < 4; ++p) {
    const arma::vec a = measured.error[0].matrix.col(p);
    expected += arma::as_scalar(d.col(p).t() * (arma::diagmat(a) - a * a.t()) * d.col(p)) / 1e9;
  }
  CHECK(arma::dot(row, row) == Approx(expected).epsilon(1e-6));

  // A misreading never seen in 50 shots is not impossible.
  const MeasuredReadout clean{{ConfusionMatrix::single(0, 0.0, 0.0)}, {{50.0, 50.0}}};
  const arma::rowvec unseen = readout::calibration_error(clean, {{{1.0, 0.0}, {0.0, 0.0}}});
  CHECK(arma::norm(unseen) == Approx(std::sqrt(0.5 / 51 * 50.5 / 51 / 50)).epsilon(1e-12));

  const arma::mat wide(3, 40, arma::fill::randn);
  const arma::mat narrow = readout::fewest_columns(wide);
  CHECK(narrow.n_cols == 3);
  CHECK(arma::abs(narrow * narrow.t() - wide * wide.t()).max() < 1e-12);
}

TEST_CASE("Correlated readout from plan to estimate: calibrate groups, run, invert") {
  RandomStream random(34);
  Circuit target(3);
  target.append(Op::ry, {0}, {1.1}).append(Op::cx, {0, 1}).append(Op::rx, {2}, {0.6});
  const arma::cx_mat density = oracle::evolve(target);
  target.set_readout_error(
      {oracle::random_confusion({0, 2}, random), ConfusionMatrix::single(1, 0.02, 0.06)});
  const auto plan =
      readout::construct_calibration(target, CalibrationScheme::grouped, {{0, 2}, {1}}, 20000);
  DensityMatrixExecutor executor(35);
  const MeasuredReadout measured = readout::combine_calibration(plan, executor.run(plan.jobs));
  const Plan run = readout::construct(std::make_shared<const Circuit>(target), 50000);
  const auto outcomes = executor.run(run.jobs);
  const auto observables = parse_observables({"Z0", "Z0 Z1", "Z0 Z1 Z2"});
  const auto known =
      readout::combine(run, outcomes, observables, readout::inversion(target.readout_error()));
  const auto estimates = readout::combine(run, outcomes, observables, readout::inversion(measured));
  for (std::size_t k = 0; k < observables.size(); ++k) {
    const double truth = oracle::expectation(observables[k], density);
    CHECK(std::abs(estimates[k].value - truth) < 3 * estimates[k].std_error);
    CHECK(estimates[k].std_error > known[k].std_error);
    CHECK(estimates[k].std_error < 3 * known[k].std_error);
  }
}

TEST_CASE("Readout calibrations that make no sense are refused") {
  const auto construct = [](const Circuit& circuit, CalibrationScheme scheme,
                            const std::vector<std::vector<int>>& groups) {
    return readout::construct_calibration(circuit, scheme, groups, 10);
  };
  const Circuit two(2);
  CHECK_THROWS_WITH(construct(two, CalibrationScheme::marginal, {{0, 1}}),
                    ContainsSubstring("2 bits are outside 1..1, what scheme marginal takes"));
  CHECK_THROWS_WITH(construct(Circuit(4), CalibrationScheme::balanced, {{0, 1, 2, 3}}),
                    ContainsSubstring("outside 1..3"));
  CHECK_THROWS_WITH(construct(two, CalibrationScheme::grouped, {{0}, {}}),
                    ContainsSubstring("group 1: 0 bits"));
  CHECK_THROWS_WITH(construct(two, CalibrationScheme::grouped, {{0, 2}}),
                    ContainsSubstring("bit 2 is outside 0..1"));
  CHECK_THROWS_WITH(construct(two, CalibrationScheme::grouped, {{0}, {1, 0}}),
                    ContainsSubstring("bit 0 is in a group already"));
  CHECK_THROWS_WITH(construct(two, CalibrationScheme::grouped, {}), ContainsSubstring("no group"));
  Circuit twice(1);
  twice.measure(0, 0).measure(0, 1);
  CHECK_THROWS_WITH(construct(twice, CalibrationScheme::marginal, {{0}, {1}}),
                    ContainsSubstring("qubit 0 is read into more than one bit"));

  const auto plan = construct(two, CalibrationScheme::marginal, {{0}, {1}});
  const Outcomes shots = Outcomes::from_counts(2, {{0, 10}});
  CHECK_THROWS_WITH(readout::combine_calibration(plan, std::vector<Outcomes>{shots}),
                    ContainsSubstring("1 given for 2 circuits"));
  CHECK_THROWS_WITH(
      readout::combine_calibration(
          plan, std::vector<Outcomes>{shots, Outcomes::from_probabilities({1, 0, 0, 0})}),
      ContainsSubstring("circuit 1: exact outcomes and shots"));
  CHECK_THROWS_WITH(readout::inversion(MeasuredReadout{two_bits, {{10.0, 10.0}}}),
                    ContainsSubstring("given for 1 groups, there are 2"));
  CHECK_THROWS_WITH(readout::inversion(MeasuredReadout{two_bits, {{10.0, 0.0}, {}}}),
                    ContainsSubstring("shots of group 0: are not 2 finite numbers > 0"));
}
