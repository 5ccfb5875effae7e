#pragma once

#include <armadillo>
#include <vector>

namespace rhodrift::zne {

// Layerwise Richardson extrapolation: the noise of every layer (or chunk of layers) is scaled for
// itself, and a polynomial in all scale factors, of total degree `degree`, goes through all points.
// V. Russo, A. Mari, arXiv:2402.04000.

/// At most this many points are planned.
inline constexpr std::size_t max_layerwise_points = 1000;

/// By point a scale factor a layer: 1 + 2m for every vector m of whole numbers with Σm <= degree,
/// so that folding reaches them. All ones come first. Throws InputError when layers or degree are
/// below 1, or when C(layers + degree, degree) points are more than the limit.
std::vector<std::vector<double>> layerwise_scale_factors(int layers, int degree);

/// The extrapolated value is Σ coefficient_i · (value at scale_factors[i]). Throws InputError when
/// the points are not C(layers + degree, degree) vectors of one length, or do not determine the
/// polynomial.
arma::vec layerwise_coefficients(const std::vector<std::vector<double>>& scale_factors, int degree);

}  // namespace rhodrift::zne
