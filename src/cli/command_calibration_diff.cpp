#include <charconv>

#include <fmt/format.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/diff.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/report/text_table.hpp>

#include "cli/arguments.hpp"
#include "cli/calibration_commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

/// "FILE", or "FILE@N" for state N of a series; without @N its last one.
Calibration read_state(const std::string& argument) {
  const std::size_t at = argument.rfind('@');
  std::size_t index = 0;
  const char* const end = argument.data() + argument.size();
  const auto [last, error] = at == std::string::npos
                                 ? std::from_chars_result{argument.data(), std::errc{}}
                                 : std::from_chars(argument.data() + at + 1, end, index);
  const bool numbered = at != std::string::npos && at + 1 < argument.size() && last == end;
  const std::string path = numbered ? argument.substr(0, at) : argument;
  auto document = read_any_calibration(path);
  if (auto* snapshot = std::get_if<Calibration>(&document)) {
    if (numbered) throw InputError(argument, "", "is a snapshot, which has no numbered states");
    return std::move(*snapshot);
  }
  std::vector<Calibration>& states = std::get<CalibrationSeries>(document).states;
  if (!numbered) return std::move(states.back());
  if (index >= states.size() || error == std::errc::result_out_of_range)
    throw InputError(
        argument, "",
        fmt::format("state {} is outside 0..{}", argument.substr(at + 1), states.size() - 1));
  return std::move(states[index]);
}

Json optional_number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json state_json(const Calibration& state, const std::string& file) {
  return {{"file", file}, {"device", state.device}, {"timestamp", to_iso8601(state.timestamp)}};
}

std::string number_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.6g}", *value) : "–";
}

struct DiffCommand {
  std::string before, after;
  std::int64_t limit = 30;
  bool json = false;

  void run() const {
    const Calibration old = read_state(before), now = read_state(after);
    const std::vector<Change> changes = diff(old, now);
    if (json) {
      Json rows = Json::array();
      for (const Change& change : changes)
        rows.push_back({{"place", change.place},
                        {"what", change.what},
                        {"before", optional_number(change.before)},
                        {"after", optional_number(change.after)},
                        {"relative", optional_number(change.relative)},
                        {"infidelity", change.infidelity}});
      print(Json{{"before", state_json(old, before)},
                 {"after", state_json(now, after)},
                 {"changes", rows}});
      return;
    }
    print(text(old, now, changes));
  }

  std::string text(const Calibration& old, const Calibration& now,
                   const std::vector<Change>& changes) const {
    std::string head =
        fmt::format("{} {} → {} {}: {} figures changed\n", old.device, to_iso8601(old.timestamp),
                    now.device, to_iso8601(now.timestamp), changes.size());
    if (changes.empty()) return head;
    TextTable table({"figure (SI units)", "before", "after", "change", "Δ infidelity"});
    const std::size_t shown = std::min(changes.size(), static_cast<std::size_t>(limit));
    for (std::size_t i = 0; i < shown; ++i) {
      const Change& change = changes[i];
      table.add_row({change.what, number_text(change.before), number_text(change.after),
                     change.relative ? fmt::format("{:+.1f} %", 100 * *change.relative) : "–",
                     fmt::format("{:+.2e}", change.infidelity)});
    }
    std::string rest = shown == changes.size()
                           ? ""
                           : fmt::format("and {} more (--limit)\n", changes.size() - shown);
    return head + table.to_string() + rest;
  }
};

}  // namespace

void add_calibration_diff(CLI::App& calibration) {
  CLI::App* verb = calibration.add_subcommand(
      "diff", "What changed between two states of a device, the most important first");
  auto command = std::make_shared<DiffCommand>();
  verb->add_option("before", command->before,
                   "Calibration; of a series its last state, or state N with FILE@N")
      ->required();
  verb->add_option("after", command->after, "The same")->required();
  verb->add_option("--limit", command->limit, "Rows of the table")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  verb->add_flag("--json", command->json, "Machine-readable output, without a limit");
  verb->footer("Example: rhodrift calibration diff ibm_fez.json@0 ibm_fez.json@58");
  verb->callback([command] { command->run(); });
}

}  // namespace rhodrift::cli
