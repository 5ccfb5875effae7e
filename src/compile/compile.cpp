#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include <rhodrift/compile/compile.hpp>
#include <rhodrift/core/error.hpp>

#include "compile/basis.hpp"
#include "compile/elide_swaps.hpp"
#include "compile/placement.hpp"
#include "compile/scheduling.hpp"
#include "compile/simplify.hpp"

namespace rhodrift {

namespace {

void require_in_range(const Circuit& source, const Target& target, const CompileOptions& options) {
  if (options.n_trials < 1)
    throw InputError("compile", "n_trials", fmt::format("{} is not >= 1", options.n_trials));
  if (options.decoupling != DecouplingSequence::none && !options.schedule)
    throw InputError("compile", "decoupling", "takes a schedule, which is switched off");
  if (source.n_qubits() > target.n_qubits())
    throw InputError(
        target.calibration().device, "",
        fmt::format("has {} qubits, the circuit needs {}", target.n_qubits(), source.n_qubits()));
  if (options.layout)
    require_valid_layout(*options.layout, source.n_qubits(), target.calibration());
}

void require_noiseless(const Circuit& source) {
  for (std::size_t i = 0; i < source.instructions().size(); ++i)
    if (source.instructions()[i].op == Op::channel)
      throw InputError("circuit", source.place_of(i),
                       "is noise; compile first, the noise model comes after");
  if (!source.readout_error().empty())
    throw InputError("circuit", "", "has a readout error; compile first, noise comes after");
}

// What is read without measurements, said with them.
Circuit with_measurements(const Circuit& circuit) {
  constexpr int most_bits = 64;
  const bool reads = std::ranges::any_of(circuit.instructions(),
                                         [](const Instruction& i) { return i.op == Op::measure; });
  Circuit result = circuit;
  for (int q = 0; q < circuit.n_qubits() && !reads && circuit.n_qubits() <= most_bits; ++q)
    result.measure(q, q);
  return result;
}

// Whether rzz is one gate on every coupling, itself or rxx between Hadamards.
bool has_rzz(const Target& target) {
  bool any = false;
  for (int a = 0; a < target.n_qubits(); ++a)
    for (const int b : target.neighbours(a)) {
      any = true;
      const bool here = std::ranges::any_of(std::array{Op::rzz, Op::rxx}, [&](Op op) {
        return target.gate(op, {a, b}) || target.gate(op, {b, a});
      });
      if (!here) return false;
    }
  return any;
}

double fidelity_of(const Circuit& native, const Target& target, const Layout& layout) {
  double cost = 0.0;
  for (const Instruction& instruction : native.instructions()) {
    const std::vector<int> qubits = device_qubits(layout, instruction.qubits);
    if (instruction.op == Op::measure) {
      if (std::isfinite(target.readout_cost(qubits[0]))) cost += target.readout_cost(qubits[0]);
    } else if (const GateCalibration* gate = target.gate(instruction.op, qubits)) {
      if (gate->error) cost += cost_of_error(gate->error);
    }
  }
  return std::exp(-cost);
}

PlacedCircuit place(const Circuit& logical, const Target& target, const CompileOptions& options) {
  if (options.layout)
    return place_at_layout(logical, target, *options.layout, options.n_trials, options.seed);
  return place_on_device(logical, target, options.n_trials, options.seed);
}

}  // namespace

CompiledCircuit compile(const Circuit& source, const Calibration& device,
                        const CompileOptions& options) {
  const Target target(device);
  require_in_range(source, target, options);
  require_noiseless(source);
  const bool keep_rzz = has_rzz(target);

  const auto [logical, ends] = elide_swaps(with_measurements(source));
  PlacedCircuit placed = place(simplify(logical, keep_rzz), target, options);
  placed.circuit = simplify(placed.circuit, keep_rzz);
  if (!options.layout) improve_layout(placed, target);
  const Circuit native = merge_one_qubit_runs(
      in_native_gates(placed.circuit, target, placed.layout), target, placed.layout);

  CompiledCircuit compiled{native, placed.layout, device_qubits(placed.final_qubit, ends),
                           {},     0.0,           fidelity_of(native, target, placed.layout)};
  if (options.schedule) {
    ScheduledCircuit scheduled = with_decoupling(schedule_alap(native, target, placed.layout),
                                                 options.decoupling, target, placed.layout);
    compiled.circuit = std::move(scheduled.circuit);
    compiled.start_s = std::move(scheduled.start_s);
    compiled.duration_s = scheduled.duration_s;
  }
  return compiled;
}

Observable CompiledCircuit::at_the_end(const Observable& of_source) const {
  std::vector<Observable::Term> terms = of_source.terms();
  for (Observable::Term& term : terms) {
    std::vector<PauliString::Factor> factors = term.pauli.factors();
    for (PauliString::Factor& factor : factors) {
      if (static_cast<std::size_t>(factor.qubit) >= final_qubit.size())
        throw InputError("observable", of_source.to_string(),
                         fmt::format("reaches qubit {}, the source has {} qubits", factor.qubit,
                                     final_qubit.size()));
      factor.qubit = final_qubit[static_cast<std::size_t>(factor.qubit)];
    }
    term.pauli = PauliString(std::move(factors));
  }
  return Observable(std::move(terms));
}

}  // namespace rhodrift
