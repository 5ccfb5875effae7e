#pragma once

#include <armadillo>
#include <array>
#include <optional>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// A 2-qubit unitary, up to a global phase, as
///   U = (after[1] ⊗ after[0]) · exp(i (x XX + y YY + z ZZ)) · (before[1] ⊗ before[0])
/// with π/4 >= x >= z >= |y|: Cartan's decomposition, in the Weyl chamber (Zhang, Vala, Sastry,
/// Whaley, Phys. Rev. A 67, 042313 (2003)). Operand 0 is the least significant bit.
struct WeylDecomposition {
  std::array<arma::cx_mat22, 2> before;
  std::array<arma::cx_mat22, 2> after;
  double x;
  double y;
  double z;

  /// nullopt when rounding errors leave more than 1e-9 in an element of the product.
  static std::optional<WeylDecomposition> of(const arma::cx_mat44& unitary);

  /// The number of cx it takes, 0 to 3 (Shende, Bullock, Markov, Phys. Rev. A 70, 012310 (2004)).
  int n_cx() const;
  /// With that many cx (Vatan, Williams, Phys. Rev. A 69, 032315 (2004)).
  Circuit circuit() const;
};

}  // namespace rhodrift
