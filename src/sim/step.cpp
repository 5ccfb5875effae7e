#include "sim/step.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

/// The same map with its two operands exchanged.
TransferMatrix exchange_operands(const TransferMatrix& matrix) {
  arma::uvec order(16);
  for (arma::uword i = 0; i < 16; ++i) order(i) = (i >> 2) | ((i & 3) << 2);
  return matrix(order, order);
}

/// Applies a linear map to every matrix.
template <typename Map>
Factor mapped(Factor factor, Map map) {
  for (TransferMatrix& term : factor.terms)
    if (!term.is_empty()) term = map(term);
  for (Factor::Derivative& derivative : factor.derivatives)
    derivative.matrix = map(derivative.matrix);
  return factor;
}

/// The factor of a step on `from` as one of a step on `to`, other qubits that hold these.
Factor on_qubits(const Factor& factor, const std::vector<int>& from, const std::vector<int>& to) {
  if (from.size() == 2) return mapped(factor, exchange_operands);
  const TransferMatrix identity(4, 4, arma::fill::eye);
  return mapped(factor, [&](const TransferMatrix& term) -> TransferMatrix {
    return from[0] == to[0] ? arma::kron(identity, term) : arma::kron(term, identity);
  });
}

/// `next` after `first`, one of them constant.
Factor multiplied(const Factor& next, const Factor& first) {
  const bool next_is_constant = next.constant();
  const Factor& constant = next_is_constant ? next : first;
  const Factor& other = next_is_constant ? first : next;
  const auto times_constant = [&](const TransferMatrix& matrix) -> TransferMatrix {
    if (next_is_constant) return next.terms[0] * matrix;
    return matrix * first.terms[0];
  };
  Factor product;
  product.angle = other.angle;
  for (std::size_t t = 0; t < product.terms.size(); ++t)
    if (!other.terms[t].is_empty()) product.terms[t] = times_constant(other.terms[t]);
  for (const auto& [number, matrix] : other.derivatives)
    product.derivatives.push_back({number, times_constant(matrix)});
  for (const auto& [number, matrix] : constant.derivatives)  // then both are constant
    product.derivatives.push_back({number, matrix * other.terms[0]});
  product.inverse_norm = first.inverse_norm * next.inverse_norm;
  return product;
}

/// Appends a factor; what is constant is multiplied into its neighbour. A constant with derivatives
/// stays apart from one with an angle, since their product's derivative would have that angle.
void push(std::vector<Factor>& factors, const Factor& next) {
  const auto joins = [](const Factor& constant, const Factor& other) {
    return constant.constant() && (constant.derivatives.empty() || other.constant());
  };
  if (!factors.empty() && (joins(next, factors.back()) || joins(factors.back(), next)))
    factors.back() = multiplied(next, factors.back());
  else
    factors.push_back(next);
}

double cost(const Step& step) {
  return step.product->structure->cost;
}

/// The products of one circuit. Each is made once: gates and channels repeat, and what was joined
/// of them repeats with them.
class Products {
 public:
  using Shared = std::shared_ptr<const Product>;

  /// First to last. Numbers that derivatives are in and that are not among `numbers` are appended.
  std::vector<Shared> of(const Instruction& instruction, std::vector<std::string>& numbers) {
    std::vector<double> values;
    for (const Angle& angle : instruction.angles) {
      if (!angle.is_constant()) return make(instruction, numbers);
      values.push_back(angle.offset_rad());
    }
    const auto [found, fresh] =
        constants_.try_emplace({instruction.op, std::move(values), instruction.channel});
    if (fresh) found->second = make(instruction, numbers);
    return found->second;
  }

  /// `second` after `first`, if that costs no more than both; the qubits of one are among those of
  /// the other. Judged by where the product may have entries, as only accident would make it
  /// sparser.
  std::optional<Step> joined(const Step& first, const Step& second) {
    const bool first_is_larger = first.qubits.size() >= second.qubits.size();
    const std::vector<int>& qubits = (first_is_larger ? first : second).qubits;
    const bool at_front = qubits[0] == (first_is_larger ? second : first).qubits[0];
    const auto [found, fresh] = joined_.try_emplace({first.product, second.product, at_front});
    if (fresh) {
      const NonZeros non_zeros = non_zeros_on(second, qubits).after(non_zeros_on(first, qubits));
      if (block_structure(non_zeros).cost <= cost(first) + cost(second))
        found->second = multiplied_on(qubits, first, second);
    }
    return found->second ? std::optional(Step{qubits, found->second}) : std::nullopt;
  }

 private:
  static NonZeros non_zeros_on(const Step& step, const std::vector<int>& qubits) {
    const NonZeros& own = step.product->non_zeros;
    if (step.qubits == qubits) return own;
    if (step.qubits.size() == 2) return own.exchanged();
    return own.on_operand(step.qubits[0] == qubits[0] ? 0 : 1);
  }

  static Shared multiplied_on(const std::vector<int>& qubits, const Step& first,
                              const Step& second) {
    std::vector<Factor> factors;
    for (const Step* part : {&first, &second})
      for (const Factor& factor : part->product->factors)
        if (part->qubits == qubits)
          push(factors, factor);
        else
          push(factors, on_qubits(factor, part->qubits, qubits));
    return std::make_shared<const Product>(std::move(factors));
  }

  std::vector<Shared> make(const Instruction& instruction, std::vector<std::string>& numbers) {
    std::vector<Shared> products;
    for (Factor& factor : factors_of(instruction)) {
      if (instruction.op == Op::channel)
        for (const ChannelDerivative& derivative : instruction.channel->derivatives) {
          const auto [found, fresh] = index_of_.try_emplace(derivative.number, numbers.size());
          if (fresh) numbers.push_back(derivative.number);
          factor.derivatives.push_back({found->second, derivative.ptm});
        }
      products.push_back(std::make_shared<const Product>(std::vector{std::move(factor)}));
    }
    return products;
  }

  using Constant = std::tuple<Op, std::vector<double>, std::shared_ptr<const ChannelInstruction>>;
  std::map<Constant, std::vector<Shared>> constants_;
  std::map<std::tuple<Shared, Shared, bool>, Shared> joined_;  // null: not worth it
  std::map<std::string, std::size_t> index_of_;
};

/// Steps in order, and for every qubit the last one that touches it.
class Fusion {
 public:
  Fusion(int n_qubits, Products& products)
      : products_(products), last_(static_cast<std::size_t>(n_qubits), -1) {}

  void add(Step step) {
    if (step.product->wide()) return append(std::move(step));
    if (const int index = common_last(step); index >= 0) {
      std::optional<Step>& before = placed_[static_cast<std::size_t>(index)].step;
      if (std::optional<Step> both = products_.joined(*before, step)) {
        if (!is_last(index)) {
          before = std::move(both);
          return;
        }
        // Joined they may be worth joining to what is before them, as neither is alone.
        take_back(index);
        return add(std::move(*both));
      }
    }
    if (step.qubits.size() == 2)
      for (const int q : std::vector<int>(step.qubits)) absorb_last(q, step);
    append(std::move(step));
  }

  std::vector<Step> steps() && {
    std::vector<Step> result;
    for (Placed& placed : placed_)
      if (placed.step) result.push_back(std::move(*placed.step));
    return result;
  }

 private:
  struct Placed {
    std::optional<Step> step;   // none: taken back
    std::vector<int> previous;  // what was the last one on each of its qubits; -1: none
  };

  int& last(int qubit) { return last_[static_cast<std::size_t>(qubit)]; }

  void append(Step step) {
    std::vector<int> previous;
    for (const int q : step.qubits)
      previous.push_back(std::exchange(last(q), static_cast<int>(placed_.size())));
    placed_.push_back({std::move(step), std::move(previous)});
  }

  /// Of a step that is the last one on all of its qubits.
  Step take_back(int index) {
    Placed& placed = placed_[static_cast<std::size_t>(index)];
    Step step = std::move(*placed.step);
    placed.step.reset();
    for (std::size_t k = 0; k < step.qubits.size(); ++k) last(step.qubits[k]) = placed.previous[k];
    return step;
  }

  bool is_last(int index) {
    return std::ranges::all_of(placed_[static_cast<std::size_t>(index)].step->qubits,
                               [&](int q) { return last(q) == index; });
  }

  /// The step, no wide one, that is the last one on every qubit of `step` and on no fewer qubits;
  /// -1: none.
  int common_last(const Step& step) {
    const int index = last(step.qubits[0]);
    if (index < 0) return -1;
    const Step& before = *placed_[static_cast<std::size_t>(index)].step;
    if (before.product->wide() || before.qubits.size() < step.qubits.size()) return -1;
    const bool common = std::ranges::all_of(step.qubits, [&](int q) { return last(q) == index; });
    return common ? index : -1;
  }

  void absorb_last(int qubit, Step& step) {
    const int index = last(qubit);
    if (index < 0) return;
    const Step& before = *placed_[static_cast<std::size_t>(index)].step;
    if (before.qubits.size() != 1) return;
    if (std::optional<Step> both = products_.joined(before, step)) {
      step = std::move(*both);
      take_back(index);
    }
  }

  Products& products_;
  std::vector<Placed> placed_;
  std::vector<int> last_;
};

void require_supported(const Instruction& instruction) {
  constexpr std::size_t most_qubits = 4, most_with_derivatives = 2;
  const std::size_t n = instruction.qubits.size();
  const auto fail = [&](const std::string& problem) {
    throw InputError("program", fmt::format("channel '{}'", instruction.channel->label),
                     fmt::format("acts on {} qubits{}", n, problem));
  };
  if (n > most_qubits) fail(fmt::format(", at most {} are supported", most_qubits));
  if (n > most_with_derivatives && !instruction.channel->derivatives.empty())
    fail(fmt::format(" and has derivatives, which are supported for at most {}",
                     most_with_derivatives));
}

}  // namespace

Product::Product(std::vector<Factor> applied) : factors(std::move(applied)) {
  if (wide()) return;
  non_zeros = factors.front().non_zeros();
  for (auto factor = factors.begin() + 1; factor != factors.end(); ++factor)
    non_zeros = factor->non_zeros().after(non_zeros);
  structure = &block_structure(non_zeros);
}

FusedCircuit fuse(const Circuit& circuit) {
  Products products;
  Fusion fusion(circuit.n_qubits(), products);
  FusedCircuit fused;
  for (const Instruction& instruction : circuit.instructions()) {
    if (instruction.op == Op::barrier || instruction.op == Op::id) continue;
    if (instruction.op == Op::measure && !circuit.is_mid_circuit(instruction.bit)) continue;
    require_supported(instruction);
    for (const Products::Shared& product : products.of(instruction, fused.numbers))
      fusion.add({instruction.qubits, product});
  }
  fused.steps = std::move(fusion).steps();
  return fused;
}

FusedCircuit transposed(const FusedCircuit& circuit) {
  const auto transpose = [](const TransferMatrix& matrix) -> TransferMatrix { return matrix.t(); };
  FusedCircuit result{circuit.steps, circuit.numbers};
  std::ranges::reverse(result.steps);
  std::map<const Product*, std::shared_ptr<const Product>> known;
  for (Step& step : result.steps) {
    std::shared_ptr<const Product>& found = known[step.product.get()];
    if (!found) {
      std::vector<Factor> factors(step.product->factors.rbegin(), step.product->factors.rend());
      for (Factor& factor : factors) factor = mapped(std::move(factor), transpose);
      found = std::make_shared<const Product>(std::move(factors));
    }
    step.product = found;
  }
  return result;
}

}  // namespace rhodrift
