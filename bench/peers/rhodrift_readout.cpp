// Our side of bench/peers/run-readout: mitigates counts.json of a folder in this process and
// prints, as JSON, {"seconds": [one a repeat], "peak_bytes"}; the quasi-probabilities go to the
// file --output, "string value" a line. In the time is all that leads from counts by string to
// quasi-probabilities.

#include <chrono>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

#include <rhodrift/core/file.hpp>
#include <rhodrift/mitigation/readout/subspace.hpp>
#include <rhodrift/version.hpp>

namespace {

using namespace rhodrift;

ReadoutError read_error(const std::filesystem::path& file) {
  ReadoutError error;
  for (const auto& rows : nlohmann::json::parse(read_file(file)))
    error.push_back(ConfusionMatrix::single(static_cast<int>(error.size()),
                                            rows[1][0].get<double>(), rows[0][1].get<double>()));
  return error;
}

void write_distribution(const std::string& file, const Outcomes& quasi) {
  std::ofstream out(file);
  out.precision(17);
  for (std::size_t r = 0; r < quasi.size(); ++r)
    out << quasi.text(r) << ' ' << quasi.frequency[r] << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  std::filesystem::path folder;
  readout::SubspaceOptions subspace_options;
  int distance = 3, repeats = 5;
  double enough_seconds = 10.0;
  std::string output;
  CLI::App app("Times the mitigation of the counts of one folder of bench/peers/run-readout");
  app.add_option("folder", folder)->required();
  app.add_option("--distance", distance, "-1: all");
  app.add_option("--tolerance", subspace_options.tolerance);
  app.add_option("--repeats", repeats)->check(CLI::PositiveNumber);
  app.add_option("--enough", enough_seconds, "seconds after which none begins");
  app.add_option("--output", output);
  CLI11_PARSE(app, argc, argv);
  if (distance >= 0) subspace_options.distance = distance;

  const ReadoutError error = read_error(folder / "matrices.json");
  const auto counts = nlohmann::json::parse(read_file(folder / "counts.json"))
                          .get<std::map<std::string, std::uint64_t>>();
  std::vector<double> seconds;
  double sum = 0.0;
  while (seconds.empty() || (std::ssize(seconds) < repeats && sum < enough_seconds)) {
    const auto start = std::chrono::steady_clock::now();
    const Outcomes outcomes = Outcomes::from_counts(counts);
    const Outcomes quasi = readout::Subspace(error, outcomes, subspace_options).distribution();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    seconds.push_back(elapsed.count());
    sum += elapsed.count();
    if (!output.empty() && seconds.size() == 1) write_distribution(output, quasi);
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::cout << nlohmann::json{{"version", version()},
                              {"seconds", seconds},
                              {"peak_bytes", 1024 * usage.ru_maxrss}}
            << '\n';
}
