// Our side of bench/peers: times one job of job.py in this process and prints, as JSON,
//   {"version": "…", "seconds": [one a repeat], "z": [...], "gradient": [...]}.
// Compiling the Program is not in the time, binding its parameters is.

#include <chrono>
#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <omp.h>

#include <rhodrift/sim/program_expectations.hpp>
#include <rhodrift/train/objective.hpp>
#include <rhodrift/version.hpp>

#include "nhea.hpp"
#include "training_task.hpp"

namespace {

using namespace rhodrift;
using Numbers = std::vector<double>;

struct Options {
  std::string job = "forward";
  int n = 4;
  int layers = 10;
  int batch = 1;
  int repeats = 5;
  int threads = 1;
};

struct Outcome {
  Numbers z;
  Numbers gradient;
};

Numbers as_numbers(const arma::vec& values) {
  return arma::conv_to<Numbers>::from(values);
}

// <Z_q> for all q, for each of the bindings θ_b(m) = θ(m) + 0.01 b; `z` is binding after binding.
std::function<Outcome()> forward(const Options& options) {
  const bench::Nhea nhea = bench::nhea(options.n, options.layers);
  arma::mat weights(nhea.weights.size(), static_cast<arma::uword>(options.batch));
  for (arma::uword b = 0; b < weights.n_cols; ++b)
    weights.col(b) = arma::vec(nhea.weights) + 0.01 * static_cast<double>(b);
  return [weights, observables = nhea.observables, program = Program(nhea.circuit)] {
    if (weights.n_cols == 1) {
      const std::span<const double> only(weights.memptr(), weights.n_rows);
      return Outcome{as_numbers(program.expectations({only, {}}, observables)), {}};
    }
    const arma::mat none(0, 1);
    const arma::mat z = program.batch_expectations({weights.n_cols, weights, none}, observables);
    return Outcome{as_numbers(arma::vectorise(z)), {}};
  };
}

// d<Z_0>/dθ for all angles.
std::function<Outcome()> gradient(const Options& options) {
  const bench::Nhea nhea = bench::nhea(options.n, options.layers);
  return [weights = nhea.weights, observables = std::vector{Observable::z(0)},
          program = Program(nhea.circuit)] {
    const auto slope = [](const arma::vec&) { return arma::vec{1.0}; };
    const ProgramGradient result = program.gradient({weights, {}}, observables, slope);
    return Outcome{as_numbers(result.expectations), as_numbers(result.weights)};
  };
}

// The loss of training_task.hpp and its gradient; `z` is sample after sample.
std::function<Outcome()> training_step(const Options& options) {
  const bench::TrainingTask task = bench::training_task(options.n, options.layers, options.batch);
  const ProgramExpectations function(task.model.circuit, task.model.observables);
  const arma::mat z = function.values(task.parameters.weights, task.batch.features);
  return [task, function, z = as_numbers(arma::vectorise(z))] {
    const TrainingLoss loss = training_loss(task.model, function, task.parameters, task.batch);
    return Outcome{z, as_numbers(loss.gradient)};
  };
}

// The first run is a warm-up and does not count; no repeat begins beyond enough_seconds.
nlohmann::json timed(const std::function<Outcome()>& run, int repeats) {
  constexpr double enough_seconds = 10;
  Outcome outcome = run();
  Numbers seconds;
  double sum = 0;
  while (std::ssize(seconds) < repeats && sum < enough_seconds) {
    const auto start = std::chrono::steady_clock::now();
    outcome = run();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    seconds.push_back(elapsed.count());
    sum += elapsed.count();
  }
  return {{"version", version()},
          {"seconds", seconds},
          {"z", outcome.z},
          {"gradient", outcome.gradient}};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Times one job of bench/peers on rhodrift");
  app.add_option("--job", options.job)->check(CLI::IsMember({"forward", "gradient", "train"}));
  app.add_option("--n", options.n, "qubits")->check(CLI::Range(2, 15));
  app.add_option("--layers", options.layers)->check(CLI::PositiveNumber);
  app.add_option("--batch", options.batch, "bindings or samples")->check(CLI::PositiveNumber);
  app.add_option("--repeats", options.repeats)->check(CLI::PositiveNumber);
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  omp_set_num_threads(options.threads);
  const auto prepare = options.job == "forward"    ? forward
                       : options.job == "gradient" ? gradient
                                                   : training_step;
  std::cout << timed(prepare(options), options.repeats) << '\n';
}
