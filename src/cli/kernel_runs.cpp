#include "cli/kernel_runs.hpp"

#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/device/routing.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/train/kernel_alignment.hpp>
#include <rhodrift/train/kernel_classifier.hpp>

namespace rhodrift::cli {

namespace {

/// Features as the encoding takes them.
struct Samples {
  arma::mat train;
  arma::mat test;
};

Samples preprocessed(const LearningTask& task, const Dataset& train, const Dataset& test) {
  const Preprocessing preprocessing = task.fitted_preprocessing(train.features);
  return {preprocessing.apply(train.features), preprocessing.apply(test.features)};
}

/// Tells how many circuits are done of so many that are to be run.
class WatchedExecutor : public Executor {
 public:
  WatchedExecutor(Executor& executor, const Progress& progress, std::size_t& done,
                  std::size_t total)
      : executor_(executor), progress_(progress), done_(done), total_(total) {}
  std::vector<Outcomes> run(std::span<const Job> jobs) override {
    std::vector<Outcomes> outcomes = executor_.run(jobs);
    done_ += jobs.size();
    if (progress_) progress_(done_, total_);
    return outcomes;
  }

 private:
  Executor& executor_;
  const Progress& progress_;
  std::size_t& done_;
  std::size_t total_;
};

/// Kernels of the training samples with themselves and with the test samples.
struct MeasuredKernel {
  arma::mat train;
  arma::mat test;           ///< a row a training sample, a column a test sample
  arma::vec test_diagonal;  ///< of test samples with themselves, where mitigation asks for it
  std::optional<double> gamma;
  KernelConcentration measured;
  std::uint64_t circuits;
  std::uint64_t shots;
};

/// Which kernels of samples with themselves are run.
struct Diagonals {
  bool train = false;
  bool test = false;
};

Diagonals diagonals_of(const KernelMitigation& mitigation) {
  if (mitigation.steps.empty()) return {};
  const auto* depolarizing = std::get_if<DepolarizingStep>(&mitigation.steps.front());
  if (depolarizing == nullptr) return {};
  return {true, depolarizing->survival == DepolarizingStep::Survival::each};
}

std::size_t circuits_of(KernelKind kind, const Samples& samples, Diagonals diagonals) {
  const std::size_t n_train = samples.train.n_cols, n_test = samples.test.n_cols;
  if (kind == KernelKind::projected) return 3 * (n_train + n_test);
  return n_train * (n_train - 1) / 2 + n_train * n_test + (diagonals.train ? n_train : 0) +
         (diagonals.test ? n_test : 0);
}

/// `shots` are spent on a circuit, 0 being exact; `judged_shots` is what the concentration is
/// beside.
MeasuredKernel fidelity(Executor& executor, const FeatureMap& map, const Samples& samples,
                        std::uint64_t shots, std::uint64_t judged_shots, Diagonals diagonals) {
  const FidelityKernel kernel(map);
  const EstimatedMatrix train =
      kernel.matrix(executor, samples.train, shots,
                    diagonals.train ? KernelDiagonal::measured : KernelDiagonal::one);
  const EstimatedMatrix test = kernel.between(executor, samples.train, samples.test, shots);
  MeasuredKernel measured{train.values,
                          test.values,
                          {},
                          {},
                          fidelity_concentration(train, judged_shots),
                          train.circuits + test.circuits,
                          train.shots + test.shots};
  if (!diagonals.test) return measured;
  const EstimatedMatrix own = kernel.diagonal(executor, samples.test, shots);
  measured.test_diagonal = own.values;
  measured.circuits += own.circuits;
  measured.shots += own.shots;
  return measured;
}

double scale_gamma(const arma::mat& expectations) {
  const double variance = arma::accu(arma::var(expectations, 0, 1));
  if (!(variance > 0.0))
    throw RunError(
        "projected kernel: all training samples have the same expectations; encode the features "
        "otherwise or spend more shots");
  return 2 / variance;
}

MeasuredKernel projected(Executor& executor, const FeatureMap& map, const Samples& samples,
                         std::uint64_t shots, std::uint64_t judged_shots,
                         std::optional<double> gamma) {
  const EstimatedMatrix train = one_qubit_expectations(executor, map, samples.train, shots);
  const EstimatedMatrix test = one_qubit_expectations(executor, map, samples.test, shots);
  if (!gamma) gamma = scale_gamma(train.values);
  return {projected_kernel(train.values, train.values, *gamma),
          projected_kernel(train.values, test.values, *gamma),
          {},
          gamma,
          projected_concentration(train, judged_shots),
          train.circuits + test.circuits,
          train.shots + test.shots};
}

/// 1 for the class of each sample, 0 for others.
arma::mat one_hot(const std::vector<int>& classes, int n_classes) {
  arma::mat outputs(static_cast<arma::uword>(n_classes), classes.size());
  for (std::size_t b = 0; b < classes.size(); ++b)
    outputs(static_cast<arma::uword>(classes[b]), b) = 1.0;
  return outputs;
}

KernelRun classified(std::string where, const MeasuredKernel& kernel,
                     const std::vector<int>& labels, double c) {
  const KernelClassifier classifier = train_kernel_classifier(kernel.train, labels, c);
  return {std::move(where),
          one_hot(classifier.predict(kernel.test.rows(classifier.support)), classifier.n_classes),
          centred_kernel_target_alignment(kernel.train, labels),
          classifier.support.n_elem,
          kernel.gamma,
          kernel.measured,
          kernel.circuits,
          kernel.shots};
}

MeasuredKernel mitigated(MeasuredKernel kernel, int n_qubits, const KernelMitigation& mitigation) {
  const auto [train, correction] = mitigate(kernel.train, n_qubits, mitigation);
  kernel.train = train;
  kernel.test = correction.apply(kernel.test, kernel.test_diagonal);
  return kernel;
}

}  // namespace

std::vector<KernelRun> kernel_runs(const KernelConfig& config, const Dataset& train,
                                   const Dataset& test, const Progress& progress) {
  const Samples samples = preprocessed(config.task, train, test);
  const FeatureMap map(
      Encoder(config.task.encoding, config.task.n_qubits, static_cast<int>(samples.train.n_rows)));
  std::optional<Device> device;
  if (config.history) device = device_for(map.circuit(), *config.history);
  const Diagonals diagonals = diagonals_of(config.mitigation);
  std::size_t done = 0;
  const std::size_t total = circuits_of(config.kind, samples, {}) +
                            (device ? circuits_of(config.kind, samples, diagonals) : 0);
  const auto measure = [&](Executor& executor, std::uint64_t shots, Diagonals own) {
    WatchedExecutor watched(executor, progress, done, total);
    return config.kind == KernelKind::fidelity
               ? fidelity(watched, map, samples, shots, config.shots, own)
               : projected(watched, map, samples, shots, config.shots, config.gamma);
  };

  DensityMatrixExecutor noiseless(config.seed);
  std::vector<KernelRun> runs{
      classified("without noise", measure(noiseless, 0, {}), train.labels, config.c)};
  if (!device) return runs;

  DensityMatrixExecutor noisy(config.seed, [&](const Circuit& circuit, double noise_scale) {
    return routed_on_device(circuit, *device, noise_scale);
  });
  const std::string where = "on " + place_name(*device);
  const MeasuredKernel measured = measure(noisy, config.shots, diagonals);
  MeasuredKernel raw = measured;
  raw.train.diag().ones();  // by definition, as nothing is made of what the device says
  runs.push_back(classified(where, raw, train.labels, config.c));
  if (!config.mitigation.steps.empty())
    runs.push_back(classified(where + ", mitigated",
                              mitigated(measured, config.task.n_qubits, config.mitigation),
                              train.labels, config.c));
  return runs;
}

}  // namespace rhodrift::cli
