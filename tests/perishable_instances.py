"""Small perishables for the tests, and every plan of one tried out, each replayed unit by unit."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ccinv.perishable import Cost, Day, EndStock, FillRate, Lost, Measure, Movements, PerishableStore, Profit, Waste
from ccinv.shelf import Ledger, replay

DAYS = tuple(itertools.permutations(("perish", "receive", "sell")))
OBJECTIVES: tuple[tuple[Measure, ...], ...] = (
    (Lost(), EndStock()), (Waste(), Lost()), (Cost(),), (Profit(),), (FillRate(), Lost(), EndStock()),
    (EndStock(), Profit()),
)  # fmt: skip


def small(seed: int) -> PerishableStore:
    """2–3 items, 4–6 days, shelf lives of 2 or 3 days, two order days, narrow limits of their totals."""
    rng = np.random.default_rng(seed)
    items, days = int(rng.integers(2, 4)), int(rng.integers(4, 7))
    order_days = np.zeros(days, dtype=bool)
    order_days[rng.choice(days - 1, size=2, replace=False)] = True
    day = Day(DAYS[rng.integers(6)])
    life = rng.integers(2, 4, items)
    oldest = day.last(life)
    ages = np.arange(1, int(oldest.max()) + 1)
    least = int(rng.integers(0, 6))
    return PerishableStore(
        demand=rng.integers(0, 4, (items, days)),
        shelf_life=life,
        order_days=order_days,
        lag=rng.integers(0, 2, items),
        pack=rng.integers(1, 3, items),
        least=least,
        most=least + int(rng.integers(1, 4)),
        opening=np.where(ages <= oldest[:, None], rng.integers(0, 3, (items, len(ages))), 0),
        day=day,
        backordered=bool(rng.random() < 0.3),
        unit_cost=rng.integers(1, 5, items),
        price=rng.integers(2, 9, items),
        holding_cost=0.1,
        waste_cost=0.5,
        lost_cost=1.0,
        order_cost=rng.integers(0, 2, items),
    )


def every_plan(store: PerishableStore) -> list[np.ndarray]:
    """All orders of whole packs within the limits, (n, N) each."""
    least, most = store.limits
    days = np.flatnonzero(store.order_days.any(axis=0))
    by_day = []
    for t in days:
        counts = [range(int(most[t] // pack) + 1) for pack in store.pack]
        units = [np.array(count) * store.pack for count in itertools.product(*counts)]
        by_day.append([each for each in units if least[t] <= each.sum() <= most[t]])
    plans = []
    for chosen in itertools.product(*by_day):
        orders = np.zeros(store.demand.shape)
        for t, amounts in zip(days, chosen, strict=True):
            orders[:, t] = amounts
        plans.append(orders)
    return plans


def moved(store: PerishableStore, orders: np.ndarray, ledger: Ledger) -> Movements:
    """What the ledger saw, by day."""
    late = np.arange(store.days) + store.lag[:, None] >= store.days
    return Movements(
        orders, ledger.received, ledger.sold.sum(axis=2), ledger.short, ledger.wasted.sum(axis=2),
        ledger.held.sum(axis=2), np.where(late, orders, 0.0).sum(axis=1),
    )  # fmt: skip


def best_of(store: PerishableStore, measures: Sequence[Measure], plans: list[np.ndarray]) -> tuple[float, ...]:
    """The lexicographically best values of all plans, by the ledger of single units."""
    values = []
    for orders in plans:
        seen = moved(store, orders, replay(store, orders))
        each = [seen.value(measure, store) * (-1 if measure.largest else 1) for measure in measures]
        values.append(tuple(round(value, 9) for value in each))
    found = min(values)
    return tuple(value * (-1 if measure.largest else 1) for value, measure in zip(found, measures, strict=True))
