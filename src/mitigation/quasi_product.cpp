#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/quasi_product.hpp>

namespace rhodrift {

namespace {

constexpr double enough_negative = 12.0;

arma::vec part(const arma::vec& quasi, bool negative) {
  return arma::clamp(negative ? arma::vec(-quasi) : quasi, 0.0, arma::datum::inf);
}

double probability(double mean_sign, bool negative) {
  return 0.5 * (negative ? 1.0 - mean_sign : 1.0 + mean_sign);
}

/// Draws i with probability weights(i)/Σ weights.
std::size_t draw_one(const arma::vec& weights, RandomStream& random) {
  double rest = random.uniform() * arma::accu(weights);
  std::size_t i = 0;
  while (i + 1 < weights.n_elem && rest >= weights(i)) rest -= weights(i++);
  while (weights(i) == 0.0) --i;  // where rounding ran past the last one
  return i;
}

}  // namespace

QuasiProduct::QuasiProduct(std::vector<arma::vec> sites)
    : sites_(std::move(sites)), mean_sign_(sites_.size() + 1, 1.0) {
  for (std::size_t k = sites_.size(); k-- > 0;) {
    const double size = arma::accu(arma::abs(sites_[k]));
    gamma_ *= size;
    mean_sign_[k] = mean_sign_[k + 1] * arma::accu(sites_[k]) / size;
  }
  for (const arma::vec& quasi : sites_)
    negative_.push_back(arma::accu(part(quasi, true)) / arma::accu(arma::abs(quasi)));
}

double QuasiProduct::negative_probability() const {
  const bool never = std::ranges::all_of(negative_, [](double p) { return p == 0.0; });
  return never ? 0.0 : probability(mean_sign_.front(), true);
}

std::vector<std::size_t> QuasiProduct::draw(bool negative, RandomStream& random) const {
  std::vector<std::size_t> drawn;
  for (std::size_t k = 0; k < sites_.size(); ++k) {
    // Of the sign here, given that of all from here on.
    const double both = negative_[k] * probability(mean_sign_[k + 1], !negative);
    const bool here = random.uniform() * probability(mean_sign_[k], negative) < both;
    drawn.push_back(draw_one(part(sites_[k], here), random));
    negative ^= here;
  }
  return drawn;
}

std::vector<QuasiProduct::Share> QuasiProduct::shares(std::uint64_t n_instances) const {
  const double p = negative_probability();
  const std::uint64_t least = p == 0.0 ? 2 : 4;
  if (n_instances < least)
    throw InputError(
        "instances", "",
        fmt::format("{} given, at least {} are needed to tell an error", n_instances, least));
  if (p == 0.0) return {{false, n_instances, gamma_}};
  const auto n = static_cast<double>(n_instances);
  // The scatter of two or three negative ones says little of their variance: where they are rare,
  // there are more of them than chance would have, with smaller weights.
  const double enough = std::min(enough_negative, std::floor(n / 4.0));
  const double n_negative = std::clamp(std::round(n * p), std::max(enough, 2.0), n - 2.0);
  const auto count = static_cast<std::uint64_t>(n_negative);
  return {{false, n_instances - count, gamma_ * (1.0 - p) * n / (n - n_negative)},
          {true, count, -gamma_ * p * n / n_negative}};
}

}  // namespace rhodrift
