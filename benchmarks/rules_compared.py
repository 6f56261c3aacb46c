"""Claim: a richer rule keeps the same promises for no more money, and orders that see sales later cost no less.

Thesis ⊂ Cumulative ⊂ Affine, so MinimumBudget can only fall from left to right, and lag 1 is a restriction of lag 0.
Static orders, which see nothing, are held to no due-out bound: they are in none of the others for important items, and
may be cheaper; then what they save is what the bound costs. Every plan is replayed: what its promises are worth is told
beside what they cost.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np

import ccinv as cc
from benchmarks.clock import solver_on_processor_time
from benchmarks.row import Job, Row

SEED = 2001
AGES = (0.5, 0.35, 0.15)  # all or nothing, one law for all items
GROWTH = 2.5  # of demand over the horizon: the money that limits is that of later periods, not what is on hand
PATHS = 20_000
NORMAL = cc.inversion.Normal()
ROUNDING = 1e-7  # to which optima are known, relative
RULES = (cc.rules.Thesis(), cc.rules.Cumulative(), cc.rules.Affine(), cc.rules.Static())
SIZES = ((20, 8, 0.0), (20, 8, 0.7), (60, 12, 0.7))


def store(items: int, periods: int, correlation: float, lag: int) -> cc.Store:
    """A growing store, every item with a promise of 95 %; sales correlated as `correlation` ** months apart."""
    rng = np.random.default_rng([SEED, items, periods])
    mean = rng.lognormal(3.0, 0.7, items)[:, None] * np.linspace(1.0, GROWTH, periods)
    apart = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    return cc.Store(
        unit_cost=rng.lognormal(3.0, 0.8, items),
        on_hand=np.round(mean[:, :3].sum(axis=1) * rng.uniform(1.2, 1.5, items)),
        important=np.ones(items, dtype=bool),
        demand=cc.demand.Normal(mean, 0.25 * mean, correlation**apart if correlation else None),
        lead_time=cc.LeadTime(list(AGES)),
        service=cc.Service(0.95, unattainable="best"),
        orders=cc.Orders(lag=lag),
    )


@cache
def least(items: int, periods: int, correlation: float, rule: Any, lag: int, inversion: Any) -> cc.Plan:
    """The plan with the least budget, solved on the processor's clock."""
    with solver_on_processor_time():
        return cc.plan(
            store(items, periods, correlation, lag), rule=rule, objective=cc.MinimumBudget(), inversion=inversion
        )


def cost(items: int, periods: int, correlation: float, rule: Any, lag: int, inversion: Any = NORMAL) -> Row:
    """Dollars of a rule over those of the cumulative rule, lag 0, same inversion; and what its promises are worth."""
    of = partial(least, items, periods, correlation)
    plan, first = of(rule, lag, inversion), of(cc.rules.Cumulative(), 0, inversion)
    name = type(rule).__name__
    holds, asked = _bounds(of, rule, lag, inversion, plan)
    audit = cc.audit(plan, paths=PATHS, seed=1)
    promised = np.isfinite(plan.asked)
    detail = (
        f"${plan.objective_value:,.0f}, {plan.solver_seconds:.2f} s in {plan.solves} cone programs; simulated: worst "
        f"promised cell {audit.service[promised].min():.1%}, limit kept in the worst period {audit.budget.min():.1%}"
    )
    if plan.out_of_reach:
        detail += f"; {len(plan.out_of_reach)} of {promised.sum()} promises out of reach, held at the best there is"
    if isinstance(rule, cc.rules.Static):
        detail += "; no due-out bound"
    found = f"{plan.objective_value / first.objective_value:.4f}"
    words = f"least dollars, {name}, lag {lag}, {type(inversion).__name__}, correlation {correlation:g}"
    return Row(words, f"{items} × {periods}", found, asked, holds, detail)


def _bounds(of: Any, rule: Any, lag: int, inversion: Any, plan: cc.Plan) -> tuple[bool | None, str]:
    """What must hold for the dollars of this rule; nothing where promises differ, or calibrations do."""
    poorer = {cc.rules.Affine(): cc.rules.Cumulative(), cc.rules.Cumulative(): cc.rules.Thesis()}.get(rule)
    rivals = []
    if not isinstance(inversion, cc.inversion.Normal):
        return None, ""
    if poorer is not None:
        rivals.append((of(poorer, lag, inversion), 1, f"≤ {type(poorer).__name__}"))
    if lag:
        rivals.append((of(rule, 0, inversion), -1, "≥ lag 0"))
    fair = [(other, sign, words) for other, sign, words in rivals if not (other.out_of_reach or plan.out_of_reach)]
    if not fair:
        return None, ""
    holds = all(
        sign * plan.objective_value <= sign * other.objective_value + ROUNDING * abs(other.objective_value)
        for other, sign, _ in fair
    )
    return holds, ", ".join(words for *_, words in fair)


def jobs(sizes: tuple[tuple[int, int, float], ...] = SIZES) -> list[Job]:
    """Every rule at both lags on each store, and calibrated on the smallest with correlated sales."""
    found = [partial(cost, *size, rule, lag) for size in sizes for rule in RULES for lag in (0, 1)]
    calibrated = [partial(cost, *sizes[min(1, len(sizes) - 1)], rule, 0, cc.inversion.Calibrated()) for rule in RULES]
    return found + calibrated
