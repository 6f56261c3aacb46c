"""Networks at random, a ledger of their goods kept with dictionaries, and the least cost by another program."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain, pairwise, product

import numpy as np
from scipy.optimize import linprog

import ccinv as cc


def drawn(rng: np.random.Generator, optional: bool = False, backlog: bool = True) -> cc.Network:
    """Suppliers, stores in a row of their own, customers, some of whom send goods back, and an outlet."""
    periods = int(rng.integers(3, 6))
    goods = ("a", "b")[: int(rng.integers(1, 3))]
    stores = [f"s{k}" for k in range(int(rng.integers(1, 4)))]
    shops = [f"c{k}" for k in range(int(rng.integers(1, 3)))]
    node = ["mill", *stores, *shops, "back", "scrap"]
    kind = ["supplier", *["store"] * len(stores), *["customer"] * len(shops), "customer", "outlet"]
    arc: list[tuple[str, ...]] = [("mill", store) for store in stores] + [("back", stores[0]), (stores[0], "scrap")]
    arc += list(pairwise(stores))
    arc += [(store, shop) for store in stores for shop in shops if rng.random() < 0.8 or store == stores[0]]
    if len(goods) == 2:
        arc = [
            one if rng.random() < 0.6 or one[0] == "back" or stores[0] in one else (*one, str(rng.choice(goods)))
            for one in arc
        ]
    places = [(shop, one) for shop in shops for one in goods] + [(stores[0], goods[0])]
    size = len(node)
    at_home = np.array([k == "store" for k in kind])
    closed = np.full(size, np.nan)
    if optional and len(stores) > 1:
        closed[2 : 1 + len(stores)] = rng.uniform(0, 300, len(stores) - 1)
    own = at_home & np.isnan(closed)
    return cc.Network(
        node=node,
        kind=kind,
        arc=arc,
        product=goods,
        demand=rng.uniform(0, 60, (len(places), periods)) * (rng.random((len(places), periods)) < 0.8),
        demand_at=places,
        unit_cost=rng.uniform(0.5, 4, (len(arc), periods)),
        capacity=rng.uniform(30, 200, (len(arc), periods)),
        total=rng.choice([np.inf, 400.0], len(arc)),
        lag=[int(rng.integers(0, 2)) if one[0] == "mill" else int(rng.random() < 0.2) for one in arc],
        on_hand=np.where(own, rng.uniform(20, 120, size), 0.0),
        holding_cost=rng.uniform(0.1, 1, (size, len(goods))),
        backlog_cost=np.where(rng.random(size) < 0.6, rng.uniform(5, 20, size), np.inf) if backlog else np.inf,
        most=np.where(rng.random(size) < 0.3, 150.0, np.inf),
        storage=np.where(at_home, 400.0, np.inf),
        opening_cost=closed,
        arrivals=rng.uniform(0, 15, (1, periods)),
        arrivals_at=[("back", goods[0])],
        pooled=False,
    )


def ledger(plan: cc.BalancePlan) -> dict[tuple[str, str, int], float]:
    """Stock by node, product and period, kept by moving what flows.csv lists, one line after the other."""
    known = plan.known
    lag = {one[:2] + ((one[2],) if len(one) == 3 else ()): int(k) for one, k in zip(known.arc, known.lag, strict=True)}
    coming: dict[tuple[str, str, int], float] = defaultdict(float)
    kinds = dict(zip(known.node, known.kind, strict=True))
    table = plan.flow_columns()
    for start, end, what, t, amount in zip(
        table["from"], table["to"], table["product"], table["period"], table["quantity"], strict=True
    ):
        days = lag[start, end] if (start, end) in lag and (start, end, what) not in lag else lag[start, end, what]
        if kinds[start] != "supplier":
            coming[start, what, t] -= amount
        if kinds[end] != "outlet":
            coming[end, what, t + days] += amount
    for (name, what), amounts in zip(known.arrivals_at, known.arrivals, strict=True):
        for t, amount in enumerate(amounts, start=1):
            coming[name, what, t] += amount
    for (name, what), amounts in zip(known.demand_at, known.demand.mean, strict=True):
        for t, amount in enumerate(amounts, start=1):
            coming[name, what, t] -= amount
    stock = {}
    for c, name in enumerate(known.node):
        if kinds[name] in ("store", "customer"):
            for p, what in enumerate(known.product):
                level = float(known.on_hand[c, p])
                for t in range(1, known.periods + 1):
                    level += coming[name, what, t]
                    stock[name, what, t] = level
    return stock


def least_cost(known: cc.Network) -> float | None:
    """The least cost, None where there are no flows: a linear program by dictionaries for every choice of stores."""
    best = None
    choice = [k for k in range(len(known.node)) if np.isfinite(known.opening_cost[k])]
    for open_ in product((False, True), repeat=len(choice)):
        shut = {known.node[k] for k, yes in zip(choice, open_, strict=True) if not yes}
        cost = _linear(known, shut)
        if cost is not None:
            cost += sum(float(known.opening_cost[k]) for k, yes in zip(choice, open_, strict=True) if yes)
            best = cost if best is None else min(best, cost)
    return best


def _linear(known: cc.Network, shut: set[str]) -> float | None:
    column: dict[tuple, int] = {}
    price: list[float] = []
    bounds: list[tuple[float, float]] = []

    def variable(key: tuple, cost: float, low: float, high: float) -> None:
        column[key] = len(price)
        price.append(cost)
        bounds.append((low, high))

    span = range(known.periods)
    kinds = dict(zip(known.node, known.kind, strict=True))
    for a, arc in enumerate(known.arc):
        for what in arc[2:] or known.product:
            for t in span:
                most = 0.0 if set(arc[:2]) & shut else float(known.capacity[a, t])
                variable(("f", a, what, t), float(known.unit_cost[a, t]), 0.0, most)
    for c, name in enumerate(known.node):
        for p, what in enumerate(known.product):
            for t in span:
                keeps = kinds[name] == "store" and name not in shut
                low, high = (float(known.least[c, p]), float(known.most[c, p])) if keeps else (0.0, 0.0)
                variable(("i", name, what, t), float(known.holding_cost[c, p]), low, high)
                waits = np.isfinite(known.backlog_cost[c, p])
                variable(("b", name, what, t), float(known.backlog_cost[c, p]) if waits else 0.0, 0.0,
                         np.inf if waits else 0.0)  # fmt: skip
    equal, right, below, limit = [], [], [], []
    demand = {
        (n, w, t): float(d[t]) for (n, w), d in zip(known.demand_at, known.demand.mean, strict=True) for t in span
    }
    comes = {(n, w, t): float(d[t]) for (n, w), d in zip(known.arrivals_at, known.arrivals, strict=True) for t in span}
    for c, name in enumerate(known.node):
        if kinds[name] not in ("store", "customer"):
            continue
        for p, what in enumerate(known.product):
            for t in span:
                row = np.zeros(len(price))
                row[column["i", name, what, t]], row[column["b", name, what, t]] = 1.0, -1.0
                start = float(known.on_hand[c, p]) if t == 0 else 0.0
                if t > 0:
                    row[column["i", name, what, t - 1]], row[column["b", name, what, t - 1]] = -1.0, 1.0
                for a, arc in enumerate(known.arc):
                    if arc[0] == name and ("f", a, what, t) in column:
                        row[column["f", a, what, t]] += 1.0
                    before = t - int(known.lag[a])
                    if arc[1] == name and before >= 0 and ("f", a, what, before) in column:
                        row[column["f", a, what, before]] -= 1.0
                equal.append(row)
                right.append(start + comes.get((name, what, t), 0.0) - demand.get((name, what, t), 0.0))
    for a in range(len(known.arc)):
        own = {t: [k for key, k in column.items() if key[:2] == ("f", a) and key[3] == t] for t in span}
        for t in span:
            row = np.zeros(len(price))
            row[own[t]] = 1.0
            below.append(row)
            limit.append(float(known.capacity[a, t]))
        if np.isfinite(known.total[a]):
            row = np.zeros(len(price))
            row[list(chain(*own.values()))] = 1.0
            below.append(row)
            limit.append(float(known.total[a]))
    for c, name in enumerate(known.node):
        if np.isfinite(known.storage[c]):
            for t in span:
                row = np.zeros(len(price))
                row[[column["i", name, what, t] for what in known.product]] = 1.0
                below.append(row)
                limit.append(float(known.storage[c]))
    found = linprog(price, A_ub=np.array(below), b_ub=limit, A_eq=np.array(equal), b_eq=right, bounds=bounds,
                    method="highs-ds")  # fmt: skip
    return float(found.fun) if found.status == 0 else None


def factories(theta_law: object = None, **changed: object) -> cc.Network:
    """Three factories and a store over 24 periods (Ben-Tal, Goryashko, Guslitzer and Nemirovski 2004)."""
    season = 1 + 0.5 * np.sin(np.pi * np.arange(24) / 12)
    given: dict = {
        "node": ["f1", "f2", "f3", "store"],
        "kind": ["supplier"] * 3 + ["store"],
        "arc": [("f1", "store"), ("f2", "store"), ("f3", "store")],
        "demand": 1000 * season[None] if theta_law is None else theta_law,
        "demand_at": ["store"],
        "unit_cost": np.array([1.0, 1.5, 2.0])[:, None] * season,
        "capacity": 567.0,
        "total": 13_600.0,
        "on_hand": 500.0,
        "least": 500.0,
        "most": 2_000.0,
    }
    return cc.Network(**(given | changed))
