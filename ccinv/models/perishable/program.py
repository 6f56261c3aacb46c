"""The mixed-integer program of items that perish: stock by day, first-in-first-out held by two binaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.models.perishable.bounds import bounds_of
from ccinv.models.perishable.cumulative import known_receipts, reserve
from ccinv.models.perishable.rows import NONE, Rows
from ccinv.perishable import Movements, PerishableStore, Weights


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Where each amount stands in x, (n, N) each, −1 where there is none; `fill`: the least fill rate of all items.

    `order`: packs (units where orders need not be whole); `ordered`: whether there is an order; `empty`: nothing is
    left after the day's sales, without which nothing can be short; `spent`: what came in less than s days before is
    all in stock, or nothing was wasted; `lacking`: units below the reserve that was asked for.
    """

    order: IntArray
    ordered: IntArray
    sold: IntArray
    short: IntArray
    waste: IntArray
    stock: IntArray
    empty: IntArray
    spent: IntArray
    lacking: IntArray
    fill: int
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """low ≤ rows · x ≤ high, least ≤ x ≤ most, whole where `whole`, of a store; `unit`: units of one order in x, (n,).

    `reserved`: units wanted after each day's sales, (n, N). `exact`: every x that is whole where it must be issues
    first in, first out; otherwise the program is a relaxation: stock may be held back, and issued last-in-first-out.
    `totals`: the row of the first order day's total, which the others follow.
    """

    store: PerishableStore
    at: Columns
    rows: Any
    low: FloatArray
    high: FloatArray
    least: FloatArray
    most: FloatArray
    whole: BoolArray
    unit: FloatArray
    reserved: FloatArray
    exact: bool
    totals: int

    def cost(self, weights: Weights) -> FloatArray:
        """The coefficients of x in a measure."""
        at, store = self.at, self.store
        ordered = weights.ordered * self.unit[:, None]
        late = np.arange(store.days)[None, :] + store.lag[:, None] >= store.days
        ordered = ordered + np.where(late, weights.end[:, None], 0.0) * self.unit[:, None]
        stock = weights.stock.copy()
        stock[:, -1] += weights.end
        found = np.zeros(at.size)
        for column, weight in (
            (at.order, ordered), (at.ordered, weights.order), (at.sold, weights.sold), (at.short, weights.short),
            (at.waste, weights.waste), (at.stock, stock),
        ):  # fmt: skip
            there = column != NONE
            found[column[there]] += weight[there]
        return found

    def orders(self, x: FloatArray) -> FloatArray:
        """The orders in x, (n, N), units."""
        there = self.at.order != NONE
        amount = np.where(there, x[np.where(there, self.at.order, 0)], 0.0)
        amount = np.rint(amount) if self.store.whole else np.maximum(amount, 0.0)
        paid = self.at.ordered != NONE  # an order that is not paid for is what rows are inaccurate by
        amount = np.where(paid & (x[np.where(paid, self.at.ordered, 0)] < 0.5), 0.0, amount)
        found: FloatArray = amount * self.unit[:, None]
        return found

    def point(self, moved: Movements, fill: float) -> FloatArray:
        """The x of movements that issue first in, first out."""
        at = self.at
        x = np.zeros(at.size)
        lacking = np.maximum(self.reserved - reserve(self.store, moved), 0.0)
        for column, amount in (
            (at.order, moved.ordered / self.unit[:, None]), (at.ordered, moved.ordered > 0), (at.sold, moved.sold),
            (at.short, moved.short), (at.waste, moved.waste), (at.stock, moved.stock), (at.empty, moved.short > 1e-9),
            (at.spent, moved.waste > 1e-9), (at.lacking, lacking),
        ):  # fmt: skip
            there = column != NONE
            x[column[there]] = amount[there]
        x[at.fill] = fill
        return x


def program_of(store: PerishableStore, reserved: FloatArray, exact: bool) -> Program:
    """The program.

        stock(d) = stock(d−1) + received(d) − sold(d) − waste(d);   short · left = 0,   waste · fresh sold = 0

    left: what can still be sold after the day's sales. fresh sold: what is missing, when d perishes, of all that came
    in less than s days before; old units are wasted only while it is 0, and it is never negative: then, what leaves
    first is what came first. Each product is 0 by one binary, whose two bounds are those of `bounds_of`.
    """
    bounds = bounds_of(store, reserved)
    shape, size = store.demand.shape, 0

    def columns(there: BoolArray) -> IntArray:
        nonlocal size
        found = np.full(shape, NONE, dtype=np.int64)
        count = int(there.sum())
        found[there] = size + np.arange(count)
        size += count
        return found

    everywhere = np.ones(shape, dtype=np.bool_)
    can_short = (bounds.left > 0) & (store.demand.cumsum(axis=1) if store.backordered else store.demand).astype(bool)
    at_order = columns(store.order_days)
    at_ordered = columns(store.order_days & (store.order_cost[:, None] > 0))
    at_sold, at_short, at_stock = columns(everywhere), columns(everywhere), columns(everywhere)
    at_waste = columns(bounds.expiring > 0)
    at_empty = columns(can_short & exact)
    at_spent = columns((bounds.expiring > 0) & exact)
    at_lacking = columns(reserved > 0)
    at = Columns(
        at_order, at_ordered, at_sold, at_short, at_waste, at_stock, at_empty, at_spent, at_lacking, size, size + 1
    )
    unit = store.pack if store.whole else np.ones(store.items)
    least, most, whole = np.zeros(at.size), np.ones(at.size), np.zeros(at.size, dtype=np.bool_)
    waiting = np.cumsum(store.demand, axis=1) if store.backordered else store.demand
    for column, bound in (
        (at.order, bounds.order / unit[:, None]), (at.sold, waiting), (at.short, waiting), (at.stock, bounds.stock),
        (at.waste, bounds.expiring), (at.lacking, reserved),
    ):  # fmt: skip
        there = column != NONE
        most[column[there]] = bound[there]
    for column in (at.ordered, at.empty, at.spent, *((at.order,) if store.whole else ())):
        whole[column[column != NONE]] = True
    least[at.fill] = -np.inf
    rows = Rows()
    _movement(store, at, unit, rows)
    _first_in_first_out(store, at, unit, bounds.expiring, bounds.left, bounds.fresh_sold, waiting, rows)
    totals = rows.count
    _orders(store, at, unit, bounds.order, rows)
    there = np.nonzero(at.lacking != NONE)
    terms, constant = _left(store, at, unit, there)
    rows.add([*terms, (at.lacking[there], 1.0)], reserved[there] - constant, np.inf)
    matrix, low, high = rows.matrix(at.size)
    return Program(store, at, matrix, low, high, least, most, whole, unit, reserved, exact, totals)


def _in(store: PerishableStore, at: Columns) -> IntArray:
    """The column of what is received on each day, (n, N)."""
    placed = np.arange(store.days)[None, :] - store.lag[:, None]
    return np.where(placed >= 0, np.take_along_axis(at.order, np.maximum(placed, 0), axis=1), NONE)


def _movement(store: PerishableStore, at: Columns, unit: FloatArray, rows: Rows) -> None:
    """Stock from day to day; what is wanted is sold, or short."""
    incoming, each = _in(store, at), np.broadcast_to(unit[:, None], at.order.shape)
    known = store.arrivals.copy()
    known[:, 0] += store.opening.sum(axis=1)
    before = np.concatenate([np.full((store.items, 1), NONE), at.stock[:, :-1]], axis=1)
    terms = [(at.stock, 1.0), (before, -1.0), (at.sold, 1.0), (at.waste, 1.0)]
    flat = [(column.ravel(), value) for column, value in terms]
    rows.add([*flat, (incoming.ravel(), -each.ravel())], known.ravel(), known.ravel())
    terms = [(at.sold, 1.0), (at.short, 1.0)]
    if store.backordered:
        terms.append((np.concatenate([np.full((store.items, 1), NONE), at.short[:, :-1]], axis=1), -1.0))
    demand = store.demand.ravel()
    rows.add([(column.ravel(), value) for column, value in terms], demand, demand)


def _left(store: PerishableStore, at: Columns, unit: FloatArray, there: Any) -> tuple[list[Any], FloatArray]:
    """What can still be sold after the day's sales: its terms and its constant, for the cells `there`."""
    terms: list[Any] = [(at.stock[there], 1.0)]
    constant = np.zeros(len(there[0]))
    if not store.day.perishes_first:
        terms.append((at.waste[there], 1.0))
    if not store.day.receives_first:
        terms.append((_in(store, at)[there], -unit[there[0]]))
        constant = -store.arrivals[there]
    return terms, constant


def _first_in_first_out(
    store: PerishableStore, at: Columns, unit: FloatArray, expiring: FloatArray, left: FloatArray,
    fresh_sold: FloatArray, waiting: FloatArray, rows: Rows,
) -> None:  # fmt: skip
    """Nothing is short while anything is left; nothing is wasted that could have gone before what is younger."""
    if not store.day.receives_first:  # otherwise what is left is stock, which is not negative anyway
        everywhere = np.nonzero(np.ones(at.stock.shape, dtype=np.bool_))
        terms, constant = _left(store, at, unit, everywhere)
        rows.add(terms, -constant, np.inf)
    there = np.nonzero(at.empty != NONE)
    terms, constant = _left(store, at, unit, there)
    rows.add([(at.short[there], 1.0), (at.empty[there], -waiting[there])], -np.inf, 0.0)
    rows.add([*terms, (at.empty[there], left[there])], -np.inf, left[there] - constant)

    there = np.nonzero(at.waste != NONE)
    incoming, (known, before) = _in(store, at), known_receipts(store)
    life = store.shelf_life[there[0]]
    came = there[1] - life  # the day on which what expires came in
    own = np.where(came >= 0, incoming[there[0], np.maximum(came, 0)], NONE)
    waste = (at.waste[there], 1.0)
    rows.add([waste, (own, -unit[there[0]])], -np.inf, known[there[0], before + came])
    total = np.cumsum(known, axis=1)
    fresh: list[Any] = [(at.stock[there], -1.0)]
    if store.day.perishes_first:
        fresh.append((at.sold[there], -1.0))
    for age in range(int(store.shelf_life.max())):
        since = there[1] - age
        inside = (age < life) & (since >= 0)
        fresh.append((np.where(inside, incoming[there[0], np.maximum(since, 0)], NONE), unit[there[0]]))
    constant = total[there[0], before + there[1]] - total[there[0], before + came]
    rows.add(fresh, -constant, np.inf)
    if (at.spent != NONE).any():
        rows.add([waste, (at.spent[there], -expiring[there])], -np.inf, 0.0)
        rows.add([*fresh, (at.spent[there], fresh_sold[there])], -np.inf, fresh_sold[there] - constant)


def _whole(limit: FloatArray) -> FloatArray:
    """Limits that are whole but for rounding, as whole numbers: one total may be all that lies between them."""
    near = np.rint(limit)
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(limit - near) <= 1e-9 + 1e-12 * np.abs(limit), near, limit)


def _orders(store: PerishableStore, at: Columns, unit: FloatArray, most: FloatArray, rows: Rows) -> None:
    """Totals of order days, and orders that must be there to be paid for."""
    some = np.flatnonzero(store.order_days.any(axis=0))
    low, high = store.limits
    size = min(float(unit.min()), 1.0)  # rows are met to 1e-6 of 1: of a pack, if packs are smaller than that
    terms = [(at.order[k, some], unit[k] / size) for k in range(store.items)]
    rows.add(terms, _whole(low[some] / size), _whole(high[some] / size))
    there = np.nonzero(at.ordered != NONE)
    units = most[there] / unit[there[0]]
    rows.add([(at.order[there], 1.0), (at.ordered[there], -units)], -np.inf, 0.0)
