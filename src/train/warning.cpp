#include <rhodrift/train/warning.hpp>

#include "train/names.hpp"

namespace rhodrift {

namespace {

using Code = Warning::Code;

constexpr Names<Code, 6> names{{{Code::barren_plateau, "barren-plateau"},
                                {Code::gradient_below_shot_noise, "gradient-below-shot-noise"},
                                {Code::no_gradient, "no-gradient"},
                                {Code::no_entanglement, "no-entanglement"},
                                {Code::not_above_baseline, "not-above-baseline"},
                                {Code::kernel_concentration, "kernel-concentration"}}};

}  // namespace

std::string_view to_string(Code code) {
  return name_of(names, code);
}

}  // namespace rhodrift
