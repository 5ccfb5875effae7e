#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/zne/shot_allocation.hpp>

namespace rhodrift::zne {

namespace {

/// The iteration to an optimal design ends when no share changes by more, or after so many rounds.
constexpr double share_tolerance = 1e-6;
constexpr int max_rounds = 1000;
/// A point that the design gives nothing keeps this share while it is iterated, so that it can come
/// back.
constexpr double least_share = 1e-6;

void require_shots(const arma::vec& deviations, std::size_t n_points, std::uint64_t total) {
  const auto refuse = [](const std::string& problem) {
    throw InputError("shot allocation", "", problem);
  };
  if (deviations.n_elem != n_points)
    refuse(fmt::format("{} deviations for {} points", deviations.n_elem, n_points));
  for (const double deviation : deviations)
    if (!(deviation >= 0.0 && std::isfinite(deviation)))
      refuse(fmt::format("deviation {} is not a finite number >= 0", deviation));
  if (total < n_points) refuse(fmt::format("{} shots for {} points", total, n_points));
}

/// Whole shots in these proportions, by largest remainders; then points without one get one of
/// those of the largest.
std::vector<std::uint64_t> rounded(const arma::vec& shares, std::uint64_t total) {
  std::vector<std::uint64_t> shots;
  std::vector<double> remainders;
  std::uint64_t given = 0;
  for (const double share : shares) {
    const double wanted = share * static_cast<double>(total);
    shots.push_back(static_cast<std::uint64_t>(wanted));
    remainders.push_back(wanted - std::floor(wanted));
    given += shots.back();
  }
  std::vector<std::size_t> order(shots.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return remainders[i] > remainders[j]; });
  for (std::size_t i = 0; given < total; ++i, ++given) ++shots[order[i % order.size()]];
  for (std::uint64_t& one : shots)
    if (one == 0) {
      --*std::ranges::max_element(shots);
      one = 1;
    }
  return shots;
}

arma::vec equal_shares(arma::uword n) {
  return arma::vec(n, arma::fill::value(1.0 / static_cast<double>(n)));
}

arma::vec shares_of(const arma::vec& coefficients, const arma::vec& deviations) {
  const arma::vec wanted = arma::abs(coefficients) % deviations;
  const double sum = arma::accu(wanted);
  if (sum == 0.0) return equal_shares(wanted.n_elem);
  return wanted / sum;
}

}  // namespace

std::vector<std::uint64_t> allocate_shots(const arma::vec& coefficients,
                                          const arma::vec& deviations, std::uint64_t total) {
  require_shots(deviations, coefficients.n_elem, total);
  return rounded(shares_of(coefficients, deviations), total);
}

std::vector<std::uint64_t> allocate_shots(const Extrapolation& extrapolation,
                                          std::span<const double> scale_factors,
                                          const arma::vec& values, const arma::vec& deviations,
                                          std::uint64_t total) {
  require_shots(deviations, scale_factors.size(), total);
  arma::vec shares = equal_shares(scale_factors.size());
  for (int round = 0; round < max_rounds; ++round) {
    const arma::mat covariance =
        arma::diagmat(arma::square(deviations) /
                      (arma::clamp(shares, least_share, 1.0) * static_cast<double>(total)));
    const arma::vec next =
        shares_of(influence(extrapolation, scale_factors, values, covariance), deviations);
    const double change = arma::abs(next - shares).max();
    shares = next;
    if (change < share_tolerance) break;
  }
  return rounded(shares, total);
}

}  // namespace rhodrift::zne
