#include "cli/program.hpp"

#include <algorithm>
#include <iostream>
#include <new>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/version.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"

namespace rhodrift::cli {

namespace {

void build(CLI::App& program, const std::string& command_line) {
  program.name("rhodrift");
  program.require_subcommand(1);
  program.set_version_flag("--version", "rhodrift " + std::string(version()));
  add_calibration(program);
  add_noise(program);
  add_compile(program);
  add_simulate(program);
  add_train(program, command_line);
  add_sweep(program);
  add_generate(program);
  add_kernel(program);
  add_probe(program);
  add_predict(program);
  add_mitigate(program);
  add_evaluate(program, command_line);
  add_drift(program, command_line);
  add_report(program);
  add_demo(program, command_line);
}

// Names the word that should have been a verb: CLI11 only says that one is missing.
void require_known_verbs(const CLI::App& program, const std::vector<std::string>& arguments) {
  const CLI::App* app = &program;
  for (const std::string& argument : arguments) {
    const auto verbs = app->get_subcommands([](const CLI::App*) { return true; });
    if (verbs.empty() || argument.starts_with('-')) return;
    const auto verb = std::ranges::find(verbs, argument, &CLI::App::get_name);
    if (verb == verbs.end()) {
      std::vector<std::string> names;
      for (const CLI::App* known : verbs) names.push_back(known->get_name());
      throw InputError("command line", argument,
                       fmt::format("unknown verb; known are {}", fmt::join(names, ", ")));
    }
    app = *verb;
  }
}

// Input may be quoted in a message: nothing of it may steer the terminal.
std::string printable(const std::string& message) {
  std::string text;
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' || (byte >= 0x20 && byte != 0x7f))
      text += c;
    else
      text += fmt::format("\\x{:02x}", byte);
  }
  return text;
}

void report(const std::string& message) {
  std::cerr << "rhodrift: " << printable(message) << '\n';
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  CLI::App program("Noise-aware quantum neural networks on recorded device calibrations");
  build(program, "rhodrift " + shell_quoted(arguments));
  try {
    require_known_verbs(program, arguments);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
    program.parse(std::move(reversed));
    return done;
  } catch (const CLI::Success& help_or_version) {
    return program.exit(help_or_version);
  } catch (const CLI::Error& usage) {
    std::string verb = "rhodrift";
    for (const CLI::App* app = &program; !app->get_subcommands().empty();) {
      app = app->get_subcommands().front();
      verb += " " + app->get_name();
    }
    report(fmt::format("{}\nSee '{} --help'.", usage.what(), verb));
    return bad_input;
  } catch (const InputError& error) {
    report(error.what());
    return bad_input;
  } catch (const std::bad_alloc&) {
    report("out of memory");
    return failed;
  } catch (const std::exception& error) {
    report(error.what());
    return failed;
  }
}

}  // namespace rhodrift::cli
