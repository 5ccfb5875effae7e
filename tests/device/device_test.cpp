#include <rhodrift/calibration/calibration_file.hpp>
#include <rhodrift/compile/translate.hpp>
#include <rhodrift/device/device.hpp>
#include <rhodrift/noise/noise_model.hpp>

#include "support/catch.hpp"

using namespace rhodrift;

namespace {

Device belem(const NoisePolicy& policy) {
  return {read_calibration(RHODRIFT_SOURCE_DIR "/data/calibrations/belem.json"), {0, 1, 2}, policy};
}

/// Qubit 2 waits for the first cx.
Circuit example() {
  Circuit circuit(3);
  circuit.append(Op::sx, {2}).append(Op::cx, {0, 1}).append(Op::h, {0}).append(Op::cx, {1, 2});
  circuit.measure(0, 0).measure(1, 1).measure(2, 2);
  return circuit;
}

std::vector<std::string> text_of(const Circuit& circuit) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < circuit.instructions().size(); ++i) {
    const Instruction& instruction = circuit.instructions()[i];
    lines.push_back(circuit.place_of(i) + " " + std::to_string(instruction.duration_s));
    for (const Angle& angle : instruction.angles)
      lines.back() += " " + std::to_string(angle.offset_rad());
  }
  return lines;
}

std::size_t count(const Circuit& circuit, Op op) {
  return static_cast<std::size_t>(std::ranges::count(circuit.instructions(), op, &Instruction::op));
}

}  // namespace

TEST_CASE("Circuits become native, with delays where the policy has waiting qubits relax") {
  const Device device = belem(NoisePolicy::device);
  CHECK(count(native_circuit(example(), device), Op::delay) > 0);
  CHECK(count(native_circuit(example(), device), Op::h) == 0);
  CHECK(count(native_circuit(example(), belem(NoisePolicy::aer)), Op::delay) == 0);
  CHECK(count(native_circuit(example(), belem(NoisePolicy::ideal)), Op::delay) == 0);
}

TEST_CASE("A native circuit that is scheduled stays as it is") {
  const Device device = belem(NoisePolicy::device);
  for (const auto decoupling : {DecouplingSequence::none, DecouplingSequence::xx}) {
    const Circuit once = native_circuit(example(), device, decoupling);
    CHECK(text_of(native_circuit(once, device)) == text_of(once));
  }
}

TEST_CASE("Decoupling fills delays whatever the policy") {
  Circuit waits(2);
  for (int i = 0; i < 8; ++i) waits.append(Op::cx, {0, 1});
  Circuit circuit(3);
  circuit.append(Op::cx, {1, 2}).append(waits, {0, 1}).append(Op::cx, {1, 2});
  for (const auto& policy : {NoisePolicy::device, NoisePolicy::aer}) {
    const Circuit decoupled = native_circuit(circuit, belem(policy), DecouplingSequence::xx);
    CHECK(count(decoupled, Op::x) == 2);
  }
}

TEST_CASE("A noise scale multiplies the policy's, but for the readout error") {
  const Device device = belem(NoisePolicy::device);
  const Device doubled(device.model.scaled(2.0), device.layout);
  const Circuit a = on_device(example(), device, 2.0), b = on_device(example(), doubled);
  REQUIRE(a.instructions().size() == b.instructions().size());
  std::size_t channels = 0;
  for (std::size_t i = 0; i < a.instructions().size(); ++i) {
    if (a.instructions()[i].op != Op::channel) continue;
    ++channels;
    CHECK(arma::approx_equal(a.instructions()[i].channel->ptm, b.instructions()[i].channel->ptm,
                             "absdiff", 0.0));
  }
  CHECK(channels > 0);
  REQUIRE(a.readout_error().size() == 3);
  CHECK(a.readout_error()[0].matrix(1, 0) ==
        on_device(example(), device).readout_error()[0].matrix(1, 0));
  CHECK(b.readout_error()[0].matrix(1, 0) > a.readout_error()[0].matrix(1, 0));
}
