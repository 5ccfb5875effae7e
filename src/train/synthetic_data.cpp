#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/synthetic_data.hpp>

#include "core/shown.hpp"
#include "core/shuffle.hpp"
#include "train/random.hpp"

namespace rhodrift {

namespace {

void require(bool holds, const char* kind, const char* parameter, double value,
             const std::string& range) {
  if (!holds) throw InputError(kind, parameter, fmt::format("{} is not {}", value, range));
}

void require_samples(const char* kind, std::size_t n_samples, std::size_t n_classes) {
  constexpr std::size_t most = 10'000'000;
  require(n_samples >= n_classes && n_samples <= most, kind, "samples",
          static_cast<double>(n_samples), fmt::format("in {}..{}", n_classes, most));
}

void require_deviation(const char* kind, const char* parameter, double deviation) {
  require(deviation >= 0 && std::isfinite(deviation), kind, parameter, deviation,
          "a finite number >= 0");
}

/// The labels 0 … n_classes-1, in equal numbers and in the order of the classes.
Dataset without_features(std::string name, std::size_t n_samples, std::size_t n_classes) {
  Dataset data{std::move(name), {}, {}, {}};
  for (std::size_t k = 0; k < n_classes; ++k) {
    data.class_names.push_back(std::to_string(k));
    const std::size_t size = n_samples / n_classes + (k < n_samples % n_classes ? 1 : 0);
    data.labels.insert(data.labels.end(), size, static_cast<int>(k));
  }
  return data;
}

/// Adds noise to the features, and shuffles the samples.
Dataset finished(const Dataset& data, double deviation, std::uint64_t seed) {
  Dataset noisy = data;
  RandomStream noise = training_stream(seed, StreamPurpose::synthetic_noise, 0);
  for (double& value : noisy.features) value += deviation * noise.normal();
  std::vector<std::size_t> order(data.n_samples());
  std::iota(order.begin(), order.end(), std::size_t{0});
  RandomStream random = training_stream(seed, StreamPurpose::synthetic_order, 0);
  shuffle(order, random);
  return noisy.subset(order);
}

/// `first(share)` for class 0 and `second(share)` for class 1, where a sample's share of the way
/// goes from 0 to `last` in equal steps.
template <typename First, typename Second>
arma::mat along_two_curves(const Dataset& data, bool closed, First first, Second second) {
  arma::mat points(2, data.n_samples());
  for (int k = 0; k < 2; ++k) {
    const auto begin = std::find(data.labels.begin(), data.labels.end(), k);
    const auto n = std::count(begin, data.labels.end(), k);
    const auto steps = static_cast<double>(closed ? n : std::max<std::ptrdiff_t>(n - 1, 1));
    for (std::ptrdiff_t i = 0; i < n; ++i) {
      const double share = static_cast<double>(i) / steps;
      const auto column = static_cast<arma::uword>(begin - data.labels.begin() + i);
      points.col(column) = k == 0 ? first(share) : second(share);
    }
  }
  return points;
}

/// Features uniform in [low, high], drawn sample by sample.
arma::mat uniform_features(std::size_t n_features, std::size_t n_samples, double low, double high,
                           std::uint64_t seed) {
  arma::mat features(n_features, n_samples);
  RandomStream random = training_stream(seed, StreamPurpose::synthetic_features, 0);
  for (double& value : features) value = low + (high - low) * random.uniform();
  return features;
}

/// A regression of one target, with noise on it. Its samples were drawn in no order.
Dataset regression(std::string name, arma::mat features, arma::rowvec target, double deviation,
                   std::uint64_t seed) {
  RandomStream noise = training_stream(seed, StreamPurpose::synthetic_noise, 0);
  for (double& value : target) value += deviation * noise.normal();
  return {std::move(name), std::move(features), {}, {}, std::move(target), {"target"}};
}

// --- the text form ------------------------------------------------------------------------------

/// The parameters of a text, each of which is taken once.
class Parameters {
 public:
  explicit Parameters(const std::string& text) : text_(text) {
    const std::size_t colon = text.find(':');
    kind_ = text.substr(0, colon);
    for (std::size_t at = colon; at != std::string::npos;) {
      const std::size_t end = text.find(':', at + 1);
      const std::string part = text.substr(at + 1, end == std::string::npos ? end : end - at - 1);
      const std::size_t equals = part.find('=');
      if (equals == std::string::npos) refuse(part, "is not parameter=value");
      if (!values_.emplace(part.substr(0, equals), part.substr(equals + 1)).second)
        refuse(part, "gives the parameter a second time");
      at = end;
    }
  }

  const std::string& kind() const { return kind_; }

  template <typename Number>
  Number take(const std::string& name, Number without) {
    known_.push_back(name);
    const auto found = values_.find(name);
    if (found == values_.end()) return without;
    Number value{};
    const char* const last = found->second.data() + found->second.size();
    const auto [end, error] = std::from_chars(found->second.data(), last, value);
    if (error != std::errc() || end != last)
      refuse(name + "=" + found->second,
             std::is_integral_v<Number> ? "is not a whole number >= 0" : "is not a number");
    values_.erase(found);
    return value;
  }

  void refuse_unknown() const {
    if (!values_.empty())
      refuse(values_.begin()->first,
             fmt::format("is no parameter of {}; there are {}", kind_, fmt::join(known_, ", ")));
  }

 private:
  [[noreturn]] void refuse(const std::string& part, const std::string& problem) const {
    throw InputError(shown(text_), "", fmt::format("'{}' {}", shown(part), problem));
  }

  std::string text_;
  std::string kind_;
  std::map<std::string, std::string> values_;
  std::vector<std::string> known_;
};

}  // namespace

Dataset moons(std::size_t n_samples, double noise, std::uint64_t seed) {
  require_samples("moons", n_samples, 2);
  require_deviation("moons", "noise", noise);
  Dataset data = without_features(
      fmt::format("moons:samples={}:noise={}:seed={}", n_samples, noise, seed), n_samples, 2);
  const auto upper = [](double share) -> arma::vec {
    return {std::cos(std::numbers::pi * share), std::sin(std::numbers::pi * share)};
  };
  data.features = along_two_curves(data, false, upper, [&](double share) -> arma::vec {
    return arma::vec{1, 0.5} - upper(share);
  });
  return finished(data, noise, seed);
}

Dataset circles(std::size_t n_samples, double noise, double factor, std::uint64_t seed) {
  require_samples("circles", n_samples, 2);
  require_deviation("circles", "noise", noise);
  require(factor > 0 && factor < 1, "circles", "factor", factor, "in (0, 1)");
  Dataset data = without_features(
      fmt::format("circles:samples={}:noise={}:factor={}:seed={}", n_samples, noise, factor, seed),
      n_samples, 2);
  const auto outer = [](double share) -> arma::vec {
    return {std::cos(2 * std::numbers::pi * share), std::sin(2 * std::numbers::pi * share)};
  };
  data.features = along_two_curves(
      data, true, outer, [&](double share) -> arma::vec { return factor * outer(share); });
  return finished(data, noise, seed);
}

Dataset blobs(std::size_t n_samples, std::size_t n_centres, std::size_t n_features,
              double deviation, std::uint64_t seed) {
  constexpr double widest = 10;
  require(n_centres >= 2, "blobs", "centres", static_cast<double>(n_centres), "at least 2");
  require(n_features >= 1 && n_features <= 1000, "blobs", "features",
          static_cast<double>(n_features), "in 1..1000");
  require_samples("blobs", n_samples, n_centres);
  require_deviation("blobs", "deviation", deviation);
  Dataset data =
      without_features(fmt::format("blobs:samples={}:centres={}:features={}:deviation={}:seed={}",
                                   n_samples, n_centres, n_features, deviation, seed),
                       n_samples, n_centres);
  arma::mat centres(n_features, n_centres);
  RandomStream random = training_stream(seed, StreamPurpose::synthetic_centres, 0);
  for (double& value : centres) value = widest * (2 * random.uniform() - 1);
  data.features = centres.cols(arma::conv_to<arma::uvec>::from(data.labels));
  return finished(data, deviation, seed);
}

Dataset sine(std::size_t n_samples, double noise, std::uint64_t seed) {
  require_samples("sine", n_samples, 2);
  require_deviation("sine", "noise", noise);
  const arma::mat x = uniform_features(1, n_samples, -std::numbers::pi, std::numbers::pi, seed);
  return regression(fmt::format("sine:samples={}:noise={}:seed={}", n_samples, noise, seed), x,
                    arma::sin(x.row(0)), noise, seed);
}

Dataset friedman1(std::size_t n_samples, std::size_t n_features, double noise, std::uint64_t seed) {
  require_samples("friedman1", n_samples, 2);
  require_deviation("friedman1", "noise", noise);
  require(n_features >= 5 && n_features <= 1000, "friedman1", "features",
          static_cast<double>(n_features), "in 5..1000");
  const arma::mat x = uniform_features(n_features, n_samples, 0, 1, seed);
  const arma::rowvec target = 10 * arma::sin(std::numbers::pi * x.row(0) % x.row(1)) +
                              20 * arma::square(x.row(2) - 0.5) + 10 * x.row(3) + 5 * x.row(4);
  return regression(fmt::format("friedman1:samples={}:features={}:noise={}:seed={}", n_samples,
                                n_features, noise, seed),
                    x, target, noise, seed);
}

bool is_synthetic(const std::string& text) {
  const std::string kind = text.substr(0, text.find(':'));
  return kind == "moons" || kind == "circles" || kind == "blobs" || kind == "sine" ||
         kind == "friedman1";
}

Dataset synthetic_dataset(const std::string& text) {
  if (!is_synthetic(text))
    throw InputError(shown(text), "", "is none of moons, circles, blobs, sine and friedman1");
  Parameters parameters(text);
  const auto samples = parameters.take<std::size_t>("samples", 100);
  const auto seed = parameters.take<std::uint64_t>("seed", 1);
  if (parameters.kind() == "blobs") {
    const auto centres = parameters.take<std::size_t>("centres", 3);
    const auto features = parameters.take<std::size_t>("features", 2);
    const auto deviation = parameters.take<double>("deviation", 1);
    parameters.refuse_unknown();
    return blobs(samples, centres, features, deviation, seed);
  }
  const auto noise = parameters.take<double>("noise", 0);
  if (parameters.kind() == "friedman1") {
    const auto features = parameters.take<std::size_t>("features", 5);
    parameters.refuse_unknown();
    return friedman1(samples, features, noise, seed);
  }
  const double factor =
      parameters.kind() == "circles" ? parameters.take<double>("factor", 0.8) : 0.0;
  parameters.refuse_unknown();
  if (parameters.kind() == "sine") return sine(samples, noise, seed);
  return parameters.kind() == "moons" ? moons(samples, noise, seed)
                                      : circles(samples, noise, factor, seed);
}

}  // namespace rhodrift
