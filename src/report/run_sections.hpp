#pragma once

#include <rhodrift/store/run_reader.hpp>

#include "report/html.hpp"

/// What every run may have, a section each; empty where this one has nothing of the kind.
namespace rhodrift {

/// How the run came about, and the device as it was known.
html::Markup origin_section(const RunReader& run);
html::Markup estimates_section(const RunReader& run);
html::Markup training_section(const RunReader& run, html::Figures& figures);
html::Markup drift_section(const RunReader& run, html::Figures& figures);
/// As OpenQASM 3, which has no noise channels: those are counted.
html::Markup circuits_section(const RunReader& run);
/// What is in the file besides, by name.
html::Markup contents_section(const RunReader& run);

}  // namespace rhodrift
