#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/core/random.hpp>

#include "sim/fused_state.hpp"
#include "sim/unravelling.hpp"

namespace rhodrift {

/// Runs a circuit on pure states. At every channel a branch is taken; a trajectory is a state and
/// the branches that led to it (J. Dalibard, Y. Castin and K. Mølmer, Phys. Rev. Lett. 68, 580
/// (1992)). A mid-circuit measurement is a channel whose branch is its outcome. A post-selection
/// lets every trajectory through, with a weight that is multiplied by its probability there.
///
/// One trajectory is no matter of chance: the *reference*, which takes the likeliest branch
/// everywhere. It is run once, with its probability; the others leave it at some channel, and are
/// drawn on condition that they do (M. Abdelhafez, D. I. Schuster and J. Koch, Phys. Rev. A 99,
/// 052327 (2019)). With weak noise nearly all trajectories are the reference. Drawn without that
/// condition a thousand of them might hold no error at all, and show a standard error of 0.
///
/// Where a branch has a floor above 1/2 (see Unravelling) the reference takes it as often as the
/// floor says and needs no look at the state; where none has, it takes the most probable branch of
/// its state.
class TrajectoryEngine {
 public:
  /// Throws InputError on channels of more than 2 qubits and on what is no channel. The circuit
  /// outlives the engine.
  explicit TrajectoryEngine(const Circuit& circuit);
  TrajectoryEngine(const TrajectoryEngine&) = delete;
  TrajectoryEngine& operator=(const TrajectoryEngine&) = delete;

  /// What is done to the state, with numbers for the parameters.
  struct Move {
    const Instruction* instruction;
    int place;                   ///< of the instruction in the circuit
    arma::cx_mat matrix;         ///< of a gate or of a post-selection; empty for a channel
    const Unravelling* channel;  ///< nullptr for the others
  };
  using Bound = std::vector<Move>;
  /// The binding fits the circuit.
  Bound bind(const Binding& binding) const;

  /// What a trajectory has come to, beside its state.
  struct Record {
    Bitstring bits = 0;       ///< the outcomes of mid-circuit measurements
    double weight = 1.0;      ///< the probability of its post-selections; at 0 it ended there
    int last_selection = -1;  ///< the last post-selection it came to, by its place in the circuit
  };

  struct Reference {
    struct Choice {
      std::size_t branch;
      double share;  ///< how much of the branch's probability is the reference's
      double scale;  ///< of the Kraus operator, to keep the norm near 1
    };
    std::vector<Choice> choices;    ///< one a channel, up to where the probability is negligible
    std::vector<double> departure;  ///< that it is left at one of the channels 0, …, k
    double probability = 1.0;       ///< that it is not left
    Record record;

    double departure_probability() const { return departure.empty() ? 0.0 : departure.back(); }
  };
  /// Leaves `state` as the reference leaves it, if it has a probability.
  Reference run_reference(const Bound& bound, FusedState& state) const;
  /// A trajectory that leaves the reference.
  Record run_departing(const Bound& bound, const Reference& reference, RandomStream& random,
                       FusedState& state) const;

 private:
  struct Step {
    const Instruction* instruction;
    int place;
    const Unravelling* channel;  // nullptr for gates and post-selections
  };
  const Unravelling* unravelling_of(const Instruction& instruction);

  std::vector<Step> steps_;
  std::map<std::pair<Op, const ChannelInstruction*>, Unravelling> unravellings_;
};

}  // namespace rhodrift
