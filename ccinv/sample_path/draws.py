"""Sales and arrivals drawn once: the fixed paths on which every rule is tried."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import FloatArray, IntArray
from ccinv.auditing.pieces import cut
from ccinv.auditing.streams import generator, shared_factors
from ccinv.demand import draw
from ccinv.ledger import sample_open_ages
from ccinv.running import running_sum
from ccinv.sample_path.lattice import lattice
from ccinv.store import Store

CELLS = 2**18  # items × periods × paths in a piece: arrays of 2 MB, which the caches still hold


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """What chance has in store for some neighbouring items on P paths; units.

    rows: which items of the store. sold (n, N, P): cumulative sales D(t). idle (n, N, P): net stock without any order
    of the horizon, I + open orders arrived by t − 1 − D(t). age (n, N, P): periods from the order of t to its arrival,
    N where that is beyond the horizon; ages: those that are of use.
    """

    rows: slice
    store: Store
    sold: FloatArray
    idle: FloatArray
    age: NDArray[np.int16]
    ages: tuple[int, ...]

    @property
    def paths(self) -> int:
        return int(self.sold.shape[2])

    def between(self, first: int, last: int) -> Draws:
        """Those of the items from one place to before another."""
        if first == 0 and last == len(self.sold):
            return self
        rows, some = slice(self.rows.start + first, self.rows.start + last), slice(first, last)
        part = self.store.rows(np.arange(first, last))
        return replace(self, rows=rows, store=part, sold=self.sold[some], idle=self.idle[some], age=self.age[some])

    @property
    def rounding(self) -> FloatArray:
        """What additions may leave of nothing, (n, 1, 1), units: sums of whole numbers of grains are not exact."""
        found: FloatArray = 1e-9 * (np.abs(self.idle[:, -1]).max(axis=1) + 1.0)[:, None, None]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """The same P paths for all items of a store, in pieces; `spread` (N, P): positions in [0, 1) of dithered atoms."""

    store: Store
    count: int
    pieces: tuple[Draws, ...]
    spread: FloatArray
    grain: FloatArray

    def of(self, item: int) -> Draws:
        """Those of one item."""
        piece = next(piece for piece in self.pieces if piece.rows.start <= item < piece.rows.stop)
        return piece.between(item - piece.rows.start, item - piece.rows.start + 1)


def drawn(store: Store, paths: int, stream: tuple[int, ...]) -> Paths:
    """Draw sales, ages at arrival and ages of open orders for all items, each piece from its part of the `stream`."""
    common = shared_factors(store.demand, stream[0], stream[1:], paths)
    pieces = []
    for number, index in enumerate(cut(np.arange(store.items), store.periods * paths, CELLS)):
        part = store.rows(index)
        rng = generator(stream[0], (*stream[1:], number))
        sold = running_sum(draw(part.demand, rng, paths, common))
        ages = np.minimum(part.lead_time.sample(rng, (store.periods, paths)), store.periods).astype(np.int16)
        idle = part.on_hand[:, None, None] - sold
        _receive_open(part, idle, sample_open_ages(part, rng, paths))
        rows = slice(int(index[0]), int(index[-1]) + 1)
        # what arrives in the last period or later is of no use within the horizon
        possible = tuple(int(age) for age in np.unique(ages) if age < store.periods - 1)
        pieces.append(Draws(rows, part, sold, idle, ages, possible))
    spread = np.empty((store.periods, paths))
    rng = generator(stream[0], (*stream[1:], len(pieces)))
    for row in spread:
        row[:] = rng.permutation((np.arange(paths) + 0.5) / paths)
    return Paths(store, paths, tuple(pieces), spread, lattice(store))


def _receive_open(store: Store, stock: FloatArray, ages: IntArray) -> None:
    """Add open orders to net stock from the period after their arrival on."""
    if store.open_orders is None:
        return
    period = np.arange(store.periods)[:, None]
    quantities = zip(store.open_item, store.open_orders.placed, store.open_orders.quantity, ages, strict=True)
    for item, placed, quantity, age in quantities:
        usable = np.minimum(age, store.periods - placed) + placed  # t = arrival + 1, positions from 0
        stock[item] += quantity * (period >= usable)
