#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/pauli_measurement.hpp>

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

Observable turned_to_z(const PauliString& term) {
  std::vector<int> bits;
  for (const PauliString::Factor& factor : term.factors()) bits.push_back(factor.qubit);
  return Observable(PauliString::z(bits));
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

}  // namespace

PauliMeasurement::PauliMeasurement(std::span<const Observable> observables)
    : constants(observables.size(), arma::fill::zeros) {
  std::vector<Axes> axes;
  std::vector<std::vector<PauliString>> terms;  // by basis
  const auto place = [&](const PauliString& term) {
    for (const auto& of_basis : terms)
      if (std::ranges::find(of_basis, term) != of_basis.end()) return;
    std::size_t b = 0;
    while (b < axes.size() && !fits(term, axes[b])) ++b;
    if (b == axes.size()) {
      axes.emplace_back();
      terms.emplace_back();
    }
    for (const PauliString::Factor& factor : term.factors()) axes[b][factor.qubit] = factor.pauli;
    terms[b].push_back(term);
  };
  for (const Observable& observable : observables)
    for (const Observable::Term& term : observable.terms())
      if (!term.pauli.factors().empty()) place(term.pauli);

  std::map<PauliString, arma::uword> index;
  for (std::size_t b = 0; b < axes.size(); ++b) {
    bases.push_back({rotations(axes[b]), {}});
    for (const PauliString& term : terms[b]) {
      bases[b].terms.push_back(turned_to_z(term));
      index.emplace(term, index.size());
    }
  }
  coefficients.zeros(observables.size(), index.size());
  for (arma::uword k = 0; k < observables.size(); ++k)
    for (const Observable::Term& term : observables[k].terms()) {
      if (term.pauli.factors().empty())
        constants(k) += term.coefficient;
      else
        coefficients(k, index.at(term.pauli)) += term.coefficient;
    }
}

JointEstimate PauliMeasurement::observables(const JointEstimate& terms) const {
  return {constants + coefficients * terms.values,
          coefficients * terms.covariance * coefficients.t()};
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

}  // namespace rhodrift
