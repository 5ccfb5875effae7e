#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/kernel_mitigation.hpp>

#include "core/named_settings.hpp"
#include "core/one_blas_thread.hpp"
#include "train/kernel_matrix.hpp"

namespace rhodrift {

namespace {

using Survival = DepolarizingStep::Survival;

constexpr double max_shift = 1e6;

const std::map<std::string, Survival> survivals{{"each", Survival::each}, {"mean", Survival::mean}};

// --- Each step
// ------------------------------------------------------------------------------------

/// s² of each sample.
arma::vec survivals_of(const arma::vec& diagonal, double floor) {
  for (arma::uword i = 0; i < diagonal.n_elem; ++i)
    if (!(diagonal(i) > floor))
      throw RunError(fmt::format(
          "kernel mitigation: sample {}: its kernel with itself is measured as {}, not above {}: "
          "nothing of its state survives; take more shots, or \"depolarizing:survival=mean\"",
          i, diagonal(i), floor));
  return (diagonal - floor) / (1 - floor);
}

/// Undoes k' = s_i s_j k + (1 - s_i s_j) floor.
arma::mat undepolarized(const arma::mat& kernel, const arma::vec& rows, const arma::vec& columns,
                        double floor) {
  const arma::mat factors = 1 / (rows * columns.t());
  return kernel % factors + floor * (1 - factors);
}

void fit(const DepolarizingStep& step, MitigatedKernel& mitigated) {
  KernelCorrection& correction = mitigated.correction;
  const arma::vec diagonal = mitigated.kernel.diag();
  correction.own_survival = step.survival == Survival::each;
  if (correction.own_survival) {
    correction.survival = arma::sqrt(survivals_of(diagonal, correction.floor));
  } else {
    const double mean = (arma::mean(diagonal) - correction.floor) / (1 - correction.floor);
    if (!(mean > 0))
      throw RunError(
          fmt::format("kernel mitigation: the mean of the diagonal is measured as {}, not above "
                      "{}: nothing of the states survives; take more shots",
                      arma::mean(diagonal), correction.floor));
    correction.survival.fill(std::sqrt(mean));
  }
  mitigated.kernel =
      undepolarized(mitigated.kernel, correction.survival, correction.survival, correction.floor);
}

/// Ascending.
std::pair<arma::vec, arma::mat> eigensystem(const arma::mat& kernel) {
  arma::vec values;
  arma::mat vectors;
  if (!arma::eig_sym(values, vectors, kernel))
    throw RunError("kernel mitigation: the eigenvalues did not converge");
  return {values, vectors};
}

void fit(const ClipStep&, MitigatedKernel& mitigated) {
  const auto [values, vectors] = eigensystem(mitigated.kernel);
  const arma::uword n_negative = arma::accu(values < 0);
  if (n_negative == 0) return;
  const arma::mat kept = vectors.tail_cols(values.n_elem - n_negative);
  mitigated.kernel = kept * arma::diagmat(values.tail(kept.n_cols)) * kept.t();
  mitigated.kernel = (mitigated.kernel + mitigated.kernel.t()) / 2;  // to the last bit
  mitigated.correction.projection = kept * kept.t() * mitigated.correction.projection;
}

void fit(const ShiftStep& step, MitigatedKernel& mitigated) {
  const double least = step.by ? 0.0 : eigensystem(mitigated.kernel).first.front();
  mitigated.kernel.diag() += step.by.value_or(std::max(-least, 0.0));
}

// --- Text
// -----------------------------------------------------------------------------------------

KernelMitigation::Step parse_step(const std::string& text) {
  enum class Kind { depolarizing, clip, shift };
  static const std::map<std::string, Kind> kinds{
      {"depolarizing", Kind::depolarizing}, {"clip", Kind::clip}, {"shift", Kind::shift}};
  NamedSettings settings("kernel mitigation", text);
  KernelMitigation::Step step = ClipStep{};
  switch (settings.choose(kinds)) {
    case Kind::depolarizing: {
      DepolarizingStep depolarizing;
      settings.take("survival", survivals, depolarizing.survival, true);
      step = depolarizing;
      break;
    }
    case Kind::shift: {
      ShiftStep shift;
      settings.take_number("by", shift.by, true);
      step = shift;
      break;
    }
    case Kind::clip:
      break;
  }
  settings.refuse_unknown();
  return step;
}

std::string text_of(const DepolarizingStep& step) {
  return step.survival == Survival::mean ? "depolarizing:survival=mean" : "depolarizing";
}

std::string text_of(const ClipStep&) {
  return "clip";
}

std::string text_of(const ShiftStep& step) {
  return step.by ? fmt::format("shift:by={}", *step.by) : "shift";
}

}  // namespace

void KernelMitigation::validate() const {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (i > 0 && std::holds_alternative<DepolarizingStep>(steps[i]))
      throw InputError("kernel mitigation", "depolarizing", "must be the first step");
    const auto* shift = std::get_if<ShiftStep>(&steps[i]);
    if (shift != nullptr && shift->by && !(*shift->by > 0 && *shift->by <= max_shift))
      throw InputError("kernel mitigation", "shift",
                       fmt::format("{} is outside (0, {}]", *shift->by, max_shift));
  }
}

KernelMitigation parse_kernel_mitigation(std::string_view text) {
  KernelMitigation mitigation;
  if (text == "none") return mitigation;
  for (const std::string& step : split_text(text, '+'))
    mitigation.steps.push_back(parse_step(step));
  mitigation.validate();
  return mitigation;
}

std::string to_string(const KernelMitigation& mitigation) {
  std::string text;
  for (const KernelMitigation::Step& step : mitigation.steps)
    text += (text.empty() ? "" : "+") +
            std::visit([](const auto& form) { return text_of(form); }, step);
  return text.empty() ? "none" : text;
}

// --- Matrices
// -------------------------------------------------------------------------------------

arma::mat KernelCorrection::apply(const arma::mat& kernel, const arma::vec& diagonal) const {
  const arma::uword n_diagonal = own_survival ? kernel.n_cols : diagonal.n_elem;
  if (kernel.n_rows != survival.n_elem || diagonal.n_elem != n_diagonal)
    throw InputError(
        "kernel correction", "",
        fmt::format("fitted to {} samples, given a kernel of {} x {} and {} of its new samples' "
                    "with themselves",
                    survival.n_elem, kernel.n_rows, kernel.n_cols, diagonal.n_elem));
  const arma::vec columns = own_survival
                                ? arma::vec(arma::sqrt(survivals_of(diagonal, floor)))
                                : arma::vec(kernel.n_cols, arma::fill::value(survival.front()));
  const OneBlasThread one_blas_thread;  // the same bits on any number of cores
  return projection * undepolarized(kernel, survival, columns, floor);
}

MitigatedKernel mitigate(const arma::mat& kernel, int n_qubits,
                         const KernelMitigation& mitigation) {
  mitigation.validate();
  require_kernel(kernel, "kernel mitigation");
  if (n_qubits < 1)
    throw InputError("kernel mitigation", "", fmt::format("{} qubits, at least 1", n_qubits));
  const arma::uword n = kernel.n_rows;
  MitigatedKernel mitigated{kernel,
                            {std::ldexp(1.0, -n_qubits), arma::ones(n), false, arma::eye(n, n)}};
  const OneBlasThread one_blas_thread;
  for (const KernelMitigation::Step& step : mitigation.steps)
    std::visit([&](const auto& form) { fit(form, mitigated); }, step);
  return mitigated;
}

}  // namespace rhodrift
