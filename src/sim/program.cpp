#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <omp.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/sim/program.hpp>

#include "sim/kernels.hpp"

namespace rhodrift {

namespace {

// Reset to |0>: r[I] -> r[I], r[Z] <- r[I], r[X] = r[Y] = 0.
TransferMatrix reset_matrix() {
  TransferMatrix matrix(4, 4, arma::fill::zeros);
  matrix(0, 0) = matrix(3, 0) = 1.0;
  return matrix;
}

// The same map with its two operands exchanged.
TransferMatrix exchange_operands(const TransferMatrix& matrix) {
  arma::uvec order(16);
  for (arma::uword i = 0; i < 16; ++i) order(i) = (i >> 2) | ((i & 3) << 2);
  return matrix(order, order);
}

std::vector<double> angle_values(const std::vector<Angle>& angles, const Binding& binding) {
  std::vector<double> values;
  for (const Angle& angle : angles) values.push_back(angle.value(binding));
  return values;
}

}  // namespace

Program::Program(const Circuit& circuit)
    : n_qubits_(circuit.n_qubits()),
      n_weights_(circuit.n_weights()),
      n_features_(circuit.n_features()) {
  require_pauli_vector(n_qubits_);
  std::vector<int> last_step_of_qubit(static_cast<std::size_t>(n_qubits_), -1);
  for (const Instruction& instruction : circuit.instructions())
    if (instruction.op != Op::barrier && instruction.op != Op::measure && instruction.op != Op::id)
      add(instruction, last_step_of_qubit);
}

Program::Factor Program::make_factor(const Instruction& instruction) {
  Factor factor;
  if (instruction.op == Op::channel) {
    factor.constant = instruction.channel->ptm;
  } else if (instruction.op == Op::reset) {
    factor.constant = reset_matrix();
  } else if (std::ranges::all_of(instruction.angles, &Angle::is_constant)) {
    factor.constant = unitary_transfer_matrix(
        info(instruction.op).unitary(angle_values(instruction.angles, Binding{})));
  } else {
    factor.op = instruction.op;
    factor.angles = instruction.angles;
  }
  return factor;
}

void Program::add(const Instruction& instruction, std::vector<int>& last_step_of_qubit) {
  const std::vector<int>& qubits = instruction.qubits;
  if (qubits.size() > 2)
    throw InputError("program", fmt::format("channel '{}'", instruction.channel->label),
                     fmt::format("acts on {} qubits, at most 2 are supported", qubits.size()));
  Factor factor = make_factor(instruction);
  // Join the last step when it is the last one on every operand and has just these operands.
  const int last = last_step_of_qubit[static_cast<std::size_t>(qubits[0])];
  const bool joins =
      last >= 0 && steps_[static_cast<std::size_t>(last)].qubits.size() == qubits.size() &&
      std::ranges::all_of(
          qubits, [&](int q) { return last_step_of_qubit[static_cast<std::size_t>(q)] == last; });
  if (!joins) {
    for (const int q : qubits)
      last_step_of_qubit[static_cast<std::size_t>(q)] = static_cast<int>(steps_.size());
    steps_.push_back({qubits, {std::move(factor)}});
    return;
  }
  Step& step = steps_[static_cast<std::size_t>(last)];
  factor.reversed = step.qubits != qubits;
  if (factor.op == Op::channel) {
    if (factor.reversed) factor.constant = exchange_operands(factor.constant);
    factor.reversed = false;
    if (Factor& previous = step.factors.back(); previous.op == Op::channel) {
      previous.constant = factor.constant * previous.constant;
      return;
    }
  }
  step.factors.push_back(std::move(factor));
}

void Program::require_bound(const Binding& binding) const {
  const auto check = [](const char* name, std::span<const double> given, int needed) {
    if (given.size() != static_cast<std::size_t>(needed))
      throw InputError(name, "", fmt::format("the circuit takes {}, got {}", needed, given.size()));
    for (std::size_t k = 0; k < given.size(); ++k)
      if (!std::isfinite(given[k]))
        throw InputError(name, fmt::format("entry {}", k),
                         fmt::format("{} is not finite", given[k]));
  };
  check("weights", binding.weights, n_weights_);
  check("features", binding.features, n_features_);
}

TransferMatrix Program::matrix_of(const Factor& factor, const Binding& binding) {
  if (factor.op == Op::channel) return factor.constant;
  const TransferMatrix matrix =
      unitary_transfer_matrix(info(factor.op).unitary(angle_values(factor.angles, binding)));
  return factor.reversed ? exchange_operands(matrix) : matrix;
}

TransferMatrix Program::matrix_of(const Step& step, const Binding& binding) {
  TransferMatrix product = matrix_of(step.factors.front(), binding);
  for (auto factor = step.factors.begin() + 1; factor != step.factors.end(); ++factor)
    product = matrix_of(*factor, binding) * product;
  return product;
}

void Program::apply(const Step& step, const TransferMatrix& matrix, PauliVector& state) {
  if (step.qubits.size() == 1)
    kernels::apply(state.coefficients(), step.qubits[0], matrix);
  else
    kernels::apply(state.coefficients(), step.qubits[0], step.qubits[1], matrix);
}

PauliVector Program::run(const Binding& binding) const {
  require_bound(binding);
  PauliVector state(n_qubits_);
  for (const Step& step : steps_) apply(step, matrix_of(step, binding), state);
  return state;
}

arma::vec Program::expectations(const Binding& binding,
                                std::span<const Observable> observables) const {
  const PauliVector state = run(binding);
  arma::vec values(observables.size());
  for (std::size_t k = 0; k < observables.size(); ++k)
    values(k) = state.expectation(observables[k]);
  return values;
}

PauliVector Program::observable_vector(std::span<const Observable> observables,
                                       const arma::vec& coefficients) const {
  PauliVector lambda = PauliVector::zeros(n_qubits_);
  for (std::size_t k = 0; k < observables.size(); ++k)
    for (const Observable::Term& term : observables[k].terms())
      lambda.coefficients()[term.pauli.index()] += coefficients(k) * term.coefficient;
  return lambda;
}

// With R = F_m … F_1 and environment C of the whole step, factor f sees
//   C_f = (F_m … F_{f+1})^T C (F_{f-1} … F_1)^T  and  dL/dθ = Σ_ij dF_f(i, j) C_f(i, j).
void Program::add_parameter_derivatives(const Step& step, const Binding& binding,
                                        const arma::mat& environment, ProgramGradient& gradient) {
  const std::size_t m = step.factors.size();
  std::vector<TransferMatrix> before(m);  // F_{f-1} … F_1
  before[0] = arma::eye(arma::size(environment));
  for (std::size_t f = 1; f < m; ++f)
    before[f] = matrix_of(step.factors[f - 1], binding) * before[f - 1];

  arma::mat left = environment;  // (F_m … F_{f+1})^T C
  for (std::size_t f = m; f-- > 0;) {
    const Factor& factor = step.factors[f];
    if (factor.op != Op::channel) {
      const arma::mat seen = left * before[f].t();
      const std::vector<double> angles = angle_values(factor.angles, binding);
      const arma::cx_mat unitary = info(factor.op).unitary(angles);
      for (std::size_t k = 0; k < angles.size(); ++k) {
        if (factor.angles[k].is_constant()) continue;
        TransferMatrix derivative = unitary_transfer_derivative(
            unitary, info(factor.op).derivative(angles, static_cast<int>(k)));
        if (factor.reversed) derivative = exchange_operands(derivative);
        const double slope = arma::accu(derivative % seen);
        for (const Angle::Term& term : factor.angles[k].terms()) {
          arma::vec& target =
              term.source == Angle::Source::weight ? gradient.weights : gradient.features;
          target(static_cast<arma::uword>(term.index)) += term.coefficient * slope;
        }
      }
    }
    left = matrix_of(factor, binding).t() * left;
  }
}

ProgramGradient Program::gradient(
    const Binding& binding, std::span<const Observable> observables,
    const std::function<arma::vec(const arma::vec&)>& derivative) const {
  require_bound(binding);
  // Every thread of a parallel region may hold one gradient; outside of one there is one thread.
  const int n_threads = omp_get_num_threads();
  require_memory(
      static_cast<std::uint64_t>(n_threads) * (steps_.size() + 2) * pauli_vector_bytes(n_qubits_),
      fmt::format("a gradient over {} steps of {} qubits (threads: {})", steps_.size(), n_qubits_,
                  n_threads));
  std::vector<TransferMatrix> matrices;
  std::vector<PauliVector> before;  // the state each step acts on
  PauliVector state(n_qubits_);
  for (const Step& step : steps_) {
    before.push_back(state);
    matrices.push_back(matrix_of(step, binding));
    apply(step, matrices.back(), state);
  }

  ProgramGradient gradient;
  gradient.expectations.set_size(observables.size());
  for (std::size_t k = 0; k < observables.size(); ++k)
    gradient.expectations(k) = state.expectation(observables[k]);
  gradient.weights.zeros(static_cast<arma::uword>(n_weights_));
  gradient.features.zeros(static_cast<arma::uword>(n_features_));

  const arma::vec slopes = derivative(gradient.expectations);
  if (slopes.n_elem != observables.size())
    throw InputError(
        "loss derivative", "",
        fmt::format("has {} entries for {} observables", slopes.n_elem, observables.size()));
  PauliVector lambda = observable_vector(observables, slopes);
  for (std::size_t s = steps_.size(); s-- > 0;) {
    const Step& step = steps_[s];
    if (!step.constant()) {
      const arma::uword dim = arma::uword{1} << (2 * step.qubits.size());
      arma::mat environment(dim, dim, arma::fill::zeros);
      const auto l = std::as_const(lambda).coefficients();
      const auto r = std::as_const(before[s]).coefficients();
      if (step.qubits.size() == 1)
        kernels::add_environment(l, r, step.qubits[0], environment);
      else
        kernels::add_environment(l, r, step.qubits[0], step.qubits[1], environment);
      add_parameter_derivatives(step, binding, environment, gradient);
    }
    apply(step, matrices[s].t(), lambda);
  }
  return gradient;
}

}  // namespace rhodrift
