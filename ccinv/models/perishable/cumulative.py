"""First-in-first-out by cumulative amounts: what has come in, and what has left."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.perishable import Movements, PerishableStore


def known_receipts(store: PerishableStore) -> tuple[FloatArray, int]:
    """What comes in whatever is ordered, by day of receipt, and the column of day 1; opening stock came before."""
    before = int(max(store.opening.shape[1], store.shelf_life.max()) + 1)
    known = np.zeros((store.items, before + store.days))
    known[:, before - store.opening.shape[1] : before] = store.opening[:, ::-1]
    known[:, before:] = store.arrivals
    return known, before


def receipts(store: PerishableStore, orders: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What orders bring, by day of receipt (n, N), and what comes after the last day (n,)."""
    days = np.arange(store.days)
    placed = days[None, :] - store.lag[:, None]
    come = np.where(placed >= 0, np.take_along_axis(orders, np.maximum(placed, 0), axis=1), 0.0)
    late = np.where(days[None, :] + store.lag[:, None] >= store.days, orders, 0.0).sum(axis=1)
    return come, late


def movements(store: PerishableStore, orders: FloatArray) -> Movements:
    """How stock moves under `orders`, (n, N), units, if demand comes as planned.

        perish: G ← max(G, Y(d − s));   sell: G ← min(G + wanted(d), Y)

    Y: received so far, G: sold or wasted so far; wanted: the day's demand, and what waits from before if backordered.
    Exact for first-in-first-out issues: who leaves first is who came first, so that amounts alone say who is left.
    """
    known, before = known_receipts(store)
    come, late = receipts(store, orders)
    known[:, before:] += come
    received = np.cumsum(known, axis=1)
    row = np.arange(store.items)
    gone, waiting = np.zeros(store.items), np.zeros(store.items)
    sold, short, waste, stock = (np.zeros(store.demand.shape) for _ in range(4))
    for d in range(store.days):
        now = before + d
        expired = received[row, now - store.shelf_life]
        there = received[:, now if store.day.receives_first else now - 1]
        if store.day.perishes_first:
            waste[:, d] = np.maximum(expired - gone, 0.0)
            gone = gone + waste[:, d]
        wanted = store.demand[:, d] + waiting
        sold[:, d] = np.minimum(wanted, np.maximum(there - gone, 0.0))
        gone = gone + sold[:, d]
        short[:, d] = wanted - sold[:, d]
        if store.backordered:
            waiting = short[:, d]
        if not store.day.perishes_first:
            waste[:, d] = np.maximum(expired - gone, 0.0)
            gone = gone + waste[:, d]
        stock[:, d] = received[:, now] - gone
    return Movements(np.array(orders), known[:, before:].copy(), sold, short, waste, stock, late)


def reserve(store: PerishableStore, moved: Movements) -> FloatArray:
    """What could still be sold after each day's sales, (n, N), units."""
    left = moved.stock.copy()
    if not store.day.perishes_first:
        left += moved.waste
    if not store.day.receives_first:
        left -= moved.received
    return left
