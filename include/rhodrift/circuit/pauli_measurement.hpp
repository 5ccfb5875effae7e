#pragma once

#include <armadillo>
#include <cstddef>
#include <span>
#include <vector>

#include <rhodrift/circuit/circuit.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/outcomes.hpp>

namespace rhodrift {

/// How observables on classical bits are read: bit i is read in X, Y or Z, and circuits that differ
/// in this are run apart. Terms that fit the same basis share its shots.
struct PauliMeasurement {
  struct Basis {
    /// Which bits are read in X or Y, and which way; all others in Z.
    PauliString rotated;
    /// What observables read here, turned to Z: of each that reads something the sum of its terms.
    std::vector<Observable> parts;
  };
  std::vector<Basis> bases;
  /// Observable k is constants(k) + Σ_j sums(k, j) · part j, entries 0 and 1, parts counted basis
  /// by basis.
  arma::mat sums;
  arma::vec constants;

  /// Groups the distinct terms of all observables greedily, in their order: a term joins the first
  /// basis that agrees with it on every bit both speak of.
  explicit PauliMeasurement(std::span<const Observable> observables);

  arma::uword n_parts() const { return sums.n_cols; }
  arma::uword n_observables() const { return sums.n_rows; }
};

/// The circuit with the rotations before its final measurements that turn `basis` to Z. A circuit
/// that measures nothing gets a measurement of every qubit i into bit i.
/// Throws InputError when a rotated bit is not there or is read mid-circuit.
Circuit in_basis(const Circuit& circuit, const PauliString& rotated);

/// What diagonal observables on classical bits are in each outcome: a row an outcome, a column an
/// observable. None may reach past the outcomes' bits.
arma::mat tabulate(const Outcomes& outcomes, std::span<const Observable> observables);

}  // namespace rhodrift
