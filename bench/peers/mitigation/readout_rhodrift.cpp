// Our side of bench/peers/run-mitigation: mitigates counts.json of a folder in this process and
// prints, as JSON, {"seconds": [one a repeat], "start_bytes", "peak_bytes"}: the largest the
// process was before and after. The quasi-probabilities go to the file --output, "string value" a
// line. In the time is all that leads from counts by string to quasi-probabilities by string.

#include <chrono>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <rhodrift/core/file.hpp>
#include <rhodrift/mitigation/readout/subspace.hpp>

namespace {

using namespace rhodrift;

ReadoutError read_error(const std::filesystem::path& file) {
  ReadoutError error;
  for (const auto& rows : nlohmann::json::parse(read_file(file)))
    error.push_back(ConfusionMatrix::single(static_cast<int>(error.size()),
                                            rows[1][0].get<double>(), rows[0][1].get<double>()));
  return error;
}

using Quasi = std::vector<std::pair<std::string, double>>;

Quasi mitigated(const ReadoutError& error, const std::map<std::string, std::uint64_t>& counts,
                const readout::SubspaceOptions& options) {
  const Outcomes distribution =
      readout::Subspace(error, Outcomes::from_counts(counts), options).distribution();
  Quasi quasi;
  for (std::size_t r = 0; r < distribution.size(); ++r)
    quasi.emplace_back(distribution.text(r), distribution.frequency[r]);
  return quasi;
}

void write(const Quasi& quasi, const std::string& file) {
  std::ofstream out(file);
  out.precision(17);
  for (const auto& [text, value] : quasi) out << text << ' ' << value << '\n';
}

/// VmHWM; what getrusage tells may be the size of the process that started this one.
std::int64_t peak_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word && word != "VmHWM:") {
  }
  std::int64_t kilobytes = 0;
  status >> kilobytes;
  return 1024 * kilobytes;
}

}  // namespace

int main(int argc, char** argv) {
  std::filesystem::path folder;
  readout::SubspaceOptions options;
  int distance = 3, repeats = 5;
  constexpr double enough_seconds = 10.0;
  std::string output;
  CLI::App app("Times the mitigation of the counts of one folder of bench/peers/run-mitigation");
  app.add_option("folder", folder)->required();
  app.add_option("--distance", distance, "-1: all");
  app.add_option("--repeats", repeats)->check(CLI::PositiveNumber);
  app.add_option("--output", output);
  CLI11_PARSE(app, argc, argv);
  options.distance = distance >= 0 ? std::optional(distance) : std::nullopt;

  const ReadoutError error = read_error(folder / "matrices.json");
  const auto counts = nlohmann::json::parse(read_file(folder / "counts.json"))
                          .get<std::map<std::string, std::uint64_t>>();
  const std::int64_t start_bytes = peak_bytes();
  std::vector<double> seconds;
  double sum = 0.0;
  Quasi quasi;
  while (seconds.empty() || (std::ssize(seconds) < repeats && sum < enough_seconds)) {
    const auto start = std::chrono::steady_clock::now();
    quasi = mitigated(error, counts, options);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    seconds.push_back(elapsed.count());
    sum += elapsed.count();
  }
  const nlohmann::json report{
      {"seconds", seconds}, {"start_bytes", start_bytes}, {"peak_bytes", peak_bytes()}};
  if (!output.empty()) write(quasi, output);
  std::cout << report << '\n';
}
