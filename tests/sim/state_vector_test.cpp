#include "sim/state_vector.hpp"

#include <cmath>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>

#include "sim/fused_state.hpp"
#include "support/catch.hpp"
#include "support/dense.hpp"
#include "support/for_each_target.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;

namespace {

using C = std::complex<double>;

/// ψ <- (M on the qubits) ψ, amplitude by amplitude from the definition.
std::vector<C> applied(const arma::cx_mat& matrix, const std::vector<int>& qubits,
                       const std::vector<C>& state) {
  std::vector<C> result(state.size());
  for (std::size_t to = 0; to < state.size(); ++to) {
    arma::uword row = 0;
    for (std::size_t k = 0; k < qubits.size(); ++k) row |= (to >> qubits[k] & 1) << k;
    for (arma::uword column = 0; column < matrix.n_cols; ++column) {
      std::size_t from = to;
      for (std::size_t k = 0; k < qubits.size(); ++k)
        from = (from & ~(std::size_t{1} << qubits[k])) | (column >> k & 1) << qubits[k];
      result[to] += matrix(row, column) * state[from];
    }
  }
  return result;
}

/// Not unitary in general. Every second one has one entry a row.
arma::cx_mat random_operator(std::size_t n_operands, RandomStream& random) {
  const auto dim = arma::uword{1} << n_operands;
  arma::cx_mat matrix(dim, dim, arma::fill::zeros);
  const bool sparse = random.below(2) == 0;
  for (arma::uword r = 0; r < dim; ++r) {
    const arma::uword only = random.below(dim);
    for (arma::uword c = 0; c < dim; ++c)
      if (!sparse || c == only) matrix(r, c) = C(random.normal(), random.normal());
  }
  return matrix / 2.0;
}

double distance(const StateVector& state, const std::vector<C>& expected) {
  double worst = 0.0;
  for (std::size_t b = 0; b < expected.size(); ++b)
    worst = std::max(worst, std::abs(state.amplitudes()[b] - expected[b]));
  return worst;
}

/// A state with no symmetry, and the same as plain numbers.
std::pair<StateVector, std::vector<C>> random_state(int n_qubits, RandomStream& random) {
  StateVector state(n_qubits);
  std::vector<C> plain(std::size_t{1} << n_qubits);
  plain[0] = 1.0;
  for (int q = 0; q < n_qubits; ++q) {
    const std::vector<int> on =
        n_qubits == 1 ? std::vector<int>{0} : std::vector<int>{q, (q + 1) % n_qubits};
    const arma::cx_mat unitary = oracle::random_unitary(static_cast<int>(on.size()), random);
    state.apply(unitary, on);
    plain = applied(unitary, on, plain);
  }
  return {std::move(state), std::move(plain)};
}

std::vector<std::vector<int>> all_operands(int n_qubits) {
  std::vector<std::vector<int>> operands;
  for (int a = 0; a < n_qubits; ++a) {
    operands.push_back({a});
    for (int b = 0; b < n_qubits; ++b)
      if (a != b) operands.push_back({a, b});
  }
  return operands;
}

}  // namespace

TEST_CASE("Operators of every structure do what their matrix says, on every pair and target") {
  for_each_target([] {
    RandomStream random(601);
    for (int n = 1; n <= 6; ++n)
      for (const std::vector<int>& qubits : all_operands(n))
        for (int trial = 0; trial < 4; ++trial) {
          auto [state, plain] = random_state(n, random);
          const arma::cx_mat matrix = random_operator(qubits.size(), random);
          state.apply(matrix, qubits);
          REQUIRE(distance(state, applied(matrix, qubits, plain)) <= 1e-14);
        }
  });
}

TEST_CASE("States of many chunks are treated as small ones are") {
  RandomStream random(602);
  const int n = 15;
  auto [state, plain] = random_state(n, random);
  for (const std::vector<int>& qubits :
       std::vector<std::vector<int>>{{0}, {14}, {12}, {0, 14}, {13, 14}, {14, 1}, {11, 12}}) {
    const arma::cx_mat matrix = random_operator(qubits.size(), random);
    state.apply(matrix, qubits);
    plain = applied(matrix, qubits, plain);
    CHECK(distance(state, plain) <= 1e-13);
  }
  state.reset();
  CHECK(state.amplitudes()[0] == 1.0);
  CHECK(state.squared_norm() == 1.0);
}

TEST_CASE("Expectations of Pauli strings are those of the dense matrices, times the norm") {
  RandomStream random(603);
  const int n = 4;
  auto [state, plain] = random_state(n, random);
  state.apply(2.0 * arma::eye<arma::cx_mat>(2, 2), std::vector<int>{1});
  const arma::cx_vec psi = 2.0 * arma::cx_vec(plain);
  for (std::size_t index = 0; index < 256; ++index) {
    std::vector<PauliString::Factor> factors;
    for (int q = 0; q < n; ++q) factors.push_back({q, static_cast<Pauli>(index >> (2 * q) & 3)});
    const double expected = std::real(arma::cdot(psi, oracle::pauli(index, n) * psi));
    CHECK(std::abs(state.expectation(PauliString(factors)) - expected) <= 1e-14);
  }
}

TEST_CASE("Expectations across chunks are those of the operator") {
  RandomStream random(604);
  auto [state, plain] = random_state(14, random);
  for (const char* text : {"Z13", "X13", "Y0 Y13", "X2 Y12 Z13", "Z0 Z5", "Y11 X12 Y13 Z1"}) {
    const PauliString pauli = PauliString::parse(text);
    std::vector<C> image = plain;
    for (const auto& [qubit, factor] : pauli.factors())
      image = applied(oracle::pauli(static_cast<std::size_t>(factor), 1), {qubit}, image);
    C expected = 0.0;
    for (std::size_t b = 0; b < plain.size(); ++b) expected += std::conj(plain[b]) * image[b];
    CHECK(std::abs(state.expectation(pauli) - expected.real()) <= 1e-13);
  }
}

TEST_CASE("The reduced density matrix of any operands is the partial trace") {
  RandomStream random(605);
  for (const int n : {2, 5, 14}) {
    auto [state, plain] = random_state(n, random);
    for (const std::vector<int>& qubits :
         std::vector<std::vector<int>>{{0}, {n - 1}, {0, 1}, {1, 0}, {n - 1, 0}, {n / 2, n - 1}}) {
      if (qubits.front() == qubits.back() && qubits.size() == 2) continue;
      const auto dim = arma::uword{1} << qubits.size();
      arma::cx_mat expected(dim, dim, arma::fill::zeros);
      for (std::size_t b = 0; b < plain.size(); ++b)
        for (arma::uword column = 0; column < dim; ++column) {
          arma::uword row = 0;
          std::size_t other = b;
          for (std::size_t k = 0; k < qubits.size(); ++k) {
            const std::size_t bit = std::size_t{1} << qubits[k];
            row |= (b >> qubits[k] & 1) << k;
            other = (column >> k & 1) != 0 ? other | bit : other & ~bit;
          }
          expected(row, column) += plain[b] * std::conj(plain[other]);
        }
      CHECK(arma::abs(state.reduced_density(qubits) - expected).max() <= 1e-14);
    }
  }
}

TEST_CASE("A basis state is drawn where the cumulative sum of the probabilities passes u") {
  RandomStream random(606);
  for (const int n : {1, 4, 14}) {
    auto [state, plain] = random_state(n, random);
    state.apply(0.5 * arma::eye<arma::cx_mat>(2, 2), std::vector<int>{0});
    const std::vector<double> p = state.probabilities();
    for (int draw = 0; draw < 200; ++draw) {
      const double u = random.uniform();
      double sum = 0.0;
      std::size_t expected = 0;
      while (sum + p[expected] <= u) sum += p[expected++];
      CHECK(state.sample(u) == expected);
    }
  }
}

TEST_CASE("A basis state of amplitude zero is never drawn") {
  StateVector state(14);
  const arma::cx_mat flip = oracle::pauli(1, 1);
  state.apply(flip, std::vector<int>{13});
  state.apply(flip, std::vector<int>{2});
  for (const double u : {0.0, 0.5, std::nextafter(1.0, 0.0)}) CHECK(state.sample(u) == 8192 + 4);
}

TEST_CASE("Fused operators are applied in their order") {
  RandomStream random(607);
  const int n = 5;
  for (int trial = 0; trial < 20; ++trial) {
    FusedState fused(n);
    StateVector plain(n);
    for (int step = 0; step < 40; ++step) {
      const std::vector<int> qubits =
          oracle::random_operands(1 + static_cast<int>(random.below(2)), n, random);
      const arma::cx_mat unitary = oracle::random_unitary(static_cast<int>(qubits.size()), random);
      fused.apply(unitary, qubits);
      plain.apply(unitary, qubits);
      if (random.below(10) == 0) fused.state();
    }
    const auto expected = plain.amplitudes();
    REQUIRE(distance(fused.state(), {expected.begin(), expected.end()}) <= 1e-13);
    fused.apply(oracle::random_unitary(1, random), std::vector<int>{0});
    fused.reset();
    CHECK(fused.state().amplitudes()[0] == 1.0);
  }
}

TEST_CASE("A state that is shared out over threads is the same as on one") {
  const auto result_with = [](int n_threads) {
    const ThreadCount scope(n_threads);
    RandomStream random(608);
    StateVector state(StateVector::min_shared_qubits);
    const std::vector<int> low{0, 1}, high{StateVector::min_shared_qubits - 1, 3};
    for (const std::vector<int>& qubits : {low, high}) {
      state.apply(oracle::random_unitary(2, random), qubits);
      state.apply(oracle::random_unitary(1, random), std::span(qubits).first(1));
    }
    const arma::cx_mat density = state.reduced_density(high);
    std::vector<C> numbers(density.begin(), density.end());
    numbers.push_back(state.squared_norm());
    numbers.push_back(state.expectation(PauliString::parse("X0 Y21 Z3")));
    numbers.push_back(static_cast<double>(state.sample(0.7)));
    for (std::size_t b = 0; b < 16; ++b) numbers.push_back(state.amplitudes()[b]);
    return numbers;
  };
  const auto one = result_with(1);
  CHECK(result_with(2) == one);
  CHECK(result_with(3) == one);
}

TEST_CASE("A state that does not fit is refused with the bytes and the limit") {
  CHECK_THROWS_WITH(require_state_vector(39, 0),
                    ContainsSubstring("states of 39 qubits takes 8796093022208 bytes") &&
                        ContainsSubstring("this machine has"));
  CHECK_THROWS_WITH(require_state_vector(60, 0),
                    ContainsSubstring("16*2^60 bytes (1.84e+19), more than any machine has"));
  require_state_vector(10, 1000);
  CHECK_THROWS_AS(require_state_vector(10, std::uint64_t{1} << 50), InputError);
  CHECK(state_vectors_fit(10, 4, 1000));
  CHECK_FALSE(state_vectors_fit(10, std::uint64_t{1} << 40, 0));
}
