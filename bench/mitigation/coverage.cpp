// How often nominal 95% intervals hold the truth, where the model is right and where it is not:
// every estimator on data drawn from a known truth. No benchmark of speed; it is here because it
// takes a while. Prints the table of docs/validation.md and exits with 1 when a cell whose model is
// right is further than 1.5 points from 95 %.
//   bench_coverage [repetitions, by default 4000]

#include <cmath>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/core/readout_error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>
#include <rhodrift/mitigation/zne/extrapolation.hpp>

namespace {

using namespace rhodrift;

constexpr double nominal = 0.95;
constexpr double allowed = 0.015;

struct Cell {
  std::string method;
  std::string data;
  std::string shots;
  double truth;
  bool model_is_right;
  std::function<Estimate(RandomStream&)> repetition;
};

/// One bit with <Z> = z.
Outcomes one_bit(double z) {
  return Outcomes::from_probabilities({(1 + z) / 2, (1 - z) / 2});
}

/// An extrapolation of shots from one bit whose <Z> at scale factor x is curve(x).
Cell extrapolation(const std::string& model, const std::string& data,
                   const std::vector<double>& factors, const std::function<double(double)>& curve,
                   std::uint64_t shots, bool model_is_right) {
  const auto fit = zne::parse_extrapolation(model);
  return {"zne " + model,
          fmt::format("{} at {} factors", data, factors.size()),
          std::to_string(shots),
          curve(0.0),
          model_is_right,
          [=](RandomStream& random) {
            arma::vec values(factors.size()), variances(factors.size());
            const std::vector<Observable> z{Observable::z(0)};
            for (std::size_t j = 0; j < factors.size(); ++j) {
              const JointEstimate drawn =
                  raw_expectations(draw(one_bit(curve(factors[j])), shots, random), z);
              values(j) = drawn.values(0);
              variances(j) = drawn.covariance(0, 0);
            }
            return zne::extrapolate(fit, factors, values, arma::diagmat(variances));
          }};
}

struct Coverage {
  double share;
  double bias;
  double bias_error;
  std::size_t failures;
};

Coverage measure(const Cell& cell, std::size_t repetitions, std::uint64_t seed) {
  std::size_t covered = 0, failures = 0;
  std::vector<double> errors;
  for (std::size_t r = 0; r < repetitions; ++r) {
    RandomStream random(seed, r);
    try {
      const Estimate estimate = cell.repetition(random);
      covered += estimate.ci.low <= cell.truth && cell.truth <= estimate.ci.high;
      errors.push_back(estimate.value - cell.truth);
    } catch (const Error&) {
      ++failures;
    }
  }
  const arma::vec all(errors);
  const auto n = static_cast<double>(errors.size());
  return {static_cast<double>(covered) / n, arma::mean(all), arma::stddev(all) / std::sqrt(n),
          failures};
}

std::vector<Cell> cells() {
  std::vector<Cell> all;
  const std::vector<double> three{1, 3, 5};
  for (const std::uint64_t shots : {500u, 5000u}) {
    all.push_back(extrapolation(
        "linear", "a line", three, [](double x) { return 0.9 - 0.12 * x; }, shots, true));
    all.push_back(extrapolation(
        "richardson", "a parabola", three, [](double x) { return 0.9 - 0.12 * x + 0.01 * x * x; },
        shots, true));
    all.push_back(extrapolation(
        "linear", "a parabola", three, [](double x) { return 0.9 - 0.12 * x + 0.01 * x * x; },
        shots, false));
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t repetitions = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 4000;
  std::cout << fmt::format(
      "{} repetitions a cell; the standard error of a coverage of 95 % is {:.2f} points.\n\n"
      "| method | data | shots | model | coverage | bias | no fit "
      "|\n|---|---|---|---|---|---|---|\n",
      repetitions, 100 * std::sqrt(0.95 * 0.05 / static_cast<double>(repetitions)));
  bool good = true;
  std::uint64_t seed = 1;
  for (const Cell& cell : cells()) {
    const Coverage coverage = measure(cell, repetitions, seed++);
    const bool off = cell.model_is_right && std::abs(coverage.share - nominal) > allowed;
    good &= !off;
    std::cout << fmt::format(
        "| {} | {} | {} | {} | {:.1f} %{} | {:+.4f} ± {:.4f} | {} |\n", cell.method, cell.data,
        cell.shots, cell.model_is_right ? "right" : "wrong", 100 * coverage.share,
        off ? " (off)" : "", coverage.bias, coverage.bias_error, coverage.failures);
  }
  return good ? 0 : 1;
}
