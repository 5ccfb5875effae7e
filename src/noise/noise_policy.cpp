#include <array>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/noise/noise_policy.hpp>

namespace rhodrift {

namespace {

constexpr const char* source = "noise policy";
constexpr std::string_view temperature_option = "temperature-mk=";

constexpr std::array<std::pair<std::string_view, bool NoisePolicy::*>, 7> switches{{
    {"no-keep-error", &NoisePolicy::keep_error},
    {"no-coherent", &NoisePolicy::coherent},
    {"no-marginal-readout", &NoisePolicy::marginal_readout},
    {"no-mid-circuit", &NoisePolicy::mid_circuit},
    {"no-idle", &NoisePolicy::idle},
    {"no-schedule", &NoisePolicy::schedule},
    {"no-exclude-faulty", &NoisePolicy::exclude_faulty},
}};

double not_negative(std::string_view text, const std::string& place) {
  double value = 0.0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || !std::isfinite(value) ||
      value < 0.0)
    throw InputError(source, place, fmt::format("'{}' is not a finite number >= 0", text));
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

void set_option(std::string_view option, NoisePolicy& policy) {
  if (option.starts_with(temperature_option)) {
    policy.temperature_mk =
        not_negative(option.substr(temperature_option.size()), "temperature-mk");
    return;
  }
  std::string known = "temperature-mk=T";
  for (const auto& [name, member] : switches) {
    if (name == option) {
      policy.*member = false;
      return;
    }
    known += fmt::format(", {}", name);
  }
  throw InputError(source, "", fmt::format("option '{}' is unknown; known are {}", option, known));
}

}  // namespace

NoisePolicy NoisePolicy::scaled(double factor) {
  if (!(factor >= 0.0 && std::isfinite(factor)))
    throw InputError(source, "scaled", fmt::format("{} is not a finite number >= 0", factor));
  NoisePolicy policy = device;
  policy.scale = factor;
  return policy;
}

NoisePolicy parse_noise_policy(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  std::vector<std::string_view> options;
  if (colon != std::string_view::npos) options = split(text.substr(colon + 1), ',');
  if (name == "ideal" || name == "aer") {
    if (!options.empty())
      throw InputError(source, "", fmt::format("'{}': {} has no options", text, name));
    return name == "aer" ? NoisePolicy::aer : NoisePolicy::ideal;
  }
  NoisePolicy policy = NoisePolicy::device;
  if (name == "scaled") {
    if (options.empty()) throw InputError(source, "", "'scaled' needs a factor, e.g. scaled:1.5");
    policy.scale = not_negative(options.front(), "scaled:FACTOR");
    options.erase(options.begin());
  } else if (name != "device") {
    throw InputError(
        source, "",
        fmt::format("'{}' is unknown; known are device, aer, ideal, scaled:FACTOR", name));
  }
  for (const std::string_view option : options) set_option(option, policy);
  return policy;
}

std::string to_string(const NoisePolicy& policy) {
  if (!policy.noise) return "ideal";
  if (policy == NoisePolicy::aer) return "aer";
  std::vector<std::string> parts;
  if (policy.scale != 1.0) parts.push_back(fmt::format("{}", policy.scale));
  if (policy.temperature_mk != 0.0)
    parts.push_back(fmt::format("{}{}", temperature_option, policy.temperature_mk));
  for (const auto& [name, member] : switches)
    if (!(policy.*member)) parts.emplace_back(name);
  return fmt::format("{}{}{}", policy.scale == 1.0 ? "device" : "scaled", parts.empty() ? "" : ":",
                     fmt::join(parts, ","));
}

}  // namespace rhodrift
