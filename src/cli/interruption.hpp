#pragma once

#include <array>

#include <signal.h>

namespace rhodrift::cli {

/// While it lives, the first SIGINT, SIGTERM or SIGHUP only asks the work to stop; a second one
/// ends the process. A signal that the process was started to ignore (nohup) stays ignored.
class InterruptionGuard {
 public:
  InterruptionGuard();
  ~InterruptionGuard();
  InterruptionGuard(const InterruptionGuard&) = delete;
  InterruptionGuard& operator=(const InterruptionGuard&) = delete;

  /// Throws RunError once a signal has asked the work to stop. What is pending is cleaned up on the
  /// way out, and nothing appears under a final name.
  static void throw_if_interrupted();

 private:
  static constexpr std::array<int, 3> signals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, signals.size()> before_{};
};

}  // namespace rhodrift::cli
