#pragma once

#include <armadillo>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// z_0 · pulse_0 · z_1 · pulse_1 · … · z_k in the order of time: turns about z by affine angles,
/// and between them sx or x (whose angle is unused), or rx.
struct PulseTrain {
  struct Pulse {
    Op op;
    Angle angle;
  };
  std::vector<Angle> z{Angle(0.0)};
  std::vector<Pulse> pulses;
};

/// Consecutive gates on one qubit as constants C and symbolic turns about z,
///   C_0, rz(angle_1), C_1, rz(angle_2), …, C_k in the order of time,
/// with as few symbolic turns as affine angles allow.
class OneQubitRun {
 public:
  bool empty() const { return empty_; }
  /// A unitary 1-qubit operation.
  void append(Op op, const std::vector<Angle>& angles);
  /// The same up to a global phase, with as few pulses as each constant needs: 0, 1 or 2.
  PulseTrain pulses() const;

 private:
  void append_constant(const arma::cx_mat22& matrix);
  void append_z(const Angle& angle);

  bool empty_ = true;
  std::vector<arma::cx_mat22> constants_{arma::cx_mat22(arma::fill::eye)};
  std::vector<Angle> angles_;
};

}  // namespace rhodrift
