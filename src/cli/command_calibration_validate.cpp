#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/validate.hpp>
#include <rhodrift/core/error.hpp>

#include "cli/calibration_commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

using Document = std::variant<Calibration, CalibrationSeries>;
using Severity = Finding::Severity;

struct PlacedFinding {
  std::string state;  // of a series; empty for a snapshot
  Finding finding;
};

std::vector<PlacedFinding> findings_in(const Document& document) {
  std::vector<PlacedFinding> findings;
  if (const auto* snapshot = std::get_if<Calibration>(&document)) {
    for (Finding& finding : validate(*snapshot)) findings.push_back({"", std::move(finding)});
  } else {
    for (const Calibration& state : std::get<CalibrationSeries>(document).states)
      for (Finding& finding : validate(state))
        findings.push_back({to_iso8601(state.timestamp), std::move(finding)});
  }
  return findings;
}

// A series is also refused when its states do not belong together.
void require_sound(const Document& document, const std::string& source) {
  if (const auto* series = std::get_if<CalibrationSeries>(&document))
    require_consistent(*series, source);
}

const char* name_of(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

std::size_t count(const std::vector<PlacedFinding>& findings, Severity severity) {
  return static_cast<std::size_t>(std::ranges::count_if(
      findings, [&](const PlacedFinding& placed) { return placed.finding.severity == severity; }));
}

class ValidateCommand {
 public:
  std::string path;
  std::string output;
  std::vector<std::string> policies;
  bool strict = false;
  bool json = false;

  void run() {
    if (policies.empty() != output.empty())
      throw InputError("--repair", "",
                       "it needs a file to write the result to, -o, and -o needs it");
    Document document = read();
    const std::size_t n_repairs = apply_repairs(document);
    const std::vector<PlacedFinding> findings = findings_in(document);
    const std::size_t errors = count(findings, Severity::error);
    const std::size_t warnings = findings.size() - errors;
    const bool valid = errors == 0 && !(strict && warnings > 0);
    if (valid && !output.empty()) write(document);
    report(findings, valid, n_repairs);
    if (!valid)
      throw InputError(path, "", fmt::format("refused: {} errors, {} warnings", errors, warnings));
  }

 private:
  Document read() const {
    try {
      Document document = read_unvalidated_calibration(path);
      require_sound(document, path);
      return document;
    } catch (const InputError& error) {
      if (json) print(Json{{"file", path}, {"valid", false}, {"problem", error.what()}});
      throw;
    }
  }

  std::size_t apply_repairs(Document& document) const {
    std::vector<std::string> chosen = policies;
    if (policies == std::vector<std::string>{"all"}) {
      chosen.clear();
      for (const RepairPolicy& policy : repair_policies()) chosen.push_back(policy.name);
    }
    if (auto* series = std::get_if<CalibrationSeries>(&document)) return repair(*series, chosen);
    return repair(std::get<Calibration>(document), chosen).size();
  }

  void write(const Document& document) const {
    if (const auto* snapshot = std::get_if<Calibration>(&document))
      write_calibration(*snapshot, output);
    else
      write_calibration_series(std::get<CalibrationSeries>(document), output);
  }

  void report(const std::vector<PlacedFinding>& findings, bool valid, std::size_t n_repairs) const {
    if (json) {
      Json rows = Json::array();
      for (const auto& [state, finding] : findings) {
        Json row{{"severity", name_of(finding.severity)},
                 {"place", finding.place},
                 {"problem", finding.problem},
                 {"repair", finding.repair}};
        if (!state.empty()) row["state"] = state;
        rows.push_back(row);
      }
      Json result{{"file", path}, {"valid", valid}, {"findings", rows}};
      if (!output.empty()) result["repairs"] = n_repairs;
      print(result);
      return;
    }
    std::string text;
    for (const auto& [state, finding] : findings)
      text += fmt::format("{}: {}{}: {}: {}{}\n", path, state.empty() ? "" : state + ": ",
                          finding.place, name_of(finding.severity), finding.problem,
                          finding.repair.empty() ? "" : fmt::format(" ({})", finding.repair));
    if (valid) text += fmt::format("{}: valid, {} warnings\n", path, findings.size());
    if (valid && !output.empty()) text += fmt::format("{}: {} repairs\n", output, n_repairs);
    print(text);
  }
};

std::string policy_text() {
  std::vector<std::string> lines;
  for (const RepairPolicy& policy : repair_policies())
    lines.push_back(fmt::format("  {:<21} {}", policy.name, policy.what));
  return fmt::format("Repairs:\n{}", fmt::join(lines, "\n"));
}

}  // namespace

void add_calibration_validate(CLI::App& calibration) {
  CLI::App* verb =
      calibration.add_subcommand("validate", "List everything that is wrong or odd in a file");
  auto command = std::make_shared<ValidateCommand>();
  verb->add_option("file", command->path, "Calibration or series file")->required();
  verb->add_flag("--strict", command->strict, "Refuse the file for warnings too");
  verb->add_option("--repair", command->policies,
                   "Apply these named repairs first, separated by commas, or all; each is recorded "
                   "in the file that -o names")
      ->delimiter(',');
  verb->add_option("-o,--output", command->output, "Where the repaired calibration goes");
  verb->add_flag("--json", command->json, "Machine-readable output");
  verb->footer(policy_text() +
               "\nExample: rhodrift calibration validate belem.json --strict\n"
               "Example: rhodrift calibration validate cusco.json --repair "
               "median-t1,drop-faulty-gate -o mended.json");
  verb->callback([command] { command->run(); });
}

}  // namespace rhodrift::cli
