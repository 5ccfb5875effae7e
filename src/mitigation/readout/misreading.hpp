#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <rhodrift/core/outcomes.hpp>
#include <rhodrift/core/readout_error.hpp>

namespace rhodrift {

/// How likely one outcome is read as another, in units of it being read as itself:
///   T(r,c) = A(r,c) / A(c,c) = Π_g A_g(r_g,c_g) / A_g(c_g,c_g)
/// over the groups g in which r and c differ. Independent of n but for the number of those.
class Misreading {
 public:
  /// Throws InputError when an outcome of a group is never read as itself.
  Misreading(const ReadoutError& error, int n_bits);

  struct Pair {
    double forward;   ///< T(r,c)
    double backward;  ///< T(c,r)
  };
  /// Of outcome r with each of the columns, appended to `pairs`.
  void append_pairs(const Outcomes& outcomes, std::size_t r, std::span<const std::uint32_t> columns,
                    std::vector<Pair>& pairs) const;

  /// Adds what Σ weight T depends on the ratios of its factors with, ∂/∂ρ_g(m,p) at (m,p) of place
  /// g of the error, ρ_g(m,p) = A_g(m,p) / A_g(p,p) and m ≠ p: of the pairs of outcome r with each
  /// of the columns, `weights` being those of T(r,c) and T(c,r). No ratio is divided by, so that
  /// one of 0 has its derivative too.
  void add_derivative(const Outcomes& outcomes, std::size_t r,
                      std::span<const std::uint32_t> columns, std::span<const Pair> weights,
                      std::vector<arma::mat>& derivative) const;
  /// One for add_derivative to start from.
  std::vector<arma::mat> zero_derivative() const;

  /// A(c,c)
  double read_as_itself(std::span<const std::uint64_t> c) const;

  /// The least distance beyond which the entries of a column of `n_outcomes` add up to less than
  /// `mass`, whatever the outcomes are: T(r,c) is at most the product of the largest ratios, one a
  /// bit that differs.
  int reach(std::size_t n_outcomes, double mass) const;

 private:
  /// Of a bit: T when it alone is prepared 0 or 1 and read as the other, A of the bit when it is
  /// read right, its place in the error; or its larger group.
  struct Bit {
    std::array<double, 2> ratio{0.0, 0.0};
    std::array<double, 2> itself{1.0, 1.0};
    int place = -1;
    int group = -1;
  };
  struct Group {
    std::vector<int> bits;
    arma::mat ratio;
    arma::vec itself;
    int place;
  };
  /// What a group in which r and c differ has in T(r,c) and T(c,r): ρ(m,p) and ρ(p,m).
  struct Factor {
    int place;  ///< in the error; -1: a bit that is in none of its groups
    arma::uword m, p;
    Pair ratio;
  };
  /// Calls body(factor) for each group in which r and c differ.
  template <typename Body>
  void for_each_factor(const std::uint64_t* r, const std::uint64_t* c, Body body) const;
  bool is_first_to_differ(const Group& group, int bit, const std::uint64_t* r,
                          const std::uint64_t* c) const;

  std::size_t n_words_;
  std::vector<Bit> bits_;
  std::vector<Group> groups_;
  std::vector<arma::uword> n_values_;  // by place in the error
};

}  // namespace rhodrift
