#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/import.hpp>
#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/core/error.hpp>

#include "calibration/importing.hpp"

namespace rhodrift {

namespace fs = std::filesystem;

namespace {

/// In the order in which they are tried; no file fits two of them.
constexpr std::array importers = {&ibm_importer,    &ibm_csv_importer, &qprov_importer,
                                  &google_importer, &rigetti_importer, &braket_importer,
                                  &table_importer};

/// The data files anywhere below a folder, by name.
std::set<fs::path> data_files_below(const fs::path& folder) {
  std::set<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (RawFile::kind_of(entry->path())) files.insert(entry->path());
  }
  if (error) throw InputError(folder.string(), "", "cannot be read: " + error.message());
  return files;
}

/// The files themselves, and those below the folders, in the order given and each once.
std::vector<fs::path> data_files(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  std::set<fs::path> seen;
  const auto add = [&](const fs::path& file) {
    std::error_code error;
    if (seen.insert(fs::weakly_canonical(file, error)).second) files.push_back(file);
  };
  for (const fs::path& path : paths) {
    std::error_code error;
    if (fs::is_directory(path, error)) {
      std::ranges::for_each(data_files_below(path), add);
    } else {
      add(path);
    }
  }
  return files;
}

std::string names_of(const std::vector<fs::path>& paths) {
  std::vector<std::string> names;
  for (const fs::path& path : paths) {
    names.push_back((path.has_filename() ? path : path.parent_path()).filename().string());
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// What messages call the whole input.
std::string text_of(const std::vector<fs::path>& paths) {
  constexpr std::size_t most = 3;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(paths.size(), most); ++i) names.push_back(paths[i].string());
  if (paths.size() > most) names.push_back(fmt::format("and {} more", paths.size() - most));
  return fmt::format("{}", fmt::join(names, " "));
}

const Importer& importer_for(ImportFormat format) {
  return **std::find_if(importers.begin(), importers.end(),
                        [&](const Importer* importer) { return importer->format == format; });
}

/// The one whose format the file has; refused with every format's reason when there is none.
const Importer& detected_importer(const fs::path& path) {
  const RawFile file(path);
  std::vector<std::string> reasons;
  for (const Importer* importer : importers) {
    const std::string reason = importer->misfit(file);
    if (reason.empty()) return *importer;
    reasons.push_back(fmt::format("{}: {}", importer->name, reason));
  }
  throw InputError(file.source(), "",
                   fmt::format("fits none of the formats:\n  {}", fmt::join(reasons, "\n  ")));
}

}  // namespace

const std::vector<std::string>& import_format_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Importer* importer : importers) list.emplace_back(importer->name);
    return list;
  }();
  return names;
}

ImportFormat import_format(const std::string& name) {
  for (const Importer* importer : importers) {
    if (importer->name == name) return importer->format;
  }
  throw InputError(
      "import format", "",
      fmt::format("\"{}\" is unknown; known are {}", name, fmt::join(import_format_names(), ", ")));
}

RawFile open_raw(const fs::path& path, const Importer& importer) {
  RawFile file(path);
  const std::string reason = importer.misfit(file);
  if (!reason.empty()) {
    throw InputError(file.source(), "",
                     fmt::format("is not of the format {}, which is asked for or which the first "
                                 "file has: {}",
                                 importer.name, reason));
  }
  return file;
}

std::variant<Calibration, CalibrationSeries> import_calibration(const std::vector<fs::path>& paths,
                                                                const ImportOptions& options) {
  const ImportInput input{data_files(paths), names_of(paths), text_of(paths), options};
  if (input.files.empty()) {
    throw InputError(input.source, "", "no .json, .csv or .toml file to import");
  }
  const Importer& importer =
      options.format ? importer_for(*options.format) : detected_importer(input.files.front());
  std::vector<Calibration> states = importer.states(input);
  if (states.empty()) throw InputError(input.source, "", "no state with any figure in it");
  require_repairs_allowed(states, options, input.source);
  if (states.size() == 1) return std::move(states.front());
  CalibrationSeries series{states.front().device, std::move(states)};
  share_coupling(series);
  require_consistent(series, input.source);
  return series;
}

}  // namespace rhodrift
