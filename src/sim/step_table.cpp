#include "sim/step_table.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

namespace rhodrift {

namespace {

/// The entries of a structure, out of a dense matrix of `lanes` numbers an entry, each repeated
/// `repeat` times. `transpose`: the structure is that of the transpose.
template <typename T>
void pack(const BlockStructure& structure, bool transpose, const double* matrix, std::size_t lanes,
          std::size_t repeat, T* out) {
  const std::size_t dim = structure.n_digits == 1 ? 4 : 16;
  for (const BlockStructure::Entry& entry : structure.entries) {
    const auto i = static_cast<std::size_t>(transpose ? entry.column : entry.row);
    const auto j = static_cast<std::size_t>(transpose ? entry.row : entry.column);
    const double* value = matrix + (i * dim + j) * lanes;
    if (lanes == 1) {
      out = std::fill_n(out, repeat, static_cast<T>(*value));
      continue;
    }
    for (std::size_t r = 0; r < repeat; ++r)
      out = std::transform(value, value + lanes, out, [](double x) { return static_cast<T>(x); });
  }
}

std::vector<kernels::TrigEntry> entries_of(const Factor& factor) {
  std::vector<kernels::TrigEntry> entries;
  const auto dim = static_cast<std::uint32_t>(factor.terms[0].n_rows);
  for (std::uint32_t i = 0; i < dim; ++i)
    for (std::uint32_t j = 0; j < dim; ++j) {
      kernels::TrigEntry entry{i, j, {}};
      for (std::size_t t = 0; t < factor.terms.size(); ++t)
        if (!factor.terms[t].is_empty()) entry.terms[t] = factor.terms[t](i, j);
      if (std::ranges::any_of(entry.terms, [](double x) { return x != 0.0; }))
        entries.push_back(entry);
    }
  return entries;
}

std::vector<kernels::NumberEntry> derivative_entries_of(const Factor& factor) {
  std::vector<kernels::NumberEntry> entries;
  for (const Factor::Derivative& derivative : factor.derivatives)
    for (auto entry = derivative.matrix.begin(); entry != derivative.matrix.end(); ++entry)
      if (*entry != 0.0) {
        const auto k = static_cast<std::uint32_t>(entry - derivative.matrix.begin()),
                   dim = static_cast<std::uint32_t>(derivative.matrix.n_rows);
        entries.push_back(
            {k % dim, k / dim, static_cast<std::uint32_t>(derivative.number), *entry});
      }
  std::ranges::sort(entries, {}, [](const kernels::NumberEntry& entry) {
    return std::pair(entry.row, entry.column);
  });
  return entries;
}

bool equal(const arma::mat& a, const arma::mat& b) {
  return arma::approx_equal(a, b, "absdiff", 0.0);
}

/// The same matrix with the same derivatives in the same numbers of the calibration.
bool equal_constants(const Product& a, const Product& b) {
  if (!a.constant() || !b.constant()) return false;
  const Factor &f = a.factors.front(), &g = b.factors.front();
  return equal(f.terms[0], g.terms[0]) &&
         std::ranges::equal(f.derivatives, g.derivatives,
                            [](const Factor::Derivative& c, const Factor::Derivative& d) {
                              return c.number == d.number && equal(c.matrix, d.matrix);
                            });
}

/// Where the inverse may have entries: where it has them, for a constant step, else where any power
/// of the matrix has.
NonZeros inverse_non_zeros(const Product& product) {
  if (product.constant()) {
    arma::mat inverse = arma::inv(product.factors.front().terms[0]);
    inverse.clean(1e-15);
    return NonZeros::of(inverse);
  }
  NonZeros powers = product.non_zeros;
  for (NonZeros more = powers.after(powers); more.rows != powers.rows; more = powers.after(powers))
    for (std::size_t i = 0; i < powers.rows.size(); ++i) powers.rows[i] |= more.rows[i];
  return powers;
}

/// The inverse of [1 0; t M], row by row, a channel of one qubit: [1 0; -M⁻¹ t M⁻¹], and M⁻¹ by
/// cofactors in a tenth of the time that LAPACK takes for so few numbers.
arma::mat channel_inverse(const arma::mat& rows) {
  const double* row = rows.memptr();
  const auto m = [&](arma::uword i, arma::uword j) { return row[4 * (1 + i % 3) + 1 + j % 3]; };
  const auto cofactor = [&](arma::uword i, arma::uword j) {
    return m(i + 1, j + 1) * m(i + 2, j + 2) - m(i + 1, j + 2) * m(i + 2, j + 1);
  };
  const double determinant =
      m(0, 0) * cofactor(0, 0) + m(0, 1) * cofactor(0, 1) + m(0, 2) * cofactor(0, 2);
  arma::mat inverse(4, 4, arma::fill::zeros);
  double* result = inverse.memptr();
  result[0] = 1.0;
  for (arma::uword i = 0; i < 3; ++i)
    for (arma::uword j = 0; j < 3; ++j) {
      const double value = cofactor(j, i) / determinant;
      result[4 * (1 + i) + 1 + j] = value;
      result[4 * (1 + i)] -= value * row[4 * (1 + j)];
    }
  return inverse;
}

/// The inverse of a matrix that stands row by row, and does so itself.
arma::mat inverse_of(const arma::mat& rows) {
  const double* row = rows.memptr();
  const bool channel_of_one =
      rows.n_elem == 16 && row[0] == 1.0 && row[1] == 0.0 && row[2] == 0.0 && row[3] == 0.0;
  return channel_of_one ? channel_inverse(rows) : arma::mat(arma::inv(rows));
}

/// The angle in the range that kernels::trigonometry takes; 4π is a period of half angles too.
double within_range(double angle_rad) {
  return std::abs(angle_rad) < 1e4 ? angle_rad : std::remainder(angle_rad, 4.0 * std::numbers::pi);
}

}  // namespace

template <typename T>
StepTable<T>::StepTable(const std::vector<Step>& steps, bool with_inverses) {
  std::size_t n_constant_entries = 0;
  std::map<const Product*, std::size_t> row_of_constant;
  for (const Step& step : steps) {
    const Product& product = *step.product;
    first_product_.push_back(n_products_);
    factors_.emplace_back();
    if (product.constant()) {
      const auto [found, fresh] = row_of_constant.try_emplace(&product, rows_.size());
      if (!fresh) {
        rows_.push_back(rows_[found->second]);
        rows_.back().qubits = step.qubits;
        continue;
      }
    }
    Row row{};
    row.qubits = step.qubits;
    row.first_factor = static_cast<int>(angles_.size());
    if (product.wide()) {
      const TransferMatrix& matrix = product.factors.front().terms[0];
      row.wide = arma::conv_to<arma::Mat<T>>::from(matrix);
      if (with_inverses) row.wide_inverse = arma::conv_to<arma::Mat<T>>::from(arma::inv(matrix));
      rows_.push_back(std::move(row));
      continue;
    }
    row.forward = product.structure;
    row.adjoint = &block_structure(product.non_zeros.transposed());
    if (with_inverses) row.inverse = &block_structure(inverse_non_zeros(product));
    row.n_factors = product.constant() ? 0 : static_cast<int>(product.factors.size());
    row.environment = environment_of(steps, rows_.size());
    for (const Factor& factor : product.factors)
      factors_.back().push_back(
          {product.constant() ? std::vector<kernels::TrigEntry>{} : entries_of(factor),
           derivative_entries_of(factor)});
    std::size_t& n_entries = product.constant() ? n_constant_entries : n_parametric_entries_;
    row.forward_entry = n_entries;
    row.adjoint_entry = row.forward_entry + row.forward->entries.size();
    row.inverse_entry = row.adjoint_entry + row.adjoint->entries.size();
    n_entries = row.inverse_entry + (with_inverses ? row.inverse->entries.size() : 0);
    if (product.constant()) {
      constants_.resize(n_constant_entries * kernels::table<T>().lanes);
      const arma::mat rows = product.factors.front().terms[0].t();  // row by row in memory
      pack_all(row, rows.memptr(), 1, Direction::both, constants_);
    } else {
      for (const Factor& factor : product.factors) {
        angles_.push_back(factor.angle);
        has_halves_ |= factor.has_halves();
      }
      n_products_ += product.factors.size() * dim(row) * dim(row);
    }
    rows_.push_back(std::move(row));
  }
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    products_.push_back({dim(rows_[r]), {}});
    for (const FactorEntries& factor : factors_[r])
      products_.back().factors.push_back({factor.entries, factor.derivatives});
  }
}

template <typename T>
int StepTable<T>::environment_of(const std::vector<Step>& steps, std::size_t step) {
  const Product& product = *steps[step].product;
  if (product.constant()) {
    if (product.factors.front().derivatives.empty()) return -1;
    for (std::size_t e = 0; e < row_of_.size(); ++e)
      if (equal_constants(*steps[row_of_[e]].product, product)) return static_cast<int>(e);
  }
  row_of_.push_back(step);
  return static_cast<int>(row_of_.size() - 1);
}

// The coefficients of a row from its matrix, dense, row by row, `lanes` bindings innermost.
template <typename T>
void StepTable<T>::pack_all(const Row& row, const double* matrix, std::size_t lanes,
                            Direction direction, AlignedVector<T>& coefficients) const {
  const std::size_t register_lanes = kernels::table<T>().lanes, repeat = register_lanes / lanes;
  const auto place = [&](std::size_t entry) {
    return coefficients.data() + entry * register_lanes;
  };
  pack(*row.forward, false, matrix, lanes, repeat, place(row.forward_entry));
  if (direction == Direction::forward) return;
  pack(*row.adjoint, true, matrix, lanes, repeat, place(row.adjoint_entry));
  if (row.inverse == nullptr) return;
  const std::size_t n = dim(row);
  std::vector<double> inverses(lanes * n * n);
  for (std::size_t l = 0; l < lanes; ++l) {
    arma::mat rows(n, n);
    for (std::size_t k = 0; k < n * n; ++k) rows[k] = matrix[k * lanes + l];
    const arma::mat inverse = inverse_of(rows);
    for (std::size_t k = 0; k < n * n; ++k) inverses[k * lanes + l] = inverse[k];
  }
  pack(*row.inverse, false, inverses.data(), lanes, repeat, place(row.inverse_entry));
}

template <typename T>
typename StepTable<T>::Bound StepTable<T>::bind(std::span<const double> angles_rad,
                                                std::size_t lanes, Direction direction) const {
  Bound bound;
  bound.lanes_ = lanes;
  bound.register_lanes_ = kernels::table<T>().lanes;
  bound.constants_ = constants_.data();
  bound.parametric_.resize(n_parametric_entries_ * bound.register_lanes_);
  bound.trig_.resize(angles_.size() * 4 * lanes);
  bound.products_.resize(n_products_ * lanes);
  std::vector<double> angles(angles_rad.begin(), angles_rad.end());
  std::ranges::transform(angles, angles.begin(), within_range);
  kernels::trigonometry(angles.data(), bound.trig_.data(), angles_.size(), lanes, has_halves_);
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const Row& row = rows_[r];
    if (row.n_factors == 0) continue;
    double* products = bound.products_.data() + first_product_[r] * lanes;
    kernels::multiply(products_[r],
                      bound.trig_.data() + static_cast<std::size_t>(row.first_factor) * 4 * lanes,
                      lanes, products);
    const double* matrix =
        products + static_cast<std::size_t>(row.n_factors - 1) * dim(row) * dim(row) * lanes;
    pack_all(row, matrix, lanes, direction, bound.parametric_);
  }
  return bound;
}

template <typename T>
void StepTable<T>::differentiate(const Row& row, const Bound& bound, std::span<double> environment,
                                 AlignedVector<double>& slopes,
                                 AlignedVector<double>& sensitivities) const {
  const auto r = static_cast<std::size_t>(&row - rows_.data());
  slopes.resize(products_[r].factors.size() * bound.lanes_);
  kernels::differentiate(
      products_[r],
      bound.trig_.data() + static_cast<std::size_t>(row.first_factor) * 4 * bound.lanes_,
      bound.lanes_, bound.products_.data() + first_product_[r] * bound.lanes_, environment.data(),
      slopes.data(), sensitivities.data());
}

template class StepTable<double>;
template class StepTable<float>;

}  // namespace rhodrift
