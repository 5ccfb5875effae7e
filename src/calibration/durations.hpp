#pragma once

#include <vector>

#include <rhodrift/calibration/import.hpp>

// Durations of gates where a file has none.

namespace rhodrift {

/// What the file would not give: the durations of the device's family, by its vendor and native
/// gates. docs/formats/calibration.md lists the families and where their figures are from.
std::optional<double> family_duration_s(const Calibration& calibration, const std::string& gate);

/// Gives gates and readouts without duration those of their family. Returns the repairs
/// ("duration-from-family", one a kind of gate) without recording them.
std::vector<Repair> add_family_durations(Calibration& calibration);

/// Completes states of one device, which rarely have durations: the file that the options name,
/// or else the first state that has them, lends its own to the others ("duration-from-snapshot");
/// the family's serve for what is then still missing.
void complete_durations(std::vector<Calibration>& states, const ImportOptions& options);

}  // namespace rhodrift
