#include <cstring>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/train/labelled_samples.hpp>

#include "support/catch.hpp"
#include "support/made_files.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using namespace made_files;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

const std::filesystem::path files = made_files::directory;

/// A file of the format's version 1, byte by byte as its specification has it.
std::string npy(const std::string& header, const std::string& data) {
  std::string text = header;
  while ((10 + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string content = "\x93NUMPY";
  content +=
      {'\x01', '\x00', static_cast<char>(text.size() % 256), static_cast<char>(text.size() / 256)};
  return content + text + data;
}
std::string npy(const std::string& type, const std::string& shape, const std::string& data) {
  return npy("{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }", data);
}
std::string doubles(const std::vector<double>& values) {
  std::string bytes(values.size() * sizeof(double), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

const std::string good_x = npy("<f8", "2, 1", doubles({0.5, -0.5}));
const std::string good_y = npy("|S1", "2,", "ab");

/// What reading the two contents complains about, without the directory.
std::string complaint(const std::string& x, const std::string& y) {
  const ScratchDirectory directory;
  directory.write("x.npy", x);
  directory.write("y.npy", y);
  try {
    read_npy_samples(directory / "x.npy", directory / "y.npy");
  } catch (const InputError& error) {
    const std::string message = error.what();
    const std::string prefix = directory.path().string() + "/";
    return message.starts_with(prefix) ? message.substr(prefix.size()) : message;
  }
  return "no complaint";
}

}  // namespace

TEST_CASE("features and labels of every type are read as NumPy wrote them") {
  for (const std::string type : {"f8", "f8_fortran", "f4", "version2", "version3"}) {
    INFO(type);
    const LabelledSamples samples =
        read_npy_samples(files / ("x_" + type + ".npy"), files / "y_i8.npy");
    CHECK(samples.name == "x_" + type);
    CHECK(arma::approx_equal(samples.features, expected_features(0.25), "absdiff", 0));
    CHECK(samples.labels == expected_numbers);
  }
  for (const std::string type : {"i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"}) {
    INFO(type);
    const LabelledSamples samples =
        read_npy_samples(files / ("x_" + type + ".npy"), files / ("y_" + type + ".npy"));
    CHECK(arma::approx_equal(samples.features, expected_features(0), "absdiff", 0));
    CHECK(samples.labels == expected_numbers);
  }
  for (const std::string type : {"unicode", "bytes"}) {
    INFO(type);
    CHECK(read_npy_samples(files / "x_f8.npy", files / ("y_" + type + ".npy")).labels ==
          expected_names);
  }
}

TEST_CASE("what it writes byte by byte reads as the format's specification says") {
  const ScratchDirectory directory;
  directory.write("x.npy", npy("<i2", "2, 2", std::string("\x01\x00\xff\xff\x00\x80\x02\x01", 8)));
  directory.write("y.npy", npy("|i1", "2,", "\xff\x7f"));
  const LabelledSamples samples = read_npy_samples(directory / "x.npy", directory / "y.npy");
  CHECK(arma::approx_equal(samples.features, arma::mat{{1, -32768}, {-1, 258}}, "absdiff", 0));
  CHECK(samples.labels == std::vector<std::string>{"-1", "127"});
}

TEST_CASE("NaN is refused by file, row and column, in either order") {
  const double nan = arma::datum::nan;
  const std::string data = doubles({1, 2, 3, nan, 5, 6});
  const std::string labels = npy("|S1", "3,", "aab");
  CHECK(complaint(npy("<f8", "3, 2", data), labels) ==
        "x.npy: row 2, column 2: nan is not a finite number; remove the sample or fill in a value");
  CHECK(
      complaint(npy("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2), }", data), labels) ==
      "x.npy: row 1, column 2: nan is not a finite number; remove the sample or fill in a value");
}

TEST_CASE("labels that are missing are refused by row, or by their number") {
  CHECK(complaint(good_x, npy("|S1", "2,", std::string("a\0", 2))) ==
        "y.npy: row 2: the label is empty; remove the sample or give its class");
  CHECK_THAT(complaint(good_x, npy("|S1", "1,", "a")),
             StartsWith("y.npy: holds 1 labels, but") &&
                 EndsWith("x.npy has 2 samples; every sample needs one"));
  CHECK_THROWS_WITH(read_npy_samples(files / "x_f8.npy", files / "none.npy"),
                    ContainsSubstring("none.npy"));
}

TEST_CASE("arrays of another kind are refused with the way to write them") {
  CHECK(complaint(npy("|O", "2, 1", "pickled?"), good_y) ==
        "x.npy: holds '|O', which is not read; write it with numpy.save(file, x.astype('<f8'))");
  CHECK(complaint(npy(">f8", "2, 1", doubles({1, 2})), good_y) ==
        "x.npy: holds '>f8', which is not read; write it with numpy.save(file, x.astype('<f8'))");
  CHECK(complaint(good_x, npy("|O", "2,", "pickled?")) ==
        "y.npy: holds '|O', which is not read; write it with numpy.save(file, y.astype(str))");
  const std::string wrong_x =
      "which is no feature; features are integers or floats of 4 or 8 bytes: write "
      "x.astype('<f8')";
  CHECK(complaint(npy("<f2", "2, 1", "1234"), good_y) == "x.npy: holds '<f2', " + wrong_x);
  CHECK(complaint(npy("|b1", "2, 1", "12"), good_y) == "x.npy: holds '|b1', " + wrong_x);
  CHECK(complaint(npy("<c16", "1, 1", doubles({1, 2})), good_y) ==
        "x.npy: holds '<c16', " + wrong_x);
  CHECK(complaint(npy("|S1", "2, 1", "12"), good_y) == "x.npy: holds '|S1', " + wrong_x);
  const std::string wrong_y =
      "which is no label; labels are integers or strings: write y.astype('<i8') or y.astype(str)";
  CHECK(complaint(good_x, npy("<f8", "2,", doubles({0, 1}))) == "y.npy: holds '<f8', " + wrong_y);
  CHECK(complaint(good_x, npy("|b1", "2,", "12")) == "y.npy: holds '|b1', " + wrong_y);
  CHECK_THAT(complaint(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }",
                           doubles({1, 2})),
                       good_y),
             StartsWith("x.npy: is not an array of plain numbers or strings but '{'descr': [("));
}

TEST_CASE("arrays of another shape are refused") {
  CHECK(complaint(npy("<f8", "2,", doubles({1, 2})), good_y) ==
        "x.npy: has 1 dimensions; features are a matrix, a row a sample and a column a feature");
  CHECK(complaint(npy("<f8", "2, 1, 1", doubles({1, 2})), good_y) ==
        "x.npy: has 3 dimensions; features are a matrix, a row a sample and a column a feature");
  CHECK(complaint(good_x, npy("|S1", "2, 1", "ab")) ==
        "y.npy: has 2 dimensions; labels are one a sample: write y.reshape(-1)");
  CHECK(complaint(npy("<f8", "0, 4", ""), good_y) == "x.npy: holds no samples");
  CHECK(complaint(npy("<f8", "3, 1", doubles({1, 2})), good_y) ==
        "x.npy: has 16 bytes of data, not the shape (3, 1) of '<f8'; write it with "
        "numpy.save(file, x.astype('<f8'))");
  // 2^63 · 2 · 8 bytes are 0 modulo 2^64.
  CHECK_THAT(complaint(npy("<f8", "9223372036854775808, 2", doubles({1, 2})), good_y),
             StartsWith("x.npy: has 16 bytes of data, not the shape"));
}

TEST_CASE("what is no NumPy file, or a damaged one, is refused") {
  const std::string how = "; write it with numpy.save(file, x.astype('<f8'))";
  CHECK(complaint("a,label\n1,x\n", good_y) == "x.npy: is not a NumPy array" + how);
  CHECK(complaint("", good_y) == "x.npy: is not a NumPy array" + how);
  CHECK(complaint("\x93NUMPY\x04" + good_x.substr(7), good_y) ==
        "x.npy: has version 4.0 of the format, not 1.0 to 3.0" + how);
  CHECK(complaint(good_x.substr(0, 60), good_y) == "x.npy: ends within its header" + how);
  CHECK(complaint(good_x, npy("<U1", "2,", std::string("\x00\xd8\0\0\x00\xd8\0\0", 8))) ==
        "y.npy: row 1: is not a Unicode text");
}

TEST_CASE("whatever bytes stand in a file, it is read or refused") {
  const ScratchDirectory directory;
  RandomStream random(11);
  int read = 0, refused = 0;
  for (int trial = 0; trial < 900; ++trial) {
    std::string x = good_x, y = good_y;
    std::string& changed = trial % 2 == 0 ? x : y;
    if (trial % 3 == 0) changed.resize(random.below(changed.size()));
    for (int k = 0; k < 2 && !changed.empty(); ++k)
      changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    // New names: what is overwritten goes to disk at once.
    const std::string x_file = directory.write(std::to_string(trial) + "x.npy", x);
    const std::string y_file = directory.write(std::to_string(trial) + "y.npy", y);
    try {
      const LabelledSamples samples = read_npy_samples(x_file, y_file);
      CHECK_NOTHROW(samples.validate());
      ++read;
    } catch (const InputError&) {
      ++refused;
    }
  }
  CHECK(read > 50);
  CHECK(refused > 300);
}
