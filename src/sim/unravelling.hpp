#pragma once

#include <armadillo>
#include <optional>
#include <vector>

#include <rhodrift/core/transfer_matrix.hpp>

namespace rhodrift {

/// A channel as a choice between operators on a pure state: branch m with probability
/// p_m = <ψ|E_m|ψ>, E_m = K_m† K_m, then ψ <- K_m ψ / √p_m.
///
/// A branch is at least as probable as the lowest eigenvalue of its E_m, whatever the state is. As
/// often as these floors add up to, the branch is drawn from the floors alone, without a look at
/// the state, and else from what the probabilities in this state have above them (the delayed inner
/// product of S. V. Isakov et al., arXiv:2111.02396). A mixture of unitaries is all floor, and weak
/// noise nearly so.
class Unravelling {
 public:
  /// Throws InputError when the matrix is not that of a channel.
  explicit Unravelling(const TransferMatrix& ptm);
  /// With these branches, which are known to make up a channel.
  explicit Unravelling(const std::vector<arma::cx_mat>& kraus);

  std::size_t n_branches() const { return branches_.size(); }
  const arma::cx_mat& kraus(std::size_t branch) const { return branches_[branch].kraus; }
  /// Whether the branch leaves every state as it is.
  bool is_identity(std::size_t branch) const { return branches_[branch].is_identity; }
  /// tr E_m/d: the probability of the branch, on average over the states.
  double mean_probability(std::size_t branch) const { return branches_[branch].mean_probability; }
  /// The lowest probability of every branch.
  const arma::vec& floors() const { return floors_; }
  /// All E_m are multiples of the identity: the floors are the probabilities, and sum to 1.
  bool is_mixture_of_unitaries() const { return floor_ == 1.0; }
  /// tr(E_m ρ)/tr ρ
  arma::vec probabilities(const arma::cx_mat& density) const;

  /// The branch at 0 <= u < 1 as far as the floors decide it.
  std::optional<std::size_t> branch_by_floor(double u) const;
  /// The branch at a u that branch_by_floor() leaves open.
  std::size_t branch_above_floor(double u, const arma::vec& probabilities) const;

 private:
  struct Branch {
    arma::cx_mat kraus;
    arma::cx_mat effect;  ///< E_m
    bool is_identity;
    double mean_probability;
  };

  std::vector<Branch> branches_;
  arma::vec floors_;
  double floor_;  ///< their sum
};

/// The index that 0 <= u < 1 draws with probabilities in proportion to the weights (>= 0, not all
/// 0).
std::size_t draw(const arma::vec& weights, double u);

}  // namespace rhodrift
