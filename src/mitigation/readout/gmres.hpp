#pragma once

#include <armadillo>
#include <functional>

namespace rhodrift {

using LinearMap = std::function<arma::vec(const arma::vec&)>;

/// The x of map(x) = right, to |right - map(x)|₂ <= tolerance |right|₂, by GMRES, restarted every
/// 40 products (Y. Saad, M. H. Schultz, SIAM J. Sci. Stat. Comput. 7, 856 (1986)). The same bits
/// for any number of threads, if the map's are. Throws RunError with the residual reached when 1000
/// products do not suffice.
arma::vec gmres(const LinearMap& map, const arma::vec& right, double tolerance);

}  // namespace rhodrift
