#include <algorithm>

#include <fmt/format.h>

#include <rhodrift/mitigation/zne/extrapolation.hpp>
#include <rhodrift/report/format_estimate.hpp>

#include "cli/arguments.hpp"
#include "cli/mitigate_commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

struct Options {
  std::string method = "linear";
  std::optional<int> order;
  std::optional<double> asymptote;
  std::vector<double> scale_factors;
  std::vector<double> values;
  std::vector<double> std_errors;
  double level = 0.95;
  bool json = false;
};

zne::Extrapolation model_of(const Options& options) {
  std::string text = options.method;
  if (options.order) text += fmt::format(":order={}", *options.order);
  if (options.asymptote) text += fmt::format(":asymptote={}", *options.asymptote);
  return naming("--method", [&] { return zne::parse_extrapolation(text); });
}

arma::mat covariance_of(const Options& options) {
  const std::vector<double>& errors = options.std_errors;
  if (errors.size() != options.values.size())
    throw InputError("--stderrs", "",
                     fmt::format("{} given for {} values", errors.size(), options.values.size()));
  for (const double error : errors)
    if (!(error >= 0.0))
      throw InputError("--stderrs", "", fmt::format("{} is not a number >= 0", error));
  return arma::diagmat(arma::square(arma::vec(errors)));
}

/// The diagnostics "coefficient[j]" as a list; empty where the model is not linear.
Json coefficients_of(const Estimate& estimate) {
  Json coefficients = Json::array();
  for (;;) {
    const auto found =
        estimate.diagnostics.find(fmt::format("coefficient[{}]", coefficients.size()));
    if (found == estimate.diagnostics.end()) return coefficients;
    coefficients.push_back(found->second);
  }
}

void extrapolate(const Options& options) {
  const Estimate estimate =
      zne::extrapolate(model_of(options), options.scale_factors, arma::vec(options.values),
                       covariance_of(options), options.level);
  const Json coefficients = coefficients_of(estimate);
  Json diagnostics = Json::object();
  for (const auto& [name, value] : estimate.diagnostics)
    if (!name.starts_with("coefficient[")) diagnostics[name] = value;
  if (options.json) {
    Json result{{"value", estimate.value},
                {"std_error", estimate.std_error},
                {"ci", {estimate.ci.low, estimate.ci.high}},
                {"level", estimate.level},
                {"method", options.method}};
    if (!coefficients.empty()) result["coefficients"] = coefficients;
    result["diagnostics"] = diagnostics;
    print(result);
    return;
  }
  std::string text = fmt::format("{}: {}, {:g}% interval [{:.6g}, {:.6g}]\n", estimate.method,
                                 with_std_error(estimate, 6), 100 * estimate.level, estimate.ci.low,
                                 estimate.ci.high);
  for (const auto& [name, value] : estimate.diagnostics)
    text += fmt::format("  {:<24} {:.6g}\n", name, value);
  print(text);
}

}  // namespace

void add_mitigate_extrapolate(CLI::App& mitigate) {
  CLI::App* verb = mitigate.add_subcommand(
      "extrapolate",
      "Extrapolate values that were measured at several noise scale factors to zero");
  auto options = std::make_shared<Options>();
  verb->add_option("--method", options->method,
                   "linear, polynomial, richardson, exponential, poly-exponential, "
                   "double-exponential or automatic")
      ->capture_default_str();
  verb->add_option("--order", options->order, "Of polynomial and poly-exponential");
  verb->add_option("--asymptote", options->asymptote,
                   "What the exponentials decay to; fitted without it");
  verb->add_option("--scale-factors", options->scale_factors, "At least 1 each")
      ->delimiter(',')
      ->required();
  verb->add_option("--values", options->values, "One a scale factor")->delimiter(',')->required();
  verb->add_option("--stderrs", options->std_errors,
                   "Standard errors of the values, independent; 0,0,… where values are exact")
      ->delimiter(',')
      ->required();
  verb->add_option("--level", options->level, "Of the interval")
      ->check(CLI::Range(0.01, 0.9999))
      ->capture_default_str();
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer(
      "Example: rhodrift mitigate extrapolate --method linear --scale-factors 1,3,5 --values "
      ".6,.5,.4 --stderrs .01,.01,.01");
  verb->callback([options] { extrapolate(*options); });
}

}  // namespace rhodrift::cli
