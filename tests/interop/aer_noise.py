#!/usr/bin/env python3
"""Holds the noise policy `aer` to the released Qiskit Aer: every channel, and whole circuits.

usage: aer_noise.py RHODRIFT RAW_FOLDER [DEVICE...]

RAW_FOLDER has the vendor's files as DEVICE/props_DEVICE.json. Aer reads those; rhodrift reads
data/calibrations/DEVICE.json, so the importer is under test as well. Prints Markdown tables. Exit
status: 0 when nothing differs by more than 1e-9, else 1.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from qiskit import QuantumCircuit, qasm2
from qiskit.quantum_info import PTM, DensityMatrix, Pauli, average_gate_fidelity
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel
from qiskit_aer.noise.device import basic_device_gate_errors, basic_device_readout_errors
from qiskit_ibm_runtime.models import BackendProperties

DEVICES = ["belem", "jakarta", "guadalupe", "montreal", "sherbrooke", "torino", "kingston"]
CALIBRATIONS = Path(__file__).resolve().parents[2] / "data" / "calibrations"
LIMIT = 1e-9  # the test fails beyond
ROUNDING = 1e-12  # gates beyond are listed
MEASUREMENTS = {"measure", "measure_2"}  # what only Aer counts as gates
CIRCUIT_GATES = [10, 20, 40, 80, 160, 320]
CIRCUIT_DEVICE = "belem"
SEED = 20210315


class Rhodrift:
    """The program under test, with one of the calibrations that come with it."""

    def __init__(self, program, device):
        self.program = program
        self.calibration = CALIBRATIONS / f"{device}.json"
        gates = json.loads(self.calibration.read_text())["gates"]
        self.gates = [(gate["name"], tuple(gate["qubits"])) for gate in gates]

    def _ask(self, *command):
        options = ["--calibration", self.calibration, "--policy", "aer", "--json"]
        answer = subprocess.run(
            [self.program, *command, *options], stdout=subprocess.PIPE, check=True, text=True
        )
        return json.loads(answer.stdout)

    def channel(self, gate, qubits):
        operands = ",".join(map(str, qubits))
        return self._ask("noise", "channel", "--gate", gate, "--qubits", operands)

    def simulate(self, qasm_file, observables, *options):
        wanted = itertools.chain.from_iterable(("--observable", o) for o in observables)
        return self._ask("simulate", qasm_file, *wanted, *options)


def read_properties(raw_folder, device):
    text = (raw_folder / device / f"props_{device}.json").read_text()
    return BackendProperties.from_dict(json.loads(text))


class GateDifference(NamedTuple):
    ptm: float
    infidelity: float
    place: str


def gate_differences(rhodrift, device_errors):
    """Every gate of the calibration; one without noise is missing in Aer's model: the identity.

    Qiskit's PTM has rhodrift's order: I X Y Z, the first operand the least significant digit.
    """
    differences = []
    for gate, qubits in rhodrift.gates:
        ours = rhodrift.channel(gate, qubits)
        error = device_errors.get((gate, qubits))
        ptm, infidelity = np.eye(4 ** len(qubits)), 0.0
        if error is not None:
            ptm, infidelity = PTM(error).data, 1.0 - average_gate_fidelity(error)
        differences.append(
            GateDifference(
                difference(ours["ptm"], ptm),
                abs(ours["average_infidelity"] - infidelity),
                f"{gate} {','.join(map(str, qubits))}",
            )
        )
    return differences


def difference(ours, theirs):
    return float(np.abs(np.subtract(ours, theirs)).max())


def random_native_circuit(gates, n_qubits, n_gates, rng):
    """Gates of the device on its own qubits, at random angles and places; halfway one reset."""
    places = [place for place in gates if place[0] != "reset"]
    circuit = QuantumCircuit(n_qubits, n_qubits)
    for index in range(n_gates):
        gate, qubits = places[rng.integers(len(places))]
        angles = [rng.uniform(-np.pi, np.pi)] if gate == "rz" else []
        getattr(circuit, gate)(*angles, *qubits)
        if index == n_gates // 2:
            circuit.reset(rng.integers(n_qubits))
    return circuit


def paulis(n_qubits, letters, max_weight):
    """All labels of weight 1 to max_weight, in Qiskit's order: qubit 0 last."""
    labels = map("".join, itertools.product("I" + letters, repeat=n_qubits))
    return [label for label in labels if 1 <= n_qubits - label.count("I") <= max_weight]


def as_observable(label):
    """Qiskit's label ("ZIX") as rhodrift writes it ("X0 Z2")."""
    return " ".join(f"{p}{q}" for q, p in enumerate(reversed(label)) if p != "I")


def aer_state(circuit, noise_model):
    prepared = circuit.copy()
    prepared.save_density_matrix()
    simulator = AerSimulator(method="density_matrix", noise_model=noise_model)
    return DensityMatrix(simulator.run(prepared).result().data()["density_matrix"])


def aer_outcomes(state, readout, wires):
    """Outcome probabilities when qubit wires[c] is read into bit c.

    Aer itself only samples outcomes under readout error; its confusion matrices (row: the true
    value) applied to the state's probabilities are the distribution that it samples from.
    """
    n = len(wires)
    tensor = state.probabilities().reshape([2] * n)  # axis a is qubit n - 1 - a
    for qubit, error in readout.items():
        axis = n - 1 - qubit
        confused = np.tensordot(error.probabilities.T, tensor, axes=(1, axis))
        tensor = np.moveaxis(confused, 0, axis)
    return tensor.transpose([n - 1 - q for q in reversed(wires)]).ravel()


def parity_mean(outcomes, wires, label):
    """<Z…Z> of the qubits that the label names, from outcome probabilities."""
    mask = sum(1 << bit for bit, q in enumerate(wires) if label[len(label) - 1 - q] == "Z")
    signs = [(-1) ** (outcome & mask).bit_count() for outcome in range(len(outcomes))]
    return float(np.dot(signs, outcomes))


def compare_circuit(rhodrift, properties, noise_model, n_gates, rng, folder):
    """How large expectations get, and the largest differences in them and in what is read."""
    n = len(properties.qubits)
    circuit = random_native_circuit(rhodrift.gates, n, n_gates, rng)
    state = aer_state(circuit, noise_model)
    readout = {q: error for (q,), error in basic_device_readout_errors(properties)}
    wires = rng.permutation(n).tolist()
    outcomes = aer_outcomes(state, readout, wires)
    circuit.measure(wires, range(n))
    qasm_file = Path(folder, "circuit.qasm")
    qasm_file.write_text(qasm2.dumps(circuit))

    local, parities = paulis(n, "XYZ", max_weight=2), paulis(n, "Z", max_weight=n)
    exact = rhodrift.simulate(qasm_file, map(as_observable, local), "--probabilities")
    read = rhodrift.simulate(qasm_file, map(as_observable, parities), "--readout")
    means = [state.expectation_value(Pauli(label)).real for label in local]
    read_means = [parity_mean(outcomes, wires, label) for label in parities]
    return max(map(abs, means)), (
        difference([exact["expectations"][as_observable(p)] for p in local], means),
        difference([read["expectations"][as_observable(p)] for p in parities], read_means),
        difference(exact["probabilities"], outcomes),
    )


def channel_table(program, raw_folder, devices):
    print("| device | gates | max abs ΔPTM | at | max abs Δ(1 − F) | > 1e-12 | Aer's alone |")
    print("|---|---|---|---|---|---|---|")
    largest, beyond_rounding = 0.0, []
    for device in devices:
        errors = basic_device_gate_errors(read_properties(raw_folder, device))
        errors = {(gate, tuple(qubits)): error for gate, qubits, error in errors}
        rhodrift = Rhodrift(program, device)
        differences = gate_differences(rhodrift, errors)
        worst = max(differences)
        infidelity = max(d.infidelity for d in differences)
        beyond = [f"{device} {d.place}: {d.ptm:.1e}" for d in differences if d.ptm > ROUNDING]
        alone = {gate for gate, _ in errors.keys() - set(rhodrift.gates)}
        print(
            f"| {device} | {len(differences)} | {worst.ptm:.1e} | {worst.place} "
            f"| {infidelity:.1e} | {len(beyond)} | {', '.join(sorted(alone)) or '–'} |",
            flush=True,
        )
        largest = max(largest, worst.ptm, infidelity, np.inf if alone - MEASUREMENTS else 0.0)
        beyond_rounding += beyond
    if beyond_rounding:
        print("", *(f"- {gate}" for gate in beyond_rounding), sep="\n")
    return largest


def circuit_table(program, raw_folder):
    print(f"\n| {CIRCUIT_DEVICE}: gates | max abs ⟨P⟩ | Δ⟨P⟩ | Δ⟨Z…⟩ read | Δ probabilities read |")
    print("|---|---|---|---|---|")
    rhodrift = Rhodrift(program, CIRCUIT_DEVICE)
    properties = read_properties(raw_folder, CIRCUIT_DEVICE)
    noise_model = NoiseModel.from_backend_properties(properties)
    rng = np.random.default_rng(SEED)
    largest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for n_gates in CIRCUIT_GATES:
            size, row = compare_circuit(rhodrift, properties, noise_model, n_gates, rng, folder)
            columns = " | ".join(f"{value:.1e}" for value in row)
            print(f"| {n_gates} | {size:.2f} | {columns} |", flush=True)
            largest = max(largest, *row)
    return largest


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", metavar="RHODRIFT", help="the program")
    parser.add_argument("raw_folder", metavar="RAW_FOLDER", type=Path, help="the vendor's files")
    parser.add_argument("devices", metavar="DEVICE", nargs="*", default=DEVICES)
    arguments = parser.parse_args()

    packages = ("qiskit-aer", "qiskit", "qiskit-ibm-runtime", "numpy")
    print(", ".join(f"{package} {version(package)}" for package in packages), end="\n\n")
    largest = max(
        channel_table(arguments.program, arguments.raw_folder, arguments.devices),
        circuit_table(arguments.program, arguments.raw_folder),
    )
    verdict = "agreement" if largest <= LIMIT else "DISAGREEMENT"
    print(f"\n{verdict}: largest difference {largest:.1e}, limit {LIMIT:.0e}")
    return 0 if largest <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
