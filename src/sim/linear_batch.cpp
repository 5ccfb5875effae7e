#include "sim/linear_batch.hpp"

#include <algorithm>
#include <cmath>

#include "core/one_blas_thread.hpp"
#include "core/parallel.hpp"

namespace rhodrift {

namespace {

/// What is left of a string that an encoder in native gates does not make; ⟨I⟩ is 1.
constexpr double rounding_error = 1e-15;

/// What the way back through an ansatz costs, without and with one forth, which is 1: as measured.
constexpr std::size_t way_back = 3, way_forth_and_back = 4;

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
    if (factor.terms[term].is_empty()) return;
    arma::mat part = states * factor.terms[term].t();
    part.each_col() %= trig;
    result += part;
  };
  const auto add_cos_and_sin = [&](std::size_t cos_term, std::size_t sin_term, double times) {
    if (factor.terms[cos_term].is_empty() && factor.terms[sin_term].is_empty()) return;
    arma::vec cosines(angles_rad.n_elem), sines(angles_rad.n_elem);
    for (arma::uword b = 0; b < angles_rad.n_elem; ++b) {
      const double angle = times * angles_rad(b);
      const double cosine = std::cos(angle), sine = std::sin(angle);  // one call: sincos
      cosines(b) = cosine;
      sines(b) = sine;
    }
    add(cos_term, cosines);
    add(sin_term, sines);
  };
  add_cos_and_sin(1, 2, 1.0);
  add_cos_and_sin(3, 4, 0.5);
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
      runner_(heisenberg_.batch() ? *heisenberg_.batch() : heisenberg_.single()) {
  if (is_product(circuit.encoder))
    for (int q = 0; q < n_qubits_; ++q) qubit_encoders_.push_back(factors_on(circuit.encoder, q));
  else
    encoder_.emplace(fuse(circuit.encoder), n_qubits_, ProgramOptions{});
}

LinearBatch::Mixture LinearBatch::mixed(const arma::mat& slopes) const {
  const OneBlasThread one_blas_thread;
  arma::mat u, v;
  arma::vec sizes;
  if (!arma::svd_econ(u, sizes, v, slopes)) return {observables_, slopes};
  const double zero = arma::datum::eps * static_cast<double>(slopes.n_cols) * sizes.max();
  const arma::uvec present = arma::find(sizes > zero);
  Mixture mixture;
  if (present.is_empty()) return mixture;  // the loss is flat
  for (const arma::uword r : present) {
    std::vector<Observable::Term> terms;
    for (arma::uword k = 0; k < observables_.size(); ++k)
      for (const Observable::Term& term : observables_[k].terms())
        terms.push_back({u(k, r) * term.coefficient, term.pauli});
    mixture.observables.emplace_back(std::move(terms));
  }
  mixture.slopes = arma::diagmat(sizes(present)) * v.cols(present).t();
  return mixture;
}

bool LinearBatch::pays(std::size_t n_samples) const {
  const MemoryPlan& memory = heisenberg_.memory();
  if (memory.gradient == MemoryPlan::Gradient::none) return false;
  const std::size_t n_whole = encoder_ ? n_samples : 0, n_runs = n_groups(observables_.size());
  return n_groups(n_samples) > n_runs &&
         n_runs * memory.gradient_bytes + n_whole * memory.run_bytes <= machine_memory_bytes();
}

std::size_t LinearBatch::n_groups(std::size_t n_observables) const {
  return (n_observables + runner_.lanes() - 1) / runner_.lanes();
}

Engine<double>::Bound LinearBatch::bind(const arma::vec& weights, Direction direction) const {
  const Binding binding{{weights.memptr(), weights.n_elem}, {}};
  return heisenberg_.bind({&binding, 1}, direction);
}

LinearBatch::PartialStates::PartialStates(arma::mat of_samples)
    : n_strings(of_samples.n_cols),
      strings(arma::find(arma::max(arma::abs(of_samples)) > rounding_error)),
      states(all() ? std::move(of_samples) : arma::mat(of_samples.cols(strings))) {}

LinearBatch::EncodedStates LinearBatch::encode(const arma::mat& features) const {
  const int n_low = encoder_ ? 0 : n_qubits_ / 2;
  return {PartialStates(product_states(features, 0, n_low)),
          PartialStates(encoder_ ? whole_states(features)
                                 : product_states(features, n_low, n_qubits_ - n_low))};
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

LinearBatch::State LinearBatch::group_of(const std::vector<Observable>& observables,
                                         std::size_t group) const {
  const std::size_t lanes = runner_.lanes();
  State state(runner_.state_size(), 0.0);
  for (std::size_t l = 0; l < lanes && group * lanes + l < observables.size(); ++l)
    for (const Observable::Term& term : observables[group * lanes + l].terms())
      state[runner_.start_place(term.pauli.index()) * lanes + l] += term.coefficient;
  return state;
}

// The lanes of λ at the strings that the states have: lanes · low x high.
arma::mat LinearBatch::at_strings(const State& lambda, const EncodedStates& states) const {
  const std::size_t lanes = runner_.lanes();
  const auto& [low, high] = states;
  if (states.all()) return matrix_view(lambda, lanes * low.n_strings);
  arma::mat numbers(lanes * low.strings.n_elem, high.strings.n_elem);
  double* to = numbers.memptr();
  for (const arma::uword h : high.strings)
    for (const arma::uword l : low.strings)
      to = std::copy_n(lambda.data() + (h * low.n_strings + l) * lanes, lanes, to);
  return numbers;
}

// values(k, b) = λ_k · r(x_b), for all the lanes k: the high half is summed over first.
void LinearBatch::set_overlaps(const State& lambda, std::size_t group, const EncodedStates& states,
                               arma::mat& values) const {
  const std::size_t lanes = runner_.lanes(), first_row = group * lanes;
  const std::size_t n_rows = std::min<std::size_t>(lanes, values.n_rows - first_row);
  const arma::mat numbers = at_strings(lambda, states);
  for_each_piece(values.n_cols, numbers.n_elem, [&](std::size_t first, std::size_t last) {
    const arma::mat partial = states.high.states.rows(first, last) * numbers.t();
    arma::mat overlaps(partial.n_rows, lanes, arma::fill::zeros);
    for (std::size_t column = 0; column < partial.n_cols; ++column)
      overlaps.col(column % lanes) +=
          partial.col(column) % states.low.states.col(column / lanes).rows(first, last);
    values.submat(first_row, first, arma::size(n_rows, overlaps.n_rows)) =
        overlaps.head_cols(n_rows).t();
  });
}

// Σ_b slopes(k, b) r(x_b) for all the lanes k.
LinearBatch::State LinearBatch::weighted_sum(const EncodedStates& states, std::size_t group,
                                             const arma::mat& slopes) const {
  const std::size_t lanes = runner_.lanes(), first_row = group * lanes;
  const std::size_t n_rows = std::min<std::size_t>(lanes, slopes.n_rows - first_row);
  const PartialStates &low = states.low, &high = states.high;
  arma::mat left(slopes.n_cols, lanes, arma::fill::zeros);
  left.head_cols(n_rows) = slopes.rows(first_row, first_row + n_rows - 1).t();
  left = kron_rows(left, low.states);
  const auto sum_into = [&](arma::mat& sums) {
    for_each_piece(sums.n_cols, left.n_elem, [&](std::size_t first, std::size_t last) {
      sums.cols(first, last) = left.t() * high.states.cols(first, last);
    });
  };
  if (states.all()) {
    State sum(runner_.state_size());
    arma::mat view(sum.data(), left.n_cols, high.n_strings, false, true);
    sum_into(view);
    return sum;
  }
  arma::mat sums(left.n_cols, high.strings.n_elem);
  sum_into(sums);
  State sum(runner_.state_size(), 0.0);
  const double* from = sums.memptr();
  for (const arma::uword h : high.strings)
    for (const arma::uword l : low.strings) {
      std::copy_n(from, lanes, sum.data() + (h * low.n_strings + l) * lanes);
      from += lanes;
    }
  return sum;
}

arma::mat LinearBatch::values(const arma::vec& weights, const arma::mat& features) const {
  const auto bound = bind(weights, Direction::forward);
  const EncodedStates states = encode(features);
  arma::mat values(observables_.size(), features.n_cols);
  for (std::size_t group = 0; group < n_groups(observables_.size()); ++group)
    set_overlaps(heisenberg_.run(runner_, bound, group_of(observables_, group)), group, states,
                 values);
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
  for (std::size_t group = 0; group < n_groups(observables_.size()); ++group) {
    tapes.push_back(heisenberg_.record(runner_, bound, group_of(observables_, group)));
    set_overlaps(tapes.back().last, group, states, result.values);
  }
  arma::mat slopes(arma::size(result.values));
  for (arma::uword b = 0; b < features.n_cols; ++b) {
    const arma::vec of_sample = loss_derivative(b, result.values.col(b));
    require_slopes(of_sample, observables_.size());
    slopes.col(b) = of_sample;
  }
  if (tapes.size() > 1) {
    const Mixture mixture = mixed(slopes);
    const std::size_t n_mixed = n_groups(mixture.observables.size());
    if (way_forth_and_back * n_mixed < way_back * tapes.size()) {
      tapes.clear();
      for (std::size_t group = 0; group < n_mixed; ++group)
        tapes.push_back(heisenberg_.record(runner_, bound, group_of(mixture.observables, group)));
      slopes = mixture.slopes;
    }
  }
  for (std::size_t group = 0; group < tapes.size(); ++group) {
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
