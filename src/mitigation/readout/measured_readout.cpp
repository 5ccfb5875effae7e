#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/measured_readout.hpp>

#include "mitigation/readout/orthogonal_array.hpp"
#include "mitigation/readout/prepared_circuit.hpp"
#include "mitigation/readout/product_matrix.hpp"

namespace rhodrift::readout {

namespace {

using Pattern = std::vector<std::uint64_t>;

int max_group_bits(CalibrationScheme scheme) {
  switch (scheme) {
    case CalibrationScheme::marginal:
      return 1;
    case CalibrationScheme::balanced:
      return 3;
    default:
      return max_calibration_group_bits;
  }
}

/// `taker`: who takes so many bits in a group.
void require_groups(const std::vector<std::vector<int>>& groups, int max_group_bits,
                    const std::string& taker, int n_bits) {
  const auto fail = [](std::size_t g, const std::string& problem) {
    throw InputError("readout calibration", fmt::format("group {}", g), problem);
  };
  if (groups.empty()) throw InputError("readout calibration", "", "no group of bits is named");
  std::set<int> taken;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (groups[g].empty() || std::ssize(groups[g]) > max_group_bits)
      fail(g, fmt::format("{} bits are outside 1..{}, what {} takes", groups[g].size(),
                          max_group_bits, taker));
    for (const int bit : groups[g]) {
      if (bit < 0 || bit >= n_bits)
        fail(g, fmt::format("bit {} is outside 0..{}", bit, n_bits - 1));
      if (!taken.insert(bit).second) fail(g, fmt::format("bit {} is in a group already", bit));
    }
  }
}

/// The bits of the group in the value `state`, the others as they are.
void set_group(Pattern& pattern, const std::vector<int>& bits, std::uint64_t state) {
  for (std::size_t i = 0; i < bits.size(); ++i) {
    const auto bit = static_cast<std::size_t>(bits[i]);
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    pattern[bit / 64] =
        (state >> i & 1) != 0 ? pattern[bit / 64] | mask : pattern[bit / 64] & ~mask;
  }
}

std::uint64_t n_states(const std::vector<int>& group) {
  return std::uint64_t{1} << group.size();
}

struct Preparations {
  std::vector<Pattern> patterns;
  std::vector<int> only_group;

  void add(Pattern pattern, int group) {
    patterns.push_back(std::move(pattern));
    only_group.push_back(group);
  }
};

Preparations independent_preparations(const std::vector<std::vector<int>>& groups,
                                      const Pattern& zeros) {
  Preparations result;
  result.add(zeros, -1);
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (std::uint64_t state = 1; state < n_states(groups[g]); ++state) {
      Pattern pattern = zeros;
      set_group(pattern, groups[g], state);
      result.add(std::move(pattern), static_cast<int>(g));
    }
  return result;
}

/// Groups of one bit in the states 0 and 1 make this the marginal scheme.
Preparations grouped_preparations(const std::vector<std::vector<int>>& groups,
                                  const Pattern& zeros) {
  std::uint64_t most = 0;
  for (const auto& group : groups) most = std::max(most, n_states(group));
  Preparations result;
  for (std::uint64_t state = 0; state < most; ++state) {
    Pattern pattern = zeros;
    for (const auto& group : groups) set_group(pattern, group, state % n_states(group));
    result.add(std::move(pattern), -1);
  }
  return result;
}

/// The orthogonal array has a column a bit that is in a group; the order of the columns does not
/// matter.
Preparations balanced_preparations(const std::vector<std::vector<int>>& groups,
                                   const Pattern& zeros) {
  std::vector<int> bits;
  for (const auto& group : groups) bits.insert(bits.end(), group.begin(), group.end());
  const auto n_bits = static_cast<int>(bits.size());
  Preparations result;
  for (const Pattern& row : balanced_patterns(n_bits, min_balanced_patterns(n_bits))) {
    Pattern pattern = zeros;
    for (int i = 0; i < n_bits; ++i)
      set_group(pattern, {bits[static_cast<std::size_t>(i)]}, bit_of(row, i) ? 1 : 0);
    result.add(std::move(pattern), -1);
  }
  return result;
}

Preparations preparations(CalibrationScheme scheme, const std::vector<std::vector<int>>& groups,
                          const Pattern& zeros) {
  switch (scheme) {
    case CalibrationScheme::independent:
      return independent_preparations(groups, zeros);
    case CalibrationScheme::balanced:
      return balanced_preparations(groups, zeros);
    default:
      return grouped_preparations(groups, zeros);
  }
}

/// What was read of some prepared states.
struct Readings {
  std::span<const Pattern> patterns;
  std::span<const Outcomes> outcomes;
  std::span<const int> only_group;  // as in CalibrationPlan
};

/// (read, prepared): of the states that are about the group, each shot a 1; exact ones are one
/// shot.
arma::mat counts_of(const std::vector<int>& bits, int group, const Readings& readings) {
  arma::mat counts(n_states(bits), n_states(bits), arma::fill::zeros);
  for (std::size_t j = 0; j < readings.outcomes.size(); ++j) {
    const Outcomes& outcomes = readings.outcomes[j];
    if (readings.only_group[j] >= 0 && readings.only_group[j] != group) continue;
    if (outcomes.n_bits != readings.outcomes[0].n_bits)
      throw InputError("readout calibration", "",
                       fmt::format("outcomes of {} bits and of {}", readings.outcomes[0].n_bits,
                                   outcomes.n_bits));
    const arma::uword prepared = group_index(bits, readings.patterns[j]);
    const double weight = outcomes.exact() ? 1.0 : static_cast<double>(outcomes.shots);
    for (std::size_t r = 0; r < outcomes.size(); ++r)
      counts(group_index(bits, outcomes.outcome(r)), prepared) +=
          weight * std::max(outcomes.frequency[r], 0.0);  // rounding may be below 0
  }
  return counts;
}

MeasuredReadout pooled(const std::vector<std::vector<int>>& groups, const Readings& readings) {
  require_all_exact_or_none(readings.outcomes);
  MeasuredReadout measured;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const arma::mat counts = counts_of(groups[g], static_cast<int>(g), readings);
    const arma::rowvec total = arma::sum(counts, 0);
    for (arma::uword p = 0; p < total.n_elem; ++p)
      if (!(total(p) > 0.0))
        throw InputError("readout calibration", fmt::format("bits {}", fmt::join(groups[g], ",")),
                         fmt::format("were never prepared in {:0{}b}", p, groups[g].size()));
    measured.error.push_back({groups[g], counts.each_row() / total});
    measured.shots.push_back(readings.outcomes[0].exact() ? arma::vec() : arma::vec(total.t()));
  }
  return measured;
}

}  // namespace

bool MeasuredReadout::exact() const {
  return std::ranges::all_of(shots, [](const arma::vec& column) { return column.empty(); });
}

void require_all_exact_or_none(std::span<const Outcomes> outcomes) {
  for (std::size_t j = 0; j < outcomes.size(); ++j)
    if (outcomes[j].exact() != outcomes[0].exact())
      throw InputError("outcomes", fmt::format("circuit {}", j),
                       "exact outcomes and shots are not pooled");
}

void MeasuredReadout::validate() const {
  validate_readout_error(error, "readout error");
  if (!shots.empty() && shots.size() != error.size())
    throw InputError("readout calibration", "shots",
                     fmt::format("given for {} groups, there are {}", shots.size(), error.size()));
  for (std::size_t g = 0; g < shots.size(); ++g) {
    const arma::uword n_columns = error[g].matrix.n_cols;
    const auto is_number_of_shots = [](double n) { return std::isfinite(n) && n > 0.0; };
    if (!shots[g].empty() &&
        (shots[g].n_elem != n_columns || !std::ranges::all_of(shots[g], is_number_of_shots)))
      throw InputError("readout calibration", fmt::format("shots of group {}", g),
                       fmt::format("are not {} finite numbers > 0", n_columns));
  }
}

std::string_view to_string(CalibrationScheme scheme) {
  switch (scheme) {
    case CalibrationScheme::independent:
      return "independent";
    case CalibrationScheme::marginal:
      return "marginal";
    case CalibrationScheme::balanced:
      return "balanced";
    default:
      return "grouped";
  }
}

std::vector<std::vector<int>> single_bits(int n_bits) {
  std::vector<std::vector<int>> groups;
  for (int bit = 0; bit < n_bits; ++bit) groups.push_back({bit});
  return groups;
}

CalibrationPlan construct_calibration(const Circuit& circuit, CalibrationScheme scheme,
                                      const std::vector<std::vector<int>>& groups,
                                      std::uint64_t shots_per_circuit) {
  const std::size_t n_bits = circuit.qubit_of_bit().size();
  require_groups(groups, max_group_bits(scheme), fmt::format("scheme {}", to_string(scheme)),
                 static_cast<int>(n_bits));
  const Pattern zeros((n_bits + 63) / 64, 0);
  Preparations prepared = preparations(scheme, groups, zeros);
  CalibrationPlan plan;
  for (const Pattern& pattern : prepared.patterns) {
    Job job;
    job.circuit = std::make_shared<const Circuit>(prepared_circuit(circuit, pattern));
    job.shots = shots_per_circuit;
    plan.jobs.push_back(std::move(job));
  }
  plan.groups = groups;
  plan.patterns = std::move(prepared.patterns);
  plan.only_group = std::move(prepared.only_group);
  return plan;
}

MeasuredReadout measured_readout(const std::vector<std::vector<int>>& groups,
                                 std::span<const PreparedState> states) {
  if (states.empty()) throw InputError("readout calibration", "", "no state was prepared");
  require_groups(groups, max_calibration_group_bits, "a calibration", states[0].outcomes.n_bits);
  std::vector<Pattern> patterns;
  std::vector<Outcomes> outcomes;
  std::vector<int> only_group;
  for (const PreparedState& state : states) {
    patterns.push_back(state.pattern);
    outcomes.push_back(state.outcomes);
    only_group.push_back(state.only_group);
  }
  return pooled(groups, {patterns, outcomes, only_group});
}

MeasuredReadout combine_calibration(const CalibrationPlan& plan,
                                    std::span<const Outcomes> outcomes) {
  plan.require_matching(outcomes);
  return pooled(plan.groups, {plan.patterns, outcomes, plan.only_group});
}

}  // namespace rhodrift::readout
