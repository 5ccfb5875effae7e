#include "store/example_run.hpp"

#include <bit>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/circuit/circuit_json.hpp>
#include <rhodrift/core/random.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

constexpr std::uint64_t seed = 20240117;

StoredCircuit example_circuit() {
  Circuit circuit(2);
  circuit.append(Op::ry, {0}, {Angle::weight(0) + Angle::feature(1, 0.25)})
      .append(Op::cx, {0, 1})
      .append_channel("cx 0,1", {0}, arma::diagmat(arma::vec{1.0, 0.9, 0.9, 0.81}))
      .measure(0, 1)
      .measure(1, 0);
  return {circuit, "OPENQASM 2.0;\ninclude \"qelib1.inc\";\n// θ\nqreg q[2];\n"};
}

Calibration example_calibration(std::int64_t unix_s, double t1_s) {
  Calibration calibration;
  calibration.device = "exemplar";
  calibration.vendor = "nobody";
  calibration.timestamp = {unix_s};
  calibration.provenance = {"made up for a test", "CC0-1.0", "none"};
  calibration.native_gates = {"rz", "sx", "x", "cx"};
  calibration.coupling = {{0, 1}, {1, 0}};
  calibration.qubits.resize(2);
  calibration.qubits[0] = {t1_s, 1.2 * t1_s, 4.9e9, 0.02, 0.04, 7e-7};
  calibration.qubits[1] = {t1_s / 3, std::nullopt, 5.1e9, 0.01, 0.03, 7e-7};
  calibration.gates = {{"sx", {0}, 2.5e-4, 3.5e-8},
                       {"sx", {1}, 3.5e-4, 3.5e-8},
                       {"cx", {0, 1}, t1_s * 50, 3e-7},
                       {"cx", {1, 0}, t1_s * 50, 3.4e-7}};
  return calibration;
}

Estimate example_estimate(RandomStream& random, const std::string& method) {
  Estimate estimate;
  estimate.value = random.normal();
  estimate.std_error = random.uniform();
  estimate.ci = {estimate.value - 2 * estimate.std_error, estimate.value + 2 * estimate.std_error};
  estimate.level = 0.9;
  estimate.shots = random.below(1u << 20);
  estimate.circuits = random.below(100);
  estimate.method = method;
  if (method.starts_with("zne"))
    estimate.diagnostics = {{"chi2", random.uniform()}, {"coefficient[0]", random.normal()}};
  return estimate;
}

TrainingRecord example_training(RandomStream& random, int steps) {
  TrainingRecord training;
  training.parameters_by_step.set_size(5, static_cast<arma::uword>(steps + 1));
  training.parameters_by_step.for_each([&](double& value) { value = random.normal(); });
  training.n_weights = 3;
  for (int step = 0; step < steps; ++step)
    training.history.push_back({step / 2, random.uniform(), random.uniform()});
  return training;
}

DriftStudy example_study(RandomStream& random, const CalibrationSeries& series) {
  DriftStudy study{series.device, {}, {{"noise-aware/raw", "accuracy", {}}, {"zne", "bias", {}}}};
  for (const Calibration& state : series.states) {
    study.times.push_back(state.timestamp);
    for (DriftStudy::Track& track : study.tracks)
      track.values.push_back(example_estimate(random, track.name));
  }
  return study;
}

// --- Comparison ------------------------------------------------------------------------------

/// Doubles as their bits, so that NaN equals NaN and -0 does not equal 0.
std::vector<std::uint64_t> bits(std::initializer_list<double> values) {
  std::vector<std::uint64_t> result;
  for (const double value : values) result.push_back(std::bit_cast<std::uint64_t>(value));
  return result;
}

void require_equal(const Estimate& a, const Estimate& b) {
  REQUIRE(bits({a.value, a.std_error, a.ci.low, a.ci.high, a.level}) ==
          bits({b.value, b.std_error, b.ci.low, b.ci.high, b.level}));
  REQUIRE(a.shots == b.shots);
  REQUIRE(a.circuits == b.circuits);
  REQUIRE(a.method == b.method);
  REQUIRE(a.diagnostics == b.diagnostics);
}

void require_equal(const StoredCircuit& a, const StoredCircuit& b) {
  REQUIRE(to_json(a.circuit) == to_json(b.circuit));
  REQUIRE(a.qasm == b.qasm);
}

void require_equal(const TrainingRecord& a, const TrainingRecord& b) {
  REQUIRE(arma::size(a.parameters_by_step) == arma::size(b.parameters_by_step));
  REQUIRE(arma::all(arma::vectorise(a.parameters_by_step == b.parameters_by_step)));
  REQUIRE(a.n_weights == b.n_weights);
  REQUIRE(a.history.size() == b.history.size());
  for (std::size_t i = 0; i < a.history.size(); ++i) {
    REQUIRE(a.history[i].epoch == b.history[i].epoch);
    REQUIRE(bits({a.history[i].loss, a.history[i].gradient_norm}) ==
            bits({b.history[i].loss, b.history[i].gradient_norm}));
  }
}

void require_equal(const ShotTable& a, const ShotTable& b) {
  REQUIRE(a.n_bits() == b.n_bits());
  REQUIRE(a.packed() == b.packed());
}

void require_equal(const std::vector<NamedEstimate>& a, const std::vector<NamedEstimate>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    REQUIRE(a[i].name == b[i].name);
    require_equal(a[i].estimate, b[i].estimate);
  }
}

void require_equal(const DriftStudy& a, const DriftStudy& b) {
  REQUIRE(a.device == b.device);
  REQUIRE(a.times == b.times);
  REQUIRE(a.tracks.size() == b.tracks.size());
  for (std::size_t t = 0; t < a.tracks.size(); ++t) {
    REQUIRE(a.tracks[t].name == b.tracks[t].name);
    REQUIRE(a.tracks[t].quantity == b.tracks[t].quantity);
    REQUIRE(a.tracks[t].values.size() == b.tracks[t].values.size());
    for (std::size_t s = 0; s < a.tracks[t].values.size(); ++s)
      require_equal(a.tracks[t].values[s], b.tracks[t].values[s]);
  }
}

void require_equal(const std::string& a, const std::string& b) {
  REQUIRE(a == b);
}

template <class Value>
void require_equal(const std::map<std::string, Value>& a, const std::map<std::string, Value>& b) {
  REQUIRE(a.size() == b.size());
  for (auto left = a.begin(), right = b.begin(); left != a.end(); ++left, ++right) {
    REQUIRE(left->first == right->first);
    require_equal(left->second, right->second);
  }
}

}  // namespace

ShotTable random_shots(int n_bits, std::size_t n_shots) {
  RandomStream random(seed, 1);
  ShotTable shots(n_bits);
  for (std::size_t i = 0; i < n_shots; ++i)
    shots.append(n_bits == 64 ? random() : random.below(Bitstring{1} << n_bits));
  return shots;
}

RunContent example_run() {
  RandomStream random(seed);
  RunContent content;
  content.info = {{1700000000}, 0xffffffffffffffffULL, "rhodrift demo --note 'ψ ≠ 0'"};
  content.circuits.emplace("classifier", example_circuit());
  content.circuits.emplace("plain", StoredCircuit{Circuit(3), std::nullopt});
  content.calibration = example_calibration(1600000000, 1e-4);
  content.series.device = content.calibration.device;
  for (int day = 0; day < 3; ++day)
    content.series.states.push_back(
        example_calibration(1600000000 + 86400 * day, 1e-4 * (1 + 0.1 * day)));
  content.series.states[1].gates.pop_back();
  content.training.emplace("noise-aware", example_training(random, 4));
  content.training.emplace("noise-free", example_training(random, 6));
  content.shots.emplace("noise-aware/raw/0", random_shots(3, 50));
  content.shots.emplace("noise-aware/raw/1", random_shots(12, 50));
  content.shots.emplace("wide", random_shots(64, 20));
  content.estimates["mitigated"] = {{"Z0", example_estimate(random, "raw")},
                                    {"Z0 Z1", example_estimate(random, "zne/linear")}};
  content.drift_study = example_study(random, content.series);
  content.texts = {{"config.toml", "seed = 1\n"}, {"empty", ""}};
  return content;
}

void write_all(RunWriter& writer, const RunContent& content) {
  for (const auto& [name, stored] : content.circuits)
    writer.write_circuit(name, stored.circuit, stored.qasm);
  writer.write_calibration(content.calibration);
  writer.write_calibration_series(content.series);
  for (const auto& [model, training] : content.training) writer.write_training(model, training);
  for (const auto& [name, shots] : content.shots) writer.write_shots(name, shots);
  for (const auto& [table, rows] : content.estimates) writer.write_estimates(table, rows);
  writer.write_drift_study(content.drift_study);
  for (const auto& [name, text] : content.texts) writer.write_text(name, text);
}

void write_run(const std::filesystem::path& path, const RunContent& content) {
  RunWriter writer(path, content.info);
  write_all(writer, content);
  writer.commit();
}

RunContent read_run(const std::filesystem::path& path) {
  const RunReader reader(path);
  RunContent content;
  content.info = reader.info();
  for (const auto& name : reader.circuit_names())
    content.circuits.emplace(name, reader.circuit(name));
  content.calibration = reader.calibration();
  content.series = reader.calibration_series();
  for (const auto& model : reader.training_names())
    content.training.emplace(model, reader.training(model));
  for (const auto& name : reader.shot_names()) content.shots.emplace(name, reader.shots(name));
  for (const auto& table : reader.estimate_names())
    content.estimates.emplace(table, reader.estimates(table));
  content.drift_study = reader.drift_study();
  for (const auto& name : reader.text_names()) content.texts.emplace(name, reader.text(name));
  return content;
}

void require_equal(const RunContent& a, const RunContent& b) {
  REQUIRE(a.info.created == b.info.created);
  REQUIRE(a.info.seed == b.info.seed);
  REQUIRE(a.info.command_line == b.info.command_line);
  require_equal(a.circuits, b.circuits);
  REQUIRE(to_json(a.calibration) == to_json(b.calibration));
  REQUIRE(to_json(a.series) == to_json(b.series));
  require_equal(a.training, b.training);
  require_equal(a.shots, b.shots);
  require_equal(a.estimates, b.estimates);
  require_equal(a.drift_study, b.drift_study);
  require_equal(a.texts, b.texts);
}
