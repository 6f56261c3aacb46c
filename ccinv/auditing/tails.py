"""What a replay says of each chance row: how often it holds, and the amount that its level leaves below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.auditing.pieces import cut, in_order
from ccinv.auditing.streams import generator, shared_factors
from ccinv.ledger import replay
from ccinv.result import Rule
from ccinv.store import Store

CELLS = 2**20  # items × periods × paths replayed at once, unless one item alone has more


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

    Items are replayed piece by piece, all paths of a piece at once, each piece on its own part of the random `stream`
    (seed first): the same stream means the same sales and arrivals whatever the rule, and the same bytes whatever the
    number of `workers`.
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
    pieces = cut(np.arange(store.items), store.periods * paths, CELLS)
    common = shared_factors(store.demand, stream[0], stream[1:], paths)

    def run(number: int) -> FloatArray:
        index = pieces[number]
        part = store.rows(index)
        rng = generator(stream[0], (*stream[1:], number))
        moved = replay(part, rule.rows(index), rng, paths, common)
        bound = part.short_below[:, None, None]
        found.service[index] = np.count_nonzero(moved.net >= bound, axis=2) / paths
        found.ordered[index] = np.count_nonzero(moved.wanted >= bound, axis=2) / paths
        found.owed[index] = -np.minimum(moved.net, 0.0).mean(axis=2)
        for pair, sample in ((found.net, moved.net), (found.placed, moved.orders)):
            pair[0][index], pair[1][index] = sample.mean(axis=2), sample.std(axis=2)
        found.stock[index] = kept(moved.net, levels.stock[index])
        found.orders[index] = kept(moved.wanted, levels.orders[index])
        item, period = np.nonzero(levels.law[index])
        sample = moved.net[item, period][:, None, :]
        found.law[index[item], period] = kept(sample, np.broadcast_to(grid, (len(item), len(grid))))
        return moved.dollars

    in_order(run, spent.__iadd__, len(pieces), workers, progress)
    if limit is not None:
        found.afforded[:] = np.count_nonzero(spent <= store.overspent_above(limit)[:, None], axis=1) / paths
    found.dollars[:] = -kept(-spent, levels.dollars)
    found.spent[0][:], found.spent[1][:] = spent.mean(axis=1), spent.std(axis=1)
    return found


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
