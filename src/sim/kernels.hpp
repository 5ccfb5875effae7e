#pragma once

#include <span>

#include <rhodrift/core/transfer_matrix.hpp>

/// The loops over a Pauli vector of 4^n doubles. A matrix acts on one or two base-4 digits and
/// leaves the others alone: for every value of the other digits, gather the 4 or 16 coefficients,
/// multiply, put them back.
namespace rhodrift::kernels {

/// r <- R r on digit q; R is 4x4.
void apply(std::span<double> r, int q, const TransferMatrix& matrix);
/// r <- R r on digits (q0, q1), q0 the less significant of R's index; R is 16x16.
void apply(std::span<double> r, int q0, int q1, const TransferMatrix& matrix);

/// The environment of a step: C(i, j) = Σ over all other digits of λ_i r_j. Every derivative of
/// <λ, R r> along R is Σ_ij dR(i, j) C(i, j).
void add_environment(std::span<const double> lambda, std::span<const double> r, int q,
                     arma::mat& environment);
void add_environment(std::span<const double> lambda, std::span<const double> r, int q0, int q1,
                     arma::mat& environment);

}  // namespace rhodrift::kernels
