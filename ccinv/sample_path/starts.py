"""Where searches start: order-up-to levels that cover what is sold until a share of the orders has come."""

from __future__ import annotations

import numpy as np

from ccinv.arrays import FloatArray
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
    found = np.zeros((store.items, periods))
    for draws in paths.pieces:
        for row, item in enumerate(range(draws.rows.start, draws.rows.stop)):
            for s in range(periods):
                until = min(s + 1 + int(age[item]), periods - 1)
                wanted = cover[item, until]
                if until > s and np.isfinite(wanted):
                    sales = draws.sold[row, until] - draws.sold[row, s]
                    rank = int(np.ceil(wanted * paths.count - 1e-9)) - 1
                    found[item, s] = np.partition(sales, rank)[rank]
    return found
