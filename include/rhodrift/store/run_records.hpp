#pragma once

#include <armadillo>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/estimate.hpp>
#include <rhodrift/core/time.hpp>
#include <rhodrift/train/training.hpp>

/// What a run file is made of, where no other module has a type for it. docs/formats/run.md is the
/// layout.
namespace rhodrift {

/// How the run came about.
struct RunInfo {
  UtcTime created;
  std::uint64_t seed = 0;
  std::string command_line;
};

struct StoredCircuit {
  Circuit circuit;
  std::optional<std::string> qasm;  ///< the OpenQASM text it was read from, if it was
};

/// One model's way through training; TrainingResult without what follows from it.
struct TrainingRecord {
  arma::mat parameters_by_step;       ///< n_parameters x (steps + 1); column 0 = initial
  std::size_t n_weights = 0;          ///< the first parameters are circuit weights in radians
  std::vector<TrainingStep> history;  ///< one a step
};

/// A row of a table of results.
struct NamedEstimate {
  std::string name;
  Estimate estimate;
};

}  // namespace rhodrift
