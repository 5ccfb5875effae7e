#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/calibration/import.hpp>
#include <rhodrift/core/error.hpp>

#include "cli/calibration_commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

struct ImportCommand {
  std::vector<std::string> inputs;
  std::string output;
  std::string format;
  std::string time;
  ImportOptions options;
  bool json = false;

  void run() {
    for (const std::string& input : inputs) {
      std::error_code error;
      if (std::filesystem::equivalent(input, output, error))
        throw InputError("--output", output, "is one of the files to import");
    }
    if (!format.empty()) options.format = import_format(format);
    if (!time.empty()) options.time = parse_utc(time, "--time", "");
    const auto document = import_calibration({inputs.begin(), inputs.end()}, options);
    Json result;
    if (const auto* snapshot = std::get_if<Calibration>(&document)) {
      write_calibration(*snapshot, output);
      result = {{"kind", "snapshot"},
                {"device", snapshot->device},
                {"states", 1},
                {"repairs", snapshot->repairs.size()},
                {"file", output}};
    } else {
      const auto& series = std::get<CalibrationSeries>(document);
      write_calibration_series(series, output);
      std::size_t repairs = 0;
      for (const Calibration& state : series.states) repairs += state.repairs.size();
      result = {{"kind", "series"},
                {"device", series.device},
                {"states", series.states.size()},
                {"repairs", repairs},
                {"file", output}};
    }
    if (json)
      print(result);
    else
      print(fmt::format("{}: {} of {}, states: {}, repairs: {}\n", output,
                        result["kind"].get<std::string>(), result["device"].get<std::string>(),
                        result["states"].get<std::size_t>(), result["repairs"].get<std::size_t>()));
  }
};

}  // namespace

void add_calibration_import(CLI::App& calibration) {
  CLI::App* verb = calibration.add_subcommand("import", "Vendor files in, our format out");
  auto command = std::make_shared<ImportCommand>();
  verb->add_option("inputs", command->inputs, "Files or folders of one device")->required();
  verb->add_option("-o,--output", command->output, "File to write")->required();
  verb->add_option(
      "--from", command->format,
      fmt::format("Format: {}; detected without it", fmt::join(import_format_names(), ", ")));
  verb->add_option(
      "--device", command->options.device,
      "Device name, instead of the files'; of tables of several devices the one to read");
  verb->add_option("--time", command->time,
                   "When the state was recorded (ISO 8601), where the files do not say");
  verb->add_option("--source", command->options.source, "Who published the files");
  verb->add_option("--licence", command->options.licence, "SPDX identifier of their licence");
  verb->add_option(
      "--durations-from", command->options.durations_from,
      "Recorded state of the device to take gate durations from, where files have none");
  verb->add_flag("--repair", command->options.repair,
                 "Apply the named repairs and record each; without it such files are refused");
  verb->add_flag("--json", command->json, "Machine-readable output");
  verb->footer(
      "Example: rhodrift calibration import props_belem.json conf_belem.json -o belem.json");
  verb->callback([command] { command->run(); });
}

}  // namespace rhodrift::cli
