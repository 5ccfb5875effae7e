#include <algorithm>
#include <charconv>

#include <rhodrift/calibration/number.hpp>
#include <rhodrift/core/error.hpp>

#include "calibration/figures.hpp"
#include "core/named_settings.hpp"

namespace rhodrift {

namespace {

/// "/gates/17/error" in parts.
struct Place {
  std::string list;
  std::size_t index;
  std::string figure;  ///< as qubit_figures and gate_figures have it
};

[[noreturn]] void fail(const std::string& number) {
  throw InputError("number of a calibration", number, "there is no such place");
}

/// That of an item of a list.
template <typename Item>
const Item& item_of(const std::vector<Item>& list, const Place& place, const std::string& number) {
  if (place.index >= list.size()) fail(number);
  return list[place.index];
}

Place place_of(const std::string& number) {
  std::vector<std::string> parts = split_text(number, '/');
  if (parts.size() == 5 && parts[3] == "readout")
    parts = {"", parts[1], parts[2], "readout_" + parts[4]};
  if (parts.size() != 4 || !parts[0].empty()) fail(number);
  Place place{parts[1], 0, parts[3]};
  const char* end = parts[2].data() + parts[2].size();
  if (std::from_chars(parts[2].data(), end, place.index).ptr != end || parts[2].empty())
    fail(number);
  return place;
}

template <typename Figures>
auto figure_of(const Figures& figures, const Place& place, const std::string& number) {
  const auto found =
      std::ranges::find_if(figures, [&](const auto& figure) { return place.figure == figure.key; });
  if (found == figures.end()) fail(number);
  return found->figure;
}

}  // namespace

std::optional<double> find_number(const Calibration& state, const std::string& number,
                                  const Calibration& named_in) {
  const Place place = place_of(number);
  if (place.list == "qubits") {
    item_of(named_in.qubits, place, number);
    const auto figure = figure_of(qubit_figures, place, number);
    if (place.index >= state.qubits.size()) return std::nullopt;
    return state.qubits[place.index].*figure;
  }
  if (place.list == "gates") {
    const GateCalibration& named = item_of(named_in.gates, place, number);
    const auto figure = figure_of(gate_figures, place, number);
    const GateCalibration* gate = state.find_gate(named.name, named.qubits);
    return gate ? gate->*figure : std::nullopt;
  }
  if (place.list != "zz_couplings" || place.figure != "shift_hz") fail(number);
  const ZzCoupling& named = item_of(named_in.zz_couplings, place, number);
  const auto found = std::ranges::find(state.zz_couplings, named.qubits, &ZzCoupling::qubits);
  if (found == state.zz_couplings.end()) return std::nullopt;
  return found->shift_hz;
}

}  // namespace rhodrift
