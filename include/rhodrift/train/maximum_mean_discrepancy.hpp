#pragma once

#include <armadillo>
#include <vector>

#include <rhodrift/train/loss.hpp>

namespace rhodrift {

/// What tells a generator how far the distribution p of its outcomes is from a wanted one q:
///   MMD² = Σ_ab (p_a - q_a) K(a, b) (p_b - q_b),  K(a, b) = mean_s exp(-|a - b|²/(2s)),
/// over the 2^n outcomes of n bits, exactly, in O(n 2^n) for each variance s. It is 0 for p = q
/// only. J.-G. Liu, L. Wang, Phys. Rev. A 98, 062324 (2018), arXiv:1804.04168; A. Gretton et al.,
/// J. Mach. Learn. Res. 13, 723 (2012).
class MaximumMeanDiscrepancy {
 public:
  /// What |a - b|² is.
  enum class Distance {
    bits,      ///< the number of bits that differ
    integers,  ///< the square of the difference of the numbers
  };
  /// `target` is q, of 2^n outcomes, n >= 1: entry b is outcome b's probability (Bitstring).
  /// `variances` are the s, on the scale of |a - b|²; short and long ones together see both single
  /// outcomes and the whole. Throws InputError when the target is no distribution, there are no
  /// variances or one is not > 0.
  MaximumMeanDiscrepancy(arma::vec target, std::vector<double> variances,
                         Distance distance = Distance::bits);

  /// MMD² and its gradient 2 K (p - q) in the probabilities p, each counted as free.
  /// Throws InputError when there are not as many as in the target.
  LossValue operator()(const arma::vec& probabilities) const;

 private:
  arma::vec kernel_times(const arma::vec& values) const;

  arma::vec target_;
  std::vector<double> variances_;
  Distance distance_;
};

}  // namespace rhodrift
