#pragma once

#include <span>
#include <vector>

#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/core/pauli.hpp>
#include <rhodrift/mitigation/expectations.hpp>

/// Symmetry verification: the error-free state is an eigenstate of known Pauli strings, so what is
/// found outside of their eigenspace is an error and is left out.
/// X. Bonet-Monroig et al., Phys. Rev. A 98, 062339 (2018).
namespace rhodrift::symmetry {

/// A diagonal Pauli string over classical bits, which without errors has the value `sign`.
struct Symmetry {
  PauliString pauli;
  int sign = 1;  ///< 1 or -1
};

/// The projector on 2^k Pauli strings is written out: at most this many symmetries in `expanded`.
inline constexpr std::size_t max_expanded_symmetries = 12;

/// Outcomes of which only those with the right symmetries are kept.
struct PostSelected {
  Outcomes outcomes;   ///< its `shots` are those kept
  double share = 1.0;  ///< of all shots (of all probability) that was kept
};

/// Throws InputError when there is no symmetry, one is not diagonal, reaches past the bits or has
/// another sign than 1 or -1, and RunError when nothing is kept.
PostSelected post_select(const Outcomes& outcomes, std::span<const Symmetry> symmetries);

/// "symmetry/post-selection": the plain averages of the outcomes that post_select keeps, with the
/// covariance of as many shots as are kept. It takes the outcomes for what the qubits were:
/// misreading of a symmetry's bits throws good shots away and keeps bad ones.
ExpectationEstimator post_selection(std::vector<Symmetry> symmetries);

/// O_i Π of every observable and, at last, Π: the projector on the symmetries,
///   Π = Π_i (1 + sign_i S_i)/2.
/// Throws InputError when there are no symmetries, or more than max_expanded_symmetries, one is not
/// diagonal or has another sign than 1 or -1, or they exclude each other.
std::vector<Observable> projected(const std::vector<Symmetry>& symmetries,
                                  std::span<const Observable> observables);

/// "symmetry/expanded over <inner>": `projected` estimated by `inner`, so that misreading is undone
/// before the symmetries are looked at, and divided: <O_i Π>/<Π> (divided_by_last);
/// post_selection when inner is the raw estimator. Throws as both.
ExpectationEstimator expanded(const std::vector<Symmetry>& symmetries,
                              const ExpectationEstimator& inner);

}  // namespace rhodrift::symmetry
