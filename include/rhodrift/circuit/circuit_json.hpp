#pragma once

#include <string>
#include <string_view>

#include <rhodrift/circuit/circuit.hpp>

namespace rhodrift {

/// A circuit as JSON text, parameters and channels included; docs/formats/circuit.md is the schema.
/// Doubles are written so that they read back to the same bits.
std::string to_json(const Circuit& circuit);
/// Throws InputError "source: /json/pointer: problem".
Circuit circuit_from_json(std::string_view text, const std::string& source);

}  // namespace rhodrift
