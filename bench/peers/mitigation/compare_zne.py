"""Zero-noise extrapolation by rhodrift and by mitiq on Qiskit Aer.

A sweep is some random native circuits of n qubits, each folded to 1, 3 and 5 times its gates, simulated with
depolarizing noise, sampled, and extrapolated by a line, Richardson and an exponential. Both sides take turns, each in a
process of its own, and warm up with a sweep that is not timed. The exact values (no shots) of both have to agree. The
exponential is not compared: mitiq fits a line to logarithms, rhodrift an exponential to the values.
"""

import json
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIZES = [4, 6, 8]
SHOTS = 8192
REPEATS = 3
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


def table(rows, n_circuits):
    lines = [
        "| qubits | circuits | rhodrift | mitiq | mitiq / rhodrift | max abs Δ, exact: linear, Richardson |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for n, ours, theirs, difference in rows:
        worst = ", ".join(f"{difference[m]:.1e}" for m in LIMITS)
        lines.append(f"| {n} | {n_circuits} × 3 | {1e3 * ours:.0f} ms | {theirs:.2f} s | {theirs / ours:.0f}× | {worst} |")
    return lines


def section(rows, versions, n_circuits):
    return "\n".join(
        [
            "## Zero-noise extrapolation beside mitiq on Aer",
            "",
            f"{n_circuits} random circuits of rz, sx and cx (6 layers of cx), folded as a whole to 1, 3 and 5 times their "
            f"gates, run with depolarizing noise, {SHOTS} shots each, ⟨Z…Z⟩ extrapolated by a line, Richardson and an "
            "exponential: folding, compiling, simulation, counts and fits, all circuits in one call. Both have warmed "
            "up with a whole sweep; median of the sweeps. Before, exact values are compared.",
            "",
            f"{versions['mitiq']}, density matrices, on both cores.",
            "",
            *table(rows, n_circuits),
            "",
        ]
    )


def measure(arguments, sides, n):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_device(folder, n)
        write_circuits(folder, n, arguments.circuits)
        exact = {side: run(command, folder, 0, 1) for side, command in sides.items()}
        seconds = {side: [] for side in sides}
        for _ in range(arguments.rounds):
            for side, command in sides.items():
                seconds[side] += run(command, folder, SHOTS, REPEATS)["seconds"]
                print(f"zne, {n} qubits: {side} {seconds[side][-REPEATS:]}", file=sys.stderr)
    ours, theirs = (statistics.median(seconds[side]) for side in sides)
    versions = {side: answer["version"] for side, answer in exact.items()}
    return (n, ours, theirs, worst_difference(exact["rhodrift"], exact["mitiq"])), versions


def add_options(parser):
    parser.add_argument("--circuits", type=int, default=20, help="of a sweep of zero-noise extrapolation")


def compare(arguments):
    """The section of the page, and in words what does not agree."""
    sides = {"rhodrift": [arguments.programs / "peers_zne"], "mitiq": [sys.executable, HERE / "zne_mitiq.py"]}
    rows = []
    for n in SIZES:
        row, versions = measure(arguments, sides, n)
        rows.append(row)
    apart = [
        f"zne, {n} qubits: {m} values differ by more than {LIMITS[m]:.0e}"
        for n, _, _, difference in rows
        for m in LIMITS
        if not difference[m] <= LIMITS[m]
    ]
    return section(rows, versions, arguments.circuits), apart
