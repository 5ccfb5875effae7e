#include "cli/interruption.hpp"

#include <csignal>

#include <rhodrift/core/error.hpp>

namespace rhodrift::cli {

namespace {

volatile std::sig_atomic_t interrupted = 0;

extern "C" void ask_to_stop(int) {
  interrupted = 1;
}

}  // namespace

InterruptionGuard::InterruptionGuard() {
  struct sigaction action = {};
  action.sa_handler = ask_to_stop;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  for (std::size_t s = 0; s < signals.size(); ++s) {
    sigaction(signals[s], nullptr, &before_[s]);
    if (before_[s].sa_handler != SIG_IGN) sigaction(signals[s], &action, nullptr);
  }
}

InterruptionGuard::~InterruptionGuard() {
  for (std::size_t s = 0; s < signals.size(); ++s) sigaction(signals[s], &before_[s], nullptr);
}

void InterruptionGuard::throw_if_interrupted() {
  if (interrupted == 0) return;
  interrupted = 0;
  throw RunError("interrupted; nothing was written");
}

}  // namespace rhodrift::cli
