"""Sales with finitely many values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from ccinv.arrays import FloatArray, IntArray, frozen
from ccinv.demand.checks import check_periods, faults_at
from ccinv.demand.hermite import of_steps
from ccinv.demand.steps import draw_steps, look_up, staircase
from ccinv.errors import DataError, Fault


@dataclass(frozen=True, slots=True, eq=False)
class Discrete:
    """Sales with finitely many values; independent over periods.

        P{S(t) = values[k]} = probabilities[t, k],   Σ_k probabilities[t, k] = 1

    `values`: (K,) for all items or (n, K), units. `probabilities`: (K,) for all items, (n, K) for all periods of each
    item, or (n, N, K); every row sums to 1 within 1e-9, else a DataError: nothing is renormalised. `periods`: N, where
    the probabilities are the same in all of them. Items with fewer values than others get probability 0 for the rest.
    Held as values (n, K) and probabilities (n, 1, K) or (n, N, K). Source: Newton 1990, ch. 2.
    """

    values: FloatArray
    probabilities: FloatArray
    periods: int = 1
    mean: FloatArray = field(init=False, repr=False)
    sd: FloatArray = field(init=False, repr=False)

    if TYPE_CHECKING:

        def __init__(self, values: ArrayLike, probabilities: ArrayLike, periods: int = 1) -> None: ...

    def __post_init__(self) -> None:
        check_periods("Discrete periods", self.periods)
        values, probabilities, periods = _shaped(np.asarray(self.values), np.asarray(self.probabilities), self.periods)
        remedy = "Give P{S = value} for each value."
        faults = faults_at("Discrete values", values, ~np.isfinite(values), "a finite number", "Correct it.")
        wrong = ~(np.isfinite(probabilities) & (probabilities >= 0))
        faults += faults_at("Discrete probabilities", probabilities, wrong, "a number >= 0", remedy)
        if not faults:
            total = probabilities.sum(axis=2)
            faults = [
                Fault(
                    f"Discrete probabilities, item row {item + 1}, period {period + 1}",
                    f"a sum of {total[item, period]:.10g}",
                    "1 (within 1e-9)",
                    remedy,
                )
                for item, period in np.argwhere(np.abs(total - 1) > 1e-9)
            ]
        if faults:
            raise DataError(faults)
        shape = (len(values), periods)
        mean = np.einsum("imk,ik->im", probabilities, values)
        variance = np.einsum("imk,imk->im", probabilities, (values[:, None, :] - mean[:, :, None]) ** 2)
        put = object.__setattr__
        put(self, "values", frozen(values))
        put(self, "probabilities", frozen(probabilities))
        put(self, "periods", periods)
        put(self, "mean", frozen(np.broadcast_to(mean, shape)))
        put(self, "sd", frozen(np.broadcast_to(np.sqrt(variance), shape)))

    @property
    def correlation(self) -> None:
        return None

    @property
    def _possible(self) -> FloatArray:
        """The values that can happen."""
        return self.values[(self.probabilities > 0).any(axis=1)]

    @property
    def whole(self) -> bool:
        possible = self._possible
        return bool((possible == np.floor(possible)).all())

    @property
    def signed(self) -> bool:
        return bool((self._possible < 0).any())

    def rows(self, index: IntArray) -> Discrete:
        return Discrete(self.values[index], self.probabilities[index], self.periods)

    def sample(self, rng: np.random.Generator, paths: int) -> FloatArray:
        items, laws, outcomes = self.probabilities.shape
        bounds = staircase(self.probabilities.reshape(-1, outcomes))
        out = np.empty((items * laws, self.periods // laws * paths))
        draw_steps(rng, bounds, out, np.repeat(self.values, laws, axis=0))
        return out.reshape(items, self.periods, paths)

    def at_scores(self, score: FloatArray) -> FloatArray:
        values, bounds = self._rising()
        items, laws, outcomes = bounds.shape
        uniform = ndtr(score).reshape(items * laws, -1)
        found = look_up(bounds.reshape(-1, outcomes), uniform, np.repeat(values, laws, axis=0))
        return found.reshape(score.shape)

    def hermite(self, order: int) -> FloatArray:
        values, bounds = self._rising()
        items, laws, outcomes = bounds.shape
        rise = np.repeat(np.diff(values, axis=1, append=values[:, -1:]), laws, axis=0)
        found = of_steps(bounds.reshape(-1, outcomes), rise, order).reshape(items, laws, order)
        return np.broadcast_to(found, (items, self.periods, order)).copy()

    def _rising(self) -> tuple[FloatArray, FloatArray]:
        """The values in rising order, (n, K), and the probabilities up to each, (n, 1 or N, K)."""
        order = np.argsort(self.values, axis=1, kind="stable")
        chances = np.take_along_axis(self.probabilities, order[:, None, :], axis=2)
        bounds = staircase(chances.reshape(-1, chances.shape[2])).reshape(chances.shape)
        return np.take_along_axis(self.values, order, axis=1), bounds


def _shaped(values: FloatArray, probabilities: FloatArray, periods: int) -> tuple[FloatArray, FloatArray, int]:
    """values (n, K), probabilities (n, 1 or N, K) and N, from any of the allowed shapes."""
    values = values.astype(np.float64)
    probabilities = probabilities.astype(np.float64)
    found = f"values {values.shape}, probabilities {probabilities.shape}, periods {periods}"
    fault = Fault(
        "Discrete",
        found,
        "values (K,) or (n, K) and probabilities (K,), (n, K) or (n, N, K), with one K and one n",
        "Give one probability per value.",
    )
    if values.ndim not in (1, 2) or probabilities.ndim not in (1, 2, 3) or 0 in (*values.shape, *probabilities.shape):
        raise DataError(fault)
    table = probabilities if probabilities.ndim == 3 else np.atleast_2d(probabilities)[:, None, :]
    rows = np.atleast_2d(values)
    items = max(len(rows), len(table)) if values.ndim == 1 or probabilities.ndim == 1 else len(rows)
    if rows.shape[1] != table.shape[2] or {len(rows), len(table)} - {1, items}:
        raise DataError(fault)
    if (values.ndim == 2 and len(rows) != items) or (probabilities.ndim > 1 and len(table) != items):
        raise DataError(fault)
    if table.shape[1] > 1:
        if periods not in (1, table.shape[1]):
            raise DataError(fault)
        periods = table.shape[1]
    shape = (items, *table.shape[1:])
    return np.broadcast_to(rows, (items, rows.shape[1])), np.broadcast_to(table, shape), int(periods)
