#!/usr/bin/env python3
"""mthree's side of bench/peers/run-mitigation: mitigates counts.json of a folder in this process and
prints, as JSON, {"seconds": [one a repeat], "start_bytes", "peak_bytes"}: the largest the process was
before and after. The quasi-probabilities go to the file --output, "string value" a line.
"""

import argparse
import json
import re
import time
from pathlib import Path

import mthree
import numpy as np

ENOUGH_SECONDS = 10  # beyond, no repeat begins


def peak_bytes():
    """VmHWM; what getrusage tells may be the size of the process that started this one."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s*(\d+)", status)[1])


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("--distance", type=int, default=3)
    options.add_argument("--method", default="auto")
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--output", type=Path)
    options = options.parse_args()

    counts = json.loads((options.folder / "counts.json").read_text())
    matrices = json.loads((options.folder / "matrices.json").read_text())
    mitigator = mthree.M3Mitigation()
    mitigator.cals_from_matrices([np.array(matrix, dtype=np.float32) for matrix in matrices])
    start_bytes = peak_bytes()
    seconds = []
    while not seconds or (len(seconds) < options.repeats and sum(seconds) < ENOUGH_SECONDS):
        start = time.perf_counter()
        quasi = mitigator.apply_correction(
            counts, range(len(matrices)), distance=options.distance, method=options.method
        )
        seconds.append(time.perf_counter() - start)
    report = {"seconds": seconds, "start_bytes": start_bytes, "peak_bytes": peak_bytes()}
    if options.output:
        options.output.write_text("".join(f"{key} {float(quasi[key])!r}\n" for key in quasi))
    print(json.dumps(report))


main()
