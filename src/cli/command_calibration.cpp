#include "cli/calibration_commands.hpp"
#include "cli/commands.hpp"

namespace rhodrift::cli {

void add_calibration(CLI::App& program) {
  CLI::App* calibration = program.add_subcommand("calibration", "Recorded device calibrations");
  calibration->require_subcommand(1);
  add_calibration_import(*calibration);
  add_calibration_show(*calibration);
  add_calibration_validate(*calibration);
  add_calibration_diff(*calibration);
  add_calibration_history(*calibration);
}

}  // namespace rhodrift::cli
