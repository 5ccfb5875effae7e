#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/random.hpp>

#include "compile/target.hpp"

namespace rhodrift {

/// A circuit at places of a device.
struct PlacedCircuit {
  Circuit circuit;  ///< 2-qubit gates on coupled pairs only
  Layout layout;    ///< the device qubits of its qubits
  /// What was qubit i of the original starts on qubit i and ends on qubit final_qubit[i].
  std::vector<int> final_qubit;
};

/// Makes the 2-qubit gates of a circuit meet coupled qubits by swaps between them: SABRE (Li, Ding,
/// Xie, ASPLOS 2019) with the release valve of LightSABRE (Zou, Treinish, Hartman, Ivrii, Lishman,
/// arXiv:2409.08368). Each swap is the one after which the gates that wait, and the next ones after
/// them, are closest to being coupled.
class Sabre {
 public:
  /// Takes circuits of gates on at most 2 qubits (barriers may have more); both must outlive it.
  Sabre(const Circuit& circuit, const Target& target);

  struct Route {
    struct Step {
      int node;              ///< the next instruction on more than one qubit; -1: a swap
      std::array<int, 2> d;  ///< of these device qubits
    };
    Layout start;
    Layout end;
    std::vector<Step> steps;
    std::size_t n_swaps = 0;
  };

  /// All qubits of `start` must be connected on the target. Ties are decided by `random`.
  Route forward(const Layout& start, RandomStream& random) const;
  /// Where a circuit that ends at `end` had best start, going through it from its end.
  Layout backward(const Layout& end, RandomStream& random) const;

  PlacedCircuit place(const Route& route) const;

 private:
  friend class SabreRun;

  /// The instructions on more than one qubit and what has to wait for what.
  struct Graph {
    std::vector<std::array<int, 2>> pair;  ///< by node; {-1, -1} for what need not be coupled
    std::vector<std::vector<int>> next;
    std::vector<int> n_before;
  };

  const Circuit& circuit_;
  const Target& target_;
  Graph onward_;
  Graph reversed_;
  std::vector<std::size_t> instruction_of_;      // by node
  std::vector<std::vector<std::size_t>> alone_;  // instructions on one qubit: before which node
};

}  // namespace rhodrift
