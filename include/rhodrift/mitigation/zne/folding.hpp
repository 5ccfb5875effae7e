#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>

/// Circuits that do what the original does and suffer more noise.
///
/// A fold of U is U -> U U† U, which takes three times as much noise as U. Between the three stand
/// barriers on the qubits concerned, so that no compiler cancels them; gates that are their own
/// inverse (cx, cz, ecr, …) are repeated, the others undone by the inverse that the operation table
/// has. T. Giurgica-Tiron et al., IEEE QCE 2020, arXiv:2005.10921.
namespace rhodrift::zne {

/// Folding to more than this is refused: the circuit would grow with it, the signal be gone.
inline constexpr double max_scale_factor = 1000.0;

/// What is folded. Where every gate (layer) has been folded as often, those that are folded once
/// more are taken in the order that is named.
enum class Folding {
  global,        ///< the circuit as a whole, then its end once more
  gates_left,    ///< gate by gate, the first ones once more
  gates_right,   ///< gate by gate, the last ones once more
  gates_random,  ///< gate by gate, random ones once more
  layers,        ///< layer by layer, random ones once more. Layers are moments: gates that can run
                 ///< at once, each as early as possible
  /// Identity insertion: nothing is folded; every instruction is followed by delays on its qubits
  /// so that it takes scale_factor times as long. Scheduled, all that happens before measurements
  /// is stretched by that factor, waits too: relaxation is scaled exactly, what gates do wrong
  /// otherwise not at all; a ZZ coupling acts in the added waits too, if the device has any. A
  /// circuit that measures nothing gets a measurement of every qubit, for which qubits wait
  /// whatever the factor.
  identities,
};
/// "global", "gates-left", "gates-right", "gates-random", "layers", "identities"
std::string_view to_string(Folding folding);
/// Throws InputError that lists the known names.
Folding parse_folding(std::string_view name);

struct FoldingOptions {
  Folding folding = Folding::global;
  /// The error of each instruction, >= 0, such as device_error_weights finds; empty: 1 for every
  /// gate. What has weight 0 (a virtual rz) is never folded by itself: only as part of the whole
  /// circuit. Of what is no gate (barriers, measurements, resets) it is not looked at. Not used by
  /// identities.
  std::vector<double> weights = {};
  /// How long each instruction takes, >= 0, such as device_durations_s finds: what identities need,
  /// and nothing else does.
  std::vector<double> durations_s = {};
  std::uint64_t seed = 0;  ///< of what is random
};

/// A circuit whose noise is `scale_factor` times the original's.
struct FoldedCircuit {
  Circuit circuit;
  /// The factor reached. Folds: Σ weights of the folded circuit / Σ weights of the original, an
  /// inverse weighing as much as the gate. Identities: time / time of the original.
  double scale_factor;
};

/// The circuit at the factor closest to `scale_factor` that can be reached: a fold adds twice the
/// weight of what is folded. With unequal weights every gate (layer), in the order of the folding,
/// is folded once more if that brings the factor nearer. Measurements and the readout error are
/// kept; with global folding measurements stand last.
/// Throws InputError when scale_factor is outside 1..max_scale_factor, there is no gate with a
/// weight, a weight or duration is negative or not finite or there is not one for each instruction,
/// and, for global folding, when an instruction has no inverse.
FoldedCircuit fold(const Circuit& circuit, double scale_factor, const FoldingOptions& options = {});

/// A circuit whose chunks have noise of different strength.
struct FoldedChunks {
  Circuit circuit;
  std::vector<double> scale_factors;  ///< reached, one a chunk
};

/// What layerwise Richardson extrapolation runs (V. Russo, A. Mari, arXiv:2402.04000): the layers
/// that have weight are shared out evenly among as many chunks of consecutive ones as there are
/// factors, and the layers of chunk c are folded to scale_factors[c], as Folding::layers does.
/// `weights` and `seed` as in FoldingOptions.
/// Throws InputError as fold does, and when there are more chunks than layers with weight, or none.
FoldedChunks fold_layers(const Circuit& circuit, std::span<const double> scale_factors,
                         const std::vector<double>& weights = {}, std::uint64_t seed = 0);

}  // namespace rhodrift::zne
