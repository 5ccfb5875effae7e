#pragma once

#include <armadillo>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include <rhodrift/train/dataset.hpp>

namespace rhodrift {

/// Samples as a file holds them: their labels are texts, not yet numbers of classes. What every
/// reader gives, and what `Dataset`s are made of.
struct LabelledSamples {
  std::string name;                 ///< of the data set
  std::string features_source;      ///< for messages: the file, or the file and a place in it
  std::string labels_source;        ///< the same of the labels
  arma::mat features;               ///< n_features x n_samples
  std::vector<std::string> labels;  ///< one a sample
  std::vector<std::size_t> lines;   ///< of a text file, one a sample, from 1; empty: none of these

  /// Throws InputError that names the file, the row (from 1), the column and what to do when there
  /// are no samples or no features, not one label a sample, a feature is not finite or a label is
  /// empty.
  void validate() const;
};

/// The samples whose label is one of `classes`, numbered in that order; without `classes` all of
/// them, in the alphabetical order of their names. What a model is trained on: throws InputError
/// when the samples are not valid, a class is given twice or has no sample, or all samples are of
/// one class.
Dataset select_classes(const LabelledSamples& samples, const std::vector<std::string>& classes);

/// All samples, numbered by the classes that a model knows, of which some may have no samples.
/// Throws InputError when the samples are not valid, and that names the row and lists the classes
/// when a label is none of them.
Dataset number_by_classes(const LabelledSamples& samples,
                          const std::vector<std::string>& class_names);

/// All samples as a regression: the labels are numbers, of one target, "target". Throws InputError
/// when the samples are not valid, and that names the row when a label is no finite number.
Dataset as_regression(const LabelledSamples& samples);

/// A CSV: a header line, feature columns, and a last column "label" with the class name or
/// number. Lines
/// starting with # are comments, empty lines are skipped, fields are separated by commas and not
/// quoted. The data set's name is the file's, without directory and extension.
/// Throws InputError "path: line L, column C: problem" (C counts fields from 1).
LabelledSamples read_csv_samples(const std::filesystem::path& path);

/// Features and labels as numpy.save writes them: a matrix n_samples x n_features of integers or
/// of 4 or 8 byte floats, and n_samples integers or strings. Little-endian, in C or Fortran order;
/// nothing in either file is ever executed. The data set's name is that of the features' file.
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
/// Throws InputError that names the file, where it can the row and the column (from 1), and what to
/// do.
LabelledSamples read_npy_samples(const std::filesystem::path& features,
                                 const std::filesystem::path& labels);

}  // namespace rhodrift
