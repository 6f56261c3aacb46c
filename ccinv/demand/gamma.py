"""Gamma distributed sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray
from ccinv.demand.checks import check_moments, check_spread_without_mean, tables_of
from ccinv.demand.gamma_scores import gamma_at
from ccinv.demand.hermite import SCORES, of_function

CONSTANT = 1e-15  # a deviation of less than this times the mean is lost in the rounding of the mean
CELLS = 1024  # ratios at a time


@dataclass(frozen=True, slots=True, eq=False)
class Gamma:
    """Gamma sales: never negative, skewed, not whole; independent over periods.

        S ~ Gamma(shape = (mean/sd)², scale = sd²/mean)

    `mean`, `sd`: (n, N), units; sd 0 is the constant `mean`, and mean 0 needs sd 0 (a DataError otherwise).
    """

    mean: FloatArray
    sd: FloatArray

    if TYPE_CHECKING:

        def __init__(self, mean: ArrayLike, sd: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        mean, sd = tables_of(mean=self.mean, sd=self.sd)
        check_moments("Gamma", mean, sd)
        check_spread_without_mean("Gamma", mean, sd)
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "sd", sd)

    @property
    def correlation(self) -> None:
        return None

    @property
    def whole(self) -> bool:
        return False

    @property
    def signed(self) -> bool:
        return False

    def rows(self, index: IntArray) -> Gamma:
        return Gamma(self.mean[index], self.sd[index])

    def sample(self, rng: np.random.Generator, paths: int) -> FloatArray:
        random = self.sd > CONSTANT * self.mean
        share = np.divide(self.mean, self.sd, out=np.ones_like(self.mean), where=random)
        draws: FloatArray = rng.standard_gamma((share**2)[:, :, None], (*self.mean.shape, paths))
        draws *= np.divide(self.sd, share, out=np.zeros_like(self.mean), where=random)[:, :, None]
        draws[~random] = self.mean[~random, None]
        return draws

    def at_scores(self, score: FloatArray) -> FloatArray:
        ratio = self._ratio()
        random = ratio > CONSTANT
        found = np.repeat(self.mean[:, :, None], score.shape[2], axis=2)
        found[random] *= gamma_at(ratio[random], score[random])
        return found

    def hermite(self, order: int) -> FloatArray:
        ratio = self._ratio()
        alike, where = np.unique(ratio, return_inverse=True)  # laws of one ratio differ in their unit alone
        table = np.zeros((len(alike), order))
        for part in np.array_split(np.flatnonzero(alike > CONSTANT), -(-len(alike) // CELLS)):
            table[part] = of_function(gamma_at(alike[part], np.tile(SCORES, (len(part), 1))), order)
        found: FloatArray = self.mean[:, :, None] * table[where.reshape(ratio.shape)]
        return found

    def _ratio(self) -> FloatArray:
        """sd / mean, 0 without demand."""
        found: FloatArray = np.divide(self.sd, self.mean, out=np.zeros_like(self.mean), where=self.mean > 0)
        return found
