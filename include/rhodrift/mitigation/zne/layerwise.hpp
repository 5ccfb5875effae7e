#pragma once

#include <armadillo>
#include <vector>

namespace rhodrift::zne {

/// Layerwise Richardson extrapolation: the noise of every layer is scaled for itself, and a
/// polynomial in all scale factors, of total degree `degree`, goes through all points.
/// V. Russo, A. Mari, arXiv:2402.04000.
struct LayerwisePoints {
  /// A vector of a scale factor a layer; 1 + 2m for every vector m of whole numbers with Σm <=
  /// degree, so that folding reaches them. All ones come first.
  std::vector<std::vector<double>> scale_factors;
  arma::vec coefficients;  ///< the extrapolated value is Σ coefficient_i · (value at vector i)
};

/// At most this many points are planned.
inline constexpr std::size_t max_layerwise_points = 1000;

/// Throws InputError when layers or degree are below 1, or when C(layers + degree, degree) points
/// are more than the limit.
LayerwisePoints layerwise_points(int layers, int degree);

}  // namespace rhodrift::zne
