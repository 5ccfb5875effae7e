#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include <boost/random/binomial_distribution.hpp>
#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/readout/ctmp.hpp>

namespace rhodrift::readout {

namespace {

constexpr arma::uword bootstrap_draws = 200;
constexpr arma::uword min_good_draws = 180;
constexpr std::uint64_t bootstrap_stream = 0x63746d70;
constexpr int max_log_terms = 400;
constexpr double log_tolerance = 1e-16;

using Matrix4 = arma::mat::fixed<4, 4>;

/// The logarithm of a stochastic matrix whose eigenvalues have positive real parts,
///   log A = 2 Σ_(k odd) Z^k/k,  Z = (A - 1)(A + 1)^-1,
/// or nothing when the series does not converge. (Bootstraps take many: logmat is slow for them.)
std::optional<Matrix4> logarithm(const Matrix4& a) {
  const Matrix4 one(arma::fill::eye);
  const Matrix4 z = arma::solve((a + one).t(), (a - one).t()).t();
  const Matrix4 squared = z * z;
  Matrix4 power = z, sum(arma::fill::zeros);
  for (int k = 1; k < max_log_terms; k += 2) {
    sum += power / k;
    if (arma::abs(power).max() < log_tolerance) return Matrix4(2.0 * sum);
    power = Matrix4(power * squared);
  }
  return std::nullopt;
}

/// By pair (j < k), counts(w, v) of its being read as w after being prepared in v with all other
/// bits right; j is the least significant bit of w and v.
class PairCounts {
 public:
  explicit PairCounts(int n_bits)
      : n_bits_(n_bits), counts_(pair(n_bits - 1, n_bits), Matrix4(arma::fill::zeros)) {}

  /// `prepared` was read as `prepared ^ flips`.
  void add(Bitstring prepared, Bitstring flips, double weight) {
    const int n_flips = std::popcount(flips);
    if (n_flips > 2) return;
    const int lowest = std::countr_zero(flips);  // of the flipped bits; with none, 64
    const int highest = 63 - std::countl_zero(flips);
    // Pairs that hold all flipped bits.
    if (n_flips == 2) add(prepared, flips, lowest, highest, weight);
    for (int k = 1; k < n_bits_; ++k) {
      if (n_flips == 0)
        for (int j = 0; j < k; ++j) add(prepared, flips, j, k, weight);
      else if (n_flips == 1 && k > highest)
        add(prepared, flips, highest, k, weight);
    }
    if (n_flips == 1)
      for (int j = 0; j < lowest; ++j) add(prepared, flips, j, lowest, weight);
  }

  /// All outcomes of one circuit, `weight` divided between them.
  void add(Bitstring prepared, const Outcomes& outcomes, double weight) {
    for (std::size_t r = 0; r < outcomes.size(); ++r)
      add(prepared, prepared ^ outcomes.number(r),
          weight * std::max(outcomes.frequency[r], 0.0));  // rounding may be below 0
  }

  /// The logarithm of the pair's 4 x 4 matrix. Throws InputError or RunError when there is none.
  Matrix4 generator(int j, int k) const {
    Matrix4 matrix = counts_[pair(j, k)];
    for (arma::uword v = 0; v < 4; ++v) {
      const double total = arma::accu(matrix.col(v));
      if (total == 0.0)
        throw InputError("readout calibration", fmt::format("bits {},{}", j, k),
                         fmt::format("prepared in {}{} they were never seen with all other bits "
                                     "right",
                                     v >> 1, v & 1));
      matrix.col(v) /= total;
    }
    if (const auto log = logarithm(matrix)) return *log;
    throw RunError(fmt::format(
        "CTMP readout mitigation: the matrix of bits {},{} is too far from right readout to have "
        "a logarithm",
        j, k));
  }

 private:
  static std::size_t pair(int j, int k) { return static_cast<std::size_t>(k * (k - 1) / 2 + j); }
  static unsigned state(Bitstring bits, int j, int k) {
    return static_cast<unsigned>((bits >> j & 1) | (bits >> k & 1) << 1);
  }
  void add(Bitstring prepared, Bitstring flips, int j, int k, double weight) {
    const unsigned v = state(prepared, j, k);
    counts_[pair(j, k)](v ^ state(flips, j, k), v) += weight;
  }

  int n_bits_;
  std::vector<Matrix4> counts_;
};

/// Generators 2j + from of bit j, then those of pairs, rates to be filled in.
std::vector<CtmpModel::Generator> all_generators(int n_bits) {
  std::vector<CtmpModel::Generator> generators;
  for (int j = 0; j < n_bits; ++j)
    for (const unsigned from : {0u, 1u}) generators.push_back({{j}, from, 0.0});
  for (int k = 1; k < n_bits; ++k)
    for (int j = 0; j < k; ++j)
      for (unsigned from = 0; from < 4; ++from) generators.push_back({{j, k}, from, 0.0});
  return generators;
}

/// The rates in the order of all_generators.
arma::vec rates(const PairCounts& counts, int n_bits) {
  const auto n = static_cast<arma::uword>(n_bits);
  arma::vec result(2 * n * n, arma::fill::zeros);
  arma::uword next = 2 * n;
  const double share = 1.0 / (2.0 * static_cast<double>(n - 1));
  for (int k = 1; k < n_bits; ++k)
    for (int j = 0; j < k; ++j) {
      const Matrix4 g = counts.generator(j, k);
      for (arma::uword v = 0; v < 4; ++v) {
        result(2 * static_cast<arma::uword>(j) + (v & 1)) += share * g(v ^ 1, v);
        result(2 * static_cast<arma::uword>(k) + (v >> 1)) += share * g(v ^ 2, v);
        result(next++) = g(v ^ 3, v);
      }
    }
  return result;
}

PairCounts pair_counts(const CalibrationPlan& plan, std::span<const Outcomes> outcomes) {
  PairCounts counts(outcomes[0].n_bits);
  for (std::size_t j = 0; j < outcomes.size(); ++j) {
    const double weight = outcomes[j].exact() ? 1.0 : static_cast<double>(outcomes[j].shots);
    counts.add(plan.patterns[j][0], outcomes[j], weight);
  }
  return counts;
}

/// No flip, one or two of `n_bits` bits, all alike.
Bitstring draw_flips(int n_bits, RandomStream& random) {
  const auto n = static_cast<std::uint64_t>(n_bits);
  std::uint64_t number = random.below(1 + n + n * (n - 1) / 2);
  if (number-- == 0) return 0;
  if (number < n) return Bitstring{1} << number;
  number -= n;
  std::uint64_t k = 1;  // the higher bit; there are k pairs of it and a lower one
  while (number >= k) number -= k++;
  return Bitstring{1} << k | Bitstring{1} << number;
}

/// The counts of other shots. What was never seen is not impossible: they are drawn from the
/// outcomes that were seen and, as if it had been seen 1/M times in each of the M circuits, every
/// flip of up to two bits. In the balanced scheme that is, for each state of a pair, one shot more
/// spread evenly over the four, as MeasuredReadout has it.
PairCounts drawn_counts(const CalibrationPlan& plan, std::span<const Outcomes> outcomes,
                        RandomStream& random) {
  const int n_bits = outcomes[0].n_bits;
  const double added =
      (1.0 + n_bits * (n_bits + 1) / 2.0) / static_cast<double>(outcomes.size());  // a circuit
  PairCounts counts(n_bits);
  for (std::size_t j = 0; j < outcomes.size(); ++j) {
    const Bitstring prepared = plan.patterns[j][0];
    const auto shots = static_cast<std::int64_t>(outcomes[j].shots);
    const auto n = static_cast<double>(shots);
    boost::random::binomial_distribution<std::int64_t, double> n_added(shots, added / (n + added));
    const std::int64_t of_added = n_added(random);
    for (std::int64_t i = 0; i < of_added; ++i)
      counts.add(prepared, draw_flips(n_bits, random), 1.0);
    if (of_added == shots) continue;
    Outcomes seen = outcomes[j];
    seen.shots = 0;  // its frequencies as probabilities
    const auto others = static_cast<std::uint64_t>(shots - of_added);
    counts.add(prepared, draw(seen, others, random), static_cast<double>(others));
  }
  return counts;
}

/// Deviations of the rates from their mean over draws of the outcomes, scaled to add up to their
/// covariance.
arma::mat bootstrap(const CalibrationPlan& plan, std::span<const Outcomes> outcomes,
                    std::uint64_t seed) {
  const int n_bits = outcomes[0].n_bits;
  arma::mat drawn_rates;
  for (arma::uword draw_number = 0; draw_number < bootstrap_draws; ++draw_number) {
    RandomStream random(seed, stream_id(bootstrap_stream, draw_number));
    const PairCounts counts = drawn_counts(plan, outcomes, random);
    try {
      drawn_rates.insert_cols(drawn_rates.n_cols, rates(counts, n_bits));
    } catch (const Error&) {
      // A draw may have too few right shots of a pair where the outcomes have enough.
    }
  }
  if (drawn_rates.n_cols < min_good_draws)
    throw RunError(
        fmt::format("CTMP readout mitigation: of {} bootstrap draws of the calibration only {} "
                    "have rates, at least {} are to tell their errors; take more shots",
                    bootstrap_draws, drawn_rates.n_cols, min_good_draws));
  drawn_rates.each_col() -= arma::vec(arma::mean(drawn_rates, 1));
  return drawn_rates / std::sqrt(static_cast<double>(drawn_rates.n_cols) - 1.0);
}

void require_bits(int n_bits) {
  if (n_bits < 2 || n_bits > max_ctmp_bits)
    throw InputError("readout calibration", "",
                     fmt::format("{} bits are outside 2..{}, what the Markov model takes", n_bits,
                                 max_ctmp_bits));
}

}  // namespace

MeasuredCtmp learn_ctmp(const CalibrationPlan& plan, std::span<const Outcomes> outcomes,
                        std::uint64_t seed) {
  plan.require_matching(outcomes);
  require_all_exact_or_none(outcomes);
  const int n_bits = outcomes[0].n_bits;
  require_bits(n_bits);
  const arma::vec learned = rates(pair_counts(plan, outcomes), n_bits);
  MeasuredCtmp measured;
  measured.model = {n_bits, all_generators(n_bits)};
  for (std::size_t i = 0; i < learned.n_elem; ++i) measured.model.generators[i].rate = learned(i);
  measured.errors =
      outcomes[0].exact() ? arma::mat(learned.n_elem, 0) : bootstrap(plan, outcomes, seed);
  return measured;
}

}  // namespace rhodrift::readout
