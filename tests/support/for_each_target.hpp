#pragma once

#include <cstdint>

#include <hwy/targets.h>

#include "sim/kernels.hpp"
#include "support/catch.hpp"

/// Makes the kernels of one instruction set the ones that are used, while it lives.
class ForcedTarget {
 public:
  explicit ForcedTarget(std::int64_t target) { force(target); }
  ~ForcedTarget() { force(0); }
  ForcedTarget(const ForcedTarget&) = delete;
  ForcedTarget& operator=(const ForcedTarget&) = delete;

 private:
  static void force(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().DeInit();
  }
};

/// Runs `body` once for every instruction set of this machine.
template <typename Body>
void for_each_target(Body body) {
  for (const std::int64_t target : rhodrift::kernels::runnable_targets()) {
    const ForcedTarget forced(target);
    CAPTURE(hwy::TargetName(target));
    body();
  }
}
