"""mindquantum: the simulator `mqmatrix`, with its own gradient."""

import ctypes
import sys
from pathlib import Path

import numpy as np

import job

ctypes.CDLL(Path(sys.prefix, "pow_finite.so"), ctypes.RTLD_GLOBAL)  # before mindquantum's own

from mindquantum.core.circuit import Circuit
from mindquantum.core.gates import (
    RX,
    RY,
    RZ,
    AmplitudeDampingChannel,
    DepolarizingChannel,
    KrausChannel,
    PhaseDampingChannel,
    X,
)
from mindquantum.core.operators import Hamiltonian, QubitOperator
from mindquantum.simulator import Simulator


def depolarizing(pauli_error_prob, n_qubits):
    """Its probability is that of all Paulis, the identity among them."""
    n_paulis = 4**n_qubits
    return DepolarizingChannel(pauli_error_prob * n_paulis / (n_paulis - 1), n_qubits)


# One Kraus channel is faster than two named ones, but its gradient is wrong (0.12.0).
ONE_DAMPING = [KrausChannel("damping", job.damping_kraus())]
TWO_DAMPINGS = [
    AmplitudeDampingChannel(job.AMPLITUDE_DAMPING),
    PhaseDampingChannel(job.PHASE_DAMPING),
]


def circuit_of(options, damping):
    circuit = Circuit()
    for gate in job.nhea(options.n, options.layers):
        if gate.name == "cx":
            control, target = gate.qubits
            circuit += X.on(target, control)
            circuit += depolarizing(job.CX_ERROR, 2).on([control, target])
            for q in gate.qubits:
                for channel in damping:
                    circuit += channel.on(q)
        else:
            (q,) = gate.qubits
            circuit += {"rx": RX, "rz": RZ}[gate.name](f"w{gate.angle}").on(q)
            circuit += depolarizing(job.ROTATION_ERROR, 1).on(q)
    return circuit


def every_z(options):
    return [Hamiltonian(QubitOperator(f"Z{q}")) for q in range(options.n)]


def forward(options):
    circuit = circuit_of(options, ONE_DAMPING)
    observables = every_z(options)
    rows = job.bindings(options)
    simulator = Simulator("mqmatrix", options.n)

    def expectations(angles):
        simulator.reset()
        simulator.apply_circuit(circuit, angles)
        return [simulator.get_expectation(z).real for z in observables]

    return lambda: job.Outcome([z for angles in rows for z in expectations(angles)])


def gradient(options):
    weights = job.angles(options)
    function = Simulator("mqmatrix", options.n).get_expectation_with_grad(
        every_z(options)[:1], circuit_of(options, TWO_DAMPINGS), parallel_worker=options.threads
    )

    def run():
        values, slopes = function(weights)
        return job.Outcome(values.real.ravel(), slopes.real.ravel())

    return run


def train(options):
    weights, features = job.angles(options), job.features(options)
    encoder = Circuit([RY(f"x{q}").on(q) for q in range(options.n)]).as_encoder()
    function = Simulator("mqmatrix", options.n).get_expectation_with_grad(
        every_z(options),
        encoder + circuit_of(options, TWO_DAMPINGS),
        parallel_worker=options.threads,
    )

    def run():
        values, _, jacobian = function(features, weights)
        slopes, of_head = job.loss_slopes(options, values.real)
        of_weights = np.einsum("bk,bkm->m", slopes, jacobian.real)
        return job.Outcome(values.real.ravel(), np.concatenate([of_weights, of_head]))

    return run


if __name__ == "__main__":
    job.main({"forward": forward, "gradient": gradient, "train": train})
