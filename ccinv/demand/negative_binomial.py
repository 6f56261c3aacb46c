"""Negative binomial sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray
from ccinv.demand.checks import check_counts, check_moments, check_spread_without_mean, tables_of
from ccinv.demand.count_scores import count_hermite, counts_at
from ccinv.demand.steps import draw_counts
from ccinv.errors import DataError, Fault


@dataclass(frozen=True, slots=True, eq=False)
class NegativeBinomial:
    """Negative binomial sales: whole units, more spread than Poisson; independent over periods.

        P{S = k} = Γ(k + r)/(k! Γ(r)) · (1 − q)^r q^k,   r = mean²/(sd² − mean),   q = 1 − mean/sd²

    `mean`, `sd`: (n, N), units; r is any positive number. sd² > mean is required: a DataError names the cells where it
    is not so, except that mean 0 with sd 0 is no demand.
    """

    mean: FloatArray
    sd: FloatArray

    if TYPE_CHECKING:

        def __init__(self, mean: ArrayLike, sd: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        mean, sd = tables_of(mean=self.mean, sd=self.sd)
        law = "NegativeBinomial"
        check_moments(law, mean, sd)
        check_counts(law, mean)
        check_spread_without_mean(law, mean, sd)
        narrow = np.argwhere((sd**2 <= mean) & (mean > 0))
        if len(narrow):
            raise DataError(
                [
                    Fault(
                        f"{law}, item row {item + 1}, period {period + 1}",
                        f"sd {sd[item, period]:g} with mean {mean[item, period]:g}",
                        f"sd > {np.sqrt(mean[item, period]):g}, the root of the mean",
                        "Use Poisson where the variance is not above the mean.",
                    )
                    for item, period in narrow
                ]
            )
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "sd", sd)

    @property
    def correlation(self) -> None:
        return None

    @property
    def whole(self) -> bool:
        return True

    @property
    def signed(self) -> bool:
        return False

    def rows(self, index: IntArray) -> NegativeBinomial:
        return NegativeBinomial(self.mean[index], self.sd[index])

    def sample(self, rng: np.random.Generator, paths: int) -> FloatArray:
        return draw_counts(rng, self.mean, self.sd**2 - self.mean, paths)

    def at_scores(self, score: FloatArray) -> FloatArray:
        return counts_at(self.mean, self.sd**2 - self.mean, score)

    def hermite(self, order: int) -> FloatArray:
        return count_hermite(self.mean, self.sd**2 - self.mean, order)
