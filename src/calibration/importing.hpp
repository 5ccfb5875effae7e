#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <rhodrift/calibration/import.hpp>

#include "calibration/raw_file.hpp"

// What the importers share. An importer always makes the repairs it needs and records them in the
// calibration; whether they are allowed is decided once, at the end.

namespace rhodrift {

/// The files of one import.
struct ImportInput {
  std::vector<std::filesystem::path> files;  ///< sorted, each once, at least one
  std::string names;                         ///< what the provenance calls them
  std::string source;                        ///< what messages call them
  const ImportOptions& options;

  Provenance provenance(const std::string& importer) const;
};

/// What reads one format. Each is defined in import_<name>.cpp.
struct Importer {
  ImportFormat format;
  const char* name;
  /// Why this is no file of the format; empty when it is one.
  std::string (*misfit)(const RawFile& file);
  /// Every state in the files, in order of time, without repeats.
  std::vector<Calibration> (*states)(const ImportInput& input);
};
extern const Importer ibm_importer;
extern const Importer ibm_csv_importer;
extern const Importer qprov_importer;
extern const Importer google_importer;
extern const Importer rigetti_importer;
extern const Importer braket_importer;
extern const Importer table_importer;

/// The file, which has to be of the importer's format.
RawFile open_raw(const std::filesystem::path& path, const Importer& importer);

/// States of a format that has one in each file: `read` gives all but provenance and, where the
/// options have one, name. Vendors date these, so that the same time is the same state.
std::vector<Calibration> states_of_files(const ImportInput& input, const Importer& importer,
                                         Calibration (*read)(const RawFile&, const ImportOptions&));

/// The files of the one device that is meant, and its name, where `device_of` tells it by the name
/// of the file.
struct DeviceFiles {
  std::string device;
  std::vector<std::filesystem::path> files;
};
DeviceFiles one_device(const ImportInput& input,
                       std::string (*device_of)(const std::filesystem::path&));

/// What makes two recorded states the same one.
enum class Repeats {
  same_time,     ///< the vendor dates its states: the same time is the same state
  same_figures,  ///< only the download is dated: equal figures are the same state
};

/// Mends what is wrong and can be mended, and requires the rest to be valid. `source` names the
/// file.
void finish_state(Calibration& calibration, const std::string& source);

/// Throws InputError that lists what was repaired in `states`, unless repairs are allowed.
void require_repairs_allowed(const std::vector<Calibration>& states, const ImportOptions& options,
                             const std::string& source);

/// Orders by time and drops repeats.
std::vector<Calibration> ordered_states(std::vector<Calibration> states, Repeats repeats,
                                        const std::string& source);

/// Appends a repair, unless it is there already.
void note(Calibration& calibration, const std::string& policy, const std::string& place,
          const std::string& detail);

/// The same figures on the operands in both orders, both coupled: of a gate that is symmetric.
void add_symmetric_gate(Calibration& calibration, const GateCalibration& gate);

/// rz without error and duration on every qubit that has another gate (repair "virtual-rz").
void add_virtual_rz(Calibration& calibration);

/// Names of all listed gates that a circuit can ask for, sorted: all but reset, delay and readout.
std::vector<std::string> listed_gates(const Calibration& calibration);
/// Pairs that carry one of the native gates.
std::vector<std::pair<int, int>> coupling_of(const Calibration& calibration);

/// Throws InputError when qubits below the largest of these are not among them.
void require_no_gap(const std::set<int>& qubits, const std::string& source);

/// The pairs coupled in any state, for all: a gate that is not listed on one day is not listed, but
/// the device is the same.
void share_coupling(CalibrationSeries& series);

/// Dates a state that the file does not date: the given time, else a date in the file's name
/// (repair "time-from-name"), else 1970-01-01 (repair "unknown-time").
void date_undated(Calibration& calibration, const std::filesystem::path& file,
                  const ImportOptions& options);

/// A vendor's names of qubits, in the order of our indices.
class QubitNames {
 public:
  /// Sorted as numbers, those of "4_2" one after the other; each name once.
  explicit QubitNames(std::vector<std::string> names);
  int size() const { return static_cast<int>(names_.size()); }
  std::optional<int> index(const std::string& name) const;
  /// Empty where every name is its index.
  std::vector<std::string> labels() const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

}  // namespace rhodrift
