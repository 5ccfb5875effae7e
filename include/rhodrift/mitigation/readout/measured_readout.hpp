#pragma once

#include <armadillo>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/core/readout_error.hpp>
#include <rhodrift/mitigation/plan.hpp>

/// The readout error as calibration circuits measure it: known basis states are prepared and read.
/// The flips are x gates of the same device, so their errors are counted as readout's.
namespace rhodrift::readout {

/// A readout error and how well it is known.
struct MeasuredReadout {
  ReadoutError error;
  /// shots[g](p): how many calibration shots had group g prepared in p, its column p's sample
  /// size. Empty for a group, or altogether: known exactly.
  ///
  /// A column a of N shots has the multinomial's covariance (diag a - a aᵀ)/N; columns and groups
  /// are independent where the groups are (also those read from the same shots). What was never
  /// seen is not impossible, so the covariance, not the matrix, is taken at (N a + 1/K)/(N + 1) for
  /// K = 2^k entries: one shot more, spread evenly (Jeffreys' prior when K = 2).
  std::vector<arma::vec> shots;

  /// Whether column statistics of group g are to be accounted for.
  bool sampled(std::size_t group) const { return !shots.empty() && !shots[group].empty(); }
  /// Whether no group has any.
  bool exact() const;
  /// Throws InputError when the error is invalid, or the shots are not one vector a group that is
  /// empty or of 2^k finite numbers > 0.
  void validate() const;
};

/// Which basis states are prepared.
enum class CalibrationScheme {
  /// Every state of a group with all other bits in 0, one group after the other: 1 + Σ_g (2^k - 1)
  /// circuits.
  independent,
  /// All bits in 0, all in 1: 2 circuits, for groups of one bit. What one bit does when its
  /// neighbours are in the other state is not seen.
  marginal,
  /// Every bit is in 0 in half of the circuits, every pair in each of its states in a quarter,
  /// every three in an eighth: the rows of an orthogonal array of strength 3, for groups of up to 3
  /// bits. 2^(1 + ⌈log2 n⌉) circuits for n bits.
  balanced,
  /// Every state of every group, all groups at once: 2^k circuits for the largest group of k bits.
  /// One group of all bits gives the full matrix.
  grouped,
};
/// "independent", "marginal", "balanced", "grouped"
std::string_view to_string(CalibrationScheme scheme);

/// A group has 2^k preparations and a matrix of 4^k entries.
inline constexpr int max_calibration_group_bits = 10;

struct CalibrationPlan : Plan {
  std::vector<std::vector<int>> groups;  ///< the bits of each, the least significant first
  /// By job: the bits that are prepared in 1, in words like an outcome.
  std::vector<std::vector<std::uint64_t>> patterns;
  std::vector<int> only_group;  ///< by job: the one group that it is about; -1: every group
};

/// {{0}, {1}, …}: every bit for itself.
std::vector<std::vector<int>> single_bits(int n_bits);

/// Circuits that read the qubits of `circuit` into the same bits, with its readout error;
/// `shots_per_circuit` 0 asks for exact outcomes. Bits in no group stay in 0.
/// Throws InputError when a group is empty, of more than max_calibration_group_bits bits or more
/// than the scheme takes, a bit is not the circuit's or in two groups, there is no group, or the
/// circuit reads a qubit into two bits.
CalibrationPlan construct_calibration(const Circuit& circuit, CalibrationScheme scheme,
                                      const std::vector<std::vector<int>>& groups,
                                      std::uint64_t shots_per_circuit);

/// What was read when a basis state had been prepared, by whomever.
struct PreparedState {
  std::vector<std::uint64_t>
      pattern;  ///< the bits that are prepared in 1, in words like an outcome
  Outcomes outcomes;
  int only_group = -1;  ///< the one group that it is about; -1: every group
};

/// The confusion matrix of every group of bits, column p pooled over the states that have the group
/// in p. They may be those of any scheme.
/// Throws InputError when a group is empty, of more than max_calibration_group_bits bits, has a bit
/// that is not there or in two groups, or was not prepared in each of its 2^k states; when states
/// have different numbers of bits, and when some outcomes are exact and others not.
MeasuredReadout measured_readout(const std::vector<std::vector<int>>& groups,
                                 std::span<const PreparedState> states);

/// Throws InputError when some outcomes are exact and others not.
void require_all_exact_or_none(std::span<const Outcomes> outcomes);

/// measured_readout of the plan's states. Throws InputError as Plan::require_matching, and when
/// some outcomes are exact and others not.
MeasuredReadout combine_calibration(const CalibrationPlan& plan,
                                    std::span<const Outcomes> outcomes);

}  // namespace rhodrift::readout
