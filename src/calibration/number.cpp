#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/number.hpp>
#include <rhodrift/core/error.hpp>

#include "calibration/figures.hpp"
#include "core/named_settings.hpp"

namespace rhodrift {

namespace {

constexpr std::string_view of = " of ", zz_figure = "shift_hz";

[[noreturn]] void fail(const std::string& text, const char* problem) {
  throw InputError("number of a calibration", text, problem);
}

std::optional<std::size_t> whole_number(const std::string& text) {
  std::size_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return value;
}

template <typename Figures>
auto find_figure(const Figures& figures, const std::string& key) {
  return std::ranges::find_if(figures, [&](const auto& figure) { return key == figure.key; });
}

template <typename Figures>
bool has_figure(const Figures& figures, const std::string& key) {
  return find_figure(figures, key) != figures.end();
}

std::vector<int> qubits_of(const std::string& text, const std::string& name) {
  std::vector<int> qubits;
  for (const std::string& qubit : split_text(text, ',')) {
    const auto number = whole_number(qubit);
    if (!number) fail(name, "names no qubits");
    qubits.push_back(static_cast<int>(*number));
  }
  return qubits;
}

}  // namespace

std::string number_name(const Calibration& state, const std::string& pointer) {
  std::vector<std::string> parts = split_text(pointer, '/');
  if (parts.size() == 5 && parts[3] == "readout")
    parts = {"", parts[1], parts[2], "readout_" + parts[4]};
  const auto index = parts.size() == 4 && parts[0].empty() ? whole_number(parts[2]) : std::nullopt;
  if (index) {
    const std::string &list = parts[1], &figure = parts[3];
    if (list == "qubits" && *index < state.qubits.size() && has_figure(qubit_figures, figure))
      return fmt::format("{}{}{}", figure, of, *index);
    if (list == "gates" && *index < state.gates.size() && has_figure(gate_figures, figure))
      return fmt::format("{}{}{} {}", figure, of, state.gates[*index].name,
                         fmt::join(state.gates[*index].qubits, ","));
    if (list == "zz_couplings" && *index < state.zz_couplings.size() && figure == zz_figure) {
      const auto& [a, b] = state.zz_couplings[*index].qubits;
      return fmt::format("{}{}{},{}", figure, of, a, b);
    }
  }
  fail(pointer, "there is no such place");
}

std::optional<double> find_number(const Calibration& state, const std::string& name) {
  const std::size_t at = name.find(of);
  if (at == std::string::npos)
    fail(name, "is not \"figure of qubit\" or \"figure of gate qubits\"");
  const std::string figure = name.substr(0, at), what = name.substr(at + of.size());
  const std::size_t blank = what.find(' ');
  if (blank != std::string::npos) {
    const auto found = find_figure(gate_figures, figure);
    if (found == gate_figures.end()) fail(name, "is no figure of a gate");
    const GateCalibration* gate =
        state.find_gate(what.substr(0, blank), qubits_of(what.substr(blank + 1), name));
    return gate ? gate->*(found->figure) : std::nullopt;
  }
  const std::vector<int> qubits = qubits_of(what, name);
  if (figure == zz_figure && qubits.size() == 2) {
    const auto found =
        std::ranges::find(state.zz_couplings, std::pair(qubits[0], qubits[1]), &ZzCoupling::qubits);
    return found == state.zz_couplings.end() ? std::nullopt : std::optional(found->shift_hz);
  }
  const auto found = find_figure(qubit_figures, figure);
  if (found == qubit_figures.end() || qubits.size() != 1) fail(name, "is no figure of a qubit");
  if (qubits[0] >= state.n_qubits()) return std::nullopt;
  return state.qubits[static_cast<std::size_t>(qubits[0])].*(found->figure);
}

}  // namespace rhodrift
