#include "mitigation/readout/unfolding_matrix.hpp"

#include <algorithm>
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
    const arma::mat weight = x * y.t();
    ConfusionDerivative result(measured_.error.size());
    for (std::size_t g = 0; g < result.size(); ++g) {
      if (!measured_.sampled(g)) continue;
      const arma::mat& group = measured_.error[g].matrix;
      result[g].zeros(group.n_rows, group.n_cols);
      for (arma::uword c = 0; c < matrix_.n_cols; ++c)
        for (arma::uword r = 0; r < matrix_.n_rows; ++r)
          result[g](local_[g](r), local_[g](c)) += weight(r, c) * without_group(g, r, c);
    }
    return result;
  }

 private:
  double entry(std::size_t g, arma::uword r, arma::uword c) const {
    return measured_.error[g].matrix(local_[g](r), local_[g](c));
  }
  /// The product of the other groups' entries.
  double without_group(std::size_t g, arma::uword r, arma::uword c) const {
    if (entry(g, r, c) != 0.0) return matrix_(r, c) / entry(g, r, c);
    double product = differ_outside_groups(r, c) ? 0.0 : 1.0;
    for (std::size_t h = 0; h < local_.size(); ++h)
      if (h != g) product *= entry(h, r, c);
    return product;
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
