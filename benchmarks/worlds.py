"""Random worlds for claims about promises: small stores at work, five families of demand, lead times of 1 to 6."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import ccinv as cc

SEED = 20_260_101
FAMILIES = ("normal", "gamma", "poisson", "negative binomial", "empirical")
LEADS = 6


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """A store, and what it was drawn from; `lead` is the usual number of periods until an order can be used."""

    number: int
    family: str
    lead: int
    never: bool
    store: cc.Store


def world(number: int) -> World:
    """World `number`, seeded once, never changed.

    3 to 6 items, some of them important, over lead + 4 to lead + 8 periods. Each lead time is spread over three ages,
    so that orders cross; in every seventh world up to 4 % of them never arrive. Stock is one to two and a half periods'
    demand, and about a period's demand is under way from every period that can still have something under way.
    """
    rng = np.random.default_rng([SEED, number])
    family, lead = FAMILIES[number % 5], 1 + (number // 5) % LEADS
    items, periods = int(rng.integers(3, 7)), int(rng.integers(lead + 4, lead + 9))
    level = rng.lognormal(*((1.0, 0.8) if family == "poisson" else (3.0, 1.0)), items)
    mean = level[:, None] * (1 + 0.3 * rng.uniform(-1, 1, (items, periods)))
    law = _law(rng, family, mean)
    ages = np.zeros((items, lead + 2))
    for row in ages:
        for late, share in zip((-1, 0, 1), rng.dirichlet([2.0, 6.0, 2.0]), strict=True):
            row[max(lead - 1 + late, 0)] += share
    never = rng.uniform(0, 0.04, items) if number % 7 == 3 else np.zeros(items)
    ages *= (1 - never)[:, None]
    important = rng.random(items) < 0.6
    important[0] = True
    cost = rng.lognormal(2, 1, items)
    usual = law.mean.mean(axis=1)
    on_hand = np.round(usual * rng.uniform(1.0, 2.5, items))
    item, waited = np.nonzero(np.cumsum(ages, axis=1)[:, :lead] < 1 - 1e-9)
    quantity = np.round(usual[item] * rng.uniform(0.7, 1.3, len(item)) + 1)
    store = cc.Store(
        unit_cost=cost,
        on_hand=on_hand,
        important=important,
        demand=law,
        lead_time=cc.LeadTime(ages, never=never),
        service=cc.Service(0.95, "best"),
        open_orders=cc.OpenOrders(item.tolist(), (-waited).tolist(), quantity),
        name=f"world {number}",
    )
    return World(number, family, lead, bool(never.any()), store)


def _law(rng: np.random.Generator, family: str, mean: np.ndarray) -> cc.demand.Law:
    items, periods = mean.shape
    match family:
        case "normal":
            return cc.demand.Normal(mean, mean * rng.uniform(0.1, 0.35, (items, 1)))
        case "gamma":
            return cc.demand.Gamma(mean, mean * rng.uniform(0.3, 1.2, (items, 1)))
        case "poisson":
            return cc.demand.Poisson(mean)
        case "negative binomial":
            return cc.demand.NegativeBinomial(mean, np.sqrt(mean + (mean * rng.uniform(0.3, 1.0, (items, 1))) ** 2))
        case _:
            history = rng.poisson(rng.gamma(0.8, mean[:, :1] / 0.8, (items, 48))).astype(np.float64)
            history[:, 0] += 1
            return cc.demand.Empirical(history, periods)
