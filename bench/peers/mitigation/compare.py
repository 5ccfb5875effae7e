#!/usr/bin/env python3
"""Times mitigation by rhodrift and by released packages and writes docs/benchmarks-mitigation.md."""

import argparse
import datetime
import os
import platform
import re
import shlex
import sys
from pathlib import Path

import compare_readout
import compare_zne

PAGE = Path(__file__).resolve().parents[3] / "docs" / "benchmarks-mitigation.md"
PARTS = {"zne": compare_zne, "readout": compare_readout}


def head(arguments):
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    invocation = shlex.join(["bench/peers/run-mitigation", *sys.argv[2:]])
    return [
        "# Mitigation beside the released packages",
        "",
        f"Written by `{invocation}`; [bench](../bench/README.md) says how it measures.",
        "",
        f"{cpu[1] if cpu else platform.machine()}, {arguments.threads} threads; Python {platform.python_version()}; "
        f"{datetime.date.today()}, load average at the start {arguments.load:.1f}.",
        *([] if arguments.load < 0.5 else ["", "**Preliminary**: the machine was not idle."]),
        "",
    ]


def parse():
    parser = argparse.ArgumentParser(prog="bench/peers/run-mitigation", description=__doc__)
    parser.add_argument("programs", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=7200, help="seconds of a process")
    parser.add_argument("--output", type=Path, default=PAGE)
    for part in PARTS.values():
        part.add_options(parser)
    arguments = parser.parse_args()
    arguments.load = os.getloadavg()[0]
    return arguments


def main():
    arguments = parse()
    sections, apart = [], []
    for name in arguments.parts:
        text, differs = PARTS[name].compare(arguments)
        sections.append(text)
        apart += differs
    arguments.output.write_text("\n".join([*head(arguments), *sections]))
    print(f"{arguments.output} is written")
    if apart:
        sys.exit("; ".join(apart))


if __name__ == "__main__":
    main()
