#pragma once

#include <armadillo>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rhodrift {

/// How the learning rate changes over the steps of a run: the factor on Optimizer's learning rate.
/// During `warmup` steps w it rises linearly, (s+1)/(w+1) in step s = 0, 1, …; then, u = s - w
/// steps later and with T steps left from there to the end of the run, it is
///   constant  1
///   cosine    final + (1 - final) (1 + cos(π u/T))/2: `final` would be reached in step u = T.
///             I. Loshchilov, F. Hutter, ICLR 2017, arXiv:1608.03983, without restarts
///   step      factor^⌊u/every⌋
struct Schedule {
  enum class Shape { constant, cosine, step };

  Shape shape = Shape::constant;
  double final_factor = 0.0;  ///< of cosine, in [0, 1)
  int every = 1;              ///< of step, >= 1
  double factor = 0.1;        ///< of step, in (0, 1)
  int warmup = 0;             ///< steps, >= 0

  /// Throws InputError when a number that the shape takes is outside its range.
  void validate() const;
  /// In step `step` = 0 .. n_steps-1 of a run of `n_steps`, in (0, 1]. Throws InputError when there
  /// is no such step, or the warm-up takes all of them.
  double rate_factor(std::uint64_t step, std::uint64_t n_steps) const;
  bool operator==(const Schedule&) const = default;
};

/// "constant", "cosine" maybe with ":final=0.01", "step:every=100" maybe with ":factor=0.5", each
/// maybe with ":warmup=20". Throws InputError that lists what is known.
Schedule parse_schedule(std::string_view text);
/// As parse_schedule reads it.
std::string to_string(const Schedule& schedule);

/// Keeps single steps from being long: by norm, g ← g min(1, limit/|g|), which keeps the direction
/// (R. Pascanu, T. Mikolov, Y. Bengio, ICML 2013, arXiv:1211.5063), or every entry to
/// [-limit, limit].
struct GradientClipping {
  enum class By { norm, value };

  By by = By::norm;
  double limit = 1.0;  ///< > 0

  /// Throws InputError when the limit is not above 0 and finite.
  void validate() const;
  /// A finite gradient is needed: others are not made finite.
  arma::vec apply(const arma::vec& gradient) const;
  bool operator==(const GradientClipping&) const = default;
};

/// "norm:1", "value:0.5", without the number a limit of 1; "none" is nullopt. Throws InputError
/// that lists them.
std::optional<GradientClipping> parse_gradient_clipping(std::string_view text);
/// As parse_gradient_clipping reads it.
std::string to_string(const std::optional<GradientClipping>& clipping);

}  // namespace rhodrift
