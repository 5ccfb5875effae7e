#pragma once

#include <armadillo>
#include <vector>

#include <rhodrift/circuit/expectation_function.hpp>
#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/train/loss.hpp>
#include <rhodrift/train/maximum_mean_discrepancy.hpp>

/// A circuit of weights as a generator (Born machine): what it generates are its outcomes, and it
/// is trained for their distribution. M. Benedetti et al., npj Quantum Inf. 5, 45 (2019);
/// J.-G. Liu, L. Wang, Phys. Rev. A 98, 062324 (2018).
namespace rhodrift {

/// |b><b| for outcomes b = 0 .. 2^n - 1, qubit q being bit q of b, for n = 1..8. Their expectations
/// on a noisy circuit with its readout error are what the device's shots are drawn from. Throws
/// InputError when n is out of range.
std::vector<Observable> outcome_projectors(int n_qubits);

/// The probabilities of all outcomes, given the expectations of outcome_projectors on a circuit
/// without features. Throws InputError when it has some or the weights are not its.
arma::vec outcome_probabilities(const ExpectationFunction& projectors, const arma::vec& weights);

/// What a generator minimises: the discrepancy of its outcomes, and its gradient in the weights, in
/// whatever noise the expectations are. Throws InputError as outcome_probabilities, and when these
/// are not as many as in the target.
LossValue generator_loss(const MaximumMeanDiscrepancy& discrepancy,
                         const ExpectationFunction& projectors, const arma::vec& weights);

}  // namespace rhodrift
