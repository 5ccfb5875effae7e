#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <rhodrift/calibration/import.hpp>

#include "core/json_reader.hpp"

// What the importers share. An importer always makes the repairs it needs and records them in the
// calibration; whether they are allowed is decided once, at the end.

namespace rhodrift {

/// What makes two recorded states the same one.
enum class Repeats {
  same_time,     ///< the vendor dates its states: the same time is the same state
  same_figures,  ///< only the download is dated: equal figures are the same state
};

Provenance provenance_of(const ImportOptions& options, const std::string& files,
                         const std::string& importer);

/// Mends what repair() can and requires the rest to be valid. `source` names the file.
void finish_state(Calibration& calibration, const std::string& source);

/// Throws InputError that lists what was repaired in `states`, unless repairs are allowed.
void require_repairs_allowed(const std::vector<Calibration>& states, const ImportOptions& options,
                             const std::string& source);

/// Orders by time and drops repeats.
std::vector<Calibration> ordered_states(std::vector<Calibration> states, Repeats repeats,
                                        const std::string& source);

/// IBM's two documents of one state.
Calibration ibm_state(const JsonPlace& properties, const JsonPlace& configuration,
                      const Provenance& provenance);

/// Every state in dashboard tables of one device.
std::vector<Calibration> ibm_csv_states(const std::vector<std::filesystem::path>& files,
                                        const ImportOptions& options, const std::string& source);

}  // namespace rhodrift
