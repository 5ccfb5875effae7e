#include <cmath>
#include <filesystem>
#include <numbers>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/compile/path_layout.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/sim/density_matrix_executor.hpp>
#include <rhodrift/train/ansatz.hpp>
#include <rhodrift/train/kernel_mitigation.hpp>
#include <rhodrift/train/quantum_kernel.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"
#include "support/thread_count.hpp"

using namespace rhodrift;

namespace {

bool near(const arma::mat& a, const arma::mat& b, double tolerance = 1e-12) {
  return arma::approx_equal(a, b, "absdiff", tolerance);
}

arma::mat random_samples(int n_features, arma::uword n, std::uint64_t seed) {
  RandomStream random(seed);
  arma::mat samples(static_cast<arma::uword>(n_features), n);
  for (double& x : samples) x = random.normal();
  return samples;
}

/// |φ(x)> of every sample, by the dense oracle.
arma::cx_mat states_of(const FeatureMap& map, const arma::mat& samples) {
  const arma::mat inputs = map.circuit_features(samples);
  arma::cx_mat states(std::size_t{1} << map.circuit().n_qubits(), samples.n_cols);
  for (arma::uword s = 0; s < samples.n_cols; ++s)
    states.col(s) =
        oracle::unitary_of(map.circuit(),
                           {map.weights(), arma::conv_to<std::vector<double>>::from(inputs.col(s))})
            .col(0);
  return states;
}

arma::mat fidelities(const arma::cx_mat& a, const arma::cx_mat& b) {
  return arma::square(arma::abs(a.t() * b));
}

/// What is left of all noise after a circuit: the state with probability λ, else 2^-n 1.
PrepareCircuit depolarizing(double lambda) {
  return [lambda](const Circuit& circuit, double) {
    Circuit noisy = circuit;
    std::vector<int> all;
    for (int q = 0; q < circuit.n_qubits(); ++q) all.push_back(q);
    arma::mat ptm =
        lambda * arma::eye(arma::uword{1} << 2 * all.size(), arma::uword{1} << 2 * all.size());
    ptm(0, 0) = 1;
    noisy.append_channel("depolarizing", all, ptm);
    return noisy;
  };
}

/// 0…0 of bits whose readout errors are known, by the inverse of each one's matrix.
OutcomeReader inverting(std::vector<arma::mat> confusion) {
  for (arma::mat& matrix : confusion) matrix = arma::inv(matrix);
  return [inverse = std::move(confusion)](const Outcomes& outcomes) {
    double p = 0;
    for (std::size_t r = 0; r < outcomes.size(); ++r) {
      double weight = outcomes.frequency[r];
      for (std::size_t i = 0; i < inverse.size(); ++i)
        weight *= inverse[i](0, bit_of(outcomes.outcome(r), static_cast<int>(i)));
      p += weight;
    }
    return OutcomeReading{arma::vec{p}, arma::zeros(1)};
  };
}

FeatureMap feature_map(const char* encoding, int n_qubits, int n_features) {
  return FeatureMap(Encoder(parse_encoding(encoding), n_qubits, n_features));
}

}  // namespace

TEST_CASE("the fidelity kernel is the squared overlap of the samples' states") {
  for (const char* encoding :
       {"angle:ry,rz", "dense", "amplitude", "iqp", "zz:1", "angle:rx:uploads=2"}) {
    INFO(encoding);
    const FeatureMap map = feature_map(encoding, 3, 3);
    const FidelityKernel kernel(map);
    CHECK(kernel.circuit().n_features() == 2 * map.circuit().n_features());
    DensityMatrixExecutor executor(1);
    const arma::mat samples = random_samples(3, 7, 71), fresh = random_samples(3, 4, 72);
    const arma::cx_mat states = states_of(map, samples);
    const arma::mat expected = fidelities(states, states);

    const EstimatedMatrix defined = kernel.matrix(executor, samples, 0, KernelDiagonal::one);
    CHECK(near(defined.values, expected));
    CHECK(defined.values.is_symmetric());
    CHECK(near(defined.values.diag(), arma::ones(7), 0));
    CHECK(near(defined.std_error, arma::zeros(7, 7), 0));
    CHECK(defined.circuits == 21);
    CHECK(defined.shots == 0);
    CHECK(arma::eig_sym(defined.values).min() > -1e-12);

    const EstimatedMatrix measured = kernel.matrix(executor, samples, 0, KernelDiagonal::measured);
    CHECK(near(measured.values, expected));
    CHECK(measured.circuits == 28);
    const EstimatedMatrix diagonal = kernel.diagonal(executor, samples, 0);
    CHECK(near(diagonal.values, arma::ones(7, 1)));
    CHECK(diagonal.circuits == 7);

    const EstimatedMatrix between = kernel.between(executor, samples, fresh, 0);
    CHECK(near(between.values, fidelities(states, states_of(map, fresh))));
    CHECK(between.circuits == 28);
  }
}

TEST_CASE("the kernel of rotations is a product of cosines, also in matrices of many circuits") {
  const FidelityKernel kernel(feature_map("angle:ry", 2, 2));
  DensityMatrixExecutor executor(1);
  const arma::mat samples = random_samples(2, 100, 73);
  arma::mat expected(100, 100);
  for (arma::uword i = 0; i < 100; ++i)
    for (arma::uword j = 0; j < 100; ++j)
      expected(i, j) =
          arma::prod(arma::square(arma::cos(arma::vec(samples.col(i) - samples.col(j)) / 2)));
  const EstimatedMatrix matrix = kernel.matrix(executor, samples, 0, KernelDiagonal::measured);
  CHECK(matrix.circuits == 5050);
  CHECK(near(matrix.values, expected));
}

TEST_CASE("an ansatz changes the kernel between uploads, and not after the last one") {
  const Circuit ansatz = ansatz_circuit(parse_ansatz("efficient-su2:1"), 2);
  RandomStream random(74);
  const auto n = static_cast<std::size_t>(ansatz.n_weights());
  const std::vector<double> weights = oracle::random_angles(2 * ansatz.n_weights(), random);
  const std::vector<double> once(weights.begin(), weights.begin() + static_cast<std::ptrdiff_t>(n));
  const arma::mat samples = random_samples(2, 5, 75);
  DensityMatrixExecutor executor(1);
  const auto matrix = [&](const FeatureMap& map) {
    return FidelityKernel(map).matrix(executor, samples, 0, KernelDiagonal::measured).values;
  };
  const Encoder single(parse_encoding("dense"), 2, 2);
  CHECK(near(matrix(FeatureMap(single, ansatz, once)), matrix(FeatureMap(single))));
  const Encoder twice(parse_encoding("dense:uploads=2"), 2, 2);
  const FeatureMap trained(twice, ansatz, weights);
  CHECK(
      near(matrix(trained), fidelities(states_of(trained, samples), states_of(trained, samples))));
  CHECK_FALSE(near(matrix(trained), matrix(FeatureMap(twice)), 0.01));
}

TEST_CASE("shots leave the error that is stated, and are counted") {
  // Interval coverage over 4950 entries at 400 shots, for probabilities that are not extreme.
  const FeatureMap map = feature_map("angle:ry", 2, 2);
  const FidelityKernel kernel(map);
  const arma::mat samples = random_samples(2, 100, 76);
  const arma::mat exact = fidelities(states_of(map, samples), states_of(map, samples));
  DensityMatrixExecutor executor(77);
  const EstimatedMatrix sampled = kernel.matrix(executor, samples, 400, KernelDiagonal::one);
  CHECK(sampled.circuits == 4950);
  CHECK(sampled.shots == 4950 * 400);
  CHECK(sampled.values.is_symmetric());
  const arma::mat z = (sampled.values - exact) / sampled.std_error;
  const arma::uvec counted =
      arma::find(arma::trimatu(exact, 1) > 0.1 && arma::trimatu(exact, 1) < 0.9);
  REQUIRE(counted.n_elem > 2000);
  const double covered = arma::mean(arma::conv_to<arma::vec>::from(arma::abs(z(counted)) < 1.96));
  CHECK(covered == Approx(0.95).margin(0.015));
  CHECK(arma::mean(z(counted)) == Approx(0).margin(0.1));

  const EstimatedMatrix expectations = one_qubit_expectations(executor, map, samples, 400);
  DensityMatrixExecutor noiseless(1);
  const arma::mat truth = one_qubit_expectations(noiseless, map, samples, 0).values;
  CHECK(expectations.circuits == 300);
  CHECK(expectations.shots == 300 * 400);
  const arma::uvec open = arma::find(arma::abs(truth) < 0.9);
  const arma::vec scores = (expectations.values(open) - truth(open)) / expectations.std_error(open);
  CHECK(arma::mean(arma::square(scores)) == Approx(1).margin(0.15));
}

TEST_CASE("readings of outcomes have their known values") {
  const Outcomes outcomes = Outcomes::from_counts(2, {{0b00, 60}, {0b01, 30}, {0b11, 10}});
  const OutcomeReading zeros = zeros_frequency(outcomes);
  CHECK(zeros.values(0) == Approx(0.6));
  CHECK(zeros.std_error(0) == Approx(std::sqrt(0.24 / 99)));
  const OutcomeReading z = z_averages(outcomes);
  CHECK(near(z.values, arma::vec{0.2, 0.8}));
  CHECK(near(z.std_error, arma::vec{std::sqrt(4 * 0.24 / 99), std::sqrt(4 * 0.09 / 99)}));
  CHECK(zeros_frequency(Outcomes::from_counts(2, {{0b10, 5}})).values(0) == 0);
  CHECK(zeros_frequency(Outcomes::from_probabilities({0.25, 0.75})).values(0) == 0.25);
  CHECK(zeros_frequency(Outcomes::from_probabilities({0.25, 0.75})).std_error(0) == 0);
}

TEST_CASE("one-qubit expectations are those of the samples' states, qubit by qubit") {
  const Circuit ansatz = ansatz_circuit(parse_ansatz("strongly-entangling:1"), 3);
  RandomStream random(78);
  const Encoder encoder(parse_encoding("angle:ry,rx"), 3, 4);
  const FeatureMap map(encoder, ansatz, oracle::random_angles(ansatz.n_weights(), random));
  const arma::mat samples = random_samples(4, 5, 79);
  DensityMatrixExecutor executor(1);
  const EstimatedMatrix read = one_qubit_expectations(executor, map, samples, 0);
  CHECK(read.circuits == 15);
  REQUIRE(read.values.n_rows == 9);
  const arma::cx_mat states = states_of(map, samples);
  for (arma::uword s = 0; s < 5; ++s)
    for (int q = 0; q < 3; ++q)
      for (int axis = 0; axis < 3; ++axis) {
        const Observable pauli = Observable(PauliString({{q, static_cast<Pauli>(axis + 1)}}));
        CHECK(read.values(static_cast<arma::uword>(3 * q + axis), s) ==
              Approx(oracle::expectation(pauli, states.col(s) * states.col(s).t())).margin(1e-12));
      }
}

TEST_CASE("the projected kernel is a Gaussian of the distance of one-qubit states") {
  const FeatureMap map = feature_map("zz", 2, 2);
  const arma::mat samples = random_samples(2, 8, 80);
  DensityMatrixExecutor executor(1);
  const arma::mat read = one_qubit_expectations(executor, map, samples, 0).values;
  const arma::mat kernel = projected_kernel(read, read, 0.7);
  // ρ_q as matrices, traced out of the states.
  const arma::cx_mat states = states_of(map, samples);
  const auto one_qubit_state = [&](arma::uword sample, arma::uword qubit) {
    arma::cx_mat amplitudes = arma::reshape(states.col(sample), 2, 2);  // row: qubit 0
    if (qubit == 1) amplitudes = amplitudes.st();
    return arma::cx_mat(amplitudes * amplitudes.t());
  };
  for (arma::uword i = 0; i < 8; ++i)
    for (arma::uword j = 0; j < 8; ++j) {
      double squared = 0;
      for (const arma::uword q : {0u, 1u})
        squared += std::pow(arma::norm(one_qubit_state(i, q) - one_qubit_state(j, q), "fro"), 2);
      CHECK(kernel(i, j) == Approx(std::exp(-0.7 * squared)).epsilon(1e-12));
    }
  CHECK(kernel.is_symmetric());
  CHECK(near(kernel.diag(), arma::ones(8), 0));
  CHECK(arma::eig_sym(kernel).min() > 0);
  CHECK(near(projected_kernel(read.cols(2, 4), read, 0.7), kernel.rows(2, 4), 0));
  // Depolarized expectations are a smaller γ.
  CHECK(near(projected_kernel(0.8 * read, 0.8 * read, 0.7),
             projected_kernel(read, read, 0.64 * 0.7)));
}

TEST_CASE("the diagonal of a depolarized kernel gives back the kernel") {
  const FeatureMap map = feature_map("iqp", 3, 3);
  const FidelityKernel kernel(map);
  const arma::mat samples = random_samples(3, 8, 81), fresh = random_samples(3, 5, 82);
  const arma::cx_mat states = states_of(map, samples);
  const arma::mat ideal = fidelities(states, states);
  const arma::mat ideal_between = fidelities(states, states_of(map, fresh));
  DensityMatrixExecutor noisy(1, depolarizing(0.6));
  const arma::mat measured = kernel.matrix(noisy, samples, 0, KernelDiagonal::measured).values;
  CHECK(near(measured, 0.6 * ideal + 0.4 / 8));
  const arma::mat between = kernel.between(noisy, samples, fresh, 0).values;
  const arma::mat diagonal = kernel.diagonal(noisy, fresh, 0).values;
  for (const char* text : {"depolarizing", "depolarizing:mean", "depolarizing+clip"}) {
    const MitigatedKernel mitigated = mitigate(measured, 3, parse_kernel_mitigation(text));
    CHECK(near(mitigated.kernel, ideal));
    CHECK(near(mitigated.correction.survival, std::sqrt(0.6) * arma::ones(8)));
    if (std::string(text) != "depolarizing+clip")
      CHECK(near(mitigated.correction.apply(between, diagonal), ideal_between));
  }
}

TEST_CASE("readout error is the reader's to undo") {
  const FeatureMap map = feature_map("dense", 2, 4);
  const arma::mat samples = random_samples(4, 6, 83);
  const std::vector<std::pair<double, double>> errors{{0.02, 0.06}, {0.05, 0.1}};
  ReadoutError readout;
  std::vector<arma::mat> confusion;
  for (const auto& [p10, p01] : errors) {
    readout.push_back(ConfusionMatrix::single(static_cast<int>(confusion.size()), p10, p01));
    confusion.push_back(readout.back().matrix);
  }
  DensityMatrixExecutor executor(1, [&](const Circuit& circuit, double) {
    Circuit misread = circuit;
    misread.set_readout_error(readout);
    return misread;
  });
  const arma::mat ideal = fidelities(states_of(map, samples), states_of(map, samples));
  const auto matrix = [&](const FidelityKernel& kernel) {
    return kernel.matrix(executor, samples, 0, KernelDiagonal::measured).values;
  };
  CHECK(near(matrix(FidelityKernel(map, inverting(confusion))), ideal));
  CHECK(near(matrix(FidelityKernel(map)).diag(), arma::vec(6, arma::fill::value(0.98 * 0.95))));
}

TEST_CASE("on a recorded device mitigation brings the kernel nearer to the noise-free one") {
  const Calibration belem =
      read_calibration(std::filesystem::path(RHODRIFT_SOURCE_DIR) / "data/calibrations/belem.json");
  const Device device(belem, best_path(belem, 3));
  const FeatureMap map = feature_map("iqp:entanglement=linear", 3, 3);
  const arma::mat samples = random_samples(3, 20, 84);
  const arma::mat ideal = fidelities(states_of(map, samples), states_of(map, samples));
  const auto error_with = [&](const char* mitigation, std::uint64_t shots) {
    DensityMatrixExecutor executor(85, [&](const Circuit& circuit, double scale) {
      return on_device(circuit, device, scale);
    });
    const arma::mat measured =
        FidelityKernel(map).matrix(executor, samples, shots, KernelDiagonal::measured).values;
    const MitigatedKernel mitigated = mitigate(measured, 3, parse_kernel_mitigation(mitigation));
    return arma::norm(mitigated.kernel - ideal, "fro") / arma::norm(ideal, "fro");
  };
  for (const std::uint64_t shots : {std::uint64_t{0}, std::uint64_t{1024}}) {
    const double raw = error_with("none", shots);
    CHECK(raw > 0.1);
    for (const char* mitigation : {"depolarizing", "depolarizing:mean", "depolarizing+clip"})
      CHECK(error_with(mitigation, shots) < 0.75 * raw);
    CHECK(error_with("depolarizing+clip", shots) <= error_with("depolarizing", shots));
  }
}

TEST_CASE("a kernel is a function of the executor's seed, whatever the number of threads") {
  const FidelityKernel kernel(feature_map("zz", 2, 2));
  const arma::mat samples = random_samples(2, 95, 86);
  const auto matrix = [&](int n_threads, std::uint64_t seed) {
    const ThreadCount threads(n_threads);
    DensityMatrixExecutor executor(seed);
    return kernel.matrix(executor, samples, 50, KernelDiagonal::measured).values;
  };
  const arma::mat once = matrix(1, 87);
  CHECK(near(matrix(2, 87), once, 0));
  CHECK_FALSE(near(matrix(1, 88), once, 0));
}

TEST_CASE("quantum kernels refuse samples and readers that do not fit") {
  const FeatureMap map = feature_map("dense", 2, 3);
  const FidelityKernel kernel(map);
  DensityMatrixExecutor executor(1);
  CHECK_THROWS_WITH(kernel.matrix(executor, arma::mat(3, 0), 0, KernelDiagonal::one),
                    "kernel: there are no samples");
  CHECK_THROWS_WITH(kernel.between(executor, arma::mat(3, 1), arma::mat(2, 1), 0),
                    "encoding: \"dense\": made for 3 features, given 2");
  CHECK_THROWS_AS(kernel.diagonal(executor, arma::vec{0, 1, arma::datum::nan}, 0), InputError);
  CHECK_THROWS_WITH(FidelityKernel(map, z_averages).diagonal(executor, arma::mat(3, 1), 0),
                    "outcome reader: gives 2 values and 2 errors, 1 are needed");
  const Encoder encoder(parse_encoding("dense"), 2, 3);
  const Circuit ansatz = ansatz_circuit(parse_ansatz("real-amplitudes:1"), 2);
  CHECK_THROWS_WITH(FeatureMap(encoder, ansatz, {0.1}),
                    "feature map: weights: 1 given, the circuit has 4");
  CHECK_THROWS_AS(FeatureMap(encoder, Circuit(3), {}), InputError);
  Circuit reset(2);
  reset.append(Op::reset, {0});
  CHECK_THROWS_AS(FidelityKernel(FeatureMap(encoder, reset, {})), InputError);
  CHECK_THROWS_WITH(projected_kernel(arma::mat(6, 2), arma::mat(3, 2), 1),
                    "projected kernel: 6 expectations of the rows, 3 of the columns");
  CHECK_THROWS_WITH(projected_kernel(arma::mat(6, 2), arma::mat(6, 2), 0),
                    "projected kernel: gamma: 0 is not > 0");
}
