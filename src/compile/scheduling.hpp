#pragma once

#include <rhodrift/compile/schedule.hpp>

#include "compile/target.hpp"

namespace rhodrift {

// What rhodrift/compile/schedule.hpp promises, on a target.

/// How long an instruction of a native circuit takes.
double duration_of(const Instruction& instruction, const Target& target, const Layout& layout);
ScheduledCircuit schedule_alap(const Circuit& native, const Target& target, const Layout& layout);
ScheduledCircuit with_decoupling(const ScheduledCircuit& scheduled, DecouplingSequence sequence,
                                 const Target& target, const Layout& layout);

}  // namespace rhodrift
