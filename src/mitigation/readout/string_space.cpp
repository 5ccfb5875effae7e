#include "mitigation/readout/string_space.hpp"

#include <bit>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

namespace rhodrift::readout {

namespace {

constexpr double taylor_tolerance = 1e-15;

/// Calls visit(T, coefficient of T in G_iᵀ Z_S for rate 1) for every T.
template <typename Visit>
void act(const CtmpModel::Generator& generator, Bitstring string, Visit&& visit) {
  Bitstring flipped = 0;
  for (const int bit : generator.bits) flipped |= Bitstring{1} << bit;
  if (std::popcount(string & flipped) % 2 == 0) return;
  const auto n_values = 1u << generator.bits.size();
  for (unsigned part = 0; part < n_values; ++part) {  // the bits whose Z_b is taken
    Bitstring factors = 0;
    for (std::size_t b = 0; b < generator.bits.size(); ++b)
      if ((part >> b & 1) != 0) factors |= Bitstring{1} << generator.bits[b];
    const double sign = std::popcount(part & generator.from) % 2 == 0 ? 1.0 : -1.0;
    visit(string ^ factors, -2.0 * sign / n_values);
  }
}

}  // namespace

StringSpace::StringSpace(const CtmpModel& model, const arma::vec& reach,
                         std::span<const Bitstring> strings)
    : model_(model) {
  find(strings, reach);
  fill_matrix();
}

/// Taylor's series of the exponential, all signs positive.
void StringSpace::find(std::span<const Bitstring> strings, const arma::vec& reach) {
  std::unordered_map<Bitstring, double> term;
  for (const Bitstring string : strings) term[string] = 1.0;
  for (int order = 1; !term.empty(); ++order) {
    std::unordered_map<Bitstring, double> next;
    for (const auto& [string, coefficient] : term) {
      if (index_.try_emplace(string, strings_.size()).second) strings_.push_back(string);
      for (std::size_t i = 0; i < model_.generators.size(); ++i) {
        const double weight = coefficient * reach(i) / order;
        if (weight < ctmp_coefficient_cutoff / 8.0) continue;  // not even eight of them matter
        act(model_.generators[i], string,
            [&](Bitstring reached, double unit) { next[reached] += weight * std::abs(unit); });
      }
    }
    if (strings_.size() > max_ctmp_strings)
      throw RunError(
          fmt::format("CTMP readout mitigation: observables turn into more than {} "
                      "strings",
                      max_ctmp_strings));
    std::erase_if(next, [](const auto& entry) { return entry.second < ctmp_coefficient_cutoff; });
    term = std::move(next);
  }
}

void StringSpace::fill_matrix() {
  std::vector<arma::uword> rows, columns;
  std::vector<double> values;
  for (arma::uword column = 0; column < strings_.size(); ++column) {
    std::unordered_map<arma::uword, double> entries;
    for (const CtmpModel::Generator& generator : model_.generators) {
      if (generator.rate == 0.0) continue;
      act(generator, strings_[column], [&](Bitstring reached, double unit) {
        if (const auto at = index_.find(reached); at != index_.end())
          entries[at->second] += generator.rate * unit;
      });
    }
    for (const auto& [row, value] : entries) {
      rows.push_back(row);
      columns.push_back(column);
      values.push_back(value);
    }
  }
  const arma::umat places = arma::join_cols(arma::urowvec(rows), arma::urowvec(columns));
  matrix_ = arma::sp_mat(places, arma::vec(values), strings_.size(), strings_.size());
}

arma::mat StringSpace::evolve(arma::mat columns, double t, bool transposed) const {
  if (matrix_.n_nonzero == 0) return columns;
  const arma::sp_mat generator = transposed ? arma::sp_mat(matrix_.t()) : matrix_;
  const double norm = t * arma::norm(generator, 1);
  const int n_steps = std::max(1, static_cast<int>(std::ceil(norm)));
  for (int step = 0; step < n_steps; ++step) {
    arma::mat term = columns;
    for (int order = 1; arma::abs(term).max() > taylor_tolerance; ++order) {
      term = generator * term * (-t / (n_steps * order));
      columns += term;
    }
  }
  return columns;
}

arma::vec StringSpace::between(const arma::vec& b, const arma::vec& a) const {
  arma::vec result(model_.generators.size(), arma::fill::zeros);
  for (arma::uword column = 0; column < strings_.size(); ++column)
    for (std::size_t i = 0; i < model_.generators.size(); ++i)
      act(model_.generators[i], strings_[column], [&](Bitstring reached, double unit) {
        if (const auto at = index_.find(reached); at != index_.end())
          result(i) += unit * a(column) * b(at->second);
      });
  return result;
}

}  // namespace rhodrift::readout
