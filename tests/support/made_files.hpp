#pragma once

#include <armadillo>
#include <string>
#include <vector>

/// The files that tests/data/datasets/make-files.py wrote with NumPy and h5py, and what is in them.
namespace made_files {

inline const std::string directory = RHODRIFT_SOURCE_DIR "/tests/data/datasets/";

/// `quarter` is what sets the fractions of floats apart from integers.
inline arma::mat expected_features(double quarter) {
  arma::mat values(3, 5);
  for (arma::uword i = 0; i < 5; ++i)
    for (arma::uword j = 0; j < 3; ++j)
      values(j, i) = 10.0 * static_cast<double>(i) + static_cast<double>(j) + quarter;
  return values;
}
inline const std::vector<std::string> expected_numbers = {"1", "0", "1", "0", "7"};
inline const std::vector<std::string> expected_names = {"b", "a", "b", "a", "ü"};

}  // namespace made_files
