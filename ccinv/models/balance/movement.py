"""What flows do to stock, as sparse matrices: sent in a period, received after the lag."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from ccinv.arrays import FloatArray
from ccinv.network import Network
from ccinv.network.layout import NOWHERE, Layout


def movement(known: Network, layout: Layout) -> Any:
    """(K · N, L · N): +1 where a flow comes into a cell, in the period in which it arrives; −1 where it leaves one."""
    periods, lanes = known.periods, layout.lanes
    lane, t = (part.ravel() for part in np.meshgrid(np.arange(lanes), np.arange(periods), indexing="ij"))
    column = lane * periods + t
    leaves = layout.source[lane] != NOWHERE
    arrives = (layout.target[lane] != NOWHERE) & (t + layout.lag[lane] < periods)
    row = np.concatenate(
        [
            layout.source[lane[leaves]] * periods + t[leaves],
            layout.target[lane[arrives]] * periods + (t + layout.lag[lane])[arrives],
        ]
    )
    value = np.concatenate([-np.ones(leaves.sum()), np.ones(arrives.sum())])
    place = (row, np.concatenate([column[leaves], column[arrives]]))
    return sparse.csr_array((value, place), shape=(layout.cells * periods, lanes * periods))


def running(cells: int, periods: int) -> Any:
    """(K · N, K · N): sums over the periods so far, cell by cell."""
    lower = sparse.csr_array(np.tril(np.ones((periods, periods))))
    return sparse.csr_array(sparse.kron(sparse.eye_array(cells), lower))


def asked(known: Network, layout: Layout) -> FloatArray:
    """Mean demand less arrivals of every cell and period, (K, N)."""
    found = -layout.arrivals.copy()
    np.add.at(found, layout.demand_cell, known.demand.mean)
    return found


def stock_of(known: Network, layout: Layout, flow: FloatArray) -> FloatArray:
    """Net stock at the end of every period at mean demand, (K, N)."""
    change = (movement(known, layout) @ flow.ravel()).reshape(layout.cells, -1) - asked(known, layout)
    found: FloatArray = layout.on_hand[:, None] + np.cumsum(change, axis=1)
    return found


def per_arc(known: Network, layout: Layout) -> Any:
    """(A · N, L · N): the flows of all products on an arc in a period."""
    lanes = sparse.csr_array(
        (np.ones(layout.lanes), (layout.lane_arc, np.arange(layout.lanes))), shape=(len(known.arc), layout.lanes)
    )
    return sparse.csr_array(sparse.kron(lanes, sparse.eye_array(known.periods)))


def per_node(known: Network, layout: Layout) -> Any:
    """(C, K): the cells of a node."""
    return sparse.csr_array(
        (np.ones(layout.cells), (layout.cell_node, np.arange(layout.cells))), shape=(len(known.node), layout.cells)
    )


def most_useful(known: Network, layout: Layout) -> float:
    """More than this never flows on a lane in a period, over all, in some best plan: all goods that anyone can need."""
    needed = known.demand.mean.sum() + layout.least.sum() + layout.arrivals.sum() + np.abs(layout.on_hand).sum()
    return float(needed)
