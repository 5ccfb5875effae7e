#pragma once

#include <armadillo>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rhodrift/core/estimate.hpp>

/// From values measured at several strengths of the noise to the value without noise. Fits are
/// maximum likelihood for Gaussian errors of known covariance: χ² is minimised, and never used to
/// rescale the errors, which the shots tell.
namespace rhodrift::zne {

/// What is fitted to the values y at scale factors x; the estimate is its value at 0.
struct Extrapolation {
  enum class Model {
    linear,              ///< b + c x
    polynomial,          ///< of degree `order`
    richardson,          ///< the polynomial through all points
    exponential,         ///< a + b exp(-c x), either sign of b and c; a line where c = 0
    poly_exponential,    ///< a + b exp(z_1 x + … + z_order x^order)
    double_exponential,  ///< a + b_1 exp(-c_1 x) + b_2 exp(-c_2 x)
    automatic,           ///< an average over models, see extrapolate
  };
  Model model = Model::linear;
  int order = 1;  ///< of polynomial and poly_exponential
  /// a, where it is known (0 for expectations that full depolarization leaves); else it is fitted.
  std::optional<double> asymptote = std::nullopt;

  bool operator==(const Extrapolation&) const = default;
};

inline constexpr int max_order = 10;

/// Whether the value is linear in the values that are fitted: linear, polynomial, richardson.
bool is_linear(const Extrapolation& extrapolation);

/// "linear", "richardson", "automatic", "polynomial" with ":order=2", "exponential" with or without
/// ":asymptote=0", "poly-exponential" with ":order=2" and maybe an asymptote,
/// "double-exponential" maybe with one. Throws InputError that lists them, or the settings.
Extrapolation parse_extrapolation(std::string_view text);
/// As parse_extrapolation reads it.
std::string to_string(const Extrapolation& extrapolation);
/// How many numbers are fitted to `n_points`. Throws InputError for automatic.
std::size_t n_parameters(const Extrapolation& extrapolation, std::size_t n_points);

/// Throws InputError on invalid settings, a scale factor that is below 1, not finite or repeated,
/// and fewer points than parameters: what `extrapolate` throws before it looks at values.
void require_points(const Extrapolation& extrapolation, std::span<const double> scale_factors);

/// The value at 0 of the model fitted to `values`, measured at the scale factors with errors of
/// this covariance (all 0: exact values, equal weights, and std_error is 0). A point of variance 0
/// among others counts, in weights and errors, as if it had the least variance of the others: its
/// few shots all agreed, which does not make it exact.
///
/// Linear models: generalised least squares, value cᵀy, std_error² = cᵀ covariance c, Gaussian
/// interval. Others: std_error by the delta method; the interval is the profile likelihood's, all
/// values v with χ²(v) - χ²_min <= z², and so not symmetric.
/// automatic: linear, polynomial:order=2, exponential, and exponential with the asymptote if one is
/// given, as far as they leave a degree of freedom, with Akaike's weights exp(-χ²/2 - k), k
/// parameters (the variances are known, so that AICc's correction for an estimated one has no
/// place). Value Σ w v; std_error Σ w √(se² + (v - value)²), which has the uncertainty of the
/// choice in it (S. T. Buckland, K. P. Burnham, N. H. Augustin, Biometrics 53, 603 (1997)).
///
/// method: to_string. Diagnostics "coefficient[j]" (linear models), "parameter[i]" (others: a if it
/// is fitted, then b's, then c's or z's), "chi2", "degrees_of_freedom", and "p_value" of χ² where
/// there are degrees of freedom and errors; automatic: "weight(<model>)".
///
/// Throws InputError as require_points, on values that are not finite, and a covariance of another
/// size, not symmetric or not positive
/// semidefinite; RunError that says why when the fit does not exist: the data do not look like the
/// model, or do not bound its value.
Estimate extrapolate(const Extrapolation& extrapolation, std::span<const double> scale_factors,
                     const arma::vec& values, const arma::mat& covariance, double level = 0.95);

/// dv/dy_j of the extrapolated value v at these values: the coefficients of a linear model, the
/// delta method's of others. Throws as extrapolate, and InputError for automatic.
arma::vec influence(const Extrapolation& extrapolation, std::span<const double> scale_factors,
                    const arma::vec& values, const arma::mat& covariance);

/// n >= 2 Chebyshev nodes on [1, highest], the lowest one at 1: Richardson's coefficients grow as
/// slowly with n as any can (M. Krebsbach, B. Trauzettel, A. Calzona, Phys. Rev. A 106, 062436
/// (2022)). Throws InputError below 2 nodes or when highest is not above 1.
std::vector<double> chebyshev_scale_factors(int n, double highest);

/// Where to measure next for an exponential with a known asymptote, from what was measured so far:
/// 1 + 1.27846/c at the fitted rate c, at most `highest`, which is also the answer when no decay is
/// seen. T. Giurgica-Tiron et al., IEEE QCE 2020, arXiv:2005.10921, section IV. Throws as
/// extrapolate.
double next_scale_factor(double asymptote, std::span<const double> scale_factors,
                         const arma::vec& values, const arma::mat& covariance, double highest);

}  // namespace rhodrift::zne
