#include <csignal>
#include <fstream>
#include <thread>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/store/run_reader.hpp>
#include <rhodrift/store/run_writer.hpp>

#include "store/example_run.hpp"
#include "support/catch.hpp"
#include "support/file_size_limit.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;

namespace {

/// Runs `work` in a child process and kills it once it says so on the pipe.
template <class Work>
void run_and_kill(Work work) {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    work();
    if (::write(pipe_ends[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char byte = 0;
  REQUIRE(::read(pipe_ends[0], &byte, 1) == 1);
  REQUIRE(::kill(child, SIGKILL) == 0);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

}  // namespace

TEST_CASE("Nothing stands under the final name before commit") {
  const ScratchDirectory scratch;
  const RunContent content = example_run();
  {
    RunWriter writer(scratch / "run.h5", content.info);
    write_all(writer, content);
    CHECK_FALSE(std::filesystem::exists(scratch / "run.h5"));
  }
  CHECK(scratch.files().empty());
}

TEST_CASE("A writer that is not committed leaves the run that was there") {
  const ScratchDirectory scratch;
  const RunContent content = example_run();
  write_run(scratch / "run.h5", content);
  { RunWriter writer(scratch / "run.h5", {}); }
  require_equal(read_run(scratch / "run.h5"), content);
}

TEST_CASE("Two writers to one name do not disturb each other") {
  const ScratchDirectory scratch;
  const RunContent content = example_run();
  RunWriter first(scratch / "run.h5", {});
  RunWriter second(scratch / "run.h5", content.info);
  first.write_text("note", "first");
  write_all(second, content);
  first.commit();
  second.commit();
  require_equal(read_run(scratch / "run.h5"), content);
}

TEST_CASE("A killed process leaves nothing under the final name") {
  const ScratchDirectory scratch;
  const RunContent content = example_run();
  run_and_kill([&] {
    static RunWriter writer(scratch / "run.h5", content.info);
    write_all(writer, content);
  });
  CHECK_FALSE(std::filesystem::exists(scratch / "run.h5"));
}

TEST_CASE("A full disk leaves no file and says what happened") {
  const ScratchDirectory scratch;
  RunContent content = example_run();
  content.shots.emplace("many", random_shots(64, 20000));
  {
    RunWriter writer(scratch / "run.h5", content.info);
    write_all(writer, content);
    const FileSizeLimit limit(100000);
    CHECK_THROWS_WITH(writer.commit(), ContainsSubstring((scratch / "run.h5").string()) &&
                                           ContainsSubstring("File too large"));
    CHECK_THROWS_AS(writer.commit(), RunError);
  }
  CHECK(scratch.files().empty());
}

TEST_CASE("A directory that is not there is noticed before the work is done") {
  const ScratchDirectory scratch;
  CHECK_THROWS_AS(RunWriter(scratch / "missing/run.h5", {}), RunError);
}

TEST_CASE("A committed run takes nothing more") {
  const ScratchDirectory scratch;
  RunWriter writer(scratch / "run.h5", {});
  writer.commit();
  CHECK_THROWS_WITH(writer.write_text("note", "late"), ContainsSubstring("committed"));
  CHECK_THROWS_AS(writer.commit(), RunError);
  CHECK(RunReader(scratch / "run.h5").text_names().empty());
}

TEST_CASE("Names that are taken or cannot stand in the file are refused") {
  const ScratchDirectory scratch;
  RunWriter writer(scratch / "run.h5", {});
  writer.write_text("note", "one");
  CHECK_THROWS_WITH(writer.write_text("note", "two"),
                    ContainsSubstring("texts/note: is written already"));
  for (const std::string name : {"", ".", "..", "a/b", "a\nb"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(writer.write_text(name, "text"), InputError);
    CHECK_THROWS_AS(writer.write_circuit(name, Circuit(1)), InputError);
  }
  for (const std::string name : {"", "/a", "a/", "a//b", "a/../b"}) {
    CAPTURE(name);
    CHECK_THROWS_AS(writer.write_shots(name, ShotTable(1)), InputError);
  }
  writer.commit();
  CHECK(RunReader(scratch / "run.h5").text("note") == "one");
}

TEST_CASE("After HDF5 has refused something the run cannot be committed") {
  const ScratchDirectory scratch;
  RunWriter writer(scratch / "run.h5", {});
  writer.write_shots("a", random_shots(2, 3));
  CHECK_THROWS_AS(writer.write_shots("a/b", random_shots(2, 3)), RunError);
  CHECK_THROWS_WITH(writer.commit(), ContainsSubstring("cannot be committed"));
  CHECK_FALSE(std::filesystem::exists(scratch / "run.h5"));
}

TEST_CASE("Records that contradict themselves are refused") {
  const ScratchDirectory scratch;
  RunContent content = example_run();
  RunWriter writer(scratch / "run.h5", {});

  TrainingRecord training = content.training.begin()->second;
  training.history.pop_back();
  CHECK_THROWS_WITH(writer.write_training("model", training),
                    ContainsSubstring("5 columns of parameters do not fit 3 steps"));
  training = content.training.begin()->second;
  training.n_weights = 6;
  CHECK_THROWS_WITH(writer.write_training("model", training),
                    ContainsSubstring("6 weights are more than the 5 parameters"));

  content.drift_study.tracks[1].values.pop_back();
  CHECK_THROWS_WITH(writer.write_drift_study(content.drift_study),
                    ContainsSubstring("track \"zne\" has 2 values for 3 states"));
  CHECK_THROWS_AS(writer.write_calibration_series({"device", {}}), InputError);
}
