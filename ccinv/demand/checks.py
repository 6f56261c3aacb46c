"""What is asked of the numbers of a law before it exists; every fault is reported at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, frozen
from ccinv.errors import DataError, Fault

MOST_CV = 1e4  # beyond this coefficient of variation no double-precision program can hold both scales
MOST_COUNT = 1e12  # whole numbers are exact up to 9e15, and a draw may well be a thousand times its mean


def tables_of(**tables: ArrayLike) -> tuple[FloatArray, ...]:
    """The given tables as read-only (n, N) arrays of one common shape."""
    arrays = {name: frozen(table) for name, table in tables.items()}
    shapes = {name: array.shape for name, array in arrays.items()}
    if any(len(shape) != 2 or 0 in shape for shape in shapes.values()) or len(set(shapes.values())) != 1:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise DataError(
            Fault("demand", f"shapes {found}", "one shape (items, periods) for all", "Give one row per item.")
        )
    return tuple(arrays.values())


def faults_at(where: str, array: FloatArray, wrong: np.ndarray, expected: str, remedy: str) -> list[Fault]:
    """One fault for each entry of `array` that `wrong` marks, named by item row and period (both from 1)."""
    faults = []
    for index in np.argwhere(wrong):
        names = ("item row", "period", "entry")
        place = ", ".join(f"{name} {position + 1}" for name, position in zip(names, index, strict=False))
        faults.append(Fault(f"{where}, {place}", f"{array[tuple(index)]:g}", expected, remedy))
    return faults


def check_moments(law: str, mean: FloatArray, sd: FloatArray) -> None:
    """Means and deviations finite and not negative, and within what double precision can hold together."""
    faults = faults_at(f"{law} mean", mean, ~(np.isfinite(mean) & (mean >= 0)), "a number >= 0", "Give mean sales.")
    faults += faults_at(f"{law} sd", sd, ~(np.isfinite(sd) & (sd >= 0)), "a number >= 0", "Give a deviation in units.")
    if not faults:
        wild = sd > MOST_CV * np.maximum(mean, mean.mean(axis=1, keepdims=True))
        wild &= mean.mean(axis=1, keepdims=True) > 0
        faults = faults_at(f"{law} sd", sd, wild, f"at most {MOST_CV:g} times the mean", "Check the unit of the table.")
    if faults:
        raise DataError(faults)


def check_correlation(correlation: ArrayLike, items: int, periods: int) -> FloatArray:
    """A correlation over periods for each item, (n, N, N); (N, N) is taken for all items.

    Symmetric to 1e-12, unit diagonal, entries in [−1, 1], least eigenvalue above −1e-10: below that the matrix is no
    correlation of anything, and the error gives the distance to the nearest one that is (by eigenvalue clipping).
    """
    given = np.asarray(correlation, dtype=np.float64)
    if given.shape not in ((periods, periods), (items, periods, periods)):
        expected = f"({periods}, {periods}) or ({items}, {periods}, {periods})"
        raise DataError(Fault("correlation", f"shape {given.shape}", expected, "Give one matrix over periods."))
    full = np.array(np.broadcast_to(given, (items, periods, periods)))
    faults = []
    remedy = "Give a correlation matrix over periods."
    if not np.isfinite(full).all():
        faults.append(Fault("correlation", "an entry that is not finite", "numbers in [-1, 1]", remedy))
    else:
        skew = np.abs(full - full.transpose(0, 2, 1)).max()
        if skew > 1e-12:
            faults.append(Fault("correlation", f"asymmetry of {skew:.3g}", "a symmetric matrix", remedy))
        if np.abs(full).max() > 1 + 1e-12:
            faults.append(Fault("correlation", f"an entry of {np.abs(full).max():.6g}", "numbers in [-1, 1]", remedy))
        if np.abs(np.diagonal(full, axis1=1, axis2=2) - 1).max() > 1e-12:
            faults.append(Fault("correlation", "a diagonal that is not 1", "a unit diagonal", remedy))
    if not faults:
        value, vector = np.linalg.eigh(full)
        if value.min() < -1e-10:
            clipped = np.einsum("iab,ib,icb->iac", vector, np.maximum(value, 0.0), vector)
            size = np.sqrt(np.diagonal(clipped, axis1=1, axis2=2))
            nearest = clipped / size[:, :, None] / size[:, None, :]
            item = int(np.argmin(value.min(axis=1)))
            faults.append(
                Fault(
                    f"correlation, item row {item + 1}",
                    f"a least eigenvalue of {value.min():.6g}",
                    "a positive semidefinite matrix",
                    "The correlation matrix found by clipping its eigenvalues differs by up to "
                    f"{np.abs(nearest - full)[item].max():.3g} in an entry; use it if that is what was meant.",
                )
            )
    if faults:
        raise DataError(faults)
    full.setflags(write=False)
    return full


def check_spread_without_mean(law: str, mean: FloatArray, sd: FloatArray) -> None:
    """Sales that are never negative and are 0 on average are 0 for certain."""
    faults = faults_at(
        f"{law} sd", sd, (mean == 0) & (sd > 0), "0 where the mean is 0", "Give the mean, or no deviation."
    )
    if faults:
        raise DataError(faults)


def check_counts(law: str, mean: FloatArray) -> None:
    """Counts that double precision can tell apart."""
    expected = f"at most {MOST_COUNT:g}: larger whole numbers are not exact"
    faults = faults_at(f"{law} mean", mean, mean > MOST_COUNT, expected, "Count in larger units.")
    if faults:
        raise DataError(faults)


def check_periods(where: str, periods: int) -> None:
    """A number of periods is a whole number from 1 on."""
    if isinstance(periods, bool) or not isinstance(periods, int | np.integer) or periods < 1:
        raise DataError(Fault(where, repr(periods), "a whole number >= 1", "Give the number of periods to plan."))
