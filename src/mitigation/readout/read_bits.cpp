#include "mitigation/readout/read_bits.hpp"

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

#include "mitigation/outcome_average.hpp"

namespace rhodrift::readout {

void require_bits_read(const ReadoutError& error, const Outcomes& outcomes) {
  for (const ConfusionMatrix& group : error)
    for (const int bit : group.bits)
      if (bit >= outcomes.n_bits)
        throw InputError("readout error", "",
                         fmt::format("bit {} is outside 0..{}", bit, outcomes.n_bits - 1));
}

arma::vec dense_frequencies(const Outcomes& outcomes, int max_bits) {
  require_averageable(outcomes, {});
  if (outcomes.n_bits > max_bits)
    throw InputError("outcomes", "",
                     fmt::format("{} bits are more than the {} that a distribution over all "
                                 "outcomes is made for",
                                 outcomes.n_bits, max_bits));
  arma::vec frequencies(arma::uword{1} << outcomes.n_bits, arma::fill::zeros);
  for (std::size_t r = 0; r < outcomes.size(); ++r)
    frequencies(outcomes.number(r)) = outcomes.frequency[r];
  return frequencies;
}

}  // namespace rhodrift::readout
