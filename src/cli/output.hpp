#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <rhodrift/core/estimate.hpp>

namespace rhodrift::cli {

/// Key order is part of the documented output.
using Json = nlohmann::ordered_json;

/// {"value", "std_error", "ci": [low, high], "level", "shots", "circuits", "method", "diagnostics"}
Json to_json(const Estimate& estimate);

/// Prints one JSON document, or text, to stdout. Throws RunError when stdout cannot take it (a full
/// disk, a closed pipe).
void print(const Json& document);
void print(const std::string& text);

/// A progress bar on stderr while it lives; silent when stderr is no terminal.
class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void operator()(std::size_t done, std::size_t total);

 private:
  std::string label_;
  bool terminal_;
  int shown_percent_ = -1;
};

}  // namespace rhodrift::cli
