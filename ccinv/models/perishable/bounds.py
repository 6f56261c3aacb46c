"""How large amounts can get in a plan that is worth considering: the tighter, the faster it is found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.models.perishable.cumulative import known_receipts
from ccinv.perishable import PerishableStore


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """Greatest amounts, units, (n, N) each, at no loss.

    `order`: more than what can be sold of it, held in reserve or is asked of the day's total would only lie there: no
    later sale depends on it, as it leaves before what comes later does. `expiring`: received on day d − s; `left`:
    after the day's sales; `stock`: overnight; `fresh_sold`: sold by the time d perishes of what came in the s days
    before: what room the waste of a day leaves.
    """

    order: FloatArray
    expiring: FloatArray
    left: FloatArray
    stock: FloatArray
    fresh_sold: FloatArray


def bounds_of(store: PerishableStore, reserved: FloatArray) -> Bounds:
    """The bounds; `reserved`: units wanted in reserve after each day's sales, (n, N)."""
    n, days = store.demand.shape
    day = np.arange(days)
    life, lag = store.shelf_life[:, None], store.lag[:, None]
    least, most = store.limits
    wanted = np.concatenate([np.zeros((n, 1)), np.cumsum(store.demand, axis=1)], axis=1)
    first = np.clip(day + lag + store.day.first, 0, days)
    last = np.clip(day + lag + store.day.last(life) + 1, 0, days)
    window = np.take_along_axis(wanted, last, axis=1)
    if not store.backordered:
        window = window - np.take_along_axis(wanted, first, axis=1)
    if reserved.any():
        window = window + reserved.max(axis=1, keepdims=True)
    useful, fits = np.maximum(window, least), np.broadcast_to(most, (n, days))
    if store.whole:
        pack = store.pack[:, None]
        useful = np.ceil(useful / pack - 1e-9) * pack
        fits = np.where(np.isfinite(fits), np.floor(fits / pack + 1e-9) * pack, np.inf)
    order = np.where(store.order_days, np.minimum(useful, fits), 0.0)

    known, before = known_receipts(store)
    most_in = known.copy()
    placed = day[None, :] - lag
    most_in[:, before:] += np.where(placed >= 0, np.take_along_axis(order, np.maximum(placed, 0), axis=1), 0.0)
    total = np.cumsum(most_in, axis=1)
    now = np.broadcast_to(before + day[None, :], (n, days))
    upto = np.take_along_axis(total, now, axis=1)
    gone = np.take_along_axis(total, now - life, axis=1)
    gone_before = np.take_along_axis(total, np.maximum(now - life - 1, 0), axis=1)
    there = upto if store.day.receives_first else np.take_along_axis(total, now - 1, axis=1)
    stock = upto - gone
    left = there - (gone if store.day.perishes_first else gone_before)
    fresh_sold = stock.copy()
    if not store.backordered:
        till = day + (0 if store.day.perishes_first else 1)
        since = np.where(day - life + 1 >= 0, day - life + 1 + store.day.first, 0)
        sold = wanted[:, till] - np.take_along_axis(wanted, np.clip(since, 0, days), axis=1)
        fresh_sold = np.minimum(fresh_sold, np.maximum(sold, 0.0))
    return Bounds(order, gone - gone_before, np.maximum(left, 0.0), stock, fresh_sold)
