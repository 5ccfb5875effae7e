#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include <rhodrift/circuit/pauli_measurement.hpp>
#include <rhodrift/core/error.hpp>

#include "core/parity.hpp"

namespace rhodrift {

namespace {

/// What each bit of a basis is read as, for the bits that some term speaks of.
using Axes = std::map<int, Pauli>;

bool fits(const PauliString& term, const Axes& axes) {
  return std::ranges::all_of(term.factors(), [&](const PauliString::Factor& factor) {
    const auto found = axes.find(factor.qubit);
    return found == axes.end() || found->second == factor.pauli;
  });
}

PauliString turned_to_z(const PauliString& term) {
  std::vector<int> bits;
  for (const PauliString::Factor& factor : term.factors()) bits.push_back(factor.qubit);
  return PauliString::z(bits);
}

PauliString rotations(const Axes& axes) {
  std::vector<PauliString::Factor> factors;
  for (const auto& [bit, pauli] : axes)
    if (pauli != Pauli::Z) factors.push_back({bit, pauli});
  return PauliString(std::move(factors));
}

/// X and Y become Z after these gates.
void append_rotation(Circuit& circuit, int qubit, Pauli pauli) {
  if (pauli == Pauli::Y) circuit.append(Op::sdg, {qubit});
  circuit.append(Op::h, {qubit});
}

struct Grouping {
  std::vector<Axes> bases;
  std::map<PauliString, std::size_t> basis_of;  // every term but the identity
};

Grouping group(std::span<const Observable> observables) {
  Grouping result;
  const auto place = [&](const PauliString& term) {
    const auto [found, fresh] = result.basis_of.try_emplace(term, 0);
    if (!fresh) return;
    std::size_t& b = found->second;
    while (b < result.bases.size() && !fits(term, result.bases[b])) ++b;
    if (b == result.bases.size()) result.bases.emplace_back();
    for (const PauliString::Factor& factor : term.factors())
      result.bases[b][factor.qubit] = factor.pauli;
  };
  for (const Observable& observable : observables)
    for (const Observable::Term& term : observable.terms())
      if (!term.pauli.factors().empty()) place(term.pauli);
  return result;
}

/// What the observable reads in a basis, turned to Z.
Observable part_in(const Observable& observable, const Grouping& grouping, std::size_t basis) {
  std::vector<Observable::Term> terms;
  for (const Observable::Term& term : observable.terms())
    if (!term.pauli.factors().empty() && grouping.basis_of.at(term.pauli) == basis)
      terms.push_back({term.coefficient, turned_to_z(term.pauli)});
  return Observable(std::move(terms));
}

double constant_of(const Observable& observable) {
  double sum = 0.0;
  for (const Observable::Term& term : observable.terms())
    if (term.pauli.factors().empty()) sum += term.coefficient;
  return sum;
}

}  // namespace

PauliMeasurement::PauliMeasurement(std::span<const Observable> observables)
    : sums(observables.size(), 0), constants(observables.size()) {
  const Grouping grouping = group(observables);
  for (std::size_t b = 0; b < grouping.bases.size(); ++b) {
    bases.push_back({rotations(grouping.bases[b]), {}});
    for (std::size_t k = 0; k < observables.size(); ++k) {
      Observable part = part_in(observables[k], grouping, b);
      if (part.terms().empty()) continue;
      bases[b].parts.push_back(std::move(part));
      sums.insert_cols(sums.n_cols, 1);  // of zeros
      sums(k, sums.n_cols - 1) = 1.0;
    }
  }
  for (std::size_t k = 0; k < observables.size(); ++k) constants(k) = constant_of(observables[k]);
}

Circuit in_basis(const Circuit& circuit, const PauliString& rotated) {
  const std::vector<int> qubit_of_bit = circuit.qubit_of_bit();
  for (const PauliString::Factor& factor : rotated.factors()) {
    const std::string place = fmt::format("bit {}", factor.qubit);
    if (static_cast<std::size_t>(factor.qubit) >= qubit_of_bit.size())
      throw InputError("observable", place,
                       fmt::format("is outside 0..{}", qubit_of_bit.size() - 1));
    if (circuit.is_mid_circuit(factor.qubit))
      throw InputError("observable", place, "is read mid-circuit, and so in Z");
  }
  // Final measurements come last: nothing follows them on their qubit.
  Circuit result(circuit.n_qubits());
  for (const Instruction& instruction : circuit.instructions())
    if (instruction.op != Op::measure || circuit.is_mid_circuit(instruction.bit))
      result.append(instruction);
  for (const PauliString::Factor& factor : rotated.factors())
    append_rotation(result, qubit_of_bit[static_cast<std::size_t>(factor.qubit)], factor.pauli);
  for (std::size_t bit = 0; bit < qubit_of_bit.size(); ++bit)
    if (!circuit.is_mid_circuit(static_cast<int>(bit)))
      result.measure(qubit_of_bit[bit], static_cast<int>(bit));
  result.set_readout_error(circuit.readout_error());
  return result;
}

arma::mat tabulate(const Outcomes& outcomes, std::span<const Observable> observables) {
  arma::mat table(outcomes.size(), observables.size(), arma::fill::zeros);
  for (std::size_t k = 0; k < observables.size(); ++k)
    for (const Observable::Term& term : observables[k].terms()) {
      const BitMask mask = parity_mask(term.pauli, outcomes.n_words());
      for (std::size_t r = 0; r < outcomes.size(); ++r)
        table(r, k) += term.coefficient * parity(outcomes.outcome(r), mask);
    }
  return table;
}

}  // namespace rhodrift
