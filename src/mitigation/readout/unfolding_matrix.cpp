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
        seen_rows_(arma::regspace<arma::uvec>(0, outcomes.size() - 1)),
        matrix_(without_group(measured.error.size())) {}

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
      const arma::mat members = indicators(group.n_rows, measured_.error[g].bits);
      if (arma::all(arma::vectorise(group) != 0.0))
        result[g] = members.t() * (weighted * members) / group;
      else
        result[g] = members.t() * ((weight % without_group(g)) * members);
    }
    return result;
  }

 private:
  /// A with 1 for the matrix of group g; g past the last one: A itself.
  arma::mat without_group(std::size_t g) const {
    ReadoutError error = measured_.error;
    if (g < error.size()) error[g].matrix.ones();
    return ProductMatrix(error, [](const arma::mat& a) { return a; }).submatrix(columns_);
  }
  /// (r, m): 1 where the group is m in outcome r, else 0.
  arma::mat indicators(arma::uword n_values, const std::vector<int>& bits) const {
    arma::mat result(columns_.size(), n_values, arma::fill::zeros);
    for (arma::uword r = 0; r < result.n_rows; ++r)
      result(r, group_index(bits, columns_.outcome(r))) = 1.0;
    return result;
  }

  const MeasuredReadout& measured_;
  Outcomes columns_;
  arma::vec frequencies_;
  arma::uvec seen_rows_;
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
