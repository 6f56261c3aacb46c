"""Normally distributed sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray
from ccinv.demand.checks import check_correlation, check_moments, tables_of


@dataclass(frozen=True, slots=True, eq=False)
class Normal:
    """Normal sales, the law the thesis assumes; a draw may be negative (a return).

        S ~ N(mean, diag(sd) · correlation · diag(sd))

    `mean`, `sd`: (n, N), units. `correlation` over periods: None (independent), (N, N) for all items, or (n, N, N);
    it must be a correlation matrix: a DataError names the entry or the eigenvalue that is not.
    Source: Newton 1990, §3.5.4.
    """

    mean: FloatArray
    sd: FloatArray
    correlation: FloatArray | None = None

    if TYPE_CHECKING:

        def __init__(self, mean: ArrayLike, sd: ArrayLike, correlation: ArrayLike | None = None) -> None: ...

    def __post_init__(self) -> None:
        mean, sd = tables_of(mean=self.mean, sd=self.sd)
        check_moments("Normal", mean, sd)
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "sd", sd)
        if self.correlation is not None:
            object.__setattr__(self, "correlation", check_correlation(self.correlation, *mean.shape))

    @property
    def whole(self) -> bool:
        return False

    @property
    def signed(self) -> bool:
        return True

    def rows(self, index: IntArray) -> Normal:
        correlation = None if self.correlation is None else self.correlation[index]
        return Normal(self.mean[index], self.sd[index], correlation)

    def sample(self, rng: np.random.Generator, paths: int) -> FloatArray:
        shocks = rng.standard_normal((*self.mean.shape, paths))
        if self.correlation is not None:
            value, vector = np.linalg.eigh(self.correlation)
            root = vector * np.sqrt(np.maximum(value, 0.0))[:, None, :]
            shocks = np.einsum("itk,ikp->itp", root, shocks)
        shocks *= self.sd[:, :, None]
        shocks += self.mean[:, :, None]
        return shocks

    def at_scores(self, score: FloatArray) -> FloatArray:
        return self.mean[:, :, None] + self.sd[:, :, None] * score

    def hermite(self, order: int) -> FloatArray:
        found = np.zeros((*self.sd.shape, order))
        found[:, :, 0] = self.sd
        return found
