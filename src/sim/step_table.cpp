#include "sim/step_table.hpp"

#include <algorithm>
#include <cmath>
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
    for (std::size_t r = 0; r < repeat; ++r)
      for (std::size_t l = 0; l < lanes; ++l) *out++ = static_cast<T>(value[l]);
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

/// Where the inverse may have entries: where it has them, for a constant step, else where any power
/// of the matrix has.
NonZeros inverse_non_zeros(const Step& step) {
  if (step.constant()) {
    arma::mat inverse = arma::inv(step.factors.front().terms[0]);
    inverse.clean(1e-15);
    return NonZeros::of(inverse);
  }
  NonZeros powers = step.non_zeros;
  for (NonZeros more = powers.after(powers); more.rows != powers.rows; more = powers.after(powers))
    for (std::size_t i = 0; i < powers.rows.size(); ++i) powers.rows[i] |= more.rows[i];
  return powers;
}

/// The angle in the range that kernels::trigonometry takes; 4π is a period of half angles too.
double within_range(double angle_rad) {
  return std::abs(angle_rad) < 1e4 ? angle_rad : std::remainder(angle_rad, 4.0 * std::numbers::pi);
}

}  // namespace

template <typename T>
StepTable<T>::StepTable(const std::vector<Step>& steps, bool with_inverses) {
  std::size_t n_constant_entries = 0;
  for (const Step& step : steps) {
    Row row{};
    row.qubits = step.qubits;
    row.first_factor = static_cast<int>(factors_.size());
    first_product_.push_back(n_products_);
    derivatives_.emplace_back();
    if (step.wide()) {
      const TransferMatrix& matrix = step.factors.front().terms[0];
      row.wide = arma::conv_to<arma::Mat<T>>::from(matrix);
      if (with_inverses) row.wide_inverse = arma::conv_to<arma::Mat<T>>::from(arma::inv(matrix));
      rows_.push_back(std::move(row));
      continue;
    }
    row.forward = &block_structure(step.non_zeros);
    row.adjoint = &block_structure(step.non_zeros.transposed());
    if (with_inverses) row.inverse = &block_structure(inverse_non_zeros(step));
    row.n_factors = step.constant() ? 0 : static_cast<int>(step.factors.size());
    row.differentiable = !step.constant() || !step.factors.front().derivatives.empty();
    for (const Factor& factor : step.factors) derivatives_.back().push_back(factor.derivatives);
    std::size_t& n_entries = step.constant() ? n_constant_entries : n_parametric_entries_;
    row.forward_entry = n_entries;
    row.adjoint_entry = row.forward_entry + row.forward->entries.size();
    row.inverse_entry = row.adjoint_entry + row.adjoint->entries.size();
    n_entries = row.inverse_entry + (with_inverses ? row.inverse->entries.size() : 0);
    if (step.constant()) {
      constants_.resize(n_constant_entries * kernels::table<T>().lanes);
      const arma::mat rows = step.factors.front().terms[0].t();  // row by row in memory
      pack_all(row, rows.memptr(), 1, Direction::both, constants_);
    } else {
      for (const Factor& factor : step.factors) {
        angles_.push_back(factor.angle);
        factors_.push_back(entries_of(factor));
        has_halves_ |= factor.has_halves();
      }
      n_products_ += step.factors.size() * dim(row) * dim(row);
    }
    rows_.push_back(std::move(row));
  }
  for (const Row& row : rows_) {
    products_.push_back({dim(row), {}});
    for (int f = row.first_factor; f < row.first_factor + row.n_factors; ++f)
      products_.back().factors.emplace_back(factors_[static_cast<std::size_t>(f)]);
  }
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
  if (row.inverse == nullptr || lanes > 1) return;  // batches keep their states
  const arma::mat inverse = arma::inv(arma::mat(matrix, dim(row), dim(row)));  // row by row too
  pack(*row.inverse, false, inverse.memptr(), 1, repeat, place(row.inverse_entry));
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
                                 std::span<double> slopes) const {
  const auto r = static_cast<std::size_t>(&row - rows_.data());
  kernels::differentiate(
      products_[r],
      bound.trig_.data() + static_cast<std::size_t>(row.first_factor) * 4 * bound.lanes_,
      bound.lanes_, bound.products_.data() + first_product_[r] * bound.lanes_, environment.data(),
      slopes.data());
}

// With R = F_m … F_1, a factor sees (F_m … F_{f+1})ᵀ E (F_{f-1} … F_1)ᵀ. Armadillo takes what
// stands row by row for the transpose.
template <typename T>
void StepTable<T>::add_sensitivities(const Row& row, const Bound& bound,
                                     std::span<const double> environment,
                                     arma::vec& sensitivities) const {
  const auto r = static_cast<std::size_t>(&row - rows_.data());
  const std::size_t n = dim(row), size = n * n;
  arma::mat left_t(environment.data(), n, n);  // ((F_m … F_{f+1})ᵀ E)ᵀ
  for (std::size_t f = derivatives_[r].size(); f-- > 0;) {
    if (!derivatives_[r][f].empty()) {
      const arma::mat seen_t =
          f == 0
              ? left_t
              : arma::mat(&bound.products_[first_product_[r] + (f - 1) * size], n, n).t() * left_t;
      for (const Factor::Derivative& derivative : derivatives_[r][f])
        sensitivities(derivative.number) += arma::accu(derivative.matrix.t() % seen_t);
    }
    if (f == 0) break;
    arma::mat factor_t(n, n);
    kernels::multiply({n, {products_[r].factors[f]}},
                      bound.trig_.data() + (static_cast<std::size_t>(row.first_factor) + f) * 4, 1,
                      factor_t.memptr());
    left_t = left_t * factor_t.t();
  }
}

template class StepTable<double>;
template class StepTable<float>;

}  // namespace rhodrift
