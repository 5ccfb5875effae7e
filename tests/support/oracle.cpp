#include "support/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numbers>

namespace oracle {

using namespace rhodrift;

namespace {

using C = arma::cx_double;
constexpr double pi = std::numbers::pi;
const C i1(0.0, 1.0);

double dimension(const arma::cx_mat& m) {
  return static_cast<double>(m.n_rows);
}

// A gate body of qelib1.inc, statement by statement.
class GateBody {
 public:
  explicit GateBody(int n_qubits)
      : n_(n_qubits), product_(arma::eye<arma::cx_mat>(1u << n_qubits, 1u << n_qubits)) {}

  GateBody& u3(double theta, double phi, double lambda, int q) {
    const double c = std::cos(theta / 2), s = std::sin(theta / 2);
    arma::cx_mat m(2, 2);
    m(0, 0) = c;
    m(0, 1) = -std::exp(i1 * lambda) * s;
    m(1, 0) = std::exp(i1 * phi) * s;
    m(1, 1) = std::exp(i1 * (phi + lambda)) * c;
    product_ = embed(m, {q}, n_) * product_;
    return *this;
  }
  GateBody& cx(int control, int target) {
    arma::cx_mat m(4, 4, arma::fill::zeros);  // index = control + 2 target
    m(0, 0) = m(2, 2) = m(3, 1) = m(1, 3) = 1.0;
    product_ = embed(m, {control, target}, n_) * product_;
    return *this;
  }
  GateBody& u2(double phi, double lambda, int q) { return u3(pi / 2, phi, lambda, q); }
  GateBody& u1(double lambda, int q) { return u3(0, 0, lambda, q); }
  GateBody& h(int q) { return u2(0, pi, q); }
  GateBody& x(int q) { return u3(pi, 0, pi, q); }
  GateBody& s(int q) { return u1(pi / 2, q); }
  GateBody& sdg(int q) { return u1(-pi / 2, q); }
  GateBody& t(int q) { return u1(pi / 4, q); }
  GateBody& rx(double theta, int q) { return u3(theta, -pi / 2, pi / 2, q); }
  GateBody& rzx(double theta, int a, int b) { return h(b).cx(a, b).u1(theta, b).cx(a, b).h(b); }
  const arma::cx_mat& matrix() const { return product_; }

 private:
  int n_;
  arma::cx_mat product_;
};

arma::cx_mat one_qubit_matrix(Op op, const std::vector<double>& a) {
  GateBody g(1);
  switch (op) {
    case Op::id:
    case Op::delay:
      return g.matrix();
    case Op::x:
      return g.x(0).matrix();
    case Op::y:
      return g.u3(pi, pi / 2, pi / 2, 0).matrix();
    case Op::z:
      return g.u1(pi, 0).matrix();
    case Op::h:
      return g.h(0).matrix();
    case Op::s:
      return g.s(0).matrix();
    case Op::sdg:
      return g.sdg(0).matrix();
    case Op::t:
      return g.t(0).matrix();
    case Op::tdg:
      return g.u1(-pi / 4, 0).matrix();
    case Op::sx:
      return g.sdg(0).h(0).sdg(0).matrix();
    case Op::sxdg:
      return g.s(0).h(0).s(0).matrix();
    case Op::rx:
      return g.rx(a[0], 0).matrix();
    case Op::ry:
      return g.u3(a[0], 0, 0, 0).matrix();
    case Op::rz:
    case Op::p:
      return g.u1(a[0], 0).matrix();
    case Op::u2:
      return g.u2(a[0], a[1], 0).matrix();
    case Op::u3:
      return g.u3(a[0], a[1], a[2], 0).matrix();
    default:
      return {};
  }
}

arma::cx_mat two_qubit_matrix(Op op, const std::vector<double>& a) {
  GateBody g(2);
  switch (op) {
    case Op::cx:
      return g.cx(0, 1).matrix();
    case Op::cy:
      return g.sdg(1).cx(0, 1).s(1).matrix();
    case Op::cz:
      return g.h(1).cx(0, 1).h(1).matrix();
    case Op::ch:
      return g.h(1).sdg(1).cx(0, 1).h(1).t(1).cx(0, 1).t(1).h(1).s(1).x(1).s(0).matrix();
    case Op::swap:
      return g.cx(0, 1).cx(1, 0).cx(0, 1).matrix();
    case Op::iswap:
      return g.s(0).s(1).h(0).cx(0, 1).cx(1, 0).h(1).matrix();
    case Op::iswapdg:
      return two_qubit_matrix(Op::iswap, {}).t();
    case Op::sqrt_iswap:
      return two_qubit_matrix(Op::xy, {pi / 2});
    case Op::sqrt_iswapdg:
      return two_qubit_matrix(Op::xy, {-pi / 2});
    case Op::xy:
      return two_qubit_matrix(Op::rxx, {-a[0] / 2}) * two_qubit_matrix(Op::ryy, {-a[0] / 2});
    case Op::ecr:
      return g.rzx(pi / 4, 0, 1).x(0).rzx(-pi / 4, 0, 1).matrix();
    case Op::crx:
      return g.u1(pi / 2, 1)
          .cx(0, 1)
          .u3(-a[0] / 2, 0, 0, 1)
          .cx(0, 1)
          .u3(a[0] / 2, -pi / 2, 0, 1)
          .matrix();
    case Op::cry:
      return g.u3(a[0] / 2, 0, 0, 1).cx(0, 1).u3(-a[0] / 2, 0, 0, 1).cx(0, 1).matrix();
    case Op::crz:
      return g.u1(a[0] / 2, 1).cx(0, 1).u1(-a[0] / 2, 1).cx(0, 1).matrix();
    case Op::cp:
      return g.u1(a[0] / 2, 0).cx(0, 1).u1(-a[0] / 2, 1).cx(0, 1).u1(a[0] / 2, 1).matrix();
    case Op::rxx:
      return g.u3(pi / 2, a[0], 0, 0)
          .h(1)
          .cx(0, 1)
          .u1(-a[0], 1)
          .cx(0, 1)
          .h(1)
          .u2(-pi, pi - a[0], 0)
          .matrix();
    case Op::ryy:
      return g.rx(pi / 2, 0)
          .rx(pi / 2, 1)
          .cx(0, 1)
          .u1(a[0], 1)
          .cx(0, 1)
          .rx(-pi / 2, 0)
          .rx(-pi / 2, 1)
          .matrix();
    case Op::rzz:
      return g.cx(0, 1).u1(a[0], 1).cx(0, 1).matrix();
    default:
      return {};
  }
}

}  // namespace

arma::cx_mat gate_matrix(Op op, const std::vector<double>& angles_rad) {
  return info(op).n_qubits == 1 ? one_qubit_matrix(op, angles_rad)
                                : two_qubit_matrix(op, angles_rad);
}

namespace {

/// |row><column|
arma::cx_mat ket_bra(arma::uword row, arma::uword column) {
  arma::cx_mat matrix(2, 2, arma::fill::zeros);
  matrix(row, column) = 1.0;
  return matrix;
}

Kraus kraus_of_instruction(const Instruction& instruction, const std::vector<double>& angles) {
  switch (instruction.op) {
    case Op::channel:
      return kraus_of(instruction.channel->ptm);
    case Op::reset:
      return {ket_bra(0, 0), ket_bra(0, 1)};
    case Op::measure:
      return {ket_bra(0, 0), ket_bra(1, 1)};
    case Op::postselect0:
      return {ket_bra(0, 0)};
    case Op::postselect1:
      return {ket_bra(1, 1)};
    default:
      return {gate_matrix(instruction.op, angles)};
  }
}

double angle_value(const Angle& angle, const std::vector<double>& weights,
                   const std::vector<double>& features) {
  double value = angle.offset_rad();
  for (const Angle::Term& term : angle.terms())
    value += term.coefficient * (term.source == Angle::Source::weight ? weights : features)
                                    .at(static_cast<std::size_t>(term.index));
  return value;
}

/// The operators of an instruction over all qubits.
Kraus everywhere(const Instruction& instruction, int n_qubits, const std::vector<double>& weights,
                 const std::vector<double>& features) {
  std::vector<double> angles;
  for (const Angle& angle : instruction.angles)
    angles.push_back(angle_value(angle, weights, features));
  Kraus kraus;
  for (const arma::cx_mat& k : kraus_of_instruction(instruction, angles))
    kraus.push_back(embed(k, instruction.qubits, n_qubits));
  return kraus;
}

arma::cx_mat ground_state(int n_qubits) {
  arma::cx_mat density(1u << n_qubits, 1u << n_qubits, arma::fill::zeros);
  density(0, 0) = 1.0;
  return density;
}

/// Whether nothing but barriers comes after instruction `i` on its qubit.
bool is_last_on_qubit(const Circuit& circuit, std::size_t i) {
  const int qubit = circuit.instructions()[i].qubits[0];
  for (std::size_t later = i + 1; later < circuit.instructions().size(); ++later) {
    const Instruction& instruction = circuit.instructions()[later];
    if (instruction.op != Op::barrier && std::ranges::count(instruction.qubits, qubit) > 0)
      return false;
  }
  return true;
}

/// ρ times the probability of the post-selections.
arma::cx_mat evolve_unnormalised(const Circuit& circuit, const std::vector<double>& weights,
                                 const std::vector<double>& features) {
  arma::cx_mat density = ground_state(circuit.n_qubits());
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i) {
    const Instruction& instruction = circuit.instructions()[i];
    if (instruction.op == Op::barrier) continue;
    if (instruction.op == Op::measure && is_last_on_qubit(circuit, i)) continue;
    density = apply_kraus(everywhere(instruction, circuit.n_qubits(), weights, features), density);
  }
  return density;
}

}  // namespace

arma::cx_mat unitary_of(const rhodrift::Circuit& circuit, const rhodrift::Binding& binding) {
  arma::cx_mat product(arma::size(pauli(0, circuit.n_qubits())), arma::fill::eye);
  for (const Instruction& instruction : circuit.instructions()) {
    if (instruction.op == Op::barrier || instruction.op == Op::measure) continue;
    std::vector<double> angles;
    for (const Angle& a : instruction.angles) angles.push_back(a.value(binding));
    product = embed(info(instruction.op).unitary(angles), instruction.qubits, circuit.n_qubits()) *
              product;
  }
  return product;
}

arma::cx_mat evolve(const Circuit& circuit, const std::vector<double>& weights,
                    const std::vector<double>& features) {
  const arma::cx_mat density = evolve_unnormalised(circuit, weights, features);
  return density / arma::trace(density);
}

double postselection_probability(const Circuit& circuit, const std::vector<double>& weights,
                                 const std::vector<double>& features) {
  return std::real(arma::trace(evolve_unnormalised(circuit, weights, features)));
}

double expectation(const Observable& observable, const arma::cx_mat& density) {
  const int n = static_cast<int>(std::lround(std::log2(dimension(density))));
  double sum = 0.0;
  for (const Observable::Term& term : observable.terms()) {
    std::size_t index = 0;
    for (const PauliString::Factor& factor : term.pauli.factors())
      index += static_cast<std::size_t>(factor.pauli) << (2 * factor.qubit);
    sum += term.coefficient * std::real(arma::trace(pauli(index, n) * density));
  }
  return sum;
}

arma::mat confusion(const ReadoutError& error, int n_bits) {
  const arma::uword dim = arma::uword{1} << n_bits;
  arma::mat product = arma::eye(dim, dim);
  for (const ConfusionMatrix& group : error)
    product = arma::real(embed(complex(group.matrix), group.bits, n_bits)) * product;
  return product;
}

arma::vec reported_probabilities(const Circuit& circuit, const arma::cx_mat& density) {
  const std::vector<int> qubit_of_bit = circuit.qubit_of_bit();
  const int n_bits = static_cast<int>(qubit_of_bit.size());
  arma::vec read(arma::uword{1} << n_bits, arma::fill::zeros);
  for (arma::uword bits = 0; bits < read.n_elem; ++bits) {
    arma::cx_mat projector = arma::eye<arma::cx_mat>(arma::size(density));
    for (int bit = 0; bit < n_bits; ++bit) {
      arma::cx_mat outcome(2, 2, arma::fill::zeros);
      outcome((bits >> bit) & 1, (bits >> bit) & 1) = 1.0;
      projector = projector *
                  embed(outcome, {qubit_of_bit[static_cast<std::size_t>(bit)]}, circuit.n_qubits());
    }
    read(bits) = std::real(arma::trace(projector * density));
  }
  return confusion(circuit.readout_error(), n_bits) * read;
}

arma::vec recorded_probabilities(const Circuit& circuit, const std::vector<double>& weights,
                                 const std::vector<double>& features) {
  std::map<std::size_t, arma::cx_mat> state_of_record{{0, ground_state(circuit.n_qubits())}};
  int n_bits = 0;
  for (const Instruction& instruction : circuit.instructions()) {
    if (instruction.op == Op::barrier) continue;
    const bool reads = instruction.op == Op::measure;
    if (reads) n_bits = std::max(n_bits, instruction.bit + 1);
    std::map<std::size_t, arma::cx_mat> next;
    const Kraus kraus = everywhere(instruction, circuit.n_qubits(), weights, features);
    for (const auto& [record, density] : state_of_record)
      for (std::size_t m = 0; m < kraus.size(); ++m) {
        arma::cx_mat& sum = next[reads ? record | m << instruction.bit : record];
        const arma::cx_mat term = kraus[m] * density * kraus[m].t();
        sum = sum.is_empty() ? term : arma::cx_mat(sum + term);
      }
    state_of_record = std::move(next);
  }
  arma::vec read(arma::uword{1} << n_bits, arma::fill::zeros);
  for (const auto& [record, density] : state_of_record)
    read(record) = std::real(arma::trace(density));
  return confusion(circuit.readout_error(), n_bits) * (read / arma::accu(read));
}

// --- Random material -------------------------------------------------------------------------

ConfusionMatrix random_confusion(std::vector<int> bits, RandomStream& random) {
  const arma::uword dim = arma::uword{1} << bits.size();
  arma::mat matrix(dim, dim);
  for (double& entry : matrix) entry = 0.1 * random.uniform();
  matrix.diag() += 1.0;
  for (arma::uword p = 0; p < dim; ++p) matrix.col(p) /= arma::accu(matrix.col(p));
  return {std::move(bits), matrix};
}

namespace {

// A constant, one parameter, or an affine mixture of a weight and a feature.
Angle random_angle(const RandomCircuit& shape, RandomStream& random) {
  Angle angle(random_angles(1, random)[0]);
  if (shape.n_weights > 0 && random.below(3) > 0)
    angle = angle + Angle::weight(
                        static_cast<int>(random.below(static_cast<std::uint64_t>(shape.n_weights))),
                        random.normal());
  if (shape.n_features > 0 && random.below(3) > 0)
    angle =
        angle +
        Angle::feature(static_cast<int>(random.below(static_cast<std::uint64_t>(shape.n_features))),
                       random.normal());
  return angle;
}

void append_random_channel(Circuit& circuit, RandomStream& random) {
  const int k = circuit.n_qubits() == 1 ? 1 : 1 + static_cast<int>(random.below(2));
  const Kraus kraus = random_kraus(k, 1 + static_cast<int>(random.below(4)), random);
  circuit.append_channel("random", random_operands(k, circuit.n_qubits(), random),
                         transfer_matrix(kraus));
}

}  // namespace

Circuit random_circuit(const RandomCircuit& shape, RandomStream& random) {
  Circuit circuit(shape.n_qubits);
  std::vector<OperationInfo> table;  // without what says nothing about states
  std::ranges::copy_if(operation_table(), std::back_inserter(table),
                       [](const OperationInfo& row) { return row.op != Op::delay; });
  while (circuit.instructions().size() < static_cast<std::size_t>(shape.n_instructions)) {
    const OperationInfo& row = table[random.below(table.size())];
    if (row.op == Op::measure || row.op == Op::postselect0 || row.op == Op::postselect1) continue;
    if (row.n_qubits > shape.n_qubits) continue;
    if (!shape.noisy && (row.op == Op::reset || row.op == Op::channel)) continue;
    if (row.op == Op::reset && random.below(4) > 0) continue;  // it forgets what came before
    if (row.op == Op::channel) {
      append_random_channel(circuit, random);
      continue;
    }
    std::vector<Angle> angles;
    for (int k = 0; k < row.n_angles; ++k) angles.push_back(random_angle(shape, random));
    const int n_operands = row.op == Op::barrier ? shape.n_qubits : row.n_qubits;
    circuit.append(row.op, random_operands(n_operands, shape.n_qubits, random), angles);
  }
  return circuit;
}

Circuit random_measured_circuit(const RandomCircuit& part, int n_bits, bool postselections,
                                RandomStream& random) {
  Circuit circuit(part.n_qubits);
  const auto some_qubit = [&] {
    return static_cast<int>(random.below(static_cast<std::uint64_t>(part.n_qubits)));
  };
  for (int bit = 0; bit < n_bits; ++bit) {
    circuit.append(random_circuit(part, random));
    if (postselections && bit % 2 == 0) {
      const int qubit = some_qubit();
      circuit.append(Op::ry, {qubit},
                     {1.1});  // so that neither outcome is impossible after a reset
      circuit.postselect(qubit, static_cast<int>(random.below(2)));
    }
    circuit.measure(some_qubit(), bit);
  }
  return circuit;
}

}  // namespace oracle
