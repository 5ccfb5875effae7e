#pragma once

#include <span>
#include <vector>

#include <rhodrift/sim/aligned_vector.hpp>

#include "sim/step.hpp"

namespace rhodrift {

/// What a binding is for: running forward only, or back as well.
enum class Direction { forward, both };

/// A program's steps as the kernels take them: where the numbers of each matrix stand, and how the
/// ones that hold a parameter are made. T is the type of the state.
template <typename T>
class StepTable {
 public:
  struct Row {
    std::vector<int> qubits;
    const BlockStructure* forward;  ///< of R; null, as the next, for a wide step
    const BlockStructure* adjoint;  ///< of Rᵀ
    const BlockStructure* inverse;  ///< of R⁻¹; null unless there are inverses
    /// Where its coefficients start, in entries.
    std::size_t forward_entry, adjoint_entry, inverse_entry;
    int first_factor, n_factors;  ///< 0 factors: constant
    /// Which environment is its own, -1 if it has no derivatives. Constant rows that are equal have
    /// the same one: their derivatives are those of the sum.
    int environment = -1;
    arma::Mat<T> wide;          ///< R of a wide step; else empty
    arma::Mat<T> wide_inverse;  ///< R⁻¹ of a wide step, if there are inverses
  };

  /// `with_inverses`: every step has one.
  StepTable(const std::vector<Step>& steps, bool with_inverses);
  StepTable(const StepTable&) = delete;  // products_ point into factors_
  StepTable& operator=(const StepTable&) = delete;

  const std::vector<Row>& rows() const { return rows_; }
  /// The row that an environment belongs to, or the first of them.
  const Row& row_of(std::size_t environment) const { return rows_[row_of_[environment]]; }
  std::size_t n_environments() const { return row_of_.size(); }
  /// Of factor k, all steps in order.
  const std::vector<Angle>& angles() const { return angles_; }

  /// Numbers at one binding, lanes = 1, or at as many as a register has lanes.
  class Bound {
   public:
    const T* forward(const Row& row) const { return at(row, row.forward_entry); }
    const T* adjoint(const Row& row) const { return at(row, row.adjoint_entry); }
    const T* inverse(const Row& row) const { return at(row, row.inverse_entry); }
    std::size_t lanes() const { return lanes_; }

   private:
    friend class StepTable;
    const T* at(const Row& row, std::size_t entry) const {
      return (row.n_factors == 0 ? constants_ : parametric_.data()) + entry * register_lanes_;
    }
    std::size_t lanes_ = 1, register_lanes_ = 1;
    const T* constants_ = nullptr;
    AlignedVector<T> parametric_;
    AlignedVector<double> trig_;      // 4 a factor
    AlignedVector<double> products_;  // a matrix a factor: see kernels::multiply
  };

  /// `angles_rad` has angles().size() x lanes values, lanes innermost.
  Bound bind(std::span<const double> angles_rad, std::size_t lanes, Direction direction) const;
  /// The derivatives of Σ_ij E(i, j) R(i, j): in the angles of the row's factors as slopes,
  /// n_factors x lanes, and in the numbers of the calibration added to sensitivities[number],
  /// n_numbers x lanes. `environment` is dense, dim x dim x lanes, and is overwritten.
  void differentiate(const Row& row, const Bound& bound, std::span<double> environment,
                     AlignedVector<double>& slopes, AlignedVector<double>& sensitivities) const;

 private:
  std::size_t dim(const Row& row) const { return std::size_t{1} << (2 * row.qubits.size()); }
  void pack_all(const Row& row, const double* matrix, std::size_t lanes, Direction direction,
                AlignedVector<T>& coefficients) const;

  int environment_of(const std::vector<Step>& steps, std::size_t step);

  std::vector<Row> rows_;
  std::vector<std::size_t> row_of_;  // by environment
  std::vector<Angle> angles_;
  // Of each row, by factor; a constant row has one without entries.
  struct FactorEntries {
    std::vector<kernels::TrigEntry> entries;
    std::vector<kernels::NumberEntry> derivatives;
  };
  std::vector<std::vector<FactorEntries>> factors_;
  std::vector<kernels::TrigProduct> products_;  // the same, as kernels take it
  std::vector<std::size_t> first_product_;      // where its matrices start, in numbers a lane
  std::size_t n_products_ = 0;
  bool has_halves_ = false;
  std::size_t n_parametric_entries_ = 0;
  AlignedVector<T> constants_;
};

}  // namespace rhodrift
