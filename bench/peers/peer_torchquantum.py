"""torchquantum-ng: noise injection as in QuantumNAT, on pure states in single precision as it has them.

Every step draws the Paulis anew, for the whole batch; amplitude and phase damping are injected as their
Pauli twirl. One draw is no average: the figures are not those of the others.
"""

import math

import numpy as np
import torch
import torchquantum as tq
import torchquantum.functional as tqf

import job

ROTATIONS = {"rx": tqf.rx, "rz": tqf.rz}
PAULIS = [None, tqf.paulix, tqf.pauliy, tqf.pauliz]


def twirled_damping():
    """The probabilities of I, X, Y, Z."""
    x = math.sqrt((1 - job.AMPLITUDE_DAMPING) * (1 - job.PHASE_DAMPING))
    z = 1 - job.AMPLITUDE_DAMPING
    return [(1 + 2 * x + z) / 4, (1 - z) / 4, (1 - z) / 4, (1 - 2 * x + z) / 4]


def depolarizing(probability, n_paulis):
    return [1 - probability] + [probability / (n_paulis - 1)] * (n_paulis - 1)


AFTER_ROTATION = depolarizing(job.ROTATION_ERROR, 4)
AFTER_CX = depolarizing(job.CX_ERROR, 16)
DAMPING = twirled_damping()


def inject(device, random, probabilities, qubits):
    drawn = random.choice(len(probabilities), p=probabilities)
    for qubit in qubits:
        drawn, pauli = divmod(drawn, 4)
        if pauli:
            PAULIS[pauli](device, qubit)


def train(options):
    random = np.random.default_rng(1)
    features = torch.tensor(job.features(options), dtype=torch.float32)
    labels = torch.tensor(job.labels(options))
    weights = torch.tensor(job.angles(options), dtype=torch.float32, requires_grad=True)
    scale = torch.tensor(job.head(options), dtype=torch.float32, requires_grad=True)
    bias = torch.zeros(job.CLASSES, requires_grad=True)
    gates = list(job.nhea(options.n, options.layers))
    torch.set_num_threads(options.threads)

    def expectations():
        device = tq.QuantumDevice(n_wires=options.n, bsz=options.batch)
        for q in range(options.n):
            tqf.ry(device, q, params=features[:, q : q + 1])
        for gate in gates:
            if gate.name == "cx":
                tqf.cnot(device, list(gate.qubits))
                inject(device, random, AFTER_CX, gate.qubits)
                for q in gate.qubits:
                    inject(device, random, DAMPING, [q])
            else:
                ROTATIONS[gate.name](device, gate.qubits[0], params=weights[gate.angle])
                inject(device, random, AFTER_ROTATION, gate.qubits)
        return tq.measurement.expval(device, list(range(options.n)), [tq.PauliZ()] * options.n)

    def run():
        for parameter in (weights, scale, bias):
            parameter.grad = None
        z = expectations()
        torch.nn.functional.cross_entropy(z @ scale.T + bias, labels).backward()
        gradient = np.concatenate([weights.grad, scale.grad.T.ravel(), bias.grad])
        return job.Outcome(z.detach().numpy().ravel(), gradient)

    return run


if __name__ == "__main__":
    job.main({"train": train})
