#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <rhodrift/train/dataset.hpp>

namespace rhodrift {

// Tasks that are drawn instead of measured, in an order that is drawn too. Each is a function of
// its seed. All take at most 10,000,000 samples and throw InputError when an argument is outside
// its range.

// Classification, after scikit-learn's functions of the same names. The classes are named "0", "1",
// … and differ in size by at most one sample, the first ones being larger.

/// Two interleaved half circles of radius 1: class 0 is the upper one about (0, 0), class 1 the
/// lower one about (1, 1/2). Points are evenly spaced along them; `noise` >= 0 is the standard
/// deviation of what is then added to each coordinate. n_samples >= 2.
Dataset moons(std::size_t n_samples, double noise, std::uint64_t seed);

/// Two circles about the origin: class 0 of radius 1, class 1 of radius `factor`, in (0, 1). Points
/// are evenly spaced; `noise` as for moons.
Dataset circles(std::size_t n_samples, double noise, double factor, std::uint64_t seed);

/// `n_centres` >= 2 normal distributions in n_features dimensions, 1 to 1000, with the standard
/// deviation `deviation` >= 0 in each; class k is the one about centre k. Centres are uniform in
/// [-10, 10]^n_features. n_samples >= n_centres.
Dataset blobs(std::size_t n_samples, std::size_t n_centres, std::size_t n_features,
              double deviation, std::uint64_t seed);

// Regressions, of a target named "target".

/// sin(x) of one feature x, uniform in [-π, π]; `noise` >= 0 is the standard deviation of what is
/// then added to the target. n_samples >= 2.
Dataset sine(std::size_t n_samples, double noise, std::uint64_t seed);

/// 10 sin(π x0 x1) + 20 (x2 - 1/2)² + 10 x3 + 5 x4 of features uniform in [0, 1], those from x5 on
/// being of no use; noise as in sine. n_samples >= 2, n_features 5 to 1000. J. H. Friedman,
/// Ann. Stat. 19, 1 (1991), sec. 4.3; scikit-learn's make_friedman1.
Dataset friedman1(std::size_t n_samples, std::size_t n_features, double noise, std::uint64_t seed);

/// True for texts that synthetic_dataset() takes for one of its kinds, alone or with a colon
/// behind: "moons", "circles", "blobs", "sine" or "friedman1".
bool is_synthetic(const std::string& text);

/// One of the above as a text, parameters in any order, those left out as here, for classes as
/// scikit-learn has them:
///   moons:samples=100:noise=0:seed=1
///   circles:samples=100:noise=0:factor=0.8:seed=1
///   blobs:samples=100:centres=3:features=2:deviation=1:seed=1
///   sine:samples=100:noise=0:seed=1
///   friedman1:samples=100:features=5:noise=0:seed=1
/// The data set's name is the text with all parameters in this order.
/// Throws InputError that names the part at fault and lists what can be there.
Dataset synthetic_dataset(const std::string& text);

}  // namespace rhodrift
