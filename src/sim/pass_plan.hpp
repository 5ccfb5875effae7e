#pragma once

#include <cstddef>
#include <vector>

namespace rhodrift {

/// How the steps of a program are run: in passes over the state, so that a state larger than the
/// cache crosses memory once a pass and not once a step.
///
/// In a pass the state falls into tiles: the numbers that differ in the tile's digits only, 4^k of
/// them. A tile is copied into the cache, every step of the pass is applied to it there, and it is
/// copied back. The lowest digits are in every tile, so that copies are of whole runs.
///
/// Qubits move: the digit in the lanes (position 0) cannot be operated on, so before a step that
/// needs it it is exchanged with another digit of the tile, and stays there. The plan is made from
/// the last step backwards, so that every qubit ends at its own position; where the qubits start
/// then follows, and does not matter to |0…0>, which is the same in any order.
struct PassPlan {
  struct Action {
    int step;                 ///< index into the steps; -1: exchange the lane digit …
    std::vector<int> digits;  ///< … with digits[0]; else the tile digits of the step's qubits
  };
  struct Pass {
    std::vector<int> positions;  ///< the tile's digits as positions in the state, ascending
    std::vector<Action> actions;
  };

  int n_digits;                      ///< of the state
  std::vector<int> qubit_positions;  ///< where each qubit starts; all of them end in order
  std::vector<Pass> passes;
};

struct TileShape {
  int n_digits;           ///< digits of a tile
  int n_low;              ///< positions 0 … n_low-1 are in every tile
  std::size_t max_steps;  ///< steps in a pass
};

/// `steps` as lists of qubits, in order. n_qubits, and the digits of a tile, are more than a step
/// has qubits, and the tile has room for those beside its low digits.
PassPlan plan_passes(const std::vector<std::vector<int>>& steps, int n_qubits,
                     const TileShape& tile);

/// One pass, one tile, every qubit at its own position and no digit in the lanes: for a batch.
PassPlan plan_batch(const std::vector<std::vector<int>>& steps, int n_qubits,
                    std::size_t max_steps);

}  // namespace rhodrift
