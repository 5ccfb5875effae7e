#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include <rhodrift/mitigation/readout/distribution.hpp>
#include <rhodrift/mitigation/readout/inversion.hpp>
#include <rhodrift/mitigation/readout/least_squares.hpp>
#include <rhodrift/mitigation/readout/subspace.hpp>
#include <rhodrift/mitigation/readout/unfolding.hpp>
#include <rhodrift/noise/noise_model.hpp>
#include <rhodrift/report/format_estimate.hpp>
#include <rhodrift/report/text_table.hpp>

#include "cli/arguments.hpp"
#include "cli/bit_order.hpp"
#include "cli/confusion_file.hpp"
#include "cli/counts_file.hpp"
#include "cli/device_setting.hpp"
#include "cli/mitigate_commands.hpp"
#include "cli/output.hpp"

namespace rhodrift::cli {

namespace {

/// What a method makes of counts.
struct Mitigated {
  /// Absent where there would be 2^n weights for too many bits.
  std::optional<Outcomes> quasi;
  std::vector<Estimate> expectations;  ///< one an observable
  double overhead = 1.0;
};

std::vector<Estimate> estimates(const JointEstimate& joint, const std::string& method,
                                const Outcomes& counts) {
  std::vector<Estimate> result;
  for (arma::uword k = 0; k < joint.values.n_elem; ++k) {
    result.push_back(normal_estimate(joint.values(k), std::sqrt(joint.covariance(k, k)), method));
    result.back().shots = counts.shots;
    result.back().circuits = 1;
  }
  return result;
}

std::vector<Estimate> estimates(const ExpectationEstimator& estimator, const Outcomes& counts,
                                std::span<const Observable> observables) {
  return estimates(estimator(counts, observables), estimator.method, counts);
}

struct ReadoutCommand {
  std::string counts;
  std::string confusion;
  std::string calibration_counts;
  std::vector<std::string> groups;
  DeviceOptions device;
  std::string method = "inverse";
  std::string distance = fmt::format("{}", *readout::SubspaceOptions{}.distance);
  std::int64_t iterations = readout::UnfoldingStop{}.iterations;
  std::vector<std::string> observables;
  BitOrder order = BitOrder::right;
  bool clip = false;
  bool json = false;

  void run() const {
    const Outcomes seen = read_counts(counts, order);
    std::vector<Observable> parsed;
    for (const std::string& text : observables)
      parsed.push_back(parse_observable(text, seen.n_bits, order));
    const readout::MeasuredReadout readout = read_readout(seen.n_bits);
    Mitigated mitigated =
        naming("--method " + method, [&] { return mitigate(readout, seen, parsed); });
    if (clip) clip_weights(mitigated, parsed);
    if (json)
      print_json(mitigated);
    else
      print(text(seen, mitigated));
  }

  /// Refuses what cannot be inverted, naming its file.
  readout::MeasuredReadout read_readout(int n_bits) const {
    const auto invertible = [](const std::string& file, auto read) {
      return naming(file, [&] {
        readout::MeasuredReadout readout = read();
        readout::inversion(readout);
        return readout;
      });
    };
    if (!confusion.empty())
      return invertible(confusion, [&] {
        return readout::MeasuredReadout{read_confusion(confusion, n_bits), {}};
      });
    if (!calibration_counts.empty()) {
      const auto states = read_calibration_counts(calibration_counts, n_bits, order);
      const std::vector<std::vector<int>> bits = read_groups(n_bits);
      return invertible(calibration_counts,
                        [&] { return readout::measured_readout(bits, states); });
    }
    const Device recorded = device.read(n_bits, trivial_layout(n_bits));
    require_readout_figures(recorded, "--calibration");
    return {recorded.model.readout_error(recorded.layout), {}};
  }

  /// Those of --group, and every other bit for itself.
  std::vector<std::vector<int>> read_groups(int n_bits) const {
    std::vector<std::vector<int>> result;
    std::set<int> taken;
    for (const std::string& text : groups) {
      result.push_back(naming("--group " + text, [&] { return parse_bits(text); }));
      taken.insert(result.back().begin(), result.back().end());
    }
    for (int bit = 0; bit < n_bits; ++bit)
      if (!taken.contains(bit)) result.push_back({bit});
    return result;
  }

  static std::vector<int> parse_bits(const std::string& text) {
    std::vector<int> bits;
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      int bit = -1;
      const auto [stop, error] = std::from_chars(text.data() + begin, text.data() + end, bit);
      if (error != std::errc{} || stop != text.data() + end || bit < 0)
        throw InputError("bits", "", fmt::format("\"{}\" is not a list such as 0,1", text));
      bits.push_back(bit);
      begin = end + 1;
    }
    return bits;
  }

  Mitigated mitigate(const readout::MeasuredReadout& readout, const Outcomes& seen,
                     std::span<const Observable> parsed) const {
    if (method == "m3") return by_subspace(readout, seen, parsed);
    const ReadoutError& error = readout.error;
    Mitigated result;
    result.overhead = readout::inversion_overhead(error);
    if (method == "ibu") {
      readout::UnfoldingStop stop;
      stop.iterations = static_cast<int>(iterations);
      result.quasi = readout::unfold(error, seen, stop).distribution;
      result.expectations = estimates(readout::unfolding(readout, stop), seen, parsed);
    } else if (method == "least-squares") {
      result.quasi = Outcomes::from_probabilities(readout::least_squares_distribution(error, seen));
      result.expectations = estimates(readout::least_squares(readout), seen, parsed);
    } else {
      if (seen.n_bits <= readout::max_distribution_bits)
        result.quasi = Outcomes::from_probabilities(readout::inverted_distribution(error, seen));
      else if (parsed.empty() || clip)
        throw InputError("--method", method,
                         fmt::format("{} bits have 2^{} quasi-probabilities, more than 2^{}; there "
                                     "are only expectations (--observable, without --clip), or m3",
                                     seen.n_bits, seen.n_bits, readout::max_distribution_bits));
      result.expectations = estimates(readout::inversion(readout), seen, parsed);
    }
    return result;
  }

  Mitigated by_subspace(const readout::MeasuredReadout& readout, const Outcomes& seen,
                        std::span<const Observable> parsed) const {
    readout::SubspaceOptions options;
    options.distance = parse_distance(seen.n_bits);
    const readout::Subspace subspace(readout, seen, options);
    Mitigated result;
    result.quasi = subspace.distribution();
    result.overhead = subspace.overhead();
    result.expectations = estimates(subspace.expectations(parsed), "readout/subspace", seen);
    const double captured = subspace.captured();
    for (Estimate& estimate : result.expectations) estimate.diagnostics["captured"] = captured;
    return result;
  }

  std::optional<int> parse_distance(int n_bits) const {
    if (distance == "all") return std::nullopt;
    int number = -1;
    const auto [end, error] =
        std::from_chars(distance.data(), distance.data() + distance.size(), number);
    if (error != std::errc{} || end != distance.data() + distance.size() || number < 0)
      throw InputError("--distance", "",
                       fmt::format("'{}' is neither a whole number from 0 nor all", distance));
    return std::min(number, n_bits);
  }

  /// The expectations become those of the closest distribution; their errors stay what they were.
  static void clip_weights(Mitigated& mitigated, std::span<const Observable> parsed) {
    readout::Projection projection = readout::closest_distribution(*mitigated.quasi, parsed);
    for (std::size_t k = 0; k < mitigated.expectations.size(); ++k) {
      Estimate& estimate = mitigated.expectations[k];
      const double bias = projection.bias(k);
      auto diagnostics = estimate.diagnostics;
      const std::uint64_t shots = estimate.shots;
      estimate =
          normal_estimate(estimate.value + bias, estimate.std_error, estimate.method + ", clipped");
      estimate.shots = shots;
      estimate.circuits = 1;
      estimate.diagnostics = std::move(diagnostics);
      estimate.diagnostics["clipping_bias"] = bias;
    }
    mitigated.quasi = std::move(projection.distribution);
  }

  void print_json(const Mitigated& mitigated) const {
    Json result{{"quasi_probabilities", nullptr}, {"expectations", Json::object()}};
    if (mitigated.quasi) {
      // Appended: looking each key up first would take quadratic time.
      Json::object_t weights;
      for (std::size_t r = 0; r < mitigated.quasi->size(); ++r)
        weights.emplace_back(reordered(mitigated.quasi->text(r), order),
                             mitigated.quasi->frequency[r]);
      result["quasi_probabilities"] = std::move(weights);
    }
    for (std::size_t k = 0; k < observables.size(); ++k)
      result["expectations"][observables[k]] = to_json(mitigated.expectations[k]);
    result["overhead"] = mitigated.overhead;
    print(result);
  }

  std::string text(const Outcomes& seen, const Mitigated& mitigated) const {
    std::string result =
        fmt::format("{}: {} shots of {} bits, {} different outcomes; overhead {:.4g}\n", method,
                    seen.shots, seen.n_bits, seen.size(), mitigated.overhead);
    if (!mitigated.expectations.empty()) {
      TextTable table({"observable", "mitigated", "95% interval"});
      for (std::size_t k = 0; k < observables.size(); ++k) {
        const Estimate& estimate = mitigated.expectations[k];
        table.add_row({observables[k], with_std_error(estimate),
                       fmt::format("[{:.4f}, {:.4f}]", estimate.ci.low, estimate.ci.high)});
      }
      result += table.to_string();
      for (const auto& [name, value] : mitigated.expectations[0].diagnostics)
        if (name == "captured")
          result += fmt::format(
              "captured: {:.3g}; expectations lack what readout error took out of "
              "the seen outcomes\n",
              value);
    }
    if (mitigated.quasi) result += largest_weights(*mitigated.quasi);
    return result;
  }

  std::string largest_weights(const Outcomes& quasi) const {
    constexpr std::size_t shown = 16;
    std::vector<std::size_t> rows(quasi.size());
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    const std::size_t n = std::min(shown, rows.size());
    std::ranges::partial_sort(rows, rows.begin() + static_cast<std::ptrdiff_t>(n), std::greater(),
                              [&](std::size_t r) { return std::abs(quasi.frequency[r]); });
    TextTable table({"bitstring", "quasi-probability"});
    for (std::size_t i = 0; i < n; ++i)
      table.add_row(
          {reordered(quasi.text(rows[i]), order), fmt::format("{:.5f}", quasi.frequency[rows[i]])});
    const std::string more =
        n == quasi.size() ? "" : fmt::format("and {} more (--json)\n", quasi.size() - n);
    return table.to_string() + more;
  }
};

}  // namespace

void add_mitigate_readout(CLI::App& mitigate) {
  CLI::App* verb = mitigate.add_subcommand("readout", "Undo readout error in counts from anywhere");
  auto command = std::make_shared<ReadoutCommand>();
  verb->add_option(
          "--counts", command->counts,
          "JSON object {\"0110\": 12, …}, CSV \"0110,12\", or RUN_FILE@NAME for shots of a "
          "run file")
      ->required();
  CLI::Option* confusion = verb->add_option(
      "--confusion", command->confusion,
      "JSON: a list of 2x2 matrices, bit 0 first, or one 2^n x 2^n matrix; rows measured, columns "
      "prepared");
  CLI::Option* calibration =
      verb->add_option("--calibration", command->device.calibration,
                       "Calibration file, whose readout error stands in for --confusion");
  CLI::Option* calibration_counts = verb->add_option(
      "--calibration-counts", command->calibration_counts,
      "Counts of calibration circuits in place of --confusion: a JSON list of {\"prepared\": "
      "\"0110\", \"counts\": {\"0110\": 980, …}}; their sampling error is in the results");
  verb->add_option("--group", command->groups,
                   "Bits that misread together, e.g. 0,1; others each for itself; repeatable")
      ->allow_extra_args(false)
      ->needs(calibration_counts);
  confusion->excludes(calibration)->excludes(calibration_counts);
  calibration->excludes(calibration_counts);
  command->device.add_policy_and_layout(*verb, "the same numbers; a qubit a bit");
  verb->get_option("--policy")->needs(calibration);
  verb->get_option("--layout")->needs(calibration);
  verb->add_option("--method", command->method, "inverse, least-squares, m3 or ibu")
      ->check(CLI::IsMember({"inverse", "least-squares", "m3", "ibu"}))
      ->capture_default_str();
  verb->add_option("--observable", command->observables,
                   "Product of Z, a letter a bit as in a bitstring (ZZII) or \"Z2 Z3\"; repeatable")
      ->allow_extra_args(false);
  add_bit_order(*verb, command->order);
  verb->add_option("--distance", command->distance,
                   "m3: outcomes that differ in more bits do not mix; a whole number or all")
      ->capture_default_str();
  verb->add_option("--iterations", command->iterations,
                   "ibu: at most so many steps, fewer when they change less than 1e-9")
      ->check(whole_number(1, readout::max_unfolding_iterations))
      ->capture_default_str();
  verb->add_flag("--clip", command->clip,
                 "Make the quasi-probabilities the closest distribution; biases expectations, by "
                 "how much is in their diagnostics");
  verb->add_flag("--json", command->json, "Machine-readable output");
  verb->footer(
      "overhead: so many times the shots give as good an estimate as without readout error.\n"
      "Example: rhodrift mitigate readout --counts counts.json --confusion matrices.json --method "
      "m3 --observable ZZII");
  verb->callback([command, confusion, calibration, calibration_counts] {
    if (confusion->empty() && calibration->empty() && calibration_counts->empty())
      throw InputError("mitigate readout", "",
                       "--confusion, --calibration-counts or --calibration is needed");
    command->run();
  });
}

}  // namespace rhodrift::cli
