#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/distillation.hpp>

#include "mitigation/outcome_average.hpp"

namespace rhodrift::distillation {

namespace {

using Complex = std::complex<double>;

// --- What is read off a pair -------------------------------------------------------------------

/// A function of the bits (qubit, copy) of a pair, at index qubit + 2 copy.
using PairTable = std::array<Complex, 4>;
/// The exchange of the two, read after sdg on the qubit and sqrt_iswap.
constexpr PairTable exchange{1.0, -1.0, 1.0, 1.0};
/// ½ (Z⊗1 + 1⊗Z) times exchange, read likewise (or not).
constexpr PairTable single_z{1.0, 0.0, 0.0, -1.0};
/// Z⊗1 times exchange, read after sqrt_iswap: Re Π i y is (-1)^(m/2) Π y for even m, 0 for odd.
constexpr PairTable z_exchange{1.0, Complex(0.0, 1.0), Complex(0.0, -1.0), -1.0};

/// The real part of a product of tables, one a pair, times a number.
struct PairProduct {
  double coefficient;
  std::vector<const PairTable*> tables;

  double operator()(OutcomeBits outcome) const {
    Complex value = coefficient;
    const auto n = static_cast<int>(tables.size());
    for (int q = 0; q < n; ++q)
      value *= (*tables[static_cast<std::size_t>(q)])[static_cast<std::size_t>(
          (bit_of(outcome, q) ? 1 : 0) + (bit_of(outcome, n + q) ? 2 : 0))];
    return value.real();
  }

  /// The same as Pauli strings: each table is Σ_uv c_uv Z^u Z^v, c_uv = ¼ Σ_ab t_ab (-1)^(ua + vb).
  void append_terms(std::vector<Observable::Term>& terms) const {
    std::vector<int> bits;
    append_terms(0, coefficient, bits, terms);
  }

 private:
  void append_terms(std::size_t pair, Complex factor, std::vector<int>& bits,
                    std::vector<Observable::Term>& terms) const {
    if (factor == 0.0) return;
    if (pair == tables.size()) {
      terms.push_back({factor.real(), PauliString::z(bits)});
      return;
    }
    const std::size_t n_bits = bits.size();
    for (unsigned uv = 0; uv < 4; ++uv) {
      Complex sum = 0.0;
      for (unsigned ab = 0; ab < 4; ++ab)
        sum += (std::popcount(uv & ab) % 2 == 0 ? 0.25 : -0.25) * (*tables[pair])[ab];
      if ((uv & 1) != 0) bits.push_back(static_cast<int>(pair));
      if ((uv & 2) != 0) bits.push_back(static_cast<int>(tables.size() + pair));
      append_terms(pair + 1, factor * sum, bits, terms);
      bits.resize(n_bits);
    }
  }
};

/// A function of the outcomes of one job.
using PairFunction = std::vector<PairProduct>;

Observable as_observable(const PairFunction& function) {
  std::vector<Observable::Term> terms;
  for (const PairProduct& product : function) product.append_terms(terms);
  return Observable(std::move(terms));
}

std::vector<int> support_of(const PauliString& pauli, const std::vector<int>& qubit_of_bit) {
  std::vector<int> qubits;
  for (const PauliString::Factor& factor : pauli.factors())
    qubits.push_back(qubit_of_bit[static_cast<std::size_t>(factor.qubit)]);
  std::ranges::sort(qubits);
  return qubits;
}

// --- Circuits ----------------------------------------------------------------------------------

Circuit two_copies(const Circuit& circuit) {
  const int n = circuit.n_qubits();
  std::vector<int> copy(static_cast<std::size_t>(n));
  std::iota(copy.begin(), copy.end(), n);
  std::vector<int> original(copy.size());
  std::iota(original.begin(), original.end(), 0);
  const Circuit body = circuit.without_measurements();
  Circuit doubled(2 * n);
  doubled.append(body, original).append(body, copy);
  const std::vector<int> qubit_of_bit = circuit.qubit_of_bit();
  ReadoutError error;
  for (const int shift : {0, n})
    for (ConfusionMatrix group : circuit.readout_error()) {
      for (int& bit : group.bits) bit = qubit_of_bit.at(static_cast<std::size_t>(bit)) + shift;
      error.push_back(std::move(group));
    }
  doubled.set_readout_error(std::move(error));
  return doubled;
}

/// For strings on the given qubits.
Circuit read_for(const Circuit& doubled, const std::vector<int>& support) {
  Circuit circuit = doubled;
  const int n = doubled.n_qubits() / 2;
  for (int q = 0; q < n; ++q) {
    if (!std::ranges::binary_search(support, q)) circuit.append(Op::sdg, {q});
    circuit.append(Op::sqrt_iswap, {q, n + q});
  }
  return circuit;
}

// --- Estimates ---------------------------------------------------------------------------------

/// Of job 0: tr ρ², then what each observable has there. Of the others: what each has there.
std::vector<std::vector<PairFunction>> functions_of(const DistillationPlan& plan,
                                                    std::span<const Observable> observables) {
  const auto n = static_cast<std::size_t>(plan.n_qubits);
  const PairProduct purity{1.0, std::vector<const PairTable*>(n, &exchange)};
  std::vector<std::vector<PairFunction>> jobs(plan.jobs.size(),
                                              std::vector<PairFunction>(observables.size()));
  for (std::size_t k = 0; k < observables.size(); ++k)
    for (const Observable::Term& term : observables[k].terms()) {
      const std::vector<int> support = support_of(term.pauli, plan.qubit_of_bit);
      PairProduct product = purity;
      product.coefficient = term.coefficient;
      for (const int q : support)
        product.tables[static_cast<std::size_t>(q)] = support.size() == 1 ? &single_z : &z_exchange;
      std::size_t job = 0;
      if (support.size() > 1) {
        const auto found = std::ranges::find(plan.supports, support);
        if (found == plan.supports.end())
          throw InputError("observable " + observables[k].to_string(), term.pauli.to_string(),
                           "the plan has no circuit for it");
        job = 1 + static_cast<std::size_t>(found - plan.supports.begin());
      }
      jobs[job][k].push_back(std::move(product));
    }
  jobs[0].insert(jobs[0].begin(), PairFunction{purity});
  return jobs;
}

/// The averages of all functions, job after job.
JointEstimate counted(const std::vector<std::vector<PairFunction>>& functions,
                      std::span<const Outcomes> outcomes) {
  ReadExpectations result;
  arma::uword n_values = 0;
  for (std::size_t j = 0; j < functions.size(); ++j) {
    require_averageable(outcomes[j], {});
    arma::mat table(outcomes[j].size(), functions[j].size(), arma::fill::zeros);
    for (std::size_t f = 0; f < functions[j].size(); ++f)
      for (const PairProduct& product : functions[j][f])
        for (std::size_t r = 0; r < outcomes[j].size(); ++r)
          table(r, f) += product(outcomes[j].outcome(r));
    result.readings.push_back(multinomial_average(outcomes[j], table));
    n_values += functions[j].size();
  }
  result.shared.zeros(n_values, 0);
  return result.joint();
}

JointEstimate estimated(const std::vector<std::vector<PairFunction>>& functions,
                        std::span<const Outcomes> outcomes, const ExpectationEstimator& estimator) {
  std::vector<std::vector<Observable>> observables;
  for (const auto& of_job : functions) {
    observables.emplace_back();
    for (const PairFunction& function : of_job)
      observables.back().push_back(as_observable(function));
  }
  std::vector<Reading> readings;
  for (std::size_t j = 0; j < observables.size(); ++j)
    readings.push_back({outcomes[j], observables[j]});
  return estimator.estimate(readings).joint();
}

struct Distilled {
  JointEstimate observables;
  double purity;
  double purity_variance;
};

/// `averages` is tr ρ², then for each job what each observable has there.
Distilled divide(const JointEstimate& averages, arma::uword n_observables) {
  const double purity = averages.values(0);
  if (!(purity > 0.0))
    throw RunError(fmt::format(
        "distillation: tr ρ² is estimated as {}, not above 0; take more shots", purity));
  const arma::uword n_jobs = n_observables == 0 ? 0 : (averages.values.n_elem - 1) / n_observables;
  arma::mat sums(n_observables, averages.values.n_elem, arma::fill::zeros);
  for (arma::uword j = 0; j < n_jobs; ++j)
    for (arma::uword k = 0; k < n_observables; ++k) sums(k, 1 + j * n_observables + k) = 1.0;
  Distilled result;
  result.observables.values = sums * averages.values / purity;
  arma::mat derivative = sums / purity;  // d(a/b) = (da - (a/b) db)/b
  derivative.col(0) -= result.observables.values / purity;
  result.observables.covariance = derivative * averages.covariance * derivative.t();
  result.purity = purity;
  result.purity_variance = averages.covariance(0, 0);
  return result;
}

Distilled distil(const DistillationPlan& plan, std::span<const Outcomes> outcomes,
                 std::span<const Observable> observables,
                 const std::optional<ExpectationEstimator>& estimator) {
  plan.require_matching(outcomes);
  require_readable(observables, static_cast<int>(plan.qubit_of_bit.size()));
  if (estimator && plan.n_qubits > max_expanded_qubits)
    throw InputError("distillation", "",
                     fmt::format("{} qubits are more than the {} that an estimator can be used for",
                                 plan.n_qubits, max_expanded_qubits));
  const auto functions = functions_of(plan, observables);
  return divide(
      estimator ? estimated(functions, outcomes, *estimator) : counted(functions, outcomes),
      observables.size());
}

std::vector<Estimate> estimates_of(const Distilled& distilled, std::span<const Outcomes> outcomes,
                                   const std::string& method) {
  std::vector<Estimate> estimates;
  for (arma::uword k = 0; k < distilled.observables.values.n_elem; ++k) {
    Estimate estimate = normal_estimate(distilled.observables.values(k),
                                        std::sqrt(distilled.observables.covariance(k, k)), method);
    for (const Outcomes& outcome : outcomes) estimate.shots += outcome.shots;
    estimate.circuits = outcomes.size();
    estimate.diagnostics["purity"] = distilled.purity;
    estimate.diagnostics["purity_std_error"] = std::sqrt(distilled.purity_variance);
    estimates.push_back(std::move(estimate));
  }
  return estimates;
}

}  // namespace

DistillationPlan DistillationPlan::bound(const std::vector<double>& weights,
                                         const std::vector<double>& features) const {
  return {Plan::bound(weights, features), n_qubits, qubit_of_bit, supports};
}

DistillationPlan construct(const Circuit& circuit, std::span<const Observable> observables,
                           std::uint64_t shots_per_circuit) {
  if (!circuit.mid_circuit_bits().empty())
    throw InputError("distillation", fmt::format("bit {}", circuit.mid_circuit_bits()[0]),
                     "is measured mid-circuit: copies have records of their own");
  DistillationPlan plan;
  plan.n_qubits = circuit.n_qubits();
  plan.qubit_of_bit = circuit.qubit_of_bit();
  require_readable(observables, static_cast<int>(plan.qubit_of_bit.size()));
  for (const Observable& observable : observables)
    for (const Observable::Term& term : observable.terms()) {
      const std::vector<int> support = support_of(term.pauli, plan.qubit_of_bit);
      if (support.size() > 1 && std::ranges::count(plan.supports, support) == 0)
        plan.supports.push_back(support);
    }
  const Circuit doubled = two_copies(circuit);
  const auto add = [&](const std::vector<int>& support) {
    plan.jobs.push_back(
        {std::make_shared<const Circuit>(read_for(doubled, support)), {}, {}, shots_per_circuit});
  };
  add({});
  for (const std::vector<int>& support : plan.supports) add(support);
  return plan;
}

std::vector<Estimate> combine(const DistillationPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const std::optional<ExpectationEstimator>& estimator) {
  return estimates_of(distil(plan, outcomes, observables, estimator), outcomes,
                      estimator ? "distillation over " + estimator->method : "distillation");
}

JointEstimate combine_jointly(const DistillationPlan& plan, std::span<const Outcomes> outcomes,
                              std::span<const Observable> observables,
                              const std::optional<ExpectationEstimator>& estimator) {
  return distil(plan, outcomes, observables, estimator).observables;
}

}  // namespace rhodrift::distillation
