#pragma once

#include <armadillo>

#include "mitigation/readout/gmres.hpp"

namespace rhodrift {

/// |B|₁ = max_x |B x|₁ / |x|₁ of an n x n matrix from products with it and with its transpose, some
/// six in all: a lower bound, usually the norm itself. N. J. Higham, ACM Trans. Math. Softw. 14,
/// 381 (1988), algorithm 4.1.
double estimated_norm_1(const LinearMap& times, const LinearMap& transposed_times, arma::uword n);

}  // namespace rhodrift
