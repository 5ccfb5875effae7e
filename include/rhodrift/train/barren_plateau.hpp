#pragma once

#include <armadillo>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <rhodrift/circuit/expectation_function.hpp>
#include <rhodrift/core/estimate.hpp>
#include <rhodrift/train/warning.hpp>

/// How large gradients are where training starts, and how fast they fall with the size of the
/// circuit. Where their variance over random starts falls exponentially, so does the chance of a
/// gradient that shots can tell from 0: a barren plateau. J. R. McClean et al., Nat. Commun. 9,
/// 4812 (2018); of observables on many and on few qubits: M. Cerezo et al., Nat. Commun. 12, 1791
/// (2021); by noise, in the number of layers: S. Wang et al., Nat. Commun. 12, 6961 (2021).
namespace rhodrift {

/// The variance of the derivatives, n_weights x n_draws, over the draws: unbiased, and averaged
/// over the weights. Its logarithm is what is nearly normal: standard error and Student's interval
/// are the jackknife's of the logarithm (R. G. Miller, Ann. Math. Stat. 39, 567 (1968)), one draw
/// being left out at a time with all of its weights. Draws must be independent, weights need not
/// be. Throws InputError when there are no weights, fewer than 3 draws, all draws but one are
/// alike, or an entry is not finite.
Estimate gradient_variance(const arma::mat& derivatives, double level = 0.95);

/// A circuit of some size, as it is probed.
struct ProbedCircuit {
  std::shared_ptr<const ExpectationFunction> expectations;  ///< of one observable
  /// Where training may start, a function of the seed; see initial_weights().
  std::function<arma::vec(std::uint64_t seed)> start;
  /// n_features x m: the draws go with the m samples in turn. Not looked at without features.
  arma::mat features = {};
  std::size_t weight = 0;  ///< the one that is also looked at alone
};
/// The circuit of that size. What a layer is, is up to it.
using ProbedCircuits = std::function<ProbedCircuit(int n_qubits, int layers)>;

/// How a variance v falls with the size x, two models being fitted to log2 v by weighted least
/// squares: a + s x, and a + r x + c log2 x, in which a power of x may take part of the fall. Where
/// the fit misses by more than the errors of v explain, the errors of s and r are widened by
/// √(χ²/degrees of freedom). It is about the sizes looked at: in the layers of a circuit without
/// noise, for one, a fall ends where the circuit is a 2-design.
struct Decay {
  enum class Verdict {
    exponential,      ///< the intervals of s and r are below 0
    not_exponential,  ///< the interval of r is above -slowest_rate
    not_known,
  };

  std::optional<Estimate> slope;  ///< s, bits a unit of size; from 3 sizes on
  std::optional<Estimate> rate;   ///< r, bits a unit of size; from 4 sizes on
  Verdict verdict = Verdict::not_known;
};
/// "exponential", "not exponential", "not known"
std::string_view to_string(Decay::Verdict verdict);

/// `slowest_rate` > 0, in bits a unit of size, is the slowest exponential decay that matters.
/// Without a slope when a variance is below 1e-28: it is rounding errors', the derivatives are 0.
/// Throws InputError when there are not as many sizes as variances, a size is not > 0 or there
/// twice, a variance is negative or slowest_rate is not > 0.
Decay fit_decay(std::span<const double> sizes, std::span<const Estimate> variances,
                double slowest_rate = 0.5, double level = 0.95);

struct BarrenPlateauOptions {
  std::vector<int> n_qubits = {2, 4, 6, 8};  ///< each >= 1
  std::vector<int> layers = {1, 2, 4, 8};    ///< each >= 1
  std::size_t draws = 200;                   ///< starts for each size, >= 3
  double slowest_rate = 0.5;                 ///< of fit_decay, bits a qubit or a layer
  double level = 0.95;                       ///< of all intervals
  std::uint64_t seed = 1;

  /// Throws InputError when one is outside its range or a size is there twice.
  void validate() const;
};

struct BarrenPlateauProbe {
  struct Variance {
    int n_qubits;
    int layers;
    std::size_t n_weights;
    Estimate one_weight;         ///< ProbedCircuit::weight
    Estimate mean_over_weights;  ///< that of the squared gradient norm, divided by n_weights
  };
  struct DecayAt {
    int at;  ///< layers or n_qubits, the one that is held
    Decay one_weight;
    Decay mean_over_weights;
  };

  std::vector<Variance> variances;  ///< n_qubits after n_qubits, in each layers after layers
  std::vector<DecayAt> in_qubits;   ///< one for each number of layers
  std::vector<DecayAt> in_layers;   ///< one for each number of qubits
  std::vector<Warning> warnings;    ///< where mean_over_weights decays exponentially
};

/// Draws starts for every size and takes their exact gradients, one at a time. A function of the
/// seed. Throws InputError when the options are not valid, or a probed circuit has not one
/// observable, no weights, no such weight, or starts or features that do not fit.
BarrenPlateauProbe probe_barren_plateau(const ProbedCircuits& circuits,
                                        const BarrenPlateauOptions& options = {});

}  // namespace rhodrift
