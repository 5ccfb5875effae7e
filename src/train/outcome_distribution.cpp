#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/outcome_distribution.hpp>

#include "core/named_settings.hpp"

namespace rhodrift {

namespace {

constexpr const char* source = "outcome distribution";
constexpr int max_bits = 8;  // as many as the outcomes of a circuit are read of, see Head

void require_bits(int n, int least) {
  if (n < least || n > max_bits)
    throw InputError(source, "", fmt::format("{} bits are outside {}..{}", n, least, max_bits));
}

void require_same_size(const arma::vec& p, const arma::vec& q) {
  if (p.n_elem != q.n_elem)
    throw InputError(source, "", fmt::format("{} outcomes beside {}", p.n_elem, q.n_elem));
}

/// Marks the outcomes in which all pixels of a `group` have one colour.
template <typename Group>
void add_pictures(arma::vec& pictures, int n_pixels, int n_groups, Group group) {
  for (unsigned colours = 0; colours < 1U << n_groups; ++colours) {
    arma::uword outcome = 0;
    for (int pixel = 0; pixel < n_pixels; ++pixel)
      if ((colours >> group(pixel) & 1U) != 0) outcome |= arma::uword{1} << pixel;
    pictures(outcome) = 1.0;  // all of one colour are in both sets, and count once
  }
}

arma::vec parse_pictures(NamedSettings& settings) {
  const std::string size = settings.take("size", true).value_or("2x2");
  int rows = 0, columns = 0;
  const char* const end = size.data() + size.size();
  const auto first = std::from_chars(size.data(), end, rows);
  const bool times = first.ec == std::errc{} && first.ptr != end && *first.ptr == 'x';
  const auto second = times ? std::from_chars(first.ptr + 1, end, columns) : first;
  if (!times || second.ec != std::errc{} || second.ptr != end)
    settings.fail(fmt::format("the size \"{}\" is not as 2x3", size));
  return settings.naming([&] { return bars_and_stripes(rows, columns); });
}

arma::vec parse_gaussian(NamedSettings& settings) {
  int n_bits = 4;
  settings.take_whole("bits", n_bits, 1, max_bits, true);
  const double last = std::ldexp(1.0, n_bits) - 1;
  double mean = last / 2, deviation = (last + 1) / 4;
  settings.take_number("mean", mean);
  settings.take_number("deviation", deviation);
  return settings.naming([&] { return discretised_gaussian(n_bits, mean, deviation); });
}

using Parser = arma::vec (*)(NamedSettings&);
const std::map<std::string, Parser>& parsers() {
  static const std::map<std::string, Parser> all{{"bars-and-stripes", parse_pictures},
                                                 {"gaussian", parse_gaussian}};
  return all;
}

}  // namespace

arma::vec bars_and_stripes(int rows, int columns) {
  if (rows < 1 || columns < 1 || rows > max_bits || columns > max_bits)
    throw InputError(source, "bars-and-stripes",
                     fmt::format("{}x{} pixels are outside 1..{} each", rows, columns, max_bits));
  const int n_pixels = rows * columns;
  require_bits(n_pixels, 2);
  arma::vec pictures(arma::uword{1} << n_pixels);
  add_pictures(pictures, n_pixels, rows, [&](int pixel) { return pixel / columns; });
  add_pictures(pictures, n_pixels, columns, [&](int pixel) { return pixel % columns; });
  return pictures / arma::accu(pictures);
}

arma::vec discretised_gaussian(int n_bits, double mean, double deviation) {
  require_bits(n_bits, 1);
  if (!std::isfinite(mean))
    throw InputError(source, "gaussian", fmt::format("the mean {} is not finite", mean));
  if (!(deviation > 0 && std::isfinite(deviation)))
    throw InputError(source, "gaussian", fmt::format("the deviation {} is not > 0", deviation));
  const arma::vec numbers = arma::regspace(0, std::ldexp(1.0, n_bits) - 1);
  // The largest one is 1 before they are normalised, however far the mean is.
  const arma::vec exponents = -arma::square((numbers - mean) / deviation) / 2;
  const arma::vec heights = arma::exp(exponents - exponents.max());
  return heights / arma::accu(heights);
}

arma::vec parse_outcome_distribution(const std::string& text) {
  NamedSettings settings(source, text);
  arma::vec distribution = settings.choose(parsers())(settings);
  settings.refuse_unknown();
  return distribution;
}

bool is_outcome_distribution(const std::string& text) {
  return parsers().contains(text.substr(0, text.find(':')));
}

double total_variation(const arma::vec& p, const arma::vec& q) {
  require_same_size(p, q);
  return arma::accu(arma::abs(p - q)) / 2;
}

double kl_divergence(const arma::vec& q, const arma::vec& p) {
  require_same_size(p, q);
  double sum = 0.0;
  for (arma::uword b = 0; b < q.n_elem; ++b) {
    if (q(b) <= 0.0) continue;
    if (p(b) <= 0.0) return std::numeric_limits<double>::infinity();
    sum += q(b) * std::log(q(b) / p(b));
  }
  return sum;
}

arma::vec independent_bits(const arma::vec& q) {
  if (q.n_elem < 2 || !std::has_single_bit(q.n_elem))
    throw InputError(source, "", fmt::format("{} outcomes are not those of whole bits", q.n_elem));
  arma::vec product(q.n_elem, arma::fill::ones);
  for (arma::uword bit = 1; bit < q.n_elem; bit *= 2) {
    double one = 0.0;
    for (arma::uword b = 0; b < q.n_elem; ++b)
      if ((b & bit) != 0) one += q(b);
    for (arma::uword b = 0; b < q.n_elem; ++b) product(b) *= (b & bit) != 0 ? one : 1 - one;
  }
  return product;
}

}  // namespace rhodrift
