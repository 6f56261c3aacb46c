"""From materials to their initial stocks: units and dollars to the model's shares and back, and what p costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from ccinv.arrays import FloatArray, frozen
from ccinv.errors import InfeasibleError
from ccinv.materials import Materials, StockPlan
from ccinv.models.initial_stock import InitialStock, initial_stock

LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999)
# fewer of them, the larger the samples of all deliveries together are, which a solution takes time for
BY_SIZE = ((1_500, LEVELS), (3_000, LEVELS[::2]), (8_000, (0.8, 0.9, 0.95, 0.99)))


def stocked(
    known: Materials, progress: Callable[[str], None] | None = None, levels: Sequence[float] | None = None
) -> StockPlan:
    """The cheapest initial stocks that do what is asked, and the cost of other reliabilities.

    `levels`: those to price; unless given, some from 50 to 99.9 %, fewer for many materials and where limits of all
    stocks couple them, none for very many. InfeasibleError names materials and units.
    """
    tell = progress or (lambda _: None)
    tell(f"stocking {known.count} materials")
    try:
        found = _solved(known, known.reliability)
    except InfeasibleError as error:
        raise InfeasibleError(named(str(error), known)) from error
    priced, costs = _curve(known, found, priced_levels(known) if levels is None else levels, tell)
    return StockPlan(
        known=known,
        stock=found.stock,
        cost=found.cost,
        penalty=found.penalty,
        bound=found.bound,
        reliabilities=found.reliabilities,
        reliability=found.reliability,
        shortage_probability=found.shortage_probability,
        expected_shortage=found.expected_shortage,
        price_of_reliability=found.price_of_reliability,
        levels=frozen(priced),
        costs=frozen(costs),
    )


def priced_levels(known: Materials) -> Sequence[float]:
    """The reliabilities whose cost is worth the time."""
    size = sum(one.time_marks.sample + one.amount_marks.sample for one in known.deliveries)
    if known.limits is not None:
        size = 3_000 + 3 * size  # a search of many steps
    return next((levels for most, levels in BY_SIZE if size <= most), ())


def named(message: str, known: Materials) -> str:
    """A message about materials by number and stocks in shares, with names and units put in."""

    def put(match: re.Match[str]) -> str:
        j = int(match[1]) - 1
        return f"{match[0]} ({known.material[j]}; 1 is {known.demand[j]:,.6g} units)"

    return re.sub(r"\b[Mm]aterial (\d+)\b", put, message)


def _solved(known: Materials, reliability: float | None) -> InitialStock:
    size = known.demand
    rows = known.limits
    limited = bool(np.isfinite(known.shortage_limit).any())
    priced = bool(known.shortage_price.any())
    return initial_stock(
        known.deliveries,
        known.price * size,
        reliability,
        shortage_limit=known.shortage_limit / size[:, None] if limited else None,
        shortage_price=known.shortage_price * size[:, None] if priced else None,
        lower=known.lower / size,
        upper=known.upper / size if np.isfinite(known.upper).any() else None,
        rows=None if rows is None else (rows.per_unit * size, rows.most),
    )


def _curve(
    known: Materials, found: InitialStock, levels: Sequence[float], tell: Callable[[str], None]
) -> tuple[FloatArray, FloatArray]:
    """Reliabilities and their least costs, penalties included; the one asked for is among them, if there are any."""
    asked = [] if known.reliability is None or not levels else [known.reliability]
    each = sorted({*levels, *asked})
    costs = []
    for level in each:
        tell(f"what {100 * level:g} % would cost")
        if level == known.reliability:
            costs.append(found.cost + found.penalty)
            continue
        try:
            other = _solved(known, level)
            costs.append(other.cost + other.penalty)
        except InfeasibleError:
            costs.append(np.nan)
    # stocks for more do for less as well
    least = np.fmin.accumulate(np.array(costs)[::-1])[::-1]
    had = np.isfinite(costs) & ~np.isin(each, asked)
    return np.array(each), np.where(had, least, costs)
