"""One round's lesson: the multipliers that the simulation of a plan asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.auditing import Levels, Tails
from ccinv.inversion import Cantelli
from ccinv.inversion.chances import GRID, Chances
from ccinv.models.multi_period.found import Found

CERTAIN = 1e-9  # deviation, in natural amounts, below which a multiplier means nothing
TINY = 1e-9  # by how much a score must rise where the law of a cell has a jump: equal scores have no inverse
LEAST = 0.3  # share of the way that what is known of a law goes at least


def learnt(found: Found, seen: Tails, asked: Levels, falls: float) -> Chances:
    """What the chance rows are to be held to next.

        κ′ = −quantile_{1−α}((X − E X) / sd X)

    in the simulation `seen` of the plan just found; multipliers rise all the way there, and fall a share `falls` of
    it. Cantelli's κ bounds them: no law with these moments needs more. Executed orders are larger than the rule has
    them, though, so that dollars may need more than any multiple of their deviation: the rest is an amount.
    """
    program, numbers = found.program, found.numbers
    store, chances = program.store, program.chances
    bound = store.short_below[:, None]
    unit = program.unit.reshape(numbers.mean.shape)
    most = Cantelli().kappa

    def score(mean: FloatArray, quantile: FloatArray, sd: FloatArray, level: FloatArray) -> FloatArray:
        return np.clip(_ratio(mean - quantile + bound, sd, unit), 0.0, most(level))

    # a cell is raised to the level aimed at, so that it has the level asked
    shift = score(numbers.mean, seen.stock, numbers.sd, asked.stock) - chances.inversion.kappa(chances.level)
    ratio = _ratio(
        (numbers.mean + bound)[:, :, None] - seen.law, numbers.sd[:, :, None], unit[:, :, None]
    )  # the law itself: below zero, too
    bend = np.nan_to_num(ratio - GRID) + TINY * GRID
    orders = score(numbers.order_mean, seen.orders, numbers.order_sd, asked.orders)
    need = seen.dollars - numbers.dollars_mean
    budget = np.clip(_ratio(need, numbers.dollars_sd, np.array(program.money)), 0.0, most(asked.dollars))
    overrun = np.maximum(need - np.nan_to_num(budget) * numbers.dollars_sd, 0.0)

    def moved(now: FloatArray, wanted: FloatArray) -> FloatArray:
        step = np.nan_to_num(wanted - now, nan=0.0)
        return now + np.where(step < 0, falls * step, step)

    return replace(
        chances,
        shift=moved(chances.shift, shift),
        bend=bend if chances.bend is None else chances.bend + max(falls, LEAST) * (bend - chances.bend),
        orders=moved(chances.orders, orders),
        budget=moved(chances.budget, budget),
        overrun=moved(chances.overrun, overrun),
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
