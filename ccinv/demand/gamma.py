"""Gamma distributed sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainccinv, gammaincinv, ndtr

from ccinv.arrays import FloatArray, IntArray
from ccinv.demand.checks import check_moments, check_spread_without_mean, tables_of
from ccinv.demand.hermite import SCORES, of_function

CONSTANT = 1e-15  # a deviation of less than this times the mean is lost in the rounding of the mean
CELLS = 1024  # ratios at a time
STEADY = 3e-3  # below this coefficient of variation four terms of Cornish and Fisher are better than scipy's inverse


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
        mean, sd = self.mean[:, :, None], self.sd[:, :, None]
        ratio = np.divide(self.sd, self.mean, out=np.zeros_like(self.mean), where=self.mean > 0)
        skew = ratio[:, :, None]
        found: FloatArray = mean + sd * (score + skew * (score**2 - 1) / 3 + skew**2 * (score**3 - 7 * score) / 36)
        skewed = np.nonzero(ratio > STEADY)
        if len(skewed[0]):
            shape, z = (ratio[skewed] ** -2.0)[:, None], score[skewed]
            tail = ndtr(-np.abs(z))  # the smaller one, which holds all its digits
            quantile = np.where(z > 0, gammainccinv(shape, tail), gammaincinv(shape, tail))
            found[skewed] = (self.mean[skewed] * ratio[skewed] ** 2)[:, None] * quantile
        return found

    def hermite(self, order: int) -> FloatArray:
        ratio = np.divide(self.sd, self.mean, out=np.zeros_like(self.mean), where=self.mean > 0)
        alike, where = np.unique(ratio, return_inverse=True)  # laws of one ratio differ in their unit alone
        unit = Gamma(np.ones((len(alike), 1)), alike[:, None])
        table = np.empty((len(alike), order))
        for part in np.array_split(np.arange(len(alike)), -(-len(alike) // CELLS)):
            score = np.broadcast_to(SCORES, (len(part), 1, len(SCORES)))
            table[part] = of_function(unit.rows(part).at_scores(score)[:, 0], order)
        table[alike <= CONSTANT] = 0.0
        found: FloatArray = self.mean[:, :, None] * table[where.reshape(ratio.shape)]
        return found
