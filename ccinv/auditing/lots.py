"""Lots replayed: demand is drawn, orders are placed as they can be, stock is moved, and every promise is judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import FloatArray, IntArray, freeze
from ccinv.auditing.effort import refuse_effort
from ccinv.auditing.judging import Verdict, judge
from ccinv.auditing.streams import generator
from ccinv.lots import LotPlan

CELLS = 2**21  # items × periods × paths replayed at once
SHORT = 1e-6  # of an item's mean demand: less than this is no backlog but rounding


@dataclass(frozen=True, slots=True, eq=False)
class LotAudit:
    """A plan of lots replayed on `paths` paths of demand.

    service (n, N): share of paths without backlog at the end of the period; low, high, verdict as `judge` has them, ""
    where no service was asked. order_mean, order_sd (n, N): of the orders as placed; held_back (n, N): share of paths
    on which stock was above the level at an order, so that nothing was ordered where the plan would have sent back.
    stock_mean, on_hand_mean (n, N). capacity (N,): share of paths within the capacity, NaN without one. cost: mean, and
    cost_error: its standard error. expected: what the plan says the cost is.
    """

    paths: int
    seed: int
    service: FloatArray
    low: FloatArray
    high: FloatArray
    verdict: NDArray[np.object_]
    order_mean: FloatArray
    order_sd: FloatArray
    held_back: FloatArray
    stock_mean: FloatArray
    on_hand_mean: FloatArray
    capacity: FloatArray
    cost: float
    cost_error: float
    expected: float

    def __post_init__(self) -> None:
        freeze(self)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many promises are kept, tight, broken."""
        return {verdict: int((self.verdict == verdict).sum()) for verdict in Verdict}

    @property
    def kept(self) -> bool:
        """Whether no promise is broken."""
        return self.counts[Verdict.BROKEN] == 0


@dataclass(slots=True, eq=False)
class _Tally:
    """Sums over the paths so far."""

    met: IntArray
    back: IntArray
    within: IntArray
    order: FloatArray
    square: FloatArray
    stock: FloatArray
    on_hand: FloatArray
    cost: float = 0.0
    cost_square: float = 0.0

    @classmethod
    def zeros(cls, shape: tuple[int, int]) -> _Tally:
        met, back = (np.zeros(shape, dtype=np.int64) for _ in range(2))
        order, square, stock, on_hand = (np.zeros(shape) for _ in range(4))
        return cls(met, back, np.zeros(shape[1], dtype=np.int64), order, square, stock, on_hand)


def audit_lots(plan: LotPlan, paths: int = 20_000, seed: int = 1) -> LotAudit:
    """The plan replayed on fresh paths drawn from the law of demand.

        order(t) = fixed, or max(0, level(t) − stock(t − 1));   stock(t) = stock(t − 1) + order(t) − demand(t)

    Nothing of the planner is used but its orders, levels and times. Where stock stands above a level, nothing is
    ordered: the plan counts on a mean order that is not negative, the replay on none that is. The same seed gives the
    same figures. A DataError says if paths or seed cannot be used.
    """
    refuse_effort(paths, seed)
    known = plan.known
    shape = (known.items, known.periods)
    tally = _Tally.zeros(shape)
    block = int(np.clip(CELLS // (shape[0] * shape[1]), 100, 20_000))
    for number, first in enumerate(range(0, paths, block)):
        count = min(block, paths - first)
        _replay(plan, known.demand.sample(generator(seed, (number,)), count), tally)
    asked = np.full(shape, np.nan) if known.service is None else np.broadcast_to(known.service[:, None], shape)
    judged = judge(tally.met, paths, asked)
    mean = tally.order / paths
    cost = tally.cost / paths
    spread = max(tally.cost_square / paths - (cost - plan.cost) ** 2, 0.0)
    return LotAudit(
        paths=paths,
        seed=seed,
        service=tally.met / paths,
        low=judged.low,
        high=judged.high,
        verdict=judged.verdict,
        order_mean=mean,
        order_sd=np.sqrt(np.maximum(tally.square / paths - (mean - plan.order) ** 2, 0.0)),
        held_back=tally.back / paths,
        stock_mean=tally.stock / paths,
        on_hand_mean=tally.on_hand / paths,
        capacity=np.where(np.isfinite(known.capacity), tally.within / paths, np.nan),
        cost=cost,
        cost_error=float(np.sqrt(spread / paths)),
        expected=plan.cost,
    )


def _replay(plan: LotPlan, demand: FloatArray, tally: _Tally) -> None:
    """Add paths of demand (n, N, paths), moved period by period."""
    known = plan.known
    fixed = plan.strategy == "static"
    paths = demand.shape[2]
    stock = np.repeat(known.on_hand[:, None], paths, axis=1)
    least = -SHORT * known.demand.mean.mean(axis=1)[:, None]
    spent = np.zeros(paths)
    for t in range(known.periods):
        ordered = plan.setup[:, t, None]
        if fixed:
            order = np.broadcast_to(plan.order[:, t, None], stock.shape)
        else:
            wanted = np.where(ordered, plan.level[:, t, None] - stock, 0.0)
            tally.back[:, t] += (wanted < least).sum(axis=1)
            order = np.maximum(wanted, 0.0)
        stock = stock + order - demand[:, t]
        on_hand = np.maximum(stock, 0.0)
        tally.met[:, t] += (stock >= least).sum(axis=1)
        tally.order[:, t] += order.sum(axis=1)
        tally.square[:, t] += ((order - plan.order[:, t, None]) ** 2).sum(axis=1)
        tally.stock[:, t] += stock.sum(axis=1)
        tally.on_hand[:, t] += on_hand.sum(axis=1)
        used = (known.setup_time[:, None] * ordered + known.unit_time[:, None] * order).sum(axis=0)
        tally.within[t] += int((used <= known.capacity[t] + SHORT * np.maximum(used, 1.0)).sum())
        spent += (known.setup_cost[:, t, None] * ordered).sum(axis=0)
        spent += known.unit_cost[:, t] @ order + known.holding_cost[:, t] @ on_hand
    tally.cost += float(spent.sum())
    tally.cost_square += float(((spent - plan.cost) ** 2).sum())
