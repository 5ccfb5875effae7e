#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/gate_noise.hpp>

#include "noise/calibration_name.hpp"

namespace rhodrift {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string gate_name(const GateCalibration& gate) {
  return fmt::format("{} {}", gate.name, fmt::join(gate.qubits, ","));
}

const QubitCalibration& qubit_of(const Calibration& calibration, int q) {
  return calibration.qubits[static_cast<std::size_t>(q)];
}

// A calibration made by hand has not been validated.
void require_figures(const Calibration& calibration, const GateCalibration& gate) {
  const auto fail = [&](const std::string& problem) {
    throw InputError(calibration_name(calibration), gate_name(gate), problem);
  };
  if (gate.qubits.empty()) fail("has no operands");
  for (const int q : gate.qubits)
    if (q < 0 || q >= calibration.n_qubits())
      fail(fmt::format("qubit {} is outside 0..{}", q, calibration.n_qubits() - 1));
  if (gate.error && !(*gate.error >= 0.0))
    fail(fmt::format("reported error {} is not >= 0", *gate.error));
}

std::vector<std::string> missing_figures(const Calibration& calibration,
                                         const GateCalibration& gate) {
  const std::string name = gate_name(gate);
  std::vector<std::string> notes;
  if (!gate.error) notes.push_back(name + ": no error reported; relaxation only");
  if (!gate.duration_s) notes.push_back(name + ": no duration reported; no relaxation");
  for (const int q : gate.qubits) {
    const QubitCalibration& qubit = qubit_of(calibration, q);
    if (!qubit.t1_s)
      notes.push_back(fmt::format("{}: qubit {} has no T1; taken as infinite", name, q));
    if (!qubit.t2_s)
      notes.push_back(fmt::format("{}: qubit {} has no T2; taken as 2 T1", name, q));
    else if (qubit.t1_s && *qubit.t2_s > 2.0 * *qubit.t1_s)
      notes.push_back(fmt::format("{}: qubit {} has T2 = {} s > 2 T1 = {} s; taken as 2 T1", name,
                                  q, *qubit.t2_s, 2.0 * *qubit.t1_s));
  }
  return notes;
}

// --- Relaxation ---------------------------------------------------------------------------------

struct RelaxationTimes {
  double t1_s;
  double t2_s;
  bool t2_is_2_t1;  // for want of a figure, or because the figure is beyond it
};

RelaxationTimes relaxation_times(const QubitCalibration& qubit) {
  const double t1 = qubit.t1_s.value_or(infinity);
  const bool t2_is_2_t1 = !qubit.t2_s || *qubit.t2_s > 2.0 * t1;
  return {t1, t2_is_2_t1 ? 2.0 * t1 : *qubit.t2_s, t2_is_2_t1};
}

// The relaxation of each operand over the gate's duration.
std::vector<TransferMatrix> relaxation_factors(const Calibration& calibration,
                                               const GateCalibration& gate) {
  std::vector<TransferMatrix> factors;
  for (const int q : gate.qubits) {
    const RelaxationTimes times = relaxation_times(qubit_of(calibration, q));
    factors.push_back(
        thermal_relaxation(times.t1_s, times.t2_s, gate.duration_s.value_or(0.0)).ptm());
  }
  return factors;
}

// The derivatives of one operand's factor in the figures of the calibration.
RelaxationDerivatives factor_derivatives(const QubitCalibration& qubit, double duration_s) {
  const RelaxationTimes times = relaxation_times(qubit);
  RelaxationDerivatives derivatives =
      thermal_relaxation_derivatives(times.t1_s, times.t2_s, duration_s);
  if (times.t2_is_2_t1) {
    derivatives.t1_s += 2.0 * derivatives.t2_s;
    derivatives.t2_s.zeros();
  }
  return derivatives;
}

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

// --- Depolarizing -------------------------------------------------------------------------------

// λ as a function of the reported error ε and of relaxation's average fidelity F.
struct Depolarizing {
  double lambda = 0.0;
  double in_error = 0.0;     // ∂λ/∂ε
  double in_fidelity = 0.0;  // ∂λ/∂F
};

// What makes up for the part of the reported error that relaxation does not explain.
Depolarizing depolarizing_rest(const Calibration& calibration, const GateCalibration& gate,
                               double relaxation_fidelity) {
  const double r = 1.0 - relaxation_fidelity;
  if (!gate.error || *gate.error <= r) return {};
  const double d = std::ldexp(1.0, static_cast<int>(gate.qubits.size()));
  const double excess = d * relaxation_fidelity - 1.0;
  if (excess <= 0.0)
    throw InputError(
        calibration_name(calibration), gate_name(gate),
        fmt::format("relaxation alone has fidelity {}, at most 1/d: the gate is longer "
                    "than its qubits live",
                    relaxation_fidelity));
  // ε <- min(ε, d/(d + 1)) would change nothing: from there on λ is at its limit, whatever F is.
  const double limit = d * d / (d * d - 1.0);
  const double lambda = d * (*gate.error - r) / excess;
  if (lambda >= limit) return {limit, 0.0, 0.0};
  return {lambda, d / excess, d * (1.0 - lambda) / excess};
}

// The derivative of S D, with S the relaxation and D = diag(1, 1 - λ, …, 1 - λ), when S and ε move.
TransferMatrix noise_derivative(const TransferMatrix& relaxation, const Depolarizing& rest,
                                const TransferMatrix& d_relaxation, double d_error) {
  const double d = std::sqrt(static_cast<double>(relaxation.n_rows));
  const double d_fidelity = arma::trace(d_relaxation) / (d * (d + 1.0));
  const double d_lambda = rest.in_error * d_error + rest.in_fidelity * d_fidelity;
  TransferMatrix derivative = (1.0 - rest.lambda) * d_relaxation - d_lambda * relaxation;
  derivative.col(0) = d_relaxation.col(0);  // D keeps the identity whatever λ is
  return derivative;
}

}  // namespace

GateNoise aer_gate_noise(const Calibration& calibration, const GateCalibration& gate) {
  require_figures(calibration, gate);
  const Channel relaxation =
      Channel::from_ptm(tensor_product(relaxation_factors(calibration, gate)));
  const double relaxation_fidelity = relaxation.average_fidelity();
  const double r = 1.0 - relaxation_fidelity;
  const double lambda = depolarizing_rest(calibration, gate, relaxation_fidelity).lambda;

  GateNoise noise{relaxation, 0.0, lambda, r, missing_figures(calibration, gate)};
  if (lambda > 0.0) {
    noise.channel = depolarizing(relaxation.n_qubits(), lambda).then(relaxation);
    if (*gate.error >= 1.0)
      noise.notes.push_back(
          fmt::format("{}: reported error {} marks a faulty gate", gate_name(gate), *gate.error));
  } else if (gate.error && r > 0.0) {
    noise.notes.push_back(
        fmt::format("{}: relaxation alone ({:.3g}) is more than the reported error ({:.3g}); the "
                    "model exceeds what was reported",
                    gate_name(gate), r, *gate.error));
  }
  noise.average_infidelity = noise.channel.average_infidelity();
  return noise;
}

std::vector<ChannelDerivative> aer_gate_noise_derivatives(const Calibration& calibration,
                                                          std::size_t index) {
  if (index >= calibration.gates.size())
    throw InputError(calibration_name(calibration), "gates",
                     fmt::format("there is no gate {}; the calibration has {}", index,
                                 calibration.gates.size()));
  const GateCalibration& gate = calibration.gates[index];
  require_figures(calibration, gate);
  const std::vector<TransferMatrix> factors = relaxation_factors(calibration, gate);
  const Channel relaxation = Channel::from_ptm(tensor_product(factors));
  const Depolarizing rest = depolarizing_rest(calibration, gate, relaxation.average_fidelity());

  std::vector<ChannelDerivative> derivatives;
  const auto add = [&](std::string number, const TransferMatrix& d_relaxation, double d_error) {
    derivatives.push_back(
        {std::move(number), noise_derivative(relaxation.ptm(), rest, d_relaxation, d_error)});
  };
  const TransferMatrix still(arma::size(relaxation.ptm()), arma::fill::zeros);
  TransferMatrix in_duration = still;
  for (std::size_t k = 0; k < factors.size(); ++k) {
    const int q = gate.qubits[k];
    const QubitCalibration& qubit = qubit_of(calibration, q);
    const RelaxationDerivatives factor = factor_derivatives(qubit, gate.duration_s.value_or(0.0));
    const auto moving = [&](const TransferMatrix& derivative) {
      return tensor_product_derivative(factors, k, derivative);
    };
    if (qubit.t1_s) add(fmt::format("/qubits/{}/t1_s", q), moving(factor.t1_s), 0.0);
    if (qubit.t2_s) add(fmt::format("/qubits/{}/t2_s", q), moving(factor.t2_s), 0.0);
    in_duration += moving(factor.duration_s);
  }
  if (gate.error) add(fmt::format("/gates/{}/error", index), still, 1.0);
  if (gate.duration_s) add(fmt::format("/gates/{}/duration_s", index), in_duration, 0.0);
  return derivatives;
}

}  // namespace rhodrift
