"""A network's flows replayed: demand is drawn, every flow is what its rule says and its arc takes, stock is moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ccinv.arrays import BoolArray, FloatArray, IntArray
from ccinv.auditing.effort import refuse_effort
from ccinv.auditing.judging import Verdict, judge
from ccinv.auditing.streams import generator
from ccinv.network import BalancePlan
from ccinv.network.layout import NOWHERE

CELLS = 2**21  # numbers held of a block of paths: flows, or demand
SHORT = 2e-6  # of the unit of amounts, and of the largest stock: less than this is rounding


@dataclass(frozen=True, slots=True, eq=False)
class Promises:
    """Limits of one kind, one row for each of `names`, one column for each period (or one for the horizon).

    asked: the probability (1 in a box), NaN where there is no such limit; share: of replays that kept it, with
    confidence limits low and high; verdict as `judge` has it. In a box a limit is KEPT if no replay missed it.
    """

    kind: str
    names: tuple[str, ...]
    asked: FloatArray
    share: FloatArray
    low: FloatArray
    high: FloatArray
    verdict: NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class BalanceAudit:
    """A plan replayed on `paths` demands.

    stock_mean, stock_low, stock_high (K, N): mean, least and highest of the replays. flow_mean (L, N). cost: mean,
    cost_error: its standard error, highest: of all replays. expected: what the plan says the cost is.
    """

    paths: int
    seed: int
    promises: tuple[Promises, ...]
    stock_mean: FloatArray
    stock_low: FloatArray
    stock_high: FloatArray
    flow_mean: FloatArray
    cost: float
    cost_error: float
    highest: float
    expected: float

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many promises are kept, tight, broken."""
        return {verdict: sum(int((one.verdict == verdict).sum()) for one in self.promises) for verdict in Verdict}

    @property
    def kept(self) -> bool:
        """Whether no promise is broken."""
        return self.counts[Verdict.BROKEN] == 0


def audit_balance(plan: BalancePlan, paths: int = 20_000, seed: int = 1) -> BalanceAudit:
    """The plan replayed on fresh demand: from its law, or from the box, half of the time from the corners of it.

        stock(t) = stock(t − 1) + arrivals(t) + Σ flow in (t − lag) − Σ flow out (t) − demand(t)

    Nothing of the planner is used but flows and weights. No flow is negative, and no arc takes more than its capacity:
    where the rule wants either, that counts as a promise missed, and flows catch up later, as far as they can: all
    that was sent so far is what the rules add up to, never less than before, within the capacities. The same seed
    gives the same figures; where demand is certain there is one path. A DataError says if paths or seed cannot be used.
    """
    refuse_effort(paths, seed)
    known, layout = plan.known, plan.layout
    box = bool(np.isfinite(plan.theta))
    paths = 1 if known.certain and not box else paths
    largest = max(layout.lanes, layout.cells, len(known.demand_at)) * known.periods
    block = int(np.clip(CELLS // largest, 50, 20_000))
    tally = _Tally(plan, 0.0)
    for number, first in enumerate(range(0, paths, block)):
        count = min(block, paths - first)
        rng = generator(seed, (number,))
        demand = _of_box(plan, rng, count, first == 0) if box else known.demand.sample(rng, count)
        tally.add(demand)
    return _judged(plan, tally, paths, seed, box)


def _of_box(plan: BalancePlan, rng: np.random.Generator, paths: int, first: bool) -> FloatArray:
    """Demands of the box, (D, N, paths): corners, among them all low and all high, and points within."""
    mean = plan.known.demand.mean
    share = rng.uniform(-1.0, 1.0, (*mean.shape, paths))
    half = paths // 2
    share[:, :, :half] = np.sign(share[:, :, :half])
    if first and paths >= 4:
        share[:, :, 0], share[:, :, 1] = -1.0, 1.0
    found: FloatArray = mean[:, :, None] * (1 + plan.theta * share)
    return found


class _Tally:
    """Sums over the paths so far, of one plan."""

    def __init__(self, plan: BalancePlan, cost: float) -> None:
        known, layout = plan.known, plan.layout
        cells, periods = layout.cells, known.periods
        self.plan = plan
        self.room = SHORT * (known.unit + float(np.abs(plan.stock).max(initial=0.0)))
        self.met: dict[str, IntArray] = {
            "least stock": np.zeros((cells, periods), dtype=np.int64),
            "most stock": np.zeros((cells, periods), dtype=np.int64),
            "storage": np.zeros((len(known.node), periods), dtype=np.int64),
            "flow not negative": np.zeros((layout.lanes, periods), dtype=np.int64),
            "capacity": np.zeros((len(known.arc), periods), dtype=np.int64),
            "capacity of the horizon": np.zeros((len(known.arc), 1), dtype=np.int64),
        }
        self.stock = np.zeros((cells, periods))
        self.low, self.high = np.full((cells, periods), np.inf), np.full((cells, periods), -np.inf)
        self.flow = np.zeros((layout.lanes, periods))
        self.cost = self.square = cost
        self.highest = -np.inf

    def add(self, demand: FloatArray) -> None:
        """Replay demand (D, N, paths)."""
        plan, known, layout = self.plan, self.plan.known, self.plan.layout
        ruled = plan.flows(demand)
        self.met["flow not negative"] += (ruled >= -self.room).sum(axis=2)
        on_arc = np.zeros((len(known.arc), *ruled.shape[1:]))
        np.add.at(on_arc, layout.lane_arc, ruled)
        self.met["capacity"] += (on_arc <= known.capacity[:, :, None] + self.room).sum(axis=2)
        within = known.total[:, None] + known.periods * self.room
        self.met["capacity of the horizon"][:, 0] += (on_arc.sum(axis=1) <= within).sum(axis=1)
        flow = self._executed(ruled)
        cost = np.einsum("lt,ltp->p", known.unit_cost[layout.lane_arc], flow)
        cost += float(np.where(known.optional & plan.open, known.opening_cost, 0.0).sum())
        stock = np.repeat(layout.on_hand[:, None], demand.shape[2], axis=1)
        leaves, arrives = layout.source != NOWHERE, layout.target != NOWHERE
        for t in range(known.periods):
            stock = stock + layout.arrivals[:, t, None]
            there = arrives & (layout.lag <= t)
            np.add.at(stock, layout.target[there], flow[there, t - layout.lag[there]])
            np.subtract.at(stock, layout.source[leaves], flow[leaves, t])
            np.subtract.at(stock, layout.demand_cell, demand[:, t])
            cost += layout.holding_cost @ np.maximum(stock, 0.0)
            waits = np.isfinite(layout.backlog_cost)
            cost += np.where(waits, layout.backlog_cost, 0.0) @ np.maximum(-stock, 0.0)
            self.met["least stock"][:, t] += (stock >= layout.least[:, None] - self.room).sum(axis=1)
            self.met["most stock"][:, t] += (stock <= layout.most[:, None] + self.room).sum(axis=1)
            together = np.zeros((len(known.node), stock.shape[1]))
            np.add.at(together, layout.cell_node, stock)
            self.met["storage"][:, t] += (together <= known.storage[:, None] + self.room).sum(axis=1)
            self.stock[:, t] += stock.sum(axis=1)
            self.low[:, t] = np.minimum(self.low[:, t], stock.min(axis=1))
            self.high[:, t] = np.maximum(self.high[:, t], stock.max(axis=1))
        self.flow += flow.sum(axis=2)
        self.cost += float(cost.sum())
        self.square += float(((cost - plan.cost) ** 2).sum())
        self.highest = max(self.highest, float(cost.max()))

    def _executed(self, ruled: FloatArray) -> FloatArray:
        """The flows as they can be, (L, N, paths): never negative, within capacities, caught up as soon as may be."""
        known, layout = self.plan.known, self.plan.layout
        flow = np.zeros(ruled.shape)
        owed = np.zeros((layout.lanes, ruled.shape[2]))
        left = np.repeat(known.total[:, None], ruled.shape[2], axis=1)
        for t in range(known.periods):
            owed += ruled[:, t]
            wanted = np.maximum(owed, 0.0)
            on_arc = np.zeros(left.shape)
            np.add.at(on_arc, layout.lane_arc, wanted)
            most = np.minimum(known.capacity[:, t, None], left)
            share = np.divide(most, on_arc, out=np.ones_like(on_arc), where=on_arc > most)
            flow[:, t] = wanted * share[layout.lane_arc]
            owed -= flow[:, t]
            left -= np.minimum(on_arc, most)
        return flow


def _judged(plan: BalancePlan, tally: _Tally, paths: int, seed: int, box: bool) -> BalanceAudit:
    known, layout = plan.known, plan.layout
    level = np.nan if plan.weight is None else 1.0 if box else known.service
    store = np.array([known.kind[c] == "store" for c in layout.cell_node], dtype=np.bool_)[:, None]
    several = np.bincount(layout.cell_node, minlength=len(known.node))[:, None] > 1
    cells = tuple(" ".join(cell) if len(known.product) > 1 else cell[0] for cell in plan.cells)
    arcs = tuple(" → ".join(arc[:2]) + "".join(f" ({product})" for product in arc[2:]) for arc in known.arc)
    lanes = tuple(
        arcs[a] + (f" {known.product[p]}" if len(known.product) > 1 and len(known.arc[a]) == 2 else "")
        for a, p in zip(layout.lane_arc, layout.lane_product, strict=True)
    )
    ones: dict[str, tuple[tuple[str, ...], BoolArray]] = {
        "least stock": (cells, np.ones(layout.most.shape, dtype=np.bool_)[:, None]),
        "most stock": (cells, store & np.isfinite(layout.most)[:, None]),
        "storage": (known.node, several & np.isfinite(known.storage)[:, None]),
        "flow not negative": (lanes, np.ones((layout.lanes, 1), dtype=np.bool_)),
        "capacity": (arcs, np.isfinite(known.capacity)),
        "capacity of the horizon": (arcs, np.isfinite(known.total)[:, None]),
    }
    asked = {
        kind: np.where(np.broadcast_to(ones[kind][1], met.shape), level, np.nan) for kind, met in tally.met.items()
    }
    every = np.concatenate([met.ravel() for met in tally.met.values()])
    wanted = np.concatenate([amounts.ravel() for amounts in asked.values()])
    judged = judge(every, paths, np.minimum(wanted, 1 - 1e-9))
    verdict = judged.verdict
    if box:
        verdict[np.isfinite(wanted)] = Verdict.KEPT
        verdict[np.isfinite(wanted) & (every < paths)] = Verdict.BROKEN
    found, first = [], 0
    for kind, met in tally.met.items():
        part = slice(first, first + met.size)
        first += met.size
        low, high = (table[part].reshape(met.shape) for table in (judged.low, judged.high))
        own = verdict[part].reshape(met.shape)
        found.append(Promises(kind, ones[kind][0], asked[kind], met / paths, low, high, own))
    cost = tally.cost / paths
    spread = max(tally.square / paths - (cost - plan.cost) ** 2, 0.0)
    return BalanceAudit(
        paths, seed, tuple(found), tally.stock / paths, tally.low, tally.high, tally.flow / paths, cost,
        float(np.sqrt(spread / paths)), tally.highest, plan.cost,
    )  # fmt: skip
