#pragma once

#include <vector>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// A gate in terms of simpler ones on its operands 0 and 1, up to a global phase. Following the
/// expansions of what comes out ends: on one qubit with rz and sx (through p, u2 and u3 where a
/// gate has such a form), on two with cx (through cz and rzz). Throws InputError for those, and for
/// what is no unitary gate.
Circuit expansion(Op op, const std::vector<Angle>& angles);

/// `inner`, on operands 0 and 1, between `before` and its inverse on each operand of `where`.
Circuit conjugated(const Circuit& inner, const Circuit& before, const std::vector<int>& where);

}  // namespace rhodrift
