#include "noise/joint_waits.hpp"

#include <algorithm>
#include <cmath>

namespace rhodrift {

namespace {

// Times that differ by no more are the same: sums of durations, rounded differently.
constexpr double resolution_s = 1e-15;

struct Window {
  double start_s;
  double end_s;
};
using Windows = std::vector<std::vector<Window>>;  // of the delays of each qubit, ascending

std::vector<InstructionInTime> as_soon_as_possible(
    const Circuit& circuit, const std::function<double(const Instruction&)>& duration_s) {
  std::vector<double> free_s(static_cast<std::size_t>(circuit.n_qubits()), 0.0);
  std::vector<InstructionInTime> timed;
  for (const Instruction& instruction : circuit.instructions()) {
    double start = 0.0;
    for (const int q : instruction.qubits)
      start = std::max(start, free_s[static_cast<std::size_t>(q)]);
    const double end = start + duration_s(instruction);
    for (const int q : instruction.qubits) free_s[static_cast<std::size_t>(q)] = end;
    timed.push_back({instruction, start, end});
  }
  return timed;
}

Windows delays_of(const Circuit& circuit, const std::vector<InstructionInTime>& timed) {
  Windows windows(static_cast<std::size_t>(circuit.n_qubits()));
  for (const InstructionInTime& at : timed)
    if (at.instruction.op == Op::delay)
      windows[static_cast<std::size_t>(at.instruction.qubits[0])].push_back({at.start_s, at.end_s});
  return windows;
}

// Where windows of the qubit's partners begin or end inside the delay, ascending, then its end.
std::vector<double> ends_of_pieces(const InstructionInTime& delay,
                                   const std::vector<CoupledPair>& pairs, const Windows& windows) {
  const int qubit = delay.instruction.qubits[0];
  std::vector<double> cuts;
  for (const auto& [coupling, first, second] : pairs) {
    if (qubit != first && qubit != second) continue;
    for (const Window& window : windows[static_cast<std::size_t>(qubit == first ? second : first)])
      for (const double time : {window.start_s, window.end_s})
        if (time > delay.start_s + resolution_s && time < delay.end_s - resolution_s)
          cuts.push_back(time);
  }
  std::ranges::sort(cuts);
  const auto last = std::unique(cuts.begin(), cuts.end(),
                                [](double a, double b) { return b - a <= resolution_s; });
  cuts.erase(last, cuts.end());
  cuts.push_back(delay.end_s);
  return cuts;
}

std::vector<InstructionInTime> cut(const std::vector<InstructionInTime>& timed,
                                   const std::vector<CoupledPair>& pairs, const Windows& windows) {
  std::vector<InstructionInTime> pieces;
  for (const InstructionInTime& at : timed) {
    if (at.instruction.op != Op::delay) {
      pieces.push_back(at);
      continue;
    }
    InstructionInTime piece = at;
    const std::vector<double> ends = ends_of_pieces(at, pairs, windows);
    for (const double end : ends) {
      piece.end_s = end;
      if (ends.size() > 1) piece.instruction.duration_s = end - piece.start_s;
      pieces.push_back(piece);
      piece.start_s = end;
    }
  }
  return pieces;
}

// The last of the delays of the two qubits that end at `end_s`.
InstructionInTime& last_that_ends(std::vector<InstructionInTime>& pieces, const CoupledPair& pair,
                                  double end_s) {
  const auto found = std::find_if(pieces.rbegin(), pieces.rend(), [&](const InstructionInTime& at) {
    const int qubit = at.instruction.qubits[0];
    return at.instruction.op == Op::delay && (qubit == pair.first || qubit == pair.second) &&
           at.end_s - at.start_s > resolution_s && std::abs(at.end_s - end_s) <= resolution_s;
  });
  return *found;
}

}  // namespace

std::vector<InstructionInTime> in_time(
    const Circuit& circuit, const std::vector<CoupledPair>& pairs,
    const std::function<double(const Instruction&)>& duration_s) {
  const std::vector<InstructionInTime> timed = as_soon_as_possible(circuit, duration_s);
  const Windows windows = delays_of(circuit, timed);
  std::vector<InstructionInTime> pieces = cut(timed, pairs, windows);
  std::ranges::stable_sort(pieces, {}, &InstructionInTime::start_s);
  for (const CoupledPair& pair : pairs)
    for (const Window& a : windows[static_cast<std::size_t>(pair.first)])
      for (const Window& b : windows[static_cast<std::size_t>(pair.second)]) {
        const double end = std::min(a.end_s, b.end_s);
        const double duration = end - std::max(a.start_s, b.start_s);
        if (duration > resolution_s)
          last_that_ends(pieces, pair, end).joint_waits.push_back({pair, duration});
      }
  return pieces;
}

}  // namespace rhodrift
