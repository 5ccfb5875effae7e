#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace rhodrift {

/// The numbers a circuit is run with. Weights are trained, features are data.
struct Binding {
  std::span<const double> weights;
  std::span<const double> features;
};

/// A gate angle in radians, affine in the circuit's parameters:
///   offset + Σ coefficient · weight[index] + Σ coefficient · feature[index].
class Angle {
 public:
  enum class Source : unsigned char { weight, feature };
  struct Term {
    Source source;
    int index;  ///< >= 0
    double coefficient;
    bool operator==(const Term&) const = default;
  };

  /// A constant. Implicit on purpose: a number is an angle.
  Angle(double offset_rad = 0.0) : offset_rad_(offset_rad) {}
  static Angle weight(int index, double coefficient = 1.0);
  static Angle feature(int index, double coefficient = 1.0);

  double offset_rad() const { return offset_rad_; }
  /// Sorted by (source, index), each once, no zero coefficients.
  const std::vector<Term>& terms() const { return terms_; }
  bool is_constant() const { return terms_.empty(); }
  double value(const Binding& binding) const {
    double sum = offset_rad_;
    for (const Term& term : terms_) {
      const auto& values = term.source == Source::weight ? binding.weights : binding.features;
      sum += term.coefficient * values[static_cast<std::size_t>(term.index)];
    }
    return sum;
  }

  Angle operator-() const;
  friend Angle operator+(const Angle& a, const Angle& b);
  friend Angle operator-(const Angle& a, const Angle& b) { return a + (-b); }
  friend Angle operator*(double factor, const Angle& a);
  bool operator==(const Angle&) const = default;

 private:
  double offset_rad_;
  std::vector<Term> terms_;
};

}  // namespace rhodrift
