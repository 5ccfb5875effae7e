#!/usr/bin/env python3
"""Times rhodrift and the released packages on the same jobs and writes a page of docs/.

Every measurement is a process of its own, with as many cores as it may have threads. The processes
take turns (rhodrift, peer, peer, …, rhodrift, …), so that a machine that slows down slows all of
them. A peer that reports its own simulation time is given the smaller of that and the wall time.
"""

import argparse
import datetime
import json
import os
import platform
import re
import resource
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"
OURS = "rhodrift"
MODULES = {  # of a peer, by its distribution
    "qiskit-aer": "peer_aer.py",
    "qiskit-machine-learning": "peer_qiskit_ml.py",
    "qulacs": "peer_qulacs.py",
    "mindquantum": "peer_mindquantum.py",
    "pennylane": "peer_pennylane.py",
    "tensorcircuit-ng": "peer_tensorcircuit.py",
    "torchquantum-ng": "peer_torchquantum.py",
}
INEXACT = ("torchquantum-ng",)  # one draw of the noise: its figures are not to agree with the others
AGREEMENT = 1e-12  # exit status 1 beyond
QUICK_N = 6
LONG_SECONDS = 1  # a run that takes longer is measured in one round only
VERY_LONG_SECONDS = 60  # a run that will take longer is asked of the fastest peers only …
NEARLY_FASTEST = 1.2  # … those that took at most so many times the least at the last size
REPEATS = 20


@dataclass(frozen=True, eq=False)
class Table:
    title: str
    text: str
    job: str
    layers: dict  # by qubits
    batch: int = 1
    per_circuit: bool = False
    without: tuple = ()  # the peers that cannot do it


class Page(NamedTuple):
    file: Path
    title: str
    tables: dict
    peers: tuple


def ten_layers(*sizes):
    return dict.fromkeys(sizes, 10)


PAGES = {
    "simulation": Page(
        DOCS / "benchmarks.md",
        "Beside the released simulators",
        {
            "forward": Table(
                "Forward",
                "⟨Z_q⟩ for all q of the noisy ansatz NHEA(n, 10).",
                "forward",
                ten_layers(4, 6, 8, 10, 12, 13),
            ),
            "batch": Table(
                "Forward, 256 bindings",
                "The same circuit with 256 sets of angles, time per set.",
                "forward",
                ten_layers(4, 6),
                batch=256,
                per_circuit=True,
            ),
            "gradient": Table(
                "Gradient",
                "⟨Z_0⟩ of NHEA(n, 10) and its derivatives in all 20 n angles; Aer by parameter shift.",
                "gradient",
                ten_layers(4, 6, 8),
                without=("qulacs",),
            ),
        },
        ("qiskit-aer", "qulacs", "mindquantum", "pennylane", "tensorcircuit-ng"),
    ),
    "training": Page(
        DOCS / "benchmarks-training.md",
        "A training step beside the released packages",
        {
            "train": Table(
                "Training step",
                "Loss and full gradient of a noisy classifier on 64 samples of four classes: an RY encoding, "
                "NHEA(4, 4) or NHEA(10, 2), ⟨Z_q⟩ of all qubits, an affine head, the mean cross-entropy; the "
                "gradient is in all 2 n L angles and in the head. pennylane is default.mixed with "
                "backpropagation through jax; qiskit-machine-learning is its EstimatorQNN on Aer's density "
                "matrix, and qiskit-aer Aer without it, both by parameter shift; tensorcircuit-ng and "
                "mindquantum differentiate as they do by default. They are all exact and agree. "
                "torchquantum-ng injects noise as QuantumNAT does: Paulis that are drawn once a step "
                "(damping by its Pauli twirl) and pure states, which is one draw of the average that the "
                "others compute.",
                "train",
                {4: 4, 10: 2},
                batch=64,
            ),
        },
        (
            "pennylane",
            "qiskit-machine-learning",
            "torchquantum-ng",
            "tensorcircuit-ng",
            "qiskit-aer",
            "mindquantum",
        ),
    ),
}


class Case(NamedTuple):
    table: Table
    n: int
    threads: int

    def layers(self):
        return self.table.layers[self.n]

    def __str__(self):
        return f"{self.table.title}, n = {self.n}, threads = {self.threads}"


class Measured(NamedTuple):
    """What one participant's processes printed for a case, one report a round."""

    reports: list

    def wall(self):
        return median(s for report in self.reports for s in report["seconds"])

    def reported(self):
        own = [s for report in self.reports for s in report.get("reported_seconds", [])]
        return median(own) if own else None

    def seconds(self):
        return min(self.wall(), self.reported() or self.wall())


def measure(command, case, limit, folder):
    """The report of one process, or in words why there is none."""
    threads = str(case.threads)
    options = {
        "job": case.table.job,
        "n": case.n,
        "layers": case.layers(),
        "batch": case.table.batch,
        "repeats": REPEATS,
        "threads": threads,
    }
    environment = {
        **os.environ,
        **{f"{library}_NUM_THREADS": threads for library in ("OMP", "OPENBLAS", "MKL")},
        # else two threads may spin on one core while the other is idle
        "OMP_PROC_BIND": "true",
        # so that a jitted circuit compiles in the first round only
        "JAX_COMPILATION_CACHE_DIR": folder,
    }

    def confine():
        """Pools that count cores get the threads; who wants all the memory fails by itself."""
        os.sched_setaffinity(0, cores()[: case.threads])
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    try:
        process = subprocess.run(
            [*command, *(f"--{name}={value}" for name, value in options.items())],
            capture_output=True,
            env=environment,
            preexec_fn=confine,
            text=True,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return f"> {limit:g} s"
    if process.returncode != 0:
        return f"failed: {last_line(process.stderr) or f'exit status {process.returncode}'}"
    return json.loads(last_line(process.stdout))


def measure_in_turns(case, participants, rounds, limit, folder):
    """For each participant what it measured, or in words why there is nothing."""
    reports = {name: [] for name in participants}
    excuses = {}

    def averages_itself(name):
        return any(report["seconds"][0] > LONG_SECONDS for report in reports[name])

    for _ in range(rounds):
        for name, command in participants.items():
            if name in excuses or averages_itself(name):
                continue
            outcome = measure(command, case, limit, folder)
            if isinstance(outcome, str):
                excuses[name] = outcome
                print(f"{case}: {name} {outcome}", file=sys.stderr)
            else:
                reports[name].append(outcome)
                time = duration(median(outcome["seconds"]))
                print(f"{case}: {name} {time}", file=sys.stderr)
    if OURS in excuses:
        sys.exit(f"{case}: {OURS} {excuses[OURS]}")
    return {name: excuses.get(name) or Measured(reports[name]) for name in participants}


def too_long(case, earlier, limit):
    """In words, for the peers whose last time, grown by 4 a qubit and with the layers, leaves no room
    for a warm-up and a run, or is very long and not among the shortest."""
    if earlier is None:
        return {}
    last, measured = earlier
    growth = 4 ** (case.n - last.n) * case.layers() / last.layers()
    runs = {
        name: growth * found.wall()
        for name, found in measured.items()
        if isinstance(found, Measured) and name != OURS
    }
    least = min(runs.values(), default=0)
    return {
        name: f"not tried: {duration(s)} expected"
        for name, s in runs.items()
        if 2 * s > limit or s > max(VERY_LONG_SECONDS, NEARLY_FASTEST * least)
    }


def measure_all(cases, participants, rounds, limit):
    """By case; a peer that failed or took too long at one size is not asked for larger ones, nor one
    that is going to."""
    results, given_up, last = {}, {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            excuses = given_up.setdefault((case.table, case.threads), {})
            excuses |= too_long(case, last.get((case.table, case.threads)), limit)
            able = {
                name: command
                for name, command in participants.items()
                if name not in case.table.without and name not in excuses
            }
            measured = measure_in_turns(case, able, rounds, limit, folder)
            excuses |= {name: found for name, found in measured.items() if isinstance(found, str)}
            results[case] = measured | excuses
            last[(case.table, case.threads)] = (case, measured)
    return results


def cores():
    return sorted(os.sched_getaffinity(0))


def last_line(text):
    return text.strip().rpartition("\n")[2]


def digits(value):
    """Three of them, and none dropped before the point."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def duration(seconds):
    return f"{digits(seconds)} s" if seconds >= 1 else f"{digits(1e3 * seconds)} ms"


def largest_difference(results, peer, quantity):
    """Between the peer's first report of each case and ours; None when there is none."""
    differences = [
        np.abs(np.subtract(theirs.reports[0][quantity], measured[OURS].reports[0][quantity]))
        for measured in results.values()
        if isinstance(theirs := measured.get(peer), Measured)
    ]
    every = np.concatenate([[], *differences])
    return every.max() if every.size else None


def row(*cells):
    return f"| {' | '.join(map(str, cells))} |"


def heading(*cells):
    return [row(*cells), row(*["---"] * len(cells))]


def peer_lines(results, peers, missing):
    """Who took part, how well it agrees, and what it did before the times begin."""
    lines = heading("peer", "version", "max abs Δ⟨Z⟩", "max abs Δ gradient", "preparation")
    for peer in peers:
        differences = [largest_difference(results, peer, name) for name in ("z", "gradient")]
        preparations = [
            report["preparation_seconds"]
            for measured in results.values()
            if isinstance(found := measured.get(peer), Measured)
            for report in found.reports
        ]
        lines.append(
            row(
                peer,
                version(peer),
                *("–" if d is None else f"{d:.1e}" for d in differences),
                f"up to {duration(max(preparations))}" if preparations else "–",
            )
        )
    lines += [row(peer, reason, "–", "–", "–") for peer, reason in missing.items()]
    return lines


def cell(case, measured, ours):
    if not isinstance(measured, Measured):
        return measured or "–"
    circuits = case.table.batch if case.table.per_circuit else 1
    time = duration(measured.seconds() / circuits)
    return time if measured is ours else f"{time} ({digits(measured.seconds() / ours.seconds())}×)"


def table_lines(table, results, peers):
    columns = [OURS, *(peer for peer in peers if peer not in table.without)]
    lines = [f"## {table.title}", "", table.text, "", *heading("n", "threads", *columns)]
    for case, measured in results.items():
        if case.table is table:
            cells = [cell(case, measured.get(name), measured[OURS]) for name in columns]
            lines.append(row(case.n, case.threads, *cells))
    return lines


def setting_lines(results):
    """The fastest of a peer's ways, where it has several; both times, where it reports its own."""
    lines = heading("case", "peer", "setting", "wall", "reported")
    for case, measured in results.items():
        for peer, found in measured.items():
            if peer == OURS or not isinstance(found, Measured):
                continue
            settings = "; ".join(sorted({report["setting"] for report in found.reports}))
            reported = found.reported()
            if settings or reported:
                times = duration(found.wall()), duration(reported) if reported else "–"
                lines.append(row(case, peer, settings or "–", *times))
    return lines


def text_of(page, results, peers, missing, arguments):
    command = shlex.join(["bench/peers/run", *sys.argv[2:]])
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    ours = next(iter(results.values()))[OURS].reports[0]
    machine = f"{cpu[1] if cpu else platform.machine()}, {len(cores())} cores"
    versions = f"{OURS} {ours['version']}, Python {platform.python_version()}"
    lines = [
        f"# {page.title}",
        "",
        f"Written by `{command}`; [bench](../bench/README.md) says how it measures.",
        "",
        f"{machine}; {versions}; {datetime.date.today()}. "
        f"Each time is the median over {arguments.rounds} rounds of up to {REPEATS} runs, one round "
        f"where a run takes more than {LONG_SECONDS} s; in brackets how many times ours it is. "
        "Preparation is not in the times: compiling, trying "
        "settings, the first run.",
        "",
        *peer_lines(results, peers, missing),
    ]
    for table in dict.fromkeys(case.table for case in results):
        lines += ["", *table_lines(table, results, peers)]
    lines += [
        "",
        "## Settings",
        "",
        "The fastest of those that were tried. Where a peer reports its own time, the tables above "
        "have the smaller of the two. Here a batch is counted as a whole.",
        "",
        *setting_lines(results),
    ]
    return "\n".join(lines) + "\n"


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is less than 1")
    return value


def parse():
    tables = "; ".join(f"{name}: {', '.join(page.tables)}" for name, page in PAGES.items())
    parser = argparse.ArgumentParser(prog="bench/peers/run", description=__doc__.splitlines()[0])
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("page", choices=PAGES, help="what is compared")
    parser.add_argument("--jobs", nargs="+", help="default: all of the page, " + tables)
    parser.add_argument("--peers", nargs="+", choices=MODULES, help="default: all of the page")
    parser.add_argument("--n", nargs="+", type=positive, help="of the jobs' numbers of qubits")
    parser.add_argument("--quick", action="store_true", help=f"at most {QUICK_N} qubits")
    parser.add_argument("--threads", nargs="+", type=positive, default=[len(cores())])
    parser.add_argument("--rounds", type=positive, default=3)
    parser.add_argument("--limit", type=float, default=300, help="seconds for one process")
    parser.add_argument("--output", type=Path, help="default: the page in docs/")
    arguments = parser.parse_args()
    page = PAGES[arguments.page]
    arguments.jobs = arguments.jobs or list(page.tables)
    if unknown := set(arguments.jobs) - set(page.tables):
        parser.error(f"--jobs: {', '.join(sorted(unknown))}; there are {', '.join(page.tables)}")
    arguments.peers = arguments.peers or list(page.peers)
    if max(arguments.threads) > len(cores()):
        parser.error(f"--threads: there are {len(cores())} cores")
    return arguments


def main():
    arguments = parse()
    page = PAGES[arguments.page]
    missing = {}
    for peer in arguments.peers:
        try:
            version(peer)
        except PackageNotFoundError:
            reason = last_line(Path(sys.prefix, f"{peer}.error").read_text())
            missing[peer] = f"not installable: {reason.removeprefix('ERROR: ')}"
    peers = [peer for peer in arguments.peers if peer not in missing]
    participants = {OURS: [arguments.program]}
    participants |= {peer: [sys.executable, HERE / MODULES[peer]] for peer in peers}
    cases = [
        Case(table, n, threads)
        for table in map(page.tables.get, arguments.jobs)
        for threads in arguments.threads
        for n in table.layers
        if n in (arguments.n or [n]) and (not arguments.quick or n <= QUICK_N)
    ]
    results = measure_all(cases, participants, arguments.rounds, arguments.limit)
    output = arguments.output or page.file
    output.write_text(text_of(page, results, peers, missing, arguments))
    print(f"{output} is written")

    exact = [peer for peer in peers if peer not in INEXACT]
    apart = [p for p in exact if not (largest_difference(results, p, "z") or 0.0) <= AGREEMENT]
    if apart:
        sys.exit(f"⟨Z⟩ differ by more than {AGREEMENT:.0e}: {', '.join(apart)}")


if __name__ == "__main__":
    main()
