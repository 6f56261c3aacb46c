"""Demand over a cycle that is known beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, frozen, given_numbers
from ccinv.deliveries.counting import Numbers
from ccinv.errors import DataError, Fault


@dataclass(frozen=True, slots=True, eq=False)
class DemandPath:
    """Cumulative demand through points, straight between them; 1 stands for what is delivered in the whole cycle.

    `time` (K,): from 0 to 1, never falling, a time given twice being a jump; `cumulative` (K,): β(t), never falling,
    β(0) ≥ 0. DataError otherwise. Source: Prékopa & Kelle 1978, §1.
    """

    time: FloatArray
    cumulative: FloatArray

    if TYPE_CHECKING:

        def __init__(self, time: ArrayLike, cumulative: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        time, cumulative = (
            np.atleast_1d(given_numbers(f"demand path, {name}", values))
            for name, values in (("time", self.time), ("cumulative", self.cumulative))
        )
        if time.ndim != 1 or time.shape != cumulative.shape or len(time) < 2:
            found, expected = f"shapes {time.shape} and {cumulative.shape}", "two rows of at least two numbers"
            raise DataError(Fault("demand path", found, expected, "Give cumulative demand at 0, at 1 and between."))
        faults = []
        for name, values in (("time", time), ("cumulative", cumulative)):
            if not np.isfinite(values).all() or (np.diff(values) < 0).any() or values[0] < 0:
                expected = "finite numbers >= 0 that never fall"
                faults.append(Fault(f"demand path, {name}", str(values.tolist()), expected, "Give cumulative demand."))
        if time[0] != 0 or time[-1] != 1:
            found, expected = f"times from {time[0]:g} to {time[-1]:g}", "times from 0 to 1"
            faults.append(Fault("demand path", found, expected, "Measure time in cycles."))
        if faults:
            raise DataError(faults)
        object.__setattr__(self, "time", frozen(time))
        object.__setattr__(self, "cumulative", frozen(cumulative))

    def by(self, time: FloatArray) -> FloatArray:
        """β just before each of these times: what is asked for until then."""
        # np.interp takes the last of several values at one time; a jump at t is asked for at t, not before
        right = np.searchsorted(self.time, time, side="left").clip(1, len(self.time) - 1)
        t0, t1 = self.time[right - 1], self.time[right]
        b0, b1 = self.cumulative[right - 1], self.cumulative[right]
        share = np.where(t1 > t0, (time - t0) / np.where(t1 > t0, t1 - t0, 1.0), 1.0)
        found: FloatArray = b0 + (b1 - b0) * share
        return found

    def until(self, amount: Numbers) -> Numbers:
        """φ: the time until which this much is enough, above 1 where it is enough for good; analytic between points."""
        level = amount.real
        right = np.searchsorted(self.cumulative, level, side="right")
        inside = right.clip(1, len(self.time) - 1)
        t0, t1 = self.time[inside - 1], self.time[inside]
        b0, b1 = self.cumulative[inside - 1], self.cumulative[inside]
        # `right` is the first point with more demand than that, so the piece rises wherever it is used
        between = t0 + (t1 - t0) * (amount - b0) / np.where(b1 > b0, b1 - b0, 1.0)
        found: Numbers = np.where(right == 0, -1.0, np.where(right == len(self.time), 2.0, between))
        return found
