#pragma once

#include <cstddef>
#include <string>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

/// Throws InputError "training: what: 3, but the model has 4".
inline void require_equal(const std::string& what, std::size_t given, std::size_t wanted,
                          const char* whose) {
  if (given != wanted)
    throw InputError("training", what, fmt::format("{}, but {} has {}", given, whose, wanted));
}

}  // namespace rhodrift
