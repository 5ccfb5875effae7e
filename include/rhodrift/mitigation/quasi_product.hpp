#pragma once

#include <armadillo>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <rhodrift/core/random.hpp>

namespace rhodrift {

/// Independent choices at several sites with quasi-probabilities q, some negative: option i at site
/// k is drawn with probability |q_k(i)|/Σ|q_k| and counts with the sign of q_k(i).
class QuasiProduct {
 public:
  /// Every site has an option that is not 0.
  explicit QuasiProduct(std::vector<arma::vec> sites);

  const std::vector<arma::vec>& sites() const { return sites_; }
  /// Π_k Σ|q_k|, >= 1 where quasi-probabilities sum to 1: by how much weights exceed 1.
  double gamma() const { return gamma_; }
  /// How probable it is that the product of all signs is negative.
  double negative_probability() const;
  /// An option a site, given the product of their signs.
  std::vector<std::size_t> draw(bool negative, RandomStream& random) const;

  /// How many instances of one sign there are, and their weight.
  struct Share {
    bool negative;
    std::uint64_t n_instances;
    double weight;
  };
  /// `n_instances` shared out between the signs by their probability, at least 2 each and 12
  /// negative ones (or a quarter of all, if that is less), whose scatter has to tell their
  /// variance: numbers that are fixed, not drawn, take out of the variance what comes from the
  /// signs alone, which is most of it when the values differ little. Weights are such that the mean
  /// stays unbiased. A single share where there are no negative ones. Throws InputError below 2
  /// instances, or 4 where both signs occur.
  std::vector<Share> shares(std::uint64_t n_instances) const;

 private:
  std::vector<arma::vec> sites_;
  double gamma_ = 1.0;
  std::vector<double> negative_;  // by site: the probability of a negative sign
  /// By site, and 1 after the last: P(+) - P(-) of the product of the signs from there on.
  std::vector<double> mean_sign_;
};

}  // namespace rhodrift
