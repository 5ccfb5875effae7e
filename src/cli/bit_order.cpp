#include "cli/bit_order.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>

#include "cli/arguments.hpp"

namespace rhodrift::cli {

namespace {

Observable from_letters(const std::string& letters) {
  std::vector<int> bits;
  for (std::size_t i = 0; i < letters.size(); ++i)
    if (letters[letters.size() - 1 - i] == 'Z') bits.push_back(static_cast<int>(i));
  return Observable(PauliString::z(bits));
}

}  // namespace

void add_bit_order(CLI::App& verb, BitOrder& order) {
  verb.add_option("--bit-order", order, "Which character of a bitstring is bit 0: right or left")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, BitOrder>{{"right", BitOrder::right}, {"left", BitOrder::left}},
          CLI::ignore_case))
      ->default_str("right");
}

std::string reordered(std::string text, BitOrder order) {
  if (order == BitOrder::left) std::ranges::reverse(text);
  return text;
}

Observable parse_observable(const std::string& text, int n_bits, BitOrder order) {
  const auto fail = [&](const std::string& problem) {
    throw InputError("--observable", text, problem);
  };
  const bool dense = text.find_first_not_of("IXYZ") == std::string::npos;
  if (dense && std::ssize(text) != n_bits)
    fail(fmt::format("{} letters for {} bits", text.size(), n_bits));
  if (dense && text.find_first_of("XY") != std::string::npos)
    fail("X and Y cannot be told from bits; measure in a rotated basis and write Z");
  const Observable observable =
      dense ? from_letters(reordered(text, order))
            : naming("--observable", [&] { return Observable::parse(text); });
  if (!observable.is_diagonal())
    fail("X and Y cannot be told from bits; measure in a rotated basis and write Z");
  if (observable.min_qubits() > n_bits)
    fail(fmt::format("bit {} is outside 0..{}", observable.min_qubits() - 1, n_bits - 1));
  return observable;
}

}  // namespace rhodrift::cli
