"""Quantiles of net stock over time, for the report's plots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.auditing.streams import PARTS, divided, generator
from ccinv.errors import DataError, Fault
from ccinv.ledger import replay
from ccinv.parts import Parts
from ccinv.result import Plan

FAN_LEVELS = (0.05, 0.25, 0.50, 0.75, 0.95)


def fan(
    plan: Plan, items: Sequence[int], paths: int = 5_000, seed: int = 1, *, parts: Parts | None = None
) -> FloatArray:
    """Quantiles of X(t) at FAN_LEVELS for the items at these positions: shape (len(items), N, 5), units.

    Each item has its own stream, so that its fan does not depend on which others are shown. One item's paths are held
    in memory at a time. `parts`: those in which orders come, as in `audit`.
    """
    store = plan.store
    wrong = [k for k in items if not 0 <= k < store.items]
    if wrong:
        expected = f"positions from 0 to {store.items - 1}"
        raise DataError(
            Fault("fan items", ", ".join(map(str, wrong)), expected, "Give positions of the store's items.")
        )
    found = np.empty((len(items), store.periods, len(FAN_LEVELS)))
    for row, item in enumerate(items):
        index = np.array([item])
        rng = generator(seed, (item, 1))  # the audit's keys have length 1
        divide = divided(None if parts is None else parts.rows(index), generator(seed, (item, PARTS)))
        net = replay(store.rows(index), plan.rule.rows(index), rng, paths, divide=divide).net[0]
        found[row] = np.quantile(net, FAN_LEVELS, axis=1).T
    return found
