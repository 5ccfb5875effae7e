#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

#include <rhodrift/calibration/layout.hpp>
#include <rhodrift/circuit/circuit.hpp>

#include "compile/target.hpp"

namespace rhodrift {

/// What a circuit asks of its qubits and of pairs of them.
struct Demand {
  struct Coupling {
    int a;
    int b;
    double n_gates;  ///< 2-qubit gates on the pair
  };
  std::vector<double> n_pulses;     ///< by qubit: 1-qubit gates that are no turns about z
  std::vector<double> n_reads;      ///< by qubit: measurements
  std::vector<Coupling> couplings;  ///< every pair once

  static Demand of(const Circuit& circuit);
  int n_qubits() const { return static_cast<int>(n_pulses.size()); }
};

/// -log of the product of the fidelities of all that the circuit does, at this layout; ∞ when a
/// coupling, or a figure that is needed, is not there.
double cost_of_layout(const Demand& demand, const Target& target, const Layout& layout);

struct EmbeddingSearch {
  /// In which qubits of the circuit are placed; empty: those with the most placed partners first.
  std::vector<int> order;
  /// The search ends after so many trials of a place.
  std::size_t max_trials = std::numeric_limits<std::size_t>::max();
  /// Only layouts that cost less are of interest.
  double below = std::numeric_limits<double>::infinity();
};

/// The cheapest layout on which every pair of the demand is coupled: a search for subgraphs in
/// depth first order (VF2: Cordella, Foggia, Sansone, Vento, IEEE TPAMI 26, 1367 (2004)), places
/// that cost the least first, bounded by what the qubits still to be placed cost at least. Of equal
/// ones the first in that order. nullopt when there is none, or none was found.
std::optional<Layout> best_embedding(const Demand& demand, const Target& target,
                                     const EmbeddingSearch& search);

}  // namespace rhodrift
