"""Lot-sizing questions at random, and answers by other ways: enumeration of set-ups, and the textbook program."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.stats import norm

import ccinv as cc


def drawn_single(rng: np.random.Generator, most_periods: int = 7) -> cc.Lots:
    """One item, uncertain demand that may fall to almost nothing, opening stock or backlog, no capacity."""
    periods = int(rng.integers(2, most_periods + 1))
    mean = rng.choice([0.02, 0.2, 1.0, 1.5], periods) * rng.uniform(5, 60)
    return cc.Lots(
        demand=cc.demand.Normal(mean[None], rng.choice([0.0, 0.1, 0.25, 0.5]) * mean[None]),
        setup_cost=rng.uniform(0, 200, (1, periods)) if rng.random() < 0.5 else rng.uniform(5, 200),
        holding_cost=rng.uniform(0.1, 2, (1, periods)) if rng.random() < 0.5 else 1.0,
        unit_cost=np.sort(rng.uniform(0, 5, (1, periods)))[:, ::-1] if rng.random() < 0.3 else rng.choice([0.0, 3.0]),
        on_hand=rng.choice([0.0, 0.0, -10.0, 40.0, 150.0]),
        safety_stock=rng.choice([0.0, 5.0]),
        service=rng.choice([0.6, 0.9, 0.99]),
    )


def drawn_many(rng: np.random.Generator, loose: float = 1.1) -> cc.Lots:
    """A few items of certain demand that share a capacity: set-up times, minimum lots, safety and opening stock."""
    items, periods = int(rng.integers(1, 4)), int(rng.integers(3, 7))
    demand = rng.uniform(0, 100, (items, periods)) * (rng.random((items, periods)) < 0.8)
    setup_time = rng.choice([0.0, 5.0], items)
    unit_time = rng.uniform(0.5, 2.0, items)
    need = (unit_time @ demand + setup_time.sum()).mean()
    return cc.Lots(
        demand=demand,
        setup_cost=rng.uniform(10, 200, items),
        holding_cost=rng.uniform(0.2, 2.0, items),
        unit_cost=rng.uniform(0, 3, (items, periods)),
        on_hand=rng.choice([0.0, 60.0], items),
        capacity=loose * need * rng.uniform(0.8, 1.3, periods),
        setup_time=setup_time,
        unit_time=unit_time,
        min_lot=rng.choice([0.0, 70.0], items),
        safety_stock=rng.choice([0.0, 10.0], (items, periods)),
    )


def on_hand(mean: float, sd: float) -> float:
    """E s⁺ of normal net stock, by the density."""
    if sd == 0:
        return max(mean, 0.0)
    return float(mean * norm.cdf(mean / sd) + sd * norm.pdf(mean / sd))


def all_tried(known: cc.Lots, renewed: bool) -> float:
    """The least cost of one item without a capacity: every choice of set-ups, each with the least stock that will do.

    Where an order would be negative the level is the stock that is there. `renewed`: levels at fixed times; else fixed
    orders, whose stock has the deviation of all demand so far. More stock than needed never pays in these questions.
    """
    periods = known.periods
    mean, sd = known.demand.mean[0], known.demand.sd[0]
    kappa = 0.0 if known.service is None else float(norm.ppf(known.service[0]))

    def target(start: int, t: int) -> float:
        first = start if renewed else 0
        return max(float(known.safety_stock[0, t]), kappa * float(np.sqrt((sd[first : t + 1] ** 2).sum())))

    best = np.inf
    for setup in product((False, True), repeat=periods):
        stock, cost, start = float(known.on_hand[0]), 0.0, 0
        for t in range(periods):
            if setup[t]:
                start = t
                end = next((u for u in range(t + 1, periods) if setup[u]), periods)
                level = max(stock, *(mean[t : u + 1].sum() + target(t, u) for u in range(t, end)))
                cost += known.setup_cost[0, t] + known.unit_cost[0, t] * (level - stock)
                stock = level
            stock -= mean[t]
            if stock < target(start, t) - 1e-9:
                break
            first = start if renewed else 0
            cost += known.holding_cost[0, t] * on_hand(stock, float(np.sqrt((sd[first : t + 1] ** 2).sum())))
        else:
            best = min(best, cost)
    return best


def textbook(known: cc.Lots) -> float | None:
    """The least cost of certain demand by the program every textbook has, with one large M; None: no orders will do.

    s(t − 1) + x(t) = d(t) + s(t),   s ≥ SS,   x ≤ M y,   x ≥ lot y,   Σ a x + b y ≤ C
    """
    items, periods = known.items, known.periods
    count = items * periods
    large = float(
        known.demand.mean.sum() + known.safety_stock.max() + np.abs(known.on_hand).sum() + known.min_lot.max()
    )
    x, s, y = (np.arange(count).reshape(items, periods) + k * count for k in range(3))
    rows, low, high = [], [], []

    def hold(entries: dict[int, float], least: float, most: float) -> None:
        row = np.zeros(3 * count)
        for column, value in entries.items():
            row[column] = value
        rows.append(row)
        low.append(least)
        high.append(most)

    for i in range(items):
        for t in range(periods):
            before = {s[i, t - 1]: 1.0} if t else {}
            need = known.demand.mean[i, t] - (0.0 if t else known.on_hand[i])
            hold({**before, x[i, t]: 1.0, s[i, t]: -1.0}, need, need)
            hold({x[i, t]: 1.0, y[i, t]: -large}, -np.inf, 0.0)
            hold({x[i, t]: 1.0, y[i, t]: -known.min_lot[i]}, 0.0, np.inf)
    for t in range(periods):
        used = {x[i, t]: known.unit_time[i] for i in range(items)} | {
            y[i, t]: known.setup_time[i] for i in range(items)
        }
        hold(used, -np.inf, known.capacity[t])
    found = milp(
        np.concatenate([known.unit_cost.ravel(), known.holding_cost.ravel(), known.setup_cost.ravel()]),
        integrality=np.repeat([0, 0, 1], count),
        bounds=Bounds(
            np.concatenate([np.zeros(count), known.safety_stock.ravel(), np.zeros(count)]),
            np.concatenate([np.full(2 * count, np.inf), np.ones(count)]),
        ),
        constraints=LinearConstraint(np.array(rows), low, high),
        options={"mip_rel_gap": 1e-9},
    )
    return None if found.status == 2 else float(found.fun)
