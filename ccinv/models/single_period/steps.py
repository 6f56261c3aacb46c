"""What each further unit of stock saves: expected backorders of one period as falling steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray, IntArray

NEARLY_WHOLE = 1e-9  # units: a demand this close to a whole number was computed, and is meant to be that number


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Stretches of stock along which every unit saves the same, of all items; arrays (S,), item by item, upwards.

        E(low) − E(y) = saves · (y − low)   for low ≤ y ≤ high,   E(y) = E[(θ − y)⁺]

    `item`: whose stretch; `low`, `high`: units, each item's first from 0, its last up to its largest demand; `saves`:
    expected backorders per unit, positive, never rising along an item.
    """

    item: IntArray
    low: FloatArray
    high: FloatArray
    saves: FloatArray

    @property
    def width(self) -> FloatArray:
        """Units in each stretch."""
        width: FloatArray = self.high - self.low
        return width


def steps_of(values: FloatArray, probabilities: FloatArray) -> Steps:
    """The steps of demands with the given values and probabilities, (n, K) each: one unit saves P{θ > y}."""
    item, low, high, tail = _stretches(np.maximum(values, 0.0), probabilities)
    kept = tail > 0
    return Steps(item[kept], low[kept], high[kept], tail[kept])


def whole_steps_of(values: FloatArray, probabilities: FloatArray) -> Steps:
    """The same on whole levels alone: `low` and `high` are whole, and a unit saves E(y) − E(y + 1).

    Where every demand is a whole number these are the steps of `steps_of`; else the line between two neighbouring whole
    levels takes the place of the steps there.
    """
    nearest = np.rint(values)
    values = np.maximum(np.where(np.abs(values - nearest) <= NEARLY_WHOLE, nearest, values), 0.0)
    if bool((values == np.floor(values)).all()):
        return steps_of(values, probabilities)
    none = np.zeros_like(probabilities)
    item, low, high, tail = _stretches(
        np.hstack([np.floor(values), values, np.ceil(values)]), np.hstack([none, probabilities, none])
    )
    first = np.flatnonzero(low == np.floor(low))  # every whole number below and above a demand is an end of a stretch
    last = np.append(first[1:], len(low)) - 1
    saved = np.add.reduceat(tail * (high - low), first)
    low, high = low[first], high[last]
    kept = saved > 0
    return Steps(item[first][kept], low[kept], high[kept], (saved / (high - low))[kept])


def _stretches(values: FloatArray, probabilities: FloatArray) -> tuple[IntArray, FloatArray, FloatArray, FloatArray]:
    """Item, ends and P{θ > y} of the stretches between neighbouring values, from 0 on, empty ones left out."""
    order = np.argsort(values, axis=1, kind="stable")
    high = np.take_along_axis(values, order, axis=1)
    low = np.hstack([np.zeros((len(high), 1)), high[:, :-1]])
    # sums from the far end: exact zeros beyond the largest demand, and never rising, whatever is rounded
    tail = np.cumsum(np.take_along_axis(probabilities, order, axis=1)[:, ::-1], axis=1)[:, ::-1]
    item, column = np.nonzero(high > low)
    return item, low[item, column], high[item, column], tail[item, column]
