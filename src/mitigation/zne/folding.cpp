#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/zne/folding.hpp>

#include "core/shuffle.hpp"

namespace rhodrift::zne {

namespace {

constexpr std::array names{
    std::pair{Folding::global, "global"},
    std::pair{Folding::gates_left, "gates-left"},
    std::pair{Folding::gates_right, "gates-right"},
    std::pair{Folding::gates_random, "gates-random"},
    std::pair{Folding::layers, "layers"},
    std::pair{Folding::identities, "identities"},
};

[[noreturn]] void fail(const std::string& place, const std::string& problem) {
  throw InputError("zne", place, problem);
}

void require_scale_factor(double scale_factor) {
  if (!(scale_factor >= 1.0 && scale_factor <= max_scale_factor))
    fail("scale factor", fmt::format("{} is outside 1..{}", scale_factor, max_scale_factor));
}

void require_figures(const Circuit& circuit, const std::vector<double>& figures,
                     const std::string& what) {
  if (figures.size() != circuit.instructions().size())
    fail(what, fmt::format("{} given for {} instructions", figures.size(),
                           circuit.instructions().size()));
  for (std::size_t i = 0; i < figures.size(); ++i)
    if (!(figures[i] >= 0.0 && std::isfinite(figures[i])))
      fail(what,
           fmt::format("{} of {} is not a finite number >= 0", figures[i], circuit.place_of(i)));
}

/// One an instruction, 0 for what is no gate.
std::vector<double> weights_of(const Circuit& circuit, const std::vector<double>& given) {
  const std::vector<Instruction>& instructions = circuit.instructions();
  std::vector<double> weights = given;
  if (given.empty()) weights.assign(instructions.size(), 1.0);
  require_figures(circuit, weights, "weights");
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (info(instructions[i].op).unitary == nullptr) weights[i] = 0.0;
  if (std::ranges::all_of(weights, [](double w) { return w == 0.0; }))
    fail("circuit", "holds no gate to fold");
  return weights;
}

double sum_of(const std::vector<double>& weights) {
  return std::accumulate(weights.begin(), weights.end(), 0.0);
}

/// Instructions on different qubits, which are folded together, or some that are not folded.
using Slice = std::vector<std::size_t>;

std::vector<Slice> one_by_one(const Circuit& circuit) {
  std::vector<Slice> slices;
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i) slices.push_back({i});
  return slices;
}

/// The moments of the circuit. A barrier is a slice of its own behind the moment that it closes for
/// its qubits.
std::vector<Slice> moments_of(const Circuit& circuit) {
  std::vector<std::size_t> next(static_cast<std::size_t>(circuit.n_qubits()), 0);
  std::vector<Slice> slices;  // moment m and the barriers behind it are slices 2m and 2m + 1
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i) {
    const Instruction& instruction = circuit.instructions()[i];
    std::size_t moment = 0;
    for (const int q : instruction.qubits)
      moment = std::max(moment, next[static_cast<std::size_t>(q)]);
    const bool is_barrier = instruction.op == Op::barrier;
    // A barrier before everything closes nothing; it stays with the first moment.
    const std::size_t slice = is_barrier && moment > 0 ? 2 * moment - 1 : 2 * moment;
    for (const int q : instruction.qubits)
      next[static_cast<std::size_t>(q)] = moment + (is_barrier ? 0 : 1);
    if (slices.size() <= slice) slices.resize(slice + 1);
    slices[slice].push_back(i);
  }
  return slices;
}

std::vector<double> weights_of(const std::vector<Slice>& slices,
                               const std::vector<double>& weights) {
  std::vector<double> sums;
  for (const Slice& slice : slices) {
    sums.push_back(0.0);
    for (const std::size_t i : slice) sums.back() += weights[i];
  }
  return sums;
}

std::vector<std::size_t> in_order(std::size_t size) {
  std::vector<std::size_t> order(size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  return order;
}

std::vector<std::size_t> shuffled(std::vector<std::size_t> order, std::uint64_t seed) {
  RandomStream random(seed);
  shuffle(order, random);
  return order;
}

/// The order in which slices are folded once more.
std::vector<std::size_t> order_of(Folding folding, std::size_t size, std::uint64_t seed) {
  std::vector<std::size_t> order = in_order(size);
  if (folding == Folding::gates_left) return order;
  if (folding != Folding::gates_right) return shuffled(std::move(order), seed);
  std::ranges::reverse(order);
  return order;
}

/// Whole folds of everything, and the weight that is to be folded once more.
struct Folds {
  std::size_t of_all;
  double rest;
};

Folds folds_for(double scale_factor, double total) {
  const double folds = (scale_factor - 1.0) / 2.0;
  const double whole = std::floor(folds);
  return {static_cast<std::size_t>(whole), (folds - whole) * total};
}

/// Whether `weight` brings `missing` nearer to 0, or past it as far, rounding aside.
bool brings_nearer(double weight, double missing) {
  return weight > 0.0 && weight <= 2.0 * missing * (1.0 + 1e-12);
}

/// Of the parts in their order, all that bring the weight that is missing nearer to 0.
std::vector<std::size_t> choose(const std::vector<double>& weights,
                                const std::vector<std::size_t>& order, double missing) {
  std::vector<std::size_t> chosen;
  for (const std::size_t part : order) {
    if (!brings_nearer(weights[part], missing)) continue;
    chosen.push_back(part);
    missing -= weights[part];
  }
  return chosen;
}

Circuit part_of(const Circuit& circuit, const Slice& which) {
  Circuit part(circuit.n_qubits());
  for (const std::size_t i : which) part.append(circuit.instructions()[i]);
  return part;
}

/// Appends U† U, fenced off from what stands before.
void append_fold(Circuit& circuit, const Circuit& u, const Circuit& inverse,
                 const std::vector<int>& qubits) {
  circuit.append(Op::barrier, qubits).append(inverse).append(Op::barrier, qubits).append(u);
}

FoldedCircuit fold_global(const Circuit& circuit, double scale_factor,
                          const std::vector<double>& weights) {
  const double total = sum_of(weights);
  const Folds folds = folds_for(scale_factor, total);
  const Circuit body = circuit.without_measurements();
  const Circuit inverse = body.inverse();
  std::vector<int> all(static_cast<std::size_t>(circuit.n_qubits()));
  std::iota(all.begin(), all.end(), 0);
  Circuit folded = body;
  for (std::size_t k = 0; k < folds.of_all; ++k) append_fold(folded, body, inverse, all);

  std::size_t begin = weights.size();  // of the end that is folded once more
  double tail_weight = 0.0;
  for (std::size_t i = weights.size(); i-- > 0;)
    if (brings_nearer(weights[i], folds.rest - tail_weight)) {
      tail_weight += weights[i];
      begin = i;
    } else if (weights[i] > 0.0) {
      break;
    }
  Circuit tail(circuit.n_qubits());
  for (std::size_t i = begin; i < weights.size(); ++i)
    if (circuit.instructions()[i].op != Op::measure) tail.append(circuit.instructions()[i]);
  if (begin < weights.size()) append_fold(folded, tail, tail.inverse(), all);

  for (const Instruction& instruction : circuit.instructions())
    if (instruction.op == Op::measure) folded.append(instruction);
  folded.set_readout_error(circuit.readout_error());
  return {std::move(folded), 1.0 + 2.0 * (static_cast<double>(folds.of_all) + tail_weight / total)};
}

/// The circuit with slice s folded folds[s] times; of a slice only what has weight.
Circuit with_slices_folded(const Circuit& circuit, const std::vector<Slice>& slices,
                           const std::vector<double>& weights,
                           const std::vector<std::size_t>& folds) {
  Circuit folded(circuit.n_qubits());
  for (std::size_t s = 0; s < slices.size(); ++s) {
    folded.append(part_of(circuit, slices[s]));
    if (folds[s] == 0) continue;
    Slice gates;
    std::vector<int> qubits;
    for (const std::size_t i : slices[s]) {
      if (weights[i] == 0.0) continue;
      gates.push_back(i);
      const std::vector<int>& operands = circuit.instructions()[i].qubits;
      qubits.insert(qubits.end(), operands.begin(), operands.end());
    }
    const Circuit u = part_of(circuit, gates);
    const Circuit inverse = u.inverse();
    for (std::size_t k = 0; k < folds[s]; ++k) append_fold(folded, u, inverse, qubits);
  }
  folded.set_readout_error(circuit.readout_error());
  return folded;
}

/// Adds to `folds` what brings the slices that `order` names to the factor; returns that reached.
double add_folds(double scale_factor, const std::vector<double>& slice_weights,
                 const std::vector<std::size_t>& order, std::vector<std::size_t>& folds) {
  double total = 0.0;
  for (const std::size_t s : order) total += slice_weights[s];
  const Folds wanted = folds_for(scale_factor, total);
  for (const std::size_t s : order) folds[s] = slice_weights[s] > 0.0 ? wanted.of_all : 0;
  double once_more = 0.0;
  for (const std::size_t s : choose(slice_weights, order, wanted.rest)) {
    ++folds[s];
    once_more += slice_weights[s];
  }
  return 1.0 + 2.0 * (static_cast<double>(wanted.of_all) + once_more / total);
}

FoldedCircuit fold_slices(const Circuit& circuit, double scale_factor,
                          const std::vector<double>& weights, const FoldingOptions& options) {
  const std::vector<Slice> slices =
      options.folding == Folding::layers ? moments_of(circuit) : one_by_one(circuit);
  std::vector<std::size_t> folds(slices.size(), 0);
  const double reached = add_folds(scale_factor, weights_of(slices, weights),
                                   order_of(options.folding, slices.size(), options.seed), folds);
  return {with_slices_folded(circuit, slices, weights, folds), reached};
}

FoldedCircuit insert_identities(const Circuit& circuit, double scale_factor,
                                const std::vector<double>& durations_s) {
  require_figures(circuit, durations_s, "durations");
  Circuit stretched(circuit.n_qubits());
  for (std::size_t i = 0; i < durations_s.size(); ++i) {
    const Instruction& instruction = circuit.instructions()[i];
    stretched.append(instruction);
    const bool is_read = instruction.op == Op::measure && !circuit.is_mid_circuit(instruction.bit);
    const double delay_s = (scale_factor - 1.0) * durations_s[i];
    if (delay_s == 0.0 || is_read) continue;
    for (const int q : instruction.qubits) stretched.delay(q, delay_s);
  }
  const bool is_measured =
      std::ranges::count(circuit.instructions(), Op::measure, &Instruction::op) > 0;
  for (int q = 0; q < circuit.n_qubits() && !is_measured; ++q) stretched.measure(q, q);
  stretched.set_readout_error(circuit.readout_error());
  return {std::move(stretched), scale_factor};
}

}  // namespace

std::string_view to_string(Folding folding) {
  return names[static_cast<std::size_t>(folding)].second;
}

Folding parse_folding(std::string_view name) {
  std::string known;
  for (const auto& [folding, known_name] : names) {
    if (name == known_name) return folding;
    known += known.empty() ? known_name : fmt::format(", {}", known_name);
  }
  fail("folding", fmt::format("'{}' is unknown; known are {}", name, known));
}

FoldedCircuit fold(const Circuit& circuit, double scale_factor, const FoldingOptions& options) {
  require_scale_factor(scale_factor);
  if (options.folding == Folding::identities)
    return insert_identities(circuit, scale_factor, options.durations_s);
  const std::vector<double> weights = weights_of(circuit, options.weights);
  if (options.folding == Folding::global) return fold_global(circuit, scale_factor, weights);
  return fold_slices(circuit, scale_factor, weights, options);
}

FoldedChunks fold_layers(const Circuit& circuit, std::span<const double> scale_factors,
                         const std::vector<double>& given_weights, std::uint64_t seed) {
  for (const double factor : scale_factors) require_scale_factor(factor);
  const std::vector<double> weights = weights_of(circuit, given_weights);
  const std::vector<Slice> slices = moments_of(circuit);
  const std::vector<double> slice_weights = weights_of(slices, weights);
  const auto n_layers = static_cast<std::size_t>(
      std::ranges::count_if(slice_weights, [](double weight) { return weight > 0.0; }));
  const std::size_t n_chunks = scale_factors.size();
  if (n_chunks == 0 || n_chunks > n_layers)
    fail("chunks",
         fmt::format("{} asked for, the circuit has {} layers to fold", n_chunks, n_layers));
  std::vector<std::vector<std::size_t>> chunks(n_chunks);
  std::size_t layer = 0;
  for (std::size_t s = 0; s < slices.size(); ++s)
    if (slice_weights[s] > 0.0) chunks[layer++ * n_chunks / n_layers].push_back(s);

  FoldedChunks result{Circuit(circuit.n_qubits()), {}};
  std::vector<std::size_t> folds(slices.size(), 0);
  for (std::size_t c = 0; c < n_chunks; ++c) {
    const std::vector<std::size_t> order = shuffled(chunks[c], seed);
    result.scale_factors.push_back(add_folds(scale_factors[c], slice_weights, order, folds));
  }
  result.circuit = with_slices_folded(circuit, slices, weights, folds);
  return result;
}

}  // namespace rhodrift::zne
