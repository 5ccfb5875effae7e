#include <filesystem>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/report/html_page.hpp>

#include "cli/commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::string run;
  std::string output;
  bool json = false;
};

void report_run(const Options& options) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::equivalent(options.run, options.output, error))
    throw InputError("--output", options.output, "is the run file");
  const RunReader run(options.run);
  const PendingFile can_be_written(options.output);  // or fail before the work, not after
  const std::string page = html_page(run, fs::path(options.run).filename().string());
  write_file(options.output, page);
  if (options.json)
    print(Json{{"run", options.run}, {"page", options.output}, {"bytes", page.size()}});
  else
    print(fmt::format("{} is in {}\n", options.run, options.output));
}

}  // namespace

void add_report(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "report",
      "A run file as one HTML page, with its plots; works without network. Needs gnuplot\n"
      "(Debian: gnuplot-nox) where the run has something to plot");
  auto options = std::make_shared<Options>();
  verb->add_option("run", options->run, "Run file (docs/formats/run.md)")->required();
  verb->add_option("-o,--output", options->output, "Page to write")->required();
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift report run.h5 -o run.html");
  verb->callback([options] { report_run(*options); });
}

}  // namespace rhodrift::cli
