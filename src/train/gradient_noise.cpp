#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/gradient_noise.hpp>

namespace rhodrift {

namespace {

constexpr double rounding = 1e-9;

void require(bool holds, const std::string& problem) {
  if (!holds) throw InputError("gradient noise", "", problem);
}

/// 1 - f², the variance of a Pauli string.
arma::mat shot_variances(const arma::mat& expectations) {
  for (const double value : expectations)
    require(std::abs(value) <= 1 + rounding,
            fmt::format("an expectation of {} is not a Pauli string's", value));
  return arma::clamp(1 - arma::square(expectations), 0.0, 1.0);
}

std::string remedy(double shots_at_equality) {
  const std::string otherwise = "start where gradients are larger (identity-blocks, gaussian)";
  if (!std::isfinite(shots_at_equality)) return otherwise;
  return fmt::format("take at least {:.0f} shots a circuit, or {}", std::ceil(shots_at_equality),
                     otherwise);
}

}  // namespace

GradientNoise gradient_noise(const arma::vec& gradient, const arma::vec& variances,
                             std::uint64_t shots) {
  require(gradient.n_elem == variances.n_elem,
          fmt::format("{} derivatives, {} variances", gradient.n_elem, variances.n_elem));
  require(shots > 0, "0 shots are not > 0");
  require(gradient.is_finite(), "a derivative is not finite");
  for (const double variance : variances)
    require(variance >= 0 && std::isfinite(variance),
            fmt::format("a variance of {} is not >= 0", variance));

  GradientNoise noise;
  noise.std_errors = arma::sqrt(variances / static_cast<double>(shots));
  noise.signal_to_noise.set_size(gradient.n_elem);
  for (arma::uword j = 0; j < gradient.n_elem; ++j)
    noise.signal_to_noise(j) =
        noise.std_errors(j) > 0 ? std::abs(gradient(j)) / noise.std_errors(j) : arma::datum::inf;
  noise.gradient_norm = arma::norm(gradient);
  noise.noise_norm = arma::norm(noise.std_errors);
  if (noise.noise_norm == 0) return noise;
  noise.shots_at_equality = arma::accu(variances) / arma::dot(gradient, gradient);
  if (noise.gradient_norm < noise.noise_norm)
    noise.warning = Warning{
        Warning::Code::gradient_below_shot_noise,
        fmt::format(
            "the gradient is below the shot noise, {:.2g} to {:.2g} with {} shots a circuit",
            noise.gradient_norm, noise.noise_norm, shots),
        remedy(noise.shots_at_equality)};
  return noise;
}

arma::vec parameter_shift_variances(const ExpectationFunction& expectations,
                                    const arma::vec& weights, const arma::mat& features,
                                    const arma::mat& loss_derivatives) {
  require(weights.n_elem == expectations.n_weights(),
          fmt::format("{} weights, the expectations have {}", weights.n_elem,
                      expectations.n_weights()));
  require(features.n_rows == expectations.n_features(),
          fmt::format("{} features, the expectations have {}", features.n_rows,
                      expectations.n_features()));
  require(loss_derivatives.n_rows == expectations.n_observables() &&
              loss_derivatives.n_cols == features.n_cols,
          fmt::format("{} x {} loss derivatives, {} observables and {} samples",
                      loss_derivatives.n_rows, loss_derivatives.n_cols,
                      expectations.n_observables(), features.n_cols));
  const arma::mat squares = arma::square(loss_derivatives) / 4;
  arma::vec variances(weights.n_elem);
  for (arma::uword j = 0; j < weights.n_elem; ++j)
    for (const double shift : {std::numbers::pi / 2, -std::numbers::pi / 2}) {
      arma::vec shifted = weights;
      shifted(j) += shift;
      variances(j) += arma::accu(squares % shot_variances(expectations.values(shifted, features)));
    }
  return variances;
}

}  // namespace rhodrift
