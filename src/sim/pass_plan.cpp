#include "sim/pass_plan.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace rhodrift {

namespace {

bool contains(const std::vector<int>& values, int value) {
  return std::ranges::find(values, value) != values.end();
}

/// Plans from the last step to the first; `remaining` is in that order.
class Planner {
 public:
  Planner(const std::vector<std::vector<int>>& steps, int n_qubits, const TileShape& tile)
      : steps_(steps), tile_(tile), position_(static_cast<std::size_t>(n_qubits)) {
    tile_.n_digits = std::min(tile.n_digits, n_qubits);
    std::iota(position_.begin(), position_.end(), 0);
    for (std::size_t s = steps.size(); s-- > 0;) remaining_.push_back(static_cast<int>(s));
  }

  PassPlan plan() {
    PassPlan plan{static_cast<int>(position_.size()), {}, {}};
    while (!remaining_.empty()) plan.passes.push_back(next_pass());
    std::ranges::reverse(plan.passes);
    plan.qubit_positions = position_;
    return plan;
  }

 private:
  const std::vector<int>& qubits_of(int step) const {
    return steps_[static_cast<std::size_t>(step)];
  }

  /// The steps of the next pass, taken out of `remaining_`, and the qubits of its tile: in order,
  /// whatever fits the tile and waits for nothing that was left behind.
  std::pair<std::vector<int>, std::vector<int>> choose() {
    std::vector<int> tile;
    for (std::size_t q = 0; q < position_.size(); ++q)
      if (position_[q] < tile_.n_low || static_cast<int>(position_.size()) <= tile_.n_digits)
        tile.push_back(static_cast<int>(q));
    std::vector<bool> blocked(position_.size(), false);
    std::vector<int> chosen, left;
    for (const int step : remaining_) {
      const std::vector<int>& qubits = qubits_of(step);
      std::vector<int> fresh;
      bool free = chosen.size() < tile_.max_steps;
      for (const int q : qubits) {
        free &= !blocked[static_cast<std::size_t>(q)];
        if (!contains(tile, q)) fresh.push_back(q);
      }
      if (free && tile.size() + fresh.size() <= static_cast<std::size_t>(tile_.n_digits)) {
        tile.insert(tile.end(), fresh.begin(), fresh.end());
        chosen.push_back(step);
      } else {
        for (const int q : qubits) blocked[static_cast<std::size_t>(q)] = true;
        left.push_back(step);
      }
    }
    remaining_ = std::move(left);
    for (std::size_t q = 0; tile.size() < static_cast<std::size_t>(tile_.n_digits); ++q)
      if (!contains(tile, static_cast<int>(q))) tile.push_back(static_cast<int>(q));
    return {chosen, tile};
  }

  PassPlan::Pass next_pass() {
    const auto [chosen, tile] = choose();
    PassPlan::Pass pass;
    for (const int q : tile) pass.positions.push_back(position_[static_cast<std::size_t>(q)]);
    std::ranges::sort(pass.positions);
    const auto digit_of = [&](int q) {
      const int position = position_[static_cast<std::size_t>(q)];
      return static_cast<int>(std::ranges::find(pass.positions, position) - pass.positions.begin());
    };
    for (auto step = chosen.begin(); step != chosen.end(); ++step) {
      const std::vector<int>& qubits = qubits_of(*step);
      const auto in_lanes = std::ranges::find_if(qubits, [&](int q) { return digit_of(q) == 0; });
      if (in_lanes != qubits.end()) {
        const int other = farthest_use(tile, qubits, std::pair(step, chosen.end()));
        pass.actions.push_back({-1, {digit_of(other)}});
        std::swap(position_[static_cast<std::size_t>(*in_lanes)],
                  position_[static_cast<std::size_t>(other)]);
      }
      PassPlan::Action action{*step, {}};
      for (const int q : qubits) action.digits.push_back(digit_of(q));
      pass.actions.push_back(std::move(action));
    }
    std::ranges::reverse(pass.actions);
    return pass;
  }

  /// The qubit of the tile, none of `busy`, that the given steps need last or not at all.
  template <typename Steps>
  int farthest_use(const std::vector<int>& tile, const std::vector<int>& busy, Steps steps) const {
    int best = -1;
    std::ptrdiff_t best_distance = -1;
    for (const int q : tile) {
      if (contains(busy, q)) continue;
      const auto use = std::find_if(steps.first, steps.second,
                                    [&](int step) { return contains(qubits_of(step), q); });
      if (use - steps.first > best_distance) {
        best_distance = use - steps.first;
        best = q;
      }
    }
    return best;
  }

  const std::vector<std::vector<int>>& steps_;
  TileShape tile_;
  std::vector<int> position_;  // of each qubit, at the earliest point planned so far
  std::vector<int> remaining_;
};

}  // namespace

PassPlan plan_passes(const std::vector<std::vector<int>>& steps, int n_qubits,
                     const TileShape& tile) {
  return Planner(steps, n_qubits, tile).plan();
}

PassPlan plan_batch(const std::vector<std::vector<int>>& steps, int n_qubits,
                    std::size_t max_steps) {
  PassPlan plan{n_qubits, std::vector<int>(static_cast<std::size_t>(n_qubits)), {}};
  std::iota(plan.qubit_positions.begin(), plan.qubit_positions.end(), 0);
  for (std::size_t s = 0; s < steps.size(); ++s) {
    if (s % max_steps == 0) plan.passes.push_back({plan.qubit_positions, {}});
    plan.passes.back().actions.push_back({static_cast<int>(s), steps[s]});
  }
  return plan;
}

}  // namespace rhodrift
