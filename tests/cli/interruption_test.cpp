#include "cli/interruption.hpp"

#include <csignal>

#include "cli/captured_run.hpp"
#include "support/catch.hpp"
#include "support/scratch_directory.hpp"

using namespace rhodrift;

TEST_CASE("an interrupted run says so, fails with status 1 and leaves nothing behind") {
  const ScratchDirectory scratch;
  const cli::InterruptionGuard guard;
  std::raise(SIGTERM);  // takes effect at the first progress report
  const auto demo = test::run({"demo", "--classes", "0,1", "--layers", "1", "--epochs", "1", "-o",
                               (scratch / "run.h5").string()});
  CHECK(demo.status == 1);
  CHECK_THAT(demo.err, ContainsSubstring("interrupted; nothing was written"));
  CHECK(demo.out.empty());
  CHECK(scratch.files().empty());
}

TEST_CASE("signals are as they were once the work is over, and ignored ones stay ignored") {
  std::signal(SIGHUP, SIG_IGN);
  struct sigaction before = {};
  sigaction(SIGTERM, nullptr, &before);
  {
    const cli::InterruptionGuard guard;
    std::raise(SIGHUP);
    CHECK_NOTHROW(cli::InterruptionGuard::throw_if_interrupted());
  }
  CHECK(std::signal(SIGHUP, SIG_DFL) == SIG_IGN);
  struct sigaction after = {};
  sigaction(SIGTERM, nullptr, &after);
  CHECK(after.sa_handler == before.sa_handler);
}
