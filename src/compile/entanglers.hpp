#pragma once

#include <array>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// A 2-qubit gate that others are made of.
struct Entangler {
  Op op;
  int rank;     ///< a pair uses those of the lowest rank that it has
  int n_in_cx;  ///< how many make a cx
};
inline constexpr std::array entanglers{
    Entangler{Op::cx, 0, 1},  Entangler{Op::ecr, 0, 1},   Entangler{Op::cz, 0, 1},
    Entangler{Op::rzz, 1, 1}, Entangler{Op::rxx, 2, 1},   Entangler{Op::sqrt_iswap, 3, 2},
    Entangler{Op::xy, 4, 2},  Entangler{Op::iswap, 5, 2},
};

/// cx of 0 on 1 in rxx, sqrt_iswap, xy or iswap, all symmetric in their qubits, and 1-qubit gates.
Circuit cx_in(Op entangler);

}  // namespace rhodrift
