"""The linear program of one step: how levels move when every quantile goes along its slope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.rules import stacked
from ccinv.rules.layout import PooledLayout, rises, seen_mean
from ccinv.sample_path.question import Question
from ccinv.sample_path.reading import Reading, Slopes
from ccinv.solve.simplex import vertex

FARTHEST = 0.5  # that a score moves in a step
BENT = 1e-4  # natural amounts by which slopes are wrong where something bends
TIE = 1e-3  # of the money tied up on average, added to what is least: levels that decide nothing do not drift


@dataclass(frozen=True, slots=True, eq=False)
class Scales:
    """What is natural: unit (n,), units; money, dollars; loss, in its own unit; weight (n,), what a natural amount of
    an item is worth beside the money."""

    unit: FloatArray
    money: float
    loss: float
    weight: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The entries of x that move: free (F,); level and seen (n·N, F): what they do to level and slope of each O(t);
    fixed rows · x + constant ≥ 0 on all entries; size (F,): natural sizes; item (F,): whose they are."""

    free: IntArray
    level: Any
    seen: Any
    rows: Any
    constant: FloatArray
    size: FloatArray
    item: IntArray

    @classmethod
    def of(cls, layout: PooledLayout, items: BoolArray, falls: FloatArray | None = None) -> Columns:
        """Those of some items (n,) of a layout: all of them, or, where `falls` are given, those that leave the slopes
        at one; falls (n, N): how much a level of the inventory position may be below the one before it."""
        store = layout.store
        level, slope = sparse.csc_array(layout.level.matrix), sparse.csc_array(layout.slope.matrix)
        both = sparse.csc_array(abs(level) + abs(slope))
        owner = both.indices[both.indptr[:-1]].astype(np.int64) // store.periods
        moves = items[owner]
        parts = [layout.bounds]
        if falls is not None:
            moves &= np.diff(slope.indptr) == 0
            bound = (np.isfinite(falls) & items[:, None]).ravel()
            rises_by = rises(layout.level, store.items, store.periods)
            sales = np.diff(seen_mean(store), axis=1, prepend=0.0)
            parts.append(rises_by.plus(np.where(np.isfinite(falls), falls - sales, 0.0).ravel()).rows(bound))
        elif store.orders.nonnegative == "monotone":
            parts.append(layout.monotone)
        free = np.flatnonzero(moves)
        every = stacked(*parts)
        touched = np.diff(sparse.csr_array(every.matrix[:, free]).indptr) > 0
        rows = every.rows(touched)
        return cls(free, level[:, free], slope[:, free], rows.matrix, rows.constant, layout.scale[free], owner[free])


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """What the program would do: dx (F,), the rise of the score, the worth with its penalty that it expects, and the
    dual values of every cell (n, N) and of the dollars (N,), 0 where these are not limited."""

    dx: FloatArray
    rise: float
    merit: float
    duals: FloatArray
    prices: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Corner:
    """What a move showed that came to less than its slopes had said: a quantile bends where another order begins to
    decide it.

    cells (J,): flat cells whose reserve was less than expected, by_cell (J, F) and price (J,): its slopes there in the
    columns and in the score, reserve (J,): what they would make of it at no move. periods (M,), by_period (M, F) and
    dollars (M,): the same for dollars that were more. In natural amounts.
    """

    cells: IntArray
    by_cell: Any
    price: FloatArray
    reserve: FloatArray
    periods: IntArray
    by_period: Any
    dollars: FloatArray

    @classmethod
    def of(cls, columns: Columns, scales: Scales, before: Reading, after: Reading, move: Move) -> Corner:
        """That of a move between two readings."""
        dx, rise, width = move.dx, move.rise, before.share.shape[1]
        cells, old, new = np.intersect1d(before.cells, after.cells, assume_unique=True, return_indices=True)
        unit = scales.unit[cells // width]
        said = (before.reserve - before.price * rise)[old] / unit + _reserves(columns, before, scales)[old] @ dx
        bent = after.reserve[new] / unit < said - BENT
        cells, new, unit = cells[bent], new[bent], unit[bent]
        by_cell, price = _reserves(columns, after, scales)[new], after.price[new] / unit
        said = before.dollars / scales.money + _dollars(columns, before, scales) @ dx
        periods = np.flatnonzero(after.dollars / scales.money > said + BENT)
        by_period, dollars = _dollars(columns, after, scales)[periods], after.dollars[periods] / scales.money
        found = cls(cells, by_cell, price, after.reserve[new] / unit, periods, by_period, dollars)
        return found.moved(-dx, -rise)

    def moved(self, dx: FloatArray, rise: float) -> Corner:
        """The same, seen from where a move leads to."""
        reserve = self.reserve + self.by_cell @ dx - self.price * rise
        return replace(self, reserve=reserve, dollars=self.dollars + self.by_period @ dx)

    def among(self, cells: IntArray) -> Corner:
        """Without cells that are none of some."""
        some = np.isin(self.cells, cells)
        if some.all():
            return self
        return replace(
            self, cells=self.cells[some], by_cell=self.by_cell[some], price=self.price[some], reserve=self.reserve[some]
        )


def _reserves(columns: Columns, reading: Reading, scales: Scales) -> Any:
    item = reading.cells // reading.share.shape[1]
    return _along(columns, reading.reserve_slopes, item, 1 / scales.unit[item])


def _dollars(columns: Columns, reading: Reading, scales: Scales) -> Any:
    return _summed(columns, reading.dollar_slopes, 1 / scales.money)


def worth(reading: Reading, question: Question, score: float, scales: Scales) -> float:
    """What is least, relative to what is natural."""
    value = TIE * reading.tied_up / scales.money
    if question.least:
        value += float(reading.dollars.max()) / scales.money
    if question.raised is not None:
        value -= score
    if question.loss is not None:
        value += reading.loss / scales.loss
    return value


def violation(reading: Reading, question: Question, scales: Scales) -> float:
    """How much is short, in service, orders and money."""
    item = reading.cells // reading.share.shape[1]
    short = float((scales.weight[item] * np.maximum(-reading.reserve, 0.0) / scales.unit[item]).sum())
    short += float((scales.weight[:, None] * np.maximum(-reading.orders, 0.0) / scales.unit[:, None]).sum())
    if question.limit is not None and not question.least:
        short += float(np.maximum(reading.dollars - question.limit, 0.0).sum()) / scales.money
    return short


def step(
    reading: Reading,
    question: Question,
    x: FloatArray,
    score: float,
    columns: Columns,
    radius: FloatArray,
    scales: Scales,
    penalty: float,
    corners: Sequence[Corner] = (),
) -> Move | None:
    """The best move within `radius` (F,) if everything went along its slopes, and along those of corners where these
    say less of a reserve, or more of dollars; None where the solver has no answer."""
    items, periods = reading.share.shape
    item = reading.cells // periods
    moves, shorts = len(columns.free), len(item)
    bends = reading.bends
    widths = (moves, 1, 1, shorts, reading.orders.size, periods, 0 if bends is None else len(bends.cells))
    unit = scales.unit
    blocks: list[dict[int, Any]] = []
    low: list[FloatArray] = []
    told: list[tuple[FloatArray, IntArray] | None] = []
    duals, prices, every = np.zeros(items * periods), np.zeros(periods), np.arange(periods)

    def add(least: FloatArray, given: dict[int, Any], dual: tuple[FloatArray, IntArray] | None = None) -> None:
        blocks.append(given)
        low.append(least)
        told.append(dual)

    by_cell = _reserves(columns, reading, scales)
    by_score = -(reading.price / unit[item])[:, None]
    add(-reading.reserve / unit[item], {0: by_cell, 1: by_score, 3: _one(shorts)}, (duals, reading.cells))
    if reading.orders.size:
        owner = np.repeat(np.arange(items), periods)
        by_order = _along(columns, reading.order_slopes, owner, 1 / unit[owner])
        add(-reading.orders.ravel() / unit[owner], {0: by_order, 4: _one(items * periods)})
    limit = np.zeros(periods) if question.least or question.limit is None else question.limit / scales.money
    limited = question.least or question.limit is not None
    beside = {2: np.ones((periods, 1))} if question.least else {5: _one(periods)}
    if limited:
        by_period = -_dollars(columns, reading, scales)
        add(reading.dollars / scales.money - limit, {0: by_period, **beside}, (prices, every))
    for corner in (corner.among(reading.cells) for corner in corners):
        at, some = np.searchsorted(reading.cells, corner.cells), corner.periods
        # where no move is made nothing is less than it is
        reserve = np.maximum(corner.reserve, reading.reserve[at] / unit[item[at]])
        slack = {3: _one(shorts)[at]}
        add(-reserve, {0: corner.by_cell, 1: -corner.price[:, None], **slack}, (duals, corner.cells))
        if limited:
            dollars = np.minimum(corner.dollars, reading.dollars[some] / scales.money)
            slack = {k: rows[some] for k, rows in beside.items()}
            add(dollars - limit[some], {0: -corner.by_period, **slack}, (prices, some))
    tied = _summed(columns, Slopes(reading.tied_slopes.level[None], reading.tied_slopes.seen[None]), 1.0)
    cost = [TIE / scales.money * np.asarray(tied.todense()).ravel()]
    cost += [np.array([-float(question.raised is not None)]), np.array([float(question.least)])]
    cost += [penalty * scales.weight[item], penalty * np.repeat(scales.weight, periods)[: reading.orders.size]]
    cost += [np.full(periods, penalty), np.full(widths[6], 1.0)]
    if bends is not None and reading.loss_slopes is not None:
        exact = _summed(columns, Slopes(reading.loss_slopes.level[None], reading.loss_slopes.seen[None]), 1.0)
        cost[0] += np.asarray(exact.todense()).ravel() / scales.loss
        toward = _along(columns, Slopes(bends.direction, np.zeros_like(bends.direction)), bends.cells // periods, 1.0)
        for slope, height in zip(bends.slope.T, bends.height.T, strict=True):
            line = sparse.diags_array(-slope / scales.loss) @ toward
            add(height / scales.loss, {0: line, 6: _one(len(bends.cells))})
    add(-(columns.rows @ x + columns.constant), {0: columns.rows[:, columns.free]})
    rows = sparse.csr_array(
        sparse.block_array(
            [[given.get(k, sparse.csr_array((len(least), w))) for k, w in enumerate(widths)] for given, least in
             zip(blocks, low, strict=True)], format="csr",
        )
    )  # fmt: skip
    rest = sum(widths[3:])
    least = np.concatenate([-radius, [-FARTHEST], [-np.inf], np.zeros(rest)])
    most = np.concatenate([radius, [min(FARTHEST, question.top - score)], [np.inf], np.full(rest, np.inf)])
    answer = vertex(np.concatenate(cost), rows, np.concatenate(low), least, most)
    if answer is None:
        return None
    promised = answer.value + TIE * reading.tied_up / scales.money
    if question.raised is not None:
        promised -= score
    if question.loss is not None:
        promised += reading.loss / scales.loss
    parts = np.split(answer.duals, np.cumsum([len(one) for one in low])[:-1])
    for part, dual in zip(parts, told, strict=True):
        if dual is not None:
            table, rows_of = dual
            table[rows_of] += part
    return Move(answer.x[:moves], float(answer.x[moves]), promised, duals.reshape(items, periods), prices)


def _one(size: int) -> Any:
    return sparse.eye_array(size, format="csr")


def _along(columns: Columns, slopes: Slopes, item: IntArray, scale: FloatArray | float) -> Any:
    """Rows of slopes (K, N), each in the O(r) of its item, as rows on the columns."""
    count, periods = slopes.level.shape
    column = (item[:, None] * periods + np.arange(periods)).ravel()
    row = np.repeat(np.arange(count), periods)
    shape = (count, columns.level.shape[0])

    def placed(values: FloatArray) -> Any:
        weight = (values * np.reshape(scale, (-1, 1))).ravel()
        return sparse.csr_array((weight, (row, column)), shape=shape)

    return sparse.csr_array(placed(slopes.level) @ columns.level + placed(slopes.seen) @ columns.seen)


def _summed(columns: Columns, slopes: Slopes, scale: float) -> Any:
    """Rows of slopes (K, n, N) in all O(r), as rows on the columns."""
    flat = (len(slopes.level), -1)
    level, seen = slopes.level.reshape(flat) * scale, slopes.seen.reshape(flat) * scale
    return sparse.csr_array(sparse.csr_array(level) @ columns.level + sparse.csr_array(seen) @ columns.seen)
