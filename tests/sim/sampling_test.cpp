#include <algorithm>
#include <cmath>
#include <numeric>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/sim/program.hpp>
#include <rhodrift/sim/sampling.hpp>

#include "support/catch.hpp"
#include "support/chi_square.hpp"
#include "support/oracle.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;

namespace {

std::vector<double> random_probabilities(std::size_t size, RandomStream& random) {
  std::vector<double> p(size);
  double sum = 0.0;
  for (double& entry : p) sum += entry = 0.01 + random.uniform();
  for (double& entry : p) entry /= sum;
  return p;
}

}  // namespace

TEST_CASE("Shots follow the probabilities") {
  RandomStream random(301);
  std::vector<double> p_values;
  for (std::uint64_t trial = 0; trial < 40; ++trial) {
    const std::vector<double> p = random_probabilities(8, random);
    p_values.push_back(chi_square_p_value(sample(p, 20000, 77, trial), p));
  }
  // p-values of a right sampler are uniform: none absurd, their mean near 1/2 (sd 1/sqrt(12 40)).
  CHECK(*std::ranges::min_element(p_values) > 1e-4);
  double mean = 0.0;
  for (const double p : p_values) mean += p / 40.0;
  CHECK(std::abs(mean - 0.5) < 4.0 / std::sqrt(12.0 * 40.0));
}

TEST_CASE("A million shots follow uneven probabilities, through a readout error as well") {
  // At the 0.1% level: a right sampler fails one seed of a thousand in each of the two.
  RandomStream random(304);
  const auto uneven = [&](int n_bits) {
    std::vector<double> p(std::size_t{1} << n_bits);
    double sum = 0.0;
    for (double& entry : p)
      sum += entry = random.below(3) == 0 ? 0.0 : std::exp(4 * random.normal());
    for (double& entry : p) entry /= sum;
    return p;
  };
  const std::vector<double> p = uneven(12);
  CHECK(chi_square_p_value(sample(p, 1'000'000, 11, 1), p) > 1e-3);

  const int n = 8;
  Circuit circuit(n);
  circuit.set_readout_error({oracle::random_confusion({7, 2}, random),
                             ConfusionMatrix::single(0, 0.01, 0.04),
                             ConfusionMatrix::single(5, 0.1, 0.0)});
  const std::vector<double> prepared = uneven(n);
  const arma::vec reported = oracle::confusion(circuit.readout_error(), n) * arma::vec(prepared);
  const ShotTable table = sample(reported_probabilities(circuit, prepared), 1'000'000, 12, 1);
  CHECK(chi_square_p_value(table, arma::conv_to<std::vector<double>>::from(reported)) > 1e-3);
}

TEST_CASE("A shot is the first outcome whose cumulative sum exceeds the shot's random number") {
  RandomStream random(305);
  std::vector<double> sharp(1 << 10, 1e-12);  // all but one of the steps in one cell of the guide
  sharp[700] = 1.0 - 1e-12 * static_cast<double>(sharp.size() - 1);
  for (const std::vector<double>& p : {random_probabilities(64, random), sharp}) {
    const std::uint64_t shots = 4096 + 1000, seed = 6, stream = 7;
    const ShotTable table = sample(p, shots, seed, stream);
    std::vector<double> sums(p.size());
    std::partial_sum(p.begin(), p.end(), sums.begin());
    for (const std::uint64_t block : {0U, 1U}) {
      RandomStream numbers(seed, stream_id(stream, block));
      for (std::uint64_t s = 4096 * block; s < std::min(shots, 4096 * (block + 1)); ++s)
        REQUIRE(table.at(s) == static_cast<Bitstring>(
                                   std::ranges::upper_bound(sums, numbers.uniform() * sums.back()) -
                                   sums.begin()));
    }
  }
}

TEST_CASE("A table is the same for any number of threads") {
  RandomStream random(306);
  const std::vector<double> p = random_probabilities(1 << 9, random);
  const auto table_with = [&](int n_threads) {
    const ThreadCount scope(n_threads);
    return sample(p, 50'000, 8, 9).packed();
  };
  const auto one = table_with(1);
  CHECK(one.size() == 100'000);
  CHECK(table_with(2) == one);
  CHECK(table_with(5) == one);
}

TEST_CASE("Shots of one table are independent from shot to shot") {
  const std::vector<double> p{0.4, 0.6};
  const ShotTable table = sample(p, 50000, 5, 9);
  double both = 0.0;
  for (std::uint64_t s = 0; s + 1 < table.size(); ++s)
    both += static_cast<double>(table.at(s) & table.at(s + 1));
  const double expected = 0.36, n = static_cast<double>(table.size() - 1);
  // Neighbouring pairs overlap: variance (q + 2 p³ - 3 p⁴)/n with q = p² at p = 0.6.
  const double deviation = std::sqrt((0.36 + 2 * 0.216 - 3 * 0.1296) / n);
  CHECK(std::abs(both / n - expected) < 4 * deviation);
}

TEST_CASE("A table is a function of seed and stream, and a longer one begins with a shorter one") {
  RandomStream random(302);
  const std::vector<double> p = random_probabilities(16, random);
  const ShotTable table = sample(p, 9000, 3, 4);
  CHECK(sample(p, 9000, 3, 4).packed() == table.packed());
  CHECK(sample(p, 9000, 3, 5).packed() != table.packed());
  CHECK(sample(p, 9000, 4, 4).packed() != table.packed());
  const ShotTable shorter = sample(p, 5000, 3, 4);
  CHECK(std::equal(shorter.packed().begin(), shorter.packed().end(), table.packed().begin()));
}

TEST_CASE("Outcomes without probability never happen, not even the last") {
  const std::vector<double> p{0.0, 0.5, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0};
  const ShotTable table = sample(p, 20000, 1, 1);
  CHECK(table.n_bits() == 3);
  CHECK(table.size() == 20000);
  for (std::uint64_t s = 0; s < table.size(); ++s) REQUIRE((table.at(s) == 1 || table.at(s) == 3));
  const std::vector<double> certain{0.0, 0.0, 1.0, -1e-12};
  for (std::uint64_t s = 0; s < 100; ++s) REQUIRE(sample(certain, 100, 2, 2).at(s) == 2);
}

TEST_CASE("Sampling refuses what is no probability distribution") {
  CHECK_THROWS_WITH(sample({0.5, -0.1, 0.6, 0.0}, 10, 1, 1),
                    ContainsSubstring("entry 1") && ContainsSubstring("-0.1 is negative"));
  CHECK_THROWS_WITH(sample({0.5, 0.6}, 10, 1, 1), ContainsSubstring("sum to 1.1"));
  CHECK_THROWS_WITH(sample({0.5, std::nan("")}, 10, 1, 1),
                    ContainsSubstring("entry 1") && ContainsSubstring("nan"));
  CHECK_THROWS_WITH(sample({0.5, 0.25, 0.25}, 10, 1, 1), ContainsSubstring("3 entries"));
  CHECK_THROWS_AS(sample({1.0}, 10, 1, 1), InputError);
  CHECK_THROWS_AS(sample({}, 10, 1, 1), InputError);
}

TEST_CASE("Reported probabilities agree with the oracle for permuted and partial measurements") {
  RandomStream random(303);
  for (int trial = 0; trial < 10; ++trial) {
    const int n = 4;
    Circuit circuit = oracle::random_circuit({.n_qubits = n}, random);
    const int n_bits = 1 + trial % n;
    const std::vector<int> qubits = oracle::random_operands(n_bits, n, random);
    for (int bit = 0; bit < n_bits; ++bit)
      circuit.measure(qubits[static_cast<std::size_t>(bit)], bit);
    ReadoutError error;
    if (n_bits >= 3) error.push_back(oracle::random_confusion({2, 0}, random));
    if (n_bits != 3) error.push_back(oracle::random_confusion({n_bits == 4 ? 3 : 0}, random));
    circuit.set_readout_error(error);
    const std::vector<double> reported =
        reported_probabilities(circuit, Program(circuit).run({}).probabilities());
    const arma::vec expected = oracle::reported_probabilities(circuit, oracle::evolve(circuit));
    REQUIRE(reported.size() == expected.n_elem);
    for (std::size_t b = 0; b < reported.size(); ++b)
      CHECK(std::abs(reported[b] - expected(b)) <= 1e-12);
  }
}

TEST_CASE("Bit i reports the qubit that was measured into it") {
  Circuit circuit(3);
  circuit.append(Op::x, {2}).measure(2, 0).measure(0, 1);
  std::vector<double> p(8, 0.0);
  p[4] = 1.0;  // qubit 2 is 1
  CHECK(reported_probabilities(circuit, p) == std::vector<double>{0.0, 1.0, 0.0, 0.0});
  circuit.set_readout_error({ConfusionMatrix::single(1, 0.25, 0.5)});
  CHECK(reported_probabilities(circuit, p) == std::vector<double>{0.0, 0.75, 0.0, 0.25});
  CHECK_THROWS_WITH(reported_probabilities(circuit, {0.5, 0.5}),
                    ContainsSubstring("2 entries") && ContainsSubstring("3 qubits"));
  circuit.set_readout_error({ConfusionMatrix::single(2, 0.25, 0.5)});
  CHECK_THROWS_WITH(reported_probabilities(circuit, p), ContainsSubstring("bit 2 is outside 0..1"));
}
