"""The shelf under random demand: stock by age on many paths at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import FloatArray, IntArray
from ccinv.auditing.streams import generator
from ccinv.errors import DataError, Fault
from ccinv.perishable import Event, PerishableStore

CELLS = 4_000_000  # demands drawn at a time


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One item on many paths: the day's demand, what of it was short, waste, and what could still be sold after the
    day's sales, (N, paths) each; stock overnight, too."""

    short: FloatArray
    waste: FloatArray
    left: FloatArray
    stock: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """What a simulation finds of every item and day, (n, N) each.

    `met`: paths on which the day's demand was met whole; `quantile`: of what is left after the day's sales less what is
    short, at the tail asked for; `short`, `waste`, `stock`: means.
    """

    met: IntArray
    quantile: FloatArray
    short: FloatArray
    waste: FloatArray
    stock: FloatArray
    paths: int


def shelf(store: PerishableStore, item: int, orders: FloatArray, demand: FloatArray) -> Outcome:
    """One item's stock by age under its orders, (N,), and demand, (N, paths)."""
    days, paths = demand.shape
    life = int(store.shelf_life[item])
    ages = max(life, store.opening.shape[1]) + 1
    stock = np.zeros((ages + 1, paths))  # by age, the youngest first
    stock[1 : store.opening.shape[1] + 1] = store.opening[item][:, None]
    waiting = np.zeros(paths)
    short, waste, left, held = (np.zeros((days, paths)) for _ in range(4))
    for d in range(days):
        for event in store.day.events:
            if event is Event.RECEIVE:
                placed = d - int(store.lag[item])
                stock[0] += store.arrivals[item, d] + (orders[placed] if placed >= 0 else 0.0)
            elif event is Event.PERISH:
                waste[d] = stock[life:].sum(axis=0)
                stock[life:] = 0.0
            else:
                asked = demand[d] + waiting
                remaining = asked.copy()
                for age in range(ages, -1, -1):
                    taken = np.minimum(stock[age], remaining)
                    stock[age] -= taken
                    remaining -= taken
                short[d] = remaining
                left[d] = stock.sum(axis=0)
                if store.backordered:
                    waiting = remaining
        held[d] = stock.sum(axis=0)
        stock[1:] = stock[:-1].copy()
        stock[0] = 0.0
    return Outcome(short, waste, left, held)


def simulate(
    store: PerishableStore, orders: FloatArray, tail: FloatArray, paths: int, seed: int, stream: int
) -> Simulated:
    """Replay orders on `paths` paths of demand; the same seed and stream give the same demand whatever the orders.

    `tail`: the probability of the quantile wanted of each cell, (n, N). What a law has below zero counts as no demand.
    A demand is met whole if less than 1e-6 of the item's mean demand per day is short.
    """
    if store.law is None:
        raise DataError(Fault("demand", "demand that is certain", "a law of demand", "Give a law, or replay it once."))
    shape = (store.items, store.days)
    met, short, waste, held = np.zeros(shape, dtype=np.int64), np.zeros(shape), np.zeros(shape), np.zeros(shape)
    quantile = np.zeros(shape)
    nothing = 1e-6 * store.demand.mean(axis=1)
    block = max(CELLS // (store.items * store.days), 1)
    rest = [np.empty((store.days, paths), dtype=np.float32) for _ in range(store.items)]
    for number, first in enumerate(range(0, paths, block)):
        count = min(block, paths - first)
        demand = np.maximum(store.law.sample(generator(seed, (stream, number)), count), 0.0)
        for i in range(store.items):
            seen = shelf(store, i, orders[i], demand[i])
            met[i] += (seen.short <= nothing[i]).sum(axis=1)
            short[i] += seen.short.sum(axis=1)
            waste[i] += seen.waste.sum(axis=1)
            held[i] += seen.stock.sum(axis=1)
            rest[i][:, first : first + count] = seen.left - seen.short
    for i in range(store.items):
        ordered = np.sort(rest[i], axis=1)
        place = np.clip(np.floor(tail[i] * paths).astype(np.int64), 0, paths - 1)
        quantile[i] = ordered[np.arange(store.days), place]
    return Simulated(met, quantile, short / paths, waste / paths, held / paths, paths)
