#!/usr/bin/env python3
"""mthree's side of bench/peers/run-readout: mitigates counts.json of a folder in this process and
prints, as JSON, {"seconds": [one a repeat], "peak_bytes", "iterations"}; the quasi-probabilities go to
the file --output, "string value" a line.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import mthree
import numpy as np


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder", type=Path)
    options.add_argument("--distance", type=int, default=3)
    options.add_argument("--tolerance", type=float, default=1e-4)
    options.add_argument("--method", default="auto")
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument("--enough", type=float, default=10, help="seconds after which none begins")
    options.add_argument("--output", type=Path)
    options = options.parse_args()

    counts = json.loads((options.folder / "counts.json").read_text())
    matrices = json.loads((options.folder / "matrices.json").read_text())
    mitigator = mthree.M3Mitigation()
    mitigator.cals_from_matrices([np.array(matrix, dtype=np.float32) for matrix in matrices])
    seconds, details = [], {}
    while not seconds or (len(seconds) < options.repeats and sum(seconds) < options.enough):
        start = time.perf_counter()
        quasi, details = mitigator.apply_correction(
            counts,
            range(len(matrices)),
            distance=options.distance,
            method=options.method,
            tol=options.tolerance,
            details=True,
        )
        seconds.append(time.perf_counter() - start)
    if options.output:
        options.output.write_text("".join(f"{key} {value!r}\n" for key, value in quasi.items()))
    print(
        json.dumps(
            {
                "seconds": seconds,
                "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
                "method": details["method"],
                "iterations": int(details.get("iterations", 0)),
            }
        )
    )


main()
