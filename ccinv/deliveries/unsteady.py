"""How large the shortage just before each delivery is, when demand is not constant: the mean over scenarios."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.deliveries.flow import Flow, RandomDemand
from ccinv.deliveries.scenarios import drawn
from ccinv.deliveries.shortages import Gaps, gaps, shortages


def unsteady_shortages(flow: Flow, stock: float) -> tuple[FloatArray, FloatArray]:
    """P{Z_i > 0} and E[Z_i; Z_i > 0], (n,) each, Z_i = β(T_i) − M − A_(i−1), given β(T_i) exact in the amounts."""
    if isinstance(flow.demand, RandomDemand):
        when, asked_at, asked = drawn([flow.times, flow.demand.times, flow.demand.amounts])
        before = (asked_at[:, None, :] < when[:, :, None]).sum(axis=2)
        ends = np.zeros((len(asked), 1))
        needed = np.take_along_axis(np.concatenate([ends, asked, ends + 1.0], axis=1), before, axis=1)
    else:
        (when,) = drawn([flow.times])
        needed = flow.asked(when)
    one = gaps([flow.times], [flow.amounts])
    still = np.zeros_like(needed)
    columns = (one.amount, one.amount_scale, one.amount_place, one.amount_sample)
    amount, scale, place, sample = (np.broadcast_to(column, needed.shape) for column in columns)
    each = Gaps(needed, still, still, still, amount, scale, place, sample, still + 1.0)
    found = shortages(each, np.full(len(needed), stock))
    return found[0].mean(axis=0), found[1].mean(axis=0)
