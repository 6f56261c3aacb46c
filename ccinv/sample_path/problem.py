"""A pooled rule on a store, ready for sample paths: what stays the same whatever is asked of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.auditing import Tails
from ccinv.auditing.simulating import standard_error
from ccinv.rules.layout import PooledLayout, item_scale, seen_mean
from ccinv.running import increments
from ccinv.sample_path.coefficients import decision, expected_orders, levels_of
from ccinv.sample_path.descent import Descent
from ccinv.sample_path.draws import drawn
from ccinv.sample_path.exact import Certain, certain
from ccinv.sample_path.lattice import lattice
from ccinv.sample_path.program import Columns, Scales
from ccinv.sample_path.question import Question
from ccinv.store import Store

SURE = 3.0  # standard errors by which orders are kept from being negative more often than asked
ON = 1e-9  # relative distance to a lattice at which a level is on it
FEWEST = 1e-3  # of the money, shared among items: what a shortage of a natural amount weighs at least
TENTH = 0.1  # of the loss of a natural amount in every cell: the scale of losses


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A layout with what is known of its store.

    money: its natural amount of money. grain (n,): lattice of sales, 0 where there is none. certain: items whose
    service can be computed. falls (n, N): how much a level may be below the one before it, by what is promised of
    orders. slopes: whether the slopes of the rule are decisions, too; else they are one, and its levels order-up-to.
    """

    layout: PooledLayout
    money: float
    grain: FloatArray
    certain: dict[int, Certain]
    falls: FloatArray
    slopes: bool

    @classmethod
    def of(cls, layout: PooledLayout, money: float, falls: FloatArray, *, slopes: bool) -> Problem:
        """With what its laws say of the store."""
        grain = lattice(layout.store)
        return cls(layout, money, grain, certain(layout.store, grain), falls, slopes)

    @property
    def store(self) -> Store:
        return self.layout.store

    def descent(self, question: Question, frozen: BoolArray | None = None) -> Descent:
        """The search for an answer, some items (n,) left as they are."""
        store = self.store
        unit = item_scale(store)
        weight = np.maximum(store.unit_cost * unit / self.money, FEWEST / store.items)
        items = question.concerned if frozen is None else question.concerned & ~frozen
        loss = 1.0
        if question.loss is not None:
            loss = TENTH * float(((question.loss.owed + question.loss.held).sum(axis=1) * unit).sum()) or 1.0
        columns = Columns.of(self.layout, items, None if self.slopes else self.falls)
        spread = np.maximum(store.demand.sd.max(axis=1), 1e-3 * unit)
        return Descent(self.layout, question, columns, Scales(unit, self.money, loss, weight), spread)

    @property
    def contains_levels(self) -> bool:
        """Whether the rule can follow order-up-to levels of any height."""
        return contains_levels(self.layout, self.money)

    def ordering(self, x: FloatArray) -> BoolArray:
        """Items (n,) that are ordered up to levels: their slopes are one."""
        found: BoolArray = (self.layout.slope.at(x).reshape(self.store.demand.mean.shape) == 1.0).all(axis=1)
        return found

    def with_levels(self, x: FloatArray, levels: FloatArray, items: BoolArray) -> FloatArray:
        """The decision with the levels of some items put in."""
        shape = levels.shape
        mine = expected_orders(self.store, levels)
        slope = np.where(items[:, None], 1.0, self.layout.slope.at(x).reshape(shape))
        return decision(self.layout, slope, np.where(items[:, None], mine, self.layout.level.at(x).reshape(shape)))

    @property
    def least(self) -> FloatArray:
        """Under which no level may be, (n, N): an important item's due-outs are covered by due-ins."""
        return np.repeat(np.where(self.store.important, 0.0, -np.inf)[:, None], self.store.periods, axis=1)

    def lawful(self, levels: FloatArray) -> FloatArray:
        """Levels raised to where they may be: not below the least, and not too far below the one before."""
        lawful, before = np.maximum(levels, self.least), self.store.on_hand + self.store.on_order
        for t in range(self.store.periods):
            lawful[:, t] = before = np.maximum(lawful[:, t], before - self.falls[:, t])
        return lawful

    def raised(self, x: FloatArray, item: int, period: int, by: float) -> FloatArray:
        """Levels (n, N) of a decision with one of them raised, and those after it where they must follow."""
        levels = levels_of(self.layout, x)
        levels[item, period] += by
        return self.lawful(levels)

    def computed(self, x: FloatArray) -> FloatArray:
        """The service of cells where it can be computed, (n, N); NaN of the others."""
        levels, ordering = levels_of(self.layout, x), self.ordering(x)
        found = np.full(levels.shape, np.nan)
        for item, one in self.certain.items():
            steps = levels[item] / one.grain
            near = np.abs(steps - np.rint(steps)) < ON * np.maximum(np.abs(steps), 1.0)
            if ordering[item] and near.all():
                found[item] = one.service(levels[item])
        return found

    def known(self, x: FloatArray, seen: Tails) -> Tails:
        """A simulation with the service that can be computed put in its place."""
        computed = self.computed(x)
        return replace(seen, service=np.where(np.isfinite(computed), computed, seen.service))


def contains_levels(layout: PooledLayout, money: float) -> bool:
    """Whether a rule can follow order-up-to levels of any height; `money`: a large one."""
    ones = np.ones(layout.store.demand.mean.shape)
    high = money * ones + seen_mean(layout.store)
    x = decision(layout, ones, high)
    return bool(
        np.allclose(layout.level.at(x), high.ravel())
        and np.allclose(layout.slope.at(x), 1.0)
        and (layout.bounds.at(x) >= -1e-6 * money).all()
    )


def allowed_falls(store: Store, count: int, stream: tuple[int, ...]) -> FloatArray:
    """How much a level may be below the one before it, by what is promised of orders, (n, N).

    An order is the sales seen and the rise of the level: it is not negative with the confidence asked where the level
    falls by no more than the sales that are exceeded with it. Somewhat more is asked, as they are simulated, on so many
    paths of the random `stream`.
    """
    found = np.full(store.demand.mean.shape, np.inf)
    if store.orders.nonnegative == "monotone":
        found[:] = 0.0
    if store.orders.nonnegative == "chance":
        paths = drawn(store, count, stream)
        level = store.orders.confidence
        level += SURE * float(standard_error(np.array(level), paths.count))
        rank = int(np.floor((1 - min(level, 1 - 1 / paths.count)) * paths.count + 1e-9))
        lag = store.orders.lag
        for draws in paths.pieces:
            sales = increments(draws.sold)
            found[draws.rows, :lag] = 0.0
            found[draws.rows, lag:] = np.partition(sales, rank, axis=-1)[:, : store.periods - lag, rank]
    return found
