#include "mitigation/readout/prepared_circuit.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/outcomes.hpp>

namespace rhodrift::readout {

namespace {

std::vector<int> require_one_bit_a_qubit(const Circuit& circuit) {
  const std::vector<int> qubit_of_bit = circuit.qubit_of_bit();
  for (const int qubit : qubit_of_bit)
    if (std::ranges::count(qubit_of_bit, qubit) > 1)
      throw InputError("circuit", "",
                       fmt::format("qubit {} is read into more than one bit; such a readout is not "
                                   "prepared bit by bit",
                                   qubit));
  return qubit_of_bit;
}

/// x where the pattern says, then the measurements of `circuit`, if it names any.
void append_flipped_readout(Circuit& result, const Circuit& circuit,
                            const std::vector<int>& qubit_of_bit,
                            std::span<const std::uint64_t> pattern) {
  for (std::size_t bit = 0; bit < qubit_of_bit.size(); ++bit)
    if (bit_of(pattern, static_cast<int>(bit))) result.append(Op::x, {qubit_of_bit[bit]});
  for (const Instruction& instruction : circuit.instructions())
    if (instruction.op == Op::measure) result.append(instruction);
  result.set_readout_error(circuit.readout_error());
}

}  // namespace

Circuit prepared_circuit(const Circuit& circuit, std::span<const std::uint64_t> pattern) {
  Circuit result(circuit.n_qubits());
  append_flipped_readout(result, circuit, require_one_bit_a_qubit(circuit), pattern);
  return result;
}

Circuit flipped_before_readout(const Circuit& circuit, std::span<const std::uint64_t> pattern) {
  const std::vector<int> qubit_of_bit = require_one_bit_a_qubit(circuit);
  if (!circuit.mid_circuit_bits().empty())
    throw InputError("circuit", "",
                     fmt::format("bit {} is read mid-circuit; only final measurements are twirled",
                                 circuit.mid_circuit_bits().front()));
  Circuit result = circuit.without_measurements();
  append_flipped_readout(result, circuit, qubit_of_bit, pattern);
  return result;
}

}  // namespace rhodrift::readout
