#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/pauli.hpp>

namespace rhodrift {

namespace {

constexpr std::string_view letters = "IXYZ";
constexpr int max_indexed_qubit = 31;  // base-4 digits in 64 bits

[[noreturn]] void fail(std::string_view text, std::size_t position, const std::string& problem) {
  throw InputError(fmt::format("\"{}\"", text), fmt::format("character {}", position + 1), problem);
}

std::string found(std::string_view text, std::size_t position) {
  return position < text.size() ? fmt::format("'{}'", text[position]) : "the end";
}

void skip_blanks(std::string_view text, std::size_t& position) {
  while (position < text.size() && text[position] == ' ') ++position;
}

int parse_qubit(std::string_view text, std::size_t& position) {
  int qubit = 0;
  const char* const begin = text.data() + position;
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), qubit);
  if (error == std::errc::result_out_of_range)
    fail(text, position, "the qubit number is too large");
  if (error != std::errc() || *begin == '-')
    fail(text, position, "expected a qubit number, found " + found(text, position));
  position += static_cast<std::size_t>(end - begin);
  return qubit;
}

}  // namespace

PauliString::PauliString(std::vector<Factor> factors) : factors_(std::move(factors)) {
  std::erase_if(factors_, [](const Factor& f) { return f.pauli == Pauli::I; });
  std::sort(factors_.begin(), factors_.end());
  for (std::size_t i = 0; i < factors_.size(); ++i) {
    const int qubit = factors_[i].qubit;
    if (qubit < 0) throw InputError("Pauli string", "", fmt::format("qubit {} is negative", qubit));
    if (i > 0 && factors_[i - 1].qubit == qubit)
      throw InputError("Pauli string", "", fmt::format("qubit {} is repeated", qubit));
  }
}

PauliString PauliString::z(const std::vector<int>& qubits) {
  std::vector<Factor> factors;
  for (const int qubit : qubits) factors.push_back({qubit, Pauli::Z});
  return PauliString(std::move(factors));
}

PauliString PauliString::parse_at(std::string_view text, std::size_t& position) {
  skip_blanks(text, position);
  if (position < text.size() && text[position] == 'I') {
    skip_blanks(text, ++position);
    return {};
  }
  std::vector<Factor> factors;
  for (;;) {
    const std::size_t start = position;
    const std::size_t digit = start < text.size() ? letters.find(text[start]) : std::string::npos;
    if (digit == std::string::npos || digit == 0) break;
    const int qubit = parse_qubit(text, ++position);
    for (const Factor& factor : factors)
      if (factor.qubit == qubit) fail(text, start, fmt::format("qubit {} is repeated", qubit));
    factors.push_back({qubit, static_cast<Pauli>(digit)});
    skip_blanks(text, position);
  }
  if (factors.empty())
    fail(text, position, "expected a Pauli string like \"X0 Z3\", found " + found(text, position));
  return PauliString(std::move(factors));
}

PauliString PauliString::parse(std::string_view text) {
  std::size_t position = 0;
  PauliString string = parse_at(text, position);
  if (position < text.size())
    fail(text, position,
         string.factors_.empty() ? "nothing may follow the identity \"I\""
                                 : "expected X, Y or Z, found " + found(text, position));
  return string;
}

bool PauliString::is_diagonal() const {
  return std::all_of(factors_.begin(), factors_.end(),
                     [](const Factor& f) { return f.pauli == Pauli::Z; });
}

std::uint64_t PauliString::index() const {
  if (min_qubits() > max_indexed_qubit + 1)
    throw InputError("Pauli string", to_string(),
                     fmt::format("qubit {} has no index in a Pauli vector: the limit is {}",
                                 min_qubits() - 1, max_indexed_qubit));
  std::uint64_t index = 0;
  for (const Factor& f : factors_) index |= static_cast<std::uint64_t>(f.pauli) << (2 * f.qubit);
  return index;
}

std::string PauliString::to_string() const {
  if (factors_.empty()) return "I";
  std::string text;
  for (const Factor& f : factors_)
    text += fmt::format("{}{}{}", text.empty() ? "" : " ",
                        letters[static_cast<std::size_t>(f.pauli)], f.qubit);
  return text;
}

}  // namespace rhodrift
