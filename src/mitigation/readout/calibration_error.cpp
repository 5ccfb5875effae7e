#include "mitigation/readout/calibration_error.hpp"

#include "mitigation/readout/product_matrix.hpp"

namespace rhodrift::readout {

namespace {

/// ã and N as MeasuredReadout has them: (N a + 1/K)/(N + 1).
arma::vec smoothed(const arma::vec& column, double shots) {
  return (shots * column + 1.0 / static_cast<double>(column.n_elem)) / (shots + 1.0);
}

}  // namespace

void add_product_derivative(const MeasuredReadout& measured, const arma::vec& x,
                            const arma::vec& a_y, ConfusionDerivative& derivative) {
  derivative.resize(measured.error.size());
  for (std::size_t g = 0; g < measured.error.size(); ++g) {
    if (!measured.sampled(g)) continue;
    const ConfusionMatrix& group = measured.error[g];
    arma::vec others = a_y;
    apply_to_bits(group.bits, arma::inv(group.matrix), {others.memptr(), others.n_elem});
    const arma::mat part = outer_on_bits(group.bits, x, others);
    derivative[g] = derivative[g].empty() ? part : arma::mat(derivative[g] + part);
  }
}

ReadoutError smoothed_error(const MeasuredReadout& measured) {
  ReadoutError error = measured.error;
  for (std::size_t g = 0; g < error.size(); ++g) {
    if (!measured.sampled(g)) continue;
    arma::mat& matrix = error[g].matrix;
    for (arma::uword p = 0; p < matrix.n_cols; ++p)
      matrix.col(p) = smoothed(matrix.col(p), measured.shots[g](p));
  }
  return error;
}

arma::rowvec calibration_error(const MeasuredReadout& measured,
                               const ConfusionDerivative& derivative) {
  std::vector<arma::vec> columns;
  for (std::size_t g = 0; g < measured.error.size(); ++g) {
    if (!measured.sampled(g)) continue;
    const arma::mat& matrix = measured.error[g].matrix;
    for (arma::uword p = 0; p < matrix.n_cols; ++p) {
      const arma::vec a = smoothed(matrix.col(p), measured.shots[g](p));
      if (derivative[g].empty()) {
        columns.push_back(arma::zeros(a.n_elem));
        continue;
      }
      const arma::vec d = derivative[g].col(p);
      columns.push_back(arma::sqrt(a / measured.shots[g](p)) % (d - arma::dot(a, d)));
    }
  }
  arma::uword n_columns = 0;
  for (const arma::vec& column : columns) n_columns += column.n_elem;
  arma::rowvec row(n_columns);
  arma::uword next = 0;
  for (const arma::vec& column : columns)
    for (const double entry : column) row(next++) = entry;
  return row;
}

arma::mat fewest_columns(const arma::mat& shared) {
  if (shared.n_cols <= shared.n_rows) return shared;
  arma::mat q, r;
  arma::qr_econ(q, r, shared.t());
  return r.t();
}

ExpectationEstimator calibrated_estimator(
    std::string method, MeasuredReadout measured,
    std::function<CalibratedEstimate(const Outcomes&, std::span<const Observable>)> estimate) {
  return {std::move(method), [measured = std::move(measured),
                              estimate = std::move(estimate)](std::span<const Reading> readings) {
            ReadExpectations result;
            std::vector<arma::rowvec> rows;
            for (const Reading& reading : readings) {
              CalibratedEstimate one = estimate(reading.outcomes, reading.observables);
              for (std::size_t k = 0; k < reading.observables.size(); ++k)
                rows.push_back(measured.exact() ? arma::rowvec()
                                                : calibration_error(measured, one.derivatives[k]));
              result.readings.push_back(std::move(one.own));
            }
            result.shared.zeros(rows.size(), rows.empty() ? 0 : rows[0].n_elem);
            for (std::size_t i = 0; i < rows.size(); ++i)
              if (!rows[i].empty()) result.shared.row(i) = rows[i];
            result.shared = fewest_columns(result.shared);
            return result;
          }};
}

}  // namespace rhodrift::readout
