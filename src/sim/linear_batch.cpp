#include "sim/linear_batch.hpp"

#include <algorithm>

#include "sim/one_blas_thread.hpp"
#include "sim/parallel.hpp"

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

/// What acts on one qubit, as a circuit of its own.
Circuit of_qubit(const Circuit& circuit, int qubit) {
  Circuit result(1);
  for (Instruction instruction : circuit.instructions())
    if (instruction.qubits[0] == qubit) {
      instruction.qubits = {0};
      result.append(instruction);
    }
  return result;
}

// Products of matrices are made in pieces of so many columns, whatever the number of threads.
constexpr std::size_t piece_columns = 16;

template <typename Body>
void for_each_piece(std::size_t n_columns, Body body) {
  const OneBlasThread one_blas_thread;
  parallel_for((n_columns + piece_columns - 1) / piece_columns, [&](std::size_t piece) {
    const std::size_t first = piece * piece_columns;
    body(first, std::min(first + piece_columns, n_columns) - 1);
  });
}

/// A state as a matrix, without a copy.
const arma::mat matrix_view(const AlignedVector<double>& state, std::size_t n_rows) {
  return arma::mat(const_cast<double*>(state.data()), n_rows, state.size() / n_rows, false, true);
}

}  // namespace

std::optional<EncoderAnsatz> split(const Circuit& circuit) {
  if (circuit.n_features() == 0) return std::nullopt;
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
      encoder_(fuse(circuit.encoder), n_qubits_, {}),
      heisenberg_(transposed(fuse(circuit.ansatz)), n_qubits_, {}),
      runner_(heisenberg_.batch() ? *heisenberg_.batch() : heisenberg_.single()),
      n_groups_((observables_.size() + runner_.lanes() - 1) / runner_.lanes()) {
  if (!heisenberg_.batch() && is_product(circuit.encoder))
    for (int q = 0; q < n_qubits_; ++q) qubit_encoders_.emplace_back(of_qubit(circuit.encoder, q));
}

bool LinearBatch::pays(std::size_t n_samples) const {
  const MemoryPlan& memory = heisenberg_.memory();
  if (memory.gradient == MemoryPlan::Gradient::none) return false;
  const std::size_t n_whole = heisenberg_.batch() || qubit_encoders_.empty() ? n_samples : 0;
  return (n_samples + runner_.lanes() - 1) / runner_.lanes() > n_groups_ &&
         n_groups_ * memory.gradient_bytes + n_whole * memory.run_bytes <= physical_memory_bytes();
}

Engine<double>::Bound LinearBatch::bind(const arma::vec& weights, Direction direction) const {
  const Binding binding{{weights.memptr(), weights.n_elem}, {}};
  return heisenberg_.bind(std::vector(runner_.lanes(), binding), direction);
}

LinearBatch::EncodedStates LinearBatch::encode(const arma::mat& features) const {
  if (qubit_encoders_.empty()) return {whole_states(features), {}, {}};
  const int n_low = n_qubits_ / 2;
  return {
      {}, product_states(features, 0, n_low), product_states(features, n_low, n_qubits_ - n_low)};
}

arma::mat LinearBatch::whole_states(const arma::mat& features) const {
  const auto& runner = encoder_.batch() ? *encoder_.batch() : encoder_.single();
  const std::size_t lanes = runner.lanes(), n_samples = features.n_cols;
  arma::mat states(runner.state_size() / lanes, n_samples);
  const auto encode_from = [&](std::size_t first) {
    std::vector<Binding> bindings;
    for (std::size_t l = 0; l < lanes; ++l)
      bindings.push_back(
          {{}, {features.colptr(std::min(first + l, n_samples - 1)), features.n_rows}});
    const State state =
        encoder_.run(runner, encoder_.bind(bindings, Direction::forward), runner.ground_state());
    for (std::size_t l = 0; l < lanes && first + l < n_samples; ++l)
      for (std::size_t i = 0; i < states.n_rows; ++i) states(i, first + l) = state[i * lanes + l];
  };
  const std::size_t n_runs = (n_samples + lanes - 1) / lanes;
  if (runner.n_tiles() == 1)
    parallel_for(n_runs, [&](std::size_t r) { encode_from(r * lanes); });
  else
    for (std::size_t r = 0; r < n_runs; ++r) encode_from(r * lanes);
  return states;
}

// Of n_qubits qubits from the first one on, a column a sample.
arma::mat LinearBatch::product_states(const arma::mat& features, int first_qubit,
                                      int n_qubits) const {
  arma::mat states(std::size_t{1} << (2 * n_qubits), features.n_cols);
  parallel_for(features.n_cols, [&](std::size_t b) {
    arma::vec state{1.0};
    for (int q = first_qubit; q < first_qubit + n_qubits; ++q) {
      const Program& encoder = qubit_encoders_[static_cast<std::size_t>(q)];
      const auto n_used = static_cast<std::size_t>(encoder.n_features());
      const PauliVector qubit = encoder.run({{}, {features.colptr(b), n_used}});
      state =
          arma::vectorise(state * arma::rowvec(std::vector<double>(qubit.coefficients().begin(),
                                                                   qubit.coefficients().end())));
    }
    states.col(b) = state;
  });
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

// values(k, b) = λ_k · r(x_b). A product state's is low_bᵀ Λ_k high_b with λ_k as a matrix.
void LinearBatch::add_overlaps(const State& lambda, std::size_t group, const EncodedStates& states,
                               arma::mat& values) const {
  const std::size_t lanes = runner_.lanes();
  for_each_piece(values.n_cols, [&](std::size_t first, std::size_t last) {
    arma::mat overlaps;
    if (states.low.is_empty()) {
      overlaps = matrix_view(lambda, lanes) * states.whole.cols(first, last);
    } else {
      const arma::mat halfway =
          matrix_view(lambda, states.low.n_rows) * states.high.cols(first, last);
      overlaps = arma::sum(states.low.cols(first, last) % halfway, 0);
    }
    for (std::size_t l = 0; l < lanes && group * lanes + l < values.n_rows; ++l)
      values.row(group * lanes + l).cols(first, last) = overlaps.row(l);
  });
}

// Σ_b slopes(k, b) r(x_b) for the observables of the group; of product states low diag(slopes)
// highᵀ.
LinearBatch::State LinearBatch::weighted_sum(const EncodedStates& states, std::size_t group,
                                             const arma::mat& slopes) const {
  const std::size_t lanes = runner_.lanes();
  State sum(runner_.state_size());
  const bool whole = states.low.is_empty();
  arma::mat view(sum.data(), whole ? lanes : states.low.n_rows,
                 whole ? states.whole.n_rows : states.high.n_rows, false, true);
  arma::mat here(lanes, slopes.n_cols, arma::fill::zeros);
  for (std::size_t l = 0; l < lanes && group * lanes + l < slopes.n_rows; ++l)
    here.row(l) = slopes.row(group * lanes + l);
  const arma::mat left = whole ? here : arma::mat(states.low.each_row() % here.row(0));
  const arma::mat& right = whole ? states.whole : states.high;
  for_each_piece(view.n_cols, [&](std::size_t first, std::size_t last) {
    view.cols(first, last) = left * right.rows(first, last).t();
  });
  return sum;
}

arma::mat LinearBatch::values(const arma::vec& weights, const arma::mat& features) const {
  const auto bound = bind(weights, Direction::forward);
  const EncodedStates states = encode(features);
  arma::mat values(observables_.size(), features.n_cols);
  for (std::size_t group = 0; group < n_groups_; ++group)
    add_overlaps(heisenberg_.run(runner_, bound, observables_of(group)), group, states, values);
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
    add_overlaps(tapes.back().last, group, states, result.values);
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
    heisenberg_.for_each_slope(
        bound, environments, [&](std::size_t, const Angle& angle, double slope) {
          for (const Angle::Term& term : angle.terms())
            result.weights(static_cast<arma::uword>(term.index)) += term.coefficient * slope;
        });
  }
  return result;
}

}  // namespace rhodrift
