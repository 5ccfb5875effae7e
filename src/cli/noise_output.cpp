#include "cli/noise_output.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/noise/correlated_readout.hpp>
#include <rhodrift/report/text_table.hpp>

namespace rhodrift::cli {

namespace {

constexpr std::size_t max_qubits = 10;  // in a table for people
constexpr std::size_t max_notes = 10;

std::string infidelity_text(double value) {
  return value == 0.0 ? "–" : fmt::format("{:.2e}", value);
}

std::vector<std::string> cells_of(std::vector<std::string> first, const ErrorShares& errors) {
  for (const double value :
       {errors.relaxation, errors.depolarizing, errors.coherent, errors.readout, errors.total()})
    first.push_back(infidelity_text(value));
  return first;
}

std::string kinds_text(const ErrorBudget& budget) {
  TextTable table({"kind", "number", "relaxation", "depolarizing", "coherent", "readout", "total",
                   "worst", "on"});
  for (const KindErrors& entry : budget.by_kind) {
    const std::string excluded =
        entry.n_excluded == 0 ? "" : fmt::format(" (+ {} faulty)", entry.n_excluded);
    std::vector<std::string> cells =
        cells_of({entry.kind, fmt::format("{}{}", entry.count, excluded)}, entry.errors);
    cells.push_back(infidelity_text(entry.worst));
    cells.push_back(fmt::format("{}", fmt::join(entry.worst_qubits, ",")));
    table.add_row(std::move(cells));
  }
  return table.to_string();
}

std::string qubits_text(const ErrorBudget& budget) {
  std::vector<QubitErrors> qubits = budget.by_qubit;
  std::ranges::stable_sort(qubits, std::ranges::greater{},
                           [](const QubitErrors& entry) { return entry.errors.total(); });
  const std::size_t n_shown = std::min(qubits.size(), max_qubits);
  TextTable table({"qubit", "relaxation", "depolarizing", "coherent", "readout", "total"});
  for (std::size_t k = 0; k < n_shown; ++k)
    table.add_row(cells_of({std::to_string(qubits[k].qubit)}, qubits[k].errors));
  std::string text = table.to_string();
  if (n_shown < qubits.size())
    text += fmt::format("… and {} qubits with less (--json has all)\n", qubits.size() - n_shown);
  return text;
}

std::string groups_text(const Calibration& calibration) {
  std::string text;
  for (const ConfusionMatrix& group : calibration.readout_matrices)
    text += fmt::format("readout of {} together: correlation {:.2e}, crosstalk up to {:.2e}\n",
                        fmt::join(group.bits, ","), readout_correlation(group),
                        readout_crosstalk(group).max());
  return text;
}

std::string notes_text(const std::vector<std::string>& notes) {
  std::string text;
  for (std::size_t k = 0; k < std::min(notes.size(), max_notes); ++k)
    text += "note: " + notes[k] + "\n";
  if (notes.size() > max_notes)
    text += fmt::format("… and {} notes more (--json has all)\n", notes.size() - max_notes);
  return text;
}

Json shares_json(const ErrorShares& errors) {
  return {{"relaxation", errors.relaxation},
          {"depolarizing", errors.depolarizing},
          {"coherent", errors.coherent},
          {"readout", errors.readout},
          {"total", errors.total()}};
}

Json kinds_json(const ErrorBudget& budget) {
  Json kinds = Json::array();
  for (const KindErrors& entry : budget.by_kind) {
    Json row{{"kind", entry.kind}, {"number", entry.count}, {"excluded", entry.n_excluded}};
    row.update(shares_json(entry.errors));
    row["worst"] = {{"total", entry.worst}, {"qubits", entry.worst_qubits}};
    kinds.push_back(std::move(row));
  }
  return kinds;
}

Json qubits_json(const ErrorBudget& budget) {
  Json qubits = Json::array();
  for (const QubitErrors& entry : budget.by_qubit) {
    Json row{{"qubit", entry.qubit}};
    row.update(shares_json(entry.errors));
    qubits.push_back(std::move(row));
  }
  return qubits;
}

Json groups_json(const Calibration& calibration) {
  Json groups = Json::array();
  for (const ConfusionMatrix& group : calibration.readout_matrices)
    groups.push_back({{"qubits", group.bits},
                      {"correlation", readout_correlation(group)},
                      {"crosstalk", rows_of(readout_crosstalk(group))}});
  return groups;
}

}  // namespace

std::string noise_text(const NoiseModel& model, const ErrorBudget& device,
                       const std::optional<CircuitOnDevice>& circuit,
                       const std::vector<std::string>& notes) {
  const Calibration& calibration = model.calibration();
  std::string text = fmt::format(
      "{} as recorded {}, policy {}\n\nAverage infidelity of an operation, by kind (mean):\n{}\n"
      "One of each kind and one reading, by qubit (largest first):\n{}",
      calibration.device, to_iso8601(calibration.timestamp), to_string(model.policy()),
      kinds_text(device), qubits_text(device));
  if (!calibration.readout_matrices.empty()) text += "\n" + groups_text(calibration);
  if (circuit)
    text += fmt::format(
        "\n{} on qubits {}: expected infidelity {:.4g}\n\nProcess infidelity, by kind (sum):\n{}\n"
        "By qubit (largest first):\n{}",
        circuit->file, fmt::join(circuit->layout, "-"), circuit->budget.expected_infidelity,
        kinds_text(circuit->budget.errors), qubits_text(circuit->budget.errors));
  return text + (notes.empty() ? "" : "\n" + notes_text(notes));
}

Json noise_json(const NoiseModel& model, const ErrorBudget& device,
                const std::optional<CircuitOnDevice>& circuit,
                const std::vector<std::string>& notes) {
  const Calibration& calibration = model.calibration();
  Json result{
      {"device", calibration.device},        {"timestamp", to_iso8601(calibration.timestamp)},
      {"policy", to_string(model.policy())}, {"kinds", kinds_json(device)},
      {"qubits", qubits_json(device)},       {"readout_groups", groups_json(calibration)}};
  if (circuit)
    result["circuit"] = {{"file", circuit->file},
                         {"layout", circuit->layout},
                         {"expected_infidelity", circuit->budget.expected_infidelity},
                         {"kinds", kinds_json(circuit->budget.errors)},
                         {"qubits", qubits_json(circuit->budget.errors)}};
  result["notes"] = notes;
  return result;
}

}  // namespace rhodrift::cli
