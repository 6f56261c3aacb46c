"""Made-up stores and plans for the tests of writing and reporting: sound numbers that no solver was asked for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.special import ndtr

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.demand import Normal
from ccinv.lead_time import LeadTime
from ccinv.ledger import replay
from ccinv.result import CausalRule, OutOfReach, Plan, PooledRule
from ccinv.store import Budget, OpenOrders, Service, Store

NOUNS = ("PUMP", "SEAL", "TIRE", "BRG", "HOSE", "LAMP", "VALVE", "FILTER", "RELAY", "GYRO")


def made_up_store(items: int = 40, periods: int = 12, seed: int = 7, item_id: Sequence[str] = ()) -> Store:
    """A store with cheap and dear items, three lead-time laws, seasonal demand and a limit on dollars."""
    rng = np.random.default_rng(seed)
    season = 1 + 0.25 * np.sin(2 * np.pi * np.arange(periods) / 12)
    mean = rng.lognormal(3.2, 1.0, items)[:, None] * season
    sd = mean * rng.uniform(0.2, 0.45, items)[:, None]
    laws = np.array([[0.1, 0.7, 0.2, 0.0, 0.0], [0.0, 0.2, 0.6, 0.2, 0.0], [0.0, 0.0, 0.3, 0.5, 0.2]])
    ids = tuple(item_id) or tuple(f"{NOUNS[k % len(NOUNS)]}-{1000 + 7 * k}" for k in range(items))
    cost = rng.lognormal(3.5, 1.3, items)
    years = [f"{2027 + t // 12}-{t % 12 + 1:02d}" for t in range(periods)]
    important = np.arange(items) % 4 == 0
    lead_time = LeadTime(laws[rng.integers(0, 3, items)])
    position = _position(mean, sd, lead_time.support, important)
    return Store(
        unit_cost=cost,
        on_hand=np.round(position[:, 0] * rng.uniform(0.55, 0.95, items)),
        important=important,
        demand=Normal(mean, sd),
        lead_time=lead_time,
        budget=Budget(1.04 * float((cost @ position).max()), 0.95),
        service=Service(0.95, "best"),
        open_orders=OpenOrders(
            list(range(0, items, 5)), [0] * len(range(0, items, 5)), [12.5] * len(range(0, items, 5))
        ),
        item_id=ids,
        calendar=years,
        name="Base supply, made up",
    )


def _position(mean: FloatArray, sd: FloatArray, support: IntArray, important: BoolArray) -> FloatArray:
    """Stock on hand and under way that an item should have in each period, (n, N)."""
    ahead = support[:, None] + 1.0
    target = ahead * mean + np.where(important, 1.7, 1.0)[:, None] * sd * np.sqrt(ahead)
    return np.maximum.accumulate(target, axis=1)


def made_up_plan(store: Store, seed: int = 7, too_much: int = 0, causal: bool = False, **changes: Any) -> Plan:
    """Base stock for the store, with moments as simulated; `too_much` cells are promised more than they get."""
    items, periods = store.items, store.periods
    rng = np.random.default_rng(seed)
    law = store.demand
    follow = 0.8  # of the sales above the mean is ordered again, so that dollars vary
    a = np.full((items, periods), follow)
    position = _position(law.mean, law.sd, store.lead_time.support, store.important)
    intercept = position - (store.on_hand + store.on_order)[:, None] + (1 - follow) * np.cumsum(law.mean, axis=1)
    rule = CausalRule(a[:, :, None] * np.tri(periods), intercept) if causal else PooledRule(a, intercept)
    found = replay(store, rule, rng, 4_000 if items * periods < 5_000 else 40)
    mean, sd = found.net.mean(axis=2), found.net.std(axis=2)
    promised = np.clip((found.net >= 0).mean(axis=2), 0.02, 0.999)
    controllable = store.controllable
    asked = np.where(controllable & store.important[:, None], np.minimum(promised - 0.008, 0.95), np.nan)
    cells = np.argwhere(np.isfinite(asked))
    for i, t in cells[np.argsort(promised[tuple(cells.T)], kind="stable")[:too_much]]:
        asked[i, t] = min(promised[i, t] + 0.05, 0.9995)
    reach = np.argwhere(asked < 0.94)
    stops = np.array(["lead time", "budget", "together", "rule"])
    held = None if store.budget is None else store.budget.limits(periods)
    dollars = (found.dollars.mean(axis=1), found.dollars.std(axis=1))
    likely = np.ones(periods) if held is None else ndtr((held - dollars[0]) / dollars[1])
    given: dict[str, Any] = {
        "store": store, "rule": rule, "mean": mean, "sd": sd, "promised": promised, "asked": asked,
        "controllable": controllable, "order_mean": found.wanted.mean(axis=2), "order_sd": found.wanted.std(axis=2),
        "order_promised": np.full((items, periods), 0.97), "order_asked": np.full((items, periods), np.nan),
        "budget_limit": held, "budget_mean": dollars[0], "budget_sd": dollars[1], "budget_promised": likely,
        "budget_asked": np.full(periods, np.nan if store.budget is None else store.budget.confidence),
        "objective": "MaxMinService", "inversion": "Normal", "rule_name": "Cumulative", "objective_value": 1.0 / 3.0,
        "levels": (1.0 / 3.0, 0.7, 2.0**0.5), "solves": 4, "solver_seconds": 0.1, "gap": 3e-9,
        "out_of_reach": tuple(
            OutOfReach(int(i), int(t), 0.95, float(asked[i, t]), float(asked[i, t]) + 0.02, str(stops[(i + t) % 4]))
            for i, t in reach[:60]
        ),
        "notes": ("8 cells have more than half zeros in their history: a normal law is a poor picture of them.",),
    }  # fmt: skip
    return Plan(**(given | changes))
