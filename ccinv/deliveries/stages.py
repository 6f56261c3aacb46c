"""What a delivery process asks of counts of points, when demand comes at a constant rate.

No shortage: M + A_(i−1) ≥ T_i for all i, with T_i = iγ + τ x_(j_i) and A_i = iδ + σ y_(k_i). Seen forwards the points
are the times' and the drivers the amounts', with bounds (M + A_(i−1) − iγ)/τ that never fall where δ ≥ γ. Seen from the
end of the cycle, 1 − y and 1 − x in place of x and y, the same inequalities are stages with the points of the amounts,
the drivers of the times and bounds that never fall where γ ≥ δ. So one of the two always serves. Marks that are certain
drive nothing: their bounds are numbers, and a bound above a later one is as good as that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.deliveries.counting import Numbers, Stages
from ccinv.deliveries.marks import Marks

HAIR = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """Stages of m materials whose given bounds move with the stock: l_i(M) = start_i + rate·M.

    `stages`; `start` (m, n); `rate` (m,): 1 / the scale of the points.
    """

    stages: Stages
    start: FloatArray
    rate: FloatArray

    def lengths(self, stock: Numbers) -> Numbers:
        """l_i, (m, n), for stocks (m,)."""
        found: Numbers = self.start + (self.rate * stock)[:, None]
        return found

    def rows(self, index: IntArray) -> Ruled:
        """The materials at `index`, in that order."""
        return Ruled(self.stages.rows(index), self.start[index], self.rate[index])


def ruled(times: Sequence[Marks], amounts: Sequence[Marks]) -> Ruled:
    """The stages of materials with these `times` (n_m marks each) and cumulative `amounts` (n_m − 1 marks each).

    Materials with fewer deliveries than others repeat their last stage, which asks for nothing new.
    """
    pairs = zip(times, amounts, strict=True)
    return stacked([_forwards(t, a) if _counts_times(t, a) else _backwards(t, a) for t, a in pairs])


def stacked(each: Sequence[One]) -> Ruled:
    """One row for each, filled up to the largest number of stages."""
    n = max(len(one.needed) for one in each)
    return Ruled(
        Stages(
            np.array([_filled(one.needed, n) for one in each], dtype=np.int64),
            np.array([one.sample for one in each], dtype=np.int64),
            np.array([_filled(one.drivers, n) for one in each], dtype=np.int64),
            np.array([one.driver_sample for one in each], dtype=np.int64),
            np.array([one.driver_scale / one.scale for one in each]),
        ),
        np.array([_filled(one.start, n) for one in each]),
        np.array([1.0 / one.scale for one in each]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class One:
    """The stages of one material: bounds start + (M + driver_scale·v) / scale."""

    needed: IntArray
    sample: int
    scale: float
    drivers: IntArray
    driver_sample: int
    driver_scale: float
    start: FloatArray


def _counts_times(times: Marks, amounts: Marks) -> bool:
    """Whether the points are those of the times: where these are random, and bounds made of amounts never fall."""
    if times.fixed is not None or amounts.fixed is not None:
        return times.fixed is None
    return amounts.step >= times.step


def _forwards(times: Marks, amounts: Marks) -> One:
    still = np.concatenate([[0.0], amounts.least]) - times.least
    drivers = np.concatenate([[0], amounts.positions]) if amounts.fixed is None else np.zeros(times.size)
    return asked_of_points(times, times.positions, still, amounts, drivers)


def _backwards(times: Marks, amounts: Marks) -> One:
    """Also where all is certain: then no point is asked for, but a bound of 1 where M covers what is missing."""
    before = np.concatenate([[amounts.scale], amounts.greatest])  # A_0 = 0, as if y_(0) = 0
    still = (before - times.greatest)[::-1]
    places = times.sample + 1 - times.positions if times.fixed is None else np.zeros(times.size, dtype=np.int64)
    positions = amounts.positions if amounts.fixed is None else np.zeros(amounts.size, dtype=np.int64)
    needed = np.concatenate([[0], positions])[::-1]
    return asked_of_points(amounts, amounts.sample + 1 - needed, still, times, places[::-1])


def asked_of_points(
    points: Marks, needed: IntArray, still: FloatArray, moving: Marks, drivers: FloatArray | IntArray
) -> One:
    """Stages that ask for `needed` points below `still` + M + what the drivers add.

    More points than there are ask for a bound of 1; a number that has to reach it gets a hair, as sums of shares round.
    """
    if moving.fixed is not None:
        still = np.minimum.accumulate(still[::-1])[::-1]
    certain = points.fixed is not None
    scale = 1.0 if certain else points.scale
    spare = HAIR * ((np.asarray(needed) > points.sample) & (np.asarray(drivers) == 0))
    start = (still + spare) / scale + certain
    return One(needed, points.sample, scale, drivers.astype(np.int64), moving.sample, moving.scale, start)


def _filled(values: FloatArray | IntArray, n: int) -> FloatArray | IntArray:
    """The values, the last of them repeated up to n."""
    return np.concatenate([values, np.repeat(values[-1:], n - len(values))])
