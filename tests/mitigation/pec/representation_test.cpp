#include <rhodrift/core/error.hpp>
#include <rhodrift/mitigation/pec/representation.hpp>
#include <rhodrift/noise/channel.hpp>

#include "support/catch.hpp"
#include "support/dense.hpp"

using namespace rhodrift;
using namespace rhodrift::pec;

namespace {

/// Endo, Benjamin, Li, table I, in its order up to the projections'.
std::vector<arma::cx_mat> endo_table() {
  const arma::cx_mat one = oracle::pauli(0, 1), x = oracle::pauli(1, 1), y = oracle::pauli(2, 1),
                     z = oracle::pauli(3, 1);
  const std::complex<double> i(0.0, 1.0);
  const double r = 1.0 / std::sqrt(2.0);
  return {one,
          x,
          y,
          z,
          r * (one + i * x),
          r * (one + i * y),
          r * (one + i * z),
          r * (y + z),
          r * (z + x),
          r * (x + y),
          0.5 * (one + z),
          0.5 * (one + x),
          0.5 * (one + y),
          0.5 * (x + i * y),
          0.5 * (y + i * z),
          0.5 * (z + i * x)};
}

double depolarizing_lambda(int n_qubits, double pauli_error_prob) {
  const double n_paulis = std::pow(4.0, n_qubits);
  return pauli_error_prob * n_paulis / (n_paulis - 1.0);
}

}  // namespace

TEST_CASE("The bases are what they say") {
  const Basis basis = endo_basis(1);
  const std::vector<arma::cx_mat> table = endo_table();
  REQUIRE(basis.size() == table.size());
  for (std::size_t k = 0; k < table.size(); ++k) {
    INFO(basis[k].name);
    CHECK(arma::approx_equal(basis[k].ptm, oracle::transfer_matrix({table[k]}), "absdiff", 1e-14));
  }
  const auto rank = [](const Basis& b) {
    arma::mat all;
    for (const Operation& operation : b) all = arma::join_rows(all, arma::vectorise(operation.ptm));
    return arma::rank(all);
  };
  CHECK(rank(endo_basis(1)) == 16);
  CHECK(rank(endo_basis(2)) == 256);
  CHECK(rank(channel_basis(1)) == 13);
  CHECK(rank(channel_basis(2)) == 169);
  CHECK(rank(pauli_basis(2)) == 16);
  for (const Operation& operation : channel_basis(2))
    CHECK(Channel::from_ptm(operation.ptm).cptp_violation().worst() < 1e-12);
  // Qubit 0 is the lower digit.
  CHECK(arma::approx_equal(pauli_basis(2)[PauliString::parse("Y0 X1").index()].ptm,
                           oracle::transfer_matrix({oracle::pauli(2 + 4 * 1, 2)}), "absdiff",
                           1e-14));
}

TEST_CASE("Depolarizing: γ = (3/f - 1)/2 on one qubit, (15/f - 7)/8 on two") {
  const TransferMatrix inverse = inverse_of(depolarizing(1, depolarizing_lambda(1, 0.1)).ptm());
  CHECK(expand(inverse, pauli_basis(1)).gamma() == Approx(16.0 / 13.0).epsilon(1e-12));
  CHECK(optimal(inverse, pauli_basis(1)).gamma() == Approx(16.0 / 13.0).epsilon(1e-12));
  CHECK(optimal(inverse, endo_basis(1)).gamma() == Approx(16.0 / 13.0).epsilon(1e-9));
  CHECK(optimal(inverse, channel_basis(1)).gamma() == Approx(16.0 / 13.0).epsilon(1e-9));

  const double lambda = depolarizing_lambda(2, 0.02), f = 1.0 - lambda;
  const TransferMatrix pair = inverse_of(depolarizing(2, lambda).ptm());
  CHECK(expand(pair, pauli_basis(2)).gamma() == Approx((15.0 / f - 7.0) / 8.0).epsilon(1e-12));
  CHECK(optimal(pair, pauli_basis(2)).gamma() == Approx((15.0 / f - 7.0) / 8.0).epsilon(1e-10));
}

TEST_CASE("Amplitude damping: γ = (1 + p)/(1 - p) where there is a reset") {
  const TransferMatrix inverse = inverse_of(amplitude_damping(0.02).ptm());
  const Representation best = optimal(inverse, channel_basis(1));
  CHECK(best.gamma() == Approx(51.0 / 49.0).epsilon(1e-10));
  CHECK(best.error < 1e-12);
  const Representation endo = expand(inverse, endo_basis(1));
  CHECK(endo.error < 1e-12);
  CHECK(endo.gamma() >= 51.0 / 49.0);
  CHECK_THROWS_WITH(expand(inverse, pauli_basis(1)), ContainsSubstring("does not span"));
  CHECK_THROWS_WITH(optimal(inverse, pauli_basis(1)), ContainsSubstring("does not span"));
}

TEST_CASE("γ of product channels is the product") {
  const Channel a = amplitude_damping(0.02), b = phase_damping(0.03);
  const double both = optimal(inverse_of(a.ptm()), channel_basis(1)).gamma() *
                      optimal(inverse_of(b.ptm()), channel_basis(1)).gamma();
  const Representation product = optimal(inverse_of(a.tensor(b).ptm()), channel_basis(2));
  CHECK(product.error < 1e-9);
  CHECK(product.gamma() == Approx(both).epsilon(1e-8));
}

TEST_CASE("Any map is spanned by the 256 operations, a coherent ZZ not by products of channels") {
  RandomStream random(8);
  const arma::mat ptm = oracle::transfer_matrix(oracle::random_kraus(2, 2, random));
  CHECK(expand(ptm, endo_basis(2)).error < 1e-12);
  const TransferMatrix zz = inverse_of(zz_crosstalk(5e4, 300e-9).ptm());
  CHECK(expand(zz, endo_basis(2)).error < 1e-12);
  CHECK_THROWS_WITH(expand(zz, channel_basis(2)), ContainsSubstring("does not span"));
  CHECK(optimal(zz, endo_basis(2)).gamma() <= expand(zz, endo_basis(2)).gamma() + 1e-9);
}

TEST_CASE("An allowed error lowers γ") {
  const TransferMatrix inverse = inverse_of(amplitude_damping(0.1).ptm());
  const Representation exact = optimal(inverse, channel_basis(1));
  double last = exact.gamma();
  for (const double tolerance : {0.01, 0.03, 0.1, 0.3}) {
    const Representation truncated = optimal(inverse, channel_basis(1), tolerance);
    CHECK(truncated.error <= tolerance + 1e-9);
    CHECK(arma::accu(truncated.quasi) == Approx(1.0).epsilon(1e-9));  // traces are kept
    CHECK(truncated.gamma() < last + 1e-12);
    last = truncated.gamma();
  }
  CHECK(last == Approx(1.0).epsilon(1e-9));
  CHECK_THROWS_AS(optimal(inverse, channel_basis(1), -0.1), InputError);
}

TEST_CASE("With noisy operations a representation still gives the map, or the gate before them") {
  const auto apply = [](const Circuit& circuit) {
    Circuit result(1);
    for (const Instruction& instruction : circuit.instructions()) {
      result.append(instruction);
      result.append_channel("noise", {0}, depolarizing(1, 0.01).ptm());
    }
    return result;
  };
  const TransferMatrix inverse = inverse_of(amplitude_damping(0.05).ptm());
  const Basis noisy = with_noise(channel_basis(1), apply);
  const Representation representation = optimal(inverse, noisy);
  CHECK(arma::approx_equal(map_of(representation.quasi, noisy), inverse, "absdiff", 1e-9));
  CHECK(representation.gamma() > optimal(inverse, channel_basis(1)).gamma());

  Basis after_sx = channel_basis(1);
  for (Operation& operation : after_sx)
    operation.circuit = Circuit(1).append(Op::sx, {0}).append(operation.circuit);
  after_sx = with_noise(after_sx, apply);
  const TransferMatrix sx = unitary_transfer_matrix(info(Op::sx).unitary({}));
  CHECK(arma::approx_equal(map_of(optimal(sx, after_sx).quasi, after_sx), sx, "absdiff", 1e-9));
}

TEST_CASE("What has no inverse or no basis is refused") {
  CHECK_THROWS_WITH(inverse_of(reset_channel().ptm()), ContainsSubstring("condition number"));
  CHECK_THROWS_WITH(pauli_basis(3), ContainsSubstring("3 qubits"));
  CHECK_THROWS_AS(expand(arma::eye(16, 16), pauli_basis(1)), InputError);
}
