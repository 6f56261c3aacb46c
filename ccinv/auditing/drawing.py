"""Sales and lead times drawn once, for several ways of ordering: those that the audit draws from the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import FloatArray, IntArray
from ccinv.auditing.pieces import Blocks
from ccinv.demand import draw
from ccinv.ledger import sample_open_ages
from ccinv.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Sales and ages at arrival (items, N, paths) and ages of open orders (K, paths), as `ledger.move` takes them."""

    sales: FloatArray
    ages: IntArray
    open_ages: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """Neighbouring items, few enough to be drawn at once, as the audit cuts them.

    `rows` of the store, `orders`: positions of their open orders in it; `sales`: theirs if they are given.
    """

    rows: slice
    store: Store
    sales: FloatArray | None
    orders: IntArray

    def draw(self, rng: np.random.Generator, paths: int, common: FloatArray | None) -> Draws:
        """What `ledger.replay` would draw, in its sequence; `common`: draws of the factors that items share."""
        if self.sales is None:
            sales = draw(self.store.demand, rng, paths, common)
        else:
            sales = np.broadcast_to(self.sales[:, :, None], (*self.sales.shape, paths))
        ages = self.store.lead_time.sample(rng, (self.store.periods, paths))
        return Draws(sales, ages, sample_open_ages(self.store, rng, paths))


def pieces_of(store: Store, sales: FloatArray | None, blocks: Blocks) -> Iterator[Piece]:
    """The store in pieces for blocks of paths; `sales` (n, N): those that are given."""
    for index in blocks.cut(np.arange(store.items)):
        rows = slice(int(index[0]), int(index[-1]) + 1)
        orders = np.flatnonzero((store.open_item >= rows.start) & (store.open_item < rows.stop))
        yield Piece(rows, store.rows(index), None if sales is None else sales[rows], orders)


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """The draws of all items for some paths, ages in two bytes."""

    sales: FloatArray
    ages: NDArray[np.int16]
    open_ages: IntArray

    def paths(self, chosen: slice) -> Draws:
        """Those of some of the paths."""
        return Draws(self.sales[:, :, chosen], self.ages[:, :, chosen].astype(np.int64), self.open_ages[:, chosen])


def held_draws(
    store: Store, pieces: list[Piece], rng: np.random.Generator, common: FloatArray | None, paths: int, part: slice
) -> Held:
    """The draws of all items on a part of the paths: all paths are drawn, so that they are those of the pieces."""
    shape = (store.items, store.periods, part.stop - part.start)
    ages = np.empty(shape, dtype=np.int16)
    whole = Held(np.empty(shape), ages, np.empty((len(store.open_item), shape[2]), dtype=np.int64))
    for piece in pieces:
        draws = piece.draw(rng, paths, common)
        whole.sales[piece.rows] = draws.sales[:, :, part]
        whole.ages[piece.rows] = np.minimum(draws.ages[:, :, part], store.periods + 1)  # beyond the horizon is beyond
        whole.open_ages[piece.orders] = draws.open_ages[:, part]
    return whole
