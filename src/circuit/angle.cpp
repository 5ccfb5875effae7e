#include <algorithm>
#include <string>
#include <tuple>

#include <rhodrift/circuit/angle.hpp>
#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

Angle::Term checked(Angle::Source source, int index, double coefficient) {
  if (index < 0)
    throw InputError("angle", "", "parameter index " + std::to_string(index) + " is negative");
  return {source, index, coefficient};
}

}  // namespace

Angle Angle::weight(int index, double coefficient) {
  Angle angle;
  if (const Term term = checked(Source::weight, index, coefficient); coefficient != 0.0)
    angle.terms_ = {term};
  return angle;
}

Angle Angle::feature(int index, double coefficient) {
  Angle angle;
  if (const Term term = checked(Source::feature, index, coefficient); coefficient != 0.0)
    angle.terms_ = {term};
  return angle;
}

Angle Angle::operator-() const {
  return -1.0 * *this;
}

Angle operator+(const Angle& a, const Angle& b) {
  const auto key = [](const Angle::Term& t) { return std::tuple(t.source, t.index); };
  Angle sum(a.offset_rad_ + b.offset_rad_);
  auto i = a.terms_.begin(), j = b.terms_.begin();
  while (i != a.terms_.end() || j != b.terms_.end()) {
    if (j == b.terms_.end() || (i != a.terms_.end() && key(*i) < key(*j))) {
      sum.terms_.push_back(*i++);
    } else if (i == a.terms_.end() || key(*j) < key(*i)) {
      sum.terms_.push_back(*j++);
    } else {
      const double coefficient = i->coefficient + j->coefficient;
      if (coefficient != 0.0) sum.terms_.push_back({i->source, i->index, coefficient});
      ++i, ++j;
    }
  }
  return sum;
}

Angle operator*(double factor, const Angle& a) {
  Angle scaled(factor * a.offset_rad_);
  if (factor == 0.0) return scaled;
  scaled.terms_ = a.terms_;
  for (Angle::Term& term : scaled.terms_) term.coefficient *= factor;
  return scaled;
}

}  // namespace rhodrift
