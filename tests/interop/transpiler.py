#!/usr/bin/env python3
"""Holds `rhodrift compile` to the Qiskit transpiler at level 3: 2-qubit gates, fidelity, time.

usage: transpiler.py RHODRIFT BENCH_COMPILE [DEVICE...]

Both compile the circuits of benchmark_circuits.py to the same recorded figures, those of
data/calibrations/DEVICE.json without faulty gates and without fractional ones (rx, rzz). Fidelities
are counted here, for both alike. Up to 12 qubits the outcome probabilities of what rhodrift made are
held to the source's. Prints Markdown tables. Exit status: 0 when the geometric mean of the ratios of
2-qubit gates is at most 1.10, that of the fidelities at least 1 and that of the times at most 1.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from benchmark_circuits import circuits
from qiskit import QuantumCircuit, qasm2
from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import CXGate, CZGate, ECRGate, RZGate, SXGate, XGate
from qiskit.quantum_info import Statevector
from qiskit.transpiler import InstructionProperties, Target
from qiskit.transpiler.preset_passmanagers import generate_preset_pass_manager

DEVICES = ["montreal", "sherbrooke", "torino"]
CALIBRATIONS = Path(__file__).resolve().parents[2] / "data" / "calibrations"
GATES = {
    "rz": RZGate(Parameter("angle")),
    "sx": SXGate(),
    "x": XGate(),
    "cx": CXGate(),
    "ecr": ECRGate(),
    "cz": CZGate(),
}
SEED = 1
SECONDS = 0.1  # of runs, whose mean is the time
LARGEST_CHECKED = 12  # qubits
LIMITS = {"2-qubit gates": (0.0, 1.10), "fidelity": (1.0, math.inf), "time": (0.0, 1.0)}


class Compiled(NamedTuple):
    two_qubit_gates: int
    log_fidelity: float
    seconds: float


class Device:
    """The figures that both compilers see."""

    def __init__(self, name):
        self.name = name
        self.document = json.loads((CALIBRATIONS / f"{name}.json").read_text())
        working = [gate for gate in self.document["gates"] if self._is_used(gate)]
        pulses = {q for gate in working if gate["name"] == "sx" for q in gate["qubits"]}
        self.document["gates"] = [gate for gate in working if pulses.issuperset(gate["qubits"])]
        self.error = {
            (gate["name"], tuple(gate["qubits"])): gate["error"] for gate in self.document["gates"]
        }
        readout = [qubit["readout"] for qubit in self.document["qubits"]]
        self.readout_error = [(figures["p10"] + figures["p01"]) / 2 for figures in readout]

    @staticmethod
    def _is_used(gate):
        return gate["name"] in GATES and gate.get("error", 1.0) < 1.0

    def target(self):
        target = Target(num_qubits=len(self.readout_error))
        for name, operation in GATES.items():
            properties = {
                tuple(gate["qubits"]): InstructionProperties(gate["duration_s"], gate["error"])
                for gate in self.document["gates"]
                if gate["name"] == name
            }
            if properties:
                target.add_instruction(operation, properties)
        durations = [qubit["readout_duration_s"] for qubit in self.document["qubits"]]
        readout = zip(durations, self.readout_error)
        target.add_instruction(
            Measure(), {(q,): InstructionProperties(*both) for q, both in enumerate(readout)}
        )
        return target

    def log_fidelity(self, operations):
        """Of (name, device qubits) pairs."""
        total = 0.0
        for name, qubits in operations:
            if name == "measure":
                total += math.log1p(-min(self.readout_error[qubits[0]], 1 - 1e-12))
            elif name not in ("barrier", "delay"):
                total += math.log1p(-self.error[name, qubits])
        return total


def with_qiskit(pass_manager, circuit, device):
    n_runs, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < SECONDS or n_runs == 0:
        compiled = pass_manager.run(circuit)
        n_runs += 1
    seconds = elapsed / n_runs
    place = {qubit: index for index, qubit in enumerate(compiled.qubits)}
    operations = [(i.operation.name, tuple(place[q] for q in i.qubits)) for i in compiled.data]
    pairs = sum(len(qubits) == 2 and name != "barrier" for name, qubits in operations)
    return Compiled(pairs, device.log_fidelity(operations), seconds)


def output_of(*command):
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)


def with_rhodrift(program, bench, qasm_file, calibration, device):
    """What it made, and the circuit on as many qubits as are used."""
    answer = output_of(program, "compile", qasm_file, "--calibration", calibration, "--json")
    options = ["--benchmark_format=json", f"--benchmark_min_time={SECONDS}"]
    timing = output_of(bench, *options, calibration, qasm_file)
    seconds = timing["benchmarks"][0]["real_time"] / 1e3
    instructions = answer["circuit"]["instructions"]
    layout = answer["layout"]
    operations = [(i["op"], tuple(layout[q] for q in i["qubits"])) for i in instructions]
    pairs = sum(len(qubits) == 2 and name != "barrier" for name, qubits in operations)
    return Compiled(pairs, device.log_fidelity(operations), seconds), answer["circuit"]


def outcome_probabilities(circuit):
    """Of the classical bits, in the order of their number."""
    qubit_of_bit = {}
    for instruction in circuit.data:
        if instruction.operation.name == "measure":
            bit = circuit.find_bit(instruction.clbits[0]).index
            qubit_of_bit[bit] = circuit.find_bit(instruction.qubits[0]).index
    state = Statevector(circuit.remove_final_measurements(inplace=False))
    return state.probabilities([qubit_of_bit[bit] for bit in sorted(qubit_of_bit)])


def as_qiskit(document):
    circuit = QuantumCircuit(document["n_qubits"], 64)
    for i in document["instructions"]:
        if i["op"] == "measure":
            circuit.measure(i["qubits"][0], i["bit"])
        elif i["op"] != "delay":
            getattr(circuit, i["op"])(*i.get("angles", []), *i["qubits"])
    return circuit


def geometric_mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


def compare(program, bench, device, folder):
    """A row a circuit, and the ratios ours / theirs of each quantity."""
    calibration = Path(folder, f"{device.name}.json")
    calibration.write_text(json.dumps(device.document))
    pass_manager = generate_preset_pass_manager(3, target=device.target(), seed_transpiler=SEED)
    warm_up = QuantumCircuit(2)
    warm_up.cx(0, 1)
    pass_manager.run(warm_up)
    ratios = {quantity: [] for quantity in LIMITS}
    worst = 0.0
    for name, text in circuits():
        qasm_file = Path(folder, "circuit.qasm")
        qasm_file.write_text(text)
        source = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
        theirs = with_qiskit(pass_manager, source, device)
        ours, made = with_rhodrift(program, bench, qasm_file, calibration, device)
        if made["n_qubits"] <= LARGEST_CHECKED:
            difference = outcome_probabilities(as_qiskit(made)) - outcome_probabilities(source)
            worst = max(worst, float(np.abs(difference).max()))
        ratios["2-qubit gates"].append(ours.two_qubit_gates / theirs.two_qubit_gates)
        ratios["fidelity"].append(math.exp(ours.log_fidelity - theirs.log_fidelity))
        ratios["time"].append(ours.seconds / theirs.seconds)
        print(
            f"| {device.name} | {name} | {ours.two_qubit_gates} | {theirs.two_qubit_gates} "
            f"| {math.exp(ours.log_fidelity):.3f} | {math.exp(theirs.log_fidelity):.3f} "
            f"| {1e3 * ours.seconds:.1f} | {1e3 * theirs.seconds:.1f} |",
            flush=True,
        )
    return ratios, worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", metavar="RHODRIFT", help="the program")
    parser.add_argument("bench", metavar="BENCH_COMPILE", help="the benchmark that times compile()")
    parser.add_argument("devices", metavar="DEVICE", nargs="*", default=DEVICES)
    arguments = parser.parse_args()

    print(f"qiskit {version('qiskit')}\n")
    print("| device | circuit | 2-qubit gates | Qiskit | fidelity | Qiskit | ms | Qiskit |")
    print("|---|---|---|---|---|---|---|---|")
    by_device, worst = {}, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.devices:
            by_device[name], difference = compare(
                arguments.program, arguments.bench, Device(name), folder
            )
            worst = max(worst, difference)
    everything = {q: sum((ratios[q] for ratios in by_device.values()), []) for q in LIMITS}
    print("\n| geometric mean of ours / Qiskit's | 2-qubit gates | fidelity | time |")
    print("|---|---|---|---|")
    for name, ratios in [*by_device.items(), ("all", everything)]:
        print(f"| {name} | " + " | ".join(f"{geometric_mean(ratios[q]):.3f}" for q in LIMITS) + " |")
    print(f"\nlargest difference of an outcome probability: {worst:.1e}")
    kept = worst < 1e-9 and all(
        low <= geometric_mean(everything[q]) <= high for q, (low, high) in LIMITS.items()
    )
    print("limits kept" if kept else "LIMITS NOT KEPT")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
