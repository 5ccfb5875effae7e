#pragma once

#include <rhodrift/store/run_reader.hpp>

#include "report/html.hpp"

/// What every run may have, a section each; empty where this one has nothing of the kind.
namespace rhodrift {

/// How the run came about, and the device as it was known.
html::Section origin_section(const RunReader& run);
html::Section estimates_section(const RunReader& run);
html::Section training_section(const RunReader& run, html::Figures& figures);
html::Section drift_section(const RunReader& run, html::Figures& figures);
/// As OpenQASM 3, which has no noise channels: those are counted.
html::Section circuits_section(const RunReader& run);
/// What is in the file besides, by name.
html::Section contents_section(const RunReader& run);

}  // namespace rhodrift
