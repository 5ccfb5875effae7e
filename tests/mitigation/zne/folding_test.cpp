#include <algorithm>
#include <map>
#include <numeric>

#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/random.hpp>
#include <rhodrift/mitigation/zne/device_weights.hpp>
#include <rhodrift/mitigation/zne/folding.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

bool is_gate(const Instruction& instruction) {
  return info(instruction.op).unitary != nullptr;
}

std::size_t count(const Circuit& circuit, Op op) {
  return static_cast<std::size_t>(std::ranges::count(circuit.instructions(), op, &Instruction::op));
}

std::size_t count_gates(const Circuit& circuit) {
  return static_cast<std::size_t>(std::ranges::count_if(circuit.instructions(), is_gate));
}

/// 10 gates on 3 qubits with parameters, a barrier within, and measurements in another order.
Circuit example() {
  Circuit circuit(3);
  circuit.append(Op::rx, {0}, {Angle::feature(0)})
      .append(Op::ry, {1}, {Angle::weight(0) + 0.25})
      .append(Op::sx, {2})
      .append(Op::ecr, {0, 1})
      .append(Op::barrier, {0, 1, 2})
      .append(Op::t, {0})
      .append(Op::u3, {1}, {0.3, Angle::weight(1), -0.7})
      .append(Op::iswap, {1, 2})
      .append(Op::crz, {2, 0}, {0.9})
      .append(Op::s, {2})
      .append(Op::cx, {0, 2});
  circuit.measure(2, 0).measure(0, 1);
  circuit.set_readout_error({ConfusionMatrix::single(1, 0.02, 0.05)});
  return circuit;
}

constexpr std::size_t example_gates = 10;

/// "h 0 | cx 0 1 | …"
std::string text_of(const Circuit& circuit) {
  std::string text;
  for (const Instruction& i : circuit.instructions()) {
    if (!text.empty()) text += " | ";
    text += info(i.op).name;
    for (const int q : i.qubits) text += ' ' + std::to_string(q);
  }
  return text;
}

/// h and s are a layer, cx and sx one each.
Circuit three_layers() {
  Circuit circuit(2);
  circuit.append(Op::h, {0}).append(Op::s, {1}).append(Op::cx, {0, 1}).append(Op::sx, {0});
  return circuit;
}

/// Three qubits of ibmq_belem, a native circuit on them, and the noise of its gates alone.
Device belem() {
  return {read_calibration(RHODRIFT_SOURCE_DIR "/data/calibrations/belem.json"),
          {0, 1, 3},
          NoisePolicy::aer};
}
Circuit belem_circuit() {
  Circuit circuit(3);
  for (int layer = 0; layer < 4; ++layer) {
    for (int q = 0; q < 3; ++q)
      circuit.append(Op::sx, {q}).append(Op::rz, {q}, {Angle::weight(3 * layer + q)});
    circuit.append(Op::cx, {0, 1}).append(Op::cx, {1, 2}).append(Op::x, {1});
  }
  return circuit;
}
double summed_infidelity(const Circuit& noisy) {
  double sum = 0.0;
  for (const Instruction& i : noisy.instructions())
    if (i.channel)
      sum += 1.0 - arma::trace(i.channel->ptm) / static_cast<double>(i.channel->ptm.n_rows);
  return sum;
}

}  // namespace

TEST_CASE("Folded circuits do what the original does and have the gates they claim") {
  const Circuit circuit = example();
  const std::vector<double> weights{0.4, -1.1}, features{0.8};
  const Binding binding{weights, features};
  const arma::cx_mat original = oracle::unitary_of(circuit, binding);
  REQUIRE(count_gates(circuit) == example_gates);
  for (const double factor : {1.0, 1.2, 1.5, 2.0, 2.95, 3.0, 3.7, 5.0, 7.4}) {
    const zne::FoldedCircuit folded = zne::fold(circuit, factor);
    CHECK(arma::abs(oracle::unitary_of(folded.circuit, binding) - original).max() < 1e-13);
    CHECK(static_cast<double>(count_gates(folded.circuit)) ==
          Approx(folded.scale_factor * example_gates).epsilon(1e-15));
    // Gates come in pairs, so the count is within one gate of what was asked for.
    CHECK(std::abs(folded.scale_factor - factor) * example_gates <= 1.0 + 1e-12);
    CHECK(folded.circuit.n_weights() == circuit.n_weights());
    CHECK(folded.circuit.n_features() == circuit.n_features());
  }
}

TEST_CASE("Folding reaches the closest factor it can") {
  const Circuit circuit = example();
  CHECK(zne::fold(circuit, 1.0).scale_factor == 1.0);
  CHECK(zne::fold(circuit, 1.09).scale_factor == 1.0);
  CHECK(zne::fold(circuit, 1.11).scale_factor == Approx(1.2).epsilon(1e-15));
  CHECK(zne::fold(circuit, 3.0).scale_factor == 3.0);
  CHECK(zne::fold(circuit, 4.85).scale_factor == Approx(4.8).epsilon(1e-15));
}

TEST_CASE("Measurements stay last and the readout error stays") {
  const zne::FoldedCircuit folded = zne::fold(example(), 3.4);
  const auto& instructions = folded.circuit.instructions();
  REQUIRE(instructions.size() > 2);
  CHECK(instructions[instructions.size() - 2].op == Op::measure);
  CHECK(instructions[instructions.size() - 1].op == Op::measure);
  CHECK(count(folded.circuit, Op::measure) == 2);
  CHECK(folded.circuit.qubit_of_bit() == std::vector<int>{2, 0});
  REQUIRE(folded.circuit.readout_error().size() == 1);
  CHECK(folded.circuit.readout_error()[0].matrix(1, 0) == 0.02);
}

TEST_CASE("A barrier over all qubits stands between folds") {
  Circuit circuit(2);
  circuit.append(Op::h, {0}).append(Op::s, {1}).append(Op::cx, {0, 1});
  const auto names = [](const Circuit& c) {
    std::string text;
    for (const Instruction& i : c.instructions()) {
      if (!text.empty()) text += ' ';
      text += info(i.op).name;
      if (i.op == Op::barrier) CHECK(i.qubits == std::vector<int>{0, 1});
    }
    return text;
  };
  CHECK(names(zne::fold(circuit, 1.0).circuit) == "h s cx");
  CHECK(names(zne::fold(circuit, 3.0).circuit) == "h s cx barrier cx sdg h barrier h s cx");
  // One gate pair more: the last gate alone is folded.
  CHECK(names(zne::fold(circuit, 3.0 + 2.0 / 3.0).circuit) ==
        "h s cx barrier cx sdg h barrier h s cx barrier cx barrier cx");
  CHECK(names(zne::fold(circuit, 1.0 + 4.0 / 3.0).circuit) == "h s cx barrier cx sdg barrier s cx");
}

TEST_CASE("However a circuit is folded, it does what it did and has the gates it claims") {
  const Circuit circuit = example();
  const std::vector<double> weights{0.4, -1.1}, features{0.8};
  const Binding binding{weights, features};
  const arma::cx_mat original = oracle::unitary_of(circuit, binding);
  for (const auto folding : {zne::Folding::gates_left, zne::Folding::gates_right,
                             zne::Folding::gates_random, zne::Folding::layers})
    for (const double factor : {1.0, 1.3, 2.0, 3.0, 4.4, 7.0}) {
      const zne::FoldedCircuit folded = zne::fold(circuit, factor, {.folding = folding, .seed = 4});
      CHECK(arma::abs(oracle::unitary_of(folded.circuit, binding) - original).max() < 1e-13);
      CHECK(static_cast<double>(count_gates(folded.circuit)) ==
            Approx(folded.scale_factor * example_gates).epsilon(1e-15));
      // To within half a fold of the smallest part that can be folded: a gate, here also a layer.
      CHECK(std::abs(folded.scale_factor - factor) * example_gates <= 1.0 + 1e-12);
      CHECK(folded.circuit.qubit_of_bit() == circuit.qubit_of_bit());
      CHECK(folded.circuit.readout_error().size() == 1);
    }
}

TEST_CASE("Gates and layers are folded between barriers, in the order that is named") {
  const auto folded = [&](zne::Folding folding, double factor) {
    return text_of(zne::fold(three_layers(), factor, {.folding = folding}).circuit);
  };
  CHECK(folded(zne::Folding::gates_left, 2.0) ==
        "h 0 | barrier 0 | h 0 | barrier 0 | h 0 | s 1 | barrier 1 | sdg 1 | barrier 1 | s 1 | "
        "cx 0 1 | sx 0");
  CHECK(folded(zne::Folding::gates_right, 2.0) ==
        "h 0 | s 1 | cx 0 1 | barrier 0 1 | cx 0 1 | barrier 0 1 | cx 0 1 | sx 0 | barrier 0 | "
        "sxdg 0 | barrier 0 | sx 0");
  CHECK(folded(zne::Folding::layers, 3.0) ==
        "h 0 | s 1 | barrier 0 1 | sdg 1 | h 0 | barrier 0 1 | h 0 | s 1 | cx 0 1 | barrier 0 1 | "
        "cx 0 1 | barrier 0 1 | cx 0 1 | sx 0 | barrier 0 | sxdg 0 | barrier 0 | sx 0");
  // Layers are found behind barriers and in whatever order gates stand.
  Circuit circuit(3);
  circuit.append(Op::x, {0}).append(Op::y, {0}).append(Op::barrier, {0, 1});
  circuit.append(Op::h, {1}).append(Op::z, {2}).measure(2, 0).measure(1, 1);
  CHECK(text_of(zne::fold(circuit, 1.0, {.folding = zne::Folding::layers}).circuit) ==
        "x 0 | z 2 | y 0 | measure 2 | barrier 0 1 | h 1 | measure 1");
}

TEST_CASE("Random folding folds every gate as often, and depends on the seed alone") {
  Circuit circuit(1);
  for (int i = 0; i < 8; ++i) circuit.append(Op::t, {0});
  const auto folded = [&](std::uint64_t seed) {
    return text_of(
        zne::fold(circuit, 1.25, {.folding = zne::Folding::gates_random, .seed = seed}).circuit);
  };
  CHECK(folded(3) == folded(3));
  std::map<std::size_t, int> first_fold;
  constexpr int repetitions = 800;
  for (std::uint64_t seed = 0; seed < repetitions; ++seed) ++first_fold[folded(seed).find("tdg")];
  REQUIRE(first_fold.size() == 8);
  for (const auto& [place, times] : first_fold)  // binomial: 100 ± 9.4
    CHECK(std::abs(times - repetitions / 8) < 4 * 9.4);
}

TEST_CASE("Folding by weight: virtual gates stay, the factor is the weights'") {
  Circuit circuit(2);
  circuit.append(Op::rz, {0}, {0.3}).append(Op::sx, {0}).append(Op::cx, {0, 1}).append(Op::sx, {1});
  const auto folded = [&](zne::Folding folding, double factor) {
    return zne::fold(circuit, factor, {.folding = folding, .weights = {0, 1, 10, 1}});
  };
  for (const auto folding :
       {zne::Folding::gates_left, zne::Folding::gates_random, zne::Folding::layers})
    for (const double factor : {1.5, 3.0, 5.0})
      CHECK(count(folded(folding, factor).circuit, Op::rz) == 1);
  // 0.9 of the weight is missing: cx, then the one sx that comes nearest.
  const auto most = folded(zne::Folding::gates_left, 2.8);
  CHECK(most.scale_factor == Approx(1.0 + 2.0 * 11.0 / 12.0).epsilon(1e-15));
  CHECK(count(most.circuit, Op::cx) == 3);
  CHECK(count(most.circuit, Op::sxdg) == 1);
  // 2 of 12: both sx, past the cx between them.
  CHECK(text_of(folded(zne::Folding::gates_left, 1.0 + 4.0 / 12).circuit) ==
        "rz 0 | sx 0 | barrier 0 | sxdg 0 | barrier 0 | sx 0 | cx 0 1 | sx 1 | barrier 1 | sxdg 1 "
        "| barrier 1 | sx 1");
  // The end of the circuit begins at a gate that has weight.
  CHECK(folded(zne::Folding::global, 2.9).scale_factor == Approx(1.0 + 22.0 / 12).epsilon(1e-15));
  const auto whole = folded(zne::Folding::global, 2.95);
  CHECK(whole.scale_factor == Approx(3.0).epsilon(1e-15));
  CHECK(count(whole.circuit, Op::rz) == 1);
}

TEST_CASE("Chunks of layers are folded to factors of their own") {
  const Circuit circuit = example();
  const std::vector<double> weights{0.4, -1.1}, features{0.8};
  const Binding binding{weights, features};
  const zne::FoldedChunks folded = zne::fold_layers(circuit, std::vector{1.0, 3.0, 5.0});
  CHECK(folded.scale_factors == std::vector{1.0, 3.0, 5.0});
  CHECK(
      arma::abs(oracle::unitary_of(folded.circuit, binding) - oracle::unitary_of(circuit, binding))
          .max() < 1e-13);
  CHECK(text_of(zne::fold_layers(three_layers(), std::vector{1.0, 1.0, 3.0}).circuit) ==
        "h 0 | s 1 | cx 0 1 | sx 0 | barrier 0 | sxdg 0 | barrier 0 | sx 0");
  // Four layers of one gate each in two chunks; half of the second is folded once.
  Circuit chain(1);
  for (int i = 0; i < 4; ++i) chain.append(Op::x, {0});
  const zne::FoldedChunks half = zne::fold_layers(chain, std::vector{3.0, 2.0});
  CHECK(half.scale_factors == std::vector{3.0, 2.0});
  CHECK(count(half.circuit, Op::x) == 6 + 2 + 2);
  // Of layers without weight there are none to share out.
  const zne::FoldedChunks weighted =
      zne::fold_layers(three_layers(), std::vector{1.0, 3.0}, {0, 0, 1, 1});
  CHECK(text_of(weighted.circuit) ==
        "h 0 | s 1 | cx 0 1 | sx 0 | barrier 0 | sxdg 0 | barrier 0 | sx 0");
  CHECK_THROWS_WITH(zne::fold_layers(three_layers(), std::vector{1.0, 1.0, 1.0}, {0, 0, 1, 1}),
                    ContainsSubstring("3 asked for, the circuit has 2 layers"));
  CHECK_THROWS_WITH(zne::fold_layers(chain, std::vector<double>{}), ContainsSubstring("0 asked"));
  CHECK_THROWS_WITH(zne::fold_layers(chain, std::vector{0.5}), ContainsSubstring("0.5 is outside"));
}

TEST_CASE("Noise on a recorded device scales by the factor that folding reports") {
  const Circuit circuit = belem_circuit();
  const Device device = belem();
  const std::vector<double> weights = zne::device_error_weights(circuit, device);
  const double once = summed_infidelity(on_device(circuit, device));
  REQUIRE(weights.size() == circuit.instructions().size());
  CHECK(std::accumulate(weights.begin(), weights.end(), 0.0) == Approx(once).epsilon(1e-12));
  CHECK(once > 0.05);
  for (const auto folding :
       {zne::Folding::global, zne::Folding::gates_left, zne::Folding::gates_right,
        zne::Folding::gates_random, zne::Folding::layers})
    for (const double factor : {1.0, 1.4, 2.0, 3.0, 4.6}) {
      const zne::FoldedCircuit folded =
          zne::fold(circuit, factor, {.folding = folding, .weights = weights, .seed = 7});
      CHECK(summed_infidelity(on_device(folded.circuit, device)) ==
            Approx(folded.scale_factor * once).epsilon(1e-12));
      // No farther off than half a fold of the costliest gate; layers have up to two of those.
      const double costliest = *std::ranges::max_element(weights) / once;
      const double parts = folding == zne::Folding::layers ? 2.0 : 1.0;
      CHECK(std::abs(folded.scale_factor - factor) <= parts * costliest);
    }
  const zne::FoldedChunks chunks = zne::fold_layers(circuit, std::vector{1.0, 3.0}, weights);
  CHECK(chunks.scale_factors == std::vector{1.0, 3.0});
  CHECK(summed_infidelity(on_device(chunks.circuit, device)) < 3.0 * once);
}

TEST_CASE("Weights of gates that are translated are those of what they become") {
  Circuit circuit(3);
  circuit.append(Op::h, {0}).append(Op::barrier, {0, 1}).append(Op::cz, {0, 1});
  circuit.append(Op::s, {1}).append(Op::swap, {1, 2}).measure(0, 0);
  const Device device = belem();
  const std::vector<double> weights = zne::device_error_weights(circuit, device);
  REQUIRE(weights.size() == 6);
  CHECK(std::accumulate(weights.begin(), weights.end(), 0.0) ==
        Approx(summed_infidelity(on_device(circuit, device))).epsilon(1e-12));
  CHECK(weights[1] == 0.0);
  CHECK(weights[3] == 0.0);
  CHECK(weights[4] > weights[2]);
  CHECK(weights[2] > weights[0]);
  CHECK(weights[5] == 0.0);
  const std::vector<double> durations_s = zne::device_durations_s(circuit, device);
  REQUIRE(durations_s.size() == 6);
  const auto& cx = *device.calibration().find_gate("cx", {1, 3});
  CHECK(durations_s[4] > 2.5 * *cx.duration_s);
  CHECK(durations_s[1] == 0.0);
  CHECK(durations_s[3] == 0.0);
  CHECK(durations_s[5] == 0.0);
}

TEST_CASE("Identities stretch the schedule: relaxation is scaled exactly") {
  Calibration calibration = belem().calibration();
  for (GateCalibration& gate : calibration.gates) gate.error.reset();
  NoisePolicy policy = NoisePolicy::device;
  policy.coherent = false;  // ZZ couplings act where two qubits wait, gates have none
  const Device device(calibration, belem().layout, policy);
  const Circuit circuit = belem_circuit().bound({std::vector<double>(12, 0.4), {}});
  const std::vector<double> durations_s = zne::device_durations_s(circuit, device);
  Circuit measured = circuit;
  for (int q = 0; q < 3; ++q) measured.measure(q, q);
  for (const double factor : {1.0, 1.7, 3.0}) {
    const zne::FoldedCircuit stretched = zne::fold(
        circuit, factor, {.folding = zne::Folding::identities, .durations_s = durations_s});
    CHECK(stretched.scale_factor == factor);
    const arma::cx_mat slow = oracle::evolve(on_device(stretched.circuit, device));
    const arma::cx_mat strong = oracle::evolve(on_device(measured, device, factor));
    CHECK(arma::abs(slow - strong).max() < 1e-12);
  }
  CHECK_THROWS_WITH(zne::fold(circuit, 3.0, {.folding = zne::Folding::identities}),
                    ContainsSubstring("durations: 0 given for"));
}

TEST_CASE("Foldings have names") {
  for (const auto folding :
       {zne::Folding::global, zne::Folding::gates_left, zne::Folding::gates_right,
        zne::Folding::gates_random, zne::Folding::layers, zne::Folding::identities})
    CHECK(zne::parse_folding(zne::to_string(folding)) == folding);
  CHECK(zne::to_string(zne::Folding::gates_random) == "gates-random");
  CHECK_THROWS_WITH(zne::parse_folding("fold"),
                    ContainsSubstring("'fold' is unknown; known are global, gates-left"));
}

TEST_CASE("Weights that make no sense are refused") {
  const Circuit circuit = three_layers();
  const auto fold = [&](const std::vector<double>& weights) {
    return zne::fold(circuit, 3.0, {.folding = zne::Folding::gates_left, .weights = weights});
  };
  CHECK_THROWS_WITH(fold({1, 1}), ContainsSubstring("weights: 2 given for 4 instructions"));
  CHECK_THROWS_WITH(fold({1, 1, -1, 1}),
                    ContainsSubstring("-1 of instruction 2 (cx 0,1) is not a finite number >= 0"));
  CHECK_THROWS_WITH(fold({0, 0, 0, 0}), ContainsSubstring("holds no gate to fold"));
}

TEST_CASE("What has no inverse stays where it is when gates are folded one by one") {
  Circuit circuit(1);
  circuit.append(Op::x, {0}).append(Op::reset, {0}).append(Op::h, {0}).measure(0, 0);
  CHECK(text_of(zne::fold(circuit, 3.0, {.folding = zne::Folding::gates_left}).circuit) ==
        "x 0 | barrier 0 | x 0 | barrier 0 | x 0 | reset 0 | h 0 | barrier 0 | h 0 | barrier 0 | "
        "h 0 | measure 0");
}

TEST_CASE("Circuits that cannot be folded are refused") {
  const Circuit circuit = example();
  CHECK_THROWS_AS(zne::fold(circuit, 0.5), InputError);
  CHECK_THROWS_WITH(zne::fold(circuit, 0.5), ContainsSubstring("0.5 is outside 1..1000"));
  CHECK_THROWS_WITH(zne::fold(circuit, 1e9), ContainsSubstring("outside 1..1000"));
  CHECK_THROWS_WITH(zne::fold(circuit, std::nan("")), ContainsSubstring("outside 1..1000"));
  Circuit with_reset(1);
  with_reset.append(Op::x, {0}).append(Op::reset, {0});
  CHECK_THROWS_WITH(zne::fold(with_reset, 3.0),
                    ContainsSubstring("instruction 1 (reset 0): has no inverse"));
  Circuit read_twice(1);
  read_twice.append(Op::x, {0}).measure(0, 0).append(Op::x, {0}).measure(0, 1);
  CHECK_THROWS_WITH(zne::fold(read_twice, 3.0),
                    ContainsSubstring("instruction 1 (measure 0): has no inverse"));
  CHECK_THROWS_WITH(zne::fold(Circuit(1), 3.0), ContainsSubstring("holds no gate to fold"));
}
