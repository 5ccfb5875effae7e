#include "compile/target.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "compile/entanglers.hpp"

namespace rhodrift {

namespace {

constexpr double unusable = std::numeric_limits<double>::infinity();

// What other 1-qubit gates are made of, the first of them that a qubit has.
constexpr std::array pulses{Op::sx, Op::u2, Op::u3, Op::rx};

// Operations on one or two qubits only; others are no gates of a device.
std::optional<std::uint64_t> key_of(Op op, const std::vector<int>& qubits) {
  if (qubits.empty() || qubits.size() > 2) return std::nullopt;
  const auto first = static_cast<std::uint64_t>(qubits.front());
  const auto second = static_cast<std::uint64_t>(qubits.size() == 2 ? qubits.back() + 1 : 0);
  return static_cast<std::uint64_t>(op) | first << 8U | second << 32U;
}

}  // namespace

double cost_of_error(std::optional<double> error) {
  return error && *error < 1.0 ? -std::log1p(-*error) : unusable;
}

Target::Target(const Calibration& calibration) : calibration_(calibration) {
  read_gates();
  read_pulses();
  read_couplings();
  measure_distances();
}

const GateCalibration* Target::listed_gate(Op op, const std::vector<int>& qubits) const {
  const auto key = key_of(op, qubits);
  const auto found = key ? gates_.find(*key) : gates_.end();
  return found == gates_.end() ? nullptr : found->second;
}

const GateCalibration* Target::gate(Op op, const std::vector<int>& qubits) const {
  const GateCalibration* listed = listed_gate(op, qubits);
  return listed && listed->error.value_or(0.0) < 1.0 ? listed : nullptr;
}

bool Target::any_works(const std::vector<int>& qubits) const {
  if (qubits.size() == 1)
    return std::ranges::any_of(pulses, [&](Op op) { return gate(op, qubits); });
  const std::vector<int> reversed(qubits.rbegin(), qubits.rend());
  return std::ranges::any_of(entanglers, [&](const Entangler& entangler) {
    return gate(entangler.op, qubits) || gate(entangler.op, reversed);
  });
}

void Target::read_gates() {
  for (const GateCalibration& gate : calibration_.gates)
    if (const auto op = find_operation(gate.name))
      if (const auto key = key_of(*op, gate.qubits)) gates_.emplace(*key, &gate);
  for (const QubitCalibration& figures : calibration_.qubits) {
    readout_cost_.push_back(figures.readout_p10 && figures.readout_p01
                                ? cost_of_error((*figures.readout_p10 + *figures.readout_p01) / 2)
                                : unusable);
  }
}

void Target::read_pulses() {
  std::vector<const GateCalibration*> pulse_on(calibration_.qubits.size(), nullptr);
  for (int q = 0; q < n_qubits(); ++q)
    for (const Op op : pulses)
      if (pulse_on[at(q)] == nullptr) pulse_on[at(q)] = listed_gate(op, {q});
  // Of a device whose pulses nobody has measured none is the better one.
  const bool any_reported = std::ranges::any_of(
      pulse_on, [](const GateCalibration* pulse) { return pulse && pulse->error; });
  for (const GateCalibration* pulse : pulse_on) {
    if (pulse && !any_reported)
      pulse_cost_.push_back(0.0);
    else
      pulse_cost_.push_back(pulse ? cost_of_error(pulse->error) : unusable);
  }
}

void Target::read_couplings() {
  const auto n = static_cast<std::size_t>(n_qubits());
  coupling_cost_ = arma::mat(n, n, arma::fill::value(unusable));
  neighbours_.resize(n);
  for (const GateCalibration& gate : calibration_.gates) {
    const auto op = find_operation(gate.name);
    const auto entangler = std::ranges::find_if(
        entanglers, [&](const Entangler& candidate) { return op == candidate.op; });
    if (entangler == entanglers.end()) continue;
    const int p = gate.qubits[0], q = gate.qubits[1];
    if (std::max(pulse_cost(p), pulse_cost(q)) == unusable) continue;
    const bool has_better = std::ranges::any_of(entanglers, [&](const Entangler& other) {
      return other.rank < entangler->rank &&
             (listed_gate(other.op, {p, q}) || listed_gate(other.op, {q, p}));
    });
    if (has_better) continue;
    const auto a = static_cast<arma::uword>(p), b = static_cast<arma::uword>(q);
    coupling_cost_(a, b) = coupling_cost_(b, a) =
        std::min(coupling_cost_(a, b), entangler->n_in_cx * cost_of_error(gate.error));
  }
  for (arma::uword a = 0; a < n; ++a)
    for (arma::uword b = 0; b < n; ++b)
      if (coupling_cost_(a, b) < unusable) neighbours_[a].push_back(static_cast<int>(b));
}

// Breadth first from every qubit.
void Target::measure_distances() {
  const std::size_t n = neighbours_.size();
  distance_.assign(n * n, n_qubits());
  for (std::size_t start = 0; start < n; ++start) {
    int* const from_start = &distance_[start * n];
    std::vector<int> queue{static_cast<int>(start)};
    from_start[start] = 0;
    for (std::size_t head = 0; head < queue.size(); ++head)
      for (const int next : neighbours(queue[head])) {
        if (from_start[next] < n_qubits()) continue;
        from_start[next] = from_start[queue[head]] + 1;
        queue.push_back(next);
      }
  }
}

}  // namespace rhodrift
