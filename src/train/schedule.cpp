#include <cmath>
#include <limits>
#include <map>
#include <numbers>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/train/schedule.hpp>

#include "core/named_settings.hpp"

namespace rhodrift {

namespace {

using Shape = Schedule::Shape;
using By = GradientClipping::By;

const std::map<std::string, Shape> shapes{
    {"constant", Shape::constant}, {"cosine", Shape::cosine}, {"step", Shape::step}};
const std::map<std::string, std::optional<By>> clipped{
    {"none", std::nullopt}, {"norm", By::norm}, {"value", By::value}};

void require(bool holds, const char* option, double value, const char* range) {
  if (!holds) throw InputError("schedule", option, fmt::format("{} is not {}", value, range));
}

}  // namespace

void Schedule::validate() const {
  if (shape == Shape::cosine)
    require(final_factor >= 0 && final_factor < 1, "final", final_factor, "in [0, 1)");
  if (shape == Shape::step) {
    require(every >= 1, "every", every, ">= 1");
    require(factor > 0 && factor < 1, "factor", factor, "in (0, 1)");
  }
  require(warmup >= 0, "warmup", warmup, ">= 0");
}

double Schedule::rate_factor(std::uint64_t step, std::uint64_t n_steps) const {
  validate();
  const auto w = static_cast<std::uint64_t>(warmup);
  if (step >= n_steps)
    throw InputError("schedule", "", fmt::format("step {} of a run of {}", step, n_steps));
  if (w >= n_steps)
    throw InputError("schedule", "warmup",
                     fmt::format("{} steps, but the run has {}", warmup, n_steps));
  if (step < w) return static_cast<double>(step + 1) / static_cast<double>(w + 1);
  const std::uint64_t u = step - w;
  switch (shape) {
    case Shape::cosine: {
      const double share = static_cast<double>(u) / static_cast<double>(n_steps - w);
      return final_factor + (1 - final_factor) * (1 + std::cos(std::numbers::pi * share)) / 2;
    }
    case Shape::step:
      return std::pow(factor, static_cast<double>(u / static_cast<std::uint64_t>(every)));
    case Shape::constant:
      break;
  }
  return 1;
}

Schedule parse_schedule(std::string_view text) {
  NamedSettings settings("schedule", text);
  constexpr int most = std::numeric_limits<int>::max();
  Schedule schedule;
  schedule.shape = settings.choose(shapes);
  if (schedule.shape == Shape::cosine) settings.take_share("final", schedule.final_factor, true);
  if (schedule.shape == Shape::step) {
    schedule.every = 0;
    settings.take_whole("every", schedule.every, 1, most);
    if (schedule.every == 0) settings.fail("needs every=STEPS");
    settings.take_share("factor", schedule.factor, false);
  }
  settings.take_whole("warmup", schedule.warmup, 0, most);
  settings.refuse_unknown();
  return schedule;
}

std::string to_string(const Schedule& schedule) {
  std::string text;
  for (const auto& [name, shape] : shapes)
    if (shape == schedule.shape) text = name;
  if (schedule.shape == Shape::cosine) text += fmt::format(":final={}", schedule.final_factor);
  if (schedule.shape == Shape::step)
    text += fmt::format(":every={}:factor={}", schedule.every, schedule.factor);
  if (schedule.warmup > 0) text += fmt::format(":warmup={}", schedule.warmup);
  return text;
}

void GradientClipping::validate() const {
  if (!(limit > 0 && std::isfinite(limit)))
    throw InputError("gradient clipping", "limit", fmt::format("{} is not > 0", limit));
}

arma::vec GradientClipping::apply(const arma::vec& gradient) const {
  if (by == By::value) return arma::clamp(gradient, -limit, limit);
  const double norm = arma::norm(gradient);
  return norm > limit ? arma::vec(gradient * (limit / norm)) : gradient;
}

std::optional<GradientClipping> parse_gradient_clipping(std::string_view text) {
  NamedSettings settings("gradient clipping", text);
  std::optional<GradientClipping> clipping;
  if (const auto by = settings.choose(clipped)) {
    clipping = GradientClipping{.by = *by};
    settings.take_number("limit", clipping->limit, true);
    settings.naming([&] { clipping->validate(); });
  }
  settings.refuse_unknown();
  return clipping;
}

std::string to_string(const std::optional<GradientClipping>& clipping) {
  if (!clipping) return "none";
  return fmt::format("{}:{}", clipping->by == By::norm ? "norm" : "value", clipping->limit);
}

}  // namespace rhodrift
