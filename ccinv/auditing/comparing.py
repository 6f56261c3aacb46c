"""A plan beside what stores do today: the same sales, the same arrivals, the same money."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray, IntArray, frozen, given_numbers
from ccinv.auditing.conduct import Comparison, Conduct
from ccinv.auditing.drawing import Draws, Piece, held_draws, pieces_of
from ccinv.auditing.pieces import Blocks, in_order
from ccinv.auditing.streams import generator, shared_factors
from ccinv.errors import DataError, Fault
from ccinv.ledger import Movements, move, replay_known
from ccinv.policies import Ordering, Policy, placing
from ccinv.result import Plan, Rule
from ccinv.store import Budget, Store

HELD = 2**25  # items × periods × paths drawn at once for policies of all items together: 340 MB
MOVED = 2**20  # of these moved at once: a dozen arrays of 8 MB
MOST_PATHS = 1_000_000  # dollars of every path are kept for their quantile
LEVEL = 0.95
PLAN = "the ordering rules of this plan, as they are executed"


def compare(
    plan: Plan,
    policies: Sequence[Policy],
    paths: int = 20_000,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
    *,
    sales: ArrayLike | None = None,
    workers: int | None = None,
) -> Comparison:
    """The plan and each of `policies` replayed on the same `paths`: those of `audit` with the same paths and seed.

    Every way of ordering meets the same sales and the same lead times: differences are not noise. Policies see what
    the store and its laws say, and of the plan only the limit that it was held to. `sales` (n, N): replay these, as
    they really were, on every path; then only arrivals are random. `progress` is called with (blocks done, blocks in
    all). Memory grows with the paths by their dollars alone; the same seed gives the same bytes whatever the number of
    `workers`. A DataError says what a policy lacks, and if paths, seed or sales cannot be used.
    """
    store, known = _limited(plan), _checked(plan.store, paths, seed, sales)
    ways: list[_Way] = [_ByRule(plan.rule), *(_ByPolicy(policy.on(store)) for policy in policies)]
    blocks = Blocks.of(store, paths)
    sizes = blocks.sizes
    pieces = list(pieces_of(store, known, blocks))
    total = [_Sums.zeros(store.items, store.periods) for _ in ways]
    dollars = np.empty((len(ways), store.periods, paths))

    def run(number: int) -> list[_Sums]:
        start = number * blocks.block
        money = dollars[:, :, start : start + sizes[number]]
        common = None if known is not None else shared_factors(store.demand, seed, (number,), sizes[number])
        return _block(store, ways, pieces, partial(generator, seed, (number,)), common, money)

    def add(found: list[_Sums]) -> None:
        for one, other in zip(total, found, strict=True):
            one.add(other)

    in_order(run, add, len(sizes), workers, progress)
    level = LEVEL if store.budget is None else store.budget.confidence
    names = [("plan", PLAN), *((policy.name, policy.words) for policy in policies)]
    conducts = [
        _conduct(name, store, sums, money, level) for name, sums, money in zip(names, total, dollars, strict=True)
    ]
    return Comparison(store, plan.asked, paths, seed, level, tuple(conducts), known)


@dataclass(slots=True)
class _Sums:
    """Counts and sums over paths; (n, N) unless said."""

    met: IntArray
    ordered: IntArray
    stock: FloatArray
    backlog: FloatArray
    orders: FloatArray
    joint: IntArray  # (n,)

    @classmethod
    def zeros(cls, items: int, periods: int) -> _Sums:
        shape = (items, periods)
        return cls(
            met=np.zeros(shape, dtype=np.int64),
            ordered=np.zeros(shape, dtype=np.int64),
            stock=np.zeros(shape),
            backlog=np.zeros(shape),
            orders=np.zeros(shape),
            joint=np.zeros(items, dtype=np.int64),
        )

    def add(self, other: _Sums) -> None:
        for field in fields(self):
            getattr(self, field.name).__iadd__(getattr(other, field.name))

    def tally(self, rows: slice, store: Store, moved: Movements) -> None:
        well = moved.net >= store.short_below[:, None, None]
        self.met[rows] += np.count_nonzero(well, axis=2)
        well |= ~store.controllable[:, :, None]
        self.joint[rows] += np.count_nonzero(well.all(axis=1), axis=1)
        self.ordered[rows] += np.count_nonzero(moved.orders > 0, axis=2)
        self.orders[rows] += moved.orders.sum(axis=2)
        owed = np.minimum(moved.net, 0.0).sum(axis=2)
        self.backlog[rows] -= owed
        self.stock[rows] += moved.net.sum(axis=2) - owed


class _Way(Protocol):
    """A way of ordering as a block replays it."""

    @property
    def together(self) -> bool:
        """Whether it has to see all items at once."""
        ...

    def rows(self, index: IntArray) -> _Way: ...

    def move(self, store: Store, draws: Draws) -> Movements: ...


@dataclass(frozen=True, slots=True, eq=False)
class _ByRule:
    rule: Rule

    @property
    def together(self) -> bool:
        return False

    def rows(self, index: IntArray) -> _ByRule:
        return _ByRule(self.rule.rows(index))

    def move(self, store: Store, draws: Draws) -> Movements:
        return replay_known(store, self.rule, draws.sales, draws.ages, draws.open_ages)


@dataclass(frozen=True, slots=True, eq=False)
class _ByPolicy:
    ordering: Ordering

    @property
    def together(self) -> bool:
        return self.ordering.together

    def rows(self, index: IntArray) -> _ByPolicy:
        return _ByPolicy(self.ordering.rows(index))

    def move(self, store: Store, draws: Draws) -> Movements:
        return move(store, draws.sales, placing(self.ordering, store.orders.lag), draws.ages, draws.open_ages)


def _block(
    store: Store,
    ways: list[_Way],
    pieces: list[Piece],
    fresh: Callable[[], np.random.Generator],
    common: FloatArray | None,
    dollars: FloatArray,
) -> list[_Sums]:
    """One block of paths for every way of ordering, its stream started by `fresh`; fills `dollars` (ways, N, paths)."""
    found = [_Sums.zeros(store.items, store.periods) for _ in ways]
    dollars[:] = 0.0
    paths = dollars.shape[2]
    rng = fresh()
    for piece in pieces:
        draws = piece.draw(rng, paths, common)
        index = np.arange(piece.rows.start, piece.rows.stop)
        for k, way in enumerate(ways):
            if not way.together:
                moved = way.rows(index).move(piece.store, draws)
                found[k].tally(piece.rows, piece.store, moved)
                dollars[k] += moved.dollars
    together = [k for k, way in enumerate(ways) if way.together]
    cells = store.items * store.periods
    held, step = max(HELD // cells, 1), max(MOVED // cells, 1)
    for first in range(0, paths if together else 0, held):
        part = slice(first, min(first + held, paths))
        whole = held_draws(store, pieces, fresh(), common, paths, part)
        for start in range(part.start, part.stop, step):
            chosen = slice(start, min(start + step, part.stop))
            draws = whole.paths(slice(start - first, chosen.stop - first))
            for k in together:
                moved = ways[k].move(store, draws)
                found[k].tally(slice(0, store.items), store, moved)
                dollars[k, :, chosen] = moved.dollars
    return found


def _conduct(name: tuple[str, str], store: Store, sums: _Sums, dollars: FloatArray, level: float) -> Conduct:
    paths = dollars.shape[1]
    within = np.full(store.periods, np.nan)
    if store.budget is not None:
        bound = store.overspent_above(store.budget.limits(store.periods))
        within = np.count_nonzero(dollars <= bound[:, None], axis=1) / paths
    return Conduct(
        name=name[0],
        words=name[1],
        service=sums.met / paths,
        joint_controllable=np.where(store.controllable.any(axis=1), sums.joint / paths, np.nan),
        stock=sums.stock / paths,
        backlog=sums.backlog / paths,
        orders=sums.orders / paths,
        ordered=sums.ordered / paths,
        dollars=dollars.mean(axis=1),
        dollars_high=np.quantile(dollars, level, axis=1),
        within=within,
    )


def _limited(plan: Plan) -> Store:
    """The store with the limit that the plan was held to: its own, or the least one where that was asked for."""
    if plan.budget_limit is None:
        return replace(plan.store, budget=None)
    return replace(plan.store, budget=Budget(plan.budget_limit, float(plan.budget_asked[0])))


def _checked(store: Store, paths: int, seed: int, sales: ArrayLike | None) -> FloatArray | None:
    faults = []
    if not 1 <= paths <= MOST_PATHS:
        remedy = "20000 paths tell 0.95 from 0.94."
        faults.append(Fault("paths", str(paths), f"a number from 1 to {MOST_PATHS:,}", remedy))
    if seed < 0:
        faults.append(Fault("seed", str(seed), "a whole number >= 0", "Give another seed."))
    known = None if sales is None else frozen(given_numbers("sales", sales))
    if known is not None and known.shape != store.demand.mean.shape:
        found, expected = f"shape {known.shape}", f"{store.demand.mean.shape}"
        faults.append(Fault("sales", found, expected, "Give the sales of every item in every period."))
    elif known is not None and not np.isfinite(known).all():
        item, period = np.argwhere(~np.isfinite(known))[0]
        where = f"sales, item {store.item_id[item]}, period {store.calendar[period]}"
        faults.append(Fault(where, f"{known[item, period]:g}", "units", "Leave items with unknown sales out."))
    if faults:
        raise DataError(faults)
    return known
