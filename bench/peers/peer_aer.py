"""qiskit-aer: the density-matrix method, with the settings that are fastest for the case.

Gradients are by parameter shift, all circuits in one job. Aer binds the parameters itself; the
circuit is split over as many experiments as there are threads, which Aer runs in parallel.
"""

import copy
import itertools
from typing import NamedTuple

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import Kraus, SuperOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, QuantumError

import job


class Setting(NamedTuple):
    """What is tried. Kraus instructions are left out: Aer turns them into superoperators."""

    noise: str
    fusion_qubits: int  # 0: no fusion

    def __str__(self):
        fused = f"up to {self.fusion_qubits} qubits" if self.fusion_qubits else "off"
        return f"{self.noise}, fusion {fused}"


SETTINGS = [Setting(*s) for s in itertools.product(("noise model", "superoperators"), (0, 1, 2))]

DAMPING = SuperOp(Kraus(job.damping_kraus()))
AFTER_ROTATION = SuperOp(Kraus(job.depolarizing_kraus(job.ROTATION_ERROR, 1)))
AFTER_CX = SuperOp(Kraus(job.depolarizing_kraus(job.CX_ERROR, 2))) & DAMPING.tensor(DAMPING)


class Simulation:
    """One circuit, ready to run with many bindings: rows of features (in training) and weights."""

    def __init__(self, options, setting, encode=False):
        self.n_parts = options.threads
        weights = ParameterVector("w", 2 * options.n * options.layers)
        features = ParameterVector("x", options.n if encode else 0)
        self.parameters = [*features, *weights]

        self.circuit = QuantumCircuit(options.n)
        for q, feature in enumerate(features):
            self.circuit.ry(feature, q)
        in_circuit = setting.noise == "superoperators"
        for gate in job.nhea(options.n, options.layers):
            angle = [] if gate.angle is None else [weights[gate.angle]]
            getattr(self.circuit, gate.name)(*angle, *gate.qubits)
            if in_circuit:
                self.circuit.append(AFTER_CX if gate.name == "cx" else AFTER_ROTATION, gate.qubits)
        self.circuit.save_probabilities()

        model = NoiseModel()
        model.add_all_qubit_quantum_error(QuantumError(AFTER_ROTATION), ["rx", "rz"])
        model.add_all_qubit_quantum_error(QuantumError(AFTER_CX), ["cx"])
        self.simulator = AerSimulator(
            method="density_matrix",
            noise_model=None if in_circuit else model,
            fusion_enable=setting.fusion_qubits > 0,
            fusion_threshold=1,
            fusion_max_qubit=setting.fusion_qubits,
            max_parallel_threads=options.threads,
            max_parallel_experiments=options.threads,
            runtime_parameter_bind_enable=True,
        )
        outcomes, qubits = np.arange(2**options.n), np.arange(options.n)
        self.signs = 1 - 2 * (outcomes[:, None] >> qubits & 1)

    def run(self, rows):
        """<Z_q> of every row, and the seconds that Aer itself reports for the simulation."""
        parts = np.array_split(rows, min(self.n_parts, len(rows)))
        binds = [dict(zip(self.parameters, part.T.tolist())) for part in parts]
        circuits = [self.circuit] * len(parts)
        result = self.simulator.run(circuits, shots=1, parameter_binds=binds).result()
        probabilities = [result.data(row)["probabilities"] for row in range(len(rows))]
        seconds = [result.metadata["time_taken_execute"], sum(r.time_taken for r in result.results)]
        return probabilities @ self.signs, min(seconds)


def fastest_setting(options):
    """Tried on one binding of the circuit, from 8 qubits on of one layer on at most 10 qubits."""
    probe = copy.copy(options)
    if options.n >= 8:
        probe.n, probe.layers = min(options.n, 10), 1

    def seconds(setting):
        simulation = Simulation(probe, setting)
        return min(simulation.run(job.angles(probe)[None])[1] for _ in range(3))

    return min(SETTINGS, key=seconds)


def shifted(weights):
    """The weights, then each of them shifted up, then each of them shifted down."""
    shifts = np.pi / 2 * np.eye(len(weights))
    return np.vstack([weights, weights + shifts, weights - shifts])


def forward(options):
    setting = fastest_setting(options)
    simulation = Simulation(options, setting)
    rows = job.bindings(options)

    def run():
        z, seconds = simulation.run(rows)
        return job.Outcome(z.ravel(), reported_seconds=seconds, setting=str(setting))

    return run


def gradient(options):
    setting = fastest_setting(options)
    simulation = Simulation(options, setting)
    rows = shifted(job.angles(options))

    def run():
        z, seconds = simulation.run(rows)
        up, down = np.split(z[1:, 0], 2)
        return job.Outcome(z[:1, 0], (up - down) / 2, seconds, str(setting))

    return run


def train(options):
    setting = fastest_setting(options)
    simulation = Simulation(options, setting, encode=True)
    weights = shifted(job.angles(options))
    rows = np.array([[*x, *w] for x in job.features(options) for w in weights])

    def run():
        z, seconds = simulation.run(rows)
        z = z.reshape(options.batch, len(weights), options.n)
        up, down = np.split(z[:, 1:], 2, axis=1)
        slopes, of_head = job.loss_slopes(options, z[:, 0])
        of_weights = np.einsum("bk,bmk->m", slopes, (up - down) / 2)
        gradient = np.concatenate([of_weights, of_head])
        return job.Outcome(z[:, 0].ravel(), gradient, seconds, str(setting))

    return run


if __name__ == "__main__":
    job.main({"forward": forward, "gradient": gradient, "train": train})
