"""The jobs that every peer runs, and the frame that times them.

A peer's module turns `nhea` into a circuit of its own and hands one function per job to `main`. The
function prepares all that is not in the time and returns the run that is; each process measures one
case, prints it as JSON and ends, so that no peer warms the caches or holds the threads of another.
"""

import argparse
import json
import math
import time
from typing import NamedTuple

import numpy as np

ROTATION_ERROR = 1e-3  # probability of X, Y or Z together, after a rotation
CX_ERROR = 1e-2  # probability of the 15 two-qubit Paulis together, after a cx
AMPLITUDE_DAMPING = 0.002  # on either operand after a cx
PHASE_DAMPING = 0.003  # K1 = diag(0, √0.003), after the amplitude damping

CLASSES = 4  # of training
HEAD_SCALE = 2.0

ENOUGH_SECONDS = 10  # no repeat begins beyond; rhodrift_job.cpp does the same


class Gate(NamedTuple):
    """rx, rz (a rotation by angle number `angle`) or cx, noise to follow."""

    name: str
    qubits: tuple
    angle: int | None = None


def nhea(n, layers):
    """The gates of NHEA(n, L); bench/nhea.hpp builds the same circuit.

    A rotation is followed by depolarizing, a cx by two-qubit depolarizing and then, on either
    operand, amplitude and phase damping.
    """
    for layer in range(layers):
        for q in range(n):
            k = layer * n + q
            yield Gate("rx", (q,), 2 * k)
            yield Gate("rz", (q,), 2 * k + 1)
        for i in range(n):
            yield Gate("cx", (i, (i + 1) % n))


def angles(options):
    """θ(m) of all 2 n L angles."""
    return np.array([1.3 * math.sin(1 + 0.7 * m) for m in range(2 * options.n * options.layers)])


def bindings(options):
    """One row θ(m) + 0.01 b for each binding b of a batch."""
    return np.array([angles(options) + 0.01 * b for b in range(options.batch)])


def features(options):
    """One row x_q = 0.1 (b + 1) (q + 1) for each sample b, to be encoded as RY(x_q)."""
    samples, qubits = np.arange(1, options.batch + 1), np.arange(1, options.n + 1)
    return 0.1 * np.outer(samples, qubits)


def labels(options):
    return np.arange(options.batch) % CLASSES


def head(options):
    """The scale of `logits = scale @ z + bias`, CLASSES x n, with which training begins; the bias is 0."""
    scale = np.zeros((CLASSES, options.n))
    for k in range(CLASSES):
        scale[k, k % options.n] = HEAD_SCALE
    return scale


def loss_slopes(options, z):
    """Of the mean cross-entropy at the expectations z, batch x n: its derivatives in z and, flat as in
    `Outcome.gradient`, in the head. For peers whose gradients do not go through a loss."""
    logits = z @ head(options).T
    softmax = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax /= softmax.sum(axis=1, keepdims=True)
    slopes = (softmax - np.eye(CLASSES)[labels(options)]) / options.batch
    of_head = np.concatenate([(slopes.T @ z).ravel(order="F"), slopes.sum(axis=0)])
    return slopes @ head(options), of_head


PAULIS = [
    np.eye(2, dtype=complex),
    np.array([[0, 1], [1, 0]], dtype=complex),
    np.array([[0, -1j], [1j, 0]]),
    np.diag([1, -1]).astype(complex),
]


def depolarizing_kraus(pauli_error_prob, n_qubits):
    strings = PAULIS
    for _ in range(n_qubits - 1):
        strings = [np.kron(a, b) for a in PAULIS for b in strings]
    each = pauli_error_prob / (len(strings) - 1)
    weights = [1 - pauli_error_prob] + [each] * (len(strings) - 1)
    return [math.sqrt(weight) * string for weight, string in zip(weights, strings)]


def damping_kraus():
    """Amplitude damping, then phase damping, as one channel."""
    g, p = AMPLITUDE_DAMPING, PHASE_DAMPING
    amplitude = [np.diag([1, math.sqrt(1 - g)]), np.array([[0, math.sqrt(g)], [0, 0]])]
    phase = [np.diag([1, math.sqrt(1 - p)]), np.diag([0, math.sqrt(p)])]
    products = [(after @ before).astype(complex) for after in phase for before in amplitude]
    return [kraus for kraus in products if kraus.any()]


class Outcome(NamedTuple):
    """What a run computed, as flat arrays, and what a peer says of the run itself."""

    z: np.ndarray  # <Z_q>, binding after binding or sample after sample
    gradient: np.ndarray = np.array([])  # in training: weights, scale by columns, bias
    reported_seconds: float | None = None  # by the peer's own clock
    setting: str = ""  # where the peer tried several


def main(jobs):
    """Runs the job that the command line names; the first run is a warm-up and does not count."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--job", choices=jobs, required=True)
    for name in ("n", "layers", "batch", "repeats", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    options = parser.parse_args()

    start = time.perf_counter()
    run = jobs[options.job](options)
    outcome = run()
    preparation_seconds = time.perf_counter() - start
    seconds, reported_seconds = [], []
    while len(seconds) < options.repeats and sum(seconds) < ENOUGH_SECONDS:
        elapsed, outcome = timed(run)
        seconds.append(elapsed)
        reported_seconds.append(outcome.reported_seconds)
    report = {
        "seconds": seconds,
        "z": np.asarray(outcome.z).tolist(),
        "gradient": np.asarray(outcome.gradient).tolist(),
        "preparation_seconds": preparation_seconds,
        "setting": outcome.setting,
    }
    if outcome.reported_seconds is not None:
        report["reported_seconds"] = reported_seconds
    print(json.dumps(report))


def timed(run):
    start = time.perf_counter()
    outcome = run()
    return time.perf_counter() - start, outcome
