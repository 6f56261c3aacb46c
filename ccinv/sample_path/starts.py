"""Where searches start: order-up-to levels that cover what is sold until a share of the orders has come."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import FloatArray
from ccinv.auditing.tails import kept
from ccinv.sample_path.draws import Paths

SHARES = (0.3, 0.6, 0.9, 1.0)  # of orders that have come


def levels(paths: Paths, share: float, cover: FloatArray) -> FloatArray:
    """Order-up-to levels S(s), (n, N), units of inventory position: the quantile of the sales until an order of s can
    be used, where a `share` of orders comes within that time; `cover` (n, N): the probability wanted of each cell."""
    store = paths.store
    periods = store.periods
    arrived = store.lead_time.arrived(np.arange(periods))
    reached = arrived >= min(share, 1.0) * arrived[:, -1:] - 1e-12
    age = np.where(reached.any(axis=1), reached.argmax(axis=1), periods)
    s = np.arange(periods)
    until = np.minimum(s + 1 + age[:, None], periods - 1)
    wanted = np.where(until > s, np.take_along_axis(cover, until, axis=1), np.nan)
    found = np.empty((store.items, periods))
    for draws in paths.pieces:
        ahead = np.take_along_axis(draws.sold, until[draws.rows, :, None], axis=1) - draws.sold
        found[draws.rows] = -kept(-ahead, wanted[draws.rows])
    return np.nan_to_num(found, nan=0.0)
