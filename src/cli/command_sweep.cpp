#include <algorithm>
#include <cmath>
#include <mutex>

#include <fmt/format.h>

#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/report/format_estimate.hpp>
#include <rhodrift/report/text_table.hpp>

#include "cli/arguments.hpp"
#include "cli/commands.hpp"
#include "cli/model_evaluation.hpp"
#include "cli/output.hpp"
#include "cli/scores.hpp"
#include "cli/toml_section.hpp"
#include "cli/train_config.hpp"
#include "core/parallel.hpp"

namespace rhodrift::cli {

namespace {

constexpr std::size_t max_runs = 100'000;

struct Options {
  std::string config;
  std::string output;
  bool json = false;
};

// --- What is swept ------------------------------------------------------------------------------

/// A key of the configuration, "training.learning_rate", and what it may be.
struct Axis {
  std::string key;
  toml::array values;  ///< of a grid, or to be drawn from; empty: the range
  double low = 0.0, high = 0.0;
  bool logarithmic = false;
};

/// One combination: a value for every axis, in their order.
using Point = toml::array;

struct Sweep {
  std::vector<Axis> axes;
  std::int64_t n_random = 0;  ///< 0: the whole grid
  std::uint64_t seed = 1;
};

Axis read_axis(const std::string& key, const toml::node& node, const std::string& source) {
  const auto fail = [&](const char* problem) {
    throw InputError(source, fmt::format("line {}: sweep.{}", node.source().begin.line, key),
                     problem);
  };
  Axis axis;
  axis.key = key;
  if (const toml::array* values = node.as_array()) {
    if (values->empty()) fail("has no values");
    axis.values = *values;
    return axis;
  }
  const toml::table* range = node.as_table();
  if (range == nullptr) fail("is no list of values, and no range {low = …, high = …}");
  const auto low = (*range)["low"].value<double>(), high = (*range)["high"].value<double>();
  if (!low || !high || !(*low < *high)) fail("is no range {low = …, high = …} with low < high");
  axis.low = *low;
  axis.high = *high;
  axis.logarithmic = (*range)["log"].value_or(false);
  if (axis.logarithmic && !(axis.low > 0.0)) fail("a logarithmic range begins above 0");
  return axis;
}

Sweep read_sweep(const toml::table& root, const std::filesystem::path& path) {
  const toml::table* table = root["sweep"].as_table();
  if (table == nullptr) throw InputError(path.string(), "", "has no [sweep] table of keys");
  Sweep sweep;
  for (const auto& [key, node] : *table) {
    const std::string name(key.str());
    if (name == "random" || name == "seed") {
      const auto number = node.value_exact<std::int64_t>();
      if (!number || *number < 0 ||
          (name == "random" && (*number < 1 || *number > std::int64_t{max_runs})))
        throw InputError(path.string(), "sweep." + name, "is no whole number in its range");
      if (name == "random")
        sweep.n_random = *number;
      else
        sweep.seed = static_cast<std::uint64_t>(*number);
      continue;
    }
    sweep.axes.push_back(read_axis(name, node, path.string()));
  }
  if (sweep.axes.empty()) throw InputError(path.string(), "sweep", "names no keys to sweep");
  for (const Axis& axis : sweep.axes)
    if (axis.values.empty() && sweep.n_random == 0)
      throw InputError(path.string(), "sweep." + axis.key, "is a range, which takes random = N");
  return sweep;
}

std::vector<Point> grid(const Sweep& sweep, const std::filesystem::path& path) {
  std::vector<Point> points(1);
  for (const Axis& axis : sweep.axes) {
    if (points.size() * axis.values.size() > max_runs)
      throw InputError(path.string(), "sweep",
                       fmt::format("its grid has more than {} points; take random = N", max_runs));
    std::vector<Point> finer;
    for (const Point& point : points)
      for (std::size_t i = 0; i < axis.values.size(); ++i) {
        finer.push_back(point);
        finer.back().push_back(axis.values[i]);
      }
    points = std::move(finer);
  }
  return points;
}

Point random_point(const Sweep& sweep, RandomStream random) {
  Point point;
  for (const Axis& axis : sweep.axes) {
    if (!axis.values.empty()) {
      point.push_back(axis.values[random.below(axis.values.size())]);
      continue;
    }
    const double share = random.uniform();
    point.push_back(axis.logarithmic ? axis.low * std::pow(axis.high / axis.low, share)
                                     : axis.low + (axis.high - axis.low) * share);
  }
  return point;
}

std::vector<Point> points_of(const Sweep& sweep, const std::filesystem::path& path) {
  if (sweep.n_random == 0) return grid(sweep, path);
  std::vector<Point> points;
  for (std::int64_t i = 0; i < sweep.n_random; ++i)
    points.push_back(random_point(sweep, RandomStream(sweep.seed, static_cast<std::uint64_t>(i))));
  return points;
}

std::string text_of(const toml::node& value) {
  if (const auto text = value.value_exact<std::string>()) return *text;
  if (const auto number = value.value_exact<double>()) return fmt::format("{:.6g}", *number);
  if (const auto number = value.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  if (const auto flag = value.value_exact<bool>()) return *flag ? "true" : "false";
  std::string text;
  if (const toml::array* list = value.as_array())
    for (const toml::node& entry : *list) text += (text.empty() ? "" : " ") + text_of(entry);
  return text;
}

// --- Its runs -----------------------------------------------------------------------------------

/// The configuration with the point's values in it. Messages name the point.
TrainConfig config_at(const toml::table& root, const Sweep& sweep, const Point& point,
                      const std::filesystem::path& path) {
  toml::table all = root;
  all.erase("sweep");
  std::string where;
  for (std::size_t a = 0; a < point.size(); ++a) {
    const std::string& key = sweep.axes[a].key;
    where += fmt::format("{}{} = {}", a == 0 ? "" : ", ", key, text_of(point[a]));
    const std::size_t dot = key.find('.');
    if (dot == std::string::npos)
      throw InputError(path.string(), "sweep." + key,
                       "is no key of a table, as \"training.seed\" is");
    toml::table& table = *all.insert(key.substr(0, dot), toml::table()).first->second.as_table();
    table.insert_or_assign(key.substr(dot + 1), point[a]);
  }
  return naming(where, [&] { return train_config_from(all, path); });
}

struct Row {
  double final_loss = 0.0;
  std::string score;  ///< what these are: "accuracy", "rmse"
  std::optional<Estimate> validation, noiseless, on_device;
  std::string failure;  ///< empty when there is none
};

Row run_point(const TrainConfig& config, const TrainConfig::Data& data) {
  Row row;
  try {
    const TrainingOutcome trained = train_model(config.setting, data.train, data.validation, {});
    const TrainedModel& model = trained.model;
    const std::optional<Device>& device = trained.device;
    const auto score_at = [&](const Dataset& samples) {
      if (!device) return score_of(noiseless_outputs(model, samples), samples);
      return evaluate_strategies(model, samples, *device, {{"raw"}}, config.test_shots,
                                 config.setting.options.seed, nullptr, {})
          .front()
          .score;
    };
    row.score = data.test.is_regression() ? "rmse" : "accuracy";
    row.final_loss = trained.result.final_loss;
    row.noiseless = score_of(noiseless_outputs(model, data.test), data.test);
    if (device) row.on_device = score_at(data.test);
    if (data.validation) row.validation = score_at(*data.validation);
  } catch (const RunError& error) {
    row.failure = error.what();  // it diverged; the others have not
  }
  return row;
}

// --- Output -------------------------------------------------------------------------------------

struct Result {
  std::vector<std::string> keys;
  std::vector<std::vector<std::string>> values;  ///< of the keys, a row a run
  std::vector<Row> rows;
};

std::string cell(const std::optional<Estimate>& estimate) {
  return estimate ? with_interval(*estimate) : "–";
}

std::string as_text(const Result& result) {
  std::vector<std::string> header = result.keys;
  header.emplace_back("final loss");
  const bool errors =
      std::ranges::any_of(result.rows, [](const Row& row) { return row.score == "rmse"; });
  for (const char* column : {"validation", "test, noiseless", "test, on the device"})
    header.push_back(std::string(column) + (errors ? " (RMSE)" : ""));
  TextTable table(header);
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    const Row& row = result.rows[i];
    std::vector<std::string> cells = result.values[i];
    cells.push_back(row.failure.empty() ? fmt::format("{:.4f}", row.final_loss) : row.failure);
    cells.push_back(cell(row.validation));
    cells.push_back(cell(row.noiseless));
    cells.push_back(cell(row.on_device));
    table.add_row(cells);
  }
  return table.to_string();
}

Json as_json(const Result& result) {
  Json runs = Json::array();
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    const Row& row = result.rows[i];
    Json run{{"values", Json::object()}};
    for (std::size_t k = 0; k < result.keys.size(); ++k)
      run["values"][result.keys[k]] = result.values[i][k];
    if (!row.failure.empty()) {
      run["failure"] = row.failure;
    } else {
      run["final_loss"] = row.final_loss;
      if (row.validation) run["validation_" + row.score] = to_json(*row.validation);
      run["noiseless_" + row.score] = to_json(*row.noiseless);
      if (row.on_device) run["device_" + row.score] = to_json(*row.on_device);
    }
    runs.push_back(std::move(run));
  }
  return {{"runs", runs}};
}

void sweep_config(const Options& options) {
  const std::filesystem::path path = options.config;
  const toml::table root = read_toml(path);
  const Sweep sweep = read_sweep(root, path);
  const std::vector<Point> points = points_of(sweep, path);
  Result result;
  for (const Axis& axis : sweep.axes) result.keys.push_back(axis.key);
  // All that is wrong with a configuration or its data is found before anything runs.
  std::vector<TrainConfig> configs;
  std::vector<TrainConfig::Data> data;
  for (const Point& point : points) {
    configs.push_back(config_at(root, sweep, point, path));
    data.push_back(naming(options.config, [&] { return configs.back().load(); }));
    result.values.emplace_back();
    for (const toml::node& value : point) result.values.back().push_back(text_of(value));
  }
  std::optional<PendingFile> file;
  if (!options.output.empty()) file.emplace(options.output);

  result.rows.resize(points.size());
  ProgressBar bar("sweeping");
  std::mutex mutex;
  std::size_t done = 0;
  parallel_for(points.size(), [&](std::size_t i) {
    result.rows[i] = naming(options.config, [&] { return run_point(configs[i], data[i]); });
    const std::lock_guard lock(mutex);
    bar(++done, points.size());
  });
  if (file) write_file(options.output, as_json(result).dump(1) + "\n");
  if (options.json)
    print(as_json(result));
  else
    print(as_text(result));
}

}  // namespace

void add_sweep(CLI::App& program) {
  CLI::App* verb = program.add_subcommand(
      "sweep", "Train and test a model for every combination of values of configuration keys");
  auto options = std::make_shared<Options>();
  verb->add_option("config", options->config,
                   "TOML file with a [sweep] table, see docs/formats/train-config.md")
      ->required();
  verb->add_option("-o,--output", options->output, "JSON file to write the results to");
  verb->add_flag("--json", options->json, "Machine-readable output");
  verb->footer("Example: rhodrift sweep grid.toml -o results.json");
  verb->callback([options] { sweep_config(*options); });
}

}  // namespace rhodrift::cli
