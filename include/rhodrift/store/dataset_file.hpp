#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <rhodrift/train/dataset.hpp>
#include <rhodrift/train/labelled_samples.hpp>

namespace rhodrift {

/// Features and labels from an HDF5 file: a matrix n_samples x n_features of integers or floats,
/// and n_samples integers or strings. `part` says where: empty for the datasets "features" and
/// "labels", "/group" for those of a group, "x,y" for datasets of other names. The data set's name
/// is the file's, without directory and extension.
/// Throws InputError that names the file and the dataset in it, where it can the row and the column
/// (from 1), and what to do.
LabelledSamples read_hdf5_samples(const std::filesystem::path& path, const std::string& part = "");

/// Labelled samples by a text that says where they come from (docs/formats/data.md):
///   set.csv                                           read_csv_samples
///   x.npy:y.npy                                       read_npy_samples; y.npy is relative to x.npy
///   set.h5, set.hdf5:/group, set.h5:x,y               read_hdf5_samples
///   moons:samples=400:noise=0.1 and the like          synthetic_dataset
/// Throws InputError as these do, and when a text is none of them.
LabelledSamples read_samples(const std::string& data);

/// read_samples and select_classes at once: what a model is trained on.
Dataset read_dataset(const std::string& data, const std::vector<std::string>& classes = {});

}  // namespace rhodrift
