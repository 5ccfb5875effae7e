#pragma once

#include <armadillo>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <rhodrift/core/estimate.hpp>
#include <rhodrift/train/warning.hpp>

#include "cli/interruption.hpp"

namespace rhodrift::cli {

/// Key order is part of the documented output.
using Json = nlohmann::ordered_json;

/// {"value", "std_error", "ci": [low, high], "level", "shots", "circuits", "method", "diagnostics"}
Json to_json(const Estimate& estimate);

/// {"code", "finding", "remedy"}
Json to_json(const Warning& warning);

/// [[row 0], [row 1], …]
Json rows_of(const arma::mat& matrix);

/// Prints one JSON document, or text, to stdout. Throws RunError when stdout cannot take it (a full
/// disk, a closed pipe).
void print(const Json& document);
void print(const std::string& text);

/// A line "warning: FINDING: REMEDY" each.
std::string text_of(const std::vector<Warning>& warnings);

/// Told how far a work is; may be empty. A ProgressBar is one.
using Progress = std::function<void(std::size_t done, std::size_t total)>;

/// A progress bar on stderr while it lives; silent when stderr is no terminal. While it
/// lives, a signal to stop takes effect as a RunError at its next call. Each call is also
/// the place where an interruption takes effect (RunError).
class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void operator()(std::size_t done, std::size_t total);

 private:
  InterruptionGuard guard_;
  std::string label_;
  bool terminal_;
  int shown_percent_ = -1;
};

}  // namespace rhodrift::cli
