"""A plan of flows held against the question, in plain numpy: what no solver has said is believed only after this."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.errors import SolverError
from ccinv.models.balance.movement import per_arc, per_node, stock_of
from ccinv.models.balance.spread import Spread
from ccinv.network import BalancePlan

TOLERANCE = 1e-6  # of the unit of amounts, or of what stands beside it where that is more
MOST_NAMED = 5


def verified(plan: BalancePlan, spread: Spread | None) -> BalancePlan:
    """The plan, if its flows, moved period by period, keep what they are to keep and cost what they claim."""
    missed = misses(plan, spread)
    if missed:
        more = f" and {len(missed) - MOST_NAMED} more" if len(missed) > MOST_NAMED else ""
        raise SolverError(f"The flows that were found do not hold: {'; '.join(missed[:MOST_NAMED])}{more}.")
    return plan


def misses(plan: BalancePlan, spread: Spread | None) -> list[str]:
    """What a plan claims and does not keep, in words."""
    known, layout, flow = plan.known, plan.layout, plan.flow
    none = np.zeros(())
    by = (none, none, none, none, none) if spread is None else (
        spread.flow, spread.arc, spread.total, spread.stock, spread.node
    )  # fmt: skip
    room = TOLERANCE * known.unit
    stock = stock_of(known, layout, flow)
    scale = room + TOLERANCE * np.abs(stock).max(initial=0.0)
    store = np.array([known.kind[c] == "store" for c in layout.cell_node], dtype=np.bool_)[:, None]
    waits = np.isfinite(layout.backlog_cost)[:, None]
    arcs = (per_arc(known, layout) @ flow.ravel()).reshape(len(known.arc), -1)
    nodes = per_node(known, layout) @ np.maximum(stock, 0.0) if spread is None else per_node(known, layout) @ stock
    found: list[str] = []

    def say(wrong: BoolArray, what: str, names: list[str]) -> None:
        found.extend(f"{what} ({names[k]}, period {t + 1})" for k, t in np.argwhere(wrong))

    cells = [" ".join(cell) for cell in plan.cells]
    lanes = [
        f"{' → '.join(known.arc[a][:2])} {known.product[p]}"
        for a, p in zip(layout.lane_arc, layout.lane_product, strict=True)
    ]
    names = [" → ".join(arc) for arc in known.arc]
    say(np.abs(stock - plan.stock) > scale, "stock that flows and demand do not add up to", cells)
    say(flow - by[0] < -room, "a negative flow", lanes)
    say(arcs + by[1] > known.capacity + room + TOLERANCE * _finite(known.capacity), "more than the capacity", names)
    low = np.where(waits, -np.inf, layout.least[:, None])
    say((stock - by[3] < low - scale), "stock below its least", cells)
    say(np.where(store, stock + by[3], stock) > layout.most[:, None] + scale, "stock above its most", cells)
    if spread is not None:
        say(~store & (spread.stock > scale), "a customer who does not get what is asked for", cells)
    say(nodes + by[4] > known.storage[:, None] + scale, "more than the storage", list(known.node))
    total = arcs.sum(axis=1) + by[2]
    over = total > known.total + known.periods * room + TOLERANCE * _finite(known.total)
    found += [f"{names[a]}: {total[a]:.9g} over the horizon of {known.total[a]:.9g}" for a in np.flatnonzero(over)]
    through = np.zeros(len(known.node))
    for end in (layout.source, layout.target):
        inside = end >= 0
        np.add.at(through, layout.cell_node[end[inside]], flow[inside].sum(axis=1))
    found += [f"flow through {known.node[c]}, which is closed" for c in np.flatnonzero(~plan.open & (through > scale))]
    cost = (known.unit_cost[layout.lane_arc] * flow).sum() + plan.opening_costs
    hold = layout.holding_cost[:, None] * (np.maximum(stock, 0.0) if spread is None else np.where(store, stock, 0.0))
    cost += hold.sum() + (np.where(waits, layout.backlog_cost[:, None], 0.0) * np.maximum(-stock, 0.0)).sum()
    money = TOLERANCE * max(abs(float(cost)), 1e-300)
    if abs(cost - plan.cost) > money + 1e-9:
        found.append(f"a cost of {plan.cost:.9g}, where flows and stock cost {cost:.9g}")
    return found


def _finite(values: FloatArray) -> FloatArray:
    return np.where(np.isfinite(values), values, 0.0)
