#include <numeric>

#include <rhodrift/compile/schedule.hpp>
#include <rhodrift/core/error.hpp>

#include "compile/device.hpp"
#include "support/catch.hpp"

using namespace rhodrift;
using namespace rhodrift::test;

namespace {

constexpr double pulse = 3e-8, entangling = 3e-7, readout = 1e-6;  // of test::device

ScheduledCircuit schedule(const Circuit& circuit, const Calibration& calibration) {
  return schedule_alap(circuit, calibration, trivial_layout(circuit.n_qubits()));
}

// No two instructions are on a qubit at a time, and together they leave it no idle time.
void check_gapless(const ScheduledCircuit& scheduled) {
  std::vector<double> last_end(static_cast<std::size_t>(scheduled.circuit.n_qubits()), -1.0);
  for (std::size_t i = 0; i < scheduled.circuit.instructions().size(); ++i)
    for (const int q : scheduled.circuit.instructions()[i].qubits) {
      double& end = last_end[static_cast<std::size_t>(q)];
      if (end >= 0.0) CHECK(scheduled.start_s[i] == Approx(end).margin(1e-13));
      end = scheduled.start_s[i] + scheduled.length_s[i];
    }
  for (const double end : last_end)
    if (end >= 0.0) CHECK(end == Approx(scheduled.duration_s).margin(1e-13));
}

Circuit example() {
  Circuit circuit(3);
  circuit.append(Op::sx, {0}).append(Op::cx, {0, 1}).append(Op::rz, {1}, {0.3});
  circuit.append(Op::cx, {1, 2}).append(Op::sx, {0}).measure(0, 0).measure(1, 1).measure(2, 2);
  return circuit;
}

}  // namespace

TEST_CASE("everything starts as late as what follows allows, and idle time is delays") {
  const ScheduledCircuit scheduled = schedule(example(), device(3, "cx", chain(3)));
  CHECK(scheduled.duration_s == Approx(pulse + 2 * entangling + readout));
  check_gapless(scheduled);
  // Qubit 0 waits between its cx and its last sx, qubit 2 in |0> for none.
  CHECK(count_op(scheduled.circuit, Op::delay) == 1);
  for (std::size_t i = 0; i < scheduled.start_s.size(); ++i) {
    const Instruction& instruction = scheduled.circuit.instructions()[i];
    if (instruction.op == Op::delay) {
      CHECK(instruction.qubits == std::vector{0});
      CHECK(instruction.duration_s == Approx(entangling - pulse));
      CHECK(scheduled.start_s[i] == Approx(pulse + entangling));
    }
    if (instruction.op == Op::measure)
      CHECK(scheduled.start_s[i] == Approx(pulse + 2 * entangling));
  }
}

TEST_CASE("a barrier is one moment for all its qubits") {
  Circuit circuit(2);
  circuit.append(Op::sx, {0}).append(Op::sx, {1}).append(Op::sx, {1});
  circuit.append(Op::barrier, {0, 1}).append(Op::sx, {0}).append(Op::sx, {1});
  circuit.append(Op::sx, {1});
  const ScheduledCircuit scheduled = schedule(circuit, device(2, "cx", {{0, 1}}));
  CHECK(scheduled.duration_s == Approx(4 * pulse));
  check_gapless(scheduled);
  for (std::size_t i = 0; i < scheduled.start_s.size(); ++i)
    if (scheduled.circuit.instructions()[i].op == Op::barrier)
      CHECK(scheduled.start_s[i] == Approx(2 * pulse));
}

TEST_CASE("a delay of the source stays as long as it is") {
  Circuit circuit(2);
  circuit.append(Op::sx, {0}).delay(0, 5e-6).append(Op::cx, {0, 1});
  const ScheduledCircuit scheduled = schedule(circuit, device(2, "cx", {{0, 1}}));
  CHECK(scheduled.duration_s == Approx(pulse + 5e-6 + entangling));
  CHECK(count_op(scheduled.circuit, Op::delay) == 1);
}

TEST_CASE("a duration that the calibration does not tell is asked for by name") {
  Calibration calibration = device(2, "cx", {{0, 1}});
  gate_of(calibration, "cx", {0, 1}).duration_s.reset();
  CHECK_THROWS_WITH(schedule(Circuit(2).append(Op::cx, {0, 1}), calibration),
                    ContainsSubstring("test-device: cx 0,1: the calibration tells no duration"));
  CHECK_THROWS_WITH(schedule(Circuit(2).append(Op::h, {1}), calibration),
                    ContainsSubstring("test-device: h 1: is no gate of the device"));
  calibration.qubits[1].readout_duration_s.reset();
  CHECK_THROWS_WITH(schedule(Circuit(2).measure(1, 0), calibration),
                    ContainsSubstring("measure 1: the calibration tells no duration"));
}

TEST_CASE("decoupling sequences fill long delays, and do nothing else") {
  const auto [sequence, n_pulses] =
      GENERATE(std::pair(DecouplingSequence::xx, 2), std::pair(DecouplingSequence::xy4, 4));
  Calibration calibration = device(2, "cx", {{0, 1}}, {"rz", "sx", "x", "reset"});
  Circuit circuit(2);
  circuit.append(Op::sx, {0}).append(Op::cx, {0, 1}).delay(0, 4e-6).delay(1, 5e-8);
  circuit.append(Op::cx, {0, 1});
  const Layout layout{0, 1};
  const ScheduledCircuit plain = schedule_alap(circuit, calibration, layout);
  const ScheduledCircuit decoupled = with_decoupling(plain, sequence, calibration, layout);
  check_gapless(decoupled);
  CHECK(decoupled.duration_s == plain.duration_s);
  CHECK(count_op(plain.circuit, Op::x) == 0);
  // One delay of qubit 0, two of qubit 1, of which one is too short.
  CHECK(count_op(decoupled.circuit, Op::x) == 2 * n_pulses);
  double idle_before = 0.0, idle_after = 0.0;
  for (const Instruction& i : plain.circuit.instructions()) idle_before += i.duration_s;
  for (const Instruction& i : decoupled.circuit.instructions()) idle_after += i.duration_s;
  CHECK(idle_after == Approx(idle_before - 2 * n_pulses * pulse));
  RandomStream random(3);
  const Circuit before = random_preparation(2, 2, random);
  CHECK(largest_difference(Circuit(before).append(circuit),
                           Circuit(before).append(decoupled.circuit), {}) < 1e-12);

  const ScheduledCircuit same =
      with_decoupling(plain, DecouplingSequence::none, calibration, layout);
  CHECK(same.circuit.instructions().size() == plain.circuit.instructions().size());
}

TEST_CASE("a qubit in |0> is not decoupled") {
  Calibration calibration = device(1, "cx", {}, {"rz", "sx", "x", "reset"});
  Circuit circuit(1);
  circuit.delay(0, 1e-5).append(Op::x, {0}).append(Op::reset, {0}).delay(0, 1e-5);
  circuit.append(Op::x, {0});
  const ScheduledCircuit decoupled =
      with_decoupling(schedule(circuit, calibration), DecouplingSequence::xx, calibration, {0});
  CHECK(count_op(decoupled.circuit, Op::x) == 2);
}

TEST_CASE("decoupling without an x gate is refused by the qubit, unknown names with the known") {
  Calibration calibration = device(1, "cx", {}, {"rz", "sx"});
  Circuit circuit(1);
  circuit.append(Op::sx, {0}).delay(0, 1e-5).append(Op::sx, {0});
  CHECK_THROWS_WITH(
      with_decoupling(schedule(circuit, calibration), DecouplingSequence::xy4, calibration, {0}),
      ContainsSubstring("test-device: qubit 0: decoupling takes an x (or rx) gate"));
  CHECK(parse_decoupling_sequence("xy4") == DecouplingSequence::xy4);
  CHECK_THROWS_WITH(parse_decoupling_sequence("xyx"),
                    ContainsSubstring("decoupling: xyx: unknown sequence; known are none, xx"));
}
