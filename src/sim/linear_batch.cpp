#include "sim/linear_batch.hpp"

#include <algorithm>

#include "core/one_blas_thread.hpp"
#include "core/parallel.hpp"

namespace rhodrift {

namespace {

bool has(const Instruction& instruction, Angle::Source source) {
  return std::ranges::any_of(instruction.angles, [&](const Angle& angle) {
    return std::ranges::any_of(angle.terms(),
                               [&](const Angle::Term& term) { return term.source == source; });
  });
}

bool is_product(const Circuit& circuit) {
  return std::ranges::all_of(circuit.instructions(), [](const Instruction& instruction) {
    return instruction.qubits.size() == 1;
  });
}

/// What acts on one qubit, as factors of one matrix.
std::vector<Factor> factors_on(const Circuit& circuit, int qubit) {
  Circuit alone(1);
  for (Instruction instruction : circuit.instructions())
    if (instruction.qubits[0] == qubit) {
      instruction.qubits = {0};
      alone.append(instruction);
    }
  std::vector<Factor> factors;
  for (const Step& step : fuse(alone).steps)
    std::ranges::copy(step.product->factors, std::back_inserter(factors));
  return factors;
}

/// F(θ_b) r_b for every row b.
arma::mat apply(const Factor& factor, const arma::vec& angles_rad, const arma::mat& states) {
  arma::mat result = states * factor.terms[0].t();
  const auto add = [&](std::size_t term, const arma::vec& trig) {
    arma::mat part = states * factor.terms[term].t();
    part.each_col() %= trig;
    result += part;
  };
  if (!factor.terms[1].is_empty()) add(1, arma::cos(angles_rad));
  if (!factor.terms[2].is_empty()) add(2, arma::sin(angles_rad));
  if (!factor.terms[3].is_empty()) add(3, arma::cos(angles_rad / 2));
  if (!factor.terms[4].is_empty()) add(4, arma::sin(angles_rad / 2));
  return result;
}

/// a_b ⊗ r_b for every row, r the higher digits.
arma::mat kron_rows(const arma::mat& a, const arma::mat& r) {
  arma::mat result(a.n_rows, a.n_cols * r.n_cols);
  for (arma::uword i = 0; i < r.n_cols; ++i)
    for (arma::uword j = 0; j < a.n_cols; ++j) result.col(i * a.n_cols + j) = a.col(j) % r.col(i);
  return result;
}

/// Calls body(first, last) for pieces of n rows or columns of a product of matrices, whatever the
/// number of threads; each takes `work` multiplications.
template <typename Body>
void for_each_piece(std::size_t n, std::size_t work, Body body) {
  constexpr std::size_t least_size = 16, least_work = 1 << 18;  // some 10 us
  const std::size_t size = std::max(least_size, least_work / work);
  const OneBlasThread one_blas_thread;
  parallel_for((n + size - 1) / size,
               [&](std::size_t piece) { body(piece * size, std::min((piece + 1) * size, n) - 1); });
}

/// A group of observables fills half a register of 8.
std::size_t lanes_for(std::size_t n_observables) {
  const std::size_t lanes = kernels::table<double>().lanes;
  return n_observables <= 4 ? std::min<std::size_t>(lanes, 4) : lanes;
}

/// A state as a matrix, without a copy.
const arma::mat matrix_view(const AlignedVector<double>& state, std::size_t n_rows) {
  return arma::mat(const_cast<double*>(state.data()), n_rows, state.size() / n_rows, false, true);
}

}  // namespace

std::optional<EncoderAnsatz> split(const Circuit& circuit) {
  if (circuit.n_features() == 0 || circuit.has_postselection() ||
      !circuit.mid_circuit_bits().empty())
    return std::nullopt;
  const auto& instructions = circuit.instructions();
  std::vector<bool> before_feature(static_cast<std::size_t>(circuit.n_qubits()), false);
  std::vector<bool> in_encoder(instructions.size(), false);
  for (std::size_t i = instructions.size(); i-- > 0;) {
    const Instruction& instruction = instructions[i];
    if (instruction.op == Op::barrier) continue;
    const bool encodes = has(instruction, Angle::Source::feature) ||
                         std::ranges::any_of(instruction.qubits, [&](int q) {
                           return before_feature[static_cast<std::size_t>(q)];
                         });
    if (!encodes) continue;
    if (has(instruction, Angle::Source::weight)) return std::nullopt;
    in_encoder[i] = true;
    for (const int q : instruction.qubits) before_feature[static_cast<std::size_t>(q)] = true;
  }
  EncoderAnsatz parts{Circuit(circuit.n_qubits()), Circuit(circuit.n_qubits())};
  for (std::size_t i = 0; i < instructions.size(); ++i)
    if (instructions[i].op != Op::measure && instructions[i].op != Op::barrier)
      (in_encoder[i] ? parts.encoder : parts.ansatz).append(instructions[i]);
  return parts;
}

LinearBatch::LinearBatch(const EncoderAnsatz& circuit, int n_weights,
                         std::vector<Observable> observables)
    : n_qubits_(circuit.encoder.n_qubits()),
      n_weights_(n_weights),
      observables_(std::move(observables)),
      heisenberg_(transposed(fuse(circuit.ansatz)), n_qubits_, {}, lanes_for(observables_.size())),
      runner_(heisenberg_.batch() ? *heisenberg_.batch() : heisenberg_.single()),
      n_groups_((observables_.size() + runner_.lanes() - 1) / runner_.lanes()) {
  if (is_product(circuit.encoder))
    for (int q = 0; q < n_qubits_; ++q) qubit_encoders_.push_back(factors_on(circuit.encoder, q));
  else
    encoder_.emplace(fuse(circuit.encoder), n_qubits_, ProgramOptions{});
}

bool LinearBatch::pays(std::size_t n_samples) const {
  const MemoryPlan& memory = heisenberg_.memory();
  if (memory.gradient == MemoryPlan::Gradient::none) return false;
  const std::size_t n_whole = encoder_ ? n_samples : 0;
  return (n_samples + runner_.lanes() - 1) / runner_.lanes() > n_groups_ &&
         n_groups_ * memory.gradient_bytes + n_whole * memory.run_bytes <= machine_memory_bytes();
}

Engine<double>::Bound LinearBatch::bind(const arma::vec& weights, Direction direction) const {
  const Binding binding{{weights.memptr(), weights.n_elem}, {}};
  return heisenberg_.bind({&binding, 1}, direction);
}

LinearBatch::EncodedStates LinearBatch::encode(const arma::mat& features) const {
  if (encoder_) return {whole_states(features), {}, {}};
  const int n_low = n_qubits_ / 2;
  return {
      {}, product_states(features, 0, n_low), product_states(features, n_low, n_qubits_ - n_low)};
}

arma::mat LinearBatch::whole_states(const arma::mat& features) const {
  const auto& runner = encoder_->batch() ? *encoder_->batch() : encoder_->single();
  const std::size_t lanes = runner.lanes(), n_samples = features.n_cols;
  arma::mat states(n_samples, runner.state_size() / lanes);
  const auto encode_from = [&](std::size_t first) {
    std::vector<Binding> bindings;
    for (std::size_t l = 0; l < lanes; ++l)
      bindings.push_back(
          {{}, {features.colptr(std::min(first + l, n_samples - 1)), features.n_rows}});
    const State state =
        encoder_->run(runner, encoder_->bind(bindings, Direction::forward), runner.ground_state());
    for (std::size_t l = 0; l < lanes && first + l < n_samples; ++l)
      for (std::size_t i = 0; i < states.n_cols; ++i) states(first + l, i) = state[i * lanes + l];
  };
  for_each_run(runner, (n_samples + lanes - 1) / lanes,
               [&](std::size_t r) { encode_from(r * lanes); });
  return states;
}

// Of n_qubits qubits from the first one on.
arma::mat LinearBatch::product_states(const arma::mat& features, int first_qubit,
                                      int n_qubits) const {
  const arma::uword n_samples = features.n_cols;
  arma::mat states(n_samples, 1, arma::fill::ones);
  for (int q = first_qubit; q < first_qubit + n_qubits; ++q) {
    arma::mat qubit(n_samples, 4, arma::fill::zeros);  // |0>
    qubit.col(0).ones();
    qubit.col(3).ones();
    for (const Factor& factor : qubit_encoders_[static_cast<std::size_t>(q)]) {
      arma::vec angles_rad(n_samples);
      for (arma::uword b = 0; b < n_samples; ++b)
        angles_rad(b) = factor.angle.value({{}, {features.colptr(b), features.n_rows}});
      qubit = apply(factor, angles_rad, qubit);
    }
    states = kron_rows(states, qubit);
  }
  return states;
}

LinearBatch::State LinearBatch::observables_of(std::size_t group) const {
  const std::size_t lanes = runner_.lanes();
  State state(runner_.state_size(), 0.0);
  for (std::size_t l = 0; l < lanes && group * lanes + l < observables_.size(); ++l)
    for (const Observable::Term& term : observables_[group * lanes + l].terms())
      state[runner_.start_place(term.pauli.index()) * lanes + l] += term.coefficient;
  return state;
}

// values(k, b) = λ_k · r(x_b), for all the lanes k. Of product states first the high half is summed
// over, with λ as a matrix whose columns are the high digits.
void LinearBatch::set_overlaps(const State& lambda, std::size_t group, const EncodedStates& states,
                               arma::mat& values) const {
  const std::size_t lanes = runner_.lanes(), first_row = group * lanes;
  const std::size_t n_rows = std::min<std::size_t>(lanes, values.n_rows - first_row);
  const bool whole = states.low.is_empty();
  const arma::mat view = matrix_view(lambda, whole ? lanes : lanes * states.low.n_cols);
  const arma::mat& right = whole ? states.whole : states.high;
  for_each_piece(values.n_cols, lambda.size(), [&](std::size_t first, std::size_t last) {
    const arma::mat partial = right.rows(first, last) * view.t();
    arma::mat overlaps(partial.n_rows, lanes, arma::fill::zeros);
    for (std::size_t column = 0; column < partial.n_cols; ++column) {
      const std::size_t lane = column % lanes, low = column / lanes;
      if (whole)
        overlaps.col(lane) = partial.col(column);
      else
        overlaps.col(lane) += partial.col(column) % states.low.col(low).rows(first, last);
    }
    values.submat(first_row, first, arma::size(n_rows, overlaps.n_rows)) =
        overlaps.head_cols(n_rows).t();
  });
}

// Σ_b slopes(k, b) r(x_b) for all the lanes k.
LinearBatch::State LinearBatch::weighted_sum(const EncodedStates& states, std::size_t group,
                                             const arma::mat& slopes) const {
  const std::size_t lanes = runner_.lanes(), first_row = group * lanes;
  const std::size_t n_rows = std::min<std::size_t>(lanes, slopes.n_rows - first_row);
  arma::mat left(slopes.n_cols, lanes, arma::fill::zeros);
  left.head_cols(n_rows) = slopes.rows(first_row, first_row + n_rows - 1).t();
  const bool whole = states.low.is_empty();
  if (!whole) left = kron_rows(left, states.low);
  const arma::mat& right = whole ? states.whole : states.high;
  State sum(runner_.state_size());
  arma::mat view(sum.data(), left.n_cols, right.n_cols, false, true);
  for_each_piece(view.n_cols, left.n_elem, [&](std::size_t first, std::size_t last) {
    view.cols(first, last) = left.t() * right.cols(first, last);
  });
  return sum;
}

arma::mat LinearBatch::values(const arma::vec& weights, const arma::mat& features) const {
  const auto bound = bind(weights, Direction::forward);
  const EncodedStates states = encode(features);
  arma::mat values(observables_.size(), features.n_cols);
  for (std::size_t group = 0; group < n_groups_; ++group)
    set_overlaps(heisenberg_.run(runner_, bound, observables_of(group)), group, states, values);
  return values;
}

ExpectationFunction::Gradient LinearBatch::gradient(
    const arma::vec& weights, const arma::mat& features,
    const ExpectationFunction::LossDerivative& loss_derivative) const {
  const auto bound = bind(weights, Direction::both);
  const EncodedStates states = encode(features);
  ExpectationFunction::Gradient result{
      arma::mat(observables_.size(), features.n_cols),
      arma::vec(static_cast<arma::uword>(n_weights_), arma::fill::zeros)};
  std::vector<Engine<double>::Tape> tapes;
  for (std::size_t group = 0; group < n_groups_; ++group) {
    tapes.push_back(heisenberg_.record(runner_, bound, observables_of(group)));
    set_overlaps(tapes.back().last, group, states, result.values);
  }
  arma::mat slopes(arma::size(result.values));
  for (arma::uword b = 0; b < features.n_cols; ++b) {
    const arma::vec of_sample = loss_derivative(b, result.values.col(b));
    require_slopes(of_sample, observables_.size());
    slopes.col(b) = of_sample;
  }
  for (std::size_t group = 0; group < n_groups_; ++group) {
    auto environments = heisenberg_.back(runner_, bound, std::move(tapes[group]),
                                         weighted_sum(states, group, slopes));
    heisenberg_.differentiate(
        bound, environments, [&](std::size_t, const Angle& angle, double slope) {
          for (const Angle::Term& term : angle.terms())
            result.weights(static_cast<arma::uword>(term.index)) += term.coefficient * slope;
        });
  }
  return result;
}

}  // namespace rhodrift
