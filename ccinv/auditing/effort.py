"""What a replay is asked for: how many paths, from which seed."""

from __future__ import annotations

import numpy as np

from ccinv.errors import DataError, Fault

MOST_PATHS = 10**8


def refuse_effort(paths: object, seed: object) -> None:
    """A DataError where paths or seed are no whole numbers that a replay can use."""
    faults = []
    for name, value, low, high in (("paths", paths, 1, MOST_PATHS), ("seed", seed, 0, 2**63 - 1)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
            expected = f"a whole number from {low} to {high}"
            faults.append(Fault(name, f"{value!r:.60}", expected, "Give another number."))
    if faults:
        raise DataError(faults)
