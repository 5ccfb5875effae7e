#pragma once

#include <memory>
#include <string>
#include <vector>

#include <rhodrift/circuit/operation.hpp>
#include <rhodrift/core/readout_error.hpp>
#include <rhodrift/core/transfer_matrix.hpp>

namespace rhodrift {

/// How a channel moves with one number of the calibration it was made of.
struct ChannelDerivative {
  /// JSON pointer of the number in the calibration file: "/qubits/3/t1_s", "/gates/17/error".
  std::string number;
  TransferMatrix ptm;  ///< dR/d(number) at the recorded value, per SI unit of the number
};

/// A noise channel as it stands in a circuit.
struct ChannelInstruction {
  std::string label;  ///< where it comes from, e.g. "cx 0,1"
  TransferMatrix ptm;
  /// Empty unless asked for (NoiseModel::apply). Circuit files do not hold them: they say what a
  /// circuit does, and the derivatives follow from the calibration.
  std::vector<ChannelDerivative> derivatives = {};
};

struct Instruction {
  Op op;
  std::vector<int> qubits;    ///< operands in order; channel: digits in order
  std::vector<Angle> angles;  ///< as many as info(op).n_angles
  std::shared_ptr<const ChannelInstruction> channel;  ///< only with Op::channel
  int bit = -1;                                       ///< only with Op::measure: the classical bit
  double duration_s = 0.0;                            ///< only with Op::delay: how long it waits
};

/// A list of instructions on n qubits, every operand checked when it is appended.
/// Noise is part of it: NoiseModel::apply returns a circuit with channels and a readout error in
/// it, and simulators know circuits only.
///
/// Measurements. One that is the last on its qubit (barriers aside) is *final*: it says what is
/// read, and the state that simulators speak of is the one before it. Any other is *mid-circuit*:
/// its outcome stays in its bit, and the state after it is a mixture of what goes with 0 and with 1
/// (the qubit loses its X and Y). Nothing in a circuit depends on an outcome: there is no feedback.
///
/// Post-selection. All that is said of a circuit (its state, expectations, probabilities, shots)
/// then is conditional: it holds for the runs in which every post-selected qubit was found as
/// wanted, when it was its turn. That is the qubit itself; no readout error is involved, and no bit
/// is written.
class Circuit {
 public:
  /// Throws InputError when n_qubits < 1.
  explicit Circuit(int n_qubits);

  /// Throws InputError on a wrong number of operands or angles, a qubit out of range or repeated, a
  /// duration that is not finite or < 0, and on a channel whose matrix or derivative is not
  /// 4^k x 4^k and finite for k operands.
  Circuit& append(Op op, std::vector<int> qubits, std::vector<Angle> angles = {});
  Circuit& append(const Instruction& instruction);
  /// All instructions of `other`, whose qubit i becomes qubits[i] of this circuit; its readout
  /// error stays behind. Throws InputError when `qubits` has another length or repeats a qubit.
  Circuit& append(const Circuit& other, const std::vector<int>& qubits);
  /// All instructions of `other`, qubit by qubit.
  Circuit& append(const Circuit& other);
  /// Throws InputError when the matrix is not 4^k x 4^k real and finite for k operands.
  Circuit& append_channel(const std::string& label, std::vector<int> qubits, TransferMatrix ptm);
  /// Reads `qubit` into classical bit `bit`. Throws InputError when the bit is outside 0..63 or was
  /// written before.
  Circuit& measure(int qubit, int bit);
  /// Leaves `qubit` alone for `duration_s` seconds, >= 0 and finite, else InputError.
  Circuit& delay(int qubit, double duration_s);
  /// Keeps the runs with `qubit` in |outcome>. Throws InputError when the outcome is not 0 or 1.
  Circuit& postselect(int qubit, int outcome);

  int n_qubits() const { return n_qubits_; }
  const std::vector<Instruction>& instructions() const { return instructions_; }
  /// How messages name an instruction: "instruction 3 (cx 0,1)".
  std::string place_of(std::size_t instruction) const;
  /// One more than the highest index used by an angle.
  int n_weights() const { return n_weights_; }
  int n_features() const { return n_features_; }

  /// qubit_of_bit()[i] is the qubit that is read into bit i. A circuit without `measure` reads
  /// every qubit i into bit i. Throws InputError when a bit below the highest is never written.
  std::vector<int> qubit_of_bit() const;
  /// The bits that mid-circuit measurements write, ascending.
  std::vector<int> mid_circuit_bits() const;
  bool is_mid_circuit(int bit) const;
  bool has_postselection() const;

  /// Readout error over the classical bits.
  const ReadoutError& readout_error() const { return readout_error_; }
  /// Throws InputError when a group is invalid.
  void set_readout_error(ReadoutError error);

  /// The inverse circuit, without final measurements; delays stay as long as they are.
  /// Throws InputError naming the last instruction that has no inverse.
  Circuit inverse() const;
  /// This circuit without its final measurements and its readout error.
  Circuit without_measurements() const;
  /// This circuit with numbers in place of its weights and features. Throws InputError when they
  /// are not as many as the circuit has.
  Circuit bound(const Binding& binding) const;

 private:
  void check(const Instruction& instruction) const;
  void push(Instruction instruction);

  int n_qubits_;
  int n_weights_ = 0;
  int n_features_ = 0;
  std::vector<Instruction> instructions_;
  std::vector<int> final_bit_;     // by qubit: what it was read into, if nothing followed; or -1
  std::vector<int> qubit_of_bit_;  // -1: not written
  std::vector<bool> mid_circuit_;  // by bit
  ReadoutError readout_error_;
};

}  // namespace rhodrift
