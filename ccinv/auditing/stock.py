"""Initial stocks replayed: deliveries drawn as the model is told, shortages counted, the promise judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.auditing.effort import refuse_effort
from ccinv.auditing.judging import LEVEL, Verdict, judge, limits
from ccinv.auditing.streams import generator
from ccinv.deliveries import Deliveries
from ccinv.deliveries.flow import Flow, RandomDemand
from ccinv.deliveries.marks import Marks
from ccinv.deliveries.sampling import drawn_by_sorting

BLOCK = 20_000  # cycles drawn at once
SHORT = 1e-9  # of the demand of a cycle: less than this is no shortage but rounding
FEWEST = 30  # shortages, under which their mean says nothing against a limit


@dataclass(frozen=True, slots=True, eq=False)
class StockAudit:
    """Initial stocks in `paths` cycles.

    `met` (m,): cycles without a shortage; `service`, `low`, `high` (m,): their share and its limits, together at 99 %.
    `joint`, `joint_low`, `joint_high`, `verdict`: of all materials together, KEPT, TIGHT or BROKEN, "" where no
    reliability was asked for. `chance`, `short` (m, n): share of cycles with a shortage just before each delivery, and
    its mean over all cycles, in shares of a cycle's demand, with its standard error `short_error`. `beyond` (m, n):
    limits of E[shortage | shortage] that the draws contradict, at 1 % over all of them.
    """

    paths: int
    seed: int
    met: IntArray
    service: FloatArray
    low: FloatArray
    high: FloatArray
    joint: float
    joint_low: float
    joint_high: float
    verdict: str
    chance: FloatArray
    short: FloatArray
    short_error: FloatArray
    beyond: BoolArray

    @property
    def kept(self) -> bool:
        """Whether nothing that was asked for is broken."""
        return self.verdict != Verdict.BROKEN and not bool(self.beyond.any())


def audit_stock(
    deliveries: Sequence[Deliveries],
    stock: FloatArray,
    reliability: float | None = None,
    shortage_limit: FloatArray | None = None,
    paths: int = 100_000,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> StockAudit:
    """Stocks (m,), shares of a cycle's demand, in fresh cycles of independent materials.

        short in a cycle:  M + A_(i−1) < β(T_i) for some i, or M + 1 < β(1)

    T and A are drawn by sorting uniform numbers and taking the selected ones; no formula of the planner is used.
    `shortage_limit` (m, n): of E[shortage_i | shortage_i], inf: none. DataError names wrong paths or seed.
    """
    refuse_effort(paths, seed)
    m, n = len(deliveries), max(one.number for one in deliveries)
    met = np.zeros(m, dtype=np.int64)
    count = np.zeros((m, n), dtype=np.int64)
    total, square = np.zeros((m, n)), np.zeros((m, n))
    together = 0
    for number, first in enumerate(range(0, paths, BLOCK)):
        size = min(BLOCK, paths - first)
        well = np.ones(size, dtype=np.bool_)
        for j, one in enumerate(deliveries):
            lack, end = shortfalls(one.flow, float(stock[j]), generator(seed, (number, j)), size)
            amount = np.maximum(lack, 0.0)
            own = (lack <= SHORT).all(axis=1) & (end <= SHORT)
            met[j] += np.count_nonzero(own)
            well &= own
            k = one.number
            count[j, :k] += np.count_nonzero(lack > SHORT, axis=0)
            total[j, :k] += amount.sum(axis=0)
            square[j, :k] += (amount**2).sum(axis=0)
            if progress is not None:
                progress(number * m + j + 1, -(-paths // BLOCK) * m)
        together += int(np.count_nonzero(well))
    asked = np.array([np.nan if reliability is None else reliability])
    judged = judge(np.array([together]), paths, asked)
    low, high = limits(met, paths, LEVEL / (2 * m))
    mean = total / paths
    error = np.sqrt(np.maximum(square / paths - mean**2, 0.0) / paths)
    return StockAudit(
        paths=paths,
        seed=seed,
        met=met,
        service=met / paths,
        low=low,
        high=high,
        joint=together / paths,
        joint_low=float(judged.low[0]),
        joint_high=float(judged.high[0]),
        verdict=str(judged.verdict[0]),
        chance=count / paths,
        short=mean,
        short_error=error,
        beyond=_beyond(count, total, square, shortage_limit),
    )


def shortfalls(flow: Flow, stock: float, rng: np.random.Generator, paths: int) -> tuple[FloatArray, FloatArray]:
    """What is asked for and not there just before each delivery (paths, n), and at the end (paths,); negative: left."""
    times, amounts = drawn_by_sorting(flow.times, rng, paths), drawn_by_sorting(flow.amounts, rng, paths)
    before = np.concatenate([np.zeros((paths, 1)), amounts], axis=1)
    demand = flow.demand
    asked = _left(demand, times, rng, paths) if isinstance(demand, RandomDemand) else flow.asked(times)
    return asked - stock - before, np.full(paths, flow.total - 1.0 - stock)


def _left(demand: RandomDemand, times: FloatArray, rng: np.random.Generator, paths: int) -> FloatArray:
    """What random demand has taken by each of `times`, (paths, n)."""

    def draw(marks: Marks) -> FloatArray:
        return drawn_by_sorting(marks, rng, paths)

    when, taken = draw(demand.times), draw(demand.amounts)
    steps = np.concatenate([np.zeros((paths, 1)), taken, np.ones((paths, 1))], axis=1)
    gone = (when[:, None, :] < times[:, :, None]).sum(axis=2)
    found: FloatArray = np.take_along_axis(steps, gone, axis=1)
    return found


def _beyond(count: IntArray, total: FloatArray, square: FloatArray, limit: FloatArray | None) -> BoolArray:
    """Limits that the mean of the shortages found is above by more than chance explains."""
    broken = np.zeros(count.shape, dtype=np.bool_)
    if limit is None:
        return broken
    there = np.isfinite(limit) & (count >= FEWEST)
    if there.any():
        mean = total[there] / count[there]
        error = np.sqrt(np.maximum(square[there] / count[there] - mean**2, 0.0) / count[there])
        broken[there] = mean - limit[there] > -ndtri(LEVEL / int(there.sum())) * error + SHORT
    # a limit of 0 means no shortage at all
    found: BoolArray = broken | ((limit == 0) & (count > 0))
    return found
