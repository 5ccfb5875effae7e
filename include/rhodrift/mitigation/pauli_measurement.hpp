#pragma once

#include <armadillo>
#include <cstddef>
#include <span>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/mitigation/expectations.hpp>

namespace rhodrift {

/// How observables on classical bits are read: bit i is read in X, Y or Z, and circuits that differ
/// in this are run apart. Terms that fit the same basis share its shots.
struct PauliMeasurement {
  struct Basis {
    /// Which bits are read in X or Y, and which way; all others in Z.
    PauliString rotated;
    /// The terms that are read here, turned to Z. Whatever else is asked of an
    /// ExpectationEstimator, it is asked for these.
    std::vector<Observable> terms;
  };
  std::vector<Basis> bases;
  /// Observable k is constants(k) + Σ_t coefficients(k, t) · term t, terms counted basis by basis.
  arma::mat coefficients;
  arma::vec constants;

  /// Groups the distinct terms of all observables greedily, in their order: a term joins the first
  /// basis that agrees with it on every bit both speak of.
  explicit PauliMeasurement(std::span<const Observable> observables);

  arma::uword n_terms() const { return coefficients.n_cols; }
  arma::uword n_observables() const { return coefficients.n_rows; }
  /// From the terms, basis by basis, to the observables.
  JointEstimate observables(const JointEstimate& terms) const;
};

/// The circuit with the rotations before its final measurements that turn `basis` to Z. A circuit
/// that measures nothing gets a measurement of every qubit i into bit i.
/// Throws InputError when a rotated bit is not there or is read mid-circuit.
Circuit in_basis(const Circuit& circuit, const PauliString& rotated);

}  // namespace rhodrift
