"""The counts and the readout error that bench/peers/run-mitigation gives to all participants."""

import json
from pathlib import Path

import numpy as np

N_BITS = 127


def confusion_matrices(random):
    """One 2x2 matrix a bit, bit 0 first, columns = prepared: p10 of 1 to 3 %, p01 of 2 to 5 %."""
    p10 = random.uniform(0.01, 0.03, N_BITS)
    p01 = random.uniform(0.02, 0.05, N_BITS)
    return np.array([[1 - p10, p01], [p10, 1 - p01]]).transpose(2, 0, 1)


def ghz_state(random, n_distinct):
    """Half of the shots 0…0, half 1…1."""

    def draw(shots):
        return np.repeat(random.integers(0, 2, (shots, 1), dtype=np.uint8), N_BITS, axis=1)

    return draw


def spread_state(random, n_distinct):
    """Half of the shots on 4 strings, half evenly on n_distinct / 10 others."""
    strings = random.integers(0, 2, (4 + n_distinct // 10, N_BITS), dtype=np.uint8)

    def draw(shots):
        few = random.integers(0, 4, shots)
        many = random.integers(4, len(strings), shots)
        return strings[np.where(random.integers(0, 2, shots) == 0, few, many)]

    return draw


STATES = {"ghz": ghz_state, "spread": spread_state}


def counts(random, state, matrices, n_distinct):
    """Shots until there are n_distinct different strings, {"0110…": count}, bit 0 rightmost."""
    draw = STATES[state](random, n_distinct)
    found = {}
    while len(found) < n_distinct:
        true = draw(n_distinct // 4)
        flips = np.where(true == 0, matrices[:, 1, 0], matrices[:, 0, 1])
        read = true ^ (random.random(true.shape) < flips)
        for row in (read[:, ::-1] + ord("0")).astype(np.uint8):
            text = row.tobytes().decode()
            if text in found or len(found) < n_distinct:
                found[text] = found.get(text, 0) + 1
    return found


def write(folder, state, n_distinct):
    """counts.json and matrices.json of a workload in a folder of its own, which is returned."""
    folder = Path(folder) / f"{state}-{n_distinct}"
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng([127, n_distinct, list(STATES).index(state)])
    matrices = confusion_matrices(random)
    (folder / "matrices.json").write_text(json.dumps(matrices.tolist()))
    (folder / "counts.json").write_text(json.dumps(counts(random, state, matrices, n_distinct)))
    return folder
