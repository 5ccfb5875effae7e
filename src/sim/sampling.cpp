#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/pauli_vector.hpp>
#include <rhodrift/sim/sampling.hpp>

#include "core/parallel.hpp"
#include "sim/classical_bits.hpp"
#include "sim/inverse_distribution.hpp"

namespace rhodrift {

namespace {

// Shots are drawn in blocks, each from a stream of its own.
constexpr std::uint64_t block_shots = 4096;

}  // namespace

std::vector<double> reported_probabilities(const Circuit& circuit,
                                           const std::vector<double>& qubit_probabilities) {
  if (qubit_probabilities.size() != std::size_t{1} << circuit.n_qubits())
    throw InputError("probabilities", "",
                     fmt::format("{} entries are not 2^n for a circuit of {} qubits",
                                 qubit_probabilities.size(), circuit.n_qubits()));
  if (const std::vector<int> bits = circuit.mid_circuit_bits(); !bits.empty())
    throw InputError("circuit", fmt::format("classical bit {}", bits.front()),
                     "is read mid-circuit, of which the qubits at the end say nothing");
  const std::vector<Bitstring> bits = bits_read_at_the_end(circuit);
  std::vector<double> reported(std::size_t{1} << circuit.qubit_of_bit().size(), 0.0);
  for (std::size_t state = 0; state < bits.size(); ++state)
    reported[bits[state]] += qubit_probabilities[state];
  // Once for all shots rather than bit by bit in each, which would take a random number a bit.
  apply_readout_error(circuit.readout_error(), reported);
  return reported;
}

ShotTable sample(const std::vector<double>& probabilities, std::uint64_t shots, std::uint64_t seed,
                 std::uint64_t stream) {
  const InverseDistribution distribution(probabilities);
  const int n_bits = std::countr_zero(probabilities.size());
  require_memory(bytes_of(shots, ShotTable(n_bits).stride()),
                 fmt::format("a table of {} shots", shots));
  ShotTable table(n_bits, shots);
  parallel_for((shots + block_shots - 1) / block_shots, [&](std::size_t block) {
    RandomStream random(seed, stream_id(stream, block));
    const std::uint64_t first = block * block_shots;
    std::vector<double> numbers(std::min(block_shots, shots - first));
    for (double& number : numbers) number = random.uniform();
    std::vector<Bitstring> outcomes(numbers.size());
    distribution.invert(numbers, outcomes);
    table.set(first, outcomes);
  });
  return table;
}

}  // namespace rhodrift
