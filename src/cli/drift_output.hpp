#pragma once

#include <string>

#include <rhodrift/drift/study.hpp>

#include "cli/output.hpp"

namespace rhodrift::cli {

/// One line of text graphics a track; tracks of one quantity share a scale.
std::string drift_text(const DriftStudy& study);

/// {"device", "times": […], "tracks": [{"name", "quantity", "values": [estimate…]}]}
Json to_json(const DriftStudy& study);

}  // namespace rhodrift::cli
