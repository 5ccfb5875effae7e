#include <fstream>
#include <sstream>

#include <rhodrift/core/error.hpp>
#include <rhodrift/store/dataset_file.hpp>
#include <rhodrift/train/synthetic_data.hpp>

#include "support/catch.hpp"
#include "support/made_files.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using namespace made_files;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

const std::string& files = made_files::directory;
const std::string sets = files + "sets.h5";

void require_read(const std::string& data, double quarter, const std::vector<std::string>& labels) {
  INFO(data);
  const LabelledSamples samples = read_samples(data);
  CHECK(arma::approx_equal(samples.features, expected_features(quarter), "absdiff", 0));
  CHECK(samples.labels == labels);
}

std::string complaint(const std::string& data) {
  try {
    read_samples(data);
  } catch (const InputError& error) {
    const std::string message = error.what();
    return message.starts_with(files) ? message.substr(files.size()) : message;
  }
  return "no complaint";
}

}  // namespace

TEST_CASE("HDF5 as h5py writes it is read, whatever its numbers and strings are") {
  require_read(sets, 0.25, expected_numbers);
  require_read(sets + ":/", 0.25, expected_numbers);
  require_read(sets + ":/text", 0.25, expected_names);  // floats, compressed; variable length
  require_read(sets + ":bytes/", 0, expected_names);    // bytes; fixed length
  require_read(sets + ":/big/endian", 0.25, expected_numbers);
  require_read(sets + ":x_train,y_train", 0.25, expected_numbers);
  require_read(sets + ":/text/features,/bytes/labels", 0.25, expected_names);
  CHECK(read_samples(sets + ":/text").name == "sets");
}

TEST_CASE("NumPy's pairs of files, CSV and synthetic data have one entry") {
  require_read(files + "x_f8.npy:y_i8.npy", 0.25, expected_numbers);
  require_read(files + "x_f4.npy:" + files + "y_unicode.npy", 0.25, expected_names);
  const ScratchDirectory directory;
  const std::string csv = directory.write("set.csv", "a,label\n1,x\n2,y\n");
  CHECK(read_samples(csv).labels == std::vector<std::string>{"x", "y"});
  CHECK_THROWS_WITH(number_by_classes(read_samples(csv), {"x"}),
                    EndsWith("set.csv: line 3, column 2: the label 'y' is not one of the classes "
                             "x"));

  const Dataset moon = read_dataset("moons:samples=30:noise=0.1:seed=4");
  CHECK(moon.name == "moons:samples=30:noise=0.1:seed=4");
  CHECK(moon.labels == moons(30, 0.1, 4).labels);
  CHECK(arma::approx_equal(moon.features, moons(30, 0.1, 4).features, "absdiff", 0));
  const Dataset wave = as_regression(read_samples("sine:samples=30:noise=0.1"));
  CHECK(arma::approx_equal(wave.targets, sine(30, 0.1, 1).targets, "absdiff", 0));  // to the bit
}

TEST_CASE("classes are chosen from every kind of data") {
  const Dataset numbers = read_dataset(sets, {"7", "1"});
  CHECK(numbers.class_names == std::vector<std::string>{"7", "1"});
  CHECK(numbers.labels == std::vector<int>{1, 1, 0});
  CHECK(arma::approx_equal(numbers.features, expected_features(0.25).cols(arma::uvec{0, 2, 4}),
                           "absdiff", 0));
  CHECK(read_dataset("blobs:samples=30", {"2", "0"}).n_samples() == 20);
  CHECK_THROWS_WITH(read_dataset(sets, {"7", "2"}),
                    EndsWith("sets.h5:/labels: no row has the label '2'; there are 0, 1, 7"));
}

TEST_CASE("HDF5 that holds something else is refused by dataset, row and remedy") {
  CHECK(complaint(sets + ":/bad/nan") ==
        "sets.h5:/bad/nan/features: row 3, column 2: nan is not a finite number; remove the sample "
        "or fill in a value");
  CHECK(complaint(sets + ":/bad/flat") ==
        "sets.h5:/bad/flat/features: has 1 dimensions; features are a matrix, a row a sample and a "
        "column a feature");
  CHECK(complaint(sets + ":/bad/column") ==
        "sets.h5:/bad/column/labels: has 2 dimensions; labels are one a sample");
  CHECK_THAT(complaint(sets + ":/bad/short"),
             StartsWith("sets.h5:/bad/short/labels: holds 4 labels, but ") &&
                 EndsWith("sets.h5:/bad/short/features has 5 samples; every sample needs one"));
  CHECK(complaint(sets + ":/bad/boolean") ==
        "sets.h5:/bad/boolean/labels: holds neither integers nor strings, as labels are; convert "
        "them");
  CHECK(complaint(sets + ":/bad/float") ==
        "sets.h5:/bad/float/labels: holds neither integers nor strings, as labels are; convert "
        "them");
  CHECK(complaint(sets + ":/bad/string") ==
        "sets.h5:/bad/string/features: holds no numbers; features are integers or floats");
  CHECK(complaint(sets + ":/bad/empty") == "sets.h5:/bad/empty/features: holds no samples");
  const std::string where =
      "is not in the file; name a group or both datasets after a colon, as in set.h5:/group or "
      "set.h5:features,labels";
  CHECK(complaint(sets + ":/bad/unlabelled") == "sets.h5:/bad/unlabelled/labels: " + where);
  CHECK(complaint(sets + ":nothing") == "sets.h5:/nothing/features: " + where);
  CHECK(
      complaint(sets + ":/bad,labels") ==
      "sets.h5:/bad: HDF5 cannot open the dataset \"/bad\": unable to open dataset: not a dataset");
}

TEST_CASE("data of no known kind are refused with the kinds there are") {
  const ScratchDirectory directory;
  CHECK(complaint("set.txt") ==
        "set.txt: is no file of data: known are .csv, .npy, .h5 and .hdf5, and moons, circles, "
        "blobs, sine and friedman1");
  CHECK(complaint("x.npy") ==
        "x.npy: labels are missing; name their file after a colon, as in x.npy:y.npy");
  CHECK_THAT(complaint("/nonexistent/set.h5"), EndsWith("set.h5: no such file"));
  CHECK_THAT(complaint(directory.write("set.h5", "a,label\n1,x\n")),
             EndsWith("set.h5: is not an HDF5 file"));
}

TEST_CASE("a damaged HDF5 file is read or refused") {
  const ScratchDirectory directory;
  std::stringstream whole;
  whole << std::ifstream(sets, std::ios::binary).rdbuf();
  for (std::size_t at = 0; at < whole.str().size(); at += 97) {
    std::string damaged = whole.str();
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
    const std::string path = directory.write(std::to_string(at) + ".h5", damaged);
    // Not "/text", which is compressed: HDF5 1.10 itself reads beyond a chunk that is shorter than
    // the file says.
    for (const char* part : {"", ":/bytes", ":x_train,y_train"}) {
      try {
        read_samples(path + part).validate();
      } catch (const InputError&) {
      }
    }
  }
}
