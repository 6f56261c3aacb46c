"""Poisson distributed sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray
from ccinv.demand.checks import check_counts, check_moments, tables_of
from ccinv.demand.count_scores import count_hermite, counts_at
from ccinv.demand.steps import draw_counts


@dataclass(frozen=True, slots=True, eq=False)
class Poisson:
    """Poisson sales: whole units asked for one by one; independent over periods.

        P{S = k} = e^(−mean) mean^k / k!,   sd = √mean

    `mean`: (n, N), units; 0 is no demand.
    """

    mean: FloatArray

    if TYPE_CHECKING:

        def __init__(self, mean: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        (mean,) = tables_of(mean=self.mean)
        check_moments("Poisson", mean, np.zeros_like(mean))
        check_counts("Poisson", mean)
        object.__setattr__(self, "mean", mean)

    @property
    def sd(self) -> FloatArray:
        return np.sqrt(self.mean)

    @property
    def correlation(self) -> None:
        return None

    @property
    def whole(self) -> bool:
        return True

    @property
    def signed(self) -> bool:
        return False

    def rows(self, index: IntArray) -> Poisson:
        return Poisson(self.mean[index])

    def sample(self, rng: np.random.Generator, paths: int) -> FloatArray:
        return draw_counts(rng, self.mean, np.zeros_like(self.mean), paths)

    def at_scores(self, score: FloatArray) -> FloatArray:
        return counts_at(self.mean, np.zeros_like(self.mean), score)

    def hermite(self, order: int) -> FloatArray:
        return count_hermite(self.mean, np.zeros_like(self.mean), order)
