#include "compile/embedding.hpp"

#include <algorithm>
#include <map>

namespace rhodrift {

namespace {

constexpr double unusable = std::numeric_limits<double>::infinity();
constexpr int unplaced = -1;

// 0 · ∞ is 0 here: what is not used may be broken.
double total(double count, double cost) {
  return count > 0.0 ? count * cost : 0.0;
}

bool is_pulse(Op op) {
  switch (op) {
    case Op::id:
    case Op::z:
    case Op::s:
    case Op::sdg:
    case Op::t:
    case Op::tdg:
    case Op::rz:
    case Op::p:
    case Op::delay:
      return false;
    default:
      return info(op).unitary != nullptr;
  }
}

struct Partner {
  int qubit;
  double n_gates;
};

std::vector<std::vector<Partner>> partners_of(const Demand& demand) {
  std::vector<std::vector<Partner>> partners(demand.n_pulses.size());
  for (const auto& [a, b, n_gates] : demand.couplings) {
    partners[at(a)].push_back({b, n_gates});
    partners[at(b)].push_back({a, n_gates});
  }
  return partners;
}

// Next is always the qubit with the most placed partners; of those the one with the most partners.
std::vector<int> connected_order(const std::vector<std::vector<Partner>>& partners) {
  std::vector<int> order;
  std::vector<std::size_t> n_placed_partners(partners.size(), 0);
  std::vector<bool> is_placed(partners.size(), false);
  while (order.size() < partners.size()) {
    std::size_t next = partners.size();
    for (std::size_t q = 0; q < partners.size(); ++q) {
      if (is_placed[q]) continue;
      if (next == partners.size() || std::pair(n_placed_partners[q], partners[q].size()) >
                                         std::pair(n_placed_partners[next], partners[next].size()))
        next = q;
    }
    is_placed[next] = true;
    order.push_back(static_cast<int>(next));
    for (const Partner& partner : partners[next]) ++n_placed_partners[at(partner.qubit)];
  }
  return order;
}

class Search {
 public:
  Search(const Demand& demand, const Target& target, const EmbeddingSearch& search)
      : demand_(demand),
        target_(target),
        partners_(partners_of(demand)),
        order_(search.order.empty() ? connected_order(partners_) : search.order),
        trials_left_(search.max_trials),
        best_cost_(search.below),
        layout_(partners_.size(), unplaced),
        is_taken_(at(target.n_qubits()), false) {
    for (int q = 0; q < target.n_qubits(); ++q) every_qubit_.push_back(q);
    bound_the_rest();
    place(0, 0.0);
  }

  const std::optional<Layout>& best() const { return best_; }

 private:
  struct Candidate {
    int place;
    double cost;
  };

  // What the qubits from a position of the order on cost at least.
  void bound_the_rest() {
    double pulse = unusable, read = unusable, coupling = unusable;
    for (int p = 0; p < target_.n_qubits(); ++p) {
      pulse = std::min(pulse, target_.pulse_cost(p));
      read = std::min(read, target_.readout_cost(p));
      for (const int next : target_.neighbours(p))
        coupling = std::min(coupling, target_.coupling_cost(p, next));
    }
    rest_.assign(order_.size() + 1, 0.0);
    std::vector<bool> is_later(order_.size(), false);
    for (std::size_t k = order_.size(); k-- > 0;) {
      const std::size_t q = at(order_[k]);
      rest_[k] = rest_[k + 1] + total(demand_.n_pulses[q], pulse) + total(demand_.n_reads[q], read);
      for (const Partner& partner : partners_[q])
        if (!is_later[at(partner.qubit)]) rest_[k] += total(partner.n_gates, coupling);
      is_later[q] = true;
    }
  }

  double cost_at(int qubit, int place) const {
    if (is_taken_[at(place)] || target_.neighbours(place).size() < partners_[at(qubit)].size())
      return unusable;
    double cost = total(demand_.n_pulses[at(qubit)], target_.pulse_cost(place)) +
                  total(demand_.n_reads[at(qubit)], target_.readout_cost(place));
    for (const Partner& partner : partners_[at(qubit)])
      if (const int other = layout_[at(partner.qubit)]; other != unplaced)
        cost += total(partner.n_gates, target_.coupling_cost(place, other));
    return cost;
  }

  // Beside a placed partner if there is one, else anywhere; the cheapest first.
  std::vector<Candidate> candidates_for(int qubit) const {
    const std::vector<int>* places = &every_qubit_;
    for (const Partner& partner : partners_[at(qubit)])
      if (const int other = layout_[at(partner.qubit)]; other != unplaced)
        if (target_.neighbours(other).size() < places->size()) places = &target_.neighbours(other);
    std::vector<Candidate> candidates;
    for (const int place : *places)
      if (const double cost = cost_at(qubit, place); cost < unusable)
        candidates.push_back({place, cost});
    std::ranges::stable_sort(candidates, {}, &Candidate::cost);
    return candidates;
  }

  void place(std::size_t depth, double cost) {
    if (depth == order_.size()) {
      best_cost_ = cost;
      best_ = layout_;
      return;
    }
    const int qubit = order_[depth];
    const std::vector<Candidate> candidates = candidates_for(qubit);
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      const auto& [place_, added] = candidates[k];
      // Every place of the first qubit has its share of the trials.
      if (depth == 0) keep_ = trials_left_ - trials_left_ / (candidates.size() - k);
      if (trials_left_ <= keep_ || cost + added + rest_[depth + 1] >= best_cost_) return;
      --trials_left_;
      layout_[at(qubit)] = place_;
      is_taken_[at(place_)] = true;
      place(depth + 1, cost + added);
      is_taken_[at(place_)] = false;
      layout_[at(qubit)] = unplaced;
    }
  }

  const Demand& demand_;
  const Target& target_;
  std::vector<std::vector<Partner>> partners_;  // by qubit
  std::vector<int> order_;
  std::size_t trials_left_;
  std::size_t keep_ = 0;  // trials for the places that the first qubit is still to have
  double best_cost_;
  std::vector<double> rest_;
  std::vector<int> every_qubit_;
  Layout layout_;
  std::vector<bool> is_taken_;
  std::optional<Layout> best_;
};

}  // namespace

Demand Demand::of(const Circuit& circuit) {
  const auto n = at(circuit.n_qubits());
  Demand demand{std::vector<double>(n, 0.0), std::vector<double>(n, 0.0), {}};
  std::map<std::pair<int, int>, double> n_gates;
  for (const Instruction& instruction : circuit.instructions()) {
    const std::vector<int>& qubits = instruction.qubits;
    if (instruction.op == Op::measure) ++demand.n_reads[at(qubits[0])];
    if (info(instruction.op).n_qubits == 2) ++n_gates[std::minmax(qubits[0], qubits[1])];
    if (info(instruction.op).n_qubits == 1 && is_pulse(instruction.op))
      ++demand.n_pulses[at(qubits[0])];
  }
  for (const auto& [pair, count] : n_gates)
    demand.couplings.push_back({pair.first, pair.second, count});
  return demand;
}

double cost_of_layout(const Demand& demand, const Target& target, const Layout& layout) {
  double cost = 0.0;
  for (std::size_t q = 0; q < layout.size(); ++q)
    cost += total(demand.n_pulses[q], target.pulse_cost(layout[q])) +
            total(demand.n_reads[q], target.readout_cost(layout[q]));
  for (const auto& [a, b, n_gates] : demand.couplings)
    cost += total(n_gates, target.coupling_cost(layout[at(a)], layout[at(b)]));
  return cost;
}

std::optional<Layout> best_embedding(const Demand& demand, const Target& target,
                                     const EmbeddingSearch& search) {
  if (demand.n_qubits() > target.n_qubits()) return std::nullopt;
  return Search(demand, target, search).best();
}

}  // namespace rhodrift
