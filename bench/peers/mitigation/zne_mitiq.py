"""Zero-noise extrapolation by mitiq on Qiskit Aer: fold, simulate, fit.

usage: zne_mitiq.py FOLDER SHOTS REPEATS

FOLDER holds device.json and the circuits 0.qasm, 1.qasm, … that compare_zne.py wrote. Prints as JSON
  {"version", "seconds": [one a repeat], "values": {method: [one a circuit]}, "peak_mb"}.
All circuits at all scale factors go to Aer in one call. In the time: folding, transpiling to Aer, simulation, counts,
fits. Not in it: reading the circuits and building the noise model. With SHOTS 0 expectations are exact.
"""

import json
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path

from mitiq.zne.inference import ExpFactory, LinearFactory, RichardsonFactory
from mitiq.zne.scaling import fold_global
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Pauli
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error

SCALE_FACTORS = [1.0, 3.0, 5.0]


def noise_of(device):
    """Depolarizing with the average infidelities of the calibration: λ = ε d/(d - 1)."""
    model = NoiseModel(basis_gates=["rz", "sx", "sxdg", "x", "cx"])
    for gate in device["gates"]:
        d = 2 ** len(gate["qubits"])
        error = depolarizing_error(gate["error"] * d / (d - 1), len(gate["qubits"]))
        names = {"sx": ["sx", "sxdg"]}.get(gate["name"], [gate["name"]])
        if gate["error"] > 0:
            model.add_quantum_error(error, names, gate["qubits"])
    return model


def expectations(circuits, simulator, shots):
    """<Z…Z> of every circuit."""
    prepared = []
    for circuit in circuits:
        run = circuit.copy()
        if shots:
            run.measure_all()
        else:
            run.save_expectation_value(Pauli("Z" * run.num_qubits), range(run.num_qubits))
        prepared.append(run)
    # The gates are Aer's own already; optimisation would undo the folds.
    result = simulator.run(transpile(prepared, simulator, optimization_level=0), shots=shots or 1).result()
    if not shots:
        return [result.data(i)["expectation_value"] for i in range(len(prepared))]
    values = []
    for i in range(len(prepared)):
        counts = result.get_counts(i)
        values.append(sum((-1) ** bits.count("1") * n for bits, n in counts.items()) / shots)
    return values


def sweep(circuits, simulator, shots):
    folded = [fold_global(circuit, scale) for circuit in circuits for scale in SCALE_FACTORS]
    measured = expectations(folded, simulator, shots)
    n = len(SCALE_FACTORS)
    values = {"linear": [], "richardson": [], "exponential": []}
    for first in range(0, len(measured), n):
        points = measured[first : first + n]
        values["linear"].append(LinearFactory.extrapolate(SCALE_FACTORS, points))
        values["richardson"].append(RichardsonFactory.extrapolate(SCALE_FACTORS, points))
        values["exponential"].append(ExpFactory.extrapolate(SCALE_FACTORS, points, asymptote=0.0))
    return values


def main():
    folder, shots, repeats = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    device = json.loads((folder / "device.json").read_text())
    circuits = []
    while (folder / f"{len(circuits)}.qasm").exists():
        circuits.append(QuantumCircuit.from_qasm_file(str(folder / f"{len(circuits)}.qasm")))
    simulator = AerSimulator(
        method="density_matrix", noise_model=noise_of(device), seed_simulator=1, max_parallel_experiments=0
    )
    sweep(circuits, simulator, shots)  # warms up
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        values = sweep(circuits, simulator, shots)
        seconds.append(time.perf_counter() - begin)
    print(
        json.dumps(
            {
                "version": f"mitiq {version('mitiq')} on qiskit-aer {version('qiskit-aer')}",
                "seconds": seconds,
                "values": {method: [float(v) for v in vs] for method, vs in values.items()},
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


main()
