#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <boost/math/tools/minima.hpp>
#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/transfer_matrix.hpp>
#include <rhodrift/mitigation/noise_learning.hpp>
#include <rhodrift/mitigation/pauli_insertions.hpp>

namespace rhodrift::noise_learning {

namespace {

constexpr std::size_t n_bases = 9;
constexpr std::size_t n_readable = 3;  // Paulis that a basis shows: a, b and a b

/// Bases 0..8 are X X, Y X, …, Z Z, operand 0 first.
std::size_t digit_of(std::size_t basis, std::size_t operand) {
  return 1 + (operand == 0 ? basis % 3 : basis / 3);
}

/// The Pauli whose decay observable k of a basis shows.
std::size_t readable_pauli(std::size_t basis, std::size_t k) {
  const std::size_t a = digit_of(basis, 0), b = 4 * digit_of(basis, 1);
  return std::array{a, b, a + b}[k];
}

/// Z0, Z1 and Z0 Z1 of outcomes whose bits are inverted or not.
std::vector<Observable> readable(std::uint8_t inverted) {
  const double a = inverted & 1 ? -1.0 : 1.0, b = inverted & 2 ? -1.0 : 1.0;
  return {Observable({{a, PauliString::z({0})}}), Observable({{b, PauliString::z({1})}}),
          Observable({{a * b, PauliString::z({0, 1})}})};
}

TransferMatrix matrix_of(Op gate) {
  if (info(gate).unitary == nullptr || info(gate).n_qubits != 2 || info(gate).n_angles != 0)
    throw InputError("noise learning", std::string(info(gate).name),
                     "is no 2-qubit gate without angles");
  return unitary_transfer_matrix(info(gate).unitary({}));
}

/// Of each Pauli after two runs of the gate.
arma::vec signs_of_pair(Op gate) {
  constexpr double rounding = 1e-9;
  const TransferMatrix once = matrix_of(gate);
  const arma::vec signs = TransferMatrix(once * once).diag();
  for (arma::uword p = 0; p < 16; ++p)
    if (arma::abs(once.col(p)).max() < 1.0 - rounding || std::abs(signs(p)) < 1.0 - rounding)
      throw InputError("noise learning", std::string(info(gate).name),
                       "does not take every Pauli to a Pauli, and back to itself when run twice");
  return arma::sign(signs);
}

Circuit repetitions(Op gate, int n_qubits, const std::vector<int>& qubits, std::size_t basis,
                    int depth) {
  Circuit preparation(n_qubits);
  for (std::size_t k = 0; k < 2; ++k) {
    if (digit_of(basis, k) != 3) preparation.append(Op::h, {qubits[k]});
    if (digit_of(basis, k) == 2) preparation.append(Op::s, {qubits[k]});
  }
  Circuit circuit = preparation;
  for (int i = 0; i < 2 * depth; ++i) circuit.append(gate, qubits);
  circuit.append(preparation.inverse());
  return circuit.measure(qubits[0], 0).measure(qubits[1], 1);
}

/// f of a decay A f^m, and how it moves with each value of the plan.
struct Decay {
  double f;
  arma::rowvec slopes;
};

/// Of what a basis shows in its observable k, whose sign turns with every pair of gates or not.
Decay fit(const std::vector<int>& pairs, std::size_t basis, std::size_t k, bool alternates,
          const arma::vec& values) {
  const arma::vec depths = arma::conv_to<arma::vec>::from(pairs);
  arma::uvec rows(depths.n_elem);
  arma::vec signs(depths.n_elem, arma::fill::ones);
  for (arma::uword d = 0; d < depths.n_elem; ++d) {
    rows(d) = (basis * depths.n_elem + d) * n_readable + k;
    if (alternates && pairs[d] % 2 == 1) signs(d) = -1.0;
  }
  const arma::vec y = signs % values(rows);
  const auto shape = [&](double f) { return arma::vec(arma::exp(std::log(f) * depths)); };
  const auto amplitude = [&](const arma::vec& g) { return arma::dot(g, y) / arma::dot(g, g); };
  const auto misfit = [&](double f) {
    const arma::vec g = shape(f);
    return arma::accu(arma::square(y - amplitude(g) * g));
  };
  constexpr double lowest = 1e-3, highest = 1.5;  // shot noise may show a little more than 1
  constexpr int bits = 40;
  const double f = boost::math::tools::brent_find_minima(misfit, lowest, highest, bits).first;
  if (f < 2.0 * lowest || f > 0.99 * highest)
    throw RunError(fmt::format("noise learning: Pauli {} does not decay as a fidelity does",
                               readable_pauli(basis, k)));
  const arma::vec g = shape(f);
  const arma::mat jacobian = arma::join_rows(g, amplitude(g) / f * (depths % g));
  Decay decay{f, arma::rowvec(values.n_elem, arma::fill::zeros)};
  decay.slopes(rows) = arma::mat(arma::pinv(jacobian)).row(1).t() % signs;
  return decay;
}

/// Which Pauli the gate makes of each.
std::vector<std::size_t> images_of(Op gate) {
  const arma::mat sizes = arma::abs(matrix_of(gate));
  std::vector<std::size_t> images;
  for (arma::uword p = 0; p < 16; ++p) images.push_back(sizes.col(p).index_max());
  return images;
}

}  // namespace

LearningPlan construct(Op gate, int n_qubits, const std::vector<int>& qubits,
                       std::span<const int> depths, std::uint64_t n_instances, std::uint64_t shots,
                       std::uint64_t seed) {
  signs_of_pair(gate);
  if (std::set(depths.begin(), depths.end()).size() < 2 || *std::ranges::min_element(depths) < 1)
    throw InputError("noise learning", "depths", "must be at least 2 different ones, none below 1");
  if (n_instances < 2)
    throw InputError("noise learning", "instances",
                     fmt::format("{} given, at least 2 are needed to tell an error", n_instances));
  LearningPlan plan{{}, gate, {depths.begin(), depths.end()}, {}};
  std::size_t cell = 0;
  for (std::size_t basis = 0; basis < n_bases; ++basis)
    for (const int depth : depths) {
      const DressedCircuit dressed = dress(repetitions(gate, n_qubits, qubits, basis, depth));
      for (std::uint64_t i = 0; i < n_instances; ++i) {
        RandomStream random(seed, stream_id(0, cell, i));
        PauliFrame frame(dressed.slots.size());
        insert_twirl(dressed, frame, random);
        const std::size_t inverted = random.below(4);
        const std::size_t flips = (inverted & 1) | (inverted & 2) << 1;  // X on either operand
        frame.insert_after(dressed.entanglers.back().after, flips);
        plan.jobs.push_back(dressed.job(frame, shots));
        plan.instances.push_back({cell});
        plan.inverted.push_back(static_cast<std::uint8_t>(inverted));
      }
      ++cell;
    }
  return plan;
}

JointEstimate combine(const LearningPlan& plan, std::span<const Outcomes> outcomes,
                      const ExpectationEstimator& estimator) {
  plan.require_matching(outcomes);
  const std::array observables{readable(0), readable(1), readable(2), readable(3)};
  std::vector<Reading> readings;
  for (std::size_t j = 0; j < outcomes.size(); ++j)
    readings.push_back({outcomes[j], observables[plan.inverted[j]]});
  const JointEstimate joint = pooled(estimator.estimate(readings), plan.instances).joint();
  const arma::vec signs = signs_of_pair(plan.gate);
  const std::vector<std::size_t> images = images_of(plan.gate);
  // Sums over all decays that show f_P f_P', P' being the image of P.
  arma::vec products(16, arma::fill::zeros), n_decays(16, arma::fill::zeros);
  arma::mat slopes(16, joint.values.n_elem, arma::fill::zeros);
  for (std::size_t basis = 0; basis < n_bases; ++basis)
    for (std::size_t k = 0; k < n_readable; ++k) {
      const std::size_t pauli = readable_pauli(basis, k);
      const Decay decay = fit(plan.depths, basis, k, signs(pauli) < 0.0, joint.values);
      for (const std::size_t p : std::set{pauli, images[pauli]}) {
        products(p) += decay.f;
        slopes.row(p) += decay.slopes;
        n_decays(p) += 1.0;
      }
    }
  JointEstimate result{arma::vec(16, arma::fill::ones), {}};
  for (arma::uword p = 1; p < 16; ++p) {
    result.values(p) = std::sqrt(products(p) / n_decays(p));
    slopes.row(p) *= 0.5 / (n_decays(p) * result.values(p));
  }
  result.covariance = slopes * joint.covariance * slopes.t();
  return result;
}

}  // namespace rhodrift::noise_learning
