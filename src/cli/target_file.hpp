#pragma once

#include <armadillo>
#include <filesystem>
#include <string>

namespace rhodrift::cli {

/// The distribution of outcomes that a generator is to learn, 2^n probabilities, n = 1..8:
/// - parse_outcome_distribution's, by their names,
/// - counts of a file, as read_counts takes them,
/// - a CSV of samples, with a header of names and a column of 0 and 1 a bit, the last one bit 0.
/// Files are relative to `directory`. Throws InputError naming the file, the line, the column and
/// the value, or listing the known names.
arma::vec read_target(const std::string& target, const std::filesystem::path& directory);

}  // namespace rhodrift::cli
