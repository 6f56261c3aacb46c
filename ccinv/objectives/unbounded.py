"""Why an objective has no finite optimum: whose negative orders pay for what."""

from __future__ import annotations

import numpy as np

from ccinv.errors import ModelError
from ccinv.objectives.program import Program


def unbounded(program: Program, objective: str) -> ModelError:
    """The error for a program whose variable holds a direction of endless improvement: it names the financing item."""
    store = program.store
    change = program.layout.level.matrix @ np.asarray(program.x.value)
    dollars = change.reshape(store.demand.mean.shape) * store.unit_cost[:, None]
    payer = int(np.argmin(dollars.min(axis=1)))
    if dollars[payer].min() >= 0:
        return ModelError(f"{objective} is unbounded: the constraints given leave the orders without any limit.")
    # the ray is exact to a few digits: what is smaller than a thousandth of the largest is rounding
    period = int(np.argmax(dollars[payer] < 1e-3 * dollars[payer].min()))
    return ModelError(
        f"{objective} is unbounded: item {store.item_id[payer]} can have ever larger negative orders from period "
        f"{store.calendar[period]} on, when they are not missed, and what they release finances the rest without end. "
        'Ask for orders that are not negative (orders.nonnegative = "mean", "chance" or "monotone").'
    )
