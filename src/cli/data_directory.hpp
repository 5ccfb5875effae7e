#pragma once

#include <filesystem>

namespace rhodrift::cli {

/// Where the data that comes with the program lies (calibrations/, data sets): the directory named
/// by the environment variable RHODRIFT_DATA; else ../share/rhodrift/data beside the program's
/// folder, as it is installed; else data/ of the source tree it was built from.
/// Throws InputError when RHODRIFT_DATA names no directory, RunError when none of the places
/// exists.
std::filesystem::path data_directory();

}  // namespace rhodrift::cli
