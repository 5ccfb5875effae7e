#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include <rhodrift/circuit/circuit_json.hpp>
#include <rhodrift/core/error.hpp>
#include <rhodrift/core/file.hpp>
#include <rhodrift/core/random.hpp>

#include "support/catch.hpp"
#include "support/oracle.hpp"

using namespace rhodrift;

namespace {

void check_equal(const Circuit& a, const Circuit& b) {
  CHECK(a.n_qubits() == b.n_qubits());
  REQUIRE(a.instructions().size() == b.instructions().size());
  for (std::size_t i = 0; i < a.instructions().size(); ++i) {
    const Instruction &x = a.instructions()[i], &y = b.instructions()[i];
    CHECK(x.op == y.op);
    CHECK(x.qubits == y.qubits);
    CHECK(x.angles == y.angles);
    CHECK(x.bit == y.bit);
    CHECK(x.duration_s == y.duration_s);
    REQUIRE((x.channel == nullptr) == (y.channel == nullptr));
    if (!x.channel) continue;
    CHECK(x.channel->label == y.channel->label);
    CHECK(arma::approx_equal(x.channel->ptm, y.channel->ptm, "absdiff", 0.0));
  }
  REQUIRE(a.readout_error().size() == b.readout_error().size());
  for (std::size_t g = 0; g < a.readout_error().size(); ++g) {
    CHECK(a.readout_error()[g].bits == b.readout_error()[g].bits);
    CHECK(arma::approx_equal(a.readout_error()[g].matrix, b.readout_error()[g].matrix, "absdiff",
                             0.0));
  }
}

const std::string small =
    R"({"kind":"circuit","schema_version":1,"n_qubits":2,)"
    R"("channels":[{"label":"cx 0,1","ptm":[[1.0,0.0,0.0,0.0],[0.0,0.5,0.0,0.0],)"
    R"([0.0,0.0,0.5,0.0],[0.125,0.0,0.0,0.875]]}],)"
    R"("instructions":[{"op":"rx","qubits":[0],"angles":[{"offset_rad":0.5,)"
    R"("terms":[{"weight":1,"coefficient":2.0},{"feature":0,"coefficient":-0.25}]}]},)"
    R"({"op":"u2","qubits":[1],"angles":[0.1,-1.5]},{"op":"cx","qubits":[1,0]},)"
    R"({"op":"channel","qubits":[1],"channel":0},{"op":"barrier","qubits":[0,1]},)"
    R"({"op":"measure","qubits":[1],"bit":0}],)"
    R"("readout_error":[{"bits":[0],"matrix":[[0.75,0.125],[0.25,0.875]]}]})";

Circuit small_circuit() {
  Circuit circuit(2);
  circuit.append(Op::rx, {0}, {Angle(0.5) + Angle::weight(1, 2.0) + Angle::feature(0, -0.25)});
  circuit.append(Op::u2, {1}, {0.1, -1.5}).append(Op::cx, {1, 0});
  circuit.append_channel("cx 0,1", {1},
                         {{1, 0, 0, 0}, {0, 0.5, 0, 0}, {0, 0, 0.5, 0}, {0.125, 0, 0, 0.875}});
  circuit.append(Op::barrier, {0, 1}).measure(1, 0);
  circuit.set_readout_error({ConfusionMatrix::single(0, 0.25, 0.125)});
  return circuit;
}

/// The small circuit with one part of its text exchanged.
std::string refusal(const std::string& part, const std::string& replacement) {
  std::string text = small;
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  text.replace(at, part.size(), replacement);
  try {
    circuit_from_json(text, "c.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("A circuit is written as docs/formats/circuit.md says") {
  CHECK(to_json(small_circuit()) == small);
}

TEST_CASE("A circuit is read as docs/formats/circuit.md says") {
  check_equal(circuit_from_json(small, "c.json"), small_circuit());
}

TEST_CASE("The example and the names of docs/formats/circuit.md are true") {
  const std::string page = read_file(RHODRIFT_SOURCE_DIR "/docs/formats/circuit.md");
  const std::string fence = "```json\n";
  const std::size_t begin = page.find(fence) + fence.size();
  const std::string example = page.substr(begin, page.find("```", begin) - begin);
  const Circuit circuit = circuit_from_json(example, "circuit.md");
  CHECK(circuit.instructions().size() == 5);
  CHECK(circuit.instructions()[0].angles[0] ==
        Angle(0.5) + Angle::weight(1, 2.0) + Angle::feature(0, -0.25));
  CHECK(circuit.readout_error()[0].matrix(1, 0) == 0.25);  // P(1 | 0)
  std::vector<std::string_view> names;
  for (const OperationInfo& row : operation_table()) names.push_back(row.name);
  CHECK_THAT(page, ContainsSubstring(fmt::format("`{}`", fmt::join(names, " "))));
}

TEST_CASE("Random noisy circuits come back to the last bit") {
  RandomStream random(41);
  for (int repeat = 0; repeat < 20; ++repeat) {
    Circuit circuit = oracle::random_circuit(
        {.n_qubits = 4, .n_instructions = 40, .n_weights = 5, .n_features = 3, .noisy = true},
        random);
    circuit.measure(2, 0).postselect(1, 0).append(Op::x, {2}).measure(0, 1).postselect(3, 1);
    circuit.delay(1, 1e-6 * random.uniform()).measure(3, 2);
    circuit.set_readout_error({oracle::random_confusion({2, 0}, random)});
    const std::string text = to_json(circuit);
    const Circuit back = circuit_from_json(text, "test");
    check_equal(back, circuit);
    CHECK(to_json(back) == text);
  }
}

TEST_CASE("Doubles keep every bit") {
  const double value = GENERATE(0.1, 1.0 / 3.0, 1e-300, std::numeric_limits<double>::denorm_min(),
                                std::numeric_limits<double>::max(), std::nextafter(1.0, 2.0), -7.0,
                                1e22, 123456789012345680.0);
  Circuit circuit(1);
  circuit.append(Op::rz, {0}, {value + Angle::weight(0, value)});
  const Circuit back = circuit_from_json(to_json(circuit), "test");
  const Angle& angle = back.instructions()[0].angles[0];
  CHECK(angle.offset_rad() == value);
  CHECK(angle.terms()[0].coefficient == value);
}

TEST_CASE("Zero has one sign, so that equal circuits have equal texts") {
  Circuit positive(1), negative(1);
  positive.append(Op::rz, {0}, {0.0});
  negative.append(Op::rz, {0}, {-Angle(0.0)});
  CHECK(to_json(negative) == to_json(positive));
}

TEST_CASE("A channel that is used often is written once and shared again when read") {
  Circuit circuit(2);
  circuit.append_channel("noise", {0}, arma::mat(4, 4, arma::fill::eye));
  Instruction again = circuit.instructions()[0];
  again.qubits = {1};
  circuit.append(again);
  const std::string text = to_json(circuit);
  CHECK(text.find("ptm") == text.rfind("ptm"));
  const Circuit back = circuit_from_json(text, "test");
  CHECK(back.instructions()[0].channel == back.instructions()[1].channel);
}

TEST_CASE("The derivatives of a channel are not part of a circuit file") {
  Circuit circuit = small_circuit(), with_derivatives(2);
  circuit.set_readout_error({});
  for (Instruction instruction : circuit.instructions()) {
    if (instruction.channel) {
      ChannelInstruction channel = *instruction.channel;
      channel.derivatives.push_back({"/qubits/1/t1_s", arma::mat(4, 4, arma::fill::zeros)});
      instruction.channel = std::make_shared<const ChannelInstruction>(std::move(channel));
    }
    with_derivatives.append(instruction);
  }
  CHECK(to_json(with_derivatives) == to_json(circuit));
}

TEST_CASE("Broken circuit files are refused with the place") {
  const auto [part, replacement, message] = GENERATE(table<std::string, std::string, std::string>({
      {R"("kind":"circuit")", R"("kind":"snapshot")",
       R"(c.json: /kind: "snapshot" where "circuit" is expected)"},
      {R"("schema_version":1)", R"("schema_version":2)",
       "c.json: /schema_version: version 2 where this program reads version 1"},
      {R"("n_qubits":2)", R"("n_qubits":0)", "c.json: /n_qubits: 0 is outside 1..1000000"},
      {R"("n_qubits":2)", R"("n_qubits":2.5)",
       "c.json: /n_qubits: expected a whole number, found 2.5"},
      {R"("n_qubits":2,)", "", R"(c.json: the key "n_qubits" is missing)"},
      {R"("n_qubits":2)", R"("n_qubits":2,"colour":3)",
       "c.json: /colour: unknown key; known are kind, schema_version, n_qubits, channels, "
       "instructions, readout_error"},
      {R"("op":"cx")", R"("op":"cnot")", R"(c.json: /instructions/2/op: unknown operation "cnot")"},
      {R"("qubits":[1,0])", R"("qubits":[1,2])",
       "c.json: /instructions/2: circuit: instruction 2 (cx 1,2): qubit 2 is outside 0..1"},
      {R"("qubits":[1,0])", R"("qubits":[1,1])",
       "c.json: /instructions/2: circuit: instruction 2 (cx 1,1): qubit 1 is repeated"},
      {R"("qubits":[1,0])", R"("qubits":[1,"0"])",
       "c.json: /instructions/2/qubits/1: expected a whole number, found \"0\""},
      {R"("qubits":[1,0])", R"("qubits":[1,0],"angles":[])",
       "c.json: /instructions/2/angles: unknown key; known are op, qubits"},
      {R"({"op":"cx","qubits":[1,0]})", R"({"op":"delay","qubits":[1]})",
       R"(c.json: /instructions/2: the key "duration_s" is missing)"},
      {R"({"op":"cx","qubits":[1,0]})", R"({"op":"delay","qubits":[1],"duration_s":-1})",
       "c.json: /instructions/2: circuit: instruction 2 (delay 1): duration -1 s is not a finite "
       "number >= 0"},
      {R"([0.1,-1.5])", R"([0.1])",
       "c.json: /instructions/1: circuit: instruction 1 (u2 1): takes 2 angles, got 1"},
      {R"([0.1,-1.5])", R"([0.1,null])",
       "c.json: /instructions/1/angles/1: expected a number, found null"},
      {R"([0.1,-1.5])", R"([0.1,NaN])", "c.json: line 1, column 351: not JSON"},
      {R"("weight":1)", R"("weight":-1)",
       "c.json: /instructions/0/angles/0/terms/0/weight: index -1 is negative"},
      {R"("weight":1)", R"("weight":1,"feature":0)",
       R"(c.json: /instructions/0/angles/0/terms/0: needs either "weight" or "feature")"},
      {R"("weight":1,)", "",
       R"(c.json: /instructions/0/angles/0/terms/0: needs either "weight" or "feature")"},
      {R"("channel":0)", R"("channel":1)",
       "c.json: /instructions/3/channel: channel 1 is not one of the 1 listed"},
      {R"([1.0,0.0,0.0,0.0])", R"([1.0,0.0,0.0])",
       "c.json: /channels/0/ptm/0: 3 entries in a row of a matrix of 4 rows"},
      {R"({"op":"channel","qubits":[1],)", R"({"op":"channel","qubits":[1,0],)",
       "c.json: /instructions/3: circuit: instruction 3 (channel 'cx 0,1' 1,0): needs a 16x16 "
       "matrix, got 4x4"},
      {R"("bit":0)", R"("bit":64)",
       "c.json: /instructions/5: circuit: instruction 5 (measure 1): classical bit 64 is outside "
       "0..63"},
      {R"([0.75,0.125])", R"([0.5,0.125])",
       "c.json: /readout_error: readout error: group 0: matrix: column 0 sums to 0.75, not to 1 "
       "within 1e-09"},
      {R"("readout_error")", R"("n_qubits")", "c.json: /n_qubits: the key is given twice"},
      {R"("bit":0)", R"("bit":0,"bit":0)", "c.json: /instructions/5/bit: the key is given twice"},
      {R"("bit":0)", R"("a/~b":0,"bit":0)", "c.json: /instructions/5/a~1~0b: unknown key"},
      {R"("bit":0)", R"("bit":3000000000)",
       "c.json: /instructions/5/bit: 3000000000 is too large for a whole number here"},
      {R"("qubits":[1,0])", R"("qubits":{})",
       "c.json: /instructions/2/qubits: expected an array, found object"},
      {R"("label":"cx 0,1")", R"("label":7)",
       "c.json: /channels/0/label: expected a string, found 7"},
      {R"("bit":0}])", "\"bit\":0}]\n x", "c.json: line 2, column 2: not JSON"},
      {R"(-1.5)", R"(1e999)", "c.json: line 1, column 355: not JSON"},
  }));
  CHECK_THAT(refusal(part, replacement), Catch::Matchers::StartsWith(message));
}

TEST_CASE("A circuit file that is cut anywhere is refused") {
  for (std::size_t length = 0; length < small.size(); ++length)
    CHECK_THROWS_AS(circuit_from_json(small.substr(0, length), "c.json"), InputError);
}

TEST_CASE("A circuit file with a changed byte is read or refused, never anything else") {
  RandomStream random(42);
  for (int round = 0; round < 3000; ++round) {
    std::string text = small;
    text[random.below(text.size())] = static_cast<char>(random.below(128));
    try {
      circuit_from_json(text, "c.json");
    } catch (const InputError&) {
    } catch (const std::exception& error) {
      FAIL("not an InputError: " << error.what() << "\n" << text);
    }
  }
}
