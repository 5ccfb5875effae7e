#include <limits>

#include <rhodrift/mitigation/readout/overhead.hpp>

namespace rhodrift::readout {

arma::vec shot_overhead(const ExpectationEstimator& estimator, const Outcomes& outcomes,
                        std::span<const Observable> observables) {
  Outcomes one_shot = outcomes;
  one_shot.shots = 1;  // covariances are those of one shot
  const Reading reading{one_shot, observables};
  const arma::mat mitigated = estimator.estimate({&reading, 1}).readings[0].covariance;
  const arma::mat raw = raw_expectations(one_shot, observables).covariance;
  arma::vec overhead(observables.size());
  for (arma::uword k = 0; k < overhead.n_elem; ++k)
    overhead(k) = raw(k, k) > 0.0         ? mitigated(k, k) / raw(k, k)
                  : mitigated(k, k) > 0.0 ? std::numeric_limits<double>::infinity()
                                          : 1.0;
  return overhead;
}

}  // namespace rhodrift::readout
