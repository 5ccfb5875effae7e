#include "cli/strategy_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/arguments.hpp"

namespace rhodrift::cli {

void StrategyOptions::add_to(CLI::App& verb) {
  CLI::Option* whole = verb.add_option(
      "--strategy", text, "All of it, e.g. \"readout+zne:richardson:scale=1,2,3\"; raw without it");
  verb.add_option("--readout", readout, "Short for a readout stage of this method")
      ->excludes(whole);
  CLI::Option* extrapolation =
      verb.add_option("--zne", zne, "Short for a zne stage with this model")->excludes(whole);
  verb.add_option("--scale-factors", scale_factors, "Of the zne stage, e.g. 1,3,5")
      ->delimiter(',')
      ->needs(extrapolation);
}

Strategy StrategyOptions::parse() const {
  if (!text.empty()) return naming("--strategy", [&] { return parse_strategy(text); });
  std::vector<std::string> stages;
  if (!readout.empty() && readout != "none") stages.push_back("readout:" + readout);
  if (!zne.empty()) stages.push_back("zne:" + zne);
  if (!scale_factors.empty())
    stages.back() += fmt::format(":scale={}", fmt::join(scale_factors, ","));
  if (stages.empty()) return parse_strategy("raw");
  return parse_strategy(fmt::format("{}", fmt::join(stages, "+")));
}

}  // namespace rhodrift::cli
