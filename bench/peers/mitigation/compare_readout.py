"""M3 readout mitigation by rhodrift and by the released mthree on the same counts. Every measurement is a process of
its own on the same cores; the processes take turns."""

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import NamedTuple

import readout_workload

HERE = Path(__file__).resolve().parent
OURS = "rhodrift"
DIRECT, ITERATIVE = "mthree direct", "mthree iterative"
PEERS = (ITERATIVE, DIRECT)
LARGEST_DIRECT = 10_000  # a dense matrix; 40 GB at 10^5
AGREEMENT = 1e-4  # mthree's tolerance


class Case(NamedTuple):
    state: str
    n_distinct: int

    def __str__(self):
        return f"{self.state}, {self.n_distinct} strings"


class Measured(NamedTuple):
    seconds: float
    peak_bytes: int
    start_bytes: int
    quasi: dict


def command(arguments, participant, folder):
    options = [folder, f"--distance={arguments.distance}", f"--repeats={arguments.repeats}"]
    if participant == OURS:
        return [arguments.programs / "peers_readout", *options]
    method = participant.removeprefix("mthree ")
    return [sys.executable, HERE / "readout_mthree.py", *options, f"--method={method}"]


def measure(arguments, participant, folder):
    """The report of one process, or in words why there is none."""
    output = folder / "quasi.txt"
    cores = sorted(os.sched_getaffinity(0))[: arguments.threads]
    threads = {f"{name}_NUM_THREADS": str(len(cores)) for name in ("OMP", "OPENBLAS", "MKL")}
    try:
        process = subprocess.run(
            [*command(arguments, participant, folder), f"--output={output}"],
            capture_output=True,
            env={**os.environ, **threads},
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
            text=True,
            timeout=arguments.limit,
        )
    except subprocess.TimeoutExpired:
        return f"> {arguments.limit:g} s"
    if process.returncode != 0:
        return f"failed: {(process.stderr.strip().splitlines() or ['?'])[-1]}"
    report = json.loads(process.stdout.strip().splitlines()[-1])
    lines = (line.split() for line in output.read_text().splitlines())
    quasi = {bits: float(value) for bits, value in lines}
    return Measured(median(report["seconds"]), report["peak_bytes"], report["start_bytes"], quasi)


def measure_in_turns(arguments, case, folder):
    """By participant: what it measured in each round, or in words why there is nothing."""
    workload = readout_workload.write(folder, case.state, case.n_distinct)
    able = [OURS, *(p for p in PEERS if p != DIRECT or case.n_distinct <= LARGEST_DIRECT)]
    results = {participant: [] for participant in able}
    for _ in range(arguments.rounds):
        for participant in able:
            if isinstance(results[participant], str):
                continue
            found = measure(arguments, participant, workload)
            print(f"{case}: {participant} {cell(found)}", file=sys.stderr)
            if isinstance(found, str):
                results[participant] = found
            else:
                results[participant].append(found)
    if isinstance(results[OURS], str):
        sys.exit(f"{case}: {OURS} {results[OURS]}")
    return {
        participant: found
        if isinstance(found, str)
        else found[0]._replace(seconds=median(m.seconds for m in found))
        for participant, found in results.items()
    }


def digits(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def cell(measured):
    if not isinstance(measured, Measured):
        return measured
    s = measured.seconds
    return f"{digits(s)} s" if s >= 1 else f"{digits(1e3 * s)} ms"


def megabytes(measured):
    if not isinstance(measured, Measured):
        return "–"
    return f"{measured.peak_bytes / 1e6:.0f} MB ({measured.start_bytes / 1e6:.0f})"


def difference(ours, theirs):
    if not isinstance(theirs, Measured):
        return None
    return max(abs(value - theirs.quasi[bits]) for bits, value in ours.quasi.items())


def row(*cells):
    return f"| {' | '.join(map(str, cells))} |"


def heading(*cells):
    return [row(*cells), row(*["---"] * len(cells))]


def times_table(results):
    lines = heading("state", "strings", OURS, *PEERS, "fastest of mthree", "max abs Δ")
    for case, measured in results.items():
        ours = measured[OURS]
        timed = [m for p in PEERS if isinstance(m := measured.get(p), Measured)]
        ratio = min((m.seconds for m in timed), default=None)
        apart = [d for p in PEERS if (d := difference(ours, measured.get(p))) is not None]
        lines.append(
            row(
                case.state,
                case.n_distinct,
                cell(ours),
                *(cell(measured.get(p, "–")) for p in PEERS),
                f"{digits(ratio / ours.seconds)}×" if ratio else "–",
                f"{max(apart):.1e}" if apart else "–",
            )
        )
    return lines


def memory_table(results):
    lines = heading("state", "strings", OURS, *PEERS)
    for case, measured in results.items():
        cells = [megabytes(measured.get(p)) for p in (OURS, *PEERS)]
        lines.append(row(case.state, case.n_distinct, *cells))
    return lines


def section(results, arguments):
    return "\n".join(
        [
            "## Readout mitigation beside mthree",
            "",
            f"Counts of {readout_workload.N_BITS} bits, read with errors of 1 to 5 %, pairs within a "
            f"Hamming distance of {arguments.distance}. `ghz`: half of the shots 0…0, half 1…1. "
            "`spread`: half of the shots on 4 random strings, half on as many as a tenth of the "
            "distinct ones. From counts by string to quasi-probabilities by string, by M3.",
            "",
            f"mthree {version('mthree')} solves to 1e-4 in single precision (its defaults), rhodrift to 1e-10 in "
            "double; Δ is between their quasi-probabilities.",
            "",
            *times_table(results),
            "",
            "Memory: the largest the process was; in brackets, before it began to mitigate (libraries, the counts).",
            "",
            *memory_table(results),
            "",
        ]
    )


def add_options(parser):
    parser.add_argument("--states", nargs="+", choices=readout_workload.STATES,
                        default=list(readout_workload.STATES))  # fmt: skip
    parser.add_argument("--strings", nargs="+", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--distance", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=5, help="of readout in a process, up to 10 s")


def compare(arguments):
    """The section of the page, and in words what does not agree."""
    with tempfile.TemporaryDirectory() as folder:
        results = {
            case: measure_in_turns(arguments, case, folder)
            for case in (Case(s, n) for s in arguments.states for n in arguments.strings)
        }
    apart = [
        f"{case}, {peer}: quasi-probabilities differ by more than {AGREEMENT:.0e}"
        for case, measured in results.items()
        for peer in PEERS
        if not (difference(measured[OURS], measured.get(peer)) or 0.0) <= AGREEMENT
    ]
    return section(results, arguments), apart
