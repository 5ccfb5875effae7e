#pragma once

#include <armadillo>
#include <vector>

#include <rhodrift/circuit/operation.hpp>

namespace rhodrift {

/// The Hermitian K of angle `k` of an operation with angles, the others being 0:
///   U(θ + s) = U(θ) exp(-i s K),
/// so K acts before the gate. Its eigenvalues are the same whatever the other angles.
arma::cx_mat generator(Op op, int k);

/// A term of a derivative: factor · f(θ + angle_rad).
struct Shift {
  double angle_rad;
  double factor;
};

/// The terms whose sum is df/dθ for every f that the gate's angle k makes of any state and
/// observable. f is a trigonometric polynomial whose R frequencies are the differences of the
/// generator's eigenvalues. Where they are ω, 2ω, …, Rω,
///   f'(θ) = Σ_μ (-1)^(μ-1) ω / (4R sin²(ω x_μ/2)) · f(θ + x_μ),  x_μ = (2μ-1)π/(2Rω), μ = 1 … 2R
/// (D. Wierichs et al., Quantum 6, 677 (2022)). Of a Pauli rotation, ω = R = 1: (f(θ + π/2)
/// - f(θ - π/2))/2; of a controlled one and xy, ω = 1/2 and R = 2: four terms.
/// Throws InputError when the frequencies are others.
std::vector<Shift> shift_rule(Op op, int k);

}  // namespace rhodrift
