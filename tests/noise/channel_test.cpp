#include <cmath>
#include <limits>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel.hpp>

#include "support/catch.hpp"
#include "support/dense.hpp"

using namespace rhodrift;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double tolerance = 1e-12;

double largest(const arma::cx_mat& m) {
  return arma::abs(m).max();
}
double distance(const arma::mat& a, const arma::mat& b) {
  REQUIRE(arma::size(a) == arma::size(b));
  return arma::abs(a - b).max();
}

// <ψ|E(|ψ><ψ|)|ψ> averaged over states that form a 2-design.
double mean_fidelity(const oracle::Kraus& kraus, const std::vector<arma::cx_vec>& states) {
  double sum = 0.0;
  for (const arma::cx_vec& psi : states)
    sum += std::real(arma::cdot(psi, oracle::apply_kraus(kraus, psi * psi.t()) * psi));
  return sum / static_cast<double>(states.size());
}

// The stabilizer states of n qubits, a 3-design: what H, S and CX reach from |0…0>.
std::vector<arma::cx_vec> stabilizer_states(int n) {
  const arma::cx_double i(0.0, 1.0);
  const arma::cx_mat h = oracle::complex(arma::mat{{1.0, 1.0}, {1.0, -1.0}}) / std::sqrt(2.0);
  const arma::cx_mat s{{1.0, 0.0}, {0.0, i}};
  std::vector<arma::cx_mat> generators;
  for (int q = 0; q < n; ++q) {
    generators.push_back(oracle::embed(h, {q}, n));
    generators.push_back(oracle::embed(s, {q}, n));
  }
  arma::cx_mat cx(4, 4, arma::fill::zeros);
  cx(0, 0) = cx(2, 2) = cx(3, 1) = cx(1, 3) = 1.0;
  if (n == 2) generators.push_back(cx);
  std::vector<arma::cx_vec> states{arma::cx_vec(1u << n, arma::fill::zeros)};
  states[0](0) = 1.0;
  for (std::size_t next = 0; next < states.size(); ++next)
    for (const arma::cx_mat& generator : generators) {
      const arma::cx_vec image = generator * states[next];
      bool seen = false;
      for (const arma::cx_vec& state : states) seen |= std::abs(arma::cdot(state, image)) > 0.999;
      if (!seen) states.push_back(image);
    }
  return states;
}

}  // namespace

// --- Conversions ------------------------------------------------------------------------------

TEST_CASE("Kraus, Choi, superoperator and transfer matrix follow their definitions") {
  RandomStream random(801);
  for (int n = 1; n <= 2; ++n)
    for (int m = 1; m <= 5; ++m) {
      CAPTURE(n, m);
      const arma::uword d = arma::uword{1} << n;
      const oracle::Kraus kraus = oracle::random_kraus(n, m, random);
      const Channel channel = Channel::from_kraus(kraus);
      REQUIRE(channel.n_qubits() == n);
      CHECK(distance(channel.ptm(), oracle::transfer_matrix(kraus)) <= tolerance);

      arma::cx_mat choi(d * d, d * d, arma::fill::zeros);
      for (arma::uword i = 0; i < d; ++i)
        for (arma::uword j = 0; j < d; ++j) {
          arma::cx_mat unit(d, d, arma::fill::zeros);
          unit(i, j) = 1.0;
          choi += arma::kron(unit, oracle::apply_kraus(kraus, unit));
        }
      CHECK(largest(channel.choi() - choi) <= tolerance);
      CHECK(std::abs(arma::trace(channel.choi()) - static_cast<double>(d)) <= tolerance);

      const arma::cx_mat rho = oracle::random_density(n, random);
      const arma::cx_vec image = channel.superoperator() * arma::vectorise(rho);
      CHECK(largest(arma::reshape(arma::cx_mat(image), d, d) - oracle::apply_kraus(kraus, rho)) <=
            tolerance);
    }
}

TEST_CASE("Conversions round trip") {
  RandomStream random(802);
  for (int n = 1; n <= 2; ++n)
    for (int m = 1; m <= 16; m += 3) {
      CAPTURE(n, m);
      const Channel channel = Channel::from_kraus(oracle::random_kraus(n, m, random));
      const arma::mat& ptm = channel.ptm();
      CHECK(distance(Channel::from_ptm(ptm).ptm(), ptm) == 0.0);
      CHECK(distance(Channel::from_kraus(channel.kraus()).ptm(), ptm) <= tolerance);
      CHECK(distance(Channel::from_choi(channel.choi()).ptm(), ptm) <= tolerance);
      CHECK(distance(Channel::from_superoperator(channel.superoperator()).ptm(), ptm) <= tolerance);
      CHECK(distance(oracle::transfer_matrix(channel.kraus()), ptm) <= tolerance);
    }
}

TEST_CASE("Canonical Kraus operators are orthogonal, sorted by weight and as few as needed") {
  RandomStream random(803);
  for (int m = 1; m <= 4; ++m) {
    const std::vector<arma::cx_mat> kraus =
        Channel::from_kraus(oracle::random_kraus(2, m, random)).kraus();
    REQUIRE(kraus.size() == static_cast<std::size_t>(m));
    for (std::size_t a = 0; a < kraus.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b)
        CHECK(std::abs(arma::trace(kraus[a].t() * kraus[b])) <= tolerance);
      if (a > 0) CHECK(arma::norm(kraus[a - 1], "fro") >= arma::norm(kraus[a], "fro"));
    }
  }
  CHECK(Channel::from_unitary(oracle::random_unitary(2, random)).kraus().size() == 1);
}

// --- Physicality ------------------------------------------------------------------------------

TEST_CASE("Channels violate nothing, up to rounding") {
  RandomStream random(804);
  for (int m = 1; m <= 4; ++m) {
    const CptpViolation violation =
        Channel::from_kraus(oracle::random_kraus(2, m, random)).cptp_violation();
    CHECK(violation.complete_positivity <= 1e-15);
    CHECK(violation.trace_preservation <= 1e-14);
  }
}

TEST_CASE("The violation of a broken map is the right number") {
  // The transpose: Choi = SWAP, eigenvalues ±1, so -1/d after division by d.
  const Channel transpose = Channel::from_ptm(arma::diagmat(arma::vec{1, 1, -1, 1}), 1.0);
  CHECK(transpose.cptp_violation().complete_positivity == Approx(0.5).epsilon(1e-13));
  CHECK(transpose.cptp_violation().trace_preservation == 0.0);
  CHECK_THROWS_WITH(
      Channel::from_ptm(arma::diagmat(arma::vec{1, 1, -1, 1})),
      ContainsSubstring("negative Choi eigenvalue by 0.5") && ContainsSubstring("limit 1e-09"));
  // diag(1, a, b, c) has Pauli probabilities as Choi eigenvalues over d:
  // p_I = (1 + a + b + c)/4, …; a = b = c = -0.5: p_I = -0.125, the smallest.
  const Channel shrunk = Channel::from_ptm(arma::diagmat(arma::vec{1, -0.5, -0.5, -0.5}), 1.0);
  CHECK(shrunk.cptp_violation().complete_positivity == Approx(0.125).epsilon(1e-13));
  CHECK(shrunk.cptp_violation().worst() == Approx(0.125).epsilon(1e-13));
  // A leak: Kraus operators scaled by √0.9 lose a tenth of the trace.
  const std::vector<arma::cx_mat> lossy{std::sqrt(0.9) * arma::eye<arma::cx_mat>(4, 4)};
  const CptpViolation leak = Channel::from_kraus(lossy, 0.2).cptp_violation();
  CHECK(leak.trace_preservation == Approx(0.1).epsilon(1e-13));
  CHECK(leak.complete_positivity <= 1e-15);
  CHECK_THROWS_WITH(Channel::from_kraus(lossy), ContainsSubstring("trace off by 0.1"));
  // Not trace preserving for traceless operators only: tr E(Z) = 0.25 tr I.
  arma::mat skew = arma::diagmat(arma::vec{1, 0.2, 0.2, 0.2});
  skew(0, 3) = 0.25;
  CHECK(Channel::from_ptm(skew, 1.0).cptp_violation().trace_preservation == 0.25);
}

TEST_CASE("Wrong shapes and numbers are refused") {
  CHECK_THROWS_WITH(Channel::from_ptm(arma::eye(3, 3)),
                    ContainsSubstring("dimension 3 is not a power of 4"));
  CHECK_THROWS_WITH(Channel::from_ptm(arma::eye(8, 8)), ContainsSubstring("8 is not a power of 4"));
  CHECK_THROWS_WITH(Channel::from_ptm(arma::mat(4, 3)), ContainsSubstring("4x3"));
  CHECK_THROWS_AS(Channel::from_ptm(arma::mat()), InputError);
  CHECK_THROWS_AS(Channel::from_ptm(arma::eye(1, 1)), InputError);
  arma::mat bad = arma::eye(4, 4);
  bad(1, 1) = std::nan("");
  CHECK_THROWS_WITH(Channel::from_ptm(bad), ContainsSubstring("finite"));
  CHECK_THROWS_WITH(Channel::from_kraus({}), ContainsSubstring("empty"));
  CHECK_THROWS_WITH(
      Channel::from_kraus({arma::eye<arma::cx_mat>(2, 2), arma::eye<arma::cx_mat>(4, 4)}),
      ContainsSubstring("dimensions 2 and 4 differ"));
  CHECK_THROWS_WITH(Channel::from_kraus({arma::cx_mat(2, 3)}), ContainsSubstring("2x3"));
  CHECK_THROWS_WITH(Channel::from_kraus({arma::eye<arma::cx_mat>(3, 3)}),
                    ContainsSubstring("3 is not a power of 2"));
  CHECK_THROWS_AS(Channel::from_choi(arma::eye<arma::cx_mat>(8, 8)), InputError);
  CHECK_THROWS_AS(Channel::from_superoperator(arma::cx_mat(4, 2)), InputError);
  CHECK_THROWS_AS(Channel::from_unitary(2.0 * arma::eye<arma::cx_mat>(2, 2)), InputError);
  CHECK_THROWS_AS(Channel::identity(0), InputError);
  // Maps Hermitian to non-Hermitian: left multiplication by i.
  const arma::cx_mat s = arma::cx_double(0, 1) * arma::eye<arma::cx_mat>(4, 4);
  CHECK_THROWS_WITH(Channel::from_superoperator(s),
                    ContainsSubstring("imaginary parts up to 1") && ContainsSubstring("1e-09"));
}

// --- Composition ------------------------------------------------------------------------------

TEST_CASE("then applies this channel first; tensor puts it on the lower operands") {
  RandomStream random(805);
  const oracle::Kraus a = oracle::random_kraus(1, 2, random),
                      b = oracle::random_kraus(1, 3, random);
  const Channel first = Channel::from_kraus(a), second = Channel::from_kraus(b);
  const arma::cx_mat rho = oracle::random_density(1, random);
  const arma::cx_mat expected = oracle::apply_kraus(b, oracle::apply_kraus(a, rho));
  CHECK(largest(oracle::apply_kraus(first.then(second).kraus(), rho) - expected) <= tolerance);

  oracle::Kraus both;
  for (const arma::cx_mat& low : a)
    for (const arma::cx_mat& high : b)
      both.push_back(oracle::embed(low, {0}, 2) * oracle::embed(high, {1}, 2));
  CHECK(distance(first.tensor(second).ptm(), oracle::transfer_matrix(both)) <= tolerance);
  CHECK(first.tensor(second).n_qubits() == 2);
  CHECK_THROWS_WITH(first.then(first.tensor(second)), ContainsSubstring("1 and 2 qubits differ"));
}

TEST_CASE("Fidelities agree with their definitions and with the average over a state design") {
  RandomStream random(806);
  for (int n = 1; n <= 2; ++n) {
    const std::vector<arma::cx_vec> states = stabilizer_states(n);
    REQUIRE(states.size() == (n == 1 ? 6 : 60));
    for (int m = 1; m <= 3; ++m) {
      const oracle::Kraus kraus = oracle::random_kraus(n, m, random);
      const Channel channel = Channel::from_kraus(kraus);
      const double d = std::ldexp(1.0, n);
      double process = 0.0;  // Σ |tr K|²/d²
      for (const arma::cx_mat& k : kraus) process += std::norm(arma::trace(k)) / (d * d);
      CHECK(std::abs(channel.process_fidelity() - process) <= tolerance);
      CHECK(std::abs(channel.average_fidelity() - mean_fidelity(kraus, states)) <= tolerance);
      CHECK(channel.average_infidelity() == 1.0 - channel.average_fidelity());
    }
  }
  CHECK(Channel::identity(2).average_fidelity() == 1.0);
  CHECK(distance(Channel::identity(2).ptm(), arma::eye(16, 16)) == 0.0);
}

// --- Named channels ---------------------------------------------------------------------------

TEST_CASE("Depolarizing mixes with 1/d, every other Pauli having probability lambda/4^n") {
  for (int n = 1; n <= 2; ++n) {
    const double n_paulis = std::ldexp(1.0, 2 * n);
    for (const double lambda : {0.0, 0.03, 0.7, 1.0, n_paulis / (n_paulis - 1)}) {
      oracle::Kraus kraus;
      for (std::size_t p = 0; p < static_cast<std::size_t>(n_paulis); ++p) {
        const double probability = lambda / n_paulis + (p == 0 ? 1 - lambda : 0.0);
        kraus.push_back(std::sqrt(std::max(0.0, probability)) * oracle::pauli(p, n));
      }
      const Channel channel = depolarizing(n, lambda);
      CHECK(distance(channel.ptm(), oracle::transfer_matrix(kraus)) <= 1e-14);
      const double d = std::ldexp(1.0, n);
      CHECK(channel.average_infidelity() == Approx(lambda * (d - 1) / d).epsilon(1e-13));
    }
  }
  CHECK_THROWS_WITH(depolarizing(1, -0.1), ContainsSubstring("-0.1 is outside [0, 1.333"));
  CHECK_THROWS_WITH(depolarizing(2, 1.07), ContainsSubstring("1.07 is outside [0, 1.066"));
  CHECK_THROWS_AS(depolarizing(1, std::nan("")), InputError);
  CHECK_THROWS_WITH(depolarizing(0, 0.1), ContainsSubstring("at least 1 qubit, got 0"));
}

TEST_CASE("Pauli channels apply each Pauli with its probability") {
  RandomStream random(807);
  for (int n = 1; n <= 2; ++n) {
    std::vector<double> p(std::size_t{1} << (2 * n));
    double sum = 0.0;
    for (double& entry : p) sum += entry = random.uniform();
    for (double& entry : p) entry /= sum;
    oracle::Kraus kraus;
    for (std::size_t k = 0; k < p.size(); ++k)
      kraus.push_back(std::sqrt(p[k]) * oracle::pauli(k, n));
    CHECK(distance(pauli_channel(p).ptm(), oracle::transfer_matrix(kraus)) <= 1e-14);
  }
  CHECK_THROWS_WITH(pauli_channel({0.5, 0.25, 0.25, 0.25}), ContainsSubstring("sum to 1.25"));
  CHECK_THROWS_WITH(pauli_channel({1.1, -0.1, 0.0, 0.0}), ContainsSubstring("is outside [0, 1]"));
  CHECK_THROWS_WITH(pauli_channel({0.5, 0.5}), ContainsSubstring("2 is not a power of 4"));
  CHECK_THROWS_AS(pauli_channel({}), InputError);
  CHECK_THROWS_AS(pauli_channel({std::nan(""), 0.5, 0.5, 0.0}), InputError);
}

TEST_CASE("Damping channels have their textbook Kraus operators") {
  for (const double gamma : {0.0, 0.002, 0.3, 1.0}) {
    const double keep = std::sqrt(1 - gamma), jump = std::sqrt(gamma);
    const arma::cx_mat k0 = oracle::complex({{1.0, 0.0}, {0.0, keep}});
    const arma::cx_mat down = oracle::complex({{0.0, jump}, {0.0, 0.0}});
    const arma::cx_mat one = oracle::complex({{0.0, 0.0}, {0.0, jump}});
    CHECK(distance(amplitude_damping(gamma).ptm(), oracle::transfer_matrix({k0, down})) <= 1e-15);
    CHECK(distance(phase_damping(gamma).ptm(), oracle::transfer_matrix({k0, one})) <= 1e-15);
  }
  for (const double gamma : {-1e-9, 1.0001, std::nan("")}) {
    CHECK_THROWS_WITH(amplitude_damping(gamma), ContainsSubstring("is outside [0, 1]"));
    CHECK_THROWS_WITH(phase_damping(gamma), ContainsSubstring("is outside [0, 1]"));
  }
}

TEST_CASE("Generalized amplitude damping has its textbook Kraus operators") {
  for (const double gamma : {0.0, 0.03, 0.4, 1.0})
    for (const double p1 : {0.0, 0.1, 0.5, 1.0}) {
      CAPTURE(gamma, p1);
      const double keep = std::sqrt(1 - gamma), jump = std::sqrt(gamma);
      const double down = std::sqrt(1 - p1), up = std::sqrt(p1);
      const oracle::Kraus kraus{down * oracle::complex({{1.0, 0.0}, {0.0, keep}}),
                                down * oracle::complex({{0.0, jump}, {0.0, 0.0}}),
                                up * oracle::complex({{keep, 0.0}, {0.0, 1.0}}),
                                up * oracle::complex({{0.0, 0.0}, {jump, 0.0}})};
      CHECK(distance(generalized_amplitude_damping(gamma, p1).ptm(),
                     oracle::transfer_matrix(kraus)) <= 1e-15);
    }
  CHECK(distance(generalized_amplitude_damping(0.2, 0.0).ptm(), amplitude_damping(0.2).ptm()) ==
        0.0);
  // Its fixed point is the thermal state.
  CHECK(distance(generalized_amplitude_damping(1.0, 0.3).ptm(), reset_channel(0.3).ptm()) <= 1e-15);
  CHECK_THROWS_WITH(generalized_amplitude_damping(0.1, -0.2),
                    ContainsSubstring("excited_population: -0.2 is outside [0, 1]"));
  CHECK_THROWS_WITH(generalized_amplitude_damping(1.2, 0.2),
                    ContainsSubstring("amplitude damping gamma: 1.2 is outside [0, 1]"));
}

TEST_CASE("Coherent rotations are exponentials of their Pauli") {
  const arma::cx_double i(0.0, 1.0);
  RandomStream random(810);
  for (const char* axis : {"X0", "Y0", "Z0", "Z0 X1", "X0 Y1", "Z0 Z1", "Y1"})
    for (const double angle : {0.0, 1e-3, -0.4, 3.0}) {
      CAPTURE(axis, angle);
      const PauliString pauli = PauliString::parse(axis);
      const arma::cx_mat generator = oracle::pauli(pauli.index(), 2);
      const arma::cx_mat unitary = arma::expmat(arma::cx_mat(-0.5 * i * angle * generator));
      CHECK(distance(coherent_rotation(2, pauli, angle).ptm(),
                     oracle::transfer_matrix({unitary})) <= tolerance);
      // Process fidelity |tr U|²/d² = cos²(angle/2).
      CHECK(std::abs(coherent_rotation(2, pauli, angle).process_fidelity() -
                     std::pow(std::cos(angle / 2), 2)) <= tolerance);
    }
  const PauliString x = PauliString::parse("X0");
  CHECK(distance(coherent_rotation(1, x, 0.2).then(coherent_rotation(1, x, 0.3)).ptm(),
                 coherent_rotation(1, x, 0.5).ptm()) <= tolerance);
  CHECK_THROWS_WITH(coherent_rotation(1, PauliString::parse("Z0 Z1"), 0.1),
                    ContainsSubstring("Z0 Z1: does not fit 1 qubits"));
  CHECK_THROWS_WITH(coherent_rotation(1, x, std::nan("")), ContainsSubstring("not finite"));
}

TEST_CASE("ZZ crosstalk turns each qubit by the other's state") {
  const double shift = 60e3, t = 1.5e-6;
  // |+> beside |0> and |+> beside |1> turn at frequencies that differ by the shift.
  const arma::mat ptm = zz_crosstalk(shift, t).ptm();
  arma::vec beside_0(16, arma::fill::zeros), beside_1(16, arma::fill::zeros);
  for (const arma::uword low : {0u, 1u}) {  // I and X of qubit 0
    beside_0(low) = beside_0(low + 12) = 1.0;
    beside_1(low) = 1.0;
    beside_1(low + 12) = -1.0;
  }
  const auto phase = [&](const arma::vec& state) {
    const arma::vec image = ptm * state;
    return std::atan2(image(2), image(1));
  };
  const double difference = std::remainder(
      phase(beside_0) - phase(beside_1) - 2 * std::acos(-1.0) * shift * t, 2 * std::acos(-1.0));
  CHECK(std::abs(difference) <= tolerance);
  CHECK(distance(zz_crosstalk(shift, 0.0).ptm(), arma::eye(16, 16)) <= 1e-15);
  CHECK_THROWS_WITH(zz_crosstalk(shift, -1e-9), ContainsSubstring("duration_s: -1e-09"));
}

TEST_CASE("A Pauli twirl is the average over conjugation with every Pauli") {
  RandomStream random(811);
  for (int n = 1; n <= 2; ++n) {
    const oracle::Kraus kraus = oracle::random_kraus(n, 3, random);
    const Channel channel = Channel::from_kraus(kraus);
    const std::size_t n_paulis = std::size_t{1} << (2 * n);
    arma::mat mean(n_paulis, n_paulis, arma::fill::zeros);
    for (std::size_t p = 0; p < n_paulis; ++p) {
      const arma::cx_mat pauli = oracle::pauli(p, n);
      oracle::Kraus between;
      for (const arma::cx_mat& k : kraus) between.push_back(pauli * k * pauli);
      mean += oracle::transfer_matrix(between) / static_cast<double>(n_paulis);
    }
    const Channel twirled = channel.pauli_twirled();
    CHECK(distance(twirled.ptm(), mean) <= tolerance);
    CHECK(twirled.process_fidelity() == channel.process_fidelity());
    // The probabilities are Σ_m |tr(P K_m)|²/d², and make the same channel.
    const std::vector<double> probability = channel.pauli_probabilities();
    const double d = std::ldexp(1.0, n);
    for (std::size_t p = 0; p < n_paulis; ++p) {
      double expected = 0.0;
      for (const arma::cx_mat& k : kraus)
        expected += std::norm(arma::trace(oracle::pauli(p, n) * k)) / (d * d);
      CHECK(std::abs(probability[p] - expected) <= tolerance);
    }
    CHECK(distance(pauli_channel(probability).ptm(), twirled.ptm()) <= tolerance);
  }
}

TEST_CASE("Thermal relaxation moves populations and coherences as the formulas say") {
  RandomStream random(808);
  const arma::cx_mat rho = oracle::random_density(1, random);
  for (const double t1 : {20e-6, 80e-6})
    for (const double ratio : {0.1, 1.0, 2.0})
      for (const double t : {0.0, 50e-9, 30e-6, 1.0})
        for (const double p1 : {0.0, 0.02, 0.5, 1.0}) {
          CAPTURE(t1, ratio, t, p1);
          const double t2 = ratio * t1, e1 = std::exp(-t / t1), e2 = std::exp(-t / t2);
          const Channel channel = thermal_relaxation(t1, t2, t, p1);
          const arma::cx_mat image = oracle::apply_kraus(channel.kraus(), rho);
          const double r0 = rho(0, 0).real(), r1 = rho(1, 1).real();
          CHECK(std::abs(image(0, 0) - ((1 - p1 * (1 - e1)) * r0 + (1 - p1) * (1 - e1) * r1)) <=
                tolerance);
          CHECK(std::abs(image(0, 1) - e2 * rho(0, 1)) <= tolerance);
        }
  // No relaxation, dephasing only, and amplitude damping as the limits.
  CHECK(distance(thermal_relaxation(infinity, infinity, 1e-6).ptm(), arma::eye(4, 4)) == 0.0);
  CHECK(distance(thermal_relaxation(infinity, 1e-6, 1e-6).ptm(),
                 phase_damping(1 - std::exp(-2.0)).ptm()) <= 1e-15);
  CHECK(distance(thermal_relaxation(1e-6, 2e-6, 1e-6).ptm(),
                 amplitude_damping(1 - std::exp(-1.0)).ptm()) <= 1e-15);
  // Waiting twice is waiting for the sum.
  const Channel once = thermal_relaxation(50e-6, 30e-6, 10e-6, 0.1);
  CHECK(distance(once.then(once).ptm(), thermal_relaxation(50e-6, 30e-6, 20e-6, 0.1).ptm()) <=
        1e-15);
}

TEST_CASE("The derivatives of thermal relaxation agree with central differences") {
  const double t1 = 60e-6, t2 = 45e-6, t = 5e-6, p1 = 0.1, h = 1e-4;
  const RelaxationDerivatives derivatives = thermal_relaxation_derivatives(t1, t2, t, p1);
  const auto difference = [&](double in_t1, double in_t2, double in_t, double in_p1) -> arma::mat {
    const auto ptm = [&](double step) {
      return thermal_relaxation(t1 + step * in_t1, t2 + step * in_t2, t + step * in_t,
                                p1 + step * in_p1)
          .ptm();
    };
    return (ptm(h) - ptm(-h)) / (2 * h);
  };
  CHECK(distance(t1 * derivatives.t1_s, difference(t1, 0, 0, 0)) <= 1e-8);
  CHECK(distance(t2 * derivatives.t2_s, difference(0, t2, 0, 0)) <= 1e-8);
  CHECK(distance(t * derivatives.duration_s, difference(0, 0, t, 0)) <= 1e-8);
  CHECK(distance(derivatives.excited_population, difference(0, 0, 0, 1)) <= 1e-11);
  const RelaxationDerivatives still = thermal_relaxation_derivatives(infinity, infinity, t);
  for (const arma::mat& ptm : {still.t1_s, still.t2_s, still.duration_s})
    CHECK(arma::abs(ptm).max() == 0.0);
  CHECK_THROWS_WITH(thermal_relaxation_derivatives(50e-6, 101e-6, 1e-6),
                    ContainsSubstring("t2_s") && ContainsSubstring("0.000101"));
}

TEST_CASE("Thermal relaxation refuses times that cannot be") {
  CHECK_THROWS_WITH(thermal_relaxation(50e-6, 101e-6, 1e-6),
                    ContainsSubstring("t2_s") && ContainsSubstring("0.000101"));
  CHECK_THROWS_WITH(thermal_relaxation(0.0, 1e-6, 1e-6), ContainsSubstring("t1_s: 0 is not > 0"));
  CHECK_THROWS_WITH(thermal_relaxation(50e-6, -1e-6, 1e-6), ContainsSubstring("t2_s"));
  CHECK_THROWS_WITH(thermal_relaxation(50e-6, 50e-6, -1e-9),
                    ContainsSubstring("duration_s: -1e-09 is outside"));
  CHECK_THROWS_WITH(thermal_relaxation(50e-6, 50e-6, infinity), ContainsSubstring("duration_s"));
  CHECK_THROWS_WITH(thermal_relaxation(50e-6, 50e-6, 1e-6, 1.5),
                    ContainsSubstring("excited_population: 1.5 is outside [0, 1]"));
  CHECK_THROWS_AS(thermal_relaxation(std::nan(""), 50e-6, 1e-6), InputError);
}

TEST_CASE("The equilibrium population is 1/(1 + exp(hf/kT))") {
  // h f / k_B T at 5 GHz and 50 mK, from the exact SI constants.
  const double ratio = 6.62607015e-34 * 5e9 / (1.380649e-23 * 0.050);
  CHECK(thermal_population(5e9, 50) == Approx(1 / (1 + std::exp(ratio))).epsilon(1e-6));
  CHECK(thermal_population(5e9, 0) == 0.0);
  CHECK(thermal_population(5e9, -50) == thermal_population(5e9, 50));
  CHECK(thermal_population(0.0, 50) == 0.5);
}

TEST_CASE("Reset forgets the state and leaves |0>") {
  RandomStream random(809);
  arma::cx_mat zero(2, 2, arma::fill::zeros);
  zero(0, 0) = 1.0;
  CHECK(largest(oracle::apply_kraus(reset_channel().kraus(), oracle::random_density(1, random)) -
                zero) <= 1e-14);
  const arma::cx_mat warm =
      oracle::apply_kraus(reset_channel(0.2).kraus(), oracle::random_density(1, random));
  CHECK(std::abs(warm(1, 1) - 0.2) <= 1e-14);
  CHECK_THROWS_WITH(reset_channel(1.5),
                    ContainsSubstring("excited_population: 1.5 is outside [0, 1]"));
}
