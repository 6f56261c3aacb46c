"""What a replay says of each chance row: how often it holds, and the amount that its level leaves below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.auditing.pieces import cut, in_order
from ccinv.auditing.streams import generator, shared_factors
from ccinv.ledger import Movements, replay
from ccinv.result import Rule
from ccinv.store import Store

PIECE = 2**20  # items × periods × paths of a piece, unless one item alone has more
BLOCK = 2**18  # of those that are replayed at once: a dozen arrays of 2 MB, which the caches still hold


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """The probability at which each quantity is asked for its quantile, NaN where it is not: net stock X(t) and orders
    as the rule has them (n, N), dollars (N,).

    `grid` (G,): probabilities at which net stock of every cell is asked for, where `law` (n, N) says so.
    """

    stock: FloatArray
    orders: FloatArray
    dollars: FloatArray
    grid: FloatArray
    law: BoolArray

    def rows(self, index: IntArray) -> Levels:
        """The same of some items."""
        return replace(self, stock=self.stock[index], orders=self.orders[index], law=self.law[index])


def no_levels(items: int, periods: int, confidence: float = np.nan) -> Levels:
    """No quantile asked for but, perhaps, that of the dollars."""
    nothing = np.full((items, periods), np.nan)
    dollars = np.full(periods, confidence)
    return Levels(nothing, nothing, dollars, np.zeros(0), np.zeros(nothing.shape, dtype=np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Tails:
    """What was found on `paths` paths under the actual laws, orders executed.

    service (n, N): share of paths that are not short; net, placed (n, N), spent (N,): mean and deviation of net stock,
    of executed orders and of dollars, in pairs; stock (n, N): the largest amount that net stock keeps with the
    probability asked, law (n, N, G) with those of the grid; owed (n, N): mean backlog. ordered, orders (n, N): the same
    as service and stock for the orders as the rule has them. afforded (N,): share of paths within the limit; dollars
    (N,): the least amount that dollars obligated keep with the probability asked.
    Units and dollars; NaN where nothing was asked. All lower or upper order statistics: on these paths no quantile
    promises too much.
    """

    paths: int
    service: FloatArray
    stock: FloatArray
    law: FloatArray
    owed: FloatArray
    ordered: FloatArray
    orders: FloatArray
    afforded: FloatArray
    dollars: FloatArray
    net: tuple[FloatArray, FloatArray]
    placed: tuple[FloatArray, FloatArray]
    spent: tuple[FloatArray, FloatArray]


def tails(
    store: Store,
    rule: Rule,
    limit: FloatArray | None,
    levels: Levels,
    paths: int,
    stream: tuple[int, ...],
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Tails:
    """Replay a rule on `paths` paths and read the tails; `limit` (N,) dollars or None.

    Items are replayed piece by piece, each on its own part of the random `stream` (seed first), and paths block by
    block: the same stream means the same sales and arrivals whatever the rule, and the same bytes whatever the number
    of `workers`.
    """
    shape, grid = (store.items, store.periods), levels.grid
    found = Tails(
        paths=paths,
        service=np.empty(shape),
        stock=np.empty(shape),
        law=np.full((*shape, len(grid)), np.nan),
        owed=np.empty(shape),
        ordered=np.empty(shape),
        orders=np.empty(shape),
        afforded=np.full(store.periods, np.nan),
        dollars=np.empty(store.periods),
        net=(np.empty(shape), np.empty(shape)),
        placed=(np.empty(shape), np.empty(shape)),
        spent=(np.empty(store.periods), np.empty(store.periods)),
    )
    spent = np.zeros((store.periods, paths))
    pieces = cut(np.arange(store.items), store.periods * paths, PIECE)
    common = shared_factors(store.demand, stream[0], stream[1:], paths)

    def run(number: int) -> FloatArray:
        index = pieces[number]
        part, own = store.rows(index), rule.rows(index)
        rng = generator(stream[0], (*stream[1:], number))
        samples = _Samples.of(levels.rows(index), paths)
        dollars = np.empty((store.periods, paths))
        blocks = []
        for some in _blocks(paths, len(index) * store.periods):
            factors = None if common is None else common[:, :, some]
            moved = replay(part, own, rng, some.stop - some.start, factors)
            blocks.append(_Block.of(moved, part.short_below))
            samples.take(moved, some)
            dollars[:, some] = moved.dollars
        seen = _Block.joined(blocks)
        found.service[index], found.ordered[index], found.owed[index] = seen.met, seen.forward, seen.owed
        for pair, (mean, variance) in ((found.net, seen.net), (found.placed, seen.placed)):
            pair[0][index], pair[1][index] = mean, np.sqrt(variance)
        found.stock[index], found.orders[index], found.law[index] = samples.quantiles()
        return dollars

    in_order(run, spent.__iadd__, len(pieces), workers, progress)
    if limit is not None:
        found.afforded[:] = np.count_nonzero(spent <= store.overspent_above(limit)[:, None], axis=1) / paths
    found.dollars[:] = -kept(-spent, levels.dollars)
    found.spent[0][:], found.spent[1][:] = spent.mean(axis=1), spent.std(axis=1)
    return found


def _blocks(paths: int, cells: int) -> list[slice]:
    """All paths, cut into blocks that have about BLOCK cells where each path has so many `cells`."""
    block = max(BLOCK // cells, 1)
    return [slice(first, min(first + block, paths)) for first in range(0, paths, block)]


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """What a block of paths says of some items, (n, N): shares of paths met and not negative, mean backlog; mean and
    variance of net stock and of orders."""

    paths: int
    met: FloatArray
    forward: FloatArray
    owed: FloatArray
    net: tuple[FloatArray, FloatArray]
    placed: tuple[FloatArray, FloatArray]

    @classmethod
    def of(cls, moved: Movements, short_below: FloatArray) -> _Block:
        bound, paths = short_below[:, None, None], moved.net.shape[2]
        return cls(
            paths,
            np.count_nonzero(moved.net >= bound, axis=2) / paths,
            np.count_nonzero(moved.wanted >= bound, axis=2) / paths,
            -np.minimum(moved.net, 0.0).mean(axis=2),
            (moved.net.mean(axis=2), moved.net.var(axis=2)),
            (moved.orders.mean(axis=2), moved.orders.var(axis=2)),
        )

    @classmethod
    def joined(cls, blocks: list[_Block]) -> _Block:
        """What they say together."""
        paths = np.array([block.paths for block in blocks])

        def mean(tables: list[FloatArray]) -> FloatArray:
            found: FloatArray = np.average(tables, axis=0, weights=paths)
            return found

        def moments(pairs: list[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
            middle = mean([pair[0] for pair in pairs])
            return middle, mean([variance + (own - middle) ** 2 for own, variance in pairs])

        return cls(
            int(paths.sum()),
            mean([block.met for block in blocks]),
            mean([block.forward for block in blocks]),
            mean([block.owed for block in blocks]),
            moments([block.net for block in blocks]),
            moments([block.placed for block in blocks]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Samples:
    """Whole samples, (n, N, P), where quantiles are asked of them, else none."""

    levels: Levels
    net: FloatArray
    wanted: FloatArray

    @classmethod
    def of(cls, levels: Levels, paths: int) -> _Samples:
        some_net = bool(np.isfinite(levels.stock).any() or levels.law.any())
        some_wanted = bool(np.isfinite(levels.orders).any())
        shape = levels.stock.shape
        return cls(levels, np.empty((*shape, paths * some_net)), np.empty((*shape, paths * some_wanted)))

    def take(self, moved: Movements, some: slice) -> None:
        for whole, part in ((self.net, moved.net), (self.wanted, moved.wanted)):
            if whole.size:
                whole[:, :, some] = part

    def quantiles(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Of stock and of orders (n, N), and of stock on the grid (n, N, G)."""
        levels, grid = self.levels, self.levels.grid
        item, period = np.nonzero(levels.law)
        law = np.full((*levels.law.shape, len(grid)), np.nan)
        law[item, period] = kept(self.net[item, period][:, None, :], np.broadcast_to(grid, (len(item), len(grid))))
        return kept(self.net, levels.stock), kept(self.wanted, levels.orders), law


def kept(sample: FloatArray, level: FloatArray) -> FloatArray:
    """The largest amount that a share `level` of the sample is not below; NaN where the level is.

    The sample has its draws on the last axis; the level stands for the axes before, or has one more for several levels
    of one sample, where the sample then has length 1.
    """
    paths = sample.shape[-1]
    asked = np.isfinite(level)
    found = np.full(level.shape, np.nan)
    if not asked.any():
        return found
    below = np.zeros(level.shape, dtype=np.int64)
    below[asked] = np.floor((1 - level[asked]) * paths + 1e-9).astype(np.int64)
    ranks = np.unique(below[asked])
    if sample.shape[:-1] == level.shape:
        ordered = np.partition(sample[asked], ranks, axis=-1)
        found[asked] = np.take_along_axis(ordered, below[asked][:, None], axis=-1)[:, 0]
    else:
        ordered = np.partition(sample[..., 0, :], ranks, axis=-1)
        found[...] = np.take_along_axis(ordered, below, axis=-1)
    return found
