#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/circuit/observable.hpp>
#include <rhodrift/core/error.hpp>

namespace rhodrift {

namespace {

/// Reads "0.5*Z0 - 1.25*X1 X2 + 3*I" from left to right.
class ObservableReader {
 public:
  explicit ObservableReader(std::string_view text) : text_(text) {}

  std::vector<Observable::Term> read() {
    std::vector<Observable::Term> terms;
    bool negative = skip('-');
    for (;;) {
      const double magnitude = coefficient();
      terms.push_back({negative ? -magnitude : magnitude, PauliString::parse_at(text_, position_)});
      if (skip_blanks(); position_ == text_.size()) return terms;
      negative = skip('-');
      if (!negative && !skip('+')) fail("expected '+', '-' or a further X, Y or Z");
    }
  }

 private:
  /// "1.25*", or 1 where there is no number.
  double coefficient() {
    skip_blanks();
    if (position_ == text_.size() || !(is_digit(text_[position_]) || text_[position_] == '.'))
      return 1.0;
    double value = 0.0;
    const char* const begin = text_.data() + position_;
    const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), value);
    if (error == std::errc::result_out_of_range) fail("the coefficient is out of range");
    if (error != std::errc()) fail("expected a number");
    position_ += static_cast<std::size_t>(end - begin);
    if (!skip('*')) fail("expected '*' after the coefficient");
    return value;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  void skip_blanks() {
    while (position_ < text_.size() && text_[position_] == ' ') ++position_;
  }
  bool skip(char c) {
    skip_blanks();
    if (position_ == text_.size() || text_[position_] != c) return false;
    ++position_;
    return true;
  }
  [[noreturn]] void fail(const std::string& problem) const {
    throw InputError(fmt::format("\"{}\"", text_), fmt::format("character {}", position_ + 1),
                     problem);
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

double sign(std::uint64_t bits) {
  return std::popcount(bits) % 2 == 0 ? 1.0 : -1.0;
}

/// c[T] such that Σ_m (-1)^|m∧S| A(m, p) = Σ_T c[T] (-1)^|p∧T| for every prepared value p of the
/// group: what reading through A makes of the Z string on the group's bits in S.
arma::vec reported_as(const arma::mat& confusion, std::uint64_t subset) {
  arma::vec signs(confusion.n_rows);
  for (arma::uword m = 0; m < signs.n_elem; ++m) signs(m) = sign(m & subset);
  const arma::vec by_prepared = confusion.t() * signs;
  arma::vec coefficients(confusion.n_cols, arma::fill::zeros);
  for (arma::uword t = 0; t < coefficients.n_elem; ++t)
    for (arma::uword p = 0; p < by_prepared.n_elem; ++p)
      coefficients(t) += sign(p & t) * by_prepared(p);
  return coefficients / static_cast<double>(confusion.n_cols);
}

/// A product of Z with its coefficient, while it is being put together.
struct ZProduct {
  double coefficient;
  std::vector<int> qubits;
};

/// Multiplies every product by what the group reports for the Z string on its bits in `subset`.
std::vector<ZProduct> times_reported(const std::vector<ZProduct>& products,
                                     const ConfusionMatrix& group, std::uint64_t subset) {
  const arma::vec coefficients = reported_as(group.matrix, subset);
  std::vector<ZProduct> result;
  for (const ZProduct& product : products)
    for (arma::uword t = 0; t < coefficients.n_elem; ++t) {
      if (coefficients(t) == 0.0) continue;
      ZProduct next{product.coefficient * coefficients(t), product.qubits};
      for (std::size_t i = 0; i < group.bits.size(); ++i)
        if (t >> i & 1) next.qubits.push_back(group.bits[i]);
      result.push_back(std::move(next));
    }
  return result;
}

std::vector<ZProduct> reported_products(const Observable::Term& term, const ReadoutError& error) {
  std::set<int> qubits;
  for (const PauliString::Factor& factor : term.pauli.factors()) qubits.insert(factor.qubit);
  std::vector<ZProduct> products{{term.coefficient, {}}};
  for (const ConfusionMatrix& group : error) {
    std::uint64_t subset = 0;
    for (std::size_t i = 0; i < group.bits.size(); ++i)
      if (qubits.erase(group.bits[i]) > 0) subset |= std::uint64_t{1} << i;
    if (subset != 0) products = times_reported(products, group, subset);
  }
  for (ZProduct& product : products)  // in no group: read perfectly
    product.qubits.insert(product.qubits.end(), qubits.begin(), qubits.end());
  return products;
}

}  // namespace

Observable::Observable(std::vector<Term> terms) {
  for (const Term& term : terms)
    if (!std::isfinite(term.coefficient))
      throw InputError("observable", term.pauli.to_string(),
                       fmt::format("coefficient {} is not finite", term.coefficient));
  // Stable: what has the same string is added up in the order given.
  std::ranges::stable_sort(terms, {}, &Term::pauli);
  for (Term& term : terms)
    if (!terms_.empty() && terms_.back().pauli == term.pauli)
      terms_.back().coefficient += term.coefficient;
    else
      terms_.push_back(std::move(term));
  std::erase_if(terms_, [](const Term& term) { return term.coefficient == 0.0; });
}

Observable Observable::parse(std::string_view text) {
  return Observable(ObservableReader(text).read());
}

int Observable::min_qubits() const {
  int n_qubits = 0;
  for (const Term& term : terms_) n_qubits = std::max(n_qubits, term.pauli.min_qubits());
  return n_qubits;
}

bool Observable::is_diagonal() const {
  return std::all_of(terms_.begin(), terms_.end(),
                     [](const Term& term) { return term.pauli.is_diagonal(); });
}

std::string Observable::to_string() const {
  if (terms_.empty()) return "0*I";
  std::string text;
  for (const auto& [coefficient, pauli] : terms_) {
    const bool negative = coefficient < 0;
    if (!text.empty())
      text += negative ? " - " : " + ";
    else if (negative)
      text += '-';
    if (std::abs(coefficient) != 1.0) text += fmt::format("{}*", std::abs(coefficient));
    text += pauli.to_string();
  }
  return text;
}

// X and Y are read as Z after a rotation of their qubit: fold Z on the same qubits, rotate back.
Observable Observable::with_readout_error(const ReadoutError& error) const {
  validate_readout_error(error, "readout error");
  std::vector<Term> reported;
  for (const Term& term : terms_) {
    std::map<int, Pauli> basis;
    for (const PauliString::Factor& factor : term.pauli.factors())
      basis[factor.qubit] = factor.pauli;
    for (const ZProduct& product : reported_products(term, error)) {
      std::vector<PauliString::Factor> factors;
      for (const int q : product.qubits)
        factors.push_back({q, basis.contains(q) ? basis[q] : Pauli::Z});
      reported.push_back({product.coefficient, PauliString(std::move(factors))});
    }
  }
  return Observable(std::move(reported));
}

}  // namespace rhodrift
