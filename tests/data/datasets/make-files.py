#!/usr/bin/env python3
"""Writes the .npy and .h5 files beside it, as NumPy and h5py write them: what the tests of the readers read.

Opt-in: the files are here, nothing needs this script. It needs numpy and h5py.
"""

from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).resolve().parent

# Row i, column j is 10 i + j + 0.25, or without the quarter for integers.
FEATURES = np.add.outer(10.0 * np.arange(5), np.arange(3)) + 0.25
NAMES = ["b", "a", "b", "a", "ü"]
NUMBERS = np.array([1, 0, 1, 0, 7])


def write_npy():
    np.save(HERE / "x_f8.npy", FEATURES)
    np.save(HERE / "x_f8_fortran.npy", np.asfortranarray(FEATURES))
    np.save(HERE / "x_f4.npy", FEATURES.astype("<f4"))
    for code in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"):
        np.save(HERE / f"x_{code}.npy", FEATURES.astype(code))
        np.save(HERE / f"y_{code}.npy", NUMBERS.astype(code))
    for major in (2, 3):
        with open(HERE / f"x_version{major}.npy", "wb") as file:
            np.lib.format.write_array(file, FEATURES, version=(major, 0))
    np.save(HERE / "y_unicode.npy", np.array(NAMES))
    np.save(HERE / "y_bytes.npy", np.array([name.encode() for name in NAMES]))


def write_group(group, features, labels, **storage):
    group.create_dataset("features", data=features, **storage)
    group.create_dataset("labels", data=labels)


def write_hdf5():
    with h5py.File(HERE / "sets.h5", "w") as file:
        write_group(file, FEATURES, NUMBERS)
        write_group(file.create_group("text"), FEATURES.astype("f4"), NAMES, compression="gzip")
        names = np.array([name.encode() for name in NAMES])
        write_group(file.create_group("bytes"), FEATURES.astype("u1"), names)
        write_group(file.create_group("big/endian"), FEATURES.astype(">f8"), NUMBERS.astype(">i2"))
        file.create_dataset("x_train", data=FEATURES)
        file.create_dataset("y_train", data=NUMBERS.astype("u1"))
        bad = file.create_group("bad")
        with_nan = FEATURES.copy()
        with_nan[2, 1] = np.nan
        write_group(bad.create_group("nan"), with_nan, NUMBERS)
        write_group(bad.create_group("flat"), FEATURES.ravel(), NUMBERS)
        write_group(bad.create_group("column"), FEATURES, NUMBERS.reshape(-1, 1))
        write_group(bad.create_group("short"), FEATURES, NUMBERS[:4])
        write_group(bad.create_group("boolean"), FEATURES, NUMBERS > 0)
        write_group(bad.create_group("float"), FEATURES, NUMBERS.astype("f8"))
        write_group(bad.create_group("string"), np.array([["1", "2"]] * 5, dtype="S1"), NUMBERS)
        write_group(bad.create_group("empty"), FEATURES[:0], NUMBERS[:0])
        bad.create_dataset("unlabelled/features", data=FEATURES)


if __name__ == "__main__":
    write_npy()
    write_hdf5()
