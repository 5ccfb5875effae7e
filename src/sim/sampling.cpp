#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/pauli_vector.hpp>
#include <rhodrift/sim/sampling.hpp>

namespace rhodrift {

namespace {

// Shots are drawn in blocks, each from a stream of its own.
constexpr std::uint64_t block_shots = 4096;

std::vector<double> cumulative(const std::vector<double>& probabilities) {
  std::vector<double> sums(probabilities.size());
  double sum = 0.0;
  for (std::size_t b = 0; b < probabilities.size(); ++b) {
    if (!(probabilities[b] >= -1e-9))
      throw InputError("probabilities", fmt::format("entry {}", b),
                       fmt::format("{} is negative", probabilities[b]));
    sum += std::max(probabilities[b], 0.0);
    sums[b] = sum;
  }
  if (std::abs(sum - 1.0) > 1e-6)
    throw InputError("probabilities", "", fmt::format("sum to {}, not 1", sum));
  for (double& s : sums) s /= sum;
  return sums;
}

}  // namespace

std::vector<double> reported_probabilities(const Circuit& circuit,
                                           const std::vector<double>& qubit_probabilities) {
  if (qubit_probabilities.size() != std::size_t{1} << circuit.n_qubits())
    throw InputError("probabilities", "",
                     fmt::format("{} entries are not 2^n for a circuit of {} qubits",
                                 qubit_probabilities.size(), circuit.n_qubits()));
  const std::vector<int> qubit_of_bit = circuit.qubit_of_bit();
  std::vector<double> reported(std::size_t{1} << qubit_of_bit.size(), 0.0);
  for (std::size_t state = 0; state < qubit_probabilities.size(); ++state) {
    std::size_t bits = 0;
    for (std::size_t bit = 0; bit < qubit_of_bit.size(); ++bit)
      bits |= ((state >> qubit_of_bit[bit]) & 1) << bit;
    reported[bits] += qubit_probabilities[state];
  }
  apply_readout_error(circuit.readout_error(), reported);
  return reported;
}

ShotTable sample(const std::vector<double>& probabilities, std::uint64_t shots, std::uint64_t seed,
                 std::uint64_t stream) {
  if (probabilities.size() < 2 || !std::has_single_bit(probabilities.size()))
    throw InputError("probabilities", "",
                     fmt::format("{} entries are not 2^n for n >= 1", probabilities.size()));
  ShotTable table(std::countr_zero(probabilities.size()));
  require_memory(shots * table.stride(), fmt::format("a table of {} shots", shots));
  const std::vector<double> sums = cumulative(probabilities);
  const auto last = std::ranges::find(sums, sums.back());  // the last outcome that can happen
  for (std::uint64_t first = 0; first < shots; first += block_shots) {
    RandomStream random(seed, stream_id(stream, first / block_shots));
    for (std::uint64_t s = first; s < std::min(first + block_shots, shots); ++s)
      table.append(static_cast<Bitstring>(
          std::min(std::upper_bound(sums.begin(), sums.end(), random.uniform()), last) -
          sums.begin()));
  }
  return table;
}

}  // namespace rhodrift
