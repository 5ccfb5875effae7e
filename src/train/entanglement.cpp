#include <charconv>
#include <map>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/entanglement.hpp>

#include "core/named_settings.hpp"

namespace rhodrift {

namespace {

constexpr const char* no_pairs = "none";

const std::map<std::string, EntanglementPattern> patterns{
    {"linear", EntanglementPattern::linear},
    {"circular", EntanglementPattern::circular},
    {"full", EntanglementPattern::full},
};

QubitPairs pairs_of(EntanglementPattern pattern, int n_qubits) {
  QubitPairs pairs;
  if (pattern == EntanglementPattern::circular && n_qubits > 2) pairs.emplace_back(n_qubits - 1, 0);
  for (int a = 0; a < n_qubits; ++a)
    for (int b = a + 1; b < n_qubits; ++b)
      if (b == a + 1 || pattern == EntanglementPattern::full) pairs.emplace_back(a, b);
  return pairs;
}

int parse_qubit(std::string_view digits, std::string_view text) {
  int qubit = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), qubit);
  if (error != std::errc() || end != digits.data() + digits.size() || qubit < 0)
    throw InputError("entanglement", fmt::format("\"{}\"", text),
                     fmt::format("is neither {}, {} nor pairs of qubits such as 0-1,1-2",
                                 names_of(patterns), no_pairs));
  return qubit;
}

}  // namespace

QubitPairs qubit_pairs(const Entanglement& entanglement, int n_qubits) {
  if (const auto* pattern = std::get_if<EntanglementPattern>(&entanglement))
    return pairs_of(*pattern, n_qubits);
  const auto& pairs = std::get<QubitPairs>(entanglement);
  for (const auto& [a, b] : pairs)
    if (a == b || a < 0 || b < 0 || a >= n_qubits || b >= n_qubits)
      throw InputError("entanglement", fmt::format("{}-{}", a, b),
                       fmt::format("is not a pair of the qubits 0..{}", n_qubits - 1));
  return pairs;
}

Entanglement parse_entanglement(std::string_view text) {
  if (const auto pattern = patterns.find(std::string(text)); pattern != patterns.end())
    return pattern->second;
  QubitPairs pairs;
  if (text == no_pairs) return pairs;
  for (const std::string& pair : split_text(text, ',')) {
    const std::vector<std::string> qubits = split_text(pair, '-');
    pairs.emplace_back(parse_qubit(qubits.front(), text),
                       parse_qubit(qubits.size() == 2 ? qubits.back() : "", text));
  }
  return pairs;
}

std::string to_string(const Entanglement& entanglement) {
  if (const auto* wanted = std::get_if<EntanglementPattern>(&entanglement))
    for (const auto& [name, pattern] : patterns)
      if (pattern == *wanted) return name;
  std::string text;
  for (const auto& [a, b] : std::get<QubitPairs>(entanglement))
    text += fmt::format("{}{}-{}", text.empty() ? "" : ",", a, b);
  return text.empty() ? no_pairs : text;
}

}  // namespace rhodrift
