#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/waiting_noise.hpp>

#include "noise/calibration_name.hpp"
#include "noise/coherent_error.hpp"
#include "noise/relaxation.hpp"

namespace rhodrift {

namespace {

void require_qubit(const Calibration& calibration, int q) {
  if (q < 0 || q >= calibration.n_qubits())
    throw InputError(calibration_name(calibration), "waiting qubit",
                     fmt::format("{} is outside 0..{}", q, calibration.n_qubits() - 1));
}

const ZzCoupling& require_coupling(const Calibration& calibration, std::size_t index) {
  if (index >= calibration.zz_couplings.size())
    throw InputError(calibration_name(calibration), "zz_couplings",
                     fmt::format("there is no coupling {}; the calibration has {}", index,
                                 calibration.zz_couplings.size()));
  return calibration.zz_couplings[index];
}

}  // namespace

GateNoise waiting_noise(const Calibration& calibration, int qubit, double duration_s,
                        const NoisePolicy& policy) {
  require_qubit(calibration, qubit);
  GateNoise noise = GateNoise::none(1);
  if (!policy.noise) return noise;
  const Relaxation relaxation(calibration, {qubit}, policy.temperature_mk);
  noise.relaxation_s = policy.scale * duration_s;
  noise.channel = Channel::from_ptm(relaxation.ptm(noise.relaxation_s));
  noise.average_infidelity = noise.relaxation_infidelity = noise.channel.average_infidelity();
  noise.notes = relaxation.notes("waiting");
  return noise;
}

std::vector<ChannelDerivative> waiting_noise_derivatives(const Calibration& calibration, int qubit,
                                                         double duration_s,
                                                         const NoisePolicy& policy,
                                                         const std::string& duration_number) {
  require_qubit(calibration, qubit);
  if (!policy.noise) return {};
  const Relaxation relaxation(calibration, {qubit}, policy.temperature_mk);
  const double relaxation_s = policy.scale * duration_s;
  std::vector<ChannelDerivative> derivatives = relaxation.in_figures(relaxation_s);
  if (!duration_number.empty())
    derivatives.push_back({duration_number, policy.scale * relaxation.in_duration(relaxation_s)});
  return derivatives;
}

GateNoise coupling_noise(const Calibration& calibration, std::size_t index, double duration_s,
                         const NoisePolicy& policy) {
  const ZzCoupling& coupling = require_coupling(calibration, index);
  GateNoise noise = GateNoise::none(2);
  if (!policy.noise || !policy.coherent) return noise;
  noise.channel = Channel::from_ptm(
      unitary_transfer_matrix(zz_coherent_error(coupling, "", duration_s, policy.scale).unitary));
  noise.average_infidelity = noise.coherent_infidelity = noise.channel.average_infidelity();
  return noise;
}

std::vector<ChannelDerivative> coupling_noise_derivatives(const Calibration& calibration,
                                                          std::size_t index, double duration_s,
                                                          const NoisePolicy& policy) {
  const ZzCoupling& coupling = require_coupling(calibration, index);
  if (!policy.noise || !policy.coherent) return {};
  const CoherentError error =
      zz_coherent_error(coupling, fmt::format("/zz_couplings/{}", index), duration_s, policy.scale);
  const auto& [number, derivative] = error.derivatives.front();
  return {{number, unitary_transfer_derivative(error.unitary, derivative)}};
}

}  // namespace rhodrift
