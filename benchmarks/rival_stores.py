"""Stores in which order-up-to levels are at their best: counts with falling seasons, flat counts, and amounts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import ccinv as cc

SEED = 20_260_202
STORES = 60
FALLING, FLAT, AMOUNTS = "falling counts", "flat counts", "amounts"
LEADS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A store and what it is like; its kind is one of three."""

    number: int
    kind: str
    store: cc.Store


def store(number: int) -> Place:
    """Store `number`, seeded once, never changed; without a budget.

    0–29: counts whose mean falls by a factor 3 to 10 from one period to the next, some items in opposite phase, 1 to 6
    items over 6 to 12 periods; a third each with no lead time, a certain one of 1 or 2 periods, and one spread over two
    or three ages from 0 to 3. 30–44: counts without a season, lead times of 1 to 6 periods spread over three ages, so
    that orders cross; in every fifth up to 3 % never arrive. 45–59: amounts, flat or mildly seasonal, with such lead
    times. All items are important in stores of even numbers, some in the others. On hand are one to two and a half
    periods' demand, and about a period's demand is under way from every period that can still have something under way.
    """
    rng = np.random.default_rng([SEED, number])
    kind = FALLING if number < 30 else FLAT if number < 45 else AMOUNTS
    items = int(rng.integers(1 if number % 2 == 0 else 2, 7))
    if kind == FALLING:
        periods = int(rng.integers(6, 13))
        ages = _short_ages(rng, number % 3, items)
        mean = _falling(rng, items, periods)
    else:
        lead = 1 + number % LEADS
        periods = int(rng.integers(lead + 4, lead + 9))
        ages = _crossing_ages(rng, lead, items)
        mean = _steady(rng, items, periods, 0.3 if kind == AMOUNTS and number % 3 else 0.0)
    law = _amounts(rng, mean) if kind == AMOUNTS else _counts(rng, mean)
    never = rng.uniform(0, 0.03, items) if kind == FLAT and number % 5 == 3 else np.zeros(items)
    ages *= (1 - never)[:, None]
    important = np.ones(items, dtype=bool)
    if number % 2:
        important = rng.random(items) < 0.5
        important[0], important[-1] = True, False
    open_orders = _under_way(rng, ages, mean)
    made = cc.Store(
        unit_cost=rng.lognormal(2, 1, items),
        on_hand=np.round(mean[:, 0] * rng.uniform(1.0, 2.5, items)),
        important=important,
        demand=law,
        lead_time=cc.LeadTime(ages, never=never),
        service=cc.Service(0.95, "best"),
        open_orders=open_orders,
        name=f"store {number}, {kind}",
    )
    return Place(number, kind, made)


def _falling(rng: np.random.Generator, items: int, periods: int) -> np.ndarray:
    """Means that are high for 2 to 4 periods, then low for 2 to 4, and so on; every other item may begin low."""
    high = np.clip(rng.lognormal(3.0, 0.6, items), 8, 80)
    fall = rng.uniform(3.0, 10.0, items)
    begins_low = (np.arange(items) > 0) & (rng.random(items) < 0.5)
    mean = np.empty((items, periods))
    for i in range(items):
        low, lengths = begins_low[i], rng.integers(2, 5, periods)
        season = np.repeat(np.arange(periods) % 2 == (0 if low else 1), lengths)[:periods]
        mean[i] = np.where(season, high[i] / fall[i], high[i])
    return mean


def _steady(rng: np.random.Generator, items: int, periods: int, swing: float) -> np.ndarray:
    """Means that stay, or swing mildly over the horizon, about the highest in its middle: stock must be built up."""
    level = np.clip(rng.lognormal(2.5, 0.8, items), 2, 100)
    shift = rng.uniform(-0.6, 0.6, (items, 1))
    return level[:, None] * (1 - swing * np.cos(2 * np.pi * np.arange(periods) / periods + shift))


def _counts(rng: np.random.Generator, mean: np.ndarray) -> cc.demand.Law:
    if rng.random() < 0.5:
        return cc.demand.Poisson(mean)
    return cc.demand.NegativeBinomial(mean, np.sqrt(mean + (mean * rng.uniform(0.3, 1.0, (len(mean), 1))) ** 2))


def _amounts(rng: np.random.Generator, mean: np.ndarray) -> cc.demand.Law:
    """Gamma, normal, or items of both kinds."""
    gamma = cc.demand.Gamma(mean, mean * rng.uniform(0.3, 1.0, (len(mean), 1)))
    normal = cc.demand.Normal(mean, mean * rng.uniform(0.1, 0.35, (len(mean), 1)))
    kind = int(rng.integers(3)) if len(mean) > 1 else int(rng.integers(2))
    if kind < 2:
        return gamma if kind == 0 else normal
    skewed = np.arange(len(mean)) % 2 == 0
    places = [np.flatnonzero(skewed), np.flatnonzero(~skewed)]
    return cc.demand.PerItem([gamma.rows(places[0]), normal.rows(places[1])], places)


def _short_ages(rng: np.random.Generator, kind: int, items: int) -> np.ndarray:
    """No lead time, a certain one, or one spread over two or three neighbouring ages from 0 to 3."""
    ages = np.zeros((items, 4))
    if kind == 0:
        ages[:, 0] = 1
    elif kind == 1:
        ages[np.arange(items), rng.integers(1, 3, items)] = 1
    else:
        for row in ages:
            spread = int(rng.integers(2, 4))
            first = int(rng.integers(0, 5 - spread))
            row[first : first + spread] = rng.dirichlet([4.0] * spread)
    return ages


def _crossing_ages(rng: np.random.Generator, lead: int, items: int) -> np.ndarray:
    """Spread over three neighbouring ages; most orders can be used after `lead` periods."""
    ages = np.zeros((items, lead + 2))
    first = max(lead - 2, 0)
    ages[:, first : first + 3] = rng.dirichlet([6.0, 2.0, 2.0] if lead == 1 else [2.0, 6.0, 2.0], items)
    return ages


def _under_way(rng: np.random.Generator, ages: np.ndarray, mean: np.ndarray) -> cc.OpenOrders | None:
    """About what is sold in the period after the usual arrival, from every period with orders that may be open."""
    usual = np.argmax(ages, axis=1)
    item, waited = np.nonzero(np.cumsum(ages, axis=1) < ages.sum(axis=1, keepdims=True) - 1e-9)
    if not len(item):
        return None
    use = np.clip(usual[item] + 1 - waited, 1, mean.shape[1] - 1)
    quantity = np.round(mean[item, use] * rng.uniform(0.7, 1.3, len(item)) + 1)
    return cc.OpenOrders(item.tolist(), (-waited).tolist(), quantity)
