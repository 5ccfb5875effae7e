#include "noise/relaxation.hpp"

#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace rhodrift {

namespace {

// Operand 0 is the least significant digit.
TransferMatrix tensor_product(const std::vector<TransferMatrix>& factors) {
  TransferMatrix product = factors.front();
  for (std::size_t k = 1; k < factors.size(); ++k) product = arma::kron(factors[k], product);
  return product;
}

// The derivative of the product when only factor `moving` moves.
TransferMatrix tensor_product_derivative(std::vector<TransferMatrix> factors, std::size_t moving,
                                         const TransferMatrix& derivative) {
  factors[moving] = derivative;
  return tensor_product(factors);
}

}  // namespace

Relaxation::Relaxation(const Calibration& calibration, const std::vector<int>& qubits,
                       double temperature_mk)
    : is_warm_(temperature_mk > 0.0) {
  for (const int q : qubits) {
    const QubitCalibration& figures = calibration.qubits[static_cast<std::size_t>(q)];
    const double t1 = figures.t1_s.value_or(std::numeric_limits<double>::infinity());
    const bool t2_is_2_t1 = !figures.t2_s || *figures.t2_s > 2.0 * t1;
    double population = 0.0, slope = 0.0;
    if (figures.frequency_hz && is_warm_) {
      population = thermal_population(*figures.frequency_hz, temperature_mk);
      // p = 1/(1 + exp(c f)): dp/df = -c p (1 - p), and c f = log(1/p - 1).
      if (population > 0.0)
        slope = -population * (1.0 - population) * std::log(1.0 / population - 1.0) /
                *figures.frequency_hz;
    }
    qubits_.push_back(
        {q, &figures, t1, t2_is_2_t1 ? 2.0 * t1 : *figures.t2_s, t2_is_2_t1, population, slope});
  }
}

std::vector<TransferMatrix> Relaxation::factors(double duration_s) const {
  std::vector<TransferMatrix> factors;
  for (const Qubit& qubit : qubits_)
    factors.push_back(
        thermal_relaxation(qubit.t1_s, qubit.t2_s, duration_s, qubit.excited_population).ptm());
  return factors;
}

TransferMatrix Relaxation::ptm(double duration_s) const {
  return tensor_product(factors(duration_s));
}

RelaxationDerivatives Relaxation::factor_derivatives(const Qubit& qubit, double duration_s) {
  RelaxationDerivatives derivatives =
      thermal_relaxation_derivatives(qubit.t1_s, qubit.t2_s, duration_s, qubit.excited_population);
  if (qubit.t2_is_2_t1) {
    derivatives.t1_s += 2.0 * derivatives.t2_s;
    derivatives.t2_s.zeros();
  }
  return derivatives;
}

TransferMatrix Relaxation::in_duration(double duration_s) const {
  const std::vector<TransferMatrix> still = factors(duration_s);
  TransferMatrix sum(arma::size(tensor_product(still)), arma::fill::zeros);
  for (std::size_t k = 0; k < qubits_.size(); ++k)
    sum +=
        tensor_product_derivative(still, k, factor_derivatives(qubits_[k], duration_s).duration_s);
  return sum;
}

std::vector<ChannelDerivative> Relaxation::in_figures(double duration_s) const {
  const std::vector<TransferMatrix> still = factors(duration_s);
  std::vector<ChannelDerivative> derivatives;
  for (std::size_t k = 0; k < qubits_.size(); ++k) {
    const Qubit& qubit = qubits_[k];
    const RelaxationDerivatives factor = factor_derivatives(qubit, duration_s);
    const auto add = [&](const char* figure, const TransferMatrix& derivative) {
      derivatives.push_back({fmt::format("/qubits/{}/{}", qubit.number, figure),
                             tensor_product_derivative(still, k, derivative)});
    };
    if (qubit.figures->t1_s) add("t1_s", factor.t1_s);
    if (qubit.figures->t2_s) add("t2_s", factor.t2_s);
    if (qubit.population_in_frequency != 0.0)
      add("frequency_hz", qubit.population_in_frequency * factor.excited_population);
  }
  return derivatives;
}

std::vector<std::string> Relaxation::notes(const std::string& name) const {
  std::vector<std::string> notes;
  for (const Qubit& qubit : qubits_) {
    const auto add = [&](const std::string& what) {
      notes.push_back(fmt::format("{}: qubit {} has {}", name, qubit.number, what));
    };
    const std::optional<double>&t1 = qubit.figures->t1_s, &t2 = qubit.figures->t2_s;
    if (!t1) add("no T1; taken as infinite");
    if (!t2) add("no T2; taken as 2 T1");
    if (t1 && t2 && *t2 > 2.0 * *t1)
      add(fmt::format("T2 = {} s > 2 T1 = {} s; taken as 2 T1", *t2, 2.0 * *t1));
    if (is_warm_ && !qubit.figures->frequency_hz) add("no frequency; relaxes to |0>");
  }
  return notes;
}

}  // namespace rhodrift
