"""Sales as they were: every period a draw of the item's own history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from ccinv.arrays import FloatArray, IntArray, frozen
from ccinv.demand.checks import check_periods, faults_at
from ccinv.demand.hermite import of_steps
from ccinv.demand.steps import CHUNK
from ccinv.errors import DataError, Fault


@dataclass(frozen=True, slots=True, eq=False)
class Empirical:
    """Sales as they were: every period is an independent draw, with equal chances, of the item's known past sales.

        P{S = s} = #{known history = s} / #{known history}

    `history`: (n, H), units, NaN where unknown, at least one known value per item. `periods`: N of the plan, H if not
    given. `mean` and `sd` are those of the known values (divisor: their number), the exact moments of this law.
    """

    history: FloatArray
    periods: int | None = None
    mean: FloatArray = field(init=False, repr=False)
    sd: FloatArray = field(init=False, repr=False)

    if TYPE_CHECKING:

        def __init__(self, history: ArrayLike, periods: int | None = None) -> None: ...

    def __post_init__(self) -> None:
        history = frozen(self.history)
        if history.ndim != 2 or 0 in history.shape:
            found = f"shape {history.shape}"
            raise DataError(Fault("Empirical history", found, "(items, periods)", "Give one row per item."))
        periods = history.shape[1] if self.periods is None else self.periods
        check_periods("Empirical periods", periods)
        known = ~np.isnan(history)
        faults = faults_at("Empirical history", history, np.isinf(history), "a finite number", "Correct it.")
        faults += [
            Fault(f"Empirical history, item row {item + 1}", "no known value", "one at least", "Leave the item out.")
            for item in np.flatnonzero(~known.any(axis=1))
        ]
        if faults:
            raise DataError(faults)
        count = known.sum(axis=1)
        mean = np.where(known, history, 0.0).sum(axis=1) / count
        sd = np.sqrt((np.where(known, history - mean[:, None], 0.0) ** 2).sum(axis=1) / count)
        put = object.__setattr__
        put(self, "history", history)
        put(self, "periods", int(periods))
        put(self, "mean", frozen(np.broadcast_to(mean[:, None], (len(history), periods))))
        put(self, "sd", frozen(np.broadcast_to(sd[:, None], (len(history), periods))))

    @property
    def correlation(self) -> None:
        return None

    @property
    def whole(self) -> bool:
        return bool((np.isnan(self.history) | (self.history == np.floor(self.history))).all())

    @property
    def signed(self) -> bool:
        return bool((self.history < 0).any())

    def rows(self, index: IntArray) -> Empirical:
        return Empirical(self.history[index], self.periods)

    def sample(self, rng: np.random.Generator, paths: int) -> FloatArray:
        known = ~np.isnan(self.history)
        pool = self.history if known.all() else np.sort(self.history, axis=1)  # unknown ones last
        count = known.sum(axis=1).astype(np.float64)
        out = np.empty((*self.mean.shape, paths))
        items = max(1, CHUNK // max(1, out[0].size))  # at a time: they stay in the processor's cache
        for first in range(0, len(out), items):
            part = slice(first, first + items)
            place = (rng.random(out[part].shape) * count[part, None, None]).astype(np.intp)  # always below count
            place += (pool.shape[1] * np.arange(len(place)))[:, None, None]
            out[part] = pool[part].ravel().take(place)
        return out

    def at_scores(self, score: FloatArray) -> FloatArray:
        pool = np.sort(self.history, axis=1)  # unknown ones last
        count = (~np.isnan(self.history)).sum(axis=1)[:, None, None]
        place = np.minimum((ndtr(score) * count).astype(np.intp), count - 1)
        found = np.take_along_axis(pool, place.reshape(len(pool), -1), axis=1)
        return found.reshape(score.shape)

    def hermite(self, order: int) -> FloatArray:
        pool = np.sort(self.history, axis=1)
        count = (~np.isnan(self.history)).sum(axis=1)[:, None]
        bounds = np.arange(1, pool.shape[1]) / count
        rise = np.where(bounds < 1, np.diff(pool, axis=1), 0.0)
        return np.repeat(of_steps(bounds, rise, order)[:, None, :], self.mean.shape[1], axis=1)
