#include "sim/unravelling.hpp"

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/noise/channel.hpp>

#include "support/catch.hpp"
#include "support/dense.hpp"

using namespace rhodrift;

namespace {

oracle::Kraus kraus_of(const Unravelling& unravelling) {
  oracle::Kraus kraus;
  for (std::size_t m = 0; m < unravelling.n_branches(); ++m) kraus.push_back(unravelling.kraus(m));
  return kraus;
}

std::vector<TransferMatrix> some_channels(RandomStream& random) {
  std::vector<TransferMatrix> channels{depolarizing(1, 0.1).ptm(),
                                       depolarizing(2, 0.02).ptm(),
                                       pauli_channel({0.0, 0.7, 0.0, 0.3}).ptm(),
                                       Channel::identity(2).ptm(),
                                       reset_channel().ptm(),
                                       amplitude_damping(0.2).ptm(),
                                       phase_damping(0.3).ptm(),
                                       thermal_relaxation(50e-6, 70e-6, 300e-9, 0.02).ptm(),
                                       thermal_relaxation(50e-6, 70e-6, 300e-9)
                                           .tensor(thermal_relaxation(80e-6, 60e-6, 300e-9))
                                           .then(depolarizing(2, 0.01))
                                           .ptm()};
  for (const int n_qubits : {1, 2})
    for (const int n_kraus : {1, 2, 4})
      channels.push_back(oracle::transfer_matrix(oracle::random_kraus(n_qubits, n_kraus, random)));
  return channels;
}

}  // namespace

TEST_CASE("The branches of an unravelling add up to the channel") {
  RandomStream random(611);
  for (const TransferMatrix& ptm : some_channels(random)) {
    const Unravelling unravelling(ptm);
    CHECK(arma::abs(oracle::transfer_matrix(kraus_of(unravelling)) - ptm).max() <= 1e-13);
  }
}

TEST_CASE("No state gives a branch less than its floor") {
  RandomStream random(612);
  for (const TransferMatrix& ptm : some_channels(random)) {
    const Unravelling unravelling(ptm);
    const int n_qubits = ptm.n_rows == 4 ? 1 : 2;
    CHECK(arma::accu(unravelling.floors()) <= 1.0);
    for (int trial = 0; trial < 50; ++trial) {
      arma::cx_mat density = oracle::random_density(n_qubits, random);
      if (trial % 2 == 0) {  // a pure state, which comes closer to the extremes
        const arma::cx_vec psi = oracle::random_unitary(n_qubits, random).col(0);
        density = psi * psi.t();
      }
      const arma::vec p = unravelling.probabilities(3.0 * density);
      CHECK(std::abs(arma::accu(p) - 1.0) <= 1e-14);
      for (std::size_t m = 0; m < unravelling.n_branches(); ++m) {
        const arma::cx_mat& kraus = unravelling.kraus(m);
        CHECK(std::abs(p(m) - std::real(arma::trace(kraus * density * kraus.t()))) <= 1e-13);
        CHECK(p(m) >= unravelling.floors()(m) - 1e-14);
      }
    }
  }
}

TEST_CASE("Mixtures of unitaries are known as such, degenerate ones too") {
  RandomStream random(613);
  const auto is_mixture = [](const Channel& channel) {
    return Unravelling(channel.ptm()).is_mixture_of_unitaries();
  };
  CHECK(is_mixture(depolarizing(1, 0.1)));
  CHECK(is_mixture(depolarizing(2, 1e-5)));
  CHECK(is_mixture(depolarizing(2, 1.0)));
  CHECK(is_mixture(phase_damping(0.3)));
  CHECK(is_mixture(Channel::from_unitary(oracle::random_unitary(2, random))));
  CHECK_FALSE(is_mixture(amplitude_damping(0.01)));
  CHECK_FALSE(is_mixture(reset_channel()));
  const Unravelling weak(depolarizing(2, 1e-3).ptm());
  CHECK(weak.n_branches() == 16);
  CHECK(weak.is_identity(0));
  CHECK_FALSE(weak.is_identity(1));
  CHECK(weak.floors()(0) == Approx(1 - 15e-3 / 16).epsilon(1e-14));
  CHECK(weak.floors()(7) == Approx(1e-3 / 16).epsilon(1e-12));
}

TEST_CASE("Branches are drawn with their probabilities, whether the floors decide or the state") {
  RandomStream random(614);
  const int n_draws = 100'000;
  for (const TransferMatrix& ptm : some_channels(random)) {
    const Unravelling unravelling(ptm);
    const arma::cx_mat density = oracle::random_density(ptm.n_rows == 4 ? 1 : 2, random);
    const arma::vec p = unravelling.probabilities(density);
    arma::vec counts(p.n_elem, arma::fill::zeros);
    for (int k = 0; k < n_draws; ++k) {  // u on a grid: counts are off by 1 an interval
      const double u = (k + 0.5) / n_draws;
      const auto by_floor = unravelling.branch_by_floor(u);
      counts(by_floor ? *by_floor : unravelling.branch_above_floor(u, p)) += 1.0;
    }
    CHECK(arma::abs(counts - n_draws * p).max() <= 2.0);
  }
}

TEST_CASE("Branches that are given stay as they are") {
  const oracle::Kraus halves{oracle::complex({{1.0, 0.0}, {0.0, 0.0}}),
                             oracle::complex({{0.0, 0.0}, {0.0, 1.0}})};
  const Unravelling measurement(halves);
  REQUIRE(measurement.n_branches() == 2);
  for (std::size_t m = 0; m < 2; ++m)
    CHECK(arma::abs(measurement.kraus(m) - halves[m]).max() == 0.0);
  CHECK(arma::accu(measurement.floors()) == 0.0);
}

TEST_CASE("An unravelling of what is no channel is refused") {
  CHECK_THROWS_WITH(Unravelling(TransferMatrix(2.0 * arma::eye(4, 4))),
                    ContainsSubstring("not completely positive and trace preserving"));
}
