#include <cmath>
#include <limits>
#include <numbers>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel.hpp>
#include <rhodrift/sim/program.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

constexpr double tolerance = 1e-12;

double largest(const arma::cx_mat& m) {
  return arma::abs(m).max();
}

// Every coefficient of ρ, both ways of looking at it, and the outcome probabilities.
void check_against_oracle(const Circuit& circuit, const std::vector<double>& weights = {},
                          const std::vector<double>& features = {}) {
  const PauliVector state = Program(circuit).run({weights, features});
  const arma::cx_mat expected = oracle::evolve(circuit, weights, features);
  REQUIRE(largest(state.density_matrix() - expected) <= tolerance);
  const int n = circuit.n_qubits();
  double worst = 0.0;
  for (std::size_t p = 0; p < state.coefficients().size(); ++p)
    worst = std::max(worst, std::abs(state.coefficients()[p] -
                                     std::real(arma::trace(oracle::pauli(p, n) * expected))));
  REQUIRE(worst <= tolerance);
  const std::vector<double> probabilities = state.probabilities();
  for (std::size_t b = 0; b < probabilities.size(); ++b)
    REQUIRE(std::abs(probabilities[b] - std::real(expected(b, b))) <= tolerance);
}

// A preparation that leaves no symmetry for a wrong operand order to hide behind.
Circuit mixed_start(int n_qubits, RandomStream& random) {
  Circuit circuit(n_qubits);
  for (int q = 0; q < n_qubits; ++q)
    circuit.append_channel("start", {q},
                           oracle::transfer_matrix(oracle::random_kraus(1, 2, random)));
  for (int q = 0; q + 1 < n_qubits; ++q)
    circuit.append_channel("start", {q, q + 1},
                           oracle::transfer_matrix(oracle::random_kraus(2, 3, random)));
  return circuit;
}

// Nothing in it can be fused, and a ring of qubits takes many passes.
Circuit ring_of_rotations(int n_qubits, int layers) {
  Circuit circuit(n_qubits);
  for (int layer = 0; layer < layers; ++layer)
    for (int q = 0; q < n_qubits; ++q)
      circuit.append(Op::ry, {q}, {0.3}).append(Op::cx, {q, (q + 1) % n_qubits});
  return circuit;
}

Observable random_observable(int n_qubits, RandomStream& random) {
  std::vector<Observable::Term> terms;
  for (int t = 0; t < 3; ++t) {
    std::vector<PauliString::Factor> factors;
    for (int q = 0; q < n_qubits; ++q) factors.push_back({q, static_cast<Pauli>(random.below(4))});
    terms.push_back({random.normal(), PauliString(factors)});
  }
  return Observable(terms);
}

}  // namespace

// --- Forward
// --------------------------------------------------------------------------------------

TEST_CASE("Every gate on every ordered choice of qubits agrees with the oracle") {
  RandomStream random(101);
  const int n = 4;
  const Circuit start = mixed_start(n, random);
  const arma::cx_mat before = oracle::evolve(start);
  for (const OperationInfo& row : operation_table()) {
    if (!row.unitary) continue;
    CAPTURE(row.name);
    for (int a = 0; a < n; ++a)
      for (int b = 0; b < (row.n_qubits == 1 ? 1 : n); ++b) {
        if (row.n_qubits == 2 && a == b) continue;
        const std::vector<int> qubits = row.n_qubits == 1 ? std::vector{a} : std::vector{a, b};
        const std::vector<double> angles = oracle::random_angles(row.n_angles, random);
        Circuit circuit = start;
        circuit.append(row.op, qubits, {angles.begin(), angles.end()});
        const arma::cx_mat u = oracle::embed(oracle::gate_matrix(row.op, angles), qubits, n);
        REQUIRE(largest(Program(circuit).run({}).density_matrix() - u * before * u.t()) <=
                tolerance);
      }
  }
}

TEST_CASE("Every channel on permuted non-adjacent qubits agrees with its Kraus operators") {
  RandomStream random(102);
  const std::vector<std::pair<const char*, oracle::Kraus>> cases = [&] {
    std::vector<std::pair<const char*, oracle::Kraus>> list;
    for (int k = 1; k <= 2; ++k)
      for (int m = 1; m <= 5; ++m) list.emplace_back("random", oracle::random_kraus(k, m, random));
    list.emplace_back("amplitude damping", amplitude_damping(0.3).kraus());
    list.emplace_back("relaxation", thermal_relaxation(50e-6, 70e-6, 20e-6, 0.1).kraus());
    list.emplace_back("depolarizing", depolarizing(2, 0.2).kraus());
    list.emplace_back("reset", reset_channel().kraus());
    return list;
  }();
  const int n = 5;
  const Circuit start = mixed_start(n, random);
  const arma::cx_mat before = oracle::evolve(start);
  for (const auto& [name, kraus] : cases) {
    CAPTURE(name);
    const int k = kraus.front().n_rows == 2 ? 1 : 2;
    for (const std::vector<int>& operands :
         {std::vector{4, 0}, std::vector{0, 4}, std::vector{3, 1}, std::vector{2, 4}}) {
      const std::vector<int> qubits(operands.begin(), operands.begin() + k);
      Circuit circuit = start;
      circuit.append_channel(name, qubits, Channel::from_kraus(kraus).ptm());
      oracle::Kraus everywhere;
      for (const arma::cx_mat& one : kraus) everywhere.push_back(oracle::embed(one, qubits, n));
      REQUIRE(largest(Program(circuit).run({}).density_matrix() -
                      oracle::apply_kraus(everywhere, before)) <= tolerance);
    }
  }
}

TEST_CASE("Random noisy circuits of 1 to 5 qubits agree with the oracle") {
  for (int n = 1; n <= 5; ++n)
    for (std::uint64_t trial = 0; trial < 12; ++trial) {
      CAPTURE(n, trial);
      RandomStream random(103, stream_id(1, static_cast<std::uint64_t>(n), trial));
      const Circuit circuit = oracle::random_circuit(
          {.n_qubits = n, .n_instructions = 40, .n_weights = 4, .n_features = 3}, random);
      check_against_oracle(circuit, oracle::random_angles(circuit.n_weights(), random),
                           oracle::random_angles(circuit.n_features(), random));
    }
}

TEST_CASE("Gates that share a step in either order of operands agree with the oracle") {
  RandomStream random(104);
  Circuit circuit = mixed_start(4, random);
  circuit.append(Op::cx, {3, 1});
  circuit.append(Op::crx, {1, 3}, {Angle::weight(0)});
  circuit.append_channel("c", {3, 1}, oracle::transfer_matrix(oracle::random_kraus(2, 2, random)));
  circuit.append(Op::cry, {3, 1}, {Angle::weight(1, -2.0)});
  circuit.append_channel("c", {1, 3}, oracle::transfer_matrix(oracle::random_kraus(2, 2, random)));
  circuit.append(Op::ch, {1, 3});
  circuit.append(Op::cp, {1, 3}, {Angle::feature(0)});
  CHECK(Program(circuit).n_steps() <= Program(mixed_start(4, random)).n_steps() + 2);
  check_against_oracle(circuit, {0.7, -0.4}, {1.9});
}

TEST_CASE("A gate does not move across one that shares a qubit with it") {
  RandomStream random(105);
  Circuit circuit(3);
  circuit.append(Op::h, {0}).append(Op::cx, {0, 1}).append(Op::t, {0}).append(Op::h, {0});
  circuit.append(Op::cx, {0, 1}).append(Op::cx, {1, 2}).append(Op::cx, {0, 1});
  circuit.append(Op::sx, {2}).append(Op::cx, {2, 1}).append(Op::sx, {2});
  CHECK(Program(circuit).n_steps() < circuit.instructions().size());
  check_against_oracle(circuit);
}

TEST_CASE("Rotations about two axes are one step, though neither joins the other's noise alone") {
  Circuit circuit(1);
  for (int k = 0; k < 3; ++k) {
    circuit.append(Op::rz, {0}, {Angle::weight(k)}).append(Op::sx, {0});
    circuit.append_channel("relaxation", {0}, amplitude_damping(0.01).ptm());
  }
  CHECK(Program(circuit).n_steps() == 1);
}

TEST_CASE("id, barrier and measure do nothing to the state") {
  Circuit circuit(2);
  circuit.append(Op::barrier, {0, 1}).append(Op::id, {1}).measure(0, 1).measure(1, 0);
  const Program program(circuit);
  CHECK(program.n_steps() == 0);
  const arma::cx_mat density = program.run({}).density_matrix();
  CHECK(std::real(density(0, 0)) == 1.0);
  CHECK(std::abs(arma::accu(density) - 1.0) == 0.0);
}

TEST_CASE("A program binds the same circuit to different parameters") {
  Circuit circuit(1);
  circuit.append(Op::rx, {0}, {Angle::weight(0) + Angle::feature(0, 0.5) + 0.25});
  const Program program(circuit);
  for (const double w : {0.0, 0.4, -1.1, 3.0})
    for (const double x : {0.0, 2.0}) {
      const std::vector<double> weights{w}, features{x};
      CHECK(program.run({weights, features}).expectation(PauliString::z({0})) ==
            Approx(std::cos(w + 0.5 * x + 0.25)).margin(1e-15));
    }
}

TEST_CASE("Expectations of observables agree with the oracle") {
  RandomStream random(106);
  for (int trial = 0; trial < 8; ++trial) {
    const Circuit circuit = oracle::random_circuit({.n_qubits = 4}, random);
    const std::vector<Observable> observables{
        random_observable(4, random), random_observable(3, random), Observable(PauliString())};
    const arma::vec values = Program(circuit).expectations({}, observables);
    const arma::cx_mat density = oracle::evolve(circuit);
    for (std::size_t k = 0; k < observables.size(); ++k)
      CHECK(std::abs(values(k) - oracle::expectation(observables[k], density)) <= tolerance);
    CHECK(std::abs(values(2) - 1.0) <= tolerance);
  }
}

TEST_CASE("An observable of 100000 terms has the value and the gradient of its terms") {
  RandomStream random(110);
  const int n = 10;
  std::vector<Observable::Term> terms(100000);
  for (Observable::Term& term : terms) {
    std::vector<PauliString::Factor> factors;
    for (int q = 0; q < n; ++q) factors.push_back({q, static_cast<Pauli>(random.below(4))});
    term = {random.normal() / static_cast<double>(terms.size()), PauliString(std::move(factors))};
  }
  const std::vector<Observable> observables{Observable(terms)};
  Circuit circuit(n);
  for (int q = 0; q < n; ++q) circuit.append(Op::ry, {q}, {0.4 + 0.1 * q});
  for (int q = 0; q < n; ++q)
    circuit.append(Op::cx, {q, (q + 1) % n}).append(Op::rx, {q}, {0.2 * q - 0.7});
  for (int k = 0; k < 3; ++k)
    circuit.append(Op::ry, {4 * k}, {Angle::weight(k)}).append(Op::cx, {4 * k, 5});
  circuit.append_channel("damping", {4}, amplitude_damping(0.2).ptm());
  const Program program(circuit);

  const auto term_by_term = [&](const std::vector<double>& weights) {
    const PauliVector state = program.run({weights, {}});
    double sum = 0.0;
    for (const Observable::Term& term : terms)
      sum += term.coefficient * state.expectation(term.pauli);
    return sum;
  };
  const std::vector<double> weights{0.3, -0.8, 1.1};
  const double expected = term_by_term(weights);
  CHECK(std::abs(expected) > 1e-6);
  CHECK(std::abs(program.expectations({weights, {}}, observables)(0) - expected) <= tolerance);
  CHECK(std::abs(program.run({weights, {}}).expectation(observables[0]) - expected) <= tolerance);
  const ProgramGradient gradient =
      program.gradient({weights, {}}, observables, [](const arma::vec&) { return arma::vec{1.0}; });
  CHECK(std::abs(gradient.expectations(0) - expected) <= tolerance);
  for (std::size_t k = 0; k < weights.size(); ++k) {  // each turns one gate
    std::vector<double> plus = weights, minus = weights;
    plus[k] += std::numbers::pi / 2;
    minus[k] -= std::numbers::pi / 2;
    CHECK(std::abs(gradient.weights(k) - (term_by_term(plus) - term_by_term(minus)) / 2) <=
          tolerance);
  }
}

TEST_CASE(
    "Noisy evolution keeps trace, Hermiticity and positivity, and never gains purity by "
    "unital noise") {
  RandomStream random(107);
  for (int trial = 0; trial < 10; ++trial) {
    const Circuit circuit = oracle::random_circuit({.n_qubits = 3, .n_instructions = 60}, random);
    const PauliVector state = Program(circuit).run({});
    const arma::cx_mat density = state.density_matrix();
    CHECK(std::abs(arma::trace(density) - 1.0) <= tolerance);
    CHECK(largest(density - density.t()) == 0.0);
    CHECK(arma::eig_sym(density).min() >= -tolerance);
    CHECK(state.purity() <= 1.0 + tolerance);
    Circuit depolarized = circuit;
    depolarized.append_channel("depolarizing", {2, 0}, depolarizing(2, 0.1).ptm());
    CHECK(Program(depolarized).run({}).purity() <= state.purity() + tolerance);
  }
}

TEST_CASE("A unitary circuit followed by its inverse restores |0...0>") {
  RandomStream random(108);
  for (int n = 1; n <= 4; ++n) {
    Circuit circuit =
        oracle::random_circuit({.n_qubits = n, .n_weights = 3, .noisy = false}, random);
    circuit.append(circuit.inverse());
    const std::vector<double> weights = oracle::random_angles(circuit.n_weights(), random);
    const std::vector<double> p = Program(circuit).run({weights, {}}).probabilities();
    CHECK(std::abs(p[0] - 1.0) <= tolerance);
  }
}

// --- Adjoint
// --------------------------------------------------------------------------------------

TEST_CASE("<lambda, R r> equals <R^T lambda, r> for steps on any qubits") {
  RandomStream random(109);
  const int n = 4;
  for (int trial = 0; trial < 10; ++trial) {
    const int k = 1 + trial % 2;
    const std::vector<int> qubits = oracle::random_operands(k, n, random);
    const arma::mat matrix(16 / (k == 1 ? 4u : 1u), 16 / (k == 1 ? 4u : 1u), arma::fill::zeros);
    arma::mat real = matrix;
    for (double& entry : real) entry = random.normal();
    // The program from |0...0> with start s is r_s; run R after it, and R^T after the other.
    const Circuit start_r = mixed_start(n, random), start_l = mixed_start(n, random);
    Circuit forward = start_r, backward = start_l;
    forward.append_channel("R", qubits, real);
    backward.append_channel("R^T", qubits, real.t());
    const double left = Program(start_l).run({}).overlap(Program(forward).run({}));
    const double right = Program(backward).run({}).overlap(Program(start_r).run({}));
    CHECK(std::abs(left - right) <= tolerance);
  }
}

// --- Gradients
// ------------------------------------------------------------------------------------

namespace {

struct Numbers {
  std::vector<double> weights, features;
  Binding binding() const { return {weights, features}; }
};

// L = Σ_k c_k <O_k> + ½ Σ_k <O_k>², so that dL/d<O_k> depends on the values.
struct Loss {
  arma::vec c;
  double value(const arma::vec& v) const { return arma::dot(c, v) + 0.5 * arma::dot(v, v); }
  arma::vec derivative(const arma::vec& v) const { return c + v; }
};

// Central differences, extrapolated from steps h and h/2 (Richardson): error O(h⁴).
double central_difference(const std::function<double(double)>& f) {
  const auto slope = [&](double h) { return (f(h) - f(-h)) / (2 * h); };
  constexpr double h = 2e-3;
  return (4 * slope(h / 2) - slope(h)) / 3;
}

void check_gradient(const Circuit& circuit, Numbers at,
                    const std::vector<Observable>& observables) {
  const Program program(circuit);
  Loss loss{arma::linspace(0.7, -1.3, observables.size())};
  const ProgramGradient gradient = program.gradient(
      at.binding(), observables, [&](const arma::vec& values) { return loss.derivative(values); });
  CHECK(arma::abs(gradient.expectations - program.expectations(at.binding(), observables)).max() <=
        1e-14);
  REQUIRE(gradient.weights.n_elem == at.weights.size());
  REQUIRE(gradient.features.n_elem == at.features.size());
  const auto check = [&](std::vector<double>& numbers, const arma::vec& found, const char* kind) {
    const double scale = std::max(1e-3, found.is_empty() ? 0.0 : arma::abs(found).max());
    for (std::size_t k = 0; k < numbers.size(); ++k) {
      CAPTURE(kind, k);
      const double centre = numbers[k];
      const double expected = central_difference([&](double step) {
        numbers[k] = centre + step;
        return loss.value(program.expectations(at.binding(), observables));
      });
      numbers[k] = centre;
      CHECK(std::abs(found(k) - expected) <= 1e-7 * scale);
    }
  };
  check(at.weights, gradient.weights, "weight");
  check(at.features, gradient.features, "feature");
}

}  // namespace

TEST_CASE("Gradients of every angle of every parametric gate agree with central differences") {
  RandomStream random(110);
  const int n = 3;
  for (const OperationInfo& row : operation_table()) {
    if (row.n_angles == 0) continue;
    CAPTURE(row.name);
    for (int trial = 0; trial < 3; ++trial) {
      Circuit circuit = mixed_start(n, random);
      std::vector<Angle> angles;
      for (int k = 0; k < row.n_angles; ++k) angles.push_back(Angle::weight(k));
      circuit.append(row.op, oracle::random_operands(row.n_qubits, n, random), angles);
      circuit.append(mixed_start(n, random));
      check_gradient(circuit, {oracle::random_angles(row.n_angles, random), {}},
                     {random_observable(n, random), random_observable(n, random)});
    }
  }
}

TEST_CASE(
    "Gradients on random noisy circuits with shared, scaled weights and features agree with "
    "central differences") {
  for (std::uint64_t trial = 0; trial < 10; ++trial) {
    CAPTURE(trial);
    RandomStream random(111, trial);
    const int n = 1 + static_cast<int>(trial % 4);
    // Few channels mix fully here: start from the random gates, then noise of a device's size.
    Circuit circuit(n);
    const Circuit gates = oracle::random_circuit(
        {.n_qubits = n, .n_instructions = 25, .n_weights = 4, .n_features = 3, .noisy = false},
        random);
    for (const Instruction& instruction : gates.instructions()) {
      circuit.append(instruction);
      for (const int q : instruction.qubits)
        circuit.append_channel("relaxation", {q}, thermal_relaxation(50e-6, 60e-6, 1e-6).ptm());
      if (instruction.qubits.size() == 2)
        circuit.append_channel("depolarizing", instruction.qubits, depolarizing(2, 0.02).ptm());
    }
    check_gradient(circuit,
                   {oracle::random_angles(circuit.n_weights(), random),
                    oracle::random_angles(circuit.n_features(), random)},
                   {random_observable(n, random), random_observable(n, random)});
  }
}

TEST_CASE("Several parametric gates in one step, in both orders, have the right gradients") {
  RandomStream random(112);
  Circuit circuit = mixed_start(3, random);
  circuit.append(Op::crx, {2, 0}, {Angle::weight(0)});
  circuit.append(Op::cry, {0, 2}, {Angle::weight(1, -0.5) + Angle::weight(0, 2.0)});
  circuit.append_channel("c", {0, 2}, oracle::transfer_matrix(oracle::random_kraus(2, 2, random)));
  circuit.append(Op::rzz, {2, 0}, {Angle::feature(0) + Angle::weight(1) + 0.3});
  circuit.append(Op::ecr, {0, 2});
  circuit.append(Op::crz, {0, 2}, {Angle::feature(1, 3.0)});
  circuit.append(Op::u3, {1}, {Angle::weight(0), 0.4, Angle::weight(0, -1.0)});
  circuit.append_channel("c", {1}, amplitude_damping(0.1).ptm());
  circuit.append(Op::u2, {1}, {Angle::feature(0), Angle::weight(2)});
  check_gradient(circuit, {{0.3, -1.2, 2.2}, {0.8, -0.1}},
                 {random_observable(3, random), random_observable(3, random)});
}

TEST_CASE("Gradients of rotations agree with the parameter shift rule") {
  // exp(-iθG/2), G² = 1: df/dθ = (f(θ+π/2) - f(θ-π/2))/2, also through noise.
  RandomStream random(113);
  const std::vector<Op> rotations{Op::rx, Op::ry, Op::rz, Op::rxx, Op::ryy, Op::rzz};
  for (int trial = 0; trial < 6; ++trial) {
    const int n = 3;
    Circuit circuit = mixed_start(n, random);
    int weight = 0;
    for (int layer = 0; layer < 2; ++layer)
      for (const Op op : rotations) {
        const auto qubits = oracle::random_operands(info(op).n_qubits, n, random);
        circuit.append(op, qubits, {Angle::weight(weight++)});
        circuit.append_channel("r", {qubits[0]}, thermal_relaxation(50e-6, 60e-6, 1e-6).ptm());
        circuit.append(Op::cx, oracle::random_operands(2, n, random));
      }
    const Program program(circuit);
    std::vector<double> weights = oracle::random_angles(weight, random);
    const std::vector<Observable> observables{random_observable(n, random)};
    const ProgramGradient gradient = program.gradient(
        {weights, {}}, observables, [](const arma::vec&) { return arma::vec{1.0}; });
    const auto value = [&] { return program.expectations({weights, {}}, observables)(0); };
    for (std::size_t k = 0; k < weights.size(); ++k) {
      const double centre = weights[k];
      weights[k] = centre + std::numbers::pi / 2;
      const double plus = value();
      weights[k] = centre - std::numbers::pi / 2;
      const double minus = value();
      weights[k] = centre;
      CHECK(std::abs(gradient.weights(k) - (plus - minus) / 2) <= 1e-10);
    }
  }
}

TEST_CASE("A weight whose gate no observable sees has derivative 0") {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {Angle::weight(0)}).append(Op::ry, {1}, {Angle::weight(1)});
  const std::vector<Observable> observables{Observable::z(0)};
  const std::vector<double> weights{0.4, 0.9};
  const ProgramGradient gradient = Program(circuit).gradient(
      {weights, {}}, observables, [](const arma::vec&) { return arma::vec{1.0}; });
  CHECK(gradient.weights(0) == Approx(-std::sin(0.4)).margin(1e-15));
  CHECK(std::abs(gradient.weights(1)) <= 1e-16);
}

TEST_CASE("Programs of the same circuit share what was compiled, others do not") {
  const auto model = [](double error_prob, double offset_rad) {
    Circuit circuit(3);
    circuit.append(Op::ry, {0}, {Angle::weight(0) + Angle(offset_rad)}).append(Op::cx, {0, 1});
    return circuit.append_channel("noise", {0, 1}, depolarizing(2, error_prob).ptm());
  };
  // They keep the list of numbers in what was compiled.
  const auto same = [](const Program& a, const Program& b) { return &a.numbers() == &b.numbers(); };
  const Program first(model(0.1, 0.0));
  CHECK(same(first, Program(model(0.1, 0.0))));
  CHECK_FALSE(same(first, Program(model(0.2, 0.0))));
  CHECK_FALSE(same(first, Program(model(0.1, 0.3))));
  CHECK_FALSE(same(first, Program(model(0.1, 0.0), {.precision = Precision::float32})));
  CHECK_FALSE(same(first, Program(model(0.1, 0.0).append(Op::x, {2}))));
  const std::vector<double> weights{0.7};
  const std::vector<Observable> observables{Observable::z(1)};
  CHECK(first.expectations({weights, {}}, observables)(0) !=
        Program(model(0.2, 0.0)).expectations({weights, {}}, observables)(0));
}

// --- Bad input
// ------------------------------------------------------------------------------------

TEST_CASE("Programs refuse what they cannot run and say why") {
  Circuit circuit(2);
  circuit.append(Op::rx, {0}, {Angle::weight(1) + Angle::feature(0)});
  const Program program(circuit);
  const std::vector<double> one{0.1}, two{0.1, 0.2};
  CHECK_THROWS_WITH(program.run({one, one}),
                    ContainsSubstring("weights") && ContainsSubstring("takes 2, got 1"));
  CHECK_THROWS_WITH(program.run({two, two}),
                    ContainsSubstring("features") && ContainsSubstring("takes 1, got 2"));
  CHECK_THROWS_AS(program.run({one, one}), InputError);

  const std::vector<double> bad{0.1, std::numeric_limits<double>::quiet_NaN()};
  CHECK_THROWS_WITH(program.run({bad, one}), ContainsSubstring("weights") &&
                                                 ContainsSubstring("1") &&
                                                 ContainsSubstring("nan is not finite"));

  const std::vector<Observable> outside{Observable::z(2)};
  CHECK_THROWS_WITH(program.expectations({two, one}, outside),
                    ContainsSubstring("Z2") && ContainsSubstring("reaches qubit 2") &&
                        ContainsSubstring("2 qubits"));
  CHECK_THROWS_AS(program.gradient({two, one}, outside, [](const arma::vec& v) { return v; }),
                  InputError);
  const std::vector<Observable> fine{Observable::z(0)};
  CHECK_THROWS_WITH(
      program.gradient({two, one}, fine,
                       [](const arma::vec&) {
                         return arma::vec{1.0, 2.0};
                       }),
      ContainsSubstring("derivative") && ContainsSubstring("2 entries for 1 observables"));
}

TEST_CASE("A state or a gradient that does not fit says how many bytes it takes") {
  CHECK_THROWS_WITH(Program(Circuit(20)),
                    ContainsSubstring("20 qubits") && ContainsSubstring("8796093022208 bytes"));
  CHECK_THROWS_AS(Program(Circuit(20)), InputError);
  CHECK_THROWS_WITH(Program(Circuit(40)),
                    ContainsSubstring("40 qubits") && ContainsSubstring("9.67e+24"));
  CHECK_THROWS_WITH(Program(Circuit(9), {.memory_bytes = 2'000'000}),
                    ContainsSubstring("9 qubits") && ContainsSubstring("2097152 bytes") &&
                        ContainsSubstring("2000000"));
  // One state of nine qubits fits, two do not.
  const Program program(ring_of_rotations(9, 2), {.memory_bytes = 3'000'000});
  CHECK(program.memory().gradient == MemoryPlan::Gradient::none);
  const std::vector<Observable> observables{Observable::z(0)};
  CHECK_THROWS_WITH(program.gradient({}, observables, [](const arma::vec& v) { return v; }),
                    ContainsSubstring("gradient") && ContainsSubstring("9 qubits") &&
                        ContainsSubstring("2097152 bytes"));
}
