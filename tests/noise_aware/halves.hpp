#pragma once

#include <rhodrift/core/random.hpp>
#include <rhodrift/train/dataset.hpp>

namespace rhodrift {

/// Two classes by turns, of 3 features each around 0.8 and around -0.8.
inline Dataset halves(int n_samples) {
  Dataset data{"halves", arma::mat(3, static_cast<arma::uword>(n_samples)), {}, {"left", "right"}};
  RandomStream random(4);
  for (int b = 0; b < n_samples; ++b) {
    for (arma::uword j = 0; j < 3; ++j)
      data.features(j, static_cast<arma::uword>(b)) =
          (b % 2 == 0 ? 0.8 : -0.8) + 0.4 * random.normal();
    data.labels.push_back(b % 2);
  }
  return data;
}

}  // namespace rhodrift
