"""Both strategies in the stock form, and what a question that has no answer lacks.

    m(t) = m(t − 1) + x(t) − μ(t),   0 ≤ x(t) ≤ M(t) y(t),   m(t) ≥ Σ over j of target(j, t) P(j, t)

m: mean net stock; P(j, t): whether the last order up to t was in j; Σ over j of P(j, t) = 1, P(j, j) = y(j),
P(j, t + 1) ≤ P(j, t). Under the static strategy no order renews what is known, so that P(1, t) = 1.
Source: Tarim and Kingsman 2004.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.lots import Lots
from ccinv.models.lot_sizing.columns import Columns
from ccinv.models.lot_sizing.form import Form
from ccinv.models.lot_sizing.location import capped
from ccinv.models.lot_sizing.needs import Needs, tangent
from ccinv.solve.milp import Mixed


@dataclass(frozen=True, slots=True, eq=False)
class Elastic:
    """A program that always has an answer: by how much capacity (N,) or stock (n, N) is short, and where it says so.

    Shortfalls are x[column] · size; mean stock is x[stock] · unit.
    """

    program: Mixed
    column: IntArray
    size: FloatArray
    stock: IntArray
    unit: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """The columns of a program in the stock form; `unit` (n,): what mean stock is measured in."""

    made: Columns
    setup: IntArray
    stock: IntArray
    unit: FloatArray
    item: IntArray
    j: IntArray
    t: IntArray
    last: IntArray


def stock_form(known: Lots, needs: Needs, tangents: list[FloatArray], renewed: bool, tight: bool = True) -> Form:
    """The program of either strategy; `renewed`: the static-dynamic one.

    `tight`: with the rows that a whole cycle j..e implies, m(t) ≥ level(j, e) − μ(j..t), summed over the cycles that t
    can lie in: without them the relaxation knows nothing of what an order must last for.
    """
    grid = _grid(known, needs, renewed, costs=True)
    made, (items, periods) = grid.made, grid.setup.shape
    cell = np.arange(items * periods).reshape(items, periods)
    _capacity(grid, known, None)
    made.hold(
        items * periods, 0.0, np.inf, (cell, grid.stock, np.ones(cell.shape)), _targets(grid, needs, cell)
    )  # fmt: skip
    if tight and renewed:
        _cycles(grid, needs, cell)
    sd = needs.sd[grid.item, grid.j, grid.t] / grid.unit[grid.item]
    if (sd > 0).any():
        owed = made.add((items, periods), known.holding_cost * grid.unit[:, None])
        for u in tangents:
            value, slope = tangent(u)
            made.hold(
                items * periods,
                0.0,
                np.inf,
                (cell, owed, np.ones(cell.shape)),
                (cell, grid.stock, -slope),
                (cell[grid.item, grid.t], grid.last, -sd * value[grid.item, grid.t]),
            )
    scale = np.repeat(grid.unit, periods)
    stock = sparse.csr_array((scale, (cell.ravel(), grid.stock.ravel())), shape=(cell.size, made.width))
    return Form(made.program(), grid.setup, np.zeros(cell.shape), stock)


def elastic_capacity(known: Lots, needs: Needs, renewed: bool) -> Elastic:
    """The least capacity that is missing, all periods together, as a share of a period's."""
    grid = _grid(known, needs, renewed, costs=False, limited=False)
    made, (items, periods) = grid.made, grid.setup.shape
    cell = np.arange(items * periods).reshape(items, periods)
    tight = np.isfinite(known.capacity)
    size = np.full(periods, max(float(known.capacity[tight].mean()), 1e-9))
    over = made.add((periods,), np.where(tight, 1.0, 0.0))
    _capacity(grid, known, (over, size))
    made.hold(items * periods, 0.0, np.inf, (cell, grid.stock, np.ones(cell.shape)), _targets(grid, needs, cell))
    return Elastic(made.program(), over, size, grid.stock, grid.unit)


def elastic_stock(known: Lots, needs: Needs, renewed: bool) -> Elastic:
    """The least by which stock is below what is wanted, all cells together, each in the item's mean demand."""
    grid = _grid(known, needs, renewed, costs=False)
    made, (items, periods) = grid.made, grid.setup.shape
    cell = np.arange(items * periods).reshape(items, periods)
    short = made.add((items, periods), 1.0)
    _capacity(grid, known, None)
    one = np.ones(cell.shape)
    made.hold(items * periods, 0.0, np.inf, (cell, grid.stock, one), (cell, short, one), _targets(grid, needs, cell))
    size = np.broadcast_to(grid.unit[:, None], cell.shape)
    return Elastic(made.program(), short, size, grid.stock, grid.unit)


def _grid(known: Lots, needs: Needs, renewed: bool, costs: bool, limited: bool = True) -> _Grid:
    """Set-ups, mean stock and last orders, with balance, largest orders and minimum lots.

    `limited`: largest orders are those that the capacity allows.
    """
    items, periods = known.items, known.periods
    cell = np.arange(items * periods).reshape(items, periods)
    mean = known.demand.mean
    unit = known.unit
    made, one = Columns(), np.ones((items, periods))
    free = 1.0 if costs else 0.0
    setup = made.add((items, periods), free * known.setup_cost, 0.0, 1.0, whole=True)
    # x(t) = m(t) + μ(t) − m(t − 1): orders need no columns of their own
    price = known.unit_cost - np.append(known.unit_cost[:, 1:], np.zeros((items, 1)), axis=1) + known.holding_cost
    stock = made.add((items, periods), free * price * unit[:, None], -np.inf)
    if costs:
        made.constant = float((known.unit_cost * mean).sum() - known.unit_cost[:, 0] @ known.on_hand)
    item, j, t, last = _last(made, setup, renewed)

    need = mean / unit[:, None]
    need[:, 0] -= known.on_hand / unit
    before = (cell[:, 1:], stock[:, :-1], -one[:, 1:])
    order = ((cell, stock, one), before)
    made.hold(items * periods, -need.ravel(), np.inf, *order)
    # the most that any later period can want, from a stock that is at least what some last order left to be kept
    wanted = known.demand.mean.cumsum(axis=1) + needs.target.max(axis=1)
    rest = np.maximum.accumulate(wanted[:, ::-1], axis=1)[:, ::-1]
    least = np.append(known.on_hand[:, None], known.safety_stock[:, :-1] + mean.cumsum(axis=1)[:, :-1], axis=1)
    if not costs:  # stock may fall short of what is kept
        least = np.minimum.accumulate(np.minimum(least, known.on_hand[:, None]), axis=1)
    most = np.maximum(np.maximum(rest - least, 0.0), known.min_lot[:, None])
    most = capped(known, most) if limited else most
    made.hold(items * periods, -np.inf, -need.ravel(), *order, (cell, setup, -most / unit[:, None]))
    if (known.min_lot > 0).any():
        share = known.min_lot[:, None] / unit[:, None]
        made.hold(items * periods, -need.ravel(), np.inf, *order, (cell, setup, -share))
    return _Grid(made, setup, stock, unit, item, j, t, last)


def _last(made: Columns, setup: IntArray, renewed: bool) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """P(j, t) for every item and j ≤ t, with its rows; the opening stock counts as an order in the first period."""
    items, periods = setup.shape
    upper = np.triu(np.ones((periods, periods), dtype=np.bool_))
    if not renewed:
        upper[1:] = False
    item, j, t = np.nonzero(np.broadcast_to(upper, (items, periods, periods)))
    first = (j == 0) & (t == 0) if renewed else np.ones(len(j), dtype=np.bool_)
    last = made.add((len(item),), 0.0, np.where(first, 1.0, 0.0), 1.0)
    if renewed:
        cell = np.arange(items * periods).reshape(items, periods)
        made.hold(items * periods, 1.0, 1.0, (cell[item, t], last, np.ones(len(last))))
        own = np.flatnonzero((j == t) & (j > 0))
        rows, one = np.arange(len(own)), np.ones(len(own))
        made.hold(len(own), 0.0, 0.0, (rows, last[own], one), (rows, setup[item[own], j[own]], -one))
        goes_on = np.flatnonzero(t < periods - 1)  # P(j, t + 1) stands next to P(j, t)
        rows, one = np.arange(len(goes_on)), np.ones(len(goes_on))
        made.hold(len(goes_on), 0.0, np.inf, (rows, last[goes_on], one), (rows, last[goes_on + 1], -one))
    return item, j, t, last


def _targets(grid: _Grid, needs: Needs, cell: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    wanted = needs.target[grid.item, grid.j, grid.t] / grid.unit[grid.item]
    return cell[grid.item, grid.t], grid.last, -wanted


def _cycles(grid: _Grid, needs: Needs, cell: IntArray) -> None:
    """m(t) ≥ Σ over cycles j..e that hold t of (level(j, e) − μ(j..t)) (P(j, e) − P(j, e + 1))."""
    item, j, e = grid.item, grid.j, grid.t
    periods = cell.shape[1]
    span = e - j + 1
    pick = np.repeat(np.arange(len(e)), span)
    t = np.repeat(j, span) + np.arange(span.sum()) - np.repeat(np.cumsum(span) - span, span)
    i, start, end = item[pick], j[pick], e[pick]
    value = (needs.level[i, start, end] - needs.mean[i, start, t]) / grid.unit[i]
    rows = cell[i, t]
    inner = end < periods - 1
    ends = (rows, grid.last[pick], -value)
    goes_on = (rows[inner], grid.last[pick[inner] + 1], value[inner])
    grid.made.hold(cell.size, 0.0, np.inf, (cell, grid.stock, np.ones(cell.shape)), ends, goes_on)


def _capacity(grid: _Grid, known: Lots, over: tuple[IntArray, FloatArray] | None) -> None:
    """Σ unit_time x + setup_time y ≤ capacity; `over`: columns of capacity beyond it, and their size."""
    tight = np.isfinite(known.capacity)
    if not tight.any():
        return
    items, periods = grid.setup.shape
    scale = np.where(tight & (known.capacity > 0), known.capacity, 1.0)
    when = np.broadcast_to(np.arange(periods), (items, periods))
    take = known.unit_time[:, None] * grid.unit[:, None] / scale
    need = known.demand.mean.copy()
    need[:, 0] -= known.on_hand
    fixed = (known.unit_time[:, None] * need).sum(axis=0) / scale
    terms = [
        (when, grid.stock, take),
        (when[:, 1:], grid.stock[:, :-1], -take[:, 1:]),
        (when, grid.setup, known.setup_time[:, None] / scale),
    ]
    if over is not None:
        terms.append((np.arange(periods), over[0], -over[1] / scale))
    limit = np.where(tight, known.capacity / scale - fixed, np.inf)
    grid.made.hold(periods, -np.inf, limit, *terms)
