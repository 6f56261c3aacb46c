"""Hypothesis strategies of stores and of rule coefficients: the only place where tests draw them from."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

import ccinv as cc

FloatArray = NDArray[np.float64]

LEADS = ("proper", "never", "deterministic", "gaps")
MODES = ("none", "mean", "chance", "monotone")


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers between two ends: round ones often, subnormal ones never (they test the processor, not the formulas)."""
    return st.floats(low, high, allow_subnormal=False, width=32) | st.integers(int(np.ceil(low)), int(high)).map(float)


@st.composite
def lead_time_rows(draw: st.DrawFn, leads: Sequence[str] = LEADS, ages: int = 4) -> tuple[list[float], float]:
    """One row of a lead-time law: p(0), ..., p(J−1) and the probability that the order never arrives.

    "proper": arrives for certain, "never": may never arrive, "deterministic": one age, "gaps": ages of probability zero
    before and between the others.
    """
    lead = draw(st.sampled_from(tuple(leads)))
    support = draw(st.integers(1, ages))
    if lead == "deterministic":
        return [0.0] * (support - 1) + [1.0], 0.0
    weights = draw(st.lists(st.integers(1, 9), min_size=support, max_size=support))
    if lead == "gaps":
        there = draw(st.lists(st.booleans(), min_size=support, max_size=support))
        weights = [w * here for w, here in zip(weights, there, strict=True)]
        weights[-1] = max(weights[-1], 1)
    lost = draw(st.integers(1, 9)) if lead == "never" else 0
    total = sum(weights) + lost
    return [w / total for w in weights], lost / total


@st.composite
def lead_times(draw: st.DrawFn, items: int, leads: Sequence[str] = LEADS, ages: int = 4) -> cc.LeadTime:
    """A lead-time law for each item; shorter rows end in ages of probability zero."""
    rows = [draw(lead_time_rows(leads, ages)) for _ in range(items)]
    longest = max(len(pmf) for pmf, _ in rows)
    return cc.LeadTime([pmf + [0.0] * (longest - len(pmf)) for pmf, _ in rows], [never for _, never in rows])


@st.composite
def correlations(draw: st.DrawFn, periods: int) -> FloatArray:
    """A correlation matrix over periods, of any rank from one (every entry ±1) to full."""
    rank = draw(st.integers(1, periods))
    factor = np.array(draw(hnp.arrays(np.int64, (periods, rank), elements=st.integers(-3, 3))), dtype=np.float64)
    factor[~factor.any(axis=1), 0] = 1.0
    factor /= np.linalg.norm(factor, axis=1, keepdims=True)
    correlation = factor @ factor.T
    correlation = np.clip((correlation + correlation.T) / 2, -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return correlation


@st.composite
def normal_sales(
    draw: st.DrawFn, items: int, periods: int, correlated: bool | None = None, scales: tuple[int, int] = (-2, 5)
) -> Any:
    """Normal sales, each item in its own unit (10^scale); deviations of zero in places; correlated or not."""
    unit = 10.0 ** np.array(draw(st.lists(st.integers(*scales), min_size=items, max_size=items)))
    mean = draw(hnp.arrays(np.float64, (items, periods), elements=numbers(0, 10), fill=st.nothing()))
    cv = draw(hnp.arrays(np.float64, (items, periods), elements=st.just(0.0) | numbers(0, 2), fill=st.nothing()))
    kind = draw(st.sampled_from(("none", "one", "each"))) if correlated is None else ("each" if correlated else "none")
    correlation = None
    if kind == "one":
        correlation = draw(correlations(periods))
    elif kind == "each":
        correlation = np.stack([draw(correlations(periods)) for _ in range(items)])
    return cc.demand.Normal(mean * unit[:, None], mean * cv * unit[:, None], correlation)


@st.composite
def open_orders(draw: st.DrawFn, lead_time: cc.LeadTime, unit: FloatArray, most: int = 2) -> cc.OpenOrders | None:
    """Up to `most` open orders per item, placed so that the lead-time law lets them be open still."""
    item, placed, quantity = [], [], []
    for i in range(len(unit)):
        tail = [1.0 if lead_time.never[i] > 0 else float(lead_time.pmf[i, age + 1 :].sum()) for age in range(6)]
        possible = [age for age in range(6) if age == 0 or tail[age] > 0]
        if tail[0] == 0:
            continue  # what was ordered yesterday has arrived: nothing can be open
        for _ in range(draw(st.integers(0, most))):
            item.append(i)
            placed.append(-draw(st.sampled_from(possible)))
            quantity.append(draw(numbers(0, 20)) * unit[i])
    return cc.OpenOrders(item, placed, quantity) if item else None


@st.composite
def stores(
    draw: st.DrawFn,
    items: tuple[int, int] = (1, 4),
    periods: tuple[int, int] = (1, 6),
    leads: Sequence[str] = LEADS,
    ages: int = 4,
    correlated: bool | None = None,
    lags: Sequence[int] = (0, 1, 2),
    modes: Sequence[str] = MODES,
    scales: tuple[int, int] = (-2, 5),
    with_open_orders: bool = True,
    with_budget: bool | None = None,
) -> cc.Store:
    """A store that is valid, though not one whose promises can be kept.

    Ranges are inclusive; `scales`: units of the items as powers of ten; `ages`: the largest J. None: drawn, both ways.
    """
    n = draw(st.integers(*items))
    horizon = draw(st.integers(*periods))
    sales = draw(normal_sales(n, horizon, correlated, scales))
    unit = np.where(sales.mean.any(axis=1), sales.mean.mean(axis=1), 1.0)
    lead_time = draw(lead_times(n, leads, ages))
    budget = None
    if draw(st.booleans()) if with_budget is None else with_budget:
        size = draw(st.sampled_from((1, horizon)))
        limit = draw(hnp.arrays(np.float64, size, elements=numbers(1, 100), fill=st.nothing())) * unit.sum() * horizon
        budget = cc.Budget(limit, draw(st.sampled_from((0.5, 0.8, 0.95, 0.999))))
    return cc.Store(
        unit_cost=draw(hnp.arrays(np.float64, n, elements=numbers(0, 1000), fill=st.nothing())),
        on_hand=draw(hnp.arrays(np.float64, n, elements=numbers(-10, 30), fill=st.nothing())) * unit,
        important=draw(hnp.arrays(np.bool_, n)),
        demand=sales,
        lead_time=lead_time,
        budget=budget,
        service=draw(st.sampled_from((0.5, 0.8, 0.95, 0.999))),
        orders=cc.Orders(
            nonnegative=draw(st.sampled_from(tuple(modes))),
            confidence=draw(st.sampled_from((0.5, 0.9, 0.99))),
            lag=draw(st.sampled_from(tuple(lags))),
        ),
        open_orders=draw(open_orders(lead_time, unit)) if with_open_orders else None,
    )


def natural_size(store: cc.Store, layout: Any) -> FloatArray:
    """The size of each entry of the decision vector that moves some cumulative order by about one period's sales.

    Found by moving one entry at a time, so that nothing has to be known about the layout.
    """
    typical = np.where(store.demand.mean.any(axis=1), store.demand.mean.mean(axis=1), 1.0)
    origin = layout.rule_at(np.zeros(layout.size))
    sizes = np.ones(layout.size)
    for k in range(layout.size):
        moved = layout.rule_at(np.eye(1, layout.size, k).ravel())
        weights = np.abs(moved.weights - origin.weights).max(axis=2) * np.abs(store.demand.mean).max(axis=1)[:, None]
        effect = (weights + np.abs(moved.intercept - origin.intercept)).max(axis=1) / typical
        if effect.max() > 0:
            sizes[k] = 1 / effect.max()
    return sizes


@st.composite
def coefficients(draw: st.DrawFn, store: cc.Store, layout: Any) -> FloatArray:
    """A decision vector for a rule's layout on a store: orders of either sign, about as large as the sales."""
    x = draw(hnp.arrays(np.float64, layout.size, elements=numbers(-2, 2)))
    return x * natural_size(store, layout)
