"""What came of each way of ordering on the same paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ccinv.arrays import BoolArray, FloatArray, freeze
from ccinv.auditing.judging import SLACK
from ccinv.store import Store


@dataclass(frozen=True, slots=True, eq=False)
class Conduct:
    """What one way of ordering came to; (n, N) unless said, means over paths, units and dollars.

    name, words: what it is called and what it does. service: share of paths that are not short. joint_controllable
    (n,): share with no short period among those that an order can influence, NaN where there is none. stock, backlog,
    orders: means of X(t)⁺, X(t)⁻ and of what was ordered; ordered: share of paths with an order. dollars, dollars_high
    (N,): mean and upper quantile (`Comparison.level`) of dollars obligated; within (N,): share of paths within the
    limit, NaN without one.
    """

    name: str
    words: str
    service: FloatArray
    joint_controllable: FloatArray
    stock: FloatArray
    backlog: FloatArray
    orders: FloatArray
    ordered: FloatArray
    dollars: FloatArray
    dollars_high: FloatArray
    within: FloatArray

    def __post_init__(self) -> None:
        freeze(self)


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """One way of ordering in a line; None where there is nothing to say.

    service, least: mean and least service of important cells that an order can influence; others, others_least: of the
    other items'; met: share of promised cells with the service asked, or half a per cent less; joint: mean probability
    of an important item to get through all these periods without a shortage; within: probability of staying inside the
    limit in the period where it is least; dollars: obligated, mean of the periods; dollars_high: their upper quantile
    in the period where it is largest; stock, backlog: worth of what is on hand and of what is owed, mean of the
    periods, $; orders: order lines per period, all items together.
    """

    name: str
    service: float | None
    least: float | None
    met: float | None
    joint: float | None
    others: float | None
    others_least: float | None
    within: float | None
    dollars: float
    dollars_high: float
    stock: float
    backlog: float
    orders: float


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """A plan, first of `conducts`, and other policies on the same sales and arrivals: `paths` of them, from `seed`.

    `store` with the limit that the plan was held to, `asked` (n, N): levels promised by the plan, NaN elsewhere.
    `level`: probability of the quantile of dollars. `sales` (n, N): those that were given, None: drawn from the laws.
    """

    store: Store
    asked: FloatArray
    paths: int
    seed: int
    level: float
    conducts: tuple[Conduct, ...]
    sales: FloatArray | None = None

    def figures(self) -> list[Figures]:
        """The table: one line for the plan and for each policy."""
        return [self._line(one) for one in self.conducts]

    def _line(self, one: Conduct) -> Figures:
        store, reachable = self.store, self.store.controllable
        important = reachable & store.important[:, None]
        promised = np.isfinite(self.asked)
        met = (one.service >= np.where(promised, self.asked, 0.0) - SLACK).astype(np.float64)
        served: BoolArray = np.any(important, axis=1)
        cost = store.unit_cost
        return Figures(
            name=one.name,
            service=_mean(one.service, important),
            least=_least(one.service, important),
            met=_mean(met, promised),
            joint=_mean(one.joint_controllable, served),
            others=_mean(one.service, reachable & ~important),
            others_least=_least(one.service, reachable & ~important),
            within=None if store.budget is None else float(one.within.min()),
            dollars=float(one.dollars.mean()),
            dollars_high=float(one.dollars_high.max()),
            stock=float((cost @ one.stock).mean()),
            backlog=float((cost @ one.backlog).mean()),
            orders=float(one.ordered.sum(axis=0).mean()),
        )


def _mean(values: FloatArray, where: BoolArray) -> float | None:
    return float(values[where].mean()) if where.any() else None


def _least(values: FloatArray, where: BoolArray) -> float | None:
    return float(values[where].min()) if where.any() else None
