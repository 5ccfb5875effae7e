#include "mitigation/readout/unfolding_matrix.hpp"

#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/readout/unfolding.hpp>

#include "mitigation/readout/product_matrix.hpp"
#include "mitigation/readout/read_bits.hpp"

namespace rhodrift::readout {

namespace {

/// Rows and columns are all 2^n outcomes.
class WholeMatrix : public UnfoldingMatrix {
 public:
  WholeMatrix(const MeasuredReadout& measured, const Outcomes& outcomes)
      : measured_(measured),
        confusion_(measured.error, [](const arma::mat& a) { return a; }),
        transposed_(measured.error, [](const arma::mat& a) { return arma::mat(a.t()); }),
        frequencies_(dense_frequencies(outcomes, max_unfolding_bits)),
        seen_rows_(outcomes.size()) {
    for (std::size_t r = 0; r < outcomes.size(); ++r) seen_rows_(r) = outcomes.number(r);
    columns_.n_bits = outcomes.n_bits;
    columns_.words.resize(frequencies_.n_elem);
    std::iota(columns_.words.begin(), columns_.words.end(), 0);
    columns_.frequency.resize(frequencies_.n_elem);
  }

  const Outcomes& columns() const override { return columns_; }
  const arma::vec& frequencies() const override { return frequencies_; }
  const arma::uvec& seen_rows() const override { return seen_rows_; }
  arma::vec times(const arma::vec& p) const override { return confusion_ * p; }
  arma::vec transposed_times(const arma::vec& q) const override { return transposed_ * q; }
  ConfusionDerivative derivative(const arma::mat& x, const arma::mat& y) const override {
    ConfusionDerivative result;
    for (arma::uword i = 0; i < x.n_cols; ++i)
      add_product_derivative(measured_, x.col(i), confusion_ * y.col(i), result);
    return result;
  }

 private:
  const MeasuredReadout& measured_;
  ProductMatrix confusion_, transposed_;
  arma::vec frequencies_;
  arma::uvec seen_rows_;
  Outcomes columns_;
};

/// Rows and columns are the seen outcomes. Columns do not sum to 1: what is misread as something
/// that was not seen is missing from them, and has been seen no times.
class SeenMatrix : public UnfoldingMatrix {
 public:
  SeenMatrix(const MeasuredReadout& measured, const Outcomes& outcomes)
      : measured_(measured),
        columns_(outcomes),
        frequencies_(outcomes.frequency),
        seen_rows_(arma::regspace<arma::uvec>(0, outcomes.size() - 1)) {
    for (const ConfusionMatrix& group : measured.error) {
      local_.emplace_back(outcomes.size());
      for (std::size_t r = 0; r < outcomes.size(); ++r)
        local_.back()(r) = group_index(group.bits, outcomes.outcome(r));
    }
    matrix_ = same_outside_groups();
    for (std::size_t g = 0; g < measured.error.size(); ++g)
      for (arma::uword c = 0; c < matrix_.n_cols; ++c)
        for (arma::uword r = 0; r < matrix_.n_rows; ++r) matrix_(r, c) *= entry(g, r, c);
  }

  const Outcomes& columns() const override { return columns_; }
  const arma::vec& frequencies() const override { return frequencies_; }
  const arma::uvec& seen_rows() const override { return seen_rows_; }
  arma::vec times(const arma::vec& p) const override { return matrix_ * p; }
  arma::vec transposed_times(const arma::vec& q) const override { return matrix_.t() * q; }
  ConfusionDerivative derivative(const arma::mat& x, const arma::mat& y) const override {
    // D_g(m, p) = Σ weight(r, c) A(r, c)/A_g(m, p) over the r and c in which the group is m and p.
    const arma::mat weight = x * y.t();
    const arma::mat weighted = weight % matrix_;
    ConfusionDerivative result(measured_.error.size());
    for (std::size_t g = 0; g < result.size(); ++g) {
      if (!measured_.sampled(g)) continue;
      const arma::mat& group = measured_.error[g].matrix;
      const arma::mat members = indicators(g);
      result[g] = members.t() * (weighted * members);
      for (arma::uword p = 0; p < group.n_cols; ++p)
        for (arma::uword m = 0; m < group.n_rows; ++m)
          result[g](m, p) = group(m, p) != 0.0 ? result[g](m, p) / group(m, p)
                                               : sum_without_group(g, m, p, weight);
    }
    return result;
  }

 private:
  double entry(std::size_t g, arma::uword r, arma::uword c) const {
    return measured_.error[g].matrix(local_[g](r), local_[g](c));
  }
  /// (r, m): 1 where the group is m in outcome r, else 0.
  arma::mat indicators(std::size_t g) const {
    arma::mat result(matrix_.n_rows, measured_.error[g].matrix.n_rows, arma::fill::zeros);
    for (arma::uword r = 0; r < result.n_rows; ++r) result(r, local_[g](r)) = 1.0;
    return result;
  }
  /// Σ weight(r, c) times the other groups' entries over the r and c in which the group is m and p.
  double sum_without_group(std::size_t g, arma::uword m, arma::uword p,
                           const arma::mat& weight) const {
    double sum = 0.0;
    for (const arma::uword c : arma::uvec(arma::find(local_[g] == p)))
      for (const arma::uword r : arma::uvec(arma::find(local_[g] == m))) {
        if (differ_outside_groups(r, c)) continue;
        double product = weight(r, c);
        for (std::size_t h = 0; h < local_.size(); ++h)
          if (h != g) product *= entry(h, r, c);
        sum += product;
      }
    return sum;
  }
  std::vector<std::uint64_t> grouped_bits() const {
    std::vector<std::uint64_t> grouped(columns_.n_words(), 0);
    for (const ConfusionMatrix& group : measured_.error)
      for (const int bit : group.bits)
        grouped[static_cast<std::size_t>(bit) / 64] |= std::uint64_t{1} << (bit % 64);
    return grouped;
  }
  bool differ_outside_groups(arma::uword r, arma::uword c) const {
    for (std::size_t w = 0; w < grouped_.size(); ++w)
      if (((columns_.outcome(r)[w] ^ columns_.outcome(c)[w]) & ~grouped_[w]) != 0) return true;
    return false;
  }
  arma::mat same_outside_groups() {
    grouped_ = grouped_bits();
    arma::mat result(columns_.size(), columns_.size());
    for (arma::uword c = 0; c < result.n_cols; ++c)
      for (arma::uword r = 0; r < result.n_rows; ++r)
        result(r, c) = differ_outside_groups(r, c) ? 0.0 : 1.0;
    return result;
  }

  const MeasuredReadout& measured_;
  Outcomes columns_;
  arma::vec frequencies_;
  arma::uvec seen_rows_;
  std::vector<arma::uvec> local_;       // by group: the group's value in every outcome
  std::vector<std::uint64_t> grouped_;  // the bits that are in groups
  arma::mat matrix_;
};

}  // namespace

std::unique_ptr<const UnfoldingMatrix> unfolding_matrix(const MeasuredReadout& measured,
                                                        const Outcomes& outcomes) {
  if (outcomes.n_bits <= max_unfolding_bits)
    return std::make_unique<WholeMatrix>(measured, outcomes);
  if (outcomes.size() > max_unfolding_outcomes)
    throw InputError(
        "outcomes", "",
        fmt::format("{} different ones of more than {} bits are more than the {} that unfolding "
                    "takes",
                    outcomes.size(), max_unfolding_bits, max_unfolding_outcomes));
  return std::make_unique<SeenMatrix>(measured, outcomes);
}

}  // namespace rhodrift::readout
