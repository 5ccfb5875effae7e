#!/usr/bin/env python3
"""Holds the reading of OpenQASM to what Qiskit, Cirq and Amazon Braket export.

usage: openqasm.py RHODRIFT

Each circuit is exported, read and simulated by rhodrift, and simulated by Qiskit Aer: those of Qiskit as
they are, those of Cirq and Braket as the unitary that their own library says they are. All expectations of
Paulis of weight 1 and 2 are compared. Prints a Markdown table. Exit status: 0 when nothing differs by more
than 1e-9, else 1.
"""

import argparse
import itertools
import json
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import braket.circuits
import cirq
import numpy as np
from braket.circuits.serialization import IRType
from qiskit import QuantumCircuit, qasm2, qasm3, transpile
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import UnitaryGate, get_standard_gate_name_mapping
from qiskit.circuit.random import random_circuit
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import DensityMatrix, Kraus, Pauli
from qiskit_aer import AerSimulator

LIMIT = 1e-9
SEED = 20251127
N_QUBITS = 4
N_RANDOM = 25
NOT_GATES = {"measure", "reset", "delay", "global_phase"}


class Case(NamedTuple):
    """A program and the circuit that it should be, at these values of its inputs by name."""

    program: str
    circuit: QuantumCircuit
    values: dict = {}


# --- Both simulators --------------------------------------------------------------------------


def paulis(n_qubits):
    """All labels of weight 1 and 2, in Qiskit's order: qubit 0 last."""
    labels = map("".join, itertools.product("IXYZ", repeat=n_qubits))
    return [label for label in labels if 1 <= n_qubits - label.count("I") <= 2]


def as_observable(label):
    """Qiskit's label ("ZIX") as rhodrift writes it ("X0 Z2")."""
    return " ".join(f"{p}{q}" for q, p in enumerate(reversed(label)) if p != "I")


def rhodrift_means(program, case, labels, folder):
    qasm_file = Path(folder, "program.qasm")
    qasm_file.write_text(case.program)
    options = [f"--observable={as_observable(label)}" for label in labels]
    if "dt]" in case.program:
        options.append("--dt=1e-9")  # without noise any length will do
    inputs = re.findall(r"^input \w+(?:\[\d+\])? (\w+);", case.program, flags=re.MULTILINE)
    if inputs:
        options.append("--weights=" + ",".join(repr(float(case.values[name])) for name in inputs))
    answer = subprocess.run(
        [program, "simulate", qasm_file, "--json", *options], capture_output=True, text=True
    )
    if answer.returncode != 0:
        raise SystemExit(f"{answer.stderr}\n{case.program}")
    expectations = json.loads(answer.stdout)["expectations"]
    return [expectations[as_observable(label)] for label in labels]


def aer_means(circuit, labels):
    """Of the state before the final measurements; outcomes in between are averaged over."""
    prepared = circuit.remove_final_measurements(inplace=False)
    exact = prepared.copy_empty_like()
    dephasing = Kraus([np.diag([1, 0]), np.diag([0, 1])])
    for instruction in prepared.data:
        if instruction.operation.name == "measure":
            exact.append(dephasing, instruction.qubits)
        else:
            exact.append(instruction)
    simulator = AerSimulator(method="density_matrix")
    exact = transpile(exact, simulator, optimization_level=0)
    exact.save_density_matrix()
    state = DensityMatrix(simulator.run(exact).result().data()["density_matrix"])
    return [state.expectation_value(Pauli(label)).real for label in labels]


# --- Qiskit -----------------------------------------------------------------------------------


def entangled(n_qubits, rng):
    """A state without symmetry, from gates that every language has."""
    circuit = QuantumCircuit(n_qubits)
    for layer in range(2):
        for qubit in range(n_qubits):
            circuit.ry(rng.uniform(-np.pi, np.pi), qubit)
            circuit.rz(rng.uniform(-np.pi, np.pi), qubit)
        for qubit in range(n_qubits - 1):
            circuit.cx(qubit, qubit + 1)
    return circuit


def every_qiskit_gate(rng):
    """One circuit a standard gate, at random angles in a random state."""
    for name, gate in sorted(get_standard_gate_name_mapping().items()):
        if name in NOT_GATES:
            continue
        n_qubits = max(gate.num_qubits, 2)
        circuit = entangled(n_qubits, rng)
        angles = rng.uniform(-np.pi, np.pi, len(gate.params))
        circuit.append(type(gate)(*angles), rng.permutation(n_qubits)[: gate.num_qubits].tolist())
        yield circuit.compose(entangled(n_qubits, rng))


def random_qiskit_circuits(rng):
    for _ in range(N_RANDOM):
        seed = int(rng.integers(2**31))
        circuit = random_circuit(N_QUBITS, 6, max_operands=4, reset=True, seed=seed)
        measured = QuantumCircuit(N_QUBITS, N_QUBITS + 1)
        measured.compose(circuit, inplace=True)
        measured.barrier()
        measured.measure(1, N_QUBITS)  # halfway
        measured.compose(entangled(N_QUBITS, rng), inplace=True)
        measured.measure(range(N_QUBITS), range(N_QUBITS))
        yield measured


def qiskit_2(rng):
    for circuit in itertools.chain(every_qiskit_gate(rng), random_qiskit_circuits(rng)):
        yield Case(qasm2.dumps(circuit), circuit)


def qiskit_3(rng):
    for circuit in itertools.chain(every_qiskit_gate(rng), random_qiskit_circuits(rng)):
        yield Case(qasm3.dumps(circuit), circuit)


def without_id(circuit):
    kept = circuit.copy_empty_like()
    for instruction in circuit.data:
        if instruction.operation.name != "id":
            kept.append(instruction)
    return kept


def qiskit_3_down_to_u(rng):
    """Qiskit cannot export id without an include: it has no definition."""
    for circuit in itertools.chain(every_qiskit_gate(rng), random_qiskit_circuits(rng)):
        circuit = without_id(circuit)
        yield Case(qasm3.dumps(circuit, includes=()), circuit)


def qiskit_3_compiled(rng):
    """On hardware qubits, with delays."""
    for basis in (["cx"], ["cz"], ["ecr"]):
        gates = ["rz", "sx", "x", "id", *basis]
        backend = GenericBackendV2(N_QUBITS, basis_gates=gates, seed=SEED)
        for circuit in random_qiskit_circuits(rng):
            circuit.delay(100, 0, unit="ns")
            compiled = transpile(circuit, backend, optimization_level=1, seed_transpiler=SEED)
            yield Case(qasm3.dumps(compiled), compiled)


def qiskit_3_parameters(rng):
    theta, weights = Parameter("θ"), ParameterVector("w", 3)
    for _ in range(N_RANDOM):
        values = dict(zip([theta, *weights], rng.uniform(-np.pi, np.pi, 4)))
        circuit = entangled(N_QUBITS, rng)
        circuit.rx(theta, 0)
        circuit.rzz(2 * weights[0] - theta / 3, 1, 2)
        circuit.cu(weights[1], 0.25, weights[2] + np.pi / 2, -weights[1], 3, 0)
        circuit.u(theta, weights[2], 1 - weights[0], 1)
        program = qasm3.dumps(circuit)
        names = re.findall(r"^input float\[64\] (\w+);", program, flags=re.MULTILINE)
        by_name = {name: values[p] for name, p in zip(names, circuit.parameters, strict=True)}
        yield Case(program, circuit.assign_parameters(values), by_name)


# --- Cirq and Braket --------------------------------------------------------------------------


def as_qiskit(unitary):
    """A circuit of one gate, from a matrix whose first qubit is the high bit."""
    n_qubits = int(np.log2(len(unitary)))
    circuit = QuantumCircuit(n_qubits)
    circuit.append(UnitaryGate(unitary), range(n_qubits - 1, -1, -1))
    return circuit


def random_cirq_circuits(rng):
    qubits = cirq.LineQubit.range(N_QUBITS)
    gates = {
        **cirq.testing.DEFAULT_GATE_DOMAIN,
        **{cirq.rx(1.1): 1, cirq.ry(-0.3): 1, cirq.rz(2.2): 1, cirq.X**0.3: 1, cirq.H**0.7: 1},
        **{cirq.CZ**0.4: 2, cirq.ISWAP**0.5: 2, cirq.SWAP**-0.3: 2, cirq.ZZ**0.2: 2},
        **{cirq.FSimGate(0.4, 0.9): 2, cirq.PhasedXZGate.from_matrix(cirq.unitary(cirq.T)): 1},
        **{cirq.CCZ: 3, cirq.CCX: 3, cirq.CSWAP: 3},
    }
    for _ in range(N_RANDOM):
        seed = int(rng.integers(2**31))
        circuit = cirq.testing.random_circuit(qubits, 12, 0.7, gate_domain=gates, random_state=seed)
        yield cirq.Circuit(cirq.H.on_each(*qubits), circuit)


def cirq_programs(rng, language):
    qubits = cirq.LineQubit.range(N_QUBITS)
    for circuit in random_cirq_circuits(rng):
        measured = circuit + cirq.Circuit(cirq.measure(*qubits, key="m"))
        program = measured.to_qasm(qubit_order=qubits, precision=16, version=language)
        yield Case(program, as_qiskit(circuit.unitary(qubit_order=qubits)))


def cirq_2(rng):
    yield from cirq_programs(rng, "2.0")


def cirq_3(rng):
    yield from cirq_programs(rng, "3.0")


def random_braket_circuit(seed, with_negative_controls):
    """Gates of every kind that Braket exports, with modifiers, and an input in some."""
    rng = np.random.default_rng(seed)
    free = [braket.circuits.FreeParameter(name) for name in ("alpha", "beta")]
    angle = lambda: free[rng.integers(2)] * 0.5 + 1.0 if rng.random() < 0.2 else rng.uniform(-3, 3)
    fixed = ["h", "x", "y", "z", "s", "si", "t", "ti", "v", "vi", "i"]
    fixed_2 = ["cnot", "cy", "cz", "cv", "swap", "iswap", "ecr"]
    angled = ["rx", "ry", "rz", "phaseshift", "gpi", "gpi2"]
    angled_2 = ["xx", "yy", "zz", "xy", "pswap", "cphaseshift"]
    angled_2 += ["cphaseshift00", "cphaseshift01", "cphaseshift10"]
    circuit = braket.circuits.Circuit()
    for qubit in range(N_QUBITS):
        circuit.ry(qubit, rng.uniform(-3, 3))
    for _ in range(30):
        a, b, c = rng.permutation(N_QUBITS)[:3].tolist()
        kind = rng.integers(9)
        if kind == 0:
            getattr(circuit, rng.choice(fixed))(a)
        elif kind == 1:
            getattr(circuit, rng.choice(fixed_2))(a, b)
        elif kind == 2:
            getattr(circuit, rng.choice(angled))(a, angle())
        elif kind == 3:
            getattr(circuit, rng.choice(angled_2))(a, b, angle())
        elif kind == 4:
            getattr(circuit, rng.choice(["ccnot", "cswap"]))(a, b, c)
        elif kind == 5:
            gate = getattr(circuit, rng.choice(fixed))
            if with_negative_controls:
                gate(a, control=[b, c], control_state=[1, 0])
            else:
                circuit.x(c)
                gate(a, control=[b, c])
                circuit.x(c)
        elif kind == 6:
            getattr(circuit, rng.choice(fixed[:4]))(a, power=rng.uniform(-2, 2), control=b)
        elif kind == 7:
            getattr(circuit, rng.choice(angled))(a, rng.uniform(-3, 3), control=b, power=-2)
        else:
            circuit.prx(a, angle(), angle()).ms(a, b, angle(), angle(), angle()).u(a, 1, 2, angle())
    return circuit


def braket_3(rng):
    for _ in range(N_RANDOM):
        seed = int(rng.integers(2**31))
        circuit = random_braket_circuit(seed, with_negative_controls=True)
        # Braket's to_unitary() gives [b, c] the control states of [c, b].
        reference = random_braket_circuit(seed, with_negative_controls=False)
        values = {name: rng.uniform(-3, 3) for name in ("alpha", "beta")}
        program = circuit.to_ir(ir_type=IRType.OPENQASM).source
        bound = reference.make_bound_circuit(values)
        yield Case(program, as_qiskit(bound.to_unitary()), values)


EXPORTERS = [
    ("Qiskit", "OpenQASM 2, `qasm2.dumps`", qiskit_2),
    ("Qiskit", "OpenQASM 3, `qasm3.dumps`", qiskit_3),
    ("Qiskit", "the same without an include: U and `ctrl @`", qiskit_3_down_to_u),
    ("Qiskit", "the same of compiled circuits: hardware qubits, delays", qiskit_3_compiled),
    ("Qiskit", "the same of circuits with parameters", qiskit_3_parameters),
    ("Cirq", "OpenQASM 2, `to_qasm`", cirq_2),
    ("Cirq", "OpenQASM 3, `to_qasm`", cirq_3),
    ("Braket", "OpenQASM 3, `to_ir`: modifiers, parameters", braket_3),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", metavar="RHODRIFT", help="the program")
    arguments = parser.parse_args()

    packages = ("qiskit", "qiskit-aer", "cirq-core", "amazon-braket-sdk", "numpy")
    print(", ".join(f"{package} {version(package)}" for package in packages), end="\n\n")
    print("| exporter | program | circuits | max abs ⟨P⟩ | max abs Δ⟨P⟩ |")
    print("|---|---|---|---|---|")
    largest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for name, what, exported in EXPORTERS:
            rows = []
            for case in exported(np.random.default_rng(SEED)):
                labels = paulis(case.circuit.num_qubits)
                means = np.array(aer_means(case.circuit, labels))
                ours = np.array(rhodrift_means(arguments.program, case, labels, folder))
                rows.append((np.abs(means).max(), np.abs(ours - means).max()))
            size, worst = np.max(rows, axis=0)
            print(f"| {name} | {what} | {len(rows)} | {size:.2f} | {worst:.1e} |", flush=True)
            largest = max(largest, worst)
    verdict = "agreement" if largest <= LIMIT else "DISAGREEMENT"
    print(f"\n{verdict}: largest difference {largest:.1e}, limit {LIMIT:.0e}")
    return 0 if largest <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
