"""Orders fixed beforehand, in the facility-location form: every requirement says in which order it comes.

    Σ over t ≤ u of f(t, u) = 1,   0 ≤ f(t, u) ≤ y(t),   x(t) = Σ over u ≥ t of r(u) f(t, u) + e(t)

r are net requirements, f the share of r(u) that is ordered in t, e what a minimum lot orders beyond all requirements.
Its linear relaxation is that of all (l, S) inequalities, and without a capacity has whole set-ups by itself.
Source: Krarup and Bilde 1977; Barany, Van Roy and Wolsey 1984.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray, IntArray
from ccinv.lots import Lots
from ccinv.models.lot_sizing.columns import Columns
from ccinv.models.lot_sizing.form import Form
from ccinv.models.lot_sizing.needs import Needs, net_requirements, tangent


def location_form(known: Lots, needs: Needs, tangents: list[FloatArray]) -> Form:
    """The program of the static strategy; `tangents`: (n, N) scores u at which lines under the backlog are drawn."""
    items, periods = known.items, known.periods
    cell = np.arange(items * periods).reshape(items, periods)
    r = net_requirements(known, needs.target[:, 0, :])
    later = np.cumsum(known.holding_cost[:, ::-1], axis=1)[:, ::-1]  # what a unit costs until the end, once there
    each = known.unit_cost + later
    made = Columns()
    drift = known.on_hand[:, None] - np.cumsum(known.demand.mean, axis=1)
    made.constant = float((known.holding_cost * drift).sum())

    item, t, u = np.nonzero(np.triu(np.ones((periods, periods), dtype=np.bool_))[None] & (r[:, None, :] > 0))
    share = made.add((len(item),), each[item, t] * r[item, u], 0.0, 1.0)
    setup = made.add((items, periods), known.setup_cost, 0.0, 1.0, whole=True)
    amount = r[item, u]

    met, place = np.unique(cell[item, u], return_inverse=True)
    made.hold(len(met), 1.0, 1.0, (place, share, np.ones(len(share))))
    row = np.arange(len(share))
    made.hold(len(share), -np.inf, 0.0, (row, share, np.ones(len(share))), (row, setup[item, t], -np.ones(len(share))))

    lots = known.min_lot > 0
    extra = made.add((items, periods), each, 0.0, np.where(lots, known.min_lot, 0.0)[:, None])
    at, unit = cell[item, t], np.maximum(r.sum(axis=1), known.min_lot)  # rows are measured in units of this size
    unit = np.where(unit > 0, unit, 1.0)
    size = np.broadcast_to(unit[:, None], (items, periods))
    order = ((at, share, amount / size[item, t]), (cell, extra, 1 / size))
    most = most_orders(known, r)
    made.hold(items * periods, -np.inf, 0.0, *order, (cell, setup, -most / size))
    if lots.any():
        made.hold(items * periods, 0.0, np.inf, *order, (cell, setup, -known.min_lot[:, None] / size))
        made.hold(items * periods, -np.inf, 0.0, (cell, extra, 1 / size), (cell, setup, -known.min_lot[:, None] / size))
    tight = np.isfinite(known.capacity)
    if tight.any():
        scale = np.where(tight & (known.capacity > 0), known.capacity, 1.0)
        terms = (
            (t, share, known.unit_time[item] * amount / scale[t]),
            (np.arange(periods)[None, :] + 0 * cell, extra, known.unit_time[:, None] / scale),
            (np.arange(periods)[None, :] + 0 * cell, setup, known.setup_time[:, None] / scale),
        )
        made.hold(periods, -np.inf, np.where(tight, known.capacity / scale, np.inf), *terms)

    # stock at the end of v has seen every order of t ≤ v
    sd = needs.sd[:, 0, :]
    late_row, late_share = _until(item, t, share, cell, periods)
    late_amount = np.repeat(amount, periods - t)
    v, w = np.nonzero(np.tril(np.ones((periods, periods), dtype=np.bool_)))
    if (sd > 0).any():
        size_sd = np.where(sd > 0, sd, 1.0)
        owed = made.add((items, periods), known.holding_cost * sd, 0.0, np.where(sd > 0, np.inf, 0.0))
        for u_at in tangents:
            value, slope = tangent(u_at)
            steep = slope / size_sd
            made.hold(
                items * periods,
                np.where(sd > 0, value + steep * drift, -np.inf),
                np.inf,
                (cell, owed, np.ones((items, periods))),
                (late_row, late_share, -steep.ravel()[late_row] * late_amount),
                (cell[:, v], extra[:, w], -steep[:, v]),
            )
    seen = [
        np.concatenate(parts)
        for parts in (
            (late_amount, np.ones(items * len(v))),
            (late_row, cell[:, v].ravel()),
            (late_share, extra[:, w].ravel()),
        )
    ]
    stock: Any = sparse.csr_array((seen[0], (seen[1], seen[2])), shape=(items * periods, made.width))
    return Form(made.program(), setup, drift, stock)


def most_orders(known: Lots, r: FloatArray) -> FloatArray:
    """The largest order that can be worth while, (n, N): what all later requirements need, or what capacity allows."""
    rest = np.cumsum(r[:, ::-1], axis=1)[:, ::-1]
    return capped(known, np.maximum(rest, known.min_lot[:, None]))


def capped(known: Lots, most: FloatArray) -> FloatArray:
    """Largest orders, (n, N), where the capacity allows no larger ones."""
    free = np.maximum(known.capacity[None, :] - known.setup_time[:, None], 0.0)
    time = known.unit_time[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        allowed = np.where(time > 0, free / time, np.inf)
    found: FloatArray = np.minimum(most, allowed)
    return found


def _until(item: IntArray, t: IntArray, share: IntArray, cell: IntArray, periods: int) -> tuple[IntArray, IntArray]:
    """Cells (item, v) for all v ≥ t, and the share that arrives by then, one pair each."""
    count = periods - t
    start = np.repeat(np.cumsum(count) - count, count)
    v = np.repeat(t, count) + np.arange(count.sum()) - start
    return cell[np.repeat(item, count), v], np.repeat(share, count)
