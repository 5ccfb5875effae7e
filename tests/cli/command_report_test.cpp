#include <filesystem>

#include <rhodrift/core/file.hpp>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;
using test::run;
using test::shipped;

namespace {

std::string evaluated_run(const ScratchDirectory& scratch) {
  const std::string circuit =
      scratch.write("bell.qasm", "OPENQASM 3;\nqubit[2] q;\nh q[0];\ncx q[0], q[1];\n");
  const std::string stored = (scratch / "run.h5").string();
  const auto result = run({"evaluate", circuit, "--observable", "Z0 Z1", "--calibration",
                           shipped("calibrations/belem.json"), "--strategy", "raw", "--strategy",
                           "readout", "--repetitions", "5", "--noise-scales", "1,2", "-o", stored});
  INFO(result.err);
  REQUIRE(result.status == 0);
  return stored;
}

}  // namespace

TEST_CASE("report writes a page of what evaluate found") {
  const ScratchDirectory scratch;
  const std::string stored = evaluated_run(scratch);
  const std::string page = (scratch / "page.html").string();
  const auto result = run({"report", stored, "-o", page, "--json"});
  INFO(result.err);
  REQUIRE(result.status == 0);
  const std::string content = read_file(page);
  CHECK(result.json()["page"] == page);
  CHECK(result.json()["bytes"] == content.size());
  CHECK(content.starts_with("<!DOCTYPE html>"));
  for (const char* part :
       {"Z0 Z1: coverage", "break-even with raw", "ibmq_belem", "OPENQASM 3", "id=\"comparisons\""})
    CHECK(content.find(part) != std::string::npos);
}

TEST_CASE("report refuses what is no run, and leaves no half of a page") {
  const ScratchDirectory scratch;
  const std::string page = (scratch / "page.html").string();
  const auto refused = [&](const std::vector<std::string>& arguments, int status,
                           const std::string& message) {
    const auto result = run(arguments);
    INFO(result.err);
    CHECK(result.status == status);
    CHECK(result.err.find(message) != std::string::npos);
    CHECK(result.out.empty());
  };
  const std::string text = scratch.write("text.h5", "not a run");
  refused({"report", text, "-o", page}, 2, "is not an HDF5 file");
  refused({"report", (scratch / "none.h5").string(), "-o", page}, 2, "no such file");
  refused({"report", text}, 2, "--output is required");
  const std::string stored = evaluated_run(scratch);
  refused({"report", stored, "-o", stored}, 2, "is the run file");
  refused({"report", stored, "-o", (scratch / "none/page.html").string()}, 1, "cannot be written");
  CHECK(scratch.files().size() == 3);
}
