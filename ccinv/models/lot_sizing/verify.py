"""A plan held against the question, in plain numpy: what no solver has said is believed only after this."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.errors import SolverError
from ccinv.lots import LotPlan

TOLERANCE = 1e-6  # of an item's mean demand, of a capacity, of the cost
MOST_NAMED = 5


def verified(plan: LotPlan) -> LotPlan:
    """The plan, if its orders, replayed period by period, give the stock, the capacity and the cost it claims."""
    missed = misses(plan)
    if missed:
        more = f" and {len(missed) - MOST_NAMED} more" if len(missed) > MOST_NAMED else ""
        raise SolverError(f"The plan that was found does not hold: {'; '.join(missed[:MOST_NAMED])}{more}.")
    return plan


def misses(plan: LotPlan) -> list[str]:
    """What a plan claims and does not keep, in words."""
    known = plan.known
    mean = known.demand.mean
    room = TOLERANCE * known.unit[:, None]
    stock, level = np.zeros(mean.shape), known.on_hand.copy()
    for t in range(known.periods):
        level = level + plan.order[:, t] - mean[:, t]
        stock[:, t] = level
    found: list[str] = []
    found += _wrong(plan, np.abs(stock - plan.stock) > 10 * room, "stock that orders and demand do not add up to")
    found += _wrong(plan, plan.stock < plan.target - room, "stock below its target")
    found += _wrong(plan, plan.order < -room, "a negative order")
    found += _wrong(plan, ~plan.setup & (plan.order > room), "an order without a set-up")
    small = plan.setup & (known.min_lot[:, None] > 0) & (plan.order < known.min_lot[:, None] - room)
    found += _wrong(plan, small, "an order below the minimum lot")
    if plan.strategy == "static-dynamic":
        filled = np.where(plan.setup, plan.level - mean - stock, 0.0)
        found += _wrong(plan, np.abs(filled) > 10 * room, "a level that does not give the stock")
        found += _wrong(plan, plan.setup != np.isfinite(plan.level), "a level without an order")
    used = known.setup_time @ plan.setup + known.unit_time @ plan.order
    over = used > known.capacity + TOLERANCE * np.where(
        np.isfinite(known.capacity), np.maximum(used, known.capacity), 0.0
    )
    found += [f"capacity of period {t + 1}: {used[t]:.9g} of {known.capacity[t]:.9g}" for t in np.flatnonzero(over)]
    asked = known.service
    if asked is not None:
        found += _wrong(plan, plan.promised < asked[:, None] - TOLERANCE, "less than the service asked")
    cost = float(
        (known.setup_cost * plan.setup + known.unit_cost * plan.order + known.holding_cost * plan.on_hand).sum()
    )
    money = TOLERANCE * max(abs(cost), float((known.setup_cost + known.holding_cost * mean).max()))
    if abs(cost - plan.cost) > money:
        found.append(f"a cost of {plan.cost:.9g}, where orders and stock cost {cost:.9g}")
    if plan.bound > plan.cost + money:
        found.append(f"a bound of {plan.bound:.9g} above the cost {plan.cost:.9g}")
    return found


def _wrong(plan: LotPlan, where: FloatArray | np.ndarray, what: str) -> list[str]:
    return [f"{what} ({plan.known.item_id[i]}, period {t + 1})" for i, t in np.argwhere(where)]
