"""What no order can change: the greatest probability that any orders, however large, could give a cell."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import BoolArray, FloatArray
from ccinv.auditing import no_levels, tails
from ccinv.auditing.simulating import standard_error
from ccinv.result import PooledRule
from ccinv.store import Store

DOUBT = 4.0  # standard errors of a simulated share beyond which it is surely less


def ceiling(store: Store, paths: int, stream: tuple[int, ...]) -> FloatArray:
    """sup P{X(t) ≥ 0} over all orders, (n, N).

        1 − P{short without orders} · Π_{s<t} (1 − P(t − 1 − s))

    Orders arrive independently of each other and of sales: with enough in each of them, one that has arrived is
    enough. The first factor is simulated on `paths` paths of the random `stream`, the others are exact.
    """
    nothing = np.zeros((store.items, store.periods))
    idle = tails(store, PooledRule(nothing, nothing), None, no_levels(*nothing.shape), paths, stream)
    arrived = store.lead_time.arrived(np.arange(store.periods))
    missing = np.ones(nothing.shape)
    missing[:, 1:] = np.cumprod(1 - arrived[:, : store.periods - 1], axis=1)
    found: FloatArray = 1 - (1 - idle.service) * missing
    return found


def beyond(store: Store, most: FloatArray, asked: FloatArray, paths: int) -> BoolArray:
    """Promises, (n, N), that surely no order can keep, where `most` was simulated on so many paths."""
    found: BoolArray = store.promised & (most < asked - DOUBT * standard_error(asked, paths))
    return found
