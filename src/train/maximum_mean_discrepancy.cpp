#include <bit>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/maximum_mean_discrepancy.hpp>

namespace rhodrift {

namespace {

constexpr double sum_tolerance = 1e-9;

[[noreturn]] void fail(const std::string& place, const std::string& problem) {
  throw InputError("maximum mean discrepancy", place, problem);
}

/// With the number of different bits as |a - b|², K is a tensor power of (1, k; k, 1),
/// k = exp(-1/(2s)).
arma::vec bitwise_kernel_times(double variance, arma::vec values) {
  const double k = std::exp(-1 / (2 * variance));
  for (arma::uword bit = 1; bit < values.n_elem; bit *= 2)
    for (arma::uword a = 0; a < values.n_elem; ++a)
      if ((a & bit) == 0) {
        const double low = values(a), high = values(a | bit);
        values(a) = low + k * high;
        values(a | bit) = k * low + high;
      }
  return values;
}

/// With integers K(a, b) depends on a - b: a convolution, by Fourier transform over twice the range
/// so that the ends do not meet.
arma::vec integer_kernel_times(double variance, const arma::vec& values) {
  const arma::uword n = values.n_elem;
  arma::vec kernel(2 * n);
  for (arma::uword d = 0; d < n; ++d) {
    const auto difference = static_cast<double>(d);
    kernel(d) = std::exp(-difference * difference / (2 * variance));
    kernel((2 * n - d) % (2 * n)) = kernel(d);
  }
  const arma::cx_vec product = arma::fft(kernel) % arma::fft(values, 2 * n);
  const arma::cx_vec convolution = arma::ifft(product);
  return arma::real(convolution.head(n));
}

}  // namespace

MaximumMeanDiscrepancy::MaximumMeanDiscrepancy(arma::vec target, std::vector<double> variances,
                                               Distance distance)
    : target_(std::move(target)), variances_(std::move(variances)), distance_(distance) {
  if (target_.n_elem < 2 || !std::has_single_bit(target_.n_elem))
    fail("target", fmt::format("{} outcomes are not those of whole bits", target_.n_elem));
  if (!target_.is_finite() || target_.min() < 0 ||
      std::abs(arma::accu(target_) - 1) > sum_tolerance)
    fail("target", "is no distribution: probabilities are >= 0 and sum to 1");
  if (variances_.empty()) fail("variances", "there are none");
  for (const double variance : variances_)
    if (!(variance > 0 && std::isfinite(variance)))
      fail("variances", fmt::format("{} is not > 0", variance));
}

LossValue MaximumMeanDiscrepancy::operator()(const arma::vec& probabilities) const {
  if (probabilities.n_elem != target_.n_elem)
    fail("",
         fmt::format("{} probabilities, {} in the target", probabilities.n_elem, target_.n_elem));
  const arma::vec difference = probabilities - target_;
  const arma::vec product = kernel_times(difference);
  return {arma::dot(difference, product), 2 * product};
}

arma::vec MaximumMeanDiscrepancy::kernel_times(const arma::vec& values) const {
  arma::vec sum(values.n_elem);
  for (const double variance : variances_)
    sum += distance_ == Distance::bits ? bitwise_kernel_times(variance, values)
                                       : integer_kernel_times(variance, values);
  return sum / static_cast<double>(variances_.size());
}

}  // namespace rhodrift
