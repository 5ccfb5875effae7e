#!/usr/bin/env python3
"""Reads a run file with h5py and nothing but docs/formats/run.md.

usage: read_with_h5py.py RUN.h5 docs/formats/run.md

First the page's own example is run on the file, then the layout is held to the page: every dataset
and attribute that the file has is described there with its type and its units, and the numeric
views agree with the JSON beside them. Exit status: 0 all well, 1 not, 77 without h5py.
"""

import json
import os
import re
import sys

try:
    import h5py
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)


def run_example(page, run_path):
    """The page's example, in the directory of the file, and what it defined."""
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    os.chdir(os.path.dirname(os.path.abspath(run_path)))
    names = {}
    exec(compile(example.replace("run.h5", os.path.basename(run_path)), "run.md", "exec"), names)
    return names


def check_described(run, page):
    """Everything in the file has its name on the page."""
    described = set(re.findall(r"`([^`]+)`", page))
    described |= {name.rsplit("/", 1)[-1] for name in described}
    chosen = re.compile(r"(circuits|training|estimates|texts)/[^/]+$|shots/.+$")

    def check(path, item):
        name = path.rsplit("/", 1)[-1]
        known = name in described or "/" + name in described or name == "diagnostics"
        assert known or chosen.match(path) or f"/{name}/<" in page, f"{path} is not on the page"
        if isinstance(item, h5py.Dataset):
            check_dataset(path, item)

    run.visititems(check)
    for name in list(run.attrs) + list(run["versions"].attrs):
        assert name in described, f"attribute {name} is not on the page"


def check_dataset(path, dataset):
    assert all(dimension.label for dimension in dataset.dims) or dataset.is_scale, path
    if dataset.size:
        assert dataset.fletcher32 and dataset.compression == "gzip", path
    if dataset.dtype.kind == "S":
        assert h5py.check_string_dtype(dataset.dtype).encoding == "utf-8", path
    elif dataset.dtype.kind == "f" and not path.endswith("diagnostics/value"):
        assert dataset.attrs["units"].decode() in ("s", "1", "nat", "rad, 1"), path


def check_series(series):
    content = json.loads(series["json"].asstr()[0])
    n_states = len(content["states"])
    assert series["t1_s"].dims[0][0].name == "/calibration_series/time"
    assert series["t1_s"].dims[1][0].name == "/calibration_series/qubit"
    assert series["gate_error"].dims[1][0].name == "/calibration_series/gate"
    assert series["time"].attrs["units"].decode() == "seconds since 1970-01-01T00:00:00Z"
    assert series["time"].shape == (n_states,)
    times = np.datetime_as_string(series["time"][:].astype("datetime64[s]"))
    assert [state["timestamp"] for state in content["states"]] == [t + "Z" for t in times]
    return n_states


def main(run_path, page_path):
    with open(page_path, encoding="utf-8") as file:
        page = file.read()
    run_path = os.path.abspath(run_path)
    example = run_example(page, run_path)
    with h5py.File(run_path) as run:
        check_described(run, page)
        n_states = check_series(run["calibration_series"])
        assert run["drift_study/value"].shape == (len(run["drift_study/track"]), n_states)
        for training in run["training"].values():
            assert len(training["parameters"]) == len(training["loss"]) + 1
        for path, expected in json.loads(run["texts/expected.json"].asstr()[0]).items():
            found = run[path]
            if path.startswith("shots/"):
                texts = ["".join(str(b) for b in row[::-1]) for row in example["read_bits"](found)]
                assert texts == expected, path
            else:
                absent_as_nan = np.array(expected, dtype=float)
                assert np.array_equal(found[:], absent_as_nan, equal_nan=True), path
    print("read with h5py", h5py.version.version)


if __name__ == "__main__":
    main(*sys.argv[1:])
