#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/pauli.hpp>
#include <rhodrift/train/quantum_kernel.hpp>

#include "train/renumbered.hpp"

namespace rhodrift {

namespace {

/// Jobs that are run at once: so many outcomes are in memory, however large the matrix is.
constexpr std::size_t jobs_at_once = 4096;

/// √(variance/(shots - 1)) for the variance of what a single shot says.
arma::vec standard_errors(const arma::vec& variances, std::uint64_t shots) {
  if (shots == 0) return arma::zeros(variances.n_elem);
  return arma::sqrt(variances / std::max(static_cast<double>(shots) - 1, 1.0));
}

/// Runs job_of(0), …, job_of(n_jobs - 1) and has each read: column j are the `n_values` values of
/// job j.
EstimatedMatrix read_all(Executor& executor, std::size_t n_jobs, std::uint64_t shots,
                         const std::function<Job(std::size_t)>& job_of, const OutcomeReader& reader,
                         arma::uword n_values) {
  EstimatedMatrix all{arma::mat(n_values, n_jobs), arma::mat(n_values, n_jobs), n_jobs,
                      n_jobs * shots};
  std::vector<Job> jobs;
  for (std::size_t first = 0; first < n_jobs; first += jobs_at_once) {
    jobs.clear();
    for (std::size_t j = first; j < std::min(first + jobs_at_once, n_jobs); ++j)
      jobs.push_back(job_of(j));
    const std::vector<Outcomes> outcomes = executor.run(jobs);
    for (std::size_t j = 0; j < outcomes.size(); ++j) {
      const OutcomeReading reading = reader(outcomes[j]);
      if (reading.values.n_elem != n_values || reading.std_error.n_elem != n_values)
        throw InputError("outcome reader", "",
                         fmt::format("gives {} values and {} errors, {} are needed",
                                     reading.values.n_elem, reading.std_error.n_elem, n_values));
      all.values.col(first + j) = reading.values;
      all.std_error.col(first + j) = reading.std_error;
    }
  }
  return all;
}

std::vector<double> features_of(const arma::mat& samples, arma::uword sample) {
  return {samples.begin_col(sample), samples.end_col(sample)};
}

/// The map followed by what turns `axis` of every qubit to Z: h turns X, sx = rx(π/2) turns Y.
std::shared_ptr<const Circuit> read_along(const Circuit& map, Pauli axis) {
  Circuit circuit = map;
  for (int q = 0; q < map.n_qubits(); ++q) {
    if (axis == Pauli::X) circuit.append(Op::h, {q});
    if (axis == Pauli::Y) circuit.append(Op::sx, {q});
  }
  return std::make_shared<const Circuit>(std::move(circuit));
}

}  // namespace

// --- States
// ---------------------------------------------------------------------------------------

FeatureMap::FeatureMap(const Encoder& encoder)
    : FeatureMap(encoder, Circuit(encoder.circuit().n_qubits()), {}) {}

FeatureMap::FeatureMap(const Encoder& encoder, const Circuit& ansatz, std::vector<double> weights)
    : encoder_(encoder), circuit_(encoder.before(ansatz)), weights_(std::move(weights)) {
  if (weights_.size() != static_cast<std::size_t>(circuit_.n_weights()))
    throw InputError(
        "feature map", "weights",
        fmt::format("{} given, the circuit has {}", weights_.size(), circuit_.n_weights()));
}

arma::mat FeatureMap::circuit_features(const arma::mat& features) const {
  if (features.n_cols == 0) throw InputError("kernel", "", "there are no samples");
  return encoder_.circuit_features(features);
}

// --- Reading
// --------------------------------------------------------------------------------------

OutcomeReading zeros_frequency(const Outcomes& outcomes) {
  const auto is_zero = [](std::uint64_t word) { return word == 0; };
  // Outcomes are in ascending order.
  const bool seen = outcomes.size() > 0 && std::ranges::all_of(outcomes.outcome(0), is_zero);
  const double f = seen ? outcomes.frequency.front() : 0.0;
  return {arma::vec{f}, standard_errors(arma::vec{f * (1 - f)}, outcomes.shots)};
}

OutcomeReading z_averages(const Outcomes& outcomes) {
  arma::vec ones(static_cast<arma::uword>(outcomes.n_bits));
  for (std::size_t r = 0; r < outcomes.size(); ++r)
    for (int i = 0; i < outcomes.n_bits; ++i)
      if (bit_of(outcomes.outcome(r), i))
        ones(static_cast<arma::uword>(i)) += outcomes.frequency[r];
  return {1 - 2 * ones, standard_errors(4 * ones % (1 - ones), outcomes.shots)};
}

// --- Fidelities
// -----------------------------------------------------------------------------------

/// The entries to be measured: sample row[e] of `rows` prepared, column[e] of `columns` undone.
struct FidelityKernel::Pairs {
  const arma::mat& rows;  ///< circuit features
  const arma::mat& columns;
  std::vector<arma::uword> row = {};
  std::vector<arma::uword> column = {};

  void add(arma::uword i, arma::uword j) {
    row.push_back(i);
    column.push_back(j);
  }
};

FidelityKernel::FidelityKernel(FeatureMap map, OutcomeReader zeros)
    : map_(std::move(map)), zeros_(std::move(zeros)) {
  const int n_features = map_.circuit().n_features();
  Circuit circuit = map_.circuit();
  circuit.append(renumbered(map_.circuit(), std::identity(), [n_features](int feature) {
                   return n_features + feature;
                 }).inverse());
  circuit_ = std::make_shared<const Circuit>(std::move(circuit));
}

EstimatedMatrix FidelityKernel::measured(Executor& executor, const Pairs& pairs,
                                         std::uint64_t shots) const {
  const auto job_of = [&](std::size_t e) {
    std::vector<double> inputs = features_of(pairs.rows, pairs.row[e]);
    const std::vector<double> undone = features_of(pairs.columns, pairs.column[e]);
    inputs.insert(inputs.end(), undone.begin(), undone.end());
    return Job{circuit_, map_.weights(), std::move(inputs), shots};
  };
  return read_all(executor, pairs.row.size(), shots, job_of, zeros_, 1);
}

EstimatedMatrix FidelityKernel::matrix(Executor& executor, const arma::mat& features,
                                       std::uint64_t shots, KernelDiagonal diagonal) const {
  const arma::mat inputs = map_.circuit_features(features);
  const arma::uword n = inputs.n_cols;
  Pairs pairs{inputs, inputs};
  for (arma::uword j = 0; j < n; ++j)
    for (arma::uword i = 0; i < j + (diagonal == KernelDiagonal::measured ? 1 : 0); ++i)
      pairs.add(i, j);
  const EstimatedMatrix entries = measured(executor, pairs, shots);
  EstimatedMatrix kernel{arma::eye(n, n), arma::zeros(n, n), entries.circuits, entries.shots};
  for (std::size_t e = 0; e < pairs.row.size(); ++e) {
    const arma::uword i = pairs.row[e], j = pairs.column[e];
    kernel.values(i, j) = kernel.values(j, i) = entries.values(e);
    kernel.std_error(i, j) = kernel.std_error(j, i) = entries.std_error(e);
  }
  return kernel;
}

EstimatedMatrix FidelityKernel::between(Executor& executor, const arma::mat& rows,
                                        const arma::mat& columns, std::uint64_t shots) const {
  const arma::mat row_inputs = map_.circuit_features(rows);
  const arma::mat column_inputs = map_.circuit_features(columns);
  Pairs pairs{row_inputs, column_inputs};
  for (arma::uword j = 0; j < columns.n_cols; ++j)
    for (arma::uword i = 0; i < rows.n_cols; ++i) pairs.add(i, j);
  EstimatedMatrix kernel = measured(executor, pairs, shots);
  kernel.values.reshape(rows.n_cols, columns.n_cols);
  kernel.std_error.reshape(rows.n_cols, columns.n_cols);
  return kernel;
}

EstimatedMatrix FidelityKernel::diagonal(Executor& executor, const arma::mat& features,
                                         std::uint64_t shots) const {
  const arma::mat inputs = map_.circuit_features(features);
  Pairs pairs{inputs, inputs};
  for (arma::uword i = 0; i < inputs.n_cols; ++i) pairs.add(i, i);
  EstimatedMatrix kernel = measured(executor, pairs, shots);
  arma::inplace_trans(kernel.values);
  arma::inplace_trans(kernel.std_error);
  return kernel;
}

// --- One-qubit states
// -----------------------------------------------------------------------------

EstimatedMatrix one_qubit_expectations(Executor& executor, const FeatureMap& map,
                                       const arma::mat& features, std::uint64_t shots,
                                       const OutcomeReader& z) {
  const arma::mat inputs = map.circuit_features(features);
  const auto n_qubits = static_cast<arma::uword>(map.circuit().n_qubits());
  const std::shared_ptr<const Circuit> along[] = {read_along(map.circuit(), Pauli::X),
                                                  read_along(map.circuit(), Pauli::Y),
                                                  read_along(map.circuit(), Pauli::Z)};
  // Job 3s + axis; column 3s + axis of what is read holds <P_axis> of every qubit of sample s.
  const auto job_of = [&](std::size_t j) {
    return Job{along[j % 3], map.weights(), features_of(inputs, j / 3), shots};
  };
  EstimatedMatrix read = read_all(executor, 3 * inputs.n_cols, shots, job_of, z, n_qubits);
  const auto by_sample = [&](const arma::mat& columns) {
    arma::mat result(3 * n_qubits, inputs.n_cols);
    for (arma::uword s = 0; s < inputs.n_cols; ++s)
      result.col(s) = arma::vectorise(columns.cols(3 * s, 3 * s + 2).t());
    return result;
  };
  read.values = by_sample(read.values);
  read.std_error = by_sample(read.std_error);
  return read;
}

arma::mat projected_kernel(const arma::mat& rows, const arma::mat& columns, double gamma) {
  if (rows.n_rows != columns.n_rows)
    throw InputError(
        "projected kernel", "",
        fmt::format("{} expectations of the rows, {} of the columns", rows.n_rows, columns.n_rows));
  if (!(gamma > 0 && std::isfinite(gamma)))
    throw InputError("projected kernel", "gamma", fmt::format("{} is not > 0", gamma));
  arma::mat kernel(rows.n_cols, columns.n_cols);
  for (arma::uword j = 0; j < columns.n_cols; ++j) {
    const arma::mat differences = rows.each_col() - columns.col(j);
    kernel.col(j) = arma::exp(-gamma / 2 * arma::sum(arma::square(differences), 0)).t();
  }
  return kernel;
}

}  // namespace rhodrift
