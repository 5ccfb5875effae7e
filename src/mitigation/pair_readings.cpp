#include "mitigation/pair_readings.hpp"

#include <algorithm>
#include <bit>
#include <numbers>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift::distillation {

namespace {

using Complex = std::complex<double>;

/// The exchange of the two, read after sdg on the qubit and sqrt_iswap.
constexpr PairTable exchange{1.0, -1.0, 1.0, 1.0};
/// ½ (Z⊗1 + 1⊗Z) times exchange, read likewise (or not).
constexpr PairTable single_z{1.0, 0.0, 0.0, -1.0};
/// Z⊗1 times exchange, read after sqrt_iswap: Re Π i y is (-1)^(m/2) Π y for even m, 0 for odd.
constexpr PairTable z_exchange{1.0, Complex(0.0, 1.0), Complex(0.0, -1.0), -1.0};

/// The tables from `pair` on as strings: each is Σ_uv c_uv Z^u Z^v, c_uv = ¼ Σ_ab t_ab (-1)^(ua +
/// vb).
void append_terms(const PairProduct& product, std::size_t pair, Complex factor,
                  std::vector<int>& bits, std::vector<Observable::Term>& terms) {
  if (factor == 0.0) return;
  const std::size_t n = product.tables.size();
  if (pair == n) {
    terms.push_back({factor.real(), PauliString::z(bits)});
    return;
  }
  const std::size_t n_bits = bits.size();
  for (unsigned uv = 0; uv < 4; ++uv) {
    Complex sum = 0.0;
    for (unsigned ab = 0; ab < 4; ++ab)
      sum += (std::popcount(uv & ab) % 2 == 0 ? 0.25 : -0.25) * (*product.tables[pair])[ab];
    if ((uv & 1) != 0) bits.push_back(static_cast<int>(pair));
    if ((uv & 2) != 0) bits.push_back(static_cast<int>(n + pair));
    append_terms(product, pair + 1, factor * sum, bits, terms);
    bits.resize(n_bits);
  }
}

Support support_of(const PauliString& pauli, const std::vector<int>& qubit_of_bit) {
  Support qubits;
  if (pauli.factors().size() < 2) return qubits;
  for (const PauliString::Factor& factor : pauli.factors())
    qubits.push_back(qubit_of_bit[static_cast<std::size_t>(factor.qubit)]);
  std::ranges::sort(qubits);
  return qubits;
}

Circuit side_by_side(const Circuit& circuit) {
  if (!circuit.mid_circuit_bits().empty())
    throw InputError("distillation", fmt::format("bit {}", circuit.mid_circuit_bits()[0]),
                     "is measured mid-circuit: copies have records of their own");
  const int n = circuit.n_qubits();
  std::vector<int> original(static_cast<std::size_t>(n)), copy(original.size());
  std::iota(original.begin(), original.end(), 0);
  std::iota(copy.begin(), copy.end(), n);
  const Circuit body = circuit.without_measurements();
  Circuit doubled(2 * n);
  doubled.append(body, original).append(body, copy);
  ReadoutError error;
  for (const int shift : {0, n})
    for (ConfusionMatrix group : circuit.readout_error()) {
      for (int& bit : group.bits)
        bit = circuit.qubit_of_bit().at(static_cast<std::size_t>(bit)) + shift;
      error.push_back(std::move(group));
    }
  doubled.set_readout_error(std::move(error));
  return doubled;
}

}  // namespace

double PairProduct::operator()(OutcomeBits outcome) const {
  Complex value = coefficient;
  const auto n = static_cast<int>(tables.size());
  for (int q = 0; q < n; ++q)
    value *= (*tables[static_cast<std::size_t>(q)])[static_cast<std::size_t>(
        (bit_of(outcome, q) ? 1 : 0) + (bit_of(outcome, n + q) ? 2 : 0))];
  return value.real();
}

std::vector<Observable> as_observables(const std::vector<PairFunction>& functions) {
  std::vector<Observable> observables;
  std::vector<int> bits;
  for (const PairFunction& function : functions) {
    std::vector<Observable::Term> terms;
    for (const PairProduct& product : function)
      append_terms(product, 0, product.coefficient, bits, terms);
    observables.emplace_back(std::move(terms));
  }
  return observables;
}

std::vector<Support> supports_of(std::span<const Observable> observables,
                                 const std::vector<int>& qubit_of_bit) {
  std::vector<Support> supports{{}};
  for (const Observable& observable : observables)
    for (const Observable::Term& term : observable.terms()) {
      Support support = support_of(term.pauli, qubit_of_bit);
      if (std::ranges::count(supports, support) == 0) supports.push_back(std::move(support));
    }
  return supports;
}

std::vector<PairFunction> functions_in(const Support& support,
                                       std::span<const Observable> observables,
                                       const std::vector<int>& qubit_of_bit, int n_qubits) {
  const PairProduct purity{
      1.0, std::vector<const PairTable*>(static_cast<std::size_t>(n_qubits), &exchange)};
  std::vector<PairFunction> functions(observables.size());
  for (std::size_t k = 0; k < observables.size(); ++k)
    for (const Observable::Term& term : observables[k].terms()) {
      if (support_of(term.pauli, qubit_of_bit) != support) continue;
      PairProduct product = purity;
      product.coefficient = term.coefficient;
      for (const PauliString::Factor& factor : term.pauli.factors()) {
        const int q = qubit_of_bit[static_cast<std::size_t>(factor.qubit)];
        product.tables[static_cast<std::size_t>(q)] = support.empty() ? &single_z : &z_exchange;
      }
      functions[k].push_back(std::move(product));
    }
  if (support.empty()) functions.push_back({purity});
  return functions;
}

// --- Circuits -----------------------------------------------------------------------------------

TwoCopies::TwoCopies(const Circuit& circuit, std::vector<int> rotated_bits)
    : n_(circuit.n_qubits()),
      qubit_of_bit_(circuit.qubit_of_bit()),
      rotated_bits_(std::move(rotated_bits)),
      circuit_(side_by_side(circuit)) {
  int angle = circuit.n_weights();
  for (const int bit : rotated_bits_) {
    const int q = qubit_of_bit_.at(static_cast<std::size_t>(bit));
    const Angle theta = Angle::weight(angle++), lambda = Angle::weight(angle++);
    for (const int of_pair : {q, n_ + q}) circuit_.append(Op::u3, {of_pair}, {theta, 0.0, lambda});
  }
  for (int q = 0; q < n_; ++q) circuit_.append(Op::rz, {q}, {Angle::weight(angle++)});
  for (int q = 0; q < n_; ++q) circuit_.append(Op::sqrt_iswap, {q, n_ + q});
}

std::vector<Observable> TwoCopies::asked(const Support& support,
                                         std::span<const Observable> observables) const {
  return as_observables(functions_in(support, observables, qubit_of_bit_, n_));
}

std::vector<double> TwoCopies::angles(const Support& support, const PauliString& rotated) const {
  constexpr double quarter = std::numbers::pi / 2;
  std::vector<double> angles;
  for (const int bit : rotated_bits_) {
    // X: h = u3(π/2, 0, π). Y: sdg, then h.
    const auto factor = std::ranges::find(rotated.factors(), bit, &PauliString::Factor::qubit);
    const bool turned = factor != rotated.factors().end();
    angles.push_back(turned ? quarter : 0.0);
    angles.push_back(!turned ? 0.0 : factor->pauli == Pauli::X ? 2 * quarter : quarter);
  }
  for (int q = 0; q < n_; ++q)  // sdg, or nothing
    angles.push_back(std::ranges::binary_search(support, q) ? 0.0 : -quarter);
  return angles;
}

}  // namespace rhodrift::distillation
