#include <fstream>
#include <functional>

#include <hdf5.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/store/run_reader.hpp>
#include <rhodrift/version.hpp>

#include "store/example_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;

namespace {

/// Changes a finished run file with HDF5 itself, so that its checksums are right again.
void tamper(const std::filesystem::path& path, const std::function<void(hid_t file)>& change) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  REQUIRE(file >= 0);
  change(file);
  REQUIRE(H5Fclose(file) >= 0);
}

void overwrite_attribute(hid_t file, const char* object, const char* name, hid_t type,
                         const void* value) {
  const hid_t owner = H5Oopen(file, object, H5P_DEFAULT);
  const hid_t attribute = H5Aopen(owner, name, H5P_DEFAULT);
  REQUIRE(attribute >= 0);
  REQUIRE(H5Awrite(attribute, type, value) >= 0);
  H5Aclose(attribute);
  H5Oclose(owner);
}

/// Without the flush to disk that write_file does: this is called hundreds of times.
void overwrite(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// True when the file is refused, or reads as what was written: damage is never misread.
bool refused_or_intact(const std::filesystem::path& path, const RunContent& content) {
  try {
    const RunContent found = read_run(path);
    require_equal(found, content);
    return true;
  } catch (const InputError& error) {
    return std::string(error.what()).starts_with(path.string());
  }
}

}  // namespace

TEST_CASE("Everything reads back as it was written") {
  const ScratchDirectory scratch;
  const RunContent content = example_run();
  write_run(scratch / "run.h5", content);
  CHECK(scratch.files() == std::vector<std::string>{"run.h5"});
  require_equal(read_run(scratch / "run.h5"), content);

  const RunReader reader(scratch / "run.h5");
  CHECK(reader.calibration_hash() == content_hash(content.calibration));
  CHECK(reader.versions().at("rhodrift") == version());
  for (const char* name : {"hdf5", "armadillo", "compiler"})
    CHECK_FALSE(reader.versions().at(name).empty());
}

TEST_CASE("An empty run reads as empty, and says so when asked for more") {
  const ScratchDirectory scratch;
  RunWriter(scratch / "run.h5", {}).commit();
  const RunReader reader(scratch / "run.h5");
  CHECK_FALSE(reader.has_calibration());
  CHECK_FALSE(reader.has_calibration_series());
  CHECK_FALSE(reader.has_drift_study());
  CHECK(reader.circuit_names().empty());
  CHECK(reader.training_names().empty());
  CHECK(reader.shot_names().empty());
  CHECK(reader.estimate_names().empty());
  CHECK_THROWS_AS(reader.calibration(), InputError);
  CHECK_THROWS_WITH(reader.training("model"),
                    (scratch / "run.h5").string() + ": /training/model: is not in this run");
  CHECK_THROWS_WITH(reader.shots("a/b"), ContainsSubstring("/shots/a/b: is not in this run"));
  CHECK_THROWS_AS(reader.text("note"), InputError);
}

TEST_CASE("Records without rows read back") {
  const ScratchDirectory scratch;
  RunWriter writer(scratch / "run.h5", {});
  writer.write_estimates("none", {});
  writer.write_shots("none", ShotTable(3));
  writer.write_training("untrained", {arma::mat(4, 1, arma::fill::ones), 4, {}});
  writer.write_drift_study({"device", {}, {}});
  writer.commit();
  const RunReader reader(scratch / "run.h5");
  CHECK(reader.estimates("none").empty());
  CHECK(reader.shots("none").size() == 0);
  CHECK(reader.training("untrained").history.empty());
  CHECK(reader.training("untrained").parameters_by_step.n_cols == 1);
  CHECK(reader.drift_study().times.empty());
}

TEST_CASE("A table of shots of several chunks reads back") {
  const ScratchDirectory scratch;
  const ShotTable shots = random_shots(13, 1200000);
  RunWriter writer(scratch / "run.h5", {});
  writer.write_shots("many", shots);
  writer.commit();
  CHECK(RunReader(scratch / "run.h5").shots("many").packed() == shots.packed());
  // 13 of 16 bits are random: packing and deflate should come near that.
  CHECK(std::filesystem::file_size(scratch / "run.h5") < 1200000 * 2);
}

TEST_CASE("What is not a run file is refused") {
  const ScratchDirectory scratch;
  CHECK_THROWS_WITH(RunReader(scratch / "missing.h5"),
                    (scratch / "missing.h5").string() + ": no such file");
  CHECK_THROWS_WITH(RunReader(scratch.path()), ContainsSubstring("is a directory"));
  write_file(scratch / "text.h5", "not a run\n");
  CHECK_THROWS_WITH(RunReader(scratch / "text.h5"), ContainsSubstring("is not an HDF5 file"));
  write_file(scratch / "empty.h5", "");
  CHECK_THROWS_AS(RunReader(scratch / "empty.h5"), InputError);

  const hid_t other =
      H5Fcreate((scratch / "other.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(other);
  CHECK_THROWS_WITH(RunReader(scratch / "other.h5"),
                    ContainsSubstring("attribute \"format\" is missing"));
}

TEST_CASE("An unknown schema version is refused") {
  const ScratchDirectory scratch;
  write_run(scratch / "run.h5", example_run());
  tamper(scratch / "run.h5", [](hid_t file) {
    const std::uint64_t version = 99;
    overwrite_attribute(file, "/", "schema_version", H5T_NATIVE_UINT64, &version);
  });
  CHECK_THROWS_WITH(RunReader(scratch / "run.h5"),
                    ContainsSubstring("schema_version is 99, this program reads 1"));
}

TEST_CASE("A calibration that does not fit its hash is refused") {
  const ScratchDirectory scratch;
  write_run(scratch / "run.h5", example_run());
  const std::string group = GENERATE("calibration", "calibration_series");
  tamper(scratch / "run.h5", [&](hid_t file) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, 64);
    H5Tset_cset(type, H5T_CSET_UTF8);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    overwrite_attribute(file, group.c_str(), "sha256", type, std::string(64, '0').data());
    H5Tclose(type);
  });
  const RunReader reader(scratch / "run.h5");
  const auto read = [&] {
    if (group == "calibration")
      reader.calibration();
    else
      reader.calibration_series();
  };
  CHECK_THROWS_WITH(read(), ContainsSubstring("/" + group + ": the text's SHA-256 is ") &&
                                ContainsSubstring("but " + std::string(64, '0')));
}

TEST_CASE("Shapes that contradict each other are refused") {
  const ScratchDirectory scratch;
  write_run(scratch / "run.h5", example_run());
  SECTION("a column that is missing") {
    tamper(scratch / "run.h5",
           [](hid_t file) { H5Ldelete(file, "/estimates/mitigated/std_error", H5P_DEFAULT); });
    CHECK_THROWS_WITH(RunReader(scratch / "run.h5").estimates("mitigated"),
                      ContainsSubstring("/estimates/mitigated: HDF5 cannot open the dataset "
                                        "\"std_error\""));
  }
  SECTION("a column of another length") {
    tamper(scratch / "run.h5", [](hid_t file) {
      H5Ldelete(file, "/training/noise-aware/loss", H5P_DEFAULT);
      H5Lcreate_hard(file, "/training/noise-free/loss", file, "/training/noise-aware/loss",
                     H5P_DEFAULT, H5P_DEFAULT);
    });
    CHECK_THROWS_WITH(RunReader(scratch / "run.h5").training("noise-aware"),
                      ContainsSubstring("\"loss\" has shape [6] where [4] is expected"));
  }
  SECTION("bits past the shot table's width") {
    const std::uint64_t n_bits = 1;
    tamper(scratch / "run.h5", [&](hid_t file) {
      overwrite_attribute(file, "/shots/noise-aware/raw/0", "n_bits", H5T_NATIVE_UINT64, &n_bits);
    });
    CHECK_THROWS_WITH(RunReader(scratch / "run.h5").shots("noise-aware/raw/0"),
                      ContainsSubstring("/shots/noise-aware/raw/0: "));
  }
}

TEST_CASE("A dataset that claims more than the file can hold is refused before memory is taken") {
  const ScratchDirectory scratch;
  write_run(scratch / "run.h5", example_run());
  const std::uint64_t n_shots = std::uint64_t{1} << 50;
  tamper(scratch / "run.h5", [&](hid_t file) {
    H5Ldelete(file, "/shots/wide", H5P_DEFAULT);
    const hsize_t shape[] = {n_shots, 8}, chunk[] = {1024, 8};
    const hid_t space = H5Screate_simple(2, shape, nullptr);
    const hid_t layout = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(layout, 2, chunk);
    const hid_t dataset =
        H5Dcreate2(file, "/shots/wide", H5T_STD_U8LE, space, H5P_DEFAULT, layout, H5P_DEFAULT);
    REQUIRE(dataset >= 0);
    for (const char* name : {"n_bits", "n_shots"}) {
      const hid_t scalar = H5Screate(H5S_SCALAR);
      const hid_t attribute =
          H5Acreate2(dataset, name, H5T_STD_U64LE, scalar, H5P_DEFAULT, H5P_DEFAULT);
      const std::uint64_t value = std::string(name) == "n_bits" ? 64 : n_shots;
      H5Awrite(attribute, H5T_NATIVE_UINT64, &value);
      H5Aclose(attribute);
      H5Sclose(scalar);
    }
    H5Dclose(dataset);
    H5Pclose(layout);
    H5Sclose(space);
  });
  CHECK_THROWS_WITH(RunReader(scratch / "run.h5").shots("wide"), ContainsSubstring("claims"));
}

TEST_CASE("A file cut anywhere is refused") {
  const ScratchDirectory scratch;
  write_run(scratch / "run.h5", example_run());
  const std::string whole = read_file(scratch / "run.h5");
  for (std::size_t length = 0; length < whole.size(); length += length < 200 ? 7 : 997) {
    overwrite(scratch / "cut.h5", whole.substr(0, length));
    CAPTURE(length);
    REQUIRE_THROWS_AS(RunReader(scratch / "cut.h5"), InputError);
  }
}

TEST_CASE("A file with a flipped bit is refused or reads as if it were whole") {
  const ScratchDirectory scratch;
  const RunContent content = example_run();
  write_run(scratch / "run.h5", content);
  const std::string whole = read_file(scratch / "run.h5");
  for (std::size_t position = 0; position < whole.size(); position += position < 512 ? 1 : 211) {
    std::string flipped = whole;
    flipped[position] = static_cast<char>(flipped[position] ^ (1 << position % 8));
    overwrite(scratch / "flipped.h5", flipped);
    CAPTURE(position);
    REQUIRE(refused_or_intact(scratch / "flipped.h5", content));
    REQUIRE(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL) == 0);  // no handle of ours is left open
  }
}
