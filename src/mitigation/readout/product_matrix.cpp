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

arma::mat ProductMatrix::submatrix(const arma::uvec& indices) const {
  Bitstring grouped_bits = 0;
  for (const Factor& factor : factors_)
    for (const int bit : factor.bits) grouped_bits |= Bitstring{1} << bit;
  arma::mat result(indices.n_elem, indices.n_elem);
  for (arma::uword c = 0; c < indices.n_elem; ++c)
    for (arma::uword r = 0; r < indices.n_elem; ++r)
      result(r, c) = ((indices(r) ^ indices(c)) & ~grouped_bits) == 0 ? 1.0 : 0.0;
  for (const Factor& factor : factors_) {
    const arma::uvec local = arma::uvec(indices).transform([&](Bitstring outcome) {
      return group_index(factor.bits, {&outcome, 1});
    });
    for (arma::uword c = 0; c < indices.n_elem; ++c)
      for (arma::uword r = 0; r < indices.n_elem; ++r)
        result(r, c) *= factor.matrix(local(r), local(c));
  }
  return result;
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
