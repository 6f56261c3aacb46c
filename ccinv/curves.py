"""What service costs and what money buys, as numbers: the points of a frontier and the prices at each."""

from __future__ import annotations

from dataclasses import dataclass

from ccinv.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Promised:
    """The least constant limit, dollars, that keeps a service of `level` for all important items.

        slope = d limit / d level,    price(t) = d level / d limit(t) = share(t) / slope

    slope: dollars per unit of probability. share (N,): by how many dollars the limit of all periods falls for one
    dollar more in period t alone; they sum to one. price (N,): probability per dollar, NaN where more service costs
    nothing (slope 0). `short`: promises out of reach whatever is spent, which are held at what they can have;
    then there is no slope and no price (NaN). `said`: what is wrong with the point, in words; where it could not be had
    at all, all numbers are NaN.
    """

    level: float
    limit: float
    slope: float
    share: FloatArray
    price: FloatArray
    short: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """The best service that all items without a promise can have alike under a constant limit, dollars.

        price(t) = d service / d limit(t),    score_price(t) = d score / d limit(t)

    score: standard score γ of the weakest cell; service: its probability as the inversion reads it. price, score_price
    (N,): per dollar more in period t alone, zero where money is not what limits. `said`: what is wrong with the point,
    with amounts; where it could not be had, the numbers are NaN.
    """

    limit: float
    score: float
    service: float
    price: FloatArray
    score_price: FloatArray
    said: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """Service against budget of a store, in two curves, with the price of money in every period at every point.

    promised: by rising level, empty without important items; served: by rising limit, at the store's own level
    `alpha`, empty where no order serves any other item. `own_limit`: the store's own, NaN where it has none or several.
    `needs`: dollars that the promises alone need at the least, and with every other item served half of the time.
    """

    name: str
    items: int
    calendar: tuple[str, ...]
    rule: str
    inversion: str
    alpha: float
    confidence: float
    own_limit: float
    needs: tuple[float, float]
    promised: tuple[Promised, ...]
    served: tuple[Served, ...]
    notes: tuple[str, ...]
    solves: int
    solver_seconds: float
