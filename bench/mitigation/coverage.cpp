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

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/core/readout_error.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>
#include <rhodrift/mitigation/readout/subspace.hpp>
#include <rhodrift/mitigation/readout/twirled.hpp>
#include <rhodrift/mitigation/readout/unfolding.hpp>
#include <rhodrift/mitigation/strategy.hpp>
#include <rhodrift/mitigation/zne/extrapolation.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>

namespace {

using namespace rhodrift;

constexpr double nominal = 0.95;
constexpr double allowed = 0.015;

struct Cell {
  std::string method;
  std::string data;
  std::string shots;
  double truth;
  /// The model is right, and the data are good enough to tell its parameters.
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

/// Two bits that are misread.
struct Misread {
  std::vector<double> distribution{0.55, 0.05, 0.10, 0.30};
  ReadoutError error{ConfusionMatrix::single(0, 0.02, 0.06),
                     ConfusionMatrix::single(1, 0.03, 0.08)};
  Observable observable = Observable::parse("Z0 Z1 + 0.5*Z0");

  double truth() const {
    const std::vector<Observable> all{observable};
    return raw_expectations(Outcomes::from_probabilities(distribution), all).values(0);
  }
  Outcomes reported(const std::vector<double>& p) const {
    std::vector<double> misread = p;
    apply_readout_error(error, misread);
    return Outcomes::from_probabilities(misread);
  }
};

/// The confusion matrices as so many shots a column show them; 0: exactly.
readout::MeasuredReadout measured(const ReadoutError& error, std::uint64_t shots,
                                  RandomStream& random) {
  if (shots == 0) return {error, {}};
  readout::MeasuredReadout result{error, {}};
  for (ConfusionMatrix& group : result.error) {
    for (arma::uword p = 0; p < group.matrix.n_cols; ++p) {
      const Outcomes seen =
          draw(Outcomes::from_probabilities(
                   arma::conv_to<std::vector<double>>::from(arma::vec(group.matrix.col(p)))),
               shots, random);
      group.matrix.col(p).zeros();
      for (std::size_t r = 0; r < seen.size(); ++r)
        group.matrix(seen.number(r), p) = seen.frequency[r];
    }
    result.shots.emplace_back(group.matrix.n_cols, arma::fill::value(static_cast<double>(shots)));
  }
  return result;
}

using EstimatorOf = std::function<ExpectationEstimator(const readout::MeasuredReadout&)>;

Cell readout_cell(const std::string& method, const EstimatorOf& estimator_of, std::uint64_t shots,
                  std::uint64_t calibration_shots) {
  const Misread misread;
  return {"readout " + method,
          calibration_shots == 0
              ? std::string("calibration exact")
              : fmt::format("calibration of {} shots a state", calibration_shots),
          std::to_string(shots),
          misread.truth(),
          true,
          [=](RandomStream& random) {
            const ExpectationEstimator estimator =
                estimator_of(measured(misread.error, calibration_shots, random));
            const std::vector<Observable> all{misread.observable};
            const JointEstimate joint =
                estimator(draw(misread.reported(misread.distribution), shots, random), all);
            return normal_estimate(joint.values(0), std::sqrt(joint.covariance(0, 0)), method);
          }};
}

/// What twirled readout divides by is drawn from the symmetrised errors of |00>.
Cell twirled_cell(std::uint64_t shots, std::uint64_t calibration_shots) {
  Misread misread;
  for (ConfusionMatrix& group : misread.error) {
    const double flip = (group.matrix(1, 0) + group.matrix(0, 1)) / 2.0;
    group = ConfusionMatrix::single(group.bits[0], flip, flip);
  }
  return {"readout twirled",
          fmt::format("calibration of {} shots", calibration_shots),
          std::to_string(shots),
          misread.truth(),
          true,
          [=](RandomStream& random) {
            const ExpectationEstimator estimator = readout::twirled(
                draw(misread.reported({1.0, 0.0, 0.0, 0.0}), calibration_shots, random));
            const std::vector<Observable> all{misread.observable};
            const JointEstimate joint =
                estimator(draw(misread.reported(misread.distribution), shots, random), all);
            return normal_estimate(joint.values(0), std::sqrt(joint.covariance(0, 0)), "twirled");
          }};
}

/// Readout mitigation inside, extrapolation outside, one calibration for all scale factors: the
/// joint covariance is what is fitted with.
Cell joint_cell(const std::string& model, const std::function<double(double)>& curve,
                std::uint64_t shots, std::uint64_t calibration_shots) {
  const std::vector<double> factors{1, 2, 3, 5};
  const Misread misread;
  const ReadoutError error{misread.error[0]};
  const auto fit = zne::parse_extrapolation(model);
  return {"readout inversion + zne " + model,
          fmt::format("calibration {}", calibration_shots == 0 ? std::string("exact")
                                                               : fmt::format("of {} shots a state",
                                                                             calibration_shots)),
          std::to_string(shots),
          curve(0.0),
          true,
          [=](RandomStream& random) {
            const ExpectationEstimator estimator =
                readout::inversion(measured(error, calibration_shots, random));
            std::vector<Outcomes> outcomes;
            for (const double factor : factors) {
              std::vector<double> p{(1 + curve(factor)) / 2, (1 - curve(factor)) / 2};
              apply_readout_error(error, p);
              outcomes.push_back(draw(Outcomes::from_probabilities(p), shots, random));
            }
            const std::vector<Observable> z{Observable::z(0)};
            std::vector<Reading> readings;
            for (const Outcomes& outcome : outcomes) readings.push_back({outcome, z});
            const JointEstimate joint = estimator.estimate(readings).joint();
            return zne::extrapolate(fit, factors, joint.values, joint.covariance);
          }};
}

void add_extrapolations(std::vector<Cell>& all) {
  const std::vector<double> three{1, 3, 5}, four{1, 2, 3, 5}, five{1, 2, 3, 4, 5},
      six{1, 1.5, 2, 3, 5, 8};
  const auto line = [](double x) { return 0.9 - 0.12 * x; };
  const auto parabola = [](double x) { return 0.9 - 0.16 * x + 0.015 * x * x; };
  const auto decay = [](double x) { return 0.9 * std::exp(-0.3 * x); };
  const auto to_asymptote = [](double x) { return 0.15 + 0.75 * std::exp(-0.5 * x); };
  const auto bent = [](double x) { return 0.9 * std::exp(-0.3 * x + 0.02 * x * x); };
  const auto two_rates = [](double x) {
    return 0.5 * std::exp(-0.15 * x) + 0.4 * std::exp(-1.2 * x);
  };
  for (const std::uint64_t shots : {1000u, 10000u}) {
    const auto add = [&](const char* model, const char* data, const std::vector<double>& factors,
                         const std::function<double(double)>& curve, bool right) {
      all.push_back(extrapolation(model, data, factors, curve, shots, right));
    };
    add("linear", "a line", three, line, true);
    add("polynomial:order=2", "a parabola", four, parabola, true);
    add("richardson", "a parabola", three, parabola, true);
    add("exponential:asymptote=0", "a decay to 0", three, decay, true);
    add("exponential", "a decay to 0.15", four, to_asymptote, true);
    add("poly-exponential:order=2:asymptote=0", "exp of a parabola", four, bent, true);
    add("linear", "a parabola", four, parabola, false);
    add("linear", "a decay to 0", three, decay, false);
    add("exponential:asymptote=0", "a decay to 0.15", four, to_asymptote, false);
    add("automatic:asymptote=0", "a line", five, line, false);
    add("automatic:asymptote=0", "a decay to 0", five, decay, false);
  }
  // Two rates take many shots to tell apart; with fewer most data have no such fit.
  for (const std::uint64_t shots : {10'000u, 1'000'000u, 100'000'000u})
    all.push_back(extrapolation("double-exponential:asymptote=0", "two decays", six, two_rates,
                                shots, shots > 10'000));
}

/// A strategy on a GHZ state of ibmq_belem, circuits, calibration and shots drawn anew each time.
/// The truth is that without noise.
Cell strategy_cell(const std::string& text, std::uint64_t shots) {
  const Device device(read_calibration(RHODRIFT_CALIBRATIONS "/belem.json"), {0, 1, 2});
  Circuit circuit(3);
  circuit.append(Op::h, {0}).append(Op::cx, {0, 1}).append(Op::cx, {1, 2});
  const std::vector<Observable> parity{Observable::parse("Z0 Z2")};
  return {text,
          "GHZ state on belem",
          std::to_string(shots),
          1.0,
          true,
          [=, strategy = parse_strategy(text)](RandomStream& random) {
            const PreparedStrategy prepared(strategy, circuit, parity, device, shots, random());
            DensityMatrixExecutor executor(random(), [&](const Circuit& native, double scale) {
              return on_device(native, device, scale);
            });
            return prepared.combine(executor.run(prepared.plan().jobs))[0];
          }};
}

std::vector<Cell> cells() {
  std::vector<Cell> all;
  add_extrapolations(all);
  const auto measured_too = [](ExpectationEstimator (*method)(const readout::MeasuredReadout&)) {
    return EstimatorOf(method);
  };
  const EstimatorOf subspace = [](const readout::MeasuredReadout& m) {
    return readout::subspace(m);
  };
  const EstimatorOf unfolding = [](const readout::MeasuredReadout& m) {
    return readout::unfolding(m, {1000, 1e-10});
  };
  for (const std::uint64_t shots : {1000u, 10000u}) {
    all.push_back(readout_cell(
        "none", [](const auto&) { return raw_estimator(); }, shots, 0));
    all.back().model_is_right = false;
    for (const std::uint64_t calibration : {std::uint64_t{0}, shots / 2, 4 * shots}) {
      all.push_back(
          readout_cell("inversion", measured_too(&readout::inversion), shots, calibration));
      all.push_back(
          readout_cell("least-squares", measured_too(&readout::least_squares), shots, calibration));
      all.push_back(readout_cell("ibu", unfolding, shots, calibration));
      all.push_back(readout_cell("m3", subspace, shots, calibration));
    }
    all.push_back(twirled_cell(shots, shots));
    const auto line = [](double x) { return 0.9 - 0.12 * x; };
    const auto decay = [](double x) { return 0.9 * std::exp(-0.3 * x); };
    for (const std::uint64_t calibration : {std::uint64_t{0}, shots}) {
      all.push_back(joint_cell("linear", line, shots, calibration));
      all.push_back(joint_cell("exponential:asymptote=0", decay, shots, calibration));
    }
  }
  // Of an inner readout mitigation that is measured, too.
  for (const char* text :
       {"readout+pec", "readout+twirl:256+pec", "readout:inversion:calibrate=0.3+pec"})
    all.push_back(strategy_cell(text, 20'000));
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
