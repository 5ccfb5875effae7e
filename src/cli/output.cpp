#include "cli/output.hpp"

#include <cstdio>
#include <iostream>

#include <fmt/format.h>
#include <unistd.h>

#include <rhodrift/core/error.hpp>

#include "core/estimate_json.hpp"

namespace rhodrift::cli {

Json to_json(const Estimate& estimate) {
  return estimate_json(estimate);
}

Json to_json(const Warning& warning) {
  return {{"code", rhodrift::to_string(warning.code)},
          {"finding", warning.finding},
          {"remedy", warning.remedy}};
}

Json rows_of(const arma::mat& matrix) {
  Json rows = Json::array();
  for (arma::uword r = 0; r < matrix.n_rows; ++r)
    rows.push_back(arma::conv_to<std::vector<double>>::from(matrix.row(r)));
  return rows;
}

void print(const Json& document) {
  // Names of files need not be UTF-8.
  print(document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void print(const std::string& text) {
  std::cout << text << std::flush;
  if (!std::cout) throw RunError("standard output: write failed");
}

std::string text_of(const std::vector<Warning>& warnings) {
  std::string text;
  for (const Warning& warning : warnings) text += "warning: " + warning.text() + "\n";
  return text;
}

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)), terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (terminal_ && shown_percent_ >= 0) fmt::print(stderr, "\r\033[K");
}

void ProgressBar::operator()(std::size_t done, std::size_t total) {
  InterruptionGuard::throw_if_interrupted();
  const int percent = total == 0 ? 100 : static_cast<int>(100 * done / total);
  if (!terminal_ || percent == shown_percent_) return;
  shown_percent_ = percent;
  constexpr int width = 30;
  const std::size_t filled = static_cast<std::size_t>(width * percent / 100);
  std::string bar;
  for (std::size_t i = 0; i < width; ++i) bar += i < filled ? "█" : "░";
  fmt::print(stderr, "\r\033[K{} {} {:3d}%", label_, bar, percent);
  std::fflush(stderr);
}

}  // namespace rhodrift::cli
