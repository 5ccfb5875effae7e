#include "train/generator.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

constexpr double rounding = 1e-9;  // of eigenvalues that are multiples of 1/2

/// The positive differences of eigenvalues, each once, ascending.
std::vector<double> frequencies_of(const arma::cx_mat& generator) {
  const arma::vec eigenvalues = arma::eig_sym(generator);
  std::vector<double> differences;
  for (const double high : eigenvalues)
    for (const double low : eigenvalues)
      if (high - low > rounding) differences.push_back(high - low);
  std::ranges::sort(differences);
  const auto equal = [](double a, double b) { return std::abs(a - b) < rounding; };
  differences.erase(std::unique(differences.begin(), differences.end(), equal), differences.end());
  return differences;
}

}  // namespace

arma::cx_mat generator(Op op, int k) {
  const OperationInfo& operation = info(op);
  const std::vector<double> angles(static_cast<std::size_t>(operation.n_angles), 0.0);
  return arma::cx_double(0, 1) * operation.unitary(angles).t() * operation.derivative(angles, k);
}

std::vector<Shift> shift_rule(Op op, int k) {
  const std::vector<double> frequencies = frequencies_of(generator(op, k));
  const auto n = static_cast<double>(frequencies.size());
  const double omega = frequencies.front();
  for (std::size_t r = 0; r < frequencies.size(); ++r)
    if (std::abs(frequencies[r] - static_cast<double>(r + 1) * omega) > rounding)
      throw InputError("parameter shift", std::string(info(op).name),
                       "no rule is known for its frequencies");
  std::vector<Shift> shifts;
  for (std::size_t mu = 1; mu <= 2 * frequencies.size(); ++mu) {
    const double x = static_cast<double>(2 * mu - 1) * std::numbers::pi / (2 * n * omega);
    const double sine = std::sin(omega * x / 2);
    const double factor = (mu % 2 == 1 ? 1 : -1) * omega / (4 * n * sine * sine);
    // f has the period 2π/ω: the second half of the shifts is turned back by it.
    const bool back = mu > frequencies.size();
    shifts.push_back({back ? x - 2 * std::numbers::pi / omega : x, factor});
  }
  return shifts;
}

}  // namespace rhodrift
