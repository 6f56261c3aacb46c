"""How large a simulation is, and how far below its level a simulated probability may be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.auditing.judging import limits
from ccinv.store import Store

ROOM = 1.5  # half-widths of the limits that a share may fall below its level where the paths cannot show the margin


@dataclass(frozen=True, slots=True)
class Effort:
    """The paths of a simulation by the size of the store: so many `cells` × paths, but not fewer or more than said."""

    cells: float
    fewest: int
    most: int

    def paths(self, store: Store) -> int:
        return int(np.clip(self.cells // (store.items * store.periods), self.fewest, self.most))


LEARN = Effort(2e7, 20_000, 100_000)  # of a simulation that the next plan learns from


def standard_error(level: FloatArray, paths: int) -> FloatArray:
    """That of a simulated share whose true value is the level."""
    return np.sqrt(level * (1 - level) / paths)


def short_of(met: IntArray, paths: int, level: FloatArray, margin: float, tail: float) -> tuple[FloatArray, BoolArray]:
    """By how much each probability can be below its level at most, and where that is more than is let pass.

    The lower limits of Clopper and Pearson, each wrong with `tail`, must not be below the levels by more than `margin`,
    or than ROOM times what separates level and limit where the share is just as asked.
    """
    lack = level - limits(met, paths, tail)[0]
    return lack, lack > np.maximum(margin, -ROOM * ndtri(tail) * standard_error(level, paths))
