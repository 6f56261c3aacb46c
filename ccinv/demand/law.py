"""What every law of demand offers to the planner (moments) and to the referee (samples)."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np

from ccinv.arrays import FloatArray, IntArray


class Law(Protocol):
    """The joint law of the sales S(1), ..., S(N) of n items; items are independent but for the factors they share.

    Laws are frozen records; every array they hold has the item as its first axis, so that `rows` can cut it.
    """

    @property
    def mean(self) -> FloatArray:
        """E S(t), shape (n, N), units."""
        ...

    @property
    def sd(self) -> FloatArray:
        """Standard deviation of S(t), shape (n, N), units."""
        ...

    @property
    def correlation(self) -> FloatArray | None:
        """Correlation of S over periods, shape (n, N, N); None where periods are independent."""
        ...

    @property
    def whole(self) -> bool:
        """Whether sales are whole units for certain."""
        ...

    @property
    def signed(self) -> bool:
        """Whether sales can be negative (as a normal law has it)."""
        ...

    def rows(self, index: IntArray) -> Law:
        """The same law for the items at `index`, in that order."""
        ...

    def sample(self, rng: np.random.Generator, paths: int) -> FloatArray:
        """Draws of the sales, shape (n, N, paths), units."""
        ...


@runtime_checkable
class Margin(Law, Protocol):
    """A law of independent items that can be the margins of one with common factors."""

    def rows(self, index: IntArray) -> Margin: ...

    def at_scores(self, score: FloatArray) -> FloatArray:
        """Sales as likely not to be exceeded as standard normal scores (n, N, paths): F⁻¹(Φ(z)), same shape, units."""
        ...

    def hermite(self, order: int) -> FloatArray:
        """h_1, …, h_order of each cell (see `hermite`), shape (n, N, order), units."""
        ...
