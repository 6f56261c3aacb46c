"""The audit: a plan replayed block by block, tallied and judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.auditing.judging import judge
from ccinv.auditing.pieces import Blocks, in_order
from ccinv.auditing.record import Audit
from ccinv.auditing.streams import PARTS, divided, generator, shared_factors
from ccinv.errors import DataError, Fault
from ccinv.ledger import replay
from ccinv.parts import Parts
from ccinv.result import Plan, Rule
from ccinv.store import Store


def audit(
    plan: Plan,
    paths: int = 20_000,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
    *,
    workers: int | None = None,
    parts: Parts | None = None,
) -> Audit:
    """The plan replayed on fresh `paths`, drawn from the laws and moved by the ledger, and every promise judged.

    Nothing of the planner is used but its numbers: the rule and what it promises. The same seed gives the same bytes
    whatever the number of `workers` (threads; default: one per processor); memory does not depend on `paths`.
    `progress` is called with (blocks done, blocks in all). `parts`: every order, open ones too, comes in such parts;
    the promises are judged as before, on the same sales and lead times as without, so that what service loses is what
    the parts cost it. A DataError says if paths, seed or parts cannot be used.
    """
    _refuse(paths, seed)
    store = plan.store
    blocks = Blocks.of(store, paths)
    sizes = blocks.sizes
    limit = np.full(store.periods, np.nan) if plan.budget_limit is None else plan.budget_limit
    pieces = list(_pieces(store, plan.rule, blocks, None if parts is None else parts.for_items(store.items)))
    total = _Tally.zeros(store.items, store.periods)

    def run(number: int) -> _Tally:
        rng = generator(seed, (number,))
        common = shared_factors(store.demand, seed, (number,), sizes[number])
        return _block(pieces, limit, rng, sizes[number], store, common, generator(seed, (number, PARTS)))

    in_order(run, total.add, len(sizes), workers, progress)
    return _judged(plan, total, limit, paths, seed, parts)


@dataclass(slots=True)
class _Tally:
    """Counts and sums over paths, of a block or of all; (n, N) unless said."""

    met: IntArray
    ordered: IntArray
    net: FloatArray
    backlog: FloatArray
    orders: FloatArray
    joint: IntArray  # (n,)
    controllable: IntArray  # (n,)
    afforded: IntArray  # (N,)
    dollars: FloatArray  # (N,)

    @classmethod
    def zeros(cls, items: int, periods: int) -> _Tally:
        shape = (items, periods)
        return cls(
            met=np.zeros(shape, dtype=np.int64),
            ordered=np.zeros(shape, dtype=np.int64),
            net=np.zeros(shape),
            backlog=np.zeros(shape),
            orders=np.zeros(shape),
            joint=np.zeros(items, dtype=np.int64),
            controllable=np.zeros(items, dtype=np.int64),
            afforded=np.zeros(periods, dtype=np.int64),
            dollars=np.zeros(periods),
        )

    def add(self, other: _Tally) -> None:
        for field in fields(self):
            getattr(self, field.name).__iadd__(getattr(other, field.name))


@dataclass(frozen=True, slots=True)
class _Piece:
    """Some neighbouring items, small enough to be replayed at once."""

    rows: slice
    store: Store
    rule: Rule
    controllable: BoolArray
    parts: Parts | None


def _pieces(store: Store, rule: Rule, blocks: Blocks, parts: Parts | None) -> Iterator[_Piece]:
    for index in blocks.cut(np.arange(store.items)):
        part = store.rows(index)
        rows = slice(int(index[0]), int(index[-1]) + 1)
        yield _Piece(rows, part, rule.rows(index), part.controllable, None if parts is None else parts.rows(index))


def _block(
    pieces: list[_Piece],
    limit: FloatArray,
    rng: np.random.Generator,
    paths: int,
    store: Store,
    common: FloatArray | None,
    parted: np.random.Generator,
) -> _Tally:
    """One block of paths; parts of orders are drawn from the stream `parted`."""
    tally = _Tally.zeros(store.items, store.periods)
    dollars = np.zeros((store.periods, paths))
    for piece in pieces:
        moved = replay(piece.store, piece.rule, rng, paths, common, divided(piece.parts, parted))
        bound = piece.store.short_below[:, None, None]
        well = moved.net >= bound
        tally.met[piece.rows] = np.count_nonzero(well, axis=2)
        tally.joint[piece.rows] = np.count_nonzero(well.all(axis=1), axis=1)
        well |= ~piece.controllable[:, :, None]
        tally.controllable[piece.rows] = np.count_nonzero(well.all(axis=1), axis=1)
        tally.ordered[piece.rows] = np.count_nonzero(moved.wanted >= bound, axis=2)
        tally.orders[piece.rows] = moved.orders.sum(axis=2)
        tally.net[piece.rows] = moved.net.sum(axis=2)
        np.minimum(moved.net, 0.0, out=moved.net)
        tally.backlog[piece.rows] = -moved.net.sum(axis=2)
        dollars += moved.dollars
    within = store.overspent_above(limit)
    tally.afforded[:] = np.count_nonzero(dollars <= within[:, None], axis=1)
    tally.dollars[:] = dollars.sum(axis=1)
    return tally


def _judged(plan: Plan, total: _Tally, limit: FloatArray, paths: int, seed: int, parts: Parts | None) -> Audit:
    cells, limited = plan.asked.shape, np.isfinite(limit)
    met = np.concatenate([total.met.ravel(), total.ordered.ravel(), total.afforded])
    money = np.where(limited, plan.budget_asked, np.nan)
    family = judge(met, paths, np.concatenate([plan.asked.ravel(), plan.order_asked.ravel(), money]))
    ends = [total.met.size, 2 * total.met.size]
    low, order_low, budget_low = np.split(family.low, ends)
    high, order_high, budget_high = np.split(family.high, ends)
    verdict, order_verdict, budget_verdict = np.split(family.verdict, ends)
    influenced = plan.store.controllable.any(axis=1)
    return Audit(
        paths=paths,
        seed=seed,
        service=total.met / paths,
        low=low.reshape(cells),
        high=high.reshape(cells),
        verdict=verdict.reshape(cells),
        joint_service=total.joint / paths,
        joint_controllable=np.where(influenced, total.controllable / paths, np.nan),
        stock_mean=total.net / paths,
        backlog_mean=total.backlog / paths,
        order_mean=total.orders / paths,
        order=total.ordered / paths,
        order_low=order_low.reshape(cells),
        order_high=order_high.reshape(cells),
        order_verdict=order_verdict.reshape(cells),
        budget=np.where(limited, total.afforded / paths, np.nan),
        budget_low=np.where(limited, budget_low, np.nan),
        budget_high=np.where(limited, budget_high, np.nan),
        budget_verdict=budget_verdict.copy(),
        budget_mean=total.dollars / paths,
        parts=parts,
    )


def _refuse(paths: int, seed: int) -> None:
    faults = []
    if paths < 1:
        faults.append(Fault("audit paths", str(paths), "a number >= 1", "20000 paths tell 0.95 from 0.94."))
    if seed < 0:
        faults.append(Fault("audit seed", str(seed), "a whole number >= 0", "Give another seed."))
    if faults:
        raise DataError(faults)
