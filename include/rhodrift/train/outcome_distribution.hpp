#pragma once

#include <armadillo>
#include <string>

/// Distributions of the outcomes of n bits, 2^n probabilities, entry b being that of outcome b
/// (Bitstring): what a generator is to learn, and how far it is from it.
namespace rhodrift {

/// Every picture of rows x columns pixels whose columns, or whose rows, are each of one colour,
/// equally likely: 2^rows + 2^columns - 2 of them. The pixel in row r and column c is bit
/// r · columns + c. Throws InputError when there are more than 8 pixels, fewer than 2, or a number
/// is not > 0. J.-G. Liu, L. Wang, Phys. Rev. A 98, 062324 (2018).
arma::vec bars_and_stripes(int rows, int columns);

/// exp(-(b - mean)²/(2 deviation²)) over the numbers b of n_bits bits, 1..8, with sum 1. Throws
/// InputError when the mean is not finite, or the deviation not > 0.
arma::vec discretised_gaussian(int n_bits, double mean, double deviation);

/// "bars-and-stripes:2x2", or "gaussian:4" of 4 bits, in the middle of the numbers with a quarter
/// of their range as deviation, or as "gaussian:4:mean=7:deviation=2" says. Throws InputError that
/// lists these.
arma::vec parse_outcome_distribution(const std::string& text);
/// Whether it is the name of one, with settings or without.
bool is_outcome_distribution(const std::string& text);

// Both distributions below are of as many outcomes, else they throw InputError.

/// Σ |p - q|/2: the largest difference in the probability of any event, in [0, 1].
double total_variation(const arma::vec& p, const arma::vec& q);
/// Σ q log(q/p) in nats, q being the target: infinite where p has no share in an outcome of q.
/// Probabilities that rounding made negative are 0.
double kl_divergence(const arma::vec& q, const arma::vec& p);

/// The distribution of independent bits that is nearest to q in kl_divergence: the product of its
/// marginals, what no entanglement is needed for. Throws InputError when q is not of whole bits.
arma::vec independent_bits(const arma::vec& q);

}  // namespace rhodrift
