#include "mitigation/readout/product_matrix.hpp"

namespace rhodrift {

arma::uword group_index(const std::vector<int>& bits, std::span<const std::uint64_t> outcome) {
  arma::uword index = 0;
  for (std::size_t i = 0; i < bits.size(); ++i) index |= arma::uword{bit_of(outcome, bits[i])} << i;
  return index;
}

ProductMatrix::ProductMatrix(const ReadoutError& error,
                             const std::function<arma::mat(const arma::mat&)>& map) {
  for (const ConfusionMatrix& group : error) factors_.push_back({group.bits, map(group.matrix)});
}

arma::vec ProductMatrix::operator*(arma::vec vector) const {
  for (const Factor& factor : factors_)
    apply_to_bits(factor.bits, factor.matrix, {vector.memptr(), vector.n_elem});
  return vector;
}

arma::mat ProductMatrix::submatrix(const Outcomes& outcomes) const {
  std::vector<std::uint64_t> grouped(outcomes.n_words(), 0);
  for (const Factor& factor : factors_)
    for (const int bit : factor.bits)
      grouped[static_cast<std::size_t>(bit) / 64] |= std::uint64_t{1} << (bit % 64);
  arma::mat result(outcomes.size(), outcomes.size(), arma::fill::ones);
  for (arma::uword c = 0; c < result.n_cols; ++c)
    for (arma::uword r = 0; r < result.n_rows; ++r)
      for (std::size_t w = 0; w < grouped.size(); ++w)
        if (((outcomes.outcome(r)[w] ^ outcomes.outcome(c)[w]) & ~grouped[w]) != 0)
          result(r, c) = 0.0;
  for (const Factor& factor : factors_) {
    arma::uvec local(outcomes.size());
    for (arma::uword r = 0; r < local.n_elem; ++r)
      local(r) = group_index(factor.bits, outcomes.outcome(r));
    for (arma::uword c = 0; c < result.n_cols; ++c)
      for (arma::uword r = 0; r < result.n_rows; ++r)
        result(r, c) *= factor.matrix(local(r), local(c));
  }
  return result;
}

Outcomes numbered_outcomes(const arma::uvec& numbers) {
  Outcomes outcomes;
  outcomes.n_bits = 64;
  outcomes.words.assign(numbers.begin(), numbers.end());
  outcomes.frequency.resize(numbers.n_elem);
  return outcomes;
}

arma::mat outer_on_bits(const std::vector<int>& bits, const arma::vec& x, const arma::vec& y) {
  const arma::uword n_values = arma::uword{1} << bits.size();
  arma::uvec offsets(n_values, arma::fill::zeros);  // of value m, every other bit 0
  for (arma::uword m = 0; m < n_values; ++m)
    for (std::size_t i = 0; i < bits.size(); ++i) offsets(m) |= (m >> i & 1) << bits[i];
  const arma::uword mask = offsets(n_values - 1);
  arma::mat result(n_values, n_values, arma::fill::zeros);
  for (arma::uword rest = 0; rest < x.n_elem; ++rest) {
    if ((rest & mask) != 0) continue;
    for (arma::uword p = 0; p < n_values; ++p)
      for (arma::uword m = 0; m < n_values; ++m)
        result(m, p) += x(rest | offsets(m)) * y(rest | offsets(p));
  }
  return result;
}

}  // namespace rhodrift
