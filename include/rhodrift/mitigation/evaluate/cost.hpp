#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <rhodrift/device/device.hpp>
#include <rhodrift/mitigation/plan.hpp>

namespace rhodrift {

/// What a provider charges and how fast it runs.
struct PriceTable {
  std::string currency;      ///< e.g. "USD"; empty: nothing is charged
  double per_circuit = 0.0;  ///< each circuit that is submitted
  double per_shot = 0.0;
  double per_second = 0.0;          ///< of the time below
  double repetition_delay_s = 0.0;  ///< between shots: reset and waiting
  double circuit_delay_s = 0.0;     ///< before each circuit: loading

  /// Throws InputError naming `source` when a figure is negative or not finite.
  void validate(const std::string& source) const;
};

/// What a plan takes to run once.
struct Cost {
  std::uint64_t shots = 0;
  std::uint64_t circuits = 0;
  std::uint64_t two_qubit_gates = 0;  ///< executed: those of a circuit count once a shot
  /// Σ shots · (the circuit's duration + repetition delay) + circuits · circuit delay; nullopt
  /// where the calibration does not tell a duration.
  std::optional<double> seconds = 0.0;
  /// nullopt without a currency, or where seconds are charged and unknown.
  std::optional<double> money;
};

/// Of the plan on the device: gates and durations are those of its native circuits.
Cost cost_of(const Plan& plan, const Device& device, const PriceTable& prices);

}  // namespace rhodrift
