"""Zero-noise extrapolation side by side: rhodrift and mitiq on Qiskit Aer. Prints a Markdown table.

usage: compare_zne.py PROGRAM [--rounds N] [--circuits N]

A sweep is N random native circuits of n qubits, each folded to 1, 3 and 5 times its gates, simulated with depolarizing
noise, sampled, and extrapolated by a line, Richardson and an exponential. Both sides take turns, each in a process of
its own. Before the times, the exact values (no shots) of both have to agree: exit status 1 when one differs by more
than 1e-9. The exponential is not compared: mitiq fits a line to logarithms, rhodrift an exponential to the values.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LIMITS = {"linear": 1e-9, "richardson": 1e-9}


def write_device(folder, n):
    qubits = [{"readout": {"p10": 0.0, "p01": 0.0}} for _ in range(n)]
    pairs = [[q, q + 1] for q in range(n - 1)]
    gates = []
    for q in range(n):
        gates += [
            {"name": "rz", "qubits": [q], "error": 0.0, "duration_s": 0.0},
            {"name": "sx", "qubits": [q], "error": 4e-4, "duration_s": 3.5e-8},
            {"name": "x", "qubits": [q], "error": 4e-4, "duration_s": 3.5e-8},
        ]
    gates += [{"name": "cx", "qubits": pair, "error": 8e-3, "duration_s": 3e-7} for pair in pairs]
    device = {
        "schema_version": 1,
        "kind": "snapshot",
        "device": "line",
        "vendor": "nobody",
        "provenance": {"source": "made up for a benchmark", "licence": "CC0-1.0", "importer": "none"},
        "native_gates": ["rz", "sx", "x", "cx"],
        "coupling": pairs,
        "timestamp": "2026-01-01T00:00:00Z",
        "qubits": qubits,
        "gates": gates,
        "zz_couplings": [],
        "readout_matrices": [],
        "repairs": [],
    }
    (folder / "device.json").write_text(json.dumps(device))


def write_circuits(folder, n, n_circuits):
    rng = random.Random(20260101)
    for c in range(n_circuits):
        lines = ["OPENQASM 2.0;", 'include "qelib1.inc";', f"qreg q[{n}];"]
        for layer in range(6):
            for q in range(n):
                lines += [f"rz({rng.uniform(-0.5, 0.5)}) q[{q}];", f"sx q[{q}];"] if layer % 2 else []
                lines.append(f"rz({rng.uniform(-0.5, 0.5)}) q[{q}];")
            lines += [f"cx q[{q}],q[{q + 1}];" for q in range(layer % 2, n - 1, 2)]
        (folder / f"{c}.qasm").write_text("\n".join(lines) + "\n")


def run(command, folder, shots, repeats):
    answer = subprocess.run(
        [*command, folder, str(shots), str(repeats)], stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(answer.stdout)


def worst_difference(ours, theirs):
    return {m: max(abs(a - b) for a, b in zip(ours["values"][m], theirs["values"][m])) for m in LIMITS}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--circuits", type=int, default=20)
    options = parser.parse_args()
    sides = {"rhodrift": [options.program], "mitiq": [sys.executable, str(HERE / "zne_job.py")]}
    agree = True
    rows = []
    for n, shots in [(4, 8192), (6, 8192), (8, 8192)]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_device(folder, n)
            write_circuits(folder, n, options.circuits)
            exact = {side: run(command, folder, 0, 1) for side, command in sides.items()}
            difference = worst_difference(exact["rhodrift"], exact["mitiq"])
            agree &= all(difference[m] <= LIMITS[m] for m in LIMITS)
            seconds = {side: [] for side in sides}
            for _ in range(options.rounds):
                for side, command in sides.items():
                    seconds[side] += run(command, folder, shots, 3)["seconds"]
            ours, theirs = (statistics.median(seconds[side]) for side in sides)
            rows.append((n, shots, ours, theirs, difference))
    print(f"{exact['rhodrift']['version']} beside {exact['mitiq']['version']}, {os.cpu_count()} cores\n")
    print("| qubits | circuits | shots | rhodrift, s | mitiq, s | ratio | max difference, exact: linear, Richardson |")
    print("|---|---|---|---|---|---|---|")
    for n, shots, ours, theirs, difference in rows:
        worst = ", ".join(f"{difference[m]:.1e}" for m in LIMITS)
        print(f"| {n} | {options.circuits} × 3 | {shots} | {ours:.4f} | {theirs:.3f} | {theirs / ours:.0f} | {worst} |")
    sys.exit(0 if agree else 1)


main()
