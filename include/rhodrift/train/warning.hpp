#pragma once

#include <string>
#include <string_view>

namespace rhodrift {

/// What a probe found amiss, and what helps. Every warning names a remedy.
struct Warning {
  enum class Code {
    barren_plateau,             ///< barren_plateau.hpp
    gradient_below_shot_noise,  ///< gradient_noise.hpp
    no_gradient,                ///< where training starts; of the command line
    no_entanglement,            ///< expressibility.hpp
    not_above_baseline,         ///< model_comparison.hpp
    kernel_concentration,       ///< kernel_concentration.hpp
  };

  Code code;
  std::string finding;  ///< what was found, with its figures
  std::string remedy;   ///< what to do, in the imperative

  /// "finding: remedy"
  std::string text() const { return finding + ": " + remedy; }
};

/// "barren-plateau", "gradient-below-shot-noise", "no-gradient", "no-entanglement",
/// "not-above-baseline", "kernel-concentration"
std::string_view to_string(Warning::Code code);

}  // namespace rhodrift
