#pragma once

#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/qnn.hpp>
#include <rhodrift/train/training.hpp>

#include "nhea.hpp"

namespace rhodrift::bench {

/// A noisy classifier and the batch of a training step: RY(x_q), x_q = 0.1 (b + 1) (q + 1) of
/// sample b of class b mod 4, NHEA(n, L), <Z_q> for all q, and the head that training begins with.
/// bench/peers/job.py says the same to the other packages.
struct TrainingTask {
  Qnn model;
  QnnParameters parameters;
  Dataset batch;
};

/// `uploads`: how often the features are encoded, before as many equal parts of the layers.
inline TrainingTask training_task(int n, int n_layers, int n_samples, int uploads = 1) {
  const Nhea job = nhea(n, n_layers);
  constexpr int n_classes = 4;
  const auto encode = [&](Circuit& circuit) {
    for (int q = 0; q < n; ++q) circuit.append(Op::ry, {q}, {Angle::feature(q)});
  };
  Circuit circuit(n);
  const auto& instructions = job.circuit.instructions();
  for (std::size_t i = 0; i < instructions.size(); ++i) {
    if (i % (instructions.size() / static_cast<std::size_t>(uploads)) == 0) encode(circuit);
    circuit.append(instructions[i]);
  }
  Dataset batch{"samples",
                arma::mat(static_cast<arma::uword>(n), static_cast<arma::uword>(n_samples)),
                {},
                {"0", "1", "2", "3"}};
  for (arma::uword b = 0; b < batch.features.n_cols; ++b) {
    batch.labels.push_back(static_cast<int>(b) % n_classes);
    for (arma::uword q = 0; q < batch.features.n_rows; ++q)
      batch.features(q, b) = 0.1 * static_cast<double>((b + 1) * (q + 1));
  }
  TrainingTask task{{circuit, job.observables, n_classes}, {}, std::move(batch)};
  task.parameters = initial_parameters(task.model, 1);
  task.parameters.weights = arma::vec(job.weights);
  return task;
}

}  // namespace rhodrift::bench
