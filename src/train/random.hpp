#pragma once

#include <cstdint>

#include <rhodrift/core/random.hpp>

namespace rhodrift {

/// What this module draws random numbers for: any distinct numbers would do, but changing one
/// changes every result drawn from it.
enum class StreamPurpose : std::uint64_t {
  split = 0x7472'0001,               ///< index: the class
  initial_weights = 0x7472'0002,     ///< index: 0
  sample_order = 0x7472'0003,        ///< index: the epoch
  spsa_directions = 0x7472'0201,     ///< index: the run of the executor
  probed_starts = 0x7472'0004,       ///< index: the size's number
  random_states = 0x7472'0005,       ///< index: 0 fidelities, 1 entanglement
  baseline_weights = 0x7472'0006,    ///< index: 0
  synthetic_noise = 0x7472'0101,     ///< index: 0
  synthetic_order = 0x7472'0102,     ///< index: 0
  synthetic_centres = 0x7472'0103,   ///< index: 0
  synthetic_features = 0x7472'0104,  ///< index: 0
};

inline RandomStream training_stream(std::uint64_t seed, StreamPurpose purpose,
                                    std::uint64_t index) {
  return RandomStream(seed, stream_id(static_cast<std::uint64_t>(purpose), index));
}

}  // namespace rhodrift
