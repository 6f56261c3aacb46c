"""The ledger of single units: each has its day of receipt, the oldest is sold first, what is too old is thrown away."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ccinv.arrays import FloatArray
from ccinv.perishable import Event, PerishableStore


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """What happened to the units of every item, by day, and by age in days (0: came in today), (n, N, ages) each.

    `sold`, `wasted`, `held`: units sold, thrown away, and in stock overnight; `received` and `short`, (n, N): came in;
    lost, or waiting overnight; `opening`: at the start, by age on the first day, (n, ages).
    """

    opening: FloatArray
    received: FloatArray
    sold: FloatArray
    wasted: FloatArray
    held: FloatArray
    short: FloatArray

    def imbalance(self) -> float:
        """The largest difference between what was there and came in, and what was sold, wasted or held, over all items,
        days of receipt and days: nothing appears or vanishes."""
        before = self.opening.copy()  # by the age that units have today
        worst = 0.0
        for d in range(self.received.shape[1]):
            there = before.copy()
            there[:, 0] += self.received[:, d]
            left = there - self.sold[:, d] - self.wasted[:, d] - self.held[:, d]
            worst = max(worst, float(np.abs(left).max()))
            before = np.zeros_like(before)
            before[:, 1:] = self.held[:, d, :-1]  # a day older
        return worst


def replay(store: PerishableStore, orders: ArrayLike, demand: ArrayLike | None = None) -> Ledger:
    """Replay orders, (n, N), units, day by day with a queue of lots, the oldest first.

    `demand`: what is wanted, (n, N); that of the store where nothing is given. Lots are kept one by one, so that
    amounts that are no whole units work as well.
    """
    placed = np.asarray(orders, dtype=np.float64)
    wanted = store.demand if demand is None else np.maximum(np.asarray(demand, dtype=np.float64), 0.0)
    oldest = int(max(store.shelf_life.max(), store.opening.shape[1])) + 1
    shape = (store.items, store.days)
    opening = np.zeros((store.items, oldest + 1))
    opening[:, 1 : store.opening.shape[1] + 1] = store.opening
    sold, wasted, held = (np.zeros((*shape, oldest + 1)) for _ in range(3))
    received, short = np.zeros(shape), np.zeros(shape)
    for i in range(store.items):
        shelf: deque[list[float]] = deque()  # [day of receipt, units], the oldest at the left
        for age in range(oldest, 0, -1):
            if opening[i, age] > 0:
                shelf.append([-age, opening[i, age]])
        waiting = 0.0
        for d in range(store.days):
            for event in store.day.events:
                if event is Event.RECEIVE:
                    amount = store.arrivals[i, d]
                    if d >= store.lag[i]:
                        amount = amount + placed[i, d - store.lag[i]]
                    received[i, d] = amount
                    if amount > 0:
                        shelf.append([d, amount])
                elif event is Event.PERISH:
                    while shelf and d - shelf[0][0] >= store.shelf_life[i]:
                        came, units = shelf.popleft()
                        wasted[i, d, int(d - came)] += units
                else:
                    asked = wanted[i, d] + waiting
                    while asked > 0 and shelf:
                        taken = min(asked, shelf[0][1])
                        sold[i, d, int(d - shelf[0][0])] += taken
                        asked -= taken
                        shelf[0][1] -= taken
                        if shelf[0][1] <= 0:
                            shelf.popleft()
                    short[i, d] = asked
                    waiting = asked if store.backordered else 0.0
            for came, units in shelf:
                held[i, d, int(d - came)] += units
    return Ledger(opening, received, sold, wasted, held, short)
