"""What one more dollar gains, from the multipliers of a least limit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.models.multi_period.found import Found
from ccinv.trade_off.least import Least

STEP = 1e-6  # of a level or a score, for the slope of κ, which is smooth
FREE = 1e-6  # slope, relative to the natural amount of money, under which more service costs nothing


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Dollars per unit of probability, and per period the share of each dollar and what it buys, (N,) each."""

    slope: float
    share: FloatArray
    price: FloatArray


def promised_price(found: Found, least: Least) -> Priced:
    """The price of the promised level at a least limit.

        d limit / d α = Σ_c λ_c sd_c κ_c′(α),    d α / d limit(t) = share(t) / (d limit / d α)

    NaN where promises are out of reach: those cells are held at the very most that they can have beside the others, so
    that nothing can be raised and kept.
    """
    program = found.program
    nothing = np.full(len(least.share), np.nan)
    if len(found.reached.short):
        return Priced(float("nan"), least.share, nothing)
    chances, cells = program.chances, program.important.cells
    up = np.minimum(chances.level + STEP * (1 - chances.level), 1 - 1e-12)
    down = np.maximum(chances.level - STEP * (1 - chances.level), 0.5)
    rise = replace(chances, level=up).service - replace(chances, level=down).service
    bend = (rise / (up - down)).ravel()[cells]
    slope = float(least.promises @ bend)
    if slope <= FREE * program.money:
        return Priced(0.0, least.share, nothing)
    return Priced(slope, least.share, least.share / slope)


def served_price(found: Found, least: Least) -> tuple[FloatArray, FloatArray]:
    """The gain of the other items per dollar in each period, (N,): in probability, and in standard score.

    d γ / d limit(t) = share(t) / Σ_c λ_c sd_c κ_c′(γ)
    """
    program, score = found.program, found.answer.value
    chances, cells = program.chances, program.open_cells
    low, high = max(score - STEP, 0.0), score + STEP
    bend = (chances.raw(cells, high) - chances.raw(cells, low)) / (high - low)
    cost = float(least.others @ bend)
    if cost <= FREE * program.money:
        return np.zeros(len(least.share)), np.zeros(len(least.share))
    gain = least.share / cost
    ends = program.inversion.probability(np.array([low, high]))
    return gain * float(ends[1] - ends[0]) / (high - low), gain
