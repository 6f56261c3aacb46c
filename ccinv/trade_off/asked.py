"""The points at which a frontier is to be known: those asked for, or a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from ccinv.arrays import FloatArray, given_number
from ccinv.errors import DataError, Fault
from ccinv.store import probability_fault
from ccinv.trade_off.ends import HIGHEST, UNLIMITED, Ends

LOWEST = 0.75  # level of service at which the curve of promises begins by default
MOST_POINTS = 200


def asked_points(
    levels: ArrayLike | None, limits: ArrayLike | None, points: int
) -> tuple[FloatArray | None, FloatArray | None, int]:
    """Levels and limits in rising order, each once; a DataError for all that are none."""
    faults: list[Fault] = []
    if isinstance(points, bool) or not isinstance(points, int | np.integer) or not 2 <= points <= MOST_POINTS:
        expected = f"a whole number from 2 to {MOST_POINTS}"
        faults.append(Fault("points", repr(points), expected, "8 are enough for a picture."))
    wanted, given = _list(levels), _list(limits)
    for k, level in enumerate(wanted or ()):
        fault = probability_fault(f"levels, number {k + 1}", level)
        faults += [] if fault is None else [fault]
    for k, limit in enumerate(given or ()):
        number = given_number(limit)
        if number is None or not np.isfinite(number):
            faults.append(Fault(f"limits, number {k + 1}", repr(limit), "an amount of dollars", "Give a number."))
    for name, values in (("levels", wanted), ("limits", given)):
        if values is not None and not 1 <= len(values) <= MOST_POINTS:
            expected = f"from 1 to {MOST_POINTS} numbers"
            faults.append(Fault(name, f"{len(values)} of them", expected, "Leave them out: the store decides."))
    if faults:
        raise DataError(faults)
    rising = [None if values is None else np.unique(np.array(values, dtype=np.float64)) for values in (wanted, given)]
    return rising[0], rising[1], int(points)


def _list(values: ArrayLike | None) -> list[object] | None:
    return None if values is None else np.atleast_1d(np.asarray(values, dtype=object)).ravel().tolist()


def usual_levels(points: int, alpha: float) -> FloatArray:
    """Levels with equal steps of their standard score, to three digits, and the store's own."""
    grid = np.round(ndtr(np.linspace(float(ndtri(LOWEST)), float(ndtri(HIGHEST)), points)), 3)
    return np.unique(np.append(grid, alpha))


def usual_limits(ends: Ends, points: int, own: float) -> FloatArray:
    """Limits with equal steps, rounded within the range to a thousandth of it, and the store's own."""
    span = ends.most - ends.half
    if span <= UNLIMITED * max(abs(ends.most), 1e-300):
        grid = np.array([ends.half * (1 + UNLIMITED) if ends.half > 0 else ends.half + UNLIMITED])
    else:
        step = 10.0 ** np.floor(np.log10(span / 1000))
        grid = np.ceil(np.linspace(ends.half + span / (20 * points), ends.most, points) / step) * step
    return np.unique(grid if np.isnan(own) else np.append(grid, own))
