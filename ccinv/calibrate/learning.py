"""One round's lesson: the multipliers that the simulation of a plan asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.auditing import Levels, Tails
from ccinv.inversion import Cantelli
from ccinv.inversion.chances import Chances
from ccinv.models.multi_period.found import Found

CERTAIN = 1e-9  # deviation, in natural amounts, below which a multiplier means nothing


def learnt(found: Found, seen: Tails, asked: Levels, share: float) -> Chances:
    """What the chance rows are to be held to next.

        κ′ = −quantile_{1−α}((X − E X) / sd X)

    in the simulation `seen` of the plan just found. Multipliers rise to κ′ at once and fall by `share` of the way.
    Cantelli's κ bounds them: no law with these moments needs more. Executed orders are larger than the rule has them,
    though, so that dollars may need more than any multiple of their deviation: the rest is an amount.
    """
    program, numbers = found.program, found.numbers
    store, chances = program.store, program.chances
    bound = store.short_below[:, None]
    unit = program.unit.reshape(numbers.mean.shape)
    most = Cantelli()

    base = chances.inversion.kappa(asked.stock)
    # a promised cell is raised to the level that is aimed at, so that it has the level that is asked
    level = np.where(store.important[:, None], chances.inversion.kappa(chances.level), base)
    score = _ratio(numbers.mean - seen.stock + bound, numbers.sd, unit)
    shift = np.clip(score, 0.0, most.kappa(asked.stock)) - level
    orders = np.clip(
        _ratio(numbers.order_mean - seen.orders + bound, numbers.order_sd, unit), 0.0, most.kappa(asked.orders)
    )
    need = seen.dollars - numbers.dollars_mean
    budget = np.clip(_ratio(need, numbers.dollars_sd, np.array(program.money)), 0.0, most.kappa(asked.dollars))
    overrun = np.maximum(need - np.nan_to_num(budget) * numbers.dollars_sd, 0.0)
    return replace(
        chances,
        shift=_moved(chances.shift, shift, share),
        orders=_moved(chances.orders, orders, share),
        budget=_moved(chances.budget, budget, share),
        overrun=_moved(chances.overrun, overrun, share),
    )


def without(chances: Chances) -> Chances:
    """The same, with no more than the expectation asked of orders and dollars: what is possible if anything is."""
    nothing = np.zeros_like
    return replace(
        chances, orders=nothing(chances.orders), budget=nothing(chances.budget), overrun=nothing(chances.overrun)
    )


def halfway(one: Chances, other: Chances) -> Chances:
    """Multipliers in the middle."""
    middle = {
        name: (getattr(one, name) + getattr(other, name)) / 2 for name in ("shift", "orders", "budget", "overrun")
    }
    return replace(one, **middle)


def _ratio(amount: FloatArray, sd: FloatArray, unit: FloatArray) -> FloatArray:
    """amount / sd; NaN where there is no deviation."""
    some = sd > CERTAIN * unit
    return np.where(some, amount / np.where(some, sd, 1.0), np.nan)


def _moved(now: FloatArray, wanted: FloatArray, share: float) -> FloatArray:
    step = np.nan_to_num(wanted - now, nan=0.0)
    return now + np.where(step < 0, share * step, step)
