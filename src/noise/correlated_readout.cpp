#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/correlated_readout.hpp>

namespace rhodrift {

namespace {

constexpr const char* source = "readout group";

// Bits of an index that stand at `positions`, packed in their order.
arma::uword extract(arma::uword index, const std::vector<std::size_t>& positions) {
  arma::uword packed = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) packed |= (index >> positions[i] & 1) << i;
  return packed;
}

// Where the bits of `part` stand in the group, and where the others do.
struct Split {
  Split(const ConfusionMatrix& group, const std::vector<int>& part) {
    group.validate(source);
    if (part.empty()) throw InputError(source, "", "a part of no bits");
    for (const int bit : part) {
      const auto at =
          static_cast<std::size_t>(std::ranges::find(group.bits, bit) - group.bits.begin());
      if (at == group.bits.size())
        throw InputError(source, "", fmt::format("bit {} is not in the group", bit));
      if (std::ranges::find(inside, at) != inside.end())
        throw InputError(source, "", fmt::format("bit {} is repeated", bit));
      inside.push_back(at);
    }
    for (std::size_t at = 0; at < group.bits.size(); ++at)
      if (std::ranges::find(inside, at) == inside.end()) outside.push_back(at);
  }
  std::vector<std::size_t> inside;
  std::vector<std::size_t> outside;
};

}  // namespace

ConfusionMatrix marginal_confusion(const ConfusionMatrix& group, const std::vector<int>& part) {
  const Split split(group, part);
  const arma::uword size = arma::uword{1} << part.size();
  ConfusionMatrix marginal{part, arma::mat(size, size, arma::fill::zeros)};
  for (arma::uword p = 0; p < group.matrix.n_cols; ++p)
    for (arma::uword m = 0; m < group.matrix.n_rows; ++m)
      marginal.matrix(extract(m, split.inside), extract(p, split.inside)) += group.matrix(m, p);
  marginal.matrix /= std::ldexp(1.0, static_cast<int>(split.outside.size()));
  return marginal;
}

ConfusionMatrix conditional_confusion(const ConfusionMatrix& group, const std::vector<int>& part,
                                      Bitstring others_prepared) {
  const Split split(group, part);
  if (others_prepared >> split.outside.size() != 0)
    throw InputError(source, "",
                     fmt::format("the prepared state {:b} has more than the {} other bits",
                                 others_prepared, split.outside.size()));
  const arma::uword size = arma::uword{1} << part.size();
  ConfusionMatrix conditional{part, arma::mat(size, size, arma::fill::zeros)};
  for (arma::uword p = 0; p < group.matrix.n_cols; ++p) {
    if (extract(p, split.outside) != others_prepared) continue;
    for (arma::uword m = 0; m < group.matrix.n_rows; ++m)
      conditional.matrix(extract(m, split.inside), extract(p, split.inside)) += group.matrix(m, p);
  }
  return conditional;
}

arma::mat readout_crosstalk(const ConfusionMatrix& group) {
  group.validate(source);
  const std::size_t n = group.bits.size();
  arma::mat crosstalk(n, n, arma::fill::zeros);
  for (std::size_t i = 0; i < n; ++i) {
    arma::rowvec read_as_one(group.matrix.n_cols, arma::fill::zeros);  // by prepared state
    for (arma::uword m = 0; m < group.matrix.n_rows; ++m)
      if (m >> i & 1) read_as_one += group.matrix.row(m);
    for (std::size_t j = 0; j < n; ++j) {
      if (j == i) continue;
      const arma::uword bit = arma::uword{1} << j;
      for (arma::uword p = 0; p < group.matrix.n_cols; ++p)
        crosstalk(i, j) =
            std::max(crosstalk(i, j), std::abs(read_as_one(p | bit) - read_as_one(p & ~bit)));
    }
  }
  return crosstalk;
}

double readout_correlation(const ConfusionMatrix& group) {
  group.validate(source);
  arma::mat independent(1, 1, arma::fill::ones);
  for (const int bit : group.bits)
    independent = arma::kron(marginal_confusion(group, {bit}).matrix, independent);
  return 0.5 * arma::sum(arma::abs(group.matrix - independent), 0).max();
}

}  // namespace rhodrift
