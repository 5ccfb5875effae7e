"""Circuits to compile, as OpenQASM 2: the kinds that QASMBench holds (A. Li et al., ACM TQC 4, 10
(2023)), written out from their definitions. `circuits()` gives (name, text) pairs."""

import math
import random


class Program:
    """Collects the lines of an OpenQASM 2 program on one register."""

    def __init__(self, n_qubits):
        self.n_qubits = n_qubits
        self.lines = []

    def __getattr__(self, gate):
        def add(*operands):
            angles = [repr(a) for a in operands if isinstance(a, float)]
            qubits = [f"q[{q}]" for q in operands if not isinstance(q, float)]
            call = f"{gate}({','.join(angles)})" if angles else gate
            self.lines.append(f"{call} {','.join(qubits)};")

        return add

    def text(self):
        n = self.n_qubits
        head = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{n}];", f"creg c[{n}];"]
        return "\n".join([*head, *self.lines, "measure q -> c;"]) + "\n"


def ghz(n):
    p = Program(n)
    p.h(0)
    for q in range(1, n):
        p.cx(q - 1, q)
    return p


def ghz_star(n):
    p = Program(n)
    p.h(0)
    for q in range(1, n):
        p.cx(0, q)
    return p


def add_qft(p, qubits, sign=1.0):
    for i in reversed(range(len(qubits))):
        p.h(qubits[i])
        for j in reversed(range(i)):
            p.cu1(sign * math.pi / 2 ** (i - j), qubits[j], qubits[i])


def qft(n, swaps=True):
    p = Program(n)
    for q in range(0, n, 2):
        p.x(q)
    add_qft(p, range(n))
    if swaps:
        for q in range(n // 2):
            p.swap(q, n - 1 - q)
    return p


def qpe(n):
    """Phase estimation of a phase gate, the eigenstate on the last qubit."""
    p = Program(n + 1)
    p.x(n)
    for q in range(n):
        p.h(q)
        p.cu1(math.remainder(2 * math.pi * 0.3141 * 2**q, 2 * math.pi), q, n)
    for q in range(n // 2):
        p.swap(q, n - 1 - q)
    for i in range(n):
        for j in range(i):
            p.cu1(-math.pi / 2 ** (i - j), j, i)
        p.h(i)
    return p


def regular_graph(n, degree, rng):
    while True:
        ends = [q for q in range(n) for _ in range(degree)]
        rng.shuffle(ends)
        edges = {tuple(sorted(pair)) for pair in zip(ends[::2], ends[1::2])}
        if len(edges) == n * degree // 2 and all(a != b for a, b in edges):
            return sorted(edges)


def qaoa(n, layers, seed):
    rng = random.Random(seed)
    edges = regular_graph(n, 3, rng)
    p = Program(n)
    for q in range(n):
        p.h(q)
    for _ in range(layers):
        gamma, beta = rng.uniform(0, math.pi), rng.uniform(0, math.pi)
        for a, b in edges:
            p.rzz(gamma, a, b)
        for q in range(n):
            p.rx(beta, q)
    return p


def vqe(n, layers, entanglement, seed):
    """Ry, Rz and cx: "linear", "ring" or "full"."""
    rng = random.Random(seed)
    pairs = {
        "linear": [(q, q + 1) for q in range(n - 1)],
        "ring": [(q, (q + 1) % n) for q in range(n)],
        "full": [(a, b) for a in range(n) for b in range(a + 1, n)],
    }[entanglement]
    p = Program(n)
    for layer in range(layers + 1):
        for q in range(n):
            p.ry(rng.uniform(-3, 3), q)
            p.rz(rng.uniform(-3, 3), q)
        for a, b in pairs if layer < layers else []:
            p.cx(a, b)
    return p


def uccsd(n, terms, seed):
    """Exponentials of random Pauli strings, each as a ladder of cx."""
    rng = random.Random(seed)
    p = Program(n)
    for q in range(n // 2):
        p.x(q)
    for _ in range(terms):
        qubits = sorted(rng.sample(range(n), rng.choice([2, 4])))
        paulis = [rng.choice("XYZ") for _ in qubits]
        before = {"X": lambda q: p.h(q), "Y": lambda q: p.rx(math.pi / 2, q), "Z": lambda q: None}
        after = {**before, "Y": lambda q: p.rx(-math.pi / 2, q)}
        for pauli, q in zip(paulis, qubits):
            before[pauli](q)
        for a, b in zip(qubits, qubits[1:]):
            p.cx(a, b)
        p.rz(rng.uniform(-1, 1), qubits[-1])
        for a, b in reversed(list(zip(qubits, qubits[1:]))):
            p.cx(a, b)
        for pauli, q in zip(paulis, qubits):
            after[pauli](q)
    return p


def ripple_adder(bits):
    """Cuccaro, Draper, Kutin, Petrie Moulton (quant-ph/0410184): carry, a and b interleaved."""
    p = Program(2 * bits + 2)
    a, b = [2 * i + 2 for i in range(bits)], [2 * i + 1 for i in range(bits)]
    for i in range(bits):
        if i % 2 == 0:
            p.x(a[i])
        p.x(b[i])
    chain = [0, *a]
    for i in range(bits):
        p.cx(a[i], b[i])
        p.cx(a[i], chain[i])
        p.ccx(chain[i], b[i], a[i])
    p.cx(a[-1], 2 * bits + 1)
    for i in reversed(range(bits)):
        p.ccx(chain[i], b[i], a[i])
        p.cx(a[i], chain[i])
        p.cx(chain[i], b[i])
    return p


def draper_adder(bits):
    p = Program(2 * bits)
    p.x(0)
    p.x(bits)
    target = range(bits, 2 * bits)
    add_qft(p, target)
    for i in range(bits):
        for j in range(i + 1):
            p.cu1(math.pi / 2 ** (i - j), j, bits + i)
    for i in range(bits):
        for j in range(i):
            p.cu1(-math.pi / 2 ** (i - j), bits + j, bits + i)
        p.h(bits + i)
    return p


def bernstein_vazirani(n):
    p = Program(n)
    p.x(n - 1)
    for q in range(n):
        p.h(q)
    for q in range(n - 1):
        if q % 3 != 1:
            p.cx(q, n - 1)
    for q in range(n - 1):
        p.h(q)
    return p


def w_state(n):
    p = Program(n)
    p.x(n - 1)
    for q in reversed(range(1, n)):
        theta = math.acos(math.sqrt(1 / (q + 1)))
        p.ry(-theta, q - 1)
        p.cz(q, q - 1)
        p.ry(theta, q - 1)
    for q in reversed(range(1, n)):
        p.cx(q - 1, q)
    return p


def grover(n, rounds):
    """Marks |1…1> of n qubits; n - 2 more hold the steps of the controls."""
    p = Program(2 * n - 2)

    def controlled_z():
        p.h(n - 1)
        p.ccx(0, 1, n)
        for k in range(2, n - 1):
            p.ccx(k, n + k - 2, n + k - 1)
        p.cx(2 * n - 3, n - 1)
        for k in reversed(range(2, n - 1)):
            p.ccx(k, n + k - 2, n + k - 1)
        p.ccx(0, 1, n)
        p.h(n - 1)

    for q in range(n):
        p.h(q)
    for _ in range(rounds):
        controlled_z()
        for q in range(n):
            p.h(q)
            p.x(q)
        controlled_z()
        for q in range(n):
            p.x(q)
            p.h(q)
    return p


def toffoli_chain(n):
    p = Program(n)
    p.x(0)
    p.x(1)
    for q in range(n - 2):
        p.ccx(q, q + 1, q + 2)
    return p


def swap_test(n):
    """Of two states of n qubits each."""
    p = Program(2 * n + 1)
    for q in range(1, n + 1):
        p.ry(0.3 * q, q)
        p.ry(0.5 * q, n + q)
    p.h(0)
    for q in range(1, n + 1):
        p.cswap(0, q, n + q)
    p.h(0)
    return p


def trotter(n, steps, ring):
    """Heisenberg model with a field."""
    p = Program(n)
    p.lines.append("gate ryy(a) p,q { sdg p; sdg q; rxx(a) p,q; s p; s q; }")
    for q in range(0, n, 2):
        p.x(q)
    for _ in range(steps):
        for start in (0, 1):
            for q in range(start, n if ring else n - 1, 2):
                other = (q + 1) % n
                p.rxx(0.2, q, other)
                p.ryy(0.2, q, other)
                p.rzz(0.2, q, other)
        for q in range(n):
            p.rz(0.1 + 0.05 * q, q)
    return p


def qnn(n, layers, seed):
    """A ZZ feature map, then a real-amplitudes ansatz."""
    rng = random.Random(seed)
    p = Program(n)
    x = [rng.uniform(0, 1) for _ in range(n)]
    for q in range(n):
        p.h(q)
        p.u1(2 * x[q], q)
    for a in range(n):
        for b in range(a + 1, n):
            p.cx(a, b)
            p.u1(2 * (math.pi - x[a]) * (math.pi - x[b]), b)
            p.cx(a, b)
    for _ in range(layers):
        for q in range(n):
            p.ry(rng.uniform(-3, 3), q)
        for q in range(n - 1):
            p.cx(q, q + 1)
    return p


def random_pairs(n, gates, seed):
    rng = random.Random(seed)
    p = Program(n)
    for _ in range(gates):
        a, b = rng.sample(range(n), 2)
        for q in (a, b):
            p.u3(rng.uniform(0, 3), rng.uniform(-3, 3), rng.uniform(-3, 3), q)
        p.cx(a, b)
    return p


def quantum_volume(n, seed):
    """n layers of three cx with random rotations between them on random pairs."""
    rng = random.Random(seed)
    p = Program(n)
    for _ in range(n):
        order = rng.sample(range(n), n)
        for a, b in zip(order[::2], order[1::2]):
            for k in range(4):
                for q in (a, b):
                    p.u3(rng.uniform(0, 3), rng.uniform(-3, 3), rng.uniform(-3, 3), q)
                if k < 3:
                    p.cx(a, b)
    return p


def clifford(n, gates, seed):
    rng = random.Random(seed)
    p = Program(n)
    for _ in range(gates):
        p.h(rng.randrange(n))
        p.s(rng.randrange(n))
        p.cx(*rng.sample(range(n), 2))
    return p


def iqp(n, seed):
    rng = random.Random(seed)
    p = Program(n)
    for q in range(n):
        p.h(q)
    for a in range(n):
        p.u1(rng.uniform(-3, 3), a)
        for b in range(a + 1, n):
            if rng.random() < 0.5:
                p.cu1(rng.choice([1, 2, 3]) * math.pi / 2, a, b)
    for q in range(n):
        p.h(q)
    return p


def circuits():
    programs = {
        "ghz-8": ghz(8),
        "ghz-20": ghz(20),
        "ghz-star-12": ghz_star(12),
        "qft-5": qft(5),
        "qft-10": qft(10),
        "qft-16": qft(16),
        "qft-8 without swaps": qft(8, swaps=False),
        "qpe-7": qpe(7),
        "qaoa-8, 1 layer": qaoa(8, 1, 1),
        "qaoa-12, 2 layers": qaoa(12, 2, 2),
        "qaoa-18, 1 layer": qaoa(18, 1, 3),
        "vqe-10 linear": vqe(10, 3, "linear", 4),
        "vqe-12 ring": vqe(12, 3, "ring", 5),
        "vqe-6 full": vqe(6, 2, "full", 6),
        "vqe-9 full": vqe(9, 2, "full", 7),
        "uccsd-6": uccsd(6, 16, 8),
        "uccsd-10": uccsd(10, 24, 9),
        "adder-10": ripple_adder(4),
        "adder-18": ripple_adder(8),
        "draper adder-8": draper_adder(4),
        "bv-12": bernstein_vazirani(12),
        "bv-19": bernstein_vazirani(19),
        "w-state-10": w_state(10),
        "grover-6": grover(4, 2),
        "grover-8": grover(5, 1),
        "toffoli chain-8": toffoli_chain(8),
        "swap test-9": swap_test(4),
        "heisenberg-10": trotter(10, 3, ring=False),
        "heisenberg-8 ring": trotter(8, 2, ring=True),
        "qnn-6": qnn(6, 2, 10),
        "qnn-10": qnn(10, 2, 11),
        "random-6": random_pairs(6, 30, 12),
        "random-10": random_pairs(10, 60, 13),
        "random-16": random_pairs(16, 80, 14),
        "volume-6": quantum_volume(6, 15),
        "volume-10": quantum_volume(10, 16),
        "clifford-8": clifford(8, 60, 17),
        "clifford-14": clifford(14, 100, 18),
        "iqp-8": iqp(8, 19),
        "iqp-12": iqp(12, 20),
    }
    return [(name, program.text()) for name, program in programs.items()]
