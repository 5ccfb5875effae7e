#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>

#include "circuit/qasm_gates.hpp"

namespace rhodrift::qasm {

/// Thrown when a program expands to more than it may.
struct TooManySteps {};

/// Turns calls of gates into instructions of the operation table, modifiers included, exactly.
///
/// - Calls without controls and powers are the gate's operation if it has one, else its body.
/// - A product is controlled factor by factor. Where a body begins with gates that it ends with in
///   reverse, undone (W … W⁻¹), those need no control: off, they cancel. The same holds for powers,
///   (W V W⁻¹)^a = W V^a W⁻¹.
/// - Under one control x, y, z, h, rx, ry, rz and p are cx, cy, cz, ch, crx, cry, crz and cp.
/// - Under more controls all are brought to the phase of all ones, e^{iθ x1…xk}, which is 2^k - 1
///   phases of parities of the qubits by Σ_S (-1)^{|S|-1} ⊕_S = 2^{k-1} x1…xk, computed by 2^k - 2
///   cx in the order of a Gray code (Barenco et al., Phys. Rev. A 52, 3457, lemma 7.1).
/// - U(θ,φ,λ) = P(φ) Ry(θ) P(λ) is two controlled x and three rotations (lemma 5.1).
/// - Whole powers are repetitions, and multiples of the angle where there is just one. Other
///   powers are the principal ones, U^a = exp(a log U) with eigenvalues of log U in (-iπ, iπ]. They
///   are computed for gates of one qubit at constant angles, and for what is one such gate between
///   W and W⁻¹, with any controls.
class Expansion {
 public:
  /// `max_steps`: how many calls it may come to, those within calls and repetitions included.
  Expansion(std::vector<Instruction>& instructions, std::uint64_t max_steps)
      : instructions_(instructions), steps_left_(max_steps) {}

  /// Appends what the call does, `parameters` and `qubits` being those of the gate around it.
  /// Throws ExpressionError and TooManySteps.
  void append(const GateCall& call, std::span<const Angle> parameters, std::span<const int> qubits);
  /// The gate alone.
  void append(const GatePointer& gate, std::span<const Angle> angles, std::span<const int> qubits);

 private:
  using Angles = std::vector<Angle>;
  using Qubits = std::vector<int>;
  /// Applied one after the other: ((U^a)^b)…; -1 for an inverse.
  using Powers = std::vector<double>;

  /// A call with numbers in place of names.
  struct Applied {
    GatePointer gate;  ///< null: a barrier
    Angles angles;
    Qubits targets;
    Qubits controls;
    Qubits negated;  ///< those of the controls that act when they are 0
    Powers powers;
  };

  static Applied resolve(const GateCall& call, std::span<const Angle> parameters,
                         std::span<const int> qubits);
  static bool undo_each_other(const Applied& a, const Applied& b);
  static std::vector<Applied> calls_of(const Gate& gate, const Angles& angles,
                                       const Qubits& targets);
  /// How many calls at the beginning are undone at the end.
  static std::size_t n_framing(const std::vector<Applied>& calls);

  void apply(const Applied& call, const Qubits& outer_controls, const Powers& outer_powers);
  void apply_all(std::span<const Applied> calls);
  void gate(const Applied& call, const Qubits& controls, const Powers& powers);
  void operation(Op op, const Angles& angles, const Qubits& targets, const Qubits& controls,
                 double exponent);
  void body(const Applied& call, const Qubits& controls, double exponent);
  void fractional_power(const Applied& call, const Qubits& controls, const Powers& powers);
  void one_qubit_power(const Applied& call, const Qubits& controls, const Powers& powers);
  void controlled(Op op, const Angles& angles, int target, const Qubits& controls);
  void phase_of_all_ones(const Angle& angle, const Qubits& qubits);
  void push(Op op, Qubits qubits, Angles angles = {});
  void spend(std::uint64_t steps);

  std::vector<Instruction>& instructions_;
  std::uint64_t steps_left_;
};

}  // namespace rhodrift::qasm
