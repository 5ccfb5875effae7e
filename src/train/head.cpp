#include <map>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/head.hpp>

#include "core/named_settings.hpp"

namespace rhodrift {

namespace {

constexpr std::size_t max_probability_qubits = 8;

/// |b><b| = Π_q (I ± Z_q)/2: every product of Z, with the sign that b gives it.
Observable projector(std::size_t b, const std::vector<int>& qubits) {
  const std::size_t n = qubits.size(), n_terms = std::size_t{1} << n;
  std::vector<Observable::Term> terms;
  for (std::size_t subset = 0; subset < n_terms; ++subset) {
    std::vector<int> with_z;
    double sign = 1.0;
    for (std::size_t i = 0; i < n; ++i) {
      const std::size_t bit = std::size_t{1} << (n - 1 - i);
      if ((subset & bit) == 0) continue;
      with_z.push_back(qubits[i]);
      if ((b & bit) != 0) sign = -sign;
    }
    terms.push_back({sign / static_cast<double>(n_terms), PauliString::z(with_z)});
  }
  return Observable(std::move(terms));
}

}  // namespace

std::vector<Observable> Head::on(const std::vector<int>& output_qubits) const {
  std::vector<Observable> result;
  switch (kind) {
    case Kind::observables:
      return observables;
    case Kind::parity:
      return {Observable(PauliString::z(output_qubits))};
    case Kind::probabilities:
      if (output_qubits.size() > max_probability_qubits)
        throw InputError("head", "probabilities",
                         fmt::format("of {} qubits, at most {} can be read so",
                                     output_qubits.size(), max_probability_qubits));
      for (std::size_t b = 0; b < std::size_t{1} << output_qubits.size(); ++b)
        result.push_back(projector(b, output_qubits));
      return result;
    case Kind::z:
      break;
  }
  for (const int qubit : output_qubits) result.push_back(Observable::z(qubit));
  return result;
}

Head parse_head(std::string_view text) {
  static const std::map<std::string, Head::Kind> kinds{
      {"z", Head::Kind::z},
      {"parity", Head::Kind::parity},
      {"probabilities", Head::Kind::probabilities}};
  if (const auto found = kinds.find(std::string(text)); found != kinds.end())
    return {found->second};
  Head head{Head::Kind::observables};
  for (const std::string& observable : split_text(text, ',')) try {
      head.observables.push_back(Observable::parse(observable));
    } catch (const InputError& error) {
      throw InputError("head", fmt::format("\"{}\"", text),
                       fmt::format("is not {}, nor observables with commas between them: {}",
                                   names_of(kinds), error.what()));
    }
  return head;
}

}  // namespace rhodrift
