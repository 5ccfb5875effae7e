#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/kernel_concentration.hpp>

namespace rhodrift {

namespace {

constexpr const char* source = "kernel concentration";

void require_shots(std::uint64_t shots) {
  if (shots == 0) throw InputError(source, "shots", "0, at least 1 is needed");
}

/// `variance` is that of the numbers as measured, `measured` the variances due to shots in it,
/// `of_one_shot` the variances of one shot each.
KernelConcentration concentration(double mean, double variance, const arma::vec& measured,
                                  const arma::vec& of_one_shot, std::uint64_t shots,
                                  bool states_alike) {
  return {mean, std::sqrt(std::max(variance - arma::mean(measured), 0.0)),
          std::sqrt(arma::mean(of_one_shot) / static_cast<double>(shots)), shots, states_alike};
}

}  // namespace

double KernelConcentration::shots_needed() const {
  if (spread == 0.0) return std::numeric_limits<double>::infinity();
  return static_cast<double>(shots) * std::pow(shot_error / spread, 2);
}

KernelConcentration fidelity_concentration(const EstimatedMatrix& kernel, std::uint64_t shots) {
  require_shots(shots);
  const arma::mat& values = kernel.values;
  if (values.n_rows != values.n_cols || values.n_rows < 3)
    throw InputError(
        source, "kernel",
        fmt::format("is {} x {}, not that of at least 3 samples", values.n_rows, values.n_cols));
  const arma::uvec upper = arma::trimatu_ind(arma::size(values), 1);
  const arma::vec entries = values(upper);
  return concentration(arma::mean(entries), arma::var(entries),
                       arma::square(arma::vec(kernel.std_error(upper))), entries % (1 - entries),
                       shots, arma::mean(entries) > 0.5);
}

KernelConcentration projected_concentration(const EstimatedMatrix& expectations,
                                            std::uint64_t shots) {
  require_shots(shots);
  const arma::mat& values = expectations.values;
  if (values.n_cols < 2)
    throw InputError(source, "expectations",
                     fmt::format("are of {} samples, at least 2 are needed", values.n_cols));
  const arma::vec squares = arma::square(arma::vectorise(values));
  return concentration(arma::mean(arma::vectorise(values)), arma::mean(arma::var(values, 0, 1)),
                       arma::square(arma::vectorise(expectations.std_error)), 1 - squares, shots,
                       3 * arma::mean(squares) > 0.5);
}

std::optional<Warning> concentration_warning(const KernelConcentration& concentration) {
  if (concentration.spread >= concentration.shot_error) return std::nullopt;
  const double needed = concentration.shots_needed();
  return Warning{
      Warning::Code::kernel_concentration,
      fmt::format("the kernel hardly tells samples apart: what is measured for it is {:.2g} and "
                  "differs by {:.2g}, the error of {} shots is {:.2g}",
                  concentration.mean, concentration.spread, concentration.shots,
                  concentration.shot_error),
      std::string(concentration.states_alike
                      ? "map the features onto a wider range"
                      : "map the features onto a narrower range, or encode them on fewer qubits "
                        "with fewer repetitions") +
          (std::isfinite(needed)
               ? fmt::format(", or spend more than {:.0f} shots", std::ceil(needed))
               : "")};
}

}  // namespace rhodrift
