#include "compile/sabre.hpp"

#include <algorithm>
#include <utility>

namespace rhodrift {

namespace {

constexpr int nobody = -1;
constexpr std::size_t lookahead = 20;           // gates after those that wait …
constexpr double lookahead_weight = 0.5;        // … and what they count for
constexpr double decay_step = 0.001;            // against moving the same qubits again and again
constexpr std::size_t decay_reset = 5;          // swaps
constexpr std::size_t patience_per_qubit = 10;  // swaps without a gate until the valve opens
constexpr double same_score = 1e-10;

}  // namespace

/// One way through a circuit from a layout.
class SabreRun {
 public:
  SabreRun(const Sabre::Graph& graph, const Target& target, const Layout& start,
           RandomStream& random)
      : graph_(graph),
        target_(target),
        random_(random),
        place_(start),
        occupant_(at(target.n_qubits()), nobody),
        n_before_(graph.n_before),
        waiting_for_(start.size(), nobody),
        soon_with_(start.size()),
        decay_(at(target.n_qubits()), 1.0) {
    route_.start = start;
    for (std::size_t l = 0; l < start.size(); ++l) occupant_[at(start[l])] = static_cast<int>(l);
    for (std::size_t node = 0; node < n_before_.size(); ++node)
      if (n_before_[node] == 0) ready_.push_back(static_cast<int>(node));
    run();
    route_.end = place_;
  }

  Sabre::Route take() { return std::move(route_); }

 private:
  bool is_executable(int node) const {
    const auto [a, b] = graph_.pair[at(node)];
    return a == nobody || target_.coupled(place_[at(a)], place_[at(b)]);
  }

  void run() {
    const std::size_t patience = patience_per_qubit * place_.size();
    std::size_t since_progress = 0;
    while (true) {
      if (execute_what_is_ready()) {
        since_progress = 0;
        look_ahead();
        std::ranges::fill(decay_, 1.0);
      }
      if (waiting_.empty()) return;
      if (since_progress == patience) {
        open_valve(since_progress);
      } else {
        const auto [p, q] = best_swap();
        apply_swap(p, q);
        if (++since_progress % decay_reset == 0) std::ranges::fill(decay_, 1.0);
        decay_[at(p)] += decay_step;
        decay_[at(q)] += decay_step;
      }
      collect_executable();
    }
  }

  // Whether there was anything.
  bool execute_what_is_ready() {
    const bool any = !ready_.empty();
    while (!ready_.empty()) {
      const int node = ready_.back();
      ready_.pop_back();
      if (!is_executable(node)) {
        wait(node);
        continue;
      }
      route_.steps.push_back({node, {}});
      for (const int next : graph_.next[at(node)])
        if (--n_before_[at(next)] == 0) ready_.push_back(next);
    }
    return any;
  }

  void wait(int node) {
    const auto [a, b] = graph_.pair[at(node)];
    waiting_.push_back(node);
    waiting_for_[at(a)] = b;
    waiting_for_[at(b)] = a;
  }

  void collect_executable() {
    std::erase_if(waiting_, [this](int node) {
      if (!is_executable(node)) return false;
      const auto [a, b] = graph_.pair[at(node)];
      waiting_for_[at(a)] = waiting_for_[at(b)] = nobody;
      ready_.push_back(node);
      return true;
    });
  }

  // The gates that come next after those that wait, in the order in which they could be done.
  void look_ahead() {
    for (std::vector<int>& partners : soon_with_) partners.clear();
    n_soon_ = 0;
    std::vector<int> queue = waiting_, lowered;
    for (std::size_t head = 0; head < queue.size() && n_soon_ < lookahead; ++head)
      for (const int next : graph_.next[at(queue[head])]) {
        lowered.push_back(next);
        if (--n_before_[at(next)] > 0) continue;
        queue.push_back(next);
        const auto [a, b] = graph_.pair[at(next)];
        if (a == nobody) continue;
        ++n_soon_;
        soon_with_[at(a)].push_back(b);
        soon_with_[at(b)].push_back(a);
      }
    for (const int node : lowered) ++n_before_[at(node)];
  }

  // How much further the partners of `qubit` are when it moves to `to` and `other` to its place.
  void add_change(int qubit, int other, int to, int& waiting, int& soon) const {
    if (qubit == nobody) return;
    const int from = place_[at(qubit)];
    const auto change = [&](int partner) {
      const int there = place_[at(partner)];
      return partner == other ? 0 : target_.distance(to, there) - target_.distance(from, there);
    };
    if (const int partner = waiting_for_[at(qubit)]; partner != nobody) waiting += change(partner);
    for (const int partner : soon_with_[at(qubit)]) soon += change(partner);
  }

  double score_after(int p, int q, int waiting, int soon) const {
    add_change(occupant_[at(p)], occupant_[at(q)], q, waiting, soon);
    add_change(occupant_[at(q)], occupant_[at(p)], p, waiting, soon);
    double score = waiting / static_cast<double>(waiting_.size());
    if (n_soon_ > 0) score += lookahead_weight * soon / static_cast<double>(n_soon_);
    return std::max(decay_[at(p)], decay_[at(q)]) * score;
  }

  std::pair<int, int> best_swap() const {
    int waiting = 0, soon = 0;  // distances now
    for (const int node : waiting_) {
      const auto [a, b] = graph_.pair[at(node)];
      waiting += target_.distance(place_[at(a)], place_[at(b)]);
    }
    for (std::size_t l = 0; l < soon_with_.size(); ++l)
      for (const int partner : soon_with_[l])
        if (static_cast<int>(l) < partner) soon += target_.distance(place_[l], place_[at(partner)]);

    std::pair<int, int> best{nobody, nobody};
    double best_score = 0.0;
    std::uint64_t n_equal = 0;
    const auto waits = [this](int d) {
      const int l = occupant_[at(d)];
      return l != nobody && waiting_for_[at(l)] != nobody;
    };
    for (const int node : waiting_)
      for (const int l : graph_.pair[at(node)]) {
        const int p = place_[at(l)];
        for (const int q : target_.neighbours(p)) {
          if (q < p && waits(q)) continue;  // comes up at q
          const double score = score_after(p, q, waiting, soon);
          if (n_equal == 0 || score < best_score - same_score)
            best = {p, q}, best_score = score, n_equal = 1;
          else if (score <= best_score + same_score && random_.below(++n_equal) == 0)
            best = {p, q};
        }
      }
    return best;
  }

  void apply_swap(int p, int q) {
    std::swap(occupant_[at(p)], occupant_[at(q)]);
    for (const int d : {p, q})
      if (occupant_[at(d)] != nobody) place_[at(occupant_[at(d)])] = d;
    route_.steps.push_back({nobody, {p, q}});
    ++route_.n_swaps;
  }

  // Takes the last swaps back and brings the two qubits that are closest together.
  void open_valve(std::size_t& since_progress) {
    for (; since_progress > 0; --since_progress) {
      const auto [p, q] = route_.steps.back().d;
      apply_swap(p, q);
      route_.steps.resize(route_.steps.size() - 2);
      route_.n_swaps -= 2;
    }
    const auto apart = [this](int node) {
      const auto [a, b] = graph_.pair[at(node)];
      return target_.distance(place_[at(a)], place_[at(b)]);
    };
    const auto [a, b] = graph_.pair[at(std::ranges::min(waiting_, {}, apart))];
    while (!target_.coupled(place_[at(a)], place_[at(b)])) {
      const int p = place_[at(a)], goal = place_[at(b)];
      apply_swap(p, std::ranges::min(target_.neighbours(p), {},
                                     [&](int d) { return target_.distance(d, goal); }));
    }
  }

  const Sabre::Graph& graph_;
  const Target& target_;
  RandomStream& random_;
  Layout place_;               // device qubit by qubit
  std::vector<int> occupant_;  // qubit by device qubit
  std::vector<int> n_before_;  // by node: what it still has to wait for
  std::vector<int> ready_;
  std::vector<int> waiting_;
  std::vector<int> waiting_for_;             // by qubit: its partner in what waits
  std::vector<std::vector<int>> soon_with_;  // by qubit: its partners in what comes next
  std::size_t n_soon_ = 0;
  std::vector<double> decay_;  // by device qubit
  Sabre::Route route_;
};

Sabre::Sabre(const Circuit& circuit, const Target& target) : circuit_(circuit), target_(target) {
  const auto n = at(circuit.n_qubits());
  std::vector<int> last(n, nobody);
  std::vector<std::vector<std::size_t>> pending(n);
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i) {
    const Instruction& instruction = circuit.instructions()[i];
    if (instruction.qubits.size() == 1) {
      pending[at(instruction.qubits[0])].push_back(i);
      continue;
    }
    const int node = static_cast<int>(instruction_of_.size());
    instruction_of_.push_back(i);
    const bool must_be_coupled = info(instruction.op).n_qubits == 2;
    onward_.pair.push_back(must_be_coupled
                               ? std::array{instruction.qubits[0], instruction.qubits[1]}
                               : std::array{nobody, nobody});
    onward_.next.emplace_back();
    reversed_.next.emplace_back();
    alone_.emplace_back();
    for (const int q : instruction.qubits) {
      alone_.back().insert(alone_.back().end(), pending[at(q)].begin(), pending[at(q)].end());
      pending[at(q)].clear();
      const int before = std::exchange(last[at(q)], node);
      // Two gates on the same pair follow each other once.
      if (before == nobody || std::ranges::count(reversed_.next.back(), before) > 0) continue;
      onward_.next[at(before)].push_back(node);
      reversed_.next.back().push_back(before);
    }
  }
  alone_.emplace_back();  // after the last node
  for (const std::vector<std::size_t>& rest : pending)
    alone_.back().insert(alone_.back().end(), rest.begin(), rest.end());
  reversed_.pair = onward_.pair;
  for (const std::vector<int>& before : reversed_.next)
    onward_.n_before.push_back(static_cast<int>(before.size()));
  for (const std::vector<int>& after : onward_.next)
    reversed_.n_before.push_back(static_cast<int>(after.size()));
}

Sabre::Route Sabre::forward(const Layout& start, RandomStream& random) const {
  return SabreRun(onward_, target_, start, random).take();
}

Layout Sabre::backward(const Layout& end, RandomStream& random) const {
  return SabreRun(reversed_, target_, end, random).take().end;
}

PlacedCircuit Sabre::place(const Route& route) const {
  Layout layout = route.start;
  std::vector<int> qubit_at(at(target_.n_qubits()), nobody);
  for (std::size_t i = 0; i < layout.size(); ++i) qubit_at[at(layout[i])] = static_cast<int>(i);
  for (const Route::Step& step : route.steps)
    if (step.node == nobody)
      for (const int d : step.d)
        if (qubit_at[at(d)] == nobody) {
          qubit_at[at(d)] = static_cast<int>(layout.size());
          layout.push_back(d);
        }
  Circuit placed(static_cast<int>(layout.size()));
  std::vector<int> where = trivial_layout(circuit_.n_qubits());
  const auto append = [&](std::size_t i) {
    Instruction instruction = circuit_.instructions()[i];
    for (int& q : instruction.qubits) q = where[at(q)];
    placed.append(instruction);
  };
  for (const Route::Step& step : route.steps) {
    if (step.node != nobody) {
      for (const std::size_t i : alone_[at(step.node)]) append(i);
      append(instruction_of_[at(step.node)]);
      continue;
    }
    const int a = qubit_at[at(step.d[0])], b = qubit_at[at(step.d[1])];
    placed.append(Op::swap, {a, b});
    for (int& q : where) q = q == a ? b : q == b ? a : q;
  }
  for (const std::size_t i : alone_.back()) append(i);
  return {std::move(placed), std::move(layout), std::move(where)};
}

}  // namespace rhodrift
