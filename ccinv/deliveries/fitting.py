"""From past marks to a law of marks: how the least step, the sample and the places in it are chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.deliveries.history import MarkHistory
from ccinv.deliveries.marks import Marks
from ccinv.errors import DataError, Fault

MOST_SAMPLE = 100  # larger samples hardly change a stock, but take longer at every step
HALF = 1e-9  # a half, to rounding


class FitMethod(Protocol):
    """A way to a law of marks that differ from cycle to cycle."""

    @property
    def name(self) -> str:
        """As it is called in a report."""

    def marks(self, past: MarkHistory) -> Marks:
        """The law."""


@dataclass(frozen=True, slots=True)
class PaperRounding:
    """As the paper does it: the least gap seen as step, and j / N near the average share of what the steps leave.

        j_i ≈ N s_i,   s_i = (z̄_i − i·step) / (1 − n·step),   z̄: average marks

    `sample`: N; without it the smallest of 10, 20, 30, … that has every j_i / N within `tolerance` of s_i: the paper
    only calls its 10 and 20 good approximations. As E x_(j) is j / (N + 1) and not j / N, the marks of the law come too
    early, by up to N-th parts of what the steps leave, and nothing looks at how widely marks were spread.
    Source: Prékopa & Kelle 1978, §6.
    """

    sample: int | None = None
    tolerance: float = 0.03

    @property
    def name(self) -> str:
        """As it is called in a report."""
        return "rounding as in the paper"

    def marks(self, past: MarkHistory) -> Marks:
        """The law."""
        step = past.least_gap
        share = _shares(past, step).mean(axis=0)
        first = -(-past.size // 10) * 10
        rounds = range(first, max(first, MOST_SAMPLE) + 1, 10)
        for size in rounds if self.sample is None else (_checked(self.sample, past.size),):
            places = nearest_places(share * size, size)
            if np.abs(share - places / size).max() <= self.tolerance:
                break
        return Marks(places, size, step, past.parts)


@dataclass(frozen=True, slots=True)
class ExactMoments:
    """The least gap seen as step; places that give the average marks, and a sample that gives their variances.

        j_i ≈ (N + 1) s_i,   N + 2 = Σ_i s_i (1 − s_i) / Σ_i v_i,   as E x_(j) = j/(N + 1), Var x_(j) = s(1 − s)/(N + 2)

    s_i, v_i: mean and variance (divisor C − 1) over past cycles of the share that mark i takes of what the steps leave.
    `sample`: N, if it is not to be chosen by the variances; chosen, it is at most 100.
    """

    sample: int | None = None

    @property
    def name(self) -> str:
        """As it is called in a report."""
        return "exact moments"

    def marks(self, past: MarkHistory) -> Marks:
        """The law."""
        step = past.least_gap
        shares = _shares(past, step)
        share = shares.mean(axis=0)
        if self.sample is None:
            ratio = (share * (1.0 - share)).sum() / shares.var(axis=0, ddof=1).sum()
            size = int(np.clip(_rounded(ratio - 2.0), past.size, max(past.size, MOST_SAMPLE)))
        else:
            size = _checked(self.sample, past.size)
        return Marks(nearest_places(share * (size + 1), size), size, step, past.parts)


def fitted(past: MarkHistory, method: FitMethod) -> Marks:
    """The law of marks that `method` finds; marks that were the same in all cycles are certain."""
    if past.certain:
        return Marks(np.zeros(0, dtype=np.int64), 0, 0.0, past.parts, past.marks.mean(axis=0))
    return method.marks(past)


def nearest_places(wanted: FloatArray, sample: int) -> IntArray:
    """The rising whole numbers from 1 to `sample` nearest to `wanted` (K,) in the sum of squares.

    j_i − i never falls, so that this is a monotone regression, whose means, rounded, are the best whole numbers.
    """
    from scipy.optimize import isotonic_regression  # takes a while to load

    steps = np.arange(1, len(wanted) + 1)
    level = _rounded(isotonic_regression(wanted - steps).x)
    places: IntArray = (np.clip(level, 0, sample - len(wanted)) + steps).astype(np.int64)
    return places


def _shares(past: MarkHistory, step: float) -> FloatArray:
    """The shares that marks take of what steps leave, (C, K), from 0 to 1."""
    found: FloatArray = (past.marks - step * np.arange(1, past.size + 1)) / (1.0 - past.parts * step)
    return found


def _rounded(values: FloatArray) -> FloatArray:
    """The nearest whole numbers; halves go up, also those that units of days leave a rounding error below."""
    found: FloatArray = np.floor(values + (0.5 + HALF))
    return found


def _checked(sample: int, size: int) -> int:
    if isinstance(sample, bool) or not isinstance(sample, int | np.integer) or sample < size:
        expected = f"a whole number of at least {size}, one for each mark"
        raise DataError(Fault("sample", repr(sample), expected, "Leave it out to have it chosen."))
    return int(sample)
