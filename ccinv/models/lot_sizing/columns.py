"""A mixed-integer program put together from named blocks of columns and batches of rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.solve.milp import Mixed

Term = tuple[IntArray, IntArray, FloatArray]  # row within the batch, column, coefficient


@dataclass(slots=True)
class Columns:
    """Columns and rows so far; a fixed column 0 carries the constant of the objective, so that gaps are relative to it.

    The one record here that changes: it is filled by one function, turned into a program, and dropped.
    """

    cost: list[FloatArray] = field(default_factory=lambda: [np.zeros(1)])
    least: list[FloatArray] = field(default_factory=lambda: [np.ones(1)])
    most: list[FloatArray] = field(default_factory=lambda: [np.ones(1)])
    whole: list[np.ndarray] = field(default_factory=lambda: [np.zeros(1, dtype=np.bool_)])
    terms: list[Term] = field(default_factory=list)
    low: list[FloatArray] = field(default_factory=list)
    high: list[FloatArray] = field(default_factory=list)
    width: int = 1
    height: int = 0
    constant: float = 0.0

    def add(
        self, shape: tuple[int, ...], cost: FloatArray | float, least: FloatArray | float = 0.0,
        most: FloatArray | float = np.inf, whole: bool = False,
    ) -> IntArray:  # fmt: skip
        """New columns, numbered in the given shape."""
        size = int(np.prod(shape))
        for store, value in ((self.cost, cost), (self.least, least), (self.most, most)):
            store.append(np.broadcast_to(np.asarray(value, dtype=np.float64), shape).ravel())
        self.whole.append(np.full(size, whole))
        found = np.arange(self.width, self.width + size).reshape(shape)
        self.width += size
        return found

    def hold(self, count: int, low: FloatArray | float, high: FloatArray | float, *terms: Term) -> None:
        """`count` new rows, low ≤ Σ terms ≤ high."""
        for term in terms:
            parts = [part.ravel() for part in np.broadcast_arrays(*term)]
            self.terms.append((parts[0] + self.height, parts[1], parts[2].astype(np.float64)))
        for store, side in ((self.low, low), (self.high, high)):
            store.append(np.broadcast_to(np.asarray(side, dtype=np.float64).ravel(), (count,)))
        self.height += count

    def program(self) -> Mixed:
        cost = np.concatenate(self.cost)
        cost[0] = self.constant
        none = np.zeros(0)
        row, column, value = (
            np.concatenate([term[k] for term in self.terms]) if self.terms else none.astype(np.int64) for k in range(3)
        )
        rows = sparse.csr_array(
            (value.astype(np.float64), (row.astype(np.int64), column.astype(np.int64))), shape=(self.height, self.width)
        )
        return Mixed(
            cost, rows, np.concatenate([*self.low, none]), np.concatenate([*self.high, none]),
            np.concatenate(self.least), np.concatenate(self.most), np.concatenate(self.whole),
        )  # fmt: skip
