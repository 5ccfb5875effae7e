#pragma once

#include <armadillo>
#include <vector>

#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/core/readout_error.hpp>

namespace rhodrift::readout {

/// Throws InputError when the error speaks of a bit that the outcomes do not have.
void require_bits_read(const ReadoutError& error, const Outcomes& outcomes);

/// The frequencies of all 2^n outcomes. Throws InputError when there are more than max_bits bits.
arma::vec dense_frequencies(const Outcomes& outcomes, int max_bits);

}  // namespace rhodrift::readout
