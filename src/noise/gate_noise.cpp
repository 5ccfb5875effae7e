#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

#include <boost/math/tools/toms748_solve.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/gate_noise.hpp>

#include "noise/calibration_name.hpp"
#include "noise/coherent_error.hpp"
#include "noise/relaxation.hpp"

namespace rhodrift {

namespace {

// --- Figures ------------------------------------------------------------------------------------

std::string gate_name(const GateCalibration& gate) {
  return fmt::format("{} {}", gate.name, fmt::join(gate.qubits, ","));
}

const QubitCalibration& qubit_of(const Calibration& calibration, int q) {
  return calibration.qubits[static_cast<std::size_t>(q)];
}

[[noreturn]] void refuse(const Calibration& calibration, const std::string& place,
                         const std::string& problem) {
  throw InputError(calibration_name(calibration), place, problem);
}

// A calibration made by hand has not been validated.
void require_figures(const Calibration& calibration, const GateCalibration& gate,
                     const NoisePolicy& policy) {
  if (gate.qubits.empty()) refuse(calibration, gate_name(gate), "has no operands");
  for (const int q : gate.qubits)
    if (q < 0 || q >= calibration.n_qubits())
      refuse(calibration, gate_name(gate),
             fmt::format("qubit {} is outside 0..{}", q, calibration.n_qubits() - 1));
  if (gate.error && !(*gate.error >= 0.0))
    refuse(calibration, gate_name(gate), fmt::format("reported error {} is not >= 0", *gate.error));
  if (is_excluded(gate, policy))
    refuse(calibration, gate_name(gate),
           fmt::format("reported error {} >= 1 marks a faulty gate, which policy {} excludes; use "
                       "other qubits, or the policy's option no-exclude-faulty",
                       *gate.error, to_string(policy)));
}

const GateCalibration& require_gate(const Calibration& calibration, std::size_t index) {
  if (index >= calibration.gates.size())
    refuse(calibration, "gates",
           fmt::format("there is no gate {}; the calibration has {}", index,
                       calibration.gates.size()));
  return calibration.gates[index];
}

// --- The parts and their strengths --------------------------------------------------------------

// Averaged over pure states, of a channel; and its derivative along one of the transfer matrix.
double average_fidelity(const TransferMatrix& ptm) {
  const auto n_paulis = static_cast<double>(ptm.n_rows);
  const double d = std::sqrt(n_paulis);
  return (d * (arma::trace(ptm) / n_paulis) + 1.0) / (d + 1.0);
}
double fidelity_derivative(const TransferMatrix& derivative) {
  const double d = std::sqrt(static_cast<double>(derivative.n_rows));
  return arma::trace(derivative) / (d * (d + 1.0));
}

// The parts of a gate's noise that have figures of their own: S(τ) and C, at scale 1.
struct Parts {
  Parts(const Calibration& device, const GateCalibration& figures, const NoisePolicy& chosen,
        const std::string& place)
      : calibration(device),
        gate(figures),
        policy(chosen),
        relaxation(device, figures.qubits, chosen.temperature_mk),
        coherent(gate_coherent_error(device, chosen.coherent ? figures : incoherent(figures), place,
                                     1.0)),
        coherent_ptm(unitary_transfer_matrix(coherent.unitary)) {}

  bool is_coherent() const { return !coherent.derivatives.empty(); }
  TransferMatrix before_coherent(const TransferMatrix& ptm) const {
    return is_coherent() ? TransferMatrix(ptm * coherent_ptm) : ptm;
  }
  double fidelity(double relaxation_s) const {
    return average_fidelity(before_coherent(relaxation.ptm(relaxation_s)));
  }
  double fidelity_in_duration(double relaxation_s) const {
    return fidelity_derivative(before_coherent(relaxation.in_duration(relaxation_s)));
  }
  // How messages name what has the fidelity above.
  const char* name() const {
    return is_coherent() ? "relaxation with coherent error" : "relaxation alone";
  }

  const Calibration& calibration;
  const GateCalibration& gate;
  const NoisePolicy& policy;
  Relaxation relaxation;
  CoherentError coherent;
  TransferMatrix coherent_ptm;

 private:
  static GateCalibration incoherent(const GateCalibration& figures) {
    return {figures.name, figures.qubits, figures.error, figures.duration_s};
  }
};

// λ as a function of the reported error ε and of the other parts' average fidelity F.
struct Depolarizing {
  double lambda = 0.0;
  double in_error = 0.0;     // ∂λ/∂ε
  double in_fidelity = 0.0;  // ∂λ/∂F
};

// What makes up for the part of the reported error that the other parts do not explain.
Depolarizing depolarizing_rest(const Parts& parts, double fidelity) {
  const double r = 1.0 - fidelity;
  const std::optional<double>& error = parts.gate.error;
  if (!error || *error <= r) return {};
  const double d = std::ldexp(1.0, static_cast<int>(parts.gate.qubits.size()));
  const double excess = d * fidelity - 1.0;
  if (excess <= 0.0)
    refuse(parts.calibration, gate_name(parts.gate),
           fmt::format("{} has fidelity {}, at most 1/d: the gate is longer than its qubits live",
                       parts.name(), fidelity));
  // ε <- min(ε, d/(d + 1)) would change nothing: from there on λ is at its limit, whatever F is.
  const double limit = d * d / (d * d - 1.0);
  const double lambda = d * (*error - r) / excess;
  if (lambda >= limit) return {limit, 0.0, 0.0};
  return {lambda, d / excess, d * (1.0 - lambda) / excess};
}

// τ, and what it moves with.
struct RelaxationTime {
  enum class Follows { duration, error, nothing };
  double seconds;
  Follows follows = Follows::duration;
};

// Where relaxation over the gate's duration exceeds the reported error, the time that does not.
RelaxationTime relaxation_time(const Parts& parts) {
  using Follows = RelaxationTime::Follows;
  const double t = parts.gate.duration_s.value_or(0.0);
  const auto excess = [&](double seconds) {
    return 1.0 - parts.fidelity(seconds) - *parts.gate.error;
  };
  if (!parts.policy.keep_error || !parts.gate.error || excess(t) <= 0.0) return {t};
  const double at_zero = excess(0.0);
  if (at_zero > 0.0) return {0.0, Follows::nothing};
  if (at_zero == 0.0) return {0.0, Follows::error};
  // Infidelity grows with time and ever more slowly: the tangent at 0 reaches ε a little early.
  const double rate = -parts.fidelity_in_duration(0.0);
  const double guess = rate > 0.0 ? std::min(t, -at_zero / rate) : t;
  std::uintmax_t iterations = 100;
  const auto [low, high] = boost::math::tools::bracket_and_solve_root(
      excess, guess, 2.0, true,
      boost::math::tools::eps_tolerance<double>(std::numeric_limits<double>::digits - 2),
      iterations);
  return {std::min(t, 0.5 * (low + high)), Follows::error};
}

struct Strengths {
  explicit Strengths(const Parts& parts)
      : relaxation(relaxation_time(parts)), depolarizing(depolarizing_of(parts, relaxation)) {}

  RelaxationTime relaxation;
  Depolarizing depolarizing;

 private:
  static Depolarizing depolarizing_of(const Parts& parts, const RelaxationTime& time) {
    if (time.follows != RelaxationTime::Follows::duration) return {};
    return depolarizing_rest(parts, parts.fidelity(time.seconds));
  }
};

// 1 - (1 - λ)^α, and its derivative in λ.
struct ScaledDepolarizing {
  double lambda;
  double in_lambda;
};

ScaledDepolarizing scaled(const Parts& parts, double lambda) {
  const double scale = parts.policy.scale;
  if (scale == 1.0) return {lambda, 1.0};
  if (scale == 0.0) return {0.0, 0.0};
  if (lambda > 1.0)
    refuse(parts.calibration, gate_name(parts.gate),
           fmt::format("depolarizes with lambda = {} > 1, which cannot be scaled by {}", lambda,
                       scale));
  return {1.0 - std::pow(1.0 - lambda, scale), scale * std::pow(1.0 - lambda, scale - 1.0)};
}

std::vector<std::string> notes_on(const Parts& parts, const Strengths& strengths) {
  const GateCalibration& gate = parts.gate;
  const std::string name = gate_name(gate);
  std::vector<std::string> notes;
  if (!gate.error) notes.push_back(name + ": no error reported; relaxation only");
  if (!gate.duration_s) notes.push_back(name + ": no duration reported; no relaxation");
  std::ranges::move(parts.relaxation.notes(name), std::back_inserter(notes));
  if (!gate.error) return notes;
  const double t = gate.duration_s.value_or(0.0);
  const double r = 1.0 - parts.fidelity(t);
  using Follows = RelaxationTime::Follows;
  if (strengths.depolarizing.lambda > 0.0) {
    if (*gate.error >= 1.0)
      notes.push_back(fmt::format("{}: reported error {} marks a faulty gate", name, *gate.error));
  } else if (strengths.relaxation.follows == Follows::error) {
    notes.push_back(fmt::format(
        "{}: {} would give {:.3g} in {:.4g} s, more than the reported error ({:.3g}); relaxes for "
        "{:.4g} s instead",
        name, parts.name(), r, t, *gate.error, strengths.relaxation.seconds));
  } else if (strengths.relaxation.follows == Follows::nothing) {
    notes.push_back(fmt::format(
        "{}: coherent error alone ({:.3g}) is more than the reported error ({:.3g}); no "
        "relaxation, and the model exceeds what was reported",
        name, 1.0 - parts.fidelity(0.0), *gate.error));
  } else if (r > 0.0) {
    notes.push_back(
        fmt::format("{}: {} ({:.3g}) is more than the reported error ({:.3g}); the model exceeds "
                    "what was reported",
                    name, parts.name(), r, *gate.error));
  }
  return notes;
}

// --- Resets -------------------------------------------------------------------------------------

bool is_imperfect_reset(const GateCalibration& gate, const NoisePolicy& policy) {
  return policy.mid_circuit && gate.name == "reset";
}

// The figures whose weighted sum is the probability that a reset leaves |1>.
struct ResetFigure {
  std::string number;
  double value;
  double weight;
};

// Without a figure of its own it is a measurement and an X that depends on the outcome: it leaves
// |1> where 0 is read as 1, and where 1 is read as 0.
std::vector<ResetFigure> reset_figures(const Calibration& calibration, const GateCalibration& gate,
                                       const std::string& place) {
  if (gate.qubits.size() != 1) refuse(calibration, gate_name(gate), "a reset is on 1 qubit");
  if (gate.error) return {{place + "/error", *gate.error, 1.0}};
  const int q = gate.qubits.front();
  const QubitCalibration& qubit = qubit_of(calibration, q);
  if (!qubit.readout_p10 || !qubit.readout_p01) return {};
  return {{fmt::format("/qubits/{}/readout/p10", q), *qubit.readout_p10, 0.5},
          {fmt::format("/qubits/{}/readout/p01", q), *qubit.readout_p01, 0.5}};
}

GateNoise reset_noise(const Calibration& calibration, const GateCalibration& gate,
                      const NoisePolicy& policy) {
  const std::vector<ResetFigure> figures = reset_figures(calibration, gate, "");
  double probability = 0.0;
  for (const ResetFigure& figure : figures)
    probability += policy.scale * figure.weight * figure.value;
  if (!(probability <= 1.0))
    refuse(calibration, gate_name(gate),
           fmt::format("leaves |1> with probability {}, above 1", probability));
  GateNoise noise = GateNoise::none(1);
  noise.channel = pauli_channel({1.0 - probability, probability, 0.0, 0.0});
  noise.average_infidelity = noise.channel.average_infidelity();
  if (figures.empty())
    noise.notes.push_back(gate_name(gate) +
                          ": neither error nor readout reported; resets perfectly");
  else if (!gate.error)
    noise.notes.push_back(
        fmt::format("{}: no error reported; leaves |1> with the mean readout error {:.3g}",
                    gate_name(gate), probability));
  return noise;
}

std::vector<ChannelDerivative> reset_derivatives(const Calibration& calibration,
                                                 const GateCalibration& gate,
                                                 const std::string& place,
                                                 const NoisePolicy& policy) {
  const TransferMatrix in_probability = arma::diagmat(arma::vec{0.0, 0.0, -2.0, -2.0});
  std::vector<ChannelDerivative> derivatives;
  for (const auto& [number, value, weight] : reset_figures(calibration, gate, place))
    derivatives.push_back({number, policy.scale * weight * in_probability});
  return derivatives;
}

// --- Derivatives --------------------------------------------------------------------------------

// The derivatives of R = S(α τ) D(λ') C(α θ). S and C move with figures of their own; τ and λ' with
// everything that the reported error has to be met with, at α = 1.
class Differentiation {
 public:
  Differentiation(const Parts& parts, const std::string& place)
      : parts_(parts),
        scale_(parts.policy.scale),
        strengths_(parts),
        time_(strengths_.relaxation.seconds),
        relaxation_(parts.relaxation.ptm(time_)),
        fidelity_in_time_(parts.fidelity_in_duration(time_)),
        lambda_(scaled(parts, strengths_.depolarizing.lambda)),
        scaled_relaxation_(parts.relaxation.ptm(scale_ * time_)),
        in_time_(scale_ * parts.relaxation.in_duration(scale_ * time_)) {
    if (parts.is_coherent())
      scaled_coherent_ = gate_coherent_error(parts.calibration, parts.gate, place, scale_);
  }

  std::vector<ChannelDerivative> run(const std::string& place) {
    const auto relaxation = parts_.relaxation.in_figures(time_);
    const auto scaled_relaxation = parts_.relaxation.in_figures(scale_ * time_);
    for (std::size_t k = 0; k < relaxation.size(); ++k)
      add(relaxation[k].number, fidelity_derivative(parts_.before_coherent(relaxation[k].ptm)), 0.0,
          0.0, scaled_relaxation[k].ptm, still());
    for (std::size_t k = 0; k < parts_.coherent.derivatives.size(); ++k) {
      const auto& [number, derivative] = parts_.coherent.derivatives[k];
      const TransferMatrix in_angle =
          unitary_transfer_derivative(parts_.coherent.unitary, derivative);
      add(number, fidelity_derivative(relaxation_ * in_angle), 0.0, 0.0, still(),
          unitary_transfer_derivative(scaled_coherent_.unitary,
                                      scaled_coherent_.derivatives[k].second));
    }
    if (parts_.gate.error) add(place + "/error", 0.0, 1.0, 0.0, still(), still());
    if (parts_.gate.duration_s) add(place + "/duration_s", 0.0, 0.0, 1.0, still(), still());
    return std::move(derivatives_);
  }

 private:
  TransferMatrix still() const {
    return TransferMatrix(arma::size(relaxation_), arma::fill::zeros);
  }

  // F, at fixed τ, the reported error and the duration move by these at α = 1, S and C by those at
  // α.
  void add(const std::string& number, double d_fidelity, double d_error, double d_duration,
           TransferMatrix d_relaxation, const TransferMatrix& d_coherent) {
    double d_time = 0.0, d_lambda = 0.0;
    switch (strengths_.relaxation.follows) {
      case RelaxationTime::Follows::duration:
        d_time = d_duration;
        d_fidelity += fidelity_in_time_ * d_time;
        d_lambda = strengths_.depolarizing.in_error * d_error +
                   strengths_.depolarizing.in_fidelity * d_fidelity;
        break;
      case RelaxationTime::Follows::error:  // F(τ) = 1 - ε
        d_time = -(d_error + d_fidelity) / fidelity_in_time_;
        break;
      case RelaxationTime::Follows::nothing:
        break;
    }
    d_relaxation += d_time * in_time_;
    derivatives_.push_back(
        {number, product(d_relaxation, lambda_.in_lambda * d_lambda, d_coherent)});
  }

  // dS D C - dλ S diag(0, 1, …, 1) C + S D dC, with D = diag(1, 1 - λ, …, 1 - λ)
  TransferMatrix product(const TransferMatrix& d_relaxation, double d_lambda,
                         const TransferMatrix& d_coherent) const {
    const auto depolarized = [&](const TransferMatrix& ptm) {
      TransferMatrix result = (1.0 - lambda_.lambda) * ptm;
      result.col(0) = ptm.col(0);  // D keeps the identity whatever λ is
      return result;
    };
    TransferMatrix derivative = depolarized(d_relaxation);
    derivative.tail_cols(derivative.n_cols - 1) -=
        d_lambda * scaled_relaxation_.tail_cols(derivative.n_cols - 1);
    if (!parts_.is_coherent()) return derivative;
    return derivative * unitary_transfer_matrix(scaled_coherent_.unitary) +
           depolarized(scaled_relaxation_) * d_coherent;
  }

  const Parts& parts_;
  double scale_;
  Strengths strengths_;
  double time_;  // τ
  TransferMatrix relaxation_;
  double fidelity_in_time_;
  ScaledDepolarizing lambda_;
  TransferMatrix scaled_relaxation_;
  TransferMatrix in_time_;  // d S(α τ)/dτ
  CoherentError scaled_coherent_;
  std::vector<ChannelDerivative> derivatives_;
};

std::string gate_place(std::size_t index) {
  return fmt::format("/gates/{}", index);
}

}  // namespace

GateNoise GateNoise::none(int n_qubits) {
  return {Channel::identity(n_qubits), 0.0, 0.0, 0.0, 0.0, 0.0, {}};
}

double GateNoise::depolarizing_infidelity() const {
  const double d = std::ldexp(1.0, channel.n_qubits());
  return depolarizing_lambda * (d - 1.0) / d;
}

bool is_excluded(const GateCalibration& gate, const NoisePolicy& policy) {
  return policy.noise && policy.exclude_faulty && gate.error && *gate.error >= 1.0;
}

GateNoise gate_noise(const Calibration& calibration, const GateCalibration& gate,
                     const NoisePolicy& policy) {
  if (!policy.noise) return GateNoise::none(static_cast<int>(gate.qubits.size()));
  require_figures(calibration, gate, policy);
  if (is_imperfect_reset(gate, policy)) return reset_noise(calibration, gate, policy);
  const Parts parts(calibration, gate, policy, "");
  const Strengths strengths(parts);
  const double relaxation_s = policy.scale * strengths.relaxation.seconds;
  const double lambda = scaled(parts, strengths.depolarizing.lambda).lambda;

  const Channel relaxation = Channel::from_ptm(parts.relaxation.ptm(relaxation_s));
  GateNoise noise{relaxation,
                  0.0,
                  lambda,
                  relaxation.average_infidelity(),
                  0.0,
                  relaxation_s,
                  notes_on(parts, strengths)};
  if (lambda > 0.0) noise.channel = depolarizing(relaxation.n_qubits(), lambda).then(relaxation);
  if (parts.is_coherent()) {
    const Channel coherent = Channel::from_ptm(
        unitary_transfer_matrix(gate_coherent_error(calibration, gate, "", policy.scale).unitary));
    noise.coherent_infidelity = coherent.average_infidelity();
    noise.channel = coherent.then(noise.channel);
  }
  noise.average_infidelity = noise.channel.average_infidelity();
  return noise;
}

std::vector<ChannelDerivative> gate_noise_derivatives(const Calibration& calibration,
                                                      std::size_t index,
                                                      const NoisePolicy& policy) {
  const GateCalibration& gate = require_gate(calibration, index);
  if (!policy.noise) return {};
  require_figures(calibration, gate, policy);
  const std::string place = gate_place(index);
  if (is_imperfect_reset(gate, policy)) return reset_derivatives(calibration, gate, place, policy);
  const Parts parts(calibration, gate, policy, place);
  return Differentiation(parts, place).run(place);
}

}  // namespace rhodrift
