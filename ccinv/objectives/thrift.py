"""What decides between plans that are equally good: the money they tie up."""

from __future__ import annotations

from typing import Any

import numpy as np

from ccinv.objectives.program import Program


def thrift(program: Program, worth: float) -> tuple[Any, float]:
    """A price on the expected dollars of all periods, `worth` if all limits are used up; and the most it can be.

    Without it any amount may be ordered where it comes too late, or where the money is not needed. Where orders may be
    negative, dollars can fall without end: then nothing.
    """
    store, mean = program.store, program.dollars.mean
    if store.budget is None or store.orders.nonnegative == "none":
        return 0.0, 0.0
    limit = float(store.budget.limits(store.periods).sum())
    price = worth / max(limit, program.money)
    row = np.asarray(mean.matrix.sum(axis=0)).ravel()
    return price * (row @ program.x + float(mean.constant.sum())), price * limit
